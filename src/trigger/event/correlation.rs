//! What caused an event, as one text for logs and metrics.

use serde_json::Value;

use super::objects::decode_key;
use super::{Shape, json, shape};

/// As long as S3 lets a key be; no id is longer.
const BYTES_MAX: usize = 1024;

/// The key of the first object an event is about, as it is in the bucket, or else the id that EventBridge or the
/// Scheduler gave the event. `None` if it names neither.
///
/// Takes what it can get: whether the event can be used is for [`super::parse`] to say.
pub fn correlation_id(payload: &Value) -> Option<String> {
    cause(payload).filter(|cause| (1..=BYTES_MAX).contains(&cause.len()))
}

/// Calls itself for what lies in an envelope, never deeper than [`super::parse`] would.
fn cause(payload: &Value) -> Option<String> {
    let records = || payload.get("Records").and_then(Value::as_array).into_iter().flatten();
    let inner = |text: Option<&Value>| cause(&json(text?.as_str()?).ok()?);
    match shape(payload)? {
        Shape::S3 => records().find_map(|record| {
            let encoded = record.pointer("/s3/object/key")?.as_str()?;
            Some(decode_key(encoded).unwrap_or_else(|| encoded.to_owned()))
        }),
        Shape::EventBridge => {
            let key = payload.pointer("/detail/object/key").filter(|_| payload["detail-type"] == "Object Created");
            key.or_else(|| payload.get("id"))?.as_str().map(str::to_owned)
        }
        Shape::Sns => records().find_map(|record| inner(record.pointer("/Sns/Message"))),
        Shape::SnsEnvelope => inner(payload.get("Message")),
        Shape::Sqs => records().find_map(|record| inner(record.get("body"))),
        Shape::S3Test | Shape::Manual => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    /// File of `events/` without its ending, and what it is correlated by.
    const EXPECTED: &[(&str, Option<&str>)] = &[
        ("eventbridge_object_created", Some("raw_data/batch_2024-09-15+corrected%20copy%2Ffinal.csv")),
        ("manual", None),
        ("manual_force", None),
        ("manual_range", None),
        ("not_a_batch", Some("raw_data/")),
        ("object_removed", Some("raw_data/batch_2024-09-15.csv")),
        ("outside_prefix", Some("reports/batch_2024-09-15.csv")),
        ("own_output", Some("transformed_data/filtered/csv/run_date=2024-09-15/filtered.csv")),
        ("put", Some("raw_data/batch_2024-09-15.csv")),
        ("put_url_encoded", Some("raw_data/batch_2024-09-15 late+ upload.csv")),
        ("s3_test_event", None),
        ("schedule", Some("a8ccbf1f-439d-4159-a192-fc2230729d49")),
        ("schedule_scheduler", Some("be30dfca-5460-48cd-aad7-9e75a87f90ed")),
        ("several_records", Some("raw_data/batch_2024-09-15.csv")),
        ("sns_s3", Some("raw_data/batch_2024-09-15.csv")),
        ("sqs_s3", Some("raw_data/batch_2024-09-15.csv")),
        ("sqs_s3_test_event", None),
        ("sqs_several_messages", Some("raw_data/batch_2024-09-14.csv")),
        ("sqs_sns_s3", Some("raw_data/batch_2024-09-15.csv")),
    ];

    fn message(body: &str) -> Value {
        json!({"eventSource": "aws:sqs", "messageId": "1", "body": body})
    }

    #[test]
    fn every_event_file_is_correlated_by_its_first_key_or_its_id() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/events")).expect("the folder of events");
        let correlated = folder.map(|file| {
            let path = file.expect("an entry").path();
            let payload = serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect("JSON");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, correlation_id(&payload))
        });
        let expected = EXPECTED.iter().map(|&(name, cause)| (name.to_owned(), cause.map(str::to_owned)));
        assert_eq!(correlated.collect::<BTreeMap<_, _>>(), expected.collect());
    }

    #[test]
    fn what_is_no_event_of_ours_is_correlated_by_nothing() {
        let payloads = [
            json!(null),
            json!("text"),
            json!({"Records": []}),
            json!({"Records": [{"eventSource": "aws:s3"}]}),
            json!({"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": 7}}}]}),
            json!({"Records": [{"EventSource": "aws:sns", "Sns": "text"}]}),
            json!({"Records": [message("not JSON"), message("{}")]}),
            json!({"detail-type": "Scheduled Event"}),
            json!({"detail-type": "Object Created", "id": {}}),
        ];
        for payload in payloads {
            assert_eq!(correlation_id(&payload), None, "{payload}");
        }
    }

    #[test]
    fn the_first_message_that_has_a_cause_gives_it() {
        let payload =
            json!({"Records": [message("not JSON"), message(r#"{"detail-type": "Scheduled Event", "id": "7"}"#)]});
        assert_eq!(correlation_id(&payload), Some("7".to_owned()));
    }

    #[test]
    fn other_events_of_eventbridge_are_correlated_by_their_id() {
        let deleted = json!({"detail-type": "Object Deleted", "id": "7", "detail": {"object": {"key": "raw_data/a"}}});
        assert_eq!(correlation_id(&deleted), Some("7".to_owned()));
    }

    #[test]
    fn a_key_that_is_no_text_is_named_as_it_was_sent() {
        let payload = json!({"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": "raw_data/%FF"}}}]});
        assert_eq!(correlation_id(&payload), Some("raw_data/%FF".to_owned()));
    }

    #[test]
    fn a_text_too_long_for_a_key_is_none() {
        let event = |id: String| json!({"detail-type": "Scheduled Event", "id": id});
        assert!(correlation_id(&event("7".repeat(BYTES_MAX))).is_some());
        assert_eq!(correlation_id(&event("7".repeat(BYTES_MAX + 1))), None);
        assert_eq!(correlation_id(&event(String::new())), None);
    }
}
