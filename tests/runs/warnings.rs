//! What should not pass unnoticed: whole runs whose data is suspicious, and what they are compared with.

use drivendata_transform::day::Status;
use drivendata_transform::error::ErrorKind;
use drivendata_transform::warnings::{Warning, WarningKind};
use strict_s3::Fault;

use super::{TODAY, YESTERDAY, key, on_both_lakes};
use crate::common::batches::{HEADER, batch, row, row_with};
use crate::common::clean::manifest;
use crate::common::lakes::{DataLake, run_anyway};

on_both_lakes! {
    a_batch_far_smaller_than_those_before_it_is_told_once_there_are_five,
    an_empty_batch_is_told_after_one_with_rows,
    a_warning_that_may_not_pass_leaves_what_was_published,
}

const BEFORE: [&str; 5] = ["2024-09-09", "2024-09-10", "2024-09-11", "2024-09-12", "2024-09-13"];

fn rows(ids: std::ops::Range<u32>) -> Vec<u8> {
    batch(&ids.map(|id| row("Ana", id)).collect::<Vec<_>>())
}

/// Uploads and publishes days of so many rows each.
async fn publish_days(lake: &DataLake, dates: &[&str], rows_each: u32) {
    for (day, date) in (0..).zip(dates) {
        lake.put(&key(date), &rows(day * rows_each..(day + 1) * rows_each));
        lake.run(date, &[]).await.expect("a run");
    }
}

async fn told(lake: &DataLake, date: &str, settings: &[(&str, &str)]) -> Vec<Warning> {
    let report = run_anyway(&lake.runner(settings), date).await.expect("a run");
    assert_eq!(manifest(lake, date).expect("published").warnings, report.manifest.warnings);
    report.manifest.warnings
}

fn kinds(warnings: &[Warning]) -> Vec<&'static str> {
    warnings.iter().map(|warning| warning.kind.as_str()).collect()
}

/// The warnings of today's batch alone.
async fn told_of(bytes: &[u8], settings: &[(&str, &str)]) -> Vec<Warning> {
    let lake = DataLake::folder();
    lake.put(&key(TODAY), bytes);
    told(&lake, TODAY, settings).await
}

async fn a_batch_far_smaller_than_those_before_it_is_told_once_there_are_five(lake: DataLake) {
    publish_days(&lake, &BEFORE[..4], 120).await;
    lake.put(&key(TODAY), &rows(5000..5003));
    assert_eq!(told(&lake, TODAY, &[]).await, [], "four runs are too few to compare with");
    publish_days(&lake, &BEFORE[4..], 120).await;
    let warnings = told(&lake, TODAY, &[]).await;
    assert_eq!(kinds(&warnings), ["few_rows"]);
    assert_eq!((warnings[0].rows, warnings[0].of), (3, 120));
    // A manifest that cannot be read, or is of another day, counts for nothing.
    lake.put("transformed_data/runs/run_date=2024-09-13/manifest.json", b"{}");
    assert_eq!(told(&lake, TODAY, &[]).await, []);
}

async fn an_empty_batch_is_told_after_one_with_rows(lake: DataLake) {
    let header_only = format!("{HEADER}\n");
    lake.put(&key(YESTERDAY), &rows(0..300));
    lake.put(&key(TODAY), header_only.as_bytes());
    let warnings = told(&lake, TODAY, &[]).await;
    assert_eq!((kinds(&warnings), warnings[0].of), (vec!["empty_batch"], 300));
    // Tomorrow's window begins today, so only today's manifest, and that of yesterday, can tell.
    let tomorrow = "2024-09-16";
    lake.put(&key(tomorrow), header_only.as_bytes());
    assert_eq!(told(&lake, tomorrow, &[]).await, []);
    lake.run(YESTERDAY, &[]).await.expect("a run");
    assert_eq!(kinds(&told(&lake, tomorrow, &[]).await), ["empty_batch"]);
}

async fn a_warning_that_may_not_pass_leaves_what_was_published(lake: DataLake) {
    publish_days(&lake, &[TODAY], 300).await;
    let before = lake.objects("transformed_data/");
    lake.put(&key(YESTERDAY), &rows(0..300));
    lake.put(&key(TODAY), format!("{HEADER}\n").as_bytes());
    for fail_on in ["empty_batch", "few_rows, empty_batch", "all"] {
        let settings = [("FAIL_ON_WARNINGS", fail_on)];
        let error = lake.run(TODAY, &settings).await.expect_err("it may not pass");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(
            error.to_string().contains("FAIL_ON_WARNINGS does not let this pass: the batch of 2024-09-15"),
            "{error}"
        );
        assert!(lake.objects("transformed_data/") == before, "{fail_on}: something was published");
        assert_eq!(lake.unpublished_count(), 0, "{fail_on}: uploads are left");
    }
    assert_eq!(kinds(&told(&lake, TODAY, &[("FAIL_ON_WARNINGS", "failed_casts")]).await), ["empty_batch"]);
}

#[tokio::test]
async fn an_unchanged_day_keeps_its_warnings() {
    let lake = DataLake::folder();
    lake.put(&key(TODAY), &batch(&[row_with("Ana", 1, "5")]));
    for status in [Status::Published, Status::Unchanged] {
        let report = lake.run(TODAY, &[]).await.expect("a run");
        assert_eq!((report.status, kinds(&report.manifest.warnings)), (status, vec!["nothing_written"]));
    }
}

#[tokio::test]
async fn rows_of_which_none_was_written_say_where_they_ended() {
    let dated = |date: &str| batch(&[row("Ana", 1).replace("2024-09-14 08", date)]);
    type Settings = &'static [(&'static str, &'static str)];
    let cases: [(Vec<u8>, Settings, &str); 6] = [
        (dated("2025-01-01 00"), &[], "the only row is dropped by the filter date (ACCESSED_TO 2024-12-31)"),
        (dated("2023-12-31 23"), &[], "the only row is dropped by the filter date (ACCESSED_FROM 2024-01-01)"),
        (dated("soon"), &[("PRESET", "glue")], "the only row is without a value that the filter date needs"),
        (
            batch(&[row_with("Ana", 1, "30")]),
            &[],
            "the only row is dropped by the filter duration (MIN_SESSION_DURATION 30)",
        ),
        (
            batch(&[row_with("Ana", 1, "x")]),
            &[("MAX_REJECTED_RATIO", "1")],
            "the only row is rejected (mostly session_duration unreadable: looks like text)",
        ),
        (
            dated("2024-09-14 08"),
            &[("ACCESSED_TO", "2024-09-13")],
            "the only row is dropped by the filter date (ACCESSED_TO 2024-09-13)",
        ),
    ];
    for (bytes, settings, reason) in cases {
        let warnings = told_of(&bytes, settings).await;
        assert_eq!(kinds(&warnings), ["nothing_written"], "{reason}");
        assert_eq!(warnings[0].message, format!("none of the rows read was written: {reason}"));
    }

    let lake = DataLake::folder();
    for date in [YESTERDAY, TODAY] {
        lake.put(&key(date), &rows(0..10));
    }
    let warnings = told(&lake, TODAY, &[]).await;
    let expected = "no row of the batch of 2024-09-15 was written: all rows are duplicates of earlier rows (10 rows)";
    assert_eq!((kinds(&warnings), warnings[0].message.as_str()), (vec!["nothing_written"], expected));
}

#[tokio::test]
async fn columns_that_are_null_throughout_name_the_likely_reason() {
    let bad = |id| {
        let row = row("Ana", id)
            .replace("1990-01-01", "01/05/1990")
            .replace(",10.5,2.25,1000,", ",\"100,5\",\"50,25\",\"2.000,5\",");
        assert!(row.contains("2.000,5"));
        row
    };
    let case = std::fs::read("tests/cases/nulls_unnoticed/batch_2024-09-15.csv").expect("a case");
    let warnings = told_of(&case, &[]).await;
    assert_eq!(kinds(&told_of(&batch(&[bad(1), bad(2)]), &[]).await), kinds(&warnings));
    let expected = [
        ("birth_date", "looks like day.month.year"),
        ("download_speed", "looks like a decimal comma"),
        ("upload_speed", "looks like a decimal comma"),
        ("consumed_traffic", "looks like thousands separators"),
    ];
    assert_eq!(warnings.len(), expected.len(), "{warnings:?}");
    for (warning, (column, reason)) in warnings.iter().zip(expected) {
        assert_eq!((warning.kind, warning.column.as_deref()), (WarningKind::FailedCasts, Some(column)));
        assert_eq!((warning.rows, warning.of), (2, 2));
        assert!(warning.message.contains(reason), "{}", warning.message);
    }
    // Blank cells hold nothing that could be cast.
    let blank = |id| row("Ana", id).replace(",10.5,2.25,1000,", ", ,,\"\",");
    assert_eq!(told_of(&batch(&[blank(1), blank(2), row("Ana", 3)]), &[]).await, []);
    let warnings = told_of(&batch(&[blank(1), blank(2), bad(3)]), &[]).await;
    assert_eq!((warnings.len(), warnings[0].rows, warnings[0].of), (3, 1, 1), "{warnings:?}");
    assert_eq!(told_of(&batch(&[row("Ana", 1), row("Ana", 2), bad(3)]), &[]).await, [], "one of three may happen");
}

#[tokio::test]
async fn ids_that_nearly_all_rows_share_are_told_by_what_they_look_like() {
    for (id, reason) in [
        ("n/a", "looks like null markers; see NULL_MARKERS"),
        ("1.23457E+17", "looks like scientific notation as a spreadsheet writes it"),
        ("a text that is too long to be packed", "the file may hold its rows twice"),
    ] {
        let same = |number: u32| row("Ana", number).replace(&format!("{number:08x}-0000-4000-8000-000000000000"), id);
        let warnings = told_of(&batch(&(0..10).map(same).collect::<Vec<_>>()), &[]).await;
        assert_eq!((kinds(&warnings), warnings[0].rows, warnings[0].of), (vec!["duplicates"], 9, 10), "{id}");
        let message = &warnings[0].message;
        assert!(
            message.contains("10 rows share one id") && message.contains(reason) && !message.contains(id),
            "{message}"
        );
    }
}

#[tokio::test]
async fn an_object_of_several_without_its_last_line_end_is_named() {
    let lake = DataLake::folder();
    let (whole, other) = (rows(0..10), rows(20..30));
    for cut_bytes in [0, 1, 40] {
        lake.put(&key(YESTERDAY), &other);
        lake.put(&key(TODAY), &whole[..whole.len() - cut_bytes]);
        let warnings = told(&lake, TODAY, &[("MAX_REJECTED_RATIO", "1")]).await;
        let expected = if cut_bytes == 0 { vec![] } else { vec!["unterminated_last_record"] };
        assert_eq!(kinds(&warnings), expected, "{cut_bytes}");
        assert!(warnings.iter().all(|warning| warning.object.as_deref() == Some(&key(TODAY))), "{warnings:?}");
    }
    lake.put(&key(YESTERDAY), &other[..other.len() - 1]);
    assert_eq!(
        kinds(&told(&lake, TODAY, &[("MAX_REJECTED_RATIO", "1")]).await),
        [""; 0],
        "the sender writes no last line end"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn earlier_manifests_that_cannot_be_fetched_fail_only_who_needs_them() {
    let lake = DataLake::bucket().await;
    lake.put(&key(TODAY), &rows(0..3));
    lake.s3().faults().plan(|call| match call.key.contains("run_date=2024-09-1") && !call.key.contains(TODAY) {
        true => Fault::FailBefore,
        false => Fault::None,
    });
    for (fail_on, expected) in [("", None), ("failed_casts", None), ("few_rows", Some(ErrorKind::Storage))] {
        let outcome = run_anyway(&lake.runner(&[("FAIL_ON_WARNINGS", fail_on)]), TODAY).await;
        assert_eq!(outcome.err().map(|error| error.kind()), expected, "{fail_on}");
        assert_eq!(lake.unpublished_count(), 0, "{fail_on}");
    }
}

/// Cells that each provoke a warning, with digits or letters that no message has by itself.
#[tokio::test]
async fn no_warning_holds_a_part_of_a_cell() {
    const CELLS: [&str; 12] = [
        "77107,5",
        "7.710,75",
        "77,107",
        "77/10/7710",
        "7710-77-10",
        "77107-10-10",
        "7.7107E+17",
        "77:10:77",
        "#77107!",
        "77107 kB",
        "Xyzzyplugh",
        "771077107710",
    ];
    let columns: Vec<&str> = HEADER.split(',').collect();
    let at = |name: &str| columns.iter().position(|column| *column == name).expect("a column");
    for cell in CELLS {
        let quoted = format!("\"{cell}\"");
        for plain in [&["accessed_at", "session_duration"][..], &["accessed_at", "session_duration", "unique_id"], &[]]
        {
            let records: Vec<String> = (0..40)
                .map(|number: u32| {
                    let mut cells = vec![quoted.clone(); columns.len()];
                    let readable =
                        [("accessed_at", "2024-09-14 08:00:00".to_owned()), ("session_duration", "100".to_owned())];
                    for (name, text) in readable.into_iter().chain([("unique_id", format!("id {number}"))]) {
                        if plain.contains(&name) {
                            cells[at(name)] = text;
                        }
                    }
                    cells.join(",")
                })
                .collect();
            let warnings = told_of(&batch(&records), &[("MAX_REJECTED_RATIO", "1"), ("ACCESSED_FROM", "")]).await;
            assert!(!warnings.is_empty(), "{cell}");
            let json = serde_json::to_string(&warnings).expect("JSON");
            for marker in ["771", "710", "yzzy", cell] {
                assert!(!json.contains(marker), "{marker} of {cell} shows in {json}");
            }
        }
    }
}
