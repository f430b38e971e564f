//! What a user who sends the wrong file is told, and that nothing published before is touched.

mod cases;
mod cells_of_lines;
mod no_cells;
mod stray_quotes;

use std::io::Write;

use crate::common::batches::{HEADER, batch, generated, row};
use crate::common::runs::{Lake, outputs, published_csv};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use drivendata_transform::error::ErrorKind;

/// Runs a lake whose batch of 2024-09-15 is `bytes`, over an earlier published run; gives the error's text.
async fn refused(bytes: &[u8]) -> String {
    refused_with(bytes, &[]).await
}

async fn refused_with(bytes: &[u8], settings: &[(&str, &str)]) -> String {
    let lake = Lake::new();
    lake.write("raw_data/batch_2024-09-15.csv", &batch(&[row("Ana Secret", 1)]));
    lake.run("2024-09-15", &[]).await.expect("the first run");
    let before = outputs(lake.path());
    lake.write("raw_data/batch_2024-09-15.csv", bytes);
    let error = lake.run("2024-09-15", settings).await.expect_err("an unusable input");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(outputs(lake.path()), before, "a failed run leaves what was published");
    let staged = std::fs::read_dir(lake.path().join(".staging")).into_iter().flatten().filter_map(Result::ok);
    assert_eq!(staged.filter(|file| file.file_name() != "lock").count(), 0, "a failed run leaves nothing staged");
    error.to_string()
}

#[tokio::test]
async fn files_that_are_no_batch_are_refused_with_the_object_and_the_reason() {
    let semicolons = String::from_utf8(batch(&[row("Ana", 1)])).expect("text").replace(',', ";");
    let without_email = HEADER.replace(",email,", ",mail,");
    let cases = [
        ("", "no header: the object is empty"),
        ("{\"rows\": [1, 2]}\n", "it looks like JSON"),
        ("<!DOCTYPE html>\n<html><body>503</body></html>\n", "it looks like HTML or XML"),
        (&semicolons, "the header is separated by semicolons, not by commas"),
        (&without_email, "missing required columns email; header found: person_name, user_name, personal_number"),
        ("Ana Secret,ana,ana@secret.ro\n", "no header: the first line (3 fields, 29 bytes) names no known column"),
    ];
    for (text, message) in cases {
        let error = refused(text.as_bytes()).await;
        assert!(error.starts_with("raw_data/batch_2024-09-15.csv: "), "{error}");
        assert!(error.contains(message), "{error}");
        assert!(!error.contains("Secret"), "{error}");
    }
}

#[tokio::test]
async fn a_file_of_another_encoding_is_refused_by_the_share_of_its_rejected_rows() {
    let rows: Vec<String> = (1..=10).map(|id| row("Ana", id)).collect();
    let mut bytes = batch(&rows);
    for at in memchr::memmem::find_iter(&bytes.clone(), b"Ana").take(2) {
        bytes[at] = 0xaa; // Ș in Windows-1250
    }
    let error = refused(&bytes).await;
    assert!(error.contains("2 of 10 rows are rejected"), "{error}");
    let place = "(invalid_utf8: 2); the first is record 1 of raw_data/batch_2024-09-15.csv; nothing was published";
    assert!(error.contains(place), "{error}");
}

#[tokio::test]
async fn a_compressed_file_cut_in_half_is_refused() {
    let text = generated("2024-09-15", 5000).0;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&text).expect("memory");
    let gzip = gzip.finish().expect("memory");
    let zstd = zstd::encode_all(&text[..], 1).expect("memory");
    for stored in [gzip, zstd] {
        let error = refused(&stored[..stored.len() / 2]).await;
        assert!(error.contains("raw_data/batch_2024-09-15.csv: the"), "{error}");
        assert!(error.contains("stream is damaged or cut off"), "{error}");
    }
}

#[tokio::test]
async fn compressed_batches_are_recognised_by_their_bytes_whatever_their_names() {
    let text = generated("2024-09-15", 2000).0;
    let plain = Lake::new();
    plain.write("raw_data/batch_2024-09-15.csv", &text);
    plain.run("2024-09-15", &[]).await.expect("a run");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&text).expect("memory");
    let stored = [gzip.finish().expect("memory"), zstd::encode_all(&text[..], 1).expect("memory")];
    for bytes in stored {
        let lake = Lake::new();
        lake.write("raw_data/batch_2024-09-15.csv", &bytes);
        lake.run("2024-09-15", &[]).await.expect("a run");
        let csv = |lake| published_csv(lake, "2024-09-15");
        assert_eq!(csv(&lake)[..2], csv(&plain)[..2]);
    }
}

#[tokio::test]
async fn a_file_cut_in_half_rejects_its_last_record_only() {
    let (text, _) = generated("2024-09-15", 1000);
    let lake = Lake::new();
    let end = text.len() / 2;
    let end = end - text[..end].iter().rev().position(|&byte| byte == b'\n').expect("a line") + 20;
    lake.write("raw_data/batch_2024-09-15.csv", &text[..end]);
    let report = lake.run("2024-09-15", &[]).await.expect("a run");
    let reasons = &report.manifest.figures.rejected;
    assert!(reasons.iter().any(|entry| entry.reason == "wrong_field_count"), "{reasons:?}");
}

#[tokio::test]
async fn the_figures_of_a_generated_batch_are_those_the_generator_counted() {
    let (text, generated) = generated("2024-09-15", 20_000);
    let lake = Lake::new();
    lake.write("raw_data/batch_2024-09-15.csv", &text);
    let report = lake.run("2024-09-15", &[]).await.expect("a run");
    let balance = report.manifest.figures.balance;
    assert_eq!(balance.read, generated.rows);
    assert_eq!(balance.rejected, generated.malformed);
    assert_eq!(balance.duplicates, generated.duplicates);
    let filtered: Vec<(&str, u64)> = balance.filtered.iter().map(|by| (&by.filter[..], by.rows)).collect();
    assert_eq!(filtered, [("date", generated.filtered_by_date), ("duration", generated.filtered_by_duration)]);
    assert_eq!(balance.written, generated.written());
}

#[tokio::test]
async fn a_record_over_the_limit_is_cut_with_its_place_and_length_and_the_next_is_read() {
    let lake = Lake::new();
    let long = format!("\"{}\"\"{}", "ș".repeat(1 << 19), "y".repeat(1 << 20));
    let text = batch(&[row("Ana", 1), long.clone(), row("Ion", 2)]);
    lake.write("raw_data/batch_2024-09-15.csv", &text);
    let report = lake.run("2024-09-15", &[("MAX_REJECTED_RATIO", "0.5")]).await.expect("a run");
    let balance = report.manifest.figures.balance;
    assert_eq!((balance.read, balance.written, balance.rejected), (3, 2, 1));
    let [rejected] = &rejected(&lake)[..] else { panic!("one record") };
    assert_eq!((&rejected.number[..], &rejected.reason[..]), ("2", "record_too_long"));
    assert_eq!(rejected.length, long.len());
    assert!(text[rejected.offset..].starts_with(long.as_bytes()), "the raw object has all of it at that place");
    assert!(long.starts_with(&rejected.record) && rejected.record.len() > 65_000, "{}", rejected.record.len());
    assert_eq!(rejected.base64, "", "a character cut in two makes nothing invalid");
}

/// A record of `rejected.csv`.
struct RejectedRecord {
    number: String,
    offset: usize,
    length: usize,
    reason: String,
    record: String,
    base64: String,
}

fn rejected(lake: &Lake) -> Vec<RejectedRecord> {
    let (name, bytes) = published_csv(lake, "2024-09-15").remove(2);
    assert_eq!(name, "rejected.csv");
    let text = String::from_utf8(bytes).expect("the file is UTF-8 whatever the records hold");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let record = |record: csv::StringRecord| RejectedRecord {
        number: record[1].to_owned(),
        offset: record[2].parse().expect("a number"),
        length: record[6].parse().expect("a number"),
        reason: record[4].to_owned(),
        record: record[5].to_owned(),
        base64: record[7].to_owned(),
    };
    reader.records().map(|found| record(found.expect("readable"))).collect()
}

#[tokio::test]
async fn a_record_that_is_not_utf8_stands_in_base64_beside_what_can_be_read_of_it() {
    let lake = Lake::new();
    let mut bytes = batch(&[row("Ana", 1), row("Mar?a", 2), row("Ion", 3)]);
    let at = memchr::memmem::find(&bytes, b"Mar?a").expect("it is there");
    bytes[at + 3] = 0xed; // í in Latin-1
    lake.write("raw_data/batch_2024-09-15.csv", &bytes);
    lake.run("2024-09-15", &[("MAX_REJECTED_RATIO", "0.5")]).await.expect("a run");
    let [rejected] = &rejected(&lake)[..] else { panic!("one record") };
    assert_eq!(rejected.reason, "invalid_utf8");
    assert!(rejected.record.starts_with("Mar\u{fffd}a,user,"), "{}", rejected.record);
    let original = BASE64_STANDARD.decode(&rejected.base64).expect("base64");
    assert!(original == bytes[rejected.offset..rejected.offset + rejected.length], "byte for byte");
}

#[tokio::test]
async fn a_rejected_record_that_begins_like_a_formula_is_defused_on_request() {
    let formula = "=HYPERLINK(\"\"http://x\"\")";
    for (setting, record) in [("keep", formula.to_owned()), ("defuse", format!("'{formula}"))] {
        let lake = Lake::new();
        lake.write("raw_data/batch_2024-09-15.csv", &batch(&[row("Ana", 1), formula.to_owned()]));
        lake.run("2024-09-15", &[("MAX_REJECTED_RATIO", "0.5"), ("CSV_FORMULAS", setting)]).await.expect("a run");
        assert_eq!(rejected(&lake)[0].record, record);
    }
}

#[tokio::test]
async fn more_rejected_bytes_than_granted_fail_the_run_and_leave_nothing_staged() {
    let short_records = "x\n".repeat(40_000);
    let mut bytes = batch(&[row("Ana", 1)]);
    bytes.extend_from_slice(short_records.as_bytes());
    let settings = [("MAX_REJECTED_MB", "1"), ("MAX_REJECTED_RATIO", "1")];
    let error = refused_with(&bytes, &settings).await;
    assert!(error.contains("the rejected records fill more than MAX_REJECTED_MB (1 MiB)"), "{error}");
}

#[tokio::test]
async fn a_date_without_batch_is_the_senders_error() {
    let lake = Lake::new();
    lake.write("raw_data/batch_2024-09-14.csv", &batch(&[]));
    let error = lake.run("2024-09-15", &[]).await.expect_err("no batch");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("no batch for 2024-09-15"), "{error}");
}

#[tokio::test]
async fn a_run_that_does_not_fit_the_memory_granted_stops_and_says_what_it_needs() {
    let lake = Lake::new();
    lake.write("raw_data/batch_2024-09-15.csv", &generated("2024-09-15", 2000).0);
    let error = lake.run("2024-09-15", &[("MEMORY_LIMIT_MB", "1")]).await.expect_err("too small");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("1 MiB are granted"), "{error}");
    assert!(outputs(lake.path()).is_empty());
}
