//! `drivendata invoke`: the Lambda's handler on the events in `events/`.

use serde_json::Value;

use crate::common::batches::{batch, row};
use crate::program::{Ended, Home};

fn home() -> Home {
    let home = Home::new();
    home.write("lake/raw_data/batch_2024-09-14.csv", batch(&[row("Ana Secret", 1)]));
    home.write("lake/raw_data/batch_2024-09-15.csv", batch(&[row("Bogdan Secret", 2)]));
    home
}

fn invoke(home: &Home, event: &str) -> Ended {
    home.run(&["invoke", "--lake", "lake", event])
}

/// The path of an event in the repository.
fn event(name: &str) -> String {
    format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"))
}

fn reply(home: &Home, name: &str) -> Value {
    serde_json::from_str(&invoke(home, &event(name)).succeeded()).expect("JSON")
}

#[test]
fn a_put_event_runs_its_day_and_the_reply_is_json() {
    let reply = reply(&home(), "put");
    assert_eq!(reply["runs"].as_array().map(Vec::len), Some(1), "{reply}");
    assert_eq!(reply["runs"][0]["run_date"], "2024-09-15");
    assert_eq!(reply["runs"][0]["status"], "published");
    assert_eq!(reply["runs"][0]["balance"]["written"], 2);
    assert_eq!(reply["ignored"], Value::Array(Vec::new()));
}

#[test]
fn other_events_are_understood_too() {
    let home = home();
    assert_eq!(reply(&home, "schedule")["runs"].as_array().map(Vec::len), Some(2));
    assert_eq!(reply(&home, "manual")["runs"][0]["status"], "unchanged");
    assert_eq!(reply(&home, "manual_force")["runs"][0]["status"], "published");
    assert_eq!(reply(&home, "sqs_s3")["batchItemFailures"], Value::Array(Vec::new()));
    let test = reply(&home, "s3_test_event");
    assert_eq!((test["runs"].as_array().map(Vec::len), test["ignored"].as_array().map(Vec::len)), (Some(0), Some(1)));
}

#[test]
fn what_is_no_event_is_refused() {
    let home = home();
    home.write("text.json", "Ana Secret");
    home.write("half.json", "{\n  \"date\":");
    home.write("other.json", "{\"colour\": \"Secret\"}");
    assert_eq!(invoke(&home, "text.json").failed(3), "error: text.json is not JSON (line 1) (InvalidInput)\n");
    assert_eq!(invoke(&home, "half.json").failed(3), "error: half.json is not JSON (line 2) (InvalidInput)\n");
    let other = invoke(&home, "other.json").failed(3);
    assert!(!other.contains("Secret"), "{other}");
    let missing = invoke(&home, "none.json").failed(2);
    assert!(missing.starts_with("error: none.json cannot be used: No such file"), "{missing}");
}

#[test]
fn a_failed_run_fails_the_invocation_and_shows_no_cell() {
    let home = home();
    home.write("lake/raw_data/batch_2024-09-15.csv", "Ana Secret,ana@secret.ro\n");
    let ended = invoke(&home, &event("put"));
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("error: run of 2024-09-15 failed: raw_data/batch_2024-09-15.csv: no header"));
    assert!(!ended.stderr.contains("Secret") && !ended.stderr.contains("secret"), "{}", ended.stderr);
}
