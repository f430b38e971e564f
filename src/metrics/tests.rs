//! The line of each outcome, whole, and the limits of its figures.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::error::{Error, ErrorKind};
use crate::log::InvocationIds;
use crate::warnings::Warning;

/// A manifest as an earlier run left it in a lake.
fn manifest() -> Manifest {
    let object = |key: &str, bytes: u64| json!({"key": key, "etag": "e", "bytes": bytes, "rows": 1});
    let output = |key: &str, bytes: u64| {
        let mut output = object(key, bytes);
        output["checksum_crc64nvme"] = json!("AAAAAAAAAAA=");
        output
    };
    let manifest = json!({
        "run_date": "2024-09-15",
        "window": ["2024-09-13", "2024-09-14", "2024-09-15"],
        "missing_days": ["2024-09-13"],
        "inputs": [object("raw_data/batch_2024-09-14.csv", 100), object("raw_data/batch_2024-09-15.csv", 23)],
        "rules_fingerprint": "f",
        "settings": {
            "preset": "default", "window_days": 3, "accessed_from": null, "accessed_to": null,
            "min_session_duration": 30, "active_above": 120, "moderate_from": 30, "masking": "standard",
            "output_formats": ["csv"], "row_group_rows": 1, "parquet_compression": "snappy", "csv_formulas": "keep",
            "output_revision": 1,
        },
        "program_version": "0.1.0",
        "balance": {
            "read": 21, "written": 6, "filtered_by_date": 5, "filtered_by_duration": 4, "duplicates": 3, "rejected": 3,
        },
        "rejected": [],
        "null_casts": {},
        "rows_per_access_date": {},
        "session_duration": {"average": null, "maximum": null},
        "outputs": [output("a.csv", 7), output("b.csv", 8)],
        "timings": {"started_at": "2024-09-15T05:02:12.000Z", "processing_ms": 1, "total_ms": 1234},
        "memory": {"peak_bytes": 1, "identities_bytes": 2, "groups_bytes": 3},
    });
    serde_json::from_value(manifest).expect("a manifest")
}

fn line_at(now: &str, peak_memory_bytes: Option<u64>, outcome: &Result<Outcome>) -> Value {
    let function = Function {
        service: "clean".into(),
        metrics_namespace: "Lake".into(),
        function_name: None,
        function_memory_size: None,
    };
    let ids = InvocationIds {
        function_request_id: Some("request".into()),
        correlation_id: Some("raw_data/batch_2024-09-15.csv".into()),
        ..InvocationIds::default()
    };
    let now = now.parse().expect("a moment");
    let invocation = Invocation { cold_start: true, ids };
    let at = Circumstances { function: &function, invocation: &invocation, now, peak_memory_bytes };
    of_run("2024-09-15".parse().expect("a date"), outcome, &at)
}

fn line(outcome: &Result<Outcome>) -> Value {
    line_at("2024-09-15T05:02:12.345Z", Some(99), outcome)
}

fn report(status: Status) -> Result<Outcome> {
    Ok(Outcome::Done(Report { status, manifest: manifest() }))
}

/// The names and units a line defines.
fn defined<'l>(line: &'l Value) -> Vec<(&'l str, &'l str)> {
    let definitions = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().expect("definitions");
    let pair = |metric: &'l Value| Some((metric["Name"].as_str()?, metric["Unit"].as_str()?));
    definitions.iter().map(|metric| pair(metric).expect("name and unit")).collect()
}

#[test]
fn a_published_run_tells_its_rows_bytes_and_time() {
    let line = line(&report(Status::Published));
    let expected_units = [
        ("RunsPublished", "Count"),
        ("RunsUnchanged", "Count"),
        ("RunsFailed", "Count"),
        ("RunsWaiting", "Count"),
        ("NewestInputAge", "Seconds"),
        ("RowsRead", "Count"),
        ("RowsWritten", "Count"),
        ("RowsFilteredByDate", "Count"),
        ("RowsFilteredByDuration", "Count"),
        ("RowsDuplicate", "Count"),
        ("RowsRejected", "Count"),
        ("ObjectsLeftOut", "Count"),
        ("BytesRead", "Bytes"),
        ("BytesWritten", "Bytes"),
        ("RunDuration", "Milliseconds"),
        ("Warnings", "Count"),
        ("PeakMemory", "Bytes"),
    ];
    assert_eq!(defined(&line), expected_units);
    let expected = json!({
        "_aws": {
            "Timestamp": 1_726_376_532_345_u64,
            "CloudWatchMetrics": [{
                "Namespace": "Lake", "Dimensions": [["service"]], "Metrics": line["_aws"]["CloudWatchMetrics"][0]["Metrics"],
            }],
        },
        "service": "clean", "run_date": "2024-09-15", "cold_start": true, "function_request_id": "request",
        "correlation_id": "raw_data/batch_2024-09-15.csv",
        "RunsPublished": 1, "RunsUnchanged": 0, "RunsFailed": 0, "RunsWaiting": 0, "NewestInputAge": 5 * 3600 + 2 * 60 + 12,
        "RowsRead": 21, "RowsWritten": 6, "RowsFilteredByDate": 5, "RowsFilteredByDuration": 4, "RowsDuplicate": 3,
        "RowsRejected": 3, "ObjectsLeftOut": 0, "BytesRead": 123, "BytesWritten": 15, "RunDuration": 1234,
        "Warnings": 0, "PeakMemory": 99,
    });
    assert_eq!(line, expected);
}

#[test]
fn warnings_are_summed_up_and_counted_by_kind() {
    let warning = |kind: WarningKind| Warning {
        kind,
        object: None,
        batch_date: None,
        column: None,
        rows: 9,
        of: 10,
        message: "something".into(),
    };
    let warnings =
        vec![warning(WarningKind::FailedCasts), warning(WarningKind::FewRows), warning(WarningKind::FailedCasts)];
    let report = |status| {
        let manifest = Manifest { warnings: warnings.clone(), ..manifest() };
        Ok(Outcome::Done(Report { status, manifest }))
    };
    let published = line(&report(Status::Published));
    let of = |line: &Value| {
        let names = defined(line).into_iter().map(|(name, _)| name).filter(|name| name.contains("Warning"));
        names.map(|name| (name.to_owned(), line[name].as_u64())).collect::<Vec<_>>()
    };
    let expected = [("Warnings", 3), ("WarningsFailedCasts", 2), ("WarningsFewRows", 1)];
    assert_eq!(of(&published), expected.map(|(name, count)| (name.to_owned(), Some(count))));
    assert!(!published.to_string().contains("something"), "{published}");
    // They were counted when the day was published; the tick finds it unchanged every morning.
    assert_eq!(of(&line(&report(Status::Unchanged))), []);
}

#[test]
fn an_unchanged_run_tells_nothing_of_the_run_that_stands() {
    let line = line(&report(Status::Unchanged));
    let names: BTreeSet<&str> = defined(&line).into_iter().map(|(name, _)| name).collect();
    let expected = ["NewestInputAge", "PeakMemory", "RunsFailed", "RunsPublished", "RunsUnchanged", "RunsWaiting"];
    assert_eq!(names, BTreeSet::from(expected));
    assert_eq!(
        (&line["RunsPublished"], &line["RunsUnchanged"], &line["RunsFailed"]),
        (&json!(0), &json!(1), &json!(0))
    );
    assert!(!line.to_string().contains("Rows"), "{line}");
}

#[test]
fn a_failed_run_tells_its_type_and_not_its_message() {
    let error = Error::new(ErrorKind::TooLarge, "something long").at("raw_data/a.csv");
    let line = line(&Err(error));
    let names: Vec<&str> = defined(&line).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["RunsPublished", "RunsUnchanged", "RunsFailed", "RunsWaiting", "PeakMemory"]);
    assert_eq!(
        (&line["RunsPublished"], &line["RunsUnchanged"], &line["RunsFailed"]),
        (&json!(0), &json!(0), &json!(1))
    );
    assert_eq!(line["error_type"], "TooLarge");
    assert!(!line.to_string().contains("something long"), "{line}");
}

#[test]
fn a_waiting_run_is_neither_done_nor_failed_and_tells_the_type_of_its_failure() {
    let failed = json!({
        "run_date": "2024-09-15", "inputs": [], "rules_fingerprint": "r", "settings_fingerprint": "s",
        "memory_granted_bytes": null, "error_type": "InvalidInput", "error_message": "something long",
        "failed_at": "2024-09-15T05:02:12.000Z", "program_version": "0.1.0",
    });
    let line = line(&Ok(Outcome::Waiting(serde_json::from_value(failed).expect("a note"))));
    let counted = ["RunsPublished", "RunsUnchanged", "RunsFailed", "RunsWaiting"].map(|name| line[name].clone());
    assert_eq!(counted, [0, 0, 0, 1].map(Value::from));
    assert_eq!(line["error_type"], "InvalidInput");
    assert!(line.get("NewestInputAge").is_none() && !line.to_string().contains("something long"), "{line}");
}

#[test]
fn a_run_that_is_handed_over_is_counted_as_nothing_else() {
    let note = json!({
        "run_date": "2024-09-15", "inputs": [], "rules_fingerprint": "r", "settings_fingerprint": "s",
        "memory_granted_bytes": null, "error_type": "TooLarge", "error_message": "something long",
        "failed_at": "2024-09-15T05:02:12.000Z", "program_version": "0.1.0", "settings": {}, "force": false,
    });
    let line = line(&Ok(Outcome::HandedOver(serde_json::from_value(note).expect("a note"))));
    let counted = ["RunsPublished", "RunsUnchanged", "RunsFailed", "RunsWaiting", "RunsHandedOver"];
    assert_eq!(counted.map(|name| line[name].clone()), [0, 0, 0, 0, 1].map(Value::from));
    assert_eq!(line["error_type"], "TooLarge");
    assert!(!line.to_string().contains("something long"), "{line}");
}

#[test]
fn an_age_is_counted_from_midnight_and_never_negative() {
    let age = |now| line_at(now, None, &report(Status::Unchanged))["NewestInputAge"].clone();
    assert_eq!(age("2024-09-15T00:00:00Z"), 0);
    assert_eq!(age("2024-09-17T02:00:00Z"), 50 * 3600);
    assert_eq!(age("2024-09-14T23:59:59Z"), 0);
}

#[test]
fn a_run_over_days_without_batches_is_as_old_as_the_newest_that_has_one() {
    let age = |missing: &[&str]| {
        let missing_days = missing.iter().map(|date| date.parse().expect("a date")).collect();
        let report = Report { status: Status::Published, manifest: Manifest { missing_days, ..manifest() } };
        line_at("2024-09-16T00:00:00Z", None, &Ok(Outcome::Done(report))).get("NewestInputAge").cloned()
    };
    assert_eq!(age(&["2024-09-15"]), Some(json!(2 * 86_400)));
    assert_eq!(age(&["2024-09-13", "2024-09-14", "2024-09-15"]), None);
}

#[test]
fn a_system_that_does_not_tell_its_memory_has_no_metric_of_it() {
    let line = line_at("2024-09-15T05:02:12Z", None, &report(Status::Published));
    assert!(line.get("PeakMemory").is_none() && !line.to_string().contains("PeakMemory"), "{line}");
}
