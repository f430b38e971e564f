//! A day that failed for good is noted and left alone by the tick, until something changes or somebody asks.

use drivendata_transform::day::failed_run::FailedRun;
use drivendata_transform::error::ErrorKind;
use drivendata_transform::handler::Reply;
use serde_json::{Value, json};
use strict_s3::Fault;

use super::{TODAY, YESTERDAY, key, on_both_lakes, publish_two_days, upload_two_days};
use crate::common::batches::people;
use crate::common::clean::assert_clean;
use crate::common::lakes::{DataLake, tick};

on_both_lakes! {
    a_day_that_failed_for_good_waits_and_the_tick_goes_on,
    a_waiting_day_is_tried_when_something_changes,
    a_waiting_day_is_tried_when_somebody_asks,
    a_day_too_large_waits_for_memory,
    what_somebody_asked_for_is_not_noted,
}

fn note(lake: &DataLake, date: &str) -> Option<FailedRun> {
    let found = lake.objects(&format!("transformed_data/state/run_date={date}/failed.json"));
    found.values().next().map(|json| serde_json::from_slice(json).expect("a readable note"))
}

/// Date and status of each run.
fn statuses(reply: &Reply) -> Vec<String> {
    let runs = reply.runs.iter().map(|run| serde_json::to_value(run).expect("JSON"));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    runs.map(|run| format!("{} {}", text(&run["run_date"]), text(&run["status"]))).collect()
}

/// Yesterday published, today unusable, and a tick that has failed of it.
async fn failed_lake(lake: &DataLake) {
    lake.put(&key(YESTERDAY), &people("Ana", 0..10));
    lake.put(&key(TODAY), b"");
    let error = lake.deliver(tick(TODAY), &[]).await.expect_err("today cannot be used");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
}

async fn a_day_that_failed_for_good_waits_and_the_tick_goes_on(lake: DataLake) {
    failed_lake(&lake).await;
    assert_clean_yesterday(&lake).await;
    let note = note(&lake, TODAY).expect("a note");
    assert_eq!((note.run_date.to_string().as_str(), note.error_type.as_str()), (TODAY, "InvalidInput"));
    assert!(note.error_message.contains("the object is empty"), "{}", note.error_message);
    assert_eq!(note.inputs.iter().map(|input| &input.key).collect::<Vec<_>>(), [&key(YESTERDAY), &key(TODAY)]);

    let reply = lake.deliver(tick(TODAY), &[]).await.expect("the day waits");
    assert_eq!(statuses(&reply), ["2024-09-14 unchanged", "2024-09-15 waiting"]);
    let run = serde_json::to_value(&reply.runs[1]).expect("JSON");
    assert_eq!(run["error_type"], "InvalidInput");
    assert_eq!((&run["error_message"], &run["failed_at"]), (&json!(note.error_message), &json!(note.failed_at)));
    assert_eq!(lake.unpublished_count(), 0);
}

async fn assert_clean_yesterday(lake: &DataLake) {
    let of_yesterday = lake.objects("transformed_data/").into_keys().filter(|key| key.contains(YESTERDAY));
    assert_eq!(of_yesterday.count(), 6, "yesterday is published all the same");
}

async fn a_waiting_day_is_tried_when_something_changes(lake: DataLake) {
    failed_lake(&lake).await;
    // Other inputs, and another rule.
    lake.put(&format!("raw_data/batch_{TODAY}-b.csv"), b"");
    lake.deliver(tick(TODAY), &[]).await.expect_err("it is tried again");
    lake.deliver(tick(TODAY), &[]).await.expect("now it waits");
    lake.deliver(tick(TODAY), &[("ACCESSED_TO", "2025-12-31")]).await.expect_err("it is tried again");
    lake.deliver(tick(TODAY), &[]).await.expect_err("and by the rules before again");

    lake.remove(&format!("raw_data/batch_{TODAY}-b.csv"));
    lake.put(&key(TODAY), &people("Ion", 5..15));
    let reply = lake.deliver(tick(TODAY), &[]).await.expect("it is mended");
    assert_eq!(statuses(&reply), ["2024-09-14 unchanged", "2024-09-15 published"]);
    assert_eq!(note(&lake, TODAY), None, "success removes the note");
    assert_clean(&lake, &[YESTERDAY, TODAY], &[], "mended").await;
}

async fn a_waiting_day_is_tried_when_somebody_asks(lake: DataLake) {
    failed_lake(&lake).await;
    let before = note(&lake, TODAY).expect("a note");
    for asking in [
        json!({"date": TODAY}),
        json!({"from": YESTERDAY, "to": TODAY}),
        json!({"date": TODAY, "force": true}),
        lake.put_event(&key(TODAY)),
    ] {
        let error = lake.deliver(asking.clone(), &[]).await.expect_err("it is tried again");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{asking}: {error}");
    }
    let after = note(&lake, TODAY).expect("a note");
    assert_eq!((after.inputs, after.error_message), (before.inputs, before.error_message));
    lake.deliver(tick(TODAY), &[]).await.expect("the tick leaves it alone");
}

async fn a_day_too_large_waits_for_memory(lake: DataLake) {
    upload_two_days(&lake);
    let little = [("MEMORY_LIMIT_MB", "1")];
    let error = lake.deliver(tick(TODAY), &little).await.expect_err("it does not fit");
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert_eq!(note(&lake, TODAY).expect("a note").memory_granted_bytes, Some(1 << 20));
    let reply = lake.deliver(tick(TODAY), &little).await.expect("it waits");
    assert_eq!(statuses(&reply), ["2024-09-14 waiting", "2024-09-15 waiting"]);
    // More than this process takes with all the tests in it.
    let enough = [("MEMORY_LIMIT_MB", "1048576")];
    let reply = lake.deliver(tick(TODAY), &enough).await.expect("it fits");
    assert_eq!(statuses(&reply), ["2024-09-14 published", "2024-09-15 published"]);
    assert_eq!(lake.objects("transformed_data/state/").len(), 0);
}

async fn what_somebody_asked_for_is_not_noted(lake: DataLake) {
    lake.put(&key(TODAY), b"");
    lake.deliver(json!({"date": TODAY}), &[]).await.expect_err("today cannot be used");
    assert_eq!(note(&lake, TODAY), None);
    // Nor is one that may come right by itself.
    lake.put(&key(TODAY), &people("Ion", 5..15));
    let late = std::time::Instant::now();
    let handler = drivendata_transform::handler::Handler::new(lake.runner(&[("TIME_LIMIT_SECONDS", "1")]));
    handler.handle(tick(TODAY), Some(late), &std::sync::Arc::default()).await.expect_err("there is no time");
    assert_eq!(note(&lake, TODAY), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_cannot_be_written_read_or_removed_hides_nothing() {
    let lake = DataLake::bucket().await;
    lake.put(&key(TODAY), b"");
    let failing = |lake: &DataLake, operation: &'static str| {
        lake.s3().faults().plan(move |call| match call.operation == operation && call.key.contains("/state/") {
            true => Fault::ConflictBefore,
            false => Fault::None,
        });
    };
    failing(&lake, "PutObject");
    let error = lake.deliver(tick(TODAY), &[]).await.expect_err("today cannot be used");
    assert!(error.to_string().contains("the object is empty"), "{error}");
    assert_eq!(note(&lake, TODAY), None);

    lake.s3().faults().clear();
    lake.put(&format!("transformed_data/state/run_date={TODAY}/failed.json"), b"{}");
    lake.deliver(tick(TODAY), &[]).await.expect_err("a note that cannot be read keeps nothing from being tried");

    lake.put(&key(TODAY), &people("Ion", 5..15));
    failing(&lake, "DeleteObject");
    lake.deliver(tick(TODAY), &[]).await.expect("it is published all the same");
    assert!(note(&lake, TODAY).is_some());
    lake.s3().faults().clear();
    let reply = lake.deliver(tick(TODAY), &[]).await.expect("a manifest that is right goes before a note");
    assert_eq!(statuses(&reply), ["2024-09-15 unchanged"]);
    assert_eq!(note(&lake, TODAY), None, "and it is removed now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_day_reads_no_data() {
    let lake = DataLake::bucket().await;
    publish_two_days(&lake).await;
    lake.put(&key(TODAY), b"");
    lake.deliver(tick(TODAY), &[]).await.expect_err("today cannot be used");
    lake.s3().faults().clear();
    lake.deliver(tick(TODAY), &[]).await.expect("it waits");
    let calls = lake.s3().faults().calls();
    let reads = calls.iter().filter(|call| call.operation == "GetObject" && call.key.contains("raw_data/"));
    assert_eq!(reads.count(), 0, "{calls:?}");
}
