//! A day that needs several times the memory granted, by what an earlier day needed, fails before it is read.

use drivendata_transform::day::{Report, Runner};
use drivendata_transform::error::{ErrorKind, Result};
use drivendata_transform::host::Host;
use serde_json::{Value, json};

use super::{TODAY, YESTERDAY, key};
use crate::common::batches::people;
use crate::common::lakes::DataLake;
use crate::common::runs::run;

/// Enough to hold the days of these tests, and little enough that they are compared with others.
const GRANTED: [(&str, &str); 2] = [("WINDOW_DAYS", "1"), ("MEMORY_LIMIT_MB", "200")];

/// Rows of a batch of more than 2 MiB.
const ROWS: u32 = 20_000;

const MIB: u64 = 1024 * 1024;

/// Runs a date with that. The process is taken for small, because other tests make it large.
async fn run_granted(lake: &DataLake, run_date: &str) -> Result<Report> {
    let host = Host { memory_bytes: || None, ..Host::this() };
    let runner = Runner::new(lake.store(), lake.config(&GRANTED), host).expect("a runner");
    run(&runner, run_date).await
}

/// Yesterday published, with a manifest that says it needed so much memory for its identities, and today uploaded.
async fn lake_whose_yesterday_needed(identities_bytes: u64) -> DataLake {
    let lake = DataLake::folder();
    let batch = people("Ana", 0..ROWS);
    assert!(batch.len() as u64 > 2 * MIB);
    lake.put(&key(YESTERDAY), &batch);
    lake.put(&key(TODAY), &batch);
    run_granted(&lake, YESTERDAY).await.expect("yesterday fits");
    edit_yesterday(&lake, |manifest| manifest["memory"]["identities_bytes"] = json!(identities_bytes));
    lake
}

fn edit_yesterday(lake: &DataLake, edit: impl Fn(&mut Value)) {
    for (key, json) in lake.objects(&format!("transformed_data/runs/run_date={YESTERDAY}/manifest")) {
        let mut manifest = serde_json::from_slice(&json).expect("a manifest");
        edit(&mut manifest);
        lake.put(&key, manifest.to_string().as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_far_beyond_the_memory_granted_fails_before_it_is_read() {
    let lake = lake_whose_yesterday_needed(2000 * MIB).await;
    let error = run_granted(&lake, TODAY).await.expect_err("too large");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let message = error.to_string();
    assert!(message.contains("if its rows are like those of 2024-09-14; raise MEMORY_LIMIT_MB"), "{message}");
    assert!(message.ends_with("200 MiB are granted"), "{message}");
    assert_eq!(lake.unpublished_count(), 0);
    lake.run(TODAY, &[GRANTED[0]]).await.expect("without a limit nothing is too large");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_no_function_can_hold_is_sent_to_a_larger_machine() {
    let lake = lake_whose_yesterday_needed(50_000 * MIB).await;
    let message = run_granted(&lake, TODAY).await.expect_err("too large").to_string();
    assert!(message.contains("run the command line on a larger machine (docs/scale-out.md)"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_may_fit_is_run() {
    // More than is granted, but rows may be longer today.
    let lake = lake_whose_yesterday_needed(400 * MIB).await;
    run_granted(&lake, TODAY).await.expect("it fits");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_compared_only_with_one_that_is_like_it() {
    let unlike: [fn(&mut Value); 5] = [
        |manifest| manifest["rules_fingerprint"] = json!("of other rules"),
        |manifest| manifest["inputs"][0]["key"] = json!("raw_data/batch_2024-09-14.csv.gz"),
        |manifest| manifest["inputs"][0]["bytes"] = json!(MIB - 1),
        |manifest| manifest["inputs"] = json!([]),
        |manifest| *manifest = json!("no manifest"),
    ];
    for edit in unlike {
        let lake = lake_whose_yesterday_needed(2000 * MIB).await;
        edit_yesterday(&lake, edit);
        run_granted(&lake, TODAY).await.expect("nothing is known about such a day");
    }
}
