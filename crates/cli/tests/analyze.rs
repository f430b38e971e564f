//! `drivendata analyze` on small lakes whose figures were computed by hand.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::batches::{HEADER, batch, generated, row};
use crate::common::parquet::table;
use crate::common::runs::{Lake, config, runner};
use drivendata_analyze::AnalysisOptions;
use drivendata_transform::lake;
use serde_json::{Value, json};

/// Two days: four rows that count, a duplicate of the first of them, and a record that is none.
fn small_lake() -> Lake {
    let lake = Lake::new();
    let row = |cells: &str| {
        let [user, email, birth, ip, accessed, session, download, upload, traffic, id] =
            cells.split('|').collect::<Vec<_>>().try_into().expect("ten cells");
        format!(
            "Ana,{user},{email},01,{birth},\"Str. Mare, 1\",07,00:11,{ip},RO49,{accessed},{session},{download},{upload},{traffic},{id}"
        )
    };
    lake.write(
        "raw_data/batch_2024-09-14.csv",
        &batch(&[
            row("7|maria@x.ro|1990-05-01|10.0.0.2|2024-09-13 10:00:00|10|1.5|0.5|0.25|a"),
            row("9|maria@x.ro|1990-06-01|10.0.0.1|2023-09-13 10:00:00.5|20|2.5|1.5|100|b"),
        ]),
    );
    lake.write(
        "raw_data/batch_2024-09-15.csv",
        &batch(&[
            row("7|maria@x.ro|1990-05-01|10.0.0.2|2024-09-13 10:00:00|10|1.5|0.5|1000000|a"),
            row("x||none||2024-09-14|60|x|1||c"),
            "short".to_owned(),
            row("|maria@x.ro|2000-02-29|10.0.0.2|2024-09-14 23:00:00|30|4|4|99.75|d"),
        ]),
    );
    lake
}

fn analyze(lake: &Path, arguments: &[&str]) -> Output {
    let command = [&["analyze", "--lake", lake.to_str().expect("a path")], arguments].concat();
    Command::new(env!("CARGO_BIN_EXE_drivendata")).args(command).output().expect("the program runs")
}

fn analyzed(lake: &Path, arguments: &[&str]) -> Value {
    let output = analyze(lake, &[&["--json"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn described<'a>(analysis: &'a Value, column: &str) -> &'a Value {
    let columns = analysis["describe"].as_array().expect("columns");
    columns.iter().find(|described| described["column"] == column).unwrap_or(&Value::Null)
}

#[test]
fn the_figures_are_those_computed_by_hand() {
    let lake = small_lake();
    let analysis = analyzed(lake.path(), &[]);
    assert_eq!(analysis["run_date"], "2024-09-15", "the newest batch's");
    assert_eq!(analysis["window"], json!(["2024-09-14", "2024-09-15"]));
    assert_eq!(analysis["balance"], json!({"read": 6, "rows": 4, "duplicates": 1, "rejected": 1}));
    assert_eq!(analysis["rejected"], json!([{"column": null, "reason": "wrong_field_count", "rows": 1}]));
    assert_eq!(analysis["inputs"][1]["rows"], 4);
    assert_eq!(analysis["session_duration"], json!({"average": 30.0, "longest": 60}));
    assert_eq!(
        analysis["traffic_per_ip"],
        json!([
            {"ip_address": "10.0.0.1", "consumed_traffic": 100.0},
            {"ip_address": "10.0.0.2", "consumed_traffic": 100.0},
            {"ip_address": null, "consumed_traffic": null},
        ])
    );
    assert_eq!(
        analysis["sessions_per_day"],
        json!([
            {"date": "2023-09-13", "sessions": 1},
            {"date": "2024-09-13", "sessions": 1},
            {"date": "2024-09-14", "sessions": 2},
        ])
    );
    assert_eq!(
        analysis["birth_years"],
        json!([
            {"birth_year": null, "rows": 1},
            {"birth_year": 1990, "rows": 2},
            {"birth_year": 2000, "rows": 1},
        ])
    );
    let outputs = lake.path().join("transformed_data");
    assert!(!outputs.exists(), "an analysis publishes nothing");
}

#[test]
fn columns_are_described_as_spark_describes_them() {
    let analysis = analyzed(small_lake().path(), &[]);
    let expected = [
        json!({"column": "session_duration", "count": 4, "mean": 30.0, "stddev": (1400.0_f64 / 3.0).sqrt(), "min": 10, "max": 60}),
        json!({"column": "total_bandwidth", "count": 3, "mean": 14.0 / 3.0, "stddev": (28.0_f64 / 3.0).sqrt(), "min": 2.0, "max": 8.0}),
        json!({"column": "birth_year", "count": 3, "mean": 5980.0 / 3.0, "stddev": (200.0_f64 / 6.0).sqrt(), "min": 1990, "max": 2000}),
        json!({"column": "user_name", "count": 3, "mean": 8.0, "stddev": 2.0_f64.sqrt(), "min": "7", "max": "x"}),
        json!({"column": "email", "count": 4, "mean": null, "stddev": null, "min": "maria@x.ro", "max": "unknown@example.com"}),
        json!({"column": "activity_level", "count": 4, "mean": null, "stddev": null, "min": "less_active", "max": "moderate"}),
    ];
    for expected in expected {
        let column = expected["column"].as_str().expect("a name");
        let described = described(&analysis, column);
        for (figure, expected) in expected.as_object().expect("figures") {
            match (expected.as_f64(), described[figure].as_f64()) {
                (Some(expected), Some(actual)) => {
                    assert!((expected - actual).abs() <= 1e-12 * expected.abs(), "{column} {figure}: {actual}");
                }
                _ => assert_eq!(&described[figure], expected, "{column} {figure}"),
            }
        }
    }
    let one_day = analyzed(small_lake().path(), &["--window-days", "1", "--min-session-duration", "50"]);
    assert_eq!(described(&one_day, "upload_speed")["count"], 3, "the filter's settings do not matter");
    let first_day = analyzed(small_lake().path(), &["--date", "2024-09-14"]);
    assert_eq!(first_day["missing_days"], json!(["2024-09-13"]));
    assert_eq!(described(&first_day, "session_duration")["count"], 2);
    for column in ["birth_date", "accessed_at"] {
        assert_eq!(described(&first_day, column), &Value::Null, "Spark describes numbers and texts only");
    }
}

#[test]
fn schema_and_first_rows_show_the_processed_columns() {
    let analysis = analyzed(small_lake().path(), &["--rows", "3"]);
    let schema = analysis["schema"].as_array().expect("columns");
    assert_eq!(schema.len(), 20);
    assert_eq!(schema[4], json!({"name": "birth_date", "type": "date"}));
    assert_eq!(schema[10], json!({"name": "accessed_at", "type": "timestamp"}));
    let derived = [
        ("total_bandwidth", "double"),
        ("activity_level", "string"),
        ("masked_email", "string"),
        ("birth_year", "int"),
    ];
    for (column, (name, data_type)) in schema[16..].iter().zip(derived) {
        assert_eq!(column, &json!({"name": name, "type": data_type}));
    }
    let rows = analysis["first_rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 3);
    let cells = json!([
        "Ana",
        "9",
        "maria@x.ro",
        "01",
        "1990-06-01",
        "Str. Mare, 1",
        "07",
        "00:11",
        "10.0.0.1",
        "RO49",
        "2023-09-13 10:00:00.5",
        20,
        2.5,
        1.5,
        100.0,
        "b",
        4.0,
        "less_active",
        "mar***@x.ro",
        1990
    ]);
    assert_eq!(rows[1], cells);
    let nulls: Vec<usize> = (0..20).filter(|&index| rows[2][index].is_null()).collect();
    assert_eq!(nulls, [4, 8, 12, 14, 16, 19]);
}

/// Name of each column and the rows' cells in it, of an exported CSV file.
fn csv_column(path: &Path, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    let headers = reader.headers().expect("a header");
    let at = headers.iter().position(|header| header == name).expect("the column");
    reader.records().map(|record| record.expect("a record")[at].to_owned()).collect()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

#[test]
fn the_processed_rows_are_exported_as_csv() {
    let lake = small_lake();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("rows.csv");
    let analysis = analyzed(lake.path(), &["--export", file.to_str().expect("a path")]);
    assert_eq!(analysis["export"], file.to_str().expect("a path"));
    let expected = [
        ("unique_id", ["a", "b", "c", "d"]),
        ("email", ["maria@x.ro", "maria@x.ro", "unknown@example.com", "maria@x.ro"]),
        ("address", ["Str. Mare, 1"; 4]),
        ("session_duration", ["10", "20", "60", "30"]),
        ("total_bandwidth", ["2.0", "4.0", "", "8.0"]),
        ("birth_year", ["1990", "1990", "", "2000"]),
        ("activity_level", ["less_active", "less_active", "moderate", "moderate"]),
        ("masked_email", ["mar***@x.ro", "mar***@x.ro", "unk***@example.com", "mar***@x.ro"]),
    ];
    for (column, cells) in expected {
        assert_eq!(csv_column(&file, column), cells, "{column}");
    }
    assert_eq!(names_in(folder.path()), ["rows.csv"], "nothing unfinished stays");
}

#[test]
fn the_processed_rows_are_exported_as_parquet() {
    let lake = small_lake();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("rows.parquet");
    analyzed(lake.path(), &["--export", file.to_str().expect("a path")]);
    let text = table(&file);
    assert!(text.contains("OPTIONAL INT32 birth_year;"), "{text}");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(rows.len(), 4);
    assert!(rows[0].contains("total_bandwidth: 2.0, activity_level: \"less_active\""), "{text}");
    assert!(rows[0].contains(", birth_year: 1990}"), "{text}");
    assert!(rows[2].contains("total_bandwidth: null, activity_level: \"moderate\""), "{text}");
    assert!(rows[2].contains(", birth_year: null}"), "{text}");
    assert_eq!(names_in(folder.path()), ["rows.parquet"], "nothing unfinished stays");
}

#[test]
fn an_export_that_fails_leaves_the_file_that_was_there() {
    let lake = small_lake();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("rows.csv");
    fs::write(&file, "of yesterday").expect("a file");
    // Broken behind its header: found out when the export is under way.
    let mut cut = zstd::encode_all(&generated("2024-09-15", 2000).0[..], 1).expect("compressed");
    cut.truncate(cut.len() / 2);
    lake.write("raw_data/batch_2024-09-15.csv", &cut);
    let output = analyze(lake.path(), &["--export", file.to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(&file).expect("the file"), "of yesterday");
    assert_eq!(names_in(folder.path()), ["rows.csv"], "nothing unfinished stays");

    let output = analyze(lake.path(), &["--export", "rows.xlsx"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(".csv or .parquet expected"));
}

#[test]
fn a_lake_without_batches_says_so() {
    let output = analyze(Lake::new().path(), &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no batch in"));
}

#[test]
fn the_tables_show_as_many_rows_and_addresses_as_wanted() {
    let output = analyze(small_lake().path(), &["--rows", "1", "--top", "1"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    // How wide the columns are does not matter here.
    let text: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let text = text.join("\n");
    for part in [
        "2024-09-15: 6 records read of 2024-09-14, 2024-09-15",
        "4 rows, 1 duplicates, 1 rejected",
        "Sessions: 30.0 on average, 60 the longest",
        "Traffic per IP address, 3 in all",
        "\n2023-09-13 1\n",
        "\nnull 1\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert_eq!(text.matches("Str. Mare, 1").count(), 3, "one first row, smallest and largest value\n{text}");
    assert_eq!(text.matches("10.0.0.2").count(), 2, "first row and largest value\n{text}");
}

#[test]
fn the_glue_preset_keeps_rows_whose_casts_failed() {
    let lake = Lake::new();
    let unreadable = row("Ana", 1).replace(",100,10.5,", ",99999999999,10.5,").replace("2024-09-14 08:00:00", "never");
    lake.write("raw_data/batch_2024-09-15.csv", &batch(&[unreadable, row("Ion", 2)]));
    assert_eq!(analyzed(lake.path(), &[])["balance"]["rejected"], 1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("rows.csv");
    let analysis = analyzed(lake.path(), &["--preset", "glue", "--export", file.to_str().expect("a path")]);
    assert_eq!(analysis["balance"]["rows"], 2);
    assert_eq!(analysis["session_duration"], json!({"average": 100.0, "longest": 100}));
    assert_eq!(analysis["sessions_per_day"][0], json!({"date": null, "sessions": 1}));
    assert_eq!(csv_column(&file, "session_duration"), ["", "100"]);
    assert_eq!(csv_column(&file, "activity_level"), ["less_active", "moderate"]);
}

#[test]
fn an_input_column_called_birth_year_stays_as_it_is() {
    let lake = Lake::new();
    let batch = format!("{HEADER},birth_year,shoe\n{},1890,42\n", row("Ana", 1));
    lake.write("raw_data/batch_2024-09-15.csv", batch.as_bytes());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("rows.csv");
    analyzed(lake.path(), &["--export", file.to_str().expect("a path")]);
    assert_eq!(csv_column(&file, "birth_year"), ["1890"]);
    assert_eq!(csv_column(&file, "shoe"), ["42"]);
    assert_eq!(fs::read_to_string(&file).expect("the file").matches("birth_year").count(), 1);
}

/// Everything the library says of a lake with so many threads and chunks of about so many bytes.
async fn figures(lake: &Lake, threads: &str, chunk_bytes: usize) -> Value {
    let mut config = config(&lake.path().display().to_string(), &[("THREADS", threads)]);
    config.limits.chunk_bytes = chunk_bytes;
    let store = lake::open(&config).await.expect("a lake");
    let options = AnalysisOptions { first_rows: 1000, export: None };
    let date = "2024-09-15".parse().expect("a date");
    let analysis = drivendata_analyze::analyze(&runner(store, config), date, options, &Default::default())
        .await
        .expect("an analysis");
    serde_json::to_value(analysis).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_and_chunks_change_no_figure() {
    let lake = Lake::new();
    // Few addresses, so that their sums have many terms.
    let rows = (1..5000).map(|id| {
        let traffic = f64::from(id) / 7.0;
        row("Ana", id).replace("10.0.0.1", &format!("10.0.0.{}", id % 9)).replace(",1000,", &format!(",{traffic},"))
    });
    lake.write("raw_data/batch_2024-09-14.csv", &generated("2024-09-14", 3000).0);
    lake.write("raw_data/batch_2024-09-15.csv", &batch(&rows.collect::<Vec<_>>()));
    let expected = figures(&lake, "1", 512 * 1024).await;
    assert_eq!(expected["first_rows"].as_array().map(Vec::len), Some(1000));
    for (threads, chunk_bytes) in [("4", 512 * 1024), ("3", 10_000)] {
        let actual = figures(&lake, threads, chunk_bytes).await;
        assert!(expected == actual, "the figures differ with {threads} threads and chunks of {chunk_bytes}");
    }
    let sum = (1..5000).filter(|id| id % 9 == 4).fold(0.0, |sum, id| sum + f64::from(id) / 7.0);
    let totals = expected["traffic_per_ip"].as_array().expect("totals");
    let total = totals.iter().find(|total| total["ip_address"] == "10.0.0.4").expect("the address");
    assert_eq!(total["consumed_traffic"].as_f64(), Some(sum), "summed in the order of the rows");
}
