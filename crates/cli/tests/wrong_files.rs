//! Files that a hurried person puts where a batch belongs, and what they are told. No cell is ever shown.

use crate::common::batches::{HEADER, batch, row};
use crate::program::Home;

/// Runs a lake with these bytes as its only batch.
fn run(bytes: &[u8]) -> crate::program::Ended {
    let home = Home::new();
    home.write("lake/raw_data/batch_2024-09-15.csv", bytes);
    let ended = home.run(&["run", "--lake", "lake"]);
    for output in [&ended.stdout, &ended.stderr] {
        assert!(!output.contains("Secret") && !output.contains("0123"), "a cell is shown: {output}");
    }
    ended
}

fn ten_rows() -> Vec<u8> {
    batch(&(1..=10).map(|id| row("Ana Secret", id)).collect::<Vec<_>>())
}

#[test]
fn files_that_are_no_batch_are_called_what_they_are() {
    let text = String::from_utf8(ten_rows()).expect("text");
    let cases: [(Vec<u8>, &str); 9] = [
        (b"".into(), "no header: the object is empty (a batch without rows still has its header line)"),
        (b"{\"email\": \"ana@Secret.ro\", \"phone\": \"0123\"}\n".into(), "it looks like JSON"),
        (b"<!DOCTYPE html>\n<html>Secret</html>\n".into(), "it looks like HTML or XML"),
        (b"PK\x03\x04\x14\0\x06\0Secret".into(), "is not plain, gzip or zstd, but a ZIP archive or an Excel workbook;"),
        (b"\xff\xfep\0e\0r\0".into(), "it looks like UTF-16 text (UTF-8 is expected)"),
        (text.replace(',', ";").into(), "the header is separated by semicolons, not by commas"),
        (text.split_once('\n').expect("lines").1.into(), "names no known column; needed are person_name, email"),
        (text.replace(",phone,", ",tel,").into(), "missing required columns phone; header found: person_name,"),
        (HEADER.to_uppercase().into(), "(names are written in lower case); header found: PERSON_NAME"),
    ];
    for (bytes, message) in cases {
        let error = run(&bytes).failed(3);
        let start = "error: run of 2024-09-15 failed: raw_data/batch_2024-09-15.csv: ";
        assert!(error.starts_with(start) && error.ends_with(" (InvalidInput)\n"), "{error}");
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_windows_1252_file_is_told_by_its_rejected_rows() {
    let mut bytes = ten_rows();
    for at in memchr::memmem::find_iter(&bytes.clone(), b"Ana").skip(2).take(5) {
        bytes[at] = 0xc3; // Ã in Windows-1252
    }
    let error = run(&bytes).failed(3);
    assert!(error.contains("5 of 10 rows are rejected, more than MAX_REJECTED_RATIO 0.1 allows"), "{error}");
    assert!(error.contains("(invalid_utf8: 5); the first is record 3 of raw_data/batch_2024-09-15.csv"), "{error}");
}

#[test]
fn of_a_file_cut_in_half_the_row_at_the_cut_is_rejected() {
    let bytes = ten_rows();
    let home = Home::new();
    home.write("lake/raw_data/batch_2024-09-15.csv", &bytes[..bytes.len() - 40]);
    let answer = home.run(&["run", "--lake", "lake"]).succeeded();
    let line = answer.lines().find(|line| line.contains("published")).expect("a line for the run");
    assert_eq!(line.split_whitespace().nth(7), Some("1"), "{line}");
    let rejected = home.read("lake/transformed_data/rejected/run_date=2024-09-15/rejected.csv");
    assert!(rejected.contains(",10,") && rejected.contains("wrong_field_count"), "{rejected}");
}

#[test]
fn a_header_alone_and_a_header_in_another_order_are_batches() {
    assert!(run(HEADER.as_bytes()).succeeded().contains("published"));
    let columns: Vec<&str> = HEADER.split(',').rev().collect();
    let cells = "00000001-0000-4000-8000-000000000000,1000,2.25,10.5,100,2024-09-14 08:00:00,RO49,10.0.0.1,00:11,0700,Mare,1990-01-01,123,a@b.ro,user,Ana";
    let answer = run(format!("{}\n{cells}\n", columns.join(",")).as_bytes()).succeeded();
    let line = answer.lines().find(|line| line.contains("published")).expect("a line for the run");
    assert_eq!(line.split_whitespace().skip(2).take(2).collect::<Vec<_>>(), ["1", "1"], "{line}");
}
