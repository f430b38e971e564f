//! Objects that cannot be used: one of an older day is left out and named, one of the run's own date fails the run,
//! unless a setting says otherwise.

use std::io::Write;

use drivendata_transform::day::Status;
use drivendata_transform::error::ErrorKind;
use serde_json::json;

use super::{TODAY, YESTERDAY, key, on_both_lakes, upload_two_days};
use crate::common::batches::{HEADER, batch, generated, people, row, row_with};
use crate::common::clean::{assert_clean, manifest, published};
use crate::common::lakes::{DataLake, tick};

on_both_lakes! {
    an_unusable_older_object_is_left_out_and_named,
    an_unusable_object_of_the_own_date_fails_the_run,
    a_corrected_object_that_was_left_out_makes_the_run_be_repeated,
    an_older_object_damaged_behind_its_header_is_left_out,
    too_many_rejected_rows_of_an_older_object_leave_it_out,
}

/// Contents that are no batch from the first bytes on, or only further on.
fn unusable() -> Vec<(&'static str, Vec<u8>)> {
    let rejected = [row("Ana", 1), row_with("Ion", 2, "long"), row_with("Dan", 3, "")];
    vec![
        ("empty", Vec::new()),
        ("another header", b"a,b\n1,2\n".to_vec()),
        ("without an id", HEADER.replace("unique_id", "id").into_bytes()),
        ("damaged at once", [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".as_slice(), &[7; 500]].concat()),
        ("damaged later", cut_off()),
        ("too many rejected rows", batch(&rejected)),
        ("rejected rows alone", batch(&rejected[1..])),
    ]
}

/// A batch whose compressed stream ends midway.
fn cut_off() -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&generated(YESTERDAY, 4000).0).expect("memory");
    let whole = gzip.finish().expect("memory");
    whole[..whole.len() / 2].to_vec()
}

async fn an_unusable_older_object_is_left_out_and_named(lake: DataLake) {
    upload_two_days(&lake);
    for (what, bytes) in unusable() {
        lake.put(&key(YESTERDAY), &bytes);
        let report = lake.run(TODAY, &[]).await.expect(what);
        assert_eq!(report.status, Status::Published, "{what}");
        let found = report.manifest;
        assert_eq!(found.inputs.iter().map(|input| &input.version.key).collect::<Vec<_>>(), [&key(TODAY)], "{what}");
        let [left_out] = &found.left_out[..] else { panic!("{what}: {:?}", found.left_out) };
        assert_eq!((&left_out.version.key, left_out.version.bytes), (&key(YESTERDAY), bytes.len() as u64), "{what}");
        assert_eq!(left_out.batch_date.to_string(), YESTERDAY);
        assert!(!left_out.reason.is_empty() && !left_out.reason.contains(&key(YESTERDAY)), "{}", left_out.reason);
        assert_eq!(found.left_out_days, [left_out.batch_date], "{what}: nothing else is left of the day");
        assert!(found.missing_days.is_empty(), "{what}: there is a batch");
        assert_clean(&lake, &[TODAY], &[], what).await;
        assert_eq!(lake.unpublished_count(), 0, "{what}");
        assert_eq!(lake.run(TODAY, &[]).await.expect(what).status, Status::Unchanged, "{what}");

        let error = lake.run(TODAY, &[("UNUSABLE_OBJECTS", "fail")]).await.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{what}: {error}");
        assert!(error.to_string().contains(&key(YESTERDAY)), "{what}: {error}");
    }
}

async fn an_unusable_object_of_the_own_date_fails_the_run(lake: DataLake) {
    upload_two_days(&lake);
    let own = "raw_data/batch_2024-09-15-b.csv";
    for (what, bytes) in unusable().into_iter().filter(|(what, _)| *what != "too many rejected rows") {
        lake.put(own, &bytes);
        let error = lake.run(TODAY, &[]).await.expect_err(what);
        assert_eq!((error.kind(), error.object()), (ErrorKind::InvalidInput, Some(own)), "{what}: {error}");
        assert_eq!(manifest(&lake, TODAY), None, "{what}");

        let report = lake.run(TODAY, &[("UNUSABLE_OBJECTS", "leave_out")]).await.expect(what);
        assert_eq!((report.manifest.inputs.len(), report.manifest.left_out.len()), (2, 1), "{what}");
        assert!(report.manifest.left_out_days.is_empty(), "{what}: the date has another object");
        lake.objects("transformed_data/").keys().for_each(|key| lake.remove(key));
    }
    lake.put(own, b"");
    lake.put(&key(TODAY), b"");
    let error = lake.run(TODAY, &[("UNUSABLE_OBJECTS", "leave_out")]).await.expect_err("nothing of today is left");
    assert!(error.to_string().contains("no object of the batch of 2024-09-15 can be used"), "{error}");
    assert_eq!(lake.unpublished_count(), 0);
}

async fn a_corrected_object_that_was_left_out_makes_the_run_be_repeated(lake: DataLake) {
    upload_two_days(&lake);
    let good = lake.inputs()[&key(YESTERDAY)].clone();
    lake.put(&key(YESTERDAY), b"");
    lake.deliver(lake.put_event(&key(TODAY)), &[]).await.expect("today is published");
    let reply = lake.deliver(tick(TODAY), &[]).await.expect_err("yesterday's own run fails");
    assert!(reply.to_string().contains("run of 2024-09-14 failed"), "{reply}");

    lake.put(&key(YESTERDAY), &good);
    let reply = lake.deliver(tick(TODAY), &[]).await.expect("both days can be run");
    let statuses: Vec<_> =
        reply.runs.iter().map(|run| serde_json::to_value(run).expect("JSON")["status"].clone()).collect();
    assert_eq!(statuses, ["published", "published"]);
    assert_clean(&lake, &[YESTERDAY, TODAY], &[], "corrected").await;
    assert!(manifest(&lake, TODAY).expect("published").left_out.is_empty());
}

async fn an_older_object_damaged_behind_its_header_is_left_out(lake: DataLake) {
    for (number, settings) in
        [&[("WINDOW_DAYS", "5")][..], &[("WINDOW_DAYS", "5"), ("THREADS", "1")]].iter().enumerate()
    {
        lake.objects("").keys().for_each(|key| lake.remove(key));
        upload_two_days(&lake);
        for day in ["2024-09-11", "2024-09-12", "2024-09-13"] {
            lake.put(&format!("raw_data/batch_{day}.csv.gz"), &cut_off());
        }
        lake.put("raw_data/batch_2024-09-13-b.csv", &people("Zoe", 40..50));
        let report = lake.run(TODAY, settings).await.expect("the others can be used");
        assert_eq!((report.manifest.inputs.len(), report.manifest.left_out.len()), (3, 3), "{number}");
        let days: Vec<String> = report.manifest.left_out_days.iter().map(ToString::to_string).collect();
        assert_eq!(days, ["2024-09-11", "2024-09-12"], "{number}");
        assert_clean(&lake, &[TODAY], settings, "damaged").await;
        assert_eq!(lake.unpublished_count(), 0);
    }
}

/// Rows of which so many are rejected.
fn rows(ids: std::ops::Range<u32>, rejected: usize) -> Vec<u8> {
    let session = |at: usize| if at < rejected { "long" } else { "100" };
    batch(&ids.enumerate().map(|(at, id)| row_with("Ana", id, session(at))).collect::<Vec<_>>())
}

async fn too_many_rejected_rows_of_an_older_object_leave_it_out(lake: DataLake) {
    // 25 of 100 are too many for the object, but not for the window of 1100.
    lake.put(&key(YESTERDAY), &rows(0..100, 25));
    lake.put(&key(TODAY), &rows(100..1100, 0));
    let found = lake.run(TODAY, &[]).await.expect("a run").manifest;
    assert_eq!(
        found.left_out[0].reason,
        "25 of 100 rows are rejected, more than MAX_REJECTED_RATIO 0.1 allows; the first is record 1"
    );
    assert_eq!(found.figures.balance.read, 1000, "its rows are not among those of the run");
    // With a larger ratio it is used, although neither inputs nor outputs have changed.
    let report = lake.run(TODAY, &[("MAX_REJECTED_RATIO", "0.5")]).await.expect("a run");
    assert_eq!((report.status, report.manifest.figures.balance.read), (Status::Published, 1100));
    // The same of today fails, and today's 1000 rows that cannot be read do not hide behind yesterday's.
    lake.put(&key(YESTERDAY), &rows(0..10_000, 0));
    lake.put(&key(TODAY), &rows(10_000..11_000, 1000));
    let error = lake.run(TODAY, &[]).await.expect_err("nothing of today can be used");
    assert_eq!((error.kind(), error.object()), (ErrorKind::InvalidInput, Some(key(TODAY).as_str())), "{error}");
    assert!(error.to_string().contains("1000 of 1000 rows are rejected"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_rejected_rows_of_a_small_object_fail_nothing() {
    let lake = DataLake::folder();
    lake.put(&key(TODAY), &rows(0..1000, 0));
    for number in 0..30 {
        let first = 2000 + 3 * number;
        // One of three: together 30 of 1090.
        lake.put(&format!("raw_data/batch_2024-09-15-part{number:02}.csv"), &rows(first..first + 3, 1));
    }
    let report = lake.run(TODAY, &[]).await.expect("a run");
    assert_eq!((report.manifest.left_out.len(), report.manifest.figures.balance.rejected), (0, 30));
    // As the batch of a day they are too many.
    lake.remove(&key(TODAY));
    lake.put(&key(YESTERDAY), &rows(0..1000, 0));
    let error = lake.run(TODAY, &[]).await.expect_err("a third of today");
    assert!(error.to_string().contains("30 of 90 rows of the batch of 2024-09-15 are rejected"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_small_bad_objects_of_an_older_day_are_left_out_and_its_good_ones_kept() {
    let lake = DataLake::folder();
    lake.put(&key(TODAY), &rows(0..1000, 0));
    for number in 0..30 {
        let first = 2000 + 3 * number;
        lake.put(&format!("raw_data/batch_2024-09-14-part{number:02}.csv"), &rows(first..first + 3, 1));
    }
    lake.put("raw_data/batch_2024-09-14-good.csv", &rows(3000..3010, 0));
    let found = lake.run(TODAY, &[]).await.expect("a run").manifest;
    assert_eq!((found.inputs.len(), found.left_out.len()), (2, 30));
    assert!(found.left_out_days.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_unusable_objects_than_a_run_may_find_on_its_way_fail_it() {
    let lake = DataLake::folder();
    upload_two_days(&lake);
    for number in 0..20 {
        lake.put(&format!("raw_data/batch_2024-09-14-part{number:02}.csv"), &cut_off());
    }
    let error = lake.run(TODAY, &[]).await.expect_err("that is too much");
    assert!(error.to_string().contains("started over without unusable objects 16 times"), "{error}");
    assert_eq!((published(&lake).len(), lake.unpublished_count()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_out_is_in_the_reply() {
    let lake = DataLake::folder();
    upload_two_days(&lake);
    lake.put(&key(YESTERDAY), b"");
    for status in ["published", "unchanged"] {
        let reply = lake.deliver(json!({"date": TODAY}), &[]).await.expect("a run");
        let run = serde_json::to_value(&reply.runs[0]).expect("JSON");
        assert_eq!(run["status"], status);
        let expected = "no header: the object is empty (a batch without rows still has its header line)";
        assert_eq!(run["left_out"], json!([{"key": key(YESTERDAY), "reason": expected}]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_object_whose_columns_do_not_go_with_those_of_newer_ones_gives_way() {
    let lake = DataLake::folder();
    let with = |column: &str, id| format!("{HEADER},{column}\n{},x\n", row("Ana", id)).into_bytes();
    lake.put("raw_data/batch_2024-09-13.csv", &with("Shoe", 1));
    lake.put(&key(YESTERDAY), &with("hat", 2));
    lake.put(&key(TODAY), &with("shoe", 3));
    let settings = [("WINDOW_DAYS", "3")];
    let found = lake.run(TODAY, &settings).await.expect("a run").manifest;
    let left_out: Vec<_> = found.left_out.iter().map(|entry| entry.version.key.as_str()).collect();
    assert_eq!((left_out, found.inputs.len()), (vec!["raw_data/batch_2024-09-13.csv"], 2));
    assert!(found.left_out[0].reason.contains("differs only in case"), "{}", found.left_out[0].reason);
    assert_clean(&lake, &[TODAY], &settings, "clash").await;
    let error = lake.run(TODAY, &[("WINDOW_DAYS", "3"), ("UNUSABLE_OBJECTS", "fail")]).await.expect_err("a clash");
    assert_eq!((error.kind(), error.object()), (ErrorKind::InvalidInput, Some("raw_data/batch_2024-09-13.csv")));
}
