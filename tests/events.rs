//! Every event in `events/` against what it must lead to. The same files serve `sam local invoke`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use drivendata_transform::error::{ErrorKind, Result};
use drivendata_transform::trigger::event::{LakeScope, Request, Wanted, parse, run_dates};
use drivendata_transform::trigger::window::{BatchDate, ObjectPattern};
use serde_json::{Value, json};

/// File name without `.json`, and the lines [`told`] makes of it.
const EXPECTED: &[(&str, &[&str])] = &[
    ("eventbridge_object_created", &["Batch(2024-09-15)"]),
    ("manual", &["Date { date: 2024-09-15, force: IfChanged }"]),
    ("manual_force", &["Date { date: 2024-09-15, force: Always }"]),
    ("manual_range", &["Range { from: 2024-09-09, to: 2024-09-15, force: IfChanged }"]),
    (
        "not_a_batch",
        &[
            "ignored raw_data/: the name does not begin with batch_YYYY-MM-DD",
            "ignored raw_data/batch_2024-09-31.csv: the calendar has no such date",
            "ignored raw_data/batch_2024-09-15.csv.tmp: the name does not end with .csv, .csv.gz or .csv.zst",
            "ignored raw_data/archive/batch_2024-09-15.csv: in a folder below the input prefix",
        ],
    ),
    ("object_removed", &["ignored ObjectRemoved:Delete: not about a created object"]),
    ("outside_prefix", &["ignored reports/batch_2024-09-15.csv: outside the input prefix"]),
    (
        "own_output",
        &["ignored transformed_data/filtered/csv/run_date=2024-09-15/filtered.csv: under the output prefix"],
    ),
    ("put", &["Batch(2024-09-15)"]),
    (
        "put_url_encoded",
        &[
            "Batch(2024-09-15)",
            "ignored raw_data/notes of Ștefan+Ana v2.txt: the name does not begin with batch_YYYY-MM-DD",
        ],
    ),
    ("s3_test_event", &["ignored s3:TestEvent: a test event"]),
    ("schedule", &["Tick(2024-09-15)"]),
    ("schedule_scheduler", &["Tick(2024-09-15)"]),
    (
        "several_records",
        &[
            "Batch(2024-09-13)",
            "Batch(2024-09-14)",
            "Batch(2024-09-15)",
            "ignored raw_data/batch_2024-09-15.csv: in the bucket another-bucket, which is not the lake's",
        ],
    ),
    ("sns_s3", &["Batch(2024-09-15)"]),
    ("sqs_s3", &["message 551152e7-0726-4d0d-ac6a-503ee878f731", "Batch(2024-09-15)"]),
    ("sqs_s3_test_event", &["message 3c17560a-b8df-495b-ac85-f24a638af9ac", "ignored s3:TestEvent: a test event"]),
    (
        "sqs_several_messages",
        &[
            "message ccb4c2d5-e8e9-451a-a468-98a2b1d527c6",
            "Batch(2024-09-14)",
            "Batch(2024-09-15)",
            "message ff56d629-5f95-4679-aa97-ebd01982045b",
            "InvalidInput: the body of a message is not JSON",
            "message 4e9525cf-e2b6-4eae-a1a7-c3d087971478",
            "Date { date: 2024-09-10, force: IfChanged }",
            "message b38dc5e8-20d0-4132-a9c8-0f5aff9cc096",
            "Batch(2024-09-15)",
        ],
    ),
    ("sqs_sns_s3", &["message d3b8cf29-9e44-4b47-a380-8c7363dfb839", "Batch(2024-09-15)"]),
];

fn scope() -> LakeScope {
    LakeScope {
        input_prefix: "raw_data/".into(),
        objects: ObjectPattern::default(),
        output_prefix: "transformed_data/".into(),
        bucket: Some("driven-data-bucket".into()),
        key_prefix: String::new(),
    }
}

/// All that was understood: a line for each message, wish, ignored thing and error.
fn told(payload: Value) -> Vec<String> {
    match parse(payload, &scope()) {
        Ok(Request::Direct(wanted)) => lines(Ok(wanted)),
        Ok(Request::Sqs(messages)) => messages
            .into_iter()
            .flat_map(|message| [vec![format!("message {}", message.id)], lines(message.wanted)].concat())
            .collect(),
        Err(error) => lines(Err(error)),
    }
}

fn lines(wanted: Result<Wanted>) -> Vec<String> {
    match wanted {
        Ok(Wanted { wants, ignored }) => {
            let wants = wants.iter().map(|want| format!("{want:?}"));
            wants.chain(ignored.iter().map(|it| format!("ignored {}: {}", it.what, it.why))).collect()
        }
        Err(error) => vec![format!("{}: {error}", error.kind())],
    }
}

fn events() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    let files = fs::read_dir(&folder).expect("the folder of events");
    let event = |path: &Path| {
        assert_eq!(path.extension().and_then(|end| end.to_str()), Some("json"), "{}", path.display());
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        (name, serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON"))
    };
    files.map(|file| event(&file.expect("an entry").path())).collect()
}

#[test]
fn every_event_file_leads_to_what_is_expected_of_it() {
    let events = events();
    let files: Vec<&str> = events.keys().map(String::as_str).collect();
    let expectations: Vec<&str> = EXPECTED.iter().map(|(name, _)| *name).collect();
    assert_eq!(files, expectations, "every file has one expectation and every expectation a file, in order of name");
    for (name, expected) in EXPECTED {
        assert_eq!(told(events[*name].clone()), *expected, "{name}.json");
    }
}

#[test]
fn every_wrapping_of_a_notification_asks_for_the_same_runs() {
    let existing: BTreeSet<BatchDate> =
        ["2024-09-14", "2024-09-15", "2024-09-16"].iter().map(|date| date.parse().expect("a date")).collect();
    for name in ["put", "sns_s3", "sqs_s3", "sqs_sns_s3", "eventbridge_object_created"] {
        let wanted = match parse(events()[name].clone(), &scope()).expect("a request") {
            Request::Direct(wanted) => wanted,
            Request::Sqs(mut messages) => messages.remove(0).wanted.expect("a message"),
        };
        let plan = run_dates(&wanted.wants, &existing, 2, 7).expect("a plan");
        let runs: Vec<String> = plan.runs.keys().map(BatchDate::to_string).collect();
        assert_eq!(runs, ["2024-09-15", "2024-09-16"], "{name}");
    }
}

#[test]
fn one_event_in_all_its_wrappings_is_understood_in_sqs() {
    for name in ["put", "sns_s3", "eventbridge_object_created", "schedule", "manual", "s3_test_event"] {
        let event = events()[name].clone();
        let wrapped = json!({"Records": [
            {"eventSource": "aws:sqs", "messageId": "1", "body": event.to_string()},
        ]});
        assert_eq!(told(wrapped), [vec!["message 1".to_owned()], told(event)].concat(), "{name}");
    }
}

#[test]
fn removals_and_strange_buckets_told_by_eventbridge_are_ignored() {
    let mut event = events()["eventbridge_object_created"].clone();
    event["detail"]["bucket"]["name"] = json!("elsewhere");
    assert!(told(event.clone())[0].ends_with("in the bucket elsewhere, which is not the lake's"));
    event["detail-type"] = json!("Object Deleted");
    assert_eq!(told(event), ["ignored Object Deleted: not about a created object"]);
}

#[test]
fn a_key_that_is_no_text_is_ignored() {
    let mut event = events()["put"].clone();
    event["Records"][0]["s3"]["object"]["key"] = json!("raw_data/batch_2024-09-15%FF.csv");
    assert_eq!(told(event), ["ignored raw_data/batch_2024-09-15%FF.csv: the decoded key is not UTF-8"]);
}

#[test]
fn what_is_no_event_is_the_senders_error_and_is_not_repeated() {
    let change = |name: &str, pointer: &str, value: Value| {
        let mut event = events()[name].clone();
        *event.pointer_mut(pointer).expect("a field") = value;
        event
    };
    let cases = [
        (json!(null), "unknown event"),
        (json!("secret"), "unknown event"),
        (json!([{"date": "2024-09-15"}]), "unknown event"),
        (json!({}), "unknown event"),
        (json!({"secret": "secret"}), "unknown event"),
        (json!({"Records": []}), "unknown event"),
        (json!({"Records": {"secret": 1}}), "unknown event"),
        (json!({"Records": [{"eventSource": "aws:kinesis", "data": "secret"}]}), "unknown event"),
        (change("put", "/Records/0/s3", json!("secret")), "an S3 notification is not"),
        (change("put", "/Records/0/s3/object/key", json!(null)), "no object key"),
        (change("put", "/Records/0/s3/bucket/name", json!(null)), "no bucket name"),
        (change("put", "/Records/0/eventName", json!(null)), "no eventName"),
        (change("sns_s3", "/Records/0/Sns/Message", json!("secret")), "the body of a message is not JSON"),
        (change("sns_s3", "/Records/0/Sns/Message", json!("[\"secret\"]")), "unknown event"),
        (change("sns_s3", "/Records/0/Sns", json!("secret")), "an SNS event is not"),
        (change("sqs_s3", "/Records/0/messageId", json!(null)), "no messageId"),
        (change("sqs_s3", "/Records/0/body", json!({"secret": 1})), "an SQS event is not"),
        (change("eventbridge_object_created", "/detail", json!("secret")), "the detail of an Object Created event"),
        (change("eventbridge_object_created", "/source", json!("secret")), "unknown event"),
        (change("schedule", "/detail-type", json!("secret")), "unknown event"),
        (change("schedule", "/time", json!("secret")), "an EventBridge event is not"),
        (change("schedule", "/time", json!(null)), "no usable time"),
    ];
    for (payload, expected) in cases {
        let shown = payload.to_string();
        let error = parse(payload, &scope()).expect_err(&shown);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{shown}");
        assert!(error.to_string().contains(expected), "{shown}: {error}");
        assert!(!error.to_string().contains("secret"), "{shown}: {error}");
    }
}

#[test]
fn a_queue_in_a_queue_fails_that_message_alone() {
    let inner = events()["sqs_s3"].to_string();
    let event = json!({"Records": [
        {"eventSource": "aws:sqs", "messageId": "1", "body": inner},
        {"eventSource": "aws:sqs", "messageId": "2"},
        {"eventSource": "aws:sqs", "messageId": "3", "body": r#"{"date": "2024-09-15"}"#},
    ]});
    let told = told(event);
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(told[1].starts_with("InvalidInput: unknown event"), "{}", told[1]);
    assert_eq!(told[3], "InvalidInput: the body of a message is not JSON");
    assert_eq!(told[5], "Date { date: 2024-09-15, force: IfChanged }");
}
