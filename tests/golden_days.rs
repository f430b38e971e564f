//! Golden days: each folder of `tests/golden` holds a case (run date and settings), its raw data and what must be
//! published. `GOLDEN=write cargo test --test golden_days` writes the expected files anew; read them before you
//! commit them.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::parquet::table;
use common::runs::{Lake, published_csv};

#[tokio::test]
async fn every_golden_day_comes_out_as_expected() {
    let mut cases: Vec<PathBuf> = fs::read_dir("tests/golden")
        .expect("the golden days")
        .map(|entry| entry.expect("a golden day").path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 13, "golden days are missing");
    let mut failures = Vec::new();
    for case in cases {
        failures.extend(differences(&case).await);
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Runs a case and compares what it publishes, file by file.
async fn differences(case: &Path) -> Vec<String> {
    let (run_date, settings) = read_case(case);
    let lake = Lake::new();
    for file in fs::read_dir(case.join("raw_data")).expect("raw data") {
        let file = file.expect("a raw file");
        lake.write(&format!("raw_data/{}", file.file_name().display()), &fs::read(file.path()).expect("raw data"));
    }
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    lake.run(&run_date, &settings).await.unwrap_or_else(|error| panic!("{}: {error}", case.display()));

    let mut published = published_csv(&lake, &run_date);
    for name in ["filtered", "grouped"] {
        let path = lake.output(&format!("{name}/parquet/run_date={run_date}/{name}.parquet"));
        published.push((format!("{name}.parquet.txt"), table(&path).into_bytes()));
    }
    let expected = case.join("expected");
    published.iter().filter_map(|(name, bytes)| compare(&expected.join(name), bytes)).collect()
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

fn read_case(case: &Path) -> (String, Vec<(String, String)>) {
    let text = fs::read_to_string(case.join("case")).expect("a case file");
    let mut settings: Vec<(String, String)> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('=').expect("name=value"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let run_date = settings.remove(0);
    assert_eq!(run_date.0, "run_date");
    (run_date.1, settings)
}
