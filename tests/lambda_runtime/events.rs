//! Every event in `events/`, delivered twice, against what the function answers and publishes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{BUCKET, Deployment, event};
use crate::common::batches::{batch, row, row_with};

/// Batches in the lake, one of each day.
const BATCH_DAYS: [&str; 3] = ["2024-09-13", "2024-09-14", "2024-09-15"];

/// By file name without `.json`, the lines [`told`] makes of the first answer. Where one says `published`, the answer
/// to the second delivery says `unchanged`, unless the event forces the run. `tests/rie` expects the same.
const EXPECTED: &str = include_str!("expected_replies.json");

/// What a reply says: a line for each run and each ignored thing, and the answer to SQS as it was sent.
fn told(reply: &Value) -> Vec<String> {
    let list = |name: &str| reply[name].as_array().unwrap_or_else(|| panic!("no {name}: {reply}")).iter();
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {reply}")).to_owned();
    let runs = list("runs").map(|run| format!("{} {}", text(&run["run_date"]), text(&run["status"])));
    let ignored = list("ignored").map(|ignored| {
        assert!(!text(&ignored["why"]).is_empty(), "{reply}");
        format!("ignored {}", text(&ignored["what"]))
    });
    let failures = reply.get("batchItemFailures").map(|failures| format!("batchItemFailures {failures}"));
    runs.chain(ignored).chain(failures).collect()
}

#[tokio::test]
async fn every_event_file_is_answered_as_expected_and_changes_nothing_when_it_comes_again() {
    let folder = std::fs::read_dir(format!("{}/events", env!("CARGO_MANIFEST_DIR"))).expect("the folder of events");
    let files: BTreeSet<String> =
        folder.map(|file| file.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    let replies: BTreeMap<String, Vec<String>> = serde_json::from_str(EXPECTED).expect("lines by event");
    let expectations: BTreeSet<String> = replies.keys().map(|name| format!("{name}.json")).collect();
    assert_eq!(files, expectations, "every file has an expectation and every expectation a file");

    let lambda = Deployment::start(&[]).await;
    for (id, day) in (1..).zip(BATCH_DAYS) {
        lambda.put(&format!("raw_data/batch_{day}.csv"), &batch(&[row("Ana", id)]));
    }
    for (name, expected) in &replies {
        for key in lambda.published() {
            lambda.s3.direct().remove(BUCKET, &key).expect("an object less");
        }
        let first = lambda.function.invoke(&event(name)).await.reply();
        assert_eq!(told(&first), *expected, "{name}.json");
        let runs_count = expected.iter().filter(|line| line.ends_with("published")).count();
        assert_eq!(lambda.published().len(), 6 * runs_count, "{name}.json: {:?}", lambda.published());

        let second = lambda.function.invoke(&event(name)).await.reply();
        let again = if name == "manual_force" { "published" } else { "unchanged" };
        let expected: Vec<String> = expected.iter().map(|line| line.replace("published", again)).collect();
        assert_eq!(told(&second), expected, "{name}.json, delivered again");
    }
}

#[tokio::test]
async fn a_put_publishes_the_day_and_the_reply_sums_it_up() {
    let lambda = Deployment::start(&[]).await;
    lambda.put("raw_data/batch_2024-09-14.csv", &batch(&[row("Ana", 1)]));
    let rows = [
        row("Ana", 1),
        row("Ion", 2),
        row_with("Ion", 3, "30"),
        row("Ion", 4).replace("2024-09-14 08", "2023-09-14 08"),
    ];
    lambda.put("raw_data/batch_2024-09-15.csv", &batch(&rows));

    let mut reply = lambda.function.invoke(&event("put")).await.reply();
    let duration_ms = reply["runs"][0].as_object_mut().expect("a run").remove("duration_ms").expect("a duration");
    assert!(duration_ms.is_u64());
    let outputs = [
        "transformed_data/filtered/parquet/run_date=2024-09-15/filtered.parquet",
        "transformed_data/grouped/parquet/run_date=2024-09-15/grouped.parquet",
        "transformed_data/filtered/csv/run_date=2024-09-15/filtered.csv",
        "transformed_data/grouped/csv/run_date=2024-09-15/grouped.csv",
        "transformed_data/rejected/run_date=2024-09-15/rejected.csv",
    ];
    let balance = json!({
        "read": 5, "written": 2, "filtered_by_date": 1, "filtered_by_duration": 1, "duplicates": 1, "rejected": 0,
    });
    let run = json!({
        "run_date": "2024-09-15", "status": "published", "balance": balance, "outputs": outputs, "warnings": [],
    });
    assert_eq!(reply, json!({"runs": [run], "ignored": []}));

    let manifest = "transformed_data/runs/run_date=2024-09-15/manifest.json";
    let published: BTreeSet<String> = lambda.published().into_iter().collect();
    assert_eq!(published, outputs.into_iter().chain([manifest]).map(str::to_owned).collect());
    let grouped = lambda.output("grouped/csv/run_date=2024-09-15/grouped.csv");
    assert_eq!(
        grouped,
        "person_name,avg_session_duration,sum_consumed_traffic,sessions\nAna,100.0,1000.0,1\nIon,100.0,1000.0,1\n"
    );
}

#[tokio::test]
async fn a_run_that_fails_is_named_in_the_answer_to_sqs_and_its_message_alone_comes_again() {
    let lambda = Deployment::start(&[]).await;
    lambda.put("raw_data/batch_2024-09-14.csv", &batch(&[row("Ana", 1)]));
    lambda.put("raw_data/batch_2024-09-15.csv", b"");
    let message = |id: &str, date: &str| {
        let body = json!({"date": date}).to_string();
        json!({"eventSource": "aws:sqs", "messageId": id, "body": body})
    };
    let event = json!({"Records": [message("good", "2024-09-14"), message("bad", "2024-09-15")]});
    let reply = lambda.function.invoke(&event).await.reply();
    assert_eq!(reply["batchItemFailures"], json!([{"itemIdentifier": "bad"}]));
    assert_eq!(reply["runs"][0]["status"], "published");
    let failed = json!({
        "run_date": "2024-09-15",
        "status": "failed",
        "error_type": "InvalidInput",
        "error_message": "raw_data/batch_2024-09-15.csv: no header: the object is empty (a batch without rows still has its header line)",
    });
    assert_eq!(reply["runs"][1], failed);
}
