//! Golden days: each folder of `tests/golden` holds a case (run date and settings), its raw data and what must be
//! published. A case may name a contract's file and the folder of its raw data, from the top of the repository. `GOLDEN=write cargo test --test all golden_days` writes the expected files anew; read them before you
//! commit them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::parquet::table;
use crate::common::runs::Lake;

#[tokio::test]
async fn every_golden_day_comes_out_as_expected() {
    let mut cases: Vec<PathBuf> = fs::read_dir("tests/golden")
        .expect("the golden days")
        .map(|entry| entry.expect("a golden day").path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 14, "golden days are missing");
    let mut failures = Vec::new();
    for case in cases {
        failures.extend(differences(&case).await);
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Runs a case and compares what it publishes, file by file.
async fn differences(case: &Path) -> Vec<String> {
    let (run_date, raw_data, settings) = read_case(case);
    let lake = Lake::new();
    for file in fs::read_dir(raw_data).expect("raw data") {
        let file = file.expect("a raw file");
        lake.write(&format!("raw_data/{}", file.file_name().display()), &fs::read(file.path()).expect("raw data"));
    }
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    lake.run(&run_date, &settings).await.unwrap_or_else(|error| panic!("{}: {error}", case.display()));

    let published = published(&lake, &run_date);
    let expected = case.join("expected");
    let mut differences: Vec<String> =
        published.iter().filter_map(|(name, bytes)| compare(&expected.join(name), bytes)).collect();
    for file in fs::read_dir(&expected).expect("the expectations") {
        let name = file.expect("an expectation").file_name().display().to_string();
        if published.iter().all(|(published, _)| *published != name) {
            differences.push(format!("{} is not published", expected.join(name).display()));
        }
    }
    differences
}

/// Each table as CSV and as the text of its Parquet file, and the rejected records, by the names of the expectations.
fn published(lake: &Lake, run_date: &str) -> Vec<(String, Vec<u8>)> {
    let mut tables: Vec<String> = fs::read_dir(lake.output(""))
        .expect("outputs")
        .map(|folder| folder.expect("a folder"))
        .filter(|folder| folder.path().join("csv").is_dir())
        .map(|folder| folder.file_name().display().to_string())
        .collect();
    tables.sort();
    assert!(tables.len() > 1, "{tables:?}");
    let rejected =
        fs::read(lake.output(&format!("rejected/run_date={run_date}/rejected.csv"))).expect("rejected records");
    let mut published = vec![("rejected.csv".to_owned(), rejected)];
    for name in tables {
        let csv = lake.output(&format!("{name}/csv/run_date={run_date}/{name}.csv"));
        let parquet = lake.output(&format!("{name}/parquet/run_date={run_date}/{name}.parquet"));
        published.push((format!("{name}.parquet.txt"), table(&parquet).into_bytes()));
        published.push((format!("{name}.csv"), fs::read(csv).expect("an output")));
    }
    published
}

fn compare(path: &Path, bytes: &[u8]) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the switch that writes the expectations")]
    if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("an expectation");
        return None;
    }
    let expected = fs::read(path).unwrap_or_default();
    (expected != bytes).then(|| {
        let (expected, actual) = (String::from_utf8_lossy(&expected), String::from_utf8_lossy(bytes));
        format!("{} differs.\n--- expected\n{expected}\n--- actual\n{actual}", path.display())
    })
}

/// The run date, the folder of the raw data, and the settings.
fn read_case(case: &Path) -> (String, PathBuf, Vec<(String, String)>) {
    let text = fs::read_to_string(case.join("case")).expect("a case file");
    let mut settings: Vec<(String, String)> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('=').expect("name=value"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut take = |wanted: &str| {
        let at = settings.iter().position(|(name, _)| name == wanted)?;
        Some(settings.remove(at).1)
    };
    let run_date = take("run_date").expect("a run date");
    let raw_data = take("raw_data").map_or_else(|| case.join("raw_data"), PathBuf::from);
    (run_date, raw_data, settings)
}
