//! A run that fails has changed nothing and leaves nothing: no output, no manifest, no upload.

use std::sync::Arc;
use std::time::{Duration, Instant};

use drivendata_transform::error::{Error, ErrorKind};
use drivendata_transform::trigger::event::Force;
use strict_s3::Fault;

use super::{TODAY, YESTERDAY, corrected, key, on_both_lakes, publish_two_days};
use crate::common::batches::{HEADER, batch, people, row, row_with};
use crate::common::clean::assert_clean;
use crate::common::lakes::{DataLake, Objects};

on_both_lakes! {
    inputs_that_cannot_be_used_leave_what_was_published,
    a_run_that_does_not_fit_the_memory_leaves_what_was_published,
    a_deadline_in_the_past_leaves_what_was_published,
}

/// A lake whose today was published, and what its outputs are.
async fn published_lake(lake: &DataLake) -> Objects {
    publish_two_days(lake).await;
    lake.objects("transformed_data/")
}

fn assert_untouched(lake: &DataLake, before: &Objects, context: &str) {
    assert!(lake.objects("transformed_data/") == *before, "{context}: something was published");
    assert_eq!(lake.unpublished_count(), 0, "{context}: uploads are left");
}

async fn inputs_that_cannot_be_used_leave_what_was_published(lake: DataLake) {
    let before = published_lake(&lake).await;
    let rejected = [row("Ana", 1), row_with("Ion", 2, "long"), row_with("Dan", 3, "")];
    let cases = [
        ("empty", Vec::new()),
        ("another header", b"a,b\n1,2\n".to_vec()),
        ("without an id", HEADER.replace("unique_id", "id").into_bytes()),
        ("too many rejected rows", batch(&rejected)),
        ("a damaged stream", [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".as_slice(), &[7; 500]].concat()),
    ];
    for (date, settings) in [(YESTERDAY, &[("UNUSABLE_OBJECTS", "fail")][..]), (TODAY, &[])] {
        let good = lake.inputs()[&key(date)].clone();
        for (context, bytes) in &cases {
            lake.put(&key(date), bytes);
            let error = lake.run(TODAY, settings).await.expect_err(context);
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{context}: {error}");
            assert_untouched(&lake, &before, context);
        }
        lake.put(&key(date), &good);
    }
    lake.run(TODAY, &[]).await.expect("the sender has mended it");
    assert_clean(&lake, &[TODAY], &[], "mended").await;
}

async fn a_run_that_does_not_fit_the_memory_leaves_what_was_published(lake: DataLake) {
    let before = published_lake(&lake).await;
    lake.put(&key(TODAY), &corrected());
    let error = lake.run(TODAY, &[("MEMORY_LIMIT_MB", "1")]).await.expect_err("one mebibyte is too little");
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert_untouched(&lake, &before, "too large");
}

async fn run_until(lake: &DataLake, deadline: Instant) -> Error {
    let (runner, today) = (lake.runner(&[]), TODAY.parse().expect("a date"));
    let progress = Arc::default();
    let run = runner.run(today, Force::IfChanged, Some(deadline), &progress);
    let outcome = tokio::time::timeout(Duration::from_secs(60), run).await.expect("the deadline is kept");
    outcome.expect_err("there is no time")
}

async fn a_deadline_in_the_past_leaves_what_was_published(lake: DataLake) {
    let before = published_lake(&lake).await;
    lake.put(&key(TODAY), &corrected());
    let error = run_until(&lake, Instant::now()).await;
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    assert_untouched(&lake, &before, "no time");
}

/// Nothing is published before all of these were answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_is_kept_whatever_call_is_not_answered() {
    let lake = DataLake::bucket().await;
    let before = published_lake(&lake).await;
    lake.put(&key(TODAY), &corrected());
    let stuck_at = [
        ("GetObject", "manifest.json"),
        ("HeadObject", "grouped.csv"),
        ("ListObjectsV2", "raw_data/batch_2024-09-14"),
        ("GetObject", "raw_data/batch_2024-09-14.csv"),
        ("CreateMultipartUpload", "filtered.parquet"),
        ("CreateMultipartUpload", "rejected.csv"),
        ("UploadPart", "filtered.parquet"),
        ("UploadPart", "rejected.csv"),
    ];
    for (operation, key_end) in stuck_at {
        lake.s3().faults().plan(move |call| match call.operation == operation && call.key.ends_with(key_end) {
            true => Fault::Delay(Duration::from_secs(3600)),
            false => Fault::None,
        });
        let error = run_until(&lake, Instant::now() + Duration::from_millis(500)).await;
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{operation} {key_end}: {error}");
        assert_untouched(&lake, &before, &format!("{operation} {key_end}"));
    }
}

/// From some call on all fail, except the cleaning up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storage_that_fails_leaves_no_uploads_and_is_made_good_by_the_next_run() {
    let lake = DataLake::bucket().await;
    let mut number = 1;
    loop {
        lake.put(&key(TODAY), &corrected());
        lake.put(&key(YESTERDAY), &people("Ana", number..number + 10));
        lake.s3().faults().plan(move |call| match call.number >= u64::from(number) {
            true if call.operation != "AbortMultipartUpload" => Fault::FailBefore,
            _ => Fault::None,
        });
        let outcome = lake.run(TODAY, &[]).await;
        assert_eq!(lake.unpublished_count(), 0, "failing from call {number} on");
        lake.s3().faults().clear();
        let Err(error) = outcome else { break };
        assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
        lake.run(TODAY, &[]).await.expect("the storage works again");
        assert_clean(&lake, &[TODAY], &[], &format!("after failing from call {number} on")).await;
        number += 1;
    }
    assert!(number > 25, "a run has more calls than {number}");
}
