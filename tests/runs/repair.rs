//! Days that are no longer right are repaired: by the event of what changed, or by the next tick. Days that are right
//! are left alone.

use std::sync::Arc;

use drivendata_transform::day::Status;
use drivendata_transform::handler::{Reply, RunOutcome};
use drivendata_transform::trigger::event::Force;
use serde_json::json;

use super::{TODAY, YESTERDAY, corrected, key, on_both_lakes, publish_two_days, upload_two_days};
use crate::common::batches::{batch, people};
use crate::common::clean::{assert_clean, assert_same, manifest, published};
use crate::common::lakes::{DataLake, run_anyway, tick};

const TOMORROW: &str = "2024-09-16";
const THE_DAY_AFTER: &str = "2024-09-17";

on_both_lakes! {
    a_corrected_upload_repairs_the_days_that_read_it,
    a_late_upload_repairs_the_days_that_missed_it,
    a_tick_repairs_what_somebody_deleted_or_overwrote,
    a_tick_repairs_a_day_of_which_an_input_was_deleted,
    a_tick_leaves_days_that_are_right_alone,
    a_run_that_is_forced_runs_although_nothing_changed,
    a_manifest_that_cannot_be_read_is_replaced,
    objects_of_a_batch_that_come_one_after_the_other_all_count,
}

/// The runs that published something.
fn published_runs(reply: &Reply) -> Vec<String> {
    let published = reply.runs.iter().filter(|run| match run.outcome {
        RunOutcome::Succeeded { status, .. } => status == Status::Published,
        RunOutcome::Waiting { .. } | RunOutcome::HandedOver { .. } | RunOutcome::Failed { .. } => panic!("{run:?}"),
    });
    published.map(|run| run.run_date.to_string()).collect()
}

async fn upload_and_deliver(lake: &DataLake, date: &str, bytes: &[u8], settings: &[(&str, &str)]) -> Vec<String> {
    lake.put(&key(date), bytes);
    published_runs(&lake.deliver(lake.put_event(&key(date)), settings).await.expect("the runs succeed"))
}

async fn a_corrected_upload_repairs_the_days_that_read_it(lake: DataLake) {
    let dates = [YESTERDAY, TODAY, TOMORROW, THE_DAY_AFTER];
    for (window_days, repaired) in [("2", &dates[..2]), ("3", &dates[..3])] {
        let settings = [("WINDOW_DAYS", window_days)];
        for (date, ids) in dates.iter().zip([0..10, 5..15, 8..18, 9..19]) {
            upload_and_deliver(&lake, date, &people("Ana", ids), &settings).await;
        }
        let corrected = people("Corrected", 2..12);
        assert_eq!(upload_and_deliver(&lake, YESTERDAY, &corrected, &settings).await, repaired);
        assert_clean(&lake, &dates, &settings, window_days).await;
    }
}

async fn a_late_upload_repairs_the_days_that_missed_it(lake: DataLake) {
    let settings = [("WINDOW_DAYS", "3")];
    upload_and_deliver(&lake, TODAY, &people("Ion", 5..15), &settings).await;
    upload_and_deliver(&lake, TOMORROW, &people("Dan", 8..18), &settings).await;
    assert_eq!(manifest(&lake, TODAY).expect("published").missing_days.len(), 2);

    let late = people("Ana", 0..10);
    assert_eq!(upload_and_deliver(&lake, YESTERDAY, &late, &settings).await, [YESTERDAY, TODAY, TOMORROW]);
    assert_eq!(manifest(&lake, TODAY).expect("published").missing_days.len(), 1);
    assert_clean(&lake, &[YESTERDAY, TODAY, TOMORROW], &settings, "late").await;
}

async fn a_tick_repairs_what_somebody_deleted_or_overwrote(lake: DataLake) {
    publish_two_days(&lake).await;
    lake.run(YESTERDAY, &[]).await.expect("a run");
    let right = published(&lake);
    for key in right.keys() {
        let is_of_today = key.contains(TODAY);
        for overwritten in [false, true] {
            match overwritten {
                false => lake.remove(key),
                true => lake.put(key, b"somebody else's"),
            }
            let reply = lake.deliver(tick("2024-09-16"), &[]).await.expect("the runs succeed");
            assert_eq!(published_runs(&reply), [if is_of_today { TODAY } else { YESTERDAY }], "{key}");
            assert_same(&published(&lake), &right, key);
        }
    }
    assert_eq!(lake.unpublished_count(), 0);
}

async fn a_tick_repairs_a_day_of_which_an_input_was_deleted(lake: DataLake) {
    publish_two_days(&lake).await;
    lake.put("raw_data/batch_2024-09-15-part2.csv", &people("Dan", 20..30));
    lake.deliver(tick(TODAY), &[]).await.expect("the runs succeed");
    for input in [key(YESTERDAY), "raw_data/batch_2024-09-15-part2.csv".to_owned()] {
        lake.remove(&input);
        let reply = lake.deliver(tick(TODAY), &[]).await.expect("the runs succeed");
        assert_eq!(published_runs(&reply), [TODAY], "without {input}");
        lake.objects("transformed_data/").keys().filter(|key| key.contains(YESTERDAY)).for_each(|key| lake.remove(key));
        assert_clean(&lake, &[TODAY], &[], &input).await;
    }
}

async fn a_tick_leaves_days_that_are_right_alone(lake: DataLake) {
    publish_two_days(&lake).await;
    lake.deliver(tick(TODAY), &[]).await.expect("the runs succeed");
    let before = lake.objects("transformed_data/");
    let reply = lake.deliver(tick(TODAY), &[]).await.expect("the runs succeed");
    assert_eq!((published_runs(&reply).len(), reply.runs.len()), (0, 2));
    assert!(lake.objects("transformed_data/") == before, "not even a manifest is written");
}

async fn a_run_that_is_forced_runs_although_nothing_changed(lake: DataLake) {
    publish_two_days(&lake).await;
    let (before, manifest_before) = (published(&lake), manifest(&lake, TODAY));
    let reply = lake.deliver(json!({"date": TODAY}), &[]).await.expect("a reply");
    assert_eq!(published_runs(&reply).len(), 0);
    let reply = lake.deliver(json!({"date": TODAY, "force": true}), &[]).await.expect("a reply");
    assert_eq!(published_runs(&reply), [TODAY]);
    assert_same(&published(&lake), &before, "forced");
    assert_ne!(manifest(&lake, TODAY), manifest_before, "it did run");
    let report = run_anyway(&lake.runner(&[]), TODAY).await.expect("a run");
    assert_eq!(report.status, Status::Published);
}

async fn a_manifest_that_cannot_be_read_is_replaced(lake: DataLake) {
    publish_two_days(&lake).await;
    let key = format!("transformed_data/runs/run_date={TODAY}/manifest.json");
    for damaged in ["", "{}", "{\"run_date\": \"2024-09-15\""] {
        lake.put(&key, damaged.as_bytes());
        assert_eq!(lake.run(TODAY, &[]).await.expect("a run").status, Status::Published);
        assert_clean(&lake, &[TODAY], &[], damaged).await;
    }
}

async fn objects_of_a_batch_that_come_one_after_the_other_all_count(lake: DataLake) {
    publish_two_days(&lake).await;
    for part in
        ["raw_data/batch_2024-09-15-b.csv", "raw_data/batch_2024-09-15-a.csv", "raw_data/batch_2024-09-15 z.csv"]
    {
        lake.put(part, &people(part, 10..20));
        lake.run(TODAY, &[]).await.expect("a run");
        assert_clean(&lake, &[TODAY], &[], part).await;
    }
    assert_eq!(manifest(&lake, TODAY).expect("published").inputs.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_without_anything_to_do_reads_no_data_and_writes_nothing() {
    let lake = DataLake::bucket().await;
    publish_two_days(&lake).await;
    let faults = lake.s3().faults();
    faults.clear();
    let report = lake.run(TODAY, &[]).await.expect("a run");
    assert_eq!(report.status, Status::Unchanged);
    let calls = faults.calls();
    for call in &calls {
        let is_look = matches!(call.operation, "HeadObject" | "ListObjectsV2")
            || call.operation == "GetObject" && (call.key.ends_with("/manifest.json") || call.key.contains("/state/"));
        assert!(is_look, "{call:?}");
    }
    assert_eq!(calls.len(), 1 + 1 + 5 + 2, "the manifest, the note of a failure, the outputs, two days: {calls:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_without_rows_and_a_first_day_are_published_like_any_other() {
    let lake = DataLake::bucket().await;
    lake.put(&key(TODAY), &batch(&[]));
    lake.run(TODAY, &[]).await.expect("a run");
    assert_clean(&lake, &[TODAY], &[], "no rows").await;
    upload_two_days(&lake);
    lake.put(&key(TODAY), &corrected());
    let runner = Arc::new(lake.runner(&[]));
    let today = TODAY.parse().expect("a date");
    runner.run(today, Force::IfChanged, None, &Arc::default()).await.expect("a run");
    assert_clean(&lake, &[TODAY], &[], "a day with rows").await;
}
