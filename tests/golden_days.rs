//! Golden days: each folder of `tests/golden` holds a case (run date and settings), its raw data and what must be
//! published. A case may name a contract's file and the folder of its raw data, from the top of the repository.
//!
//! `GOLDEN=write cargo test --test all golden_days` writes the expected files and their checksums. Read them before you
//! commit them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crc_fast::CrcAlgorithm::Crc64Nvme;
use drivendata_transform::day::manifest::OUTPUT_REVISION;

use crate::common::parquet::table;
use crate::common::runs::Lake;

/// The checksum of every output of the golden days, and the revision of the program that made them.
const CHECKSUMS: &str = "tests/golden.checksums";

#[tokio::test]
async fn every_golden_day_comes_out_as_expected() {
    let mut cases: Vec<PathBuf> = fs::read_dir("tests/golden")
        .expect("the golden days")
        .map(|entry| entry.expect("a golden day").path())
        .collect();
    cases.sort();
    assert!(cases.len() >= 14, "golden days are missing");
    let (mut failures, mut checksums) = (Vec::new(), BTreeMap::new());
    for case in cases {
        failures.extend(differences(&case, &mut checksums).await);
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    check_revision(&checksums);
}

/// Fails where a byte of an output has changed but not the revision, by which a day published before is known to be old.
fn check_revision(checksums: &BTreeMap<String, u64>) {
    let stored = fs::read_to_string(CHECKSUMS).unwrap_or_default();
    let mut lines = stored.lines();
    let revision: u32 = lines.next().and_then(|line| line.strip_prefix("revision ")?.parse().ok()).unwrap_or_default();
    let stored: BTreeMap<&str, &str> = lines.filter_map(|line| line.split_once(' ')).collect();
    let shown: BTreeMap<&str, String> =
        checksums.iter().map(|(name, checksum)| (name.as_str(), format!("{checksum:016x}"))).collect();
    let is_other = |(name, checksum): &(&&str, &String)| stored.get(**name).is_some_and(|stored| stored != checksum);
    let changed: Vec<&str> = shown.iter().filter(is_other).map(|(name, _)| *name).collect();
    assert!(
        changed.is_empty() || revision < OUTPUT_REVISION,
        "outputs have other bytes: raise OUTPUT_REVISION in src/day/manifest.rs, then write with GOLDEN=write: {changed:?}"
    );
    if writes_expectations() {
        let lines = shown.iter().map(|(name, checksum)| format!("{name} {checksum}\n")).collect::<String>();
        fs::write(CHECKSUMS, format!("revision {OUTPUT_REVISION}\n{lines}")).expect("the checksums");
        return;
    }
    assert_eq!(revision, OUTPUT_REVISION, "the checksums are of another revision: write them with GOLDEN=write");
    assert!(shown.keys().eq(stored.keys()), "golden days came or went: write the checksums with GOLDEN=write");
}

#[expect(clippy::disallowed_methods, reason = "the switch that writes the expectations")]
fn writes_expectations() -> bool {
    std::env::var("GOLDEN").is_ok_and(|value| value == "write")
}

/// Runs a case and compares what it publishes, file by file.
async fn differences(case: &Path, checksums: &mut BTreeMap<String, u64>) -> Vec<String> {
    let (run_date, raw_data, settings) = read_case(case);
    let lake = Lake::new();
    for file in fs::read_dir(raw_data).expect("raw data") {
        let file = file.expect("a raw file");
        lake.write(&format!("raw_data/{}", file.file_name().display()), &fs::read(file.path()).expect("raw data"));
    }
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    lake.run(&run_date, &settings).await.unwrap_or_else(|error| panic!("{}: {error}", case.display()));

    let name = case.file_name().expect("a name").to_string_lossy();
    let published = published(&lake, &run_date, |output, bytes| {
        checksums.insert(format!("{name}/{output}"), crc_fast::checksum(Crc64Nvme, bytes));
    });
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
/// `look` sees the files as they are.
fn published(lake: &Lake, run_date: &str, mut look: impl FnMut(&str, &[u8])) -> Vec<(String, Vec<u8>)> {
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
    look("rejected.csv", &rejected);
    let mut published = vec![("rejected.csv".to_owned(), rejected)];
    for name in tables {
        let csv = lake.output(&format!("{name}/csv/run_date={run_date}/{name}.csv"));
        let parquet = lake.output(&format!("{name}/parquet/run_date={run_date}/{name}.parquet"));
        let csv = fs::read(csv).expect("an output");
        look(&format!("{name}.csv"), &csv);
        look(&format!("{name}.parquet"), &fs::read(&parquet).expect("an output"));
        published.push((format!("{name}.parquet.txt"), table(&parquet).into_bytes()));
        published.push((format!("{name}.csv"), csv));
    }
    published
}

fn compare(path: &Path, bytes: &[u8]) -> Option<String> {
    if writes_expectations() {
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
