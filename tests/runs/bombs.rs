//! Objects that hold far more than they are stored in.

use drivendata_transform::day::Status;
use drivendata_transform::error::ErrorKind;

use super::{TODAY, YESTERDAY, on_both_lakes, upload_two_days};
use crate::common::batches::{batch, row};
use crate::common::lakes::DataLake;

on_both_lakes! {
    an_object_with_more_plain_text_than_granted_is_too_large,
}

/// Three mebibytes of rows in a few hundred bytes.
fn bomb() -> Vec<u8> {
    let mut text = batch(&[row("Ana", 1)]);
    let line = format!("{}\n", row("Ana", 1)).repeat(20_000);
    text.extend_from_slice(line.as_bytes());
    assert!(text.len() > 3 << 20);
    let stored = zstd::encode_all(&text[..], 19).expect("memory");
    assert!(stored.len() < 2000, "{}", stored.len());
    stored
}

async fn an_object_with_more_plain_text_than_granted_is_too_large(lake: DataLake) {
    upload_two_days(&lake);
    lake.run(TODAY, &[]).await.expect("the first run");
    let before = lake.objects("transformed_data/");
    let bombed = format!("raw_data/batch_{TODAY}-b.csv.zst");
    lake.put(&bombed, &bomb());
    let error = lake.run(TODAY, &[("PLAIN_LIMIT_MB", "2")]).await.expect_err("three are too many");
    assert_eq!((error.kind(), error.object()), (ErrorKind::TooLarge, Some(bombed.as_str())), "{error}");
    assert!(error.to_string().contains("holds more than 2 MiB of plain text"), "{error}");
    assert!(error.to_string().contains("set PLAIN_LIMIT_MB to more"), "{error}");
    assert!(lake.objects("transformed_data/") == before, "nothing is published");
    assert_eq!(lake.unpublished_count(), 0);
    assert_eq!(lake.run(TODAY, &[("PLAIN_LIMIT_MB", "4")]).await.expect("four are enough").status, Status::Published);

    // Of an older day it is an object like any that cannot be used.
    lake.remove(&bombed);
    lake.put(&format!("raw_data/batch_{YESTERDAY}-b.csv.zst"), &bomb());
    let found = lake.run(TODAY, &[("PLAIN_LIMIT_MB", "2")]).await.expect("a run without it").manifest;
    assert_eq!((found.inputs.len(), found.left_out.len()), (2, 1));
    // With a larger limit it is read, although no object has changed.
    let found = lake.run(TODAY, &[]).await.expect("a run with it").manifest;
    assert_eq!((found.inputs.len(), found.left_out.len()), (3, 0));
}

#[test]
fn without_a_limit_set_an_object_may_hold_two_hundred_times_its_size_and_at_least_a_gibibyte() {
    let limits = DataLake::folder().config(&[]).limits;
    assert_eq!(limits.plain_bytes_max_of(0), 1 << 30);
    assert_eq!(limits.plain_bytes_max_of(5 << 20), 1 << 30);
    assert_eq!(limits.plain_bytes_max_of(1 << 30), 200 << 30);
    assert_eq!(limits.plain_bytes_max_of(u64::MAX), u64::MAX);
    let limits = DataLake::folder().config(&[("PLAIN_LIMIT_MB", "3")]).limits;
    assert_eq!(limits.plain_bytes_max_of(1 << 30), 3 << 20);
}
