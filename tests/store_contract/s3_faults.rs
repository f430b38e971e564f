//! What only a network does to a lake: lost answers, broken and short bodies, throttling, refusals.

use std::time::Duration;

use drivendata_transform::error::ErrorKind;
use drivendata_transform::store::s3::S3Store;
use drivendata_transform::store::{Precondition, Published, Store};
use strict_s3::Fault;

use super::{LIMITS, Lake, PREFIX, client, content_of, done, kind, off_runtime};
use crate::common::s3::BUCKET;

/// More often than the client tries.
const ALWAYS: usize = usize::MAX;

#[tokio::test]
async fn a_lost_answer_is_not_a_lost_race() {
    for lost_count in [1, 3, ALWAYS] {
        let lake = Lake::bucket().await;
        let mut precondition = Precondition::Absent;
        for text in ["first", "second"] {
            let staged = lake.staged("a", text).await.expect("staged");
            lake.plan("CompleteMultipartUpload", lost_count, Fault::LoseAnswerAfter);
            let version = done(lake.store.publish(&staged, &precondition).await);
            assert!(lake.calls("CompleteMultipartUpload") > 1, "the client did try again");
            assert_eq!(lake.store.head("a").await.expect("examined"), Some(version.clone()));
            assert_eq!(lake.text("a").await.as_deref(), Some(text));
            precondition = Precondition::Unchanged(version.etag);
        }
    }
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_is_not_a_lost_race() {
    for lost_count in [1, 3, ALWAYS] {
        let lake = Lake::bucket().await;
        let mut precondition = Precondition::Absent;
        for text in ["first", "second"] {
            lake.plan("PutObject", lost_count, Fault::LoseAnswerAfter);
            let version = done(lake.put("a", text, &precondition).await);
            assert!(lake.calls("PutObject") > 1, "the client did try again");
            assert_eq!(lake.store.head("a").await.expect("examined"), Some(version.clone()));
            precondition = Precondition::Unchanged(version.etag);
        }
    }
}

#[tokio::test]
async fn a_lost_race_is_lost_even_with_the_same_content() {
    let lake = Lake::bucket().await;
    let staged = lake.staged("a", "same").await.expect("staged");
    lake.seed("a", "same");
    assert_eq!(lake.store.publish(&staged, &Precondition::Absent).await.expect("an outcome"), Published::Lost);
    assert_eq!(lake.put("a", "same", &Precondition::Absent).await.expect("an outcome"), Published::Lost);
}

#[tokio::test]
async fn a_doubt_that_cannot_be_settled_is_an_error() {
    let lake = Lake::bucket().await;
    lake.seed("a", "theirs");
    lake.plan("HeadObject", ALWAYS, Fault::FailBefore);
    assert_eq!(kind(lake.put("a", "ours", &Precondition::Absent).await), ErrorKind::Storage);
}

#[tokio::test]
async fn a_write_that_never_got_through_is_an_error_and_not_a_lost_race() {
    let lake = Lake::bucket().await;
    let staged = lake.staged("a", "x").await.expect("staged");
    lake.plan("CompleteMultipartUpload", ALWAYS, Fault::FailBefore);
    assert_eq!(kind(lake.store.publish(&staged, &Precondition::Absent).await), ErrorKind::Storage);
    lake.s3().faults().clear();
    done(lake.store.publish(&staged, &Precondition::Absent).await);
}

#[tokio::test]
async fn a_conflict_is_tried_again_but_not_for_ever() {
    for operation in ["CompleteMultipartUpload", "PutObject"] {
        for (count, succeeds) in [(2, true), (ALWAYS, false)] {
            let lake = Lake::bucket().await;
            let staged = lake.staged("a", "x").await.expect("staged");
            lake.plan(operation, count, Fault::ConflictBefore);
            let published = match operation {
                "PutObject" => lake.put("a", "x", &Precondition::Absent).await,
                _ => lake.store.publish(&staged, &Precondition::Absent).await,
            };
            match succeeds {
                true => drop(done(published)),
                false => assert_eq!(kind(published), ErrorKind::Storage),
            }
            assert_eq!(lake.text("a").await.is_some(), succeeds);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_and_short_bodies_are_resumed() {
    let content = content_of((5 << 20) + 3);
    for fault in [Fault::CutBodyAfter(300_000), Fault::EndBodyShort(300_000), Fault::CutBodyAfter(0)] {
        let lake = Lake::bucket().await;
        let version = lake.seeded("a", &content).await;
        lake.plan("GetObject", 5, fault.clone());
        assert!(lake.read(&version).await.expect("read") == content, "{fault:?}");
        assert_eq!(lake.calls("GetObject"), 6 + 5, "{fault:?}");

        lake.plan("GetObject", 2, fault.clone());
        let peeked = lake.store.peek(&version, 900_000).await.expect("peeked");
        assert!(peeked == content[..900_000], "{fault:?}");
    }
}

#[tokio::test]
async fn a_small_object_with_a_broken_body_is_resumed() {
    let lake = Lake::bucket().await;
    let version = lake.seeded("a", "0123456789").await;
    lake.plan("GetObject", 2, Fault::CutBodyAfter(3));
    let (got, content) = lake.store.get("a").await.expect("read").expect("there");
    assert_eq!((got, content.as_ref()), (version, b"0123456789".as_slice()));
    assert_eq!(lake.calls("GetObject"), 3);
}

#[tokio::test]
async fn a_small_object_with_a_short_body_is_an_error() {
    let lake = Lake::bucket().await;
    done(lake.put("a", "0123456789", &Precondition::Absent).await);
    lake.plan("GetObject", 1, Fault::EndBodyShort(3));
    assert_eq!(kind(lake.store.get("a").await), ErrorKind::Storage);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_keeps_breaking_is_an_error_and_never_an_end_of_file() {
    for fault in [Fault::CutBodyAfter(10), Fault::EndBodyShort(10)] {
        let lake = Lake::bucket().await;
        let version = lake.seeded("a", content_of(1000)).await;
        lake.plan("GetObject", ALWAYS, fault);
        assert_eq!(kind(lake.read(&version).await), ErrorKind::Storage);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_replaced_before_its_body_is_resumed_is_a_conflict() {
    let lake = Lake::bucket().await;
    let version = lake.seeded("a", "0123456789").await;
    let direct = lake.s3().direct();
    lake.s3().faults().plan(move |call| {
        if call.number == 2 {
            direct.put(BUCKET, &format!("{PREFIX}/a"), b"9876543210").expect("it can be replaced");
        }
        Fault::CutBodyAfter(3)
    });
    assert_eq!(kind(lake.read(&version).await), ErrorKind::Conflict);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_is_read_ahead_than_allowed() {
    let lake = Lake::bucket().await;
    let content = content_of(6 << 20);
    let version = lake.seeded("a", &content).await;
    lake.s3().faults().clear();
    let mut reader = lake.store.open(&version);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(lake.calls("GetObject"), LIMITS.range_concurrency);

    let reader = off_runtime(move || {
        reader.read_exact(&mut vec![0; (1 << 20) + 1])?;
        Ok(reader)
    });
    let reader = reader.await.expect("read");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(lake.calls("GetObject"), LIMITS.range_concurrency + 1);
    drop(reader);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_reader_stops_reading_ahead() {
    let lake = Lake::bucket().await;
    let version = lake.seeded("a", content_of(6 << 20)).await;
    lake.plan("GetObject", ALWAYS, Fault::Delay(Duration::from_secs(600)));
    let tasks = tokio::runtime::Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    let reader = lake.store.open(&version);
    while lake.calls("GetObject") < LIMITS.range_concurrency {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(tasks.num_alive_tasks() >= before + LIMITS.range_concurrency);
    drop(reader);
    let stopped = async {
        while tasks.num_alive_tasks() > before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), stopped).await.expect("nothing waits for an answer any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_is_waited_out() {
    for fault in [Fault::RefuseBefore, Fault::FailBefore] {
        let lake = Lake::bucket().await;
        let mut refusals_left = std::collections::HashMap::new();
        lake.s3().faults().plan(move |call| {
            let left = refusals_left.entry(call.operation).or_insert(3);
            if *left == 0 {
                return Fault::None;
            }
            *left -= 1;
            fault.clone()
        });
        let content = content_of(6 << 20);
        let staged = lake.staged("a", content.clone()).await.expect("staged");
        let version = done(lake.store.publish(&staged, &Precondition::Absent).await);
        done(lake.put("b", "x", &Precondition::Absent).await);
        assert_eq!(lake.keys("").await, ["a", "b"]);
        assert_eq!(lake.store.head("a").await.expect("examined"), Some(version.clone()));
        assert!(lake.read(&version).await.expect("read") == content);
        let aborted = lake.staged("c", "x").await.expect("staged");
        lake.store.abort(&[aborted.id]).await;
        assert_eq!(lake.unpublished_count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_cannot_be_stored_fails_the_upload() {
    let lake = Lake::bucket().await;
    lake.plan("UploadPart", ALWAYS, Fault::RefuseBefore);
    let error = lake.staged("a", content_of(6 << 20)).await.expect_err("no part was stored");
    assert_eq!((error.kind(), error.object()), (ErrorKind::Storage, Some("a")));
    assert!(error.to_string().contains("SlowDown"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_upload_stops_its_parts() {
    let lake = Lake::bucket().await;
    let stuck = format!("{PREFIX}/stuck");
    lake.s3().faults().plan(move |call| match call.operation {
        "UploadPart" if call.key == stuck => Fault::Delay(Duration::from_secs(600)),
        _ => Fault::None,
    });
    let mut upload = lake.store.stage("stuck", "text/csv").await.expect("begun");
    let filled = off_runtime(move || {
        upload.write(&content_of(LIMITS.part_bytes * LIMITS.upload_concurrency))?;
        Ok(upload)
    });
    drop(filled.await.expect("as many parts as allowed are under way"));
    // Only if their places are free again can another upload go on.
    let next = tokio::time::timeout(Duration::from_secs(30), lake.staged("b", "x"));
    next.await.expect("it does not wait").expect("staged");
}

#[tokio::test]
async fn what_is_refused_is_for_the_operator() {
    let lake = Lake::bucket().await;
    let version = lake.seeded("a", "x").await;
    lake.s3().faults().plan(|_| Fault::Stop);
    let error = lake.store.head("a").await.expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("s3:ListBucket"), "{error}");
    assert_eq!(kind(lake.store.list("").await), ErrorKind::Configuration);
    assert_eq!(kind(lake.store.peek(&version, 1).await), ErrorKind::Configuration);
    assert_eq!(kind(lake.put("a", "x", &Precondition::Absent).await), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_missing_bucket_is_for_the_operator() {
    let lake = Lake::bucket().await;
    let store = S3Store::new(client(lake.s3()), "nowhere", "", LIMITS);
    assert_eq!(store.location(), "s3://nowhere");
    assert_eq!(kind(store.list("").await), ErrorKind::Configuration);
    assert_eq!(kind(store.get("a").await), ErrorKind::Configuration);
    assert_eq!(kind(store.stage("a", "text/csv").await.map(|upload| upload.id())), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_a_storage_failure() {
    let lake = Lake::bucket().await;
    let store = S3Store::new(client(lake.s3()), BUCKET, "", LIMITS);
    drop(lake);
    let error = store.head("a").await.expect_err("nobody answers");
    assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
}

#[tokio::test]
async fn a_removal_whose_answer_is_lost_is_made_again_and_a_refused_one_is_told() {
    let lake = Lake::bucket().await;
    lake.seed("state/note.json", "x");
    lake.plan("DeleteObject", 2, Fault::LoseAnswerAfter);
    lake.store.delete("state/note.json").await.expect("removed");
    assert_eq!(lake.text("state/note.json").await, None);
    lake.seed("state/note.json", "x");
    lake.plan("DeleteObject", ALWAYS, Fault::FailBefore);
    assert_eq!(kind(lake.store.delete("state/note.json").await), ErrorKind::Storage);
    lake.s3().faults().plan_at(1, Fault::Stop);
    assert_eq!(kind(lake.store.delete("state/note.json").await), ErrorKind::Configuration);
    lake.s3().faults().clear();
    assert_eq!(lake.text("state/note.json").await.as_deref(), Some("x"));
}
