//! `CONTRACT=glue` against Spark's stored answers (`make parity-golden` makes them, `make parity` asks Spark itself), and
//! the default preset against `CONTRACT=glue`: each difference must have a cause that docs/migrating-from-glue.md names.

mod causes;
mod tables;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::runs::Lake;
use causes::{CAUSES, Comparison};
use parquet::basic::Encoding;
use parquet::file::reader::{FileReader, SerializedFileReader};
use tables::{Cell, Table, names_a_region};

/// Rows stored with Spark's answers, at least.
const ROWS_MIN: usize = 2000;

/// One stored input.
struct Case {
    folder: PathBuf,
    run_date: String,
    window_days: String,
}

impl Case {
    fn all() -> Vec<Self> {
        let mut folders: Vec<PathBuf> = fs::read_dir("tests/parity/golden")
            .expect("the stored inputs")
            .map(|entry| entry.expect("a stored input").path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        folders.into_iter().map(Self::new).collect()
    }

    fn new(folder: PathBuf) -> Self {
        let text = fs::read(folder.join("case.json")).expect("a case file");
        let case: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        let run_date = case["run_date"].as_str().expect("a run date").to_owned();
        Self { folder, run_date, window_days: case["window_days"].to_string() }
    }

    /// The outputs of a run with this preset.
    async fn run(&self, preset: &str) -> (Lake, Outputs) {
        let lake = Lake::new();
        for file in fs::read_dir(self.folder.join("raw_data")).expect("raw data") {
            let file = file.expect("a raw file");
            lake.write(&format!("raw_data/{}", file.file_name().display()), &fs::read(file.path()).expect("raw data"));
        }
        let settings = [("PRESET", preset), ("WINDOW_DAYS", self.window_days.as_str()), ("MAX_REJECTED_RATIO", "1")];
        lake.run(&self.run_date, &settings).await.unwrap_or_else(|error| panic!("{}: {error}", self.folder.display()));
        let outputs = Outputs {
            filtered: Table::of_parquet(&self.parquet(&lake, "filtered")),
            grouped: Table::of_parquet(&self.parquet(&lake, "grouped")),
            source: Table::of_csv(&lake.output(&format!("filtered/csv/run_date={0}/filtered.csv", self.run_date))),
            rejected: Table::of_csv(&lake.output(&format!("rejected/run_date={}/rejected.csv", self.run_date))),
        };
        (lake, outputs)
    }

    fn parquet(&self, lake: &Lake, name: &str) -> PathBuf {
        lake.output(&format!("{name}/parquet/run_date={}/{name}.parquet", self.run_date))
    }
}

/// What a run published. `source` is the filtered CSV, where cells that are not cast stand as the source has them.
pub(crate) struct Outputs {
    filtered: Table,
    grouped: Table,
    source: Table,
    rejected: Table,
}

#[tokio::test]
async fn the_glue_preset_gives_what_spark_gave_cell_by_cell() {
    let (mut failures, mut rows) = (Vec::new(), 0);
    for case in Case::all() {
        let (_lake, ours) = case.run("glue").await;
        assert_eq!(ours.rejected.rows.len(), 0, "{}: Spark rejects nothing", case.folder.display());
        let spark = |name: &str| Table::of_json(&case.folder.join(format!("{name}.jsonl")));
        failures.extend(differences(
            &case.folder.join("filtered"),
            &spark("filtered"),
            &ours.filtered,
            Some(&ours.source),
        ));
        failures.extend(differences(&case.folder.join("grouped"), &spark("grouped"), &ours.grouped, None));
        rows += fs::read_dir(case.folder.join("raw_data"))
            .expect("raw data")
            .map(|file| fs::read_to_string(file.expect("a file").path()).expect("text").lines().count())
            .sum::<usize>();
    }
    assert!(rows >= ROWS_MIN, "only {rows} lines are stored");
    assert!(failures.is_empty(), "{} cells differ:\n{}", failures.len(), failures.join("\n"));
}

/// The cells on which Spark and this program differ, but for moments whose zone is a region's name.
fn differences(name: &Path, spark: &Table, ours: &Table, source: Option<&Table>) -> Vec<String> {
    let name = name.display();
    if spark.columns != ours.columns {
        return vec![format!("{name}: columns {:?} instead of {:?}", ours.columns, spark.columns)];
    }
    let mut found = Vec::new();
    if spark.rows.len() != ours.rows.len() {
        found.push(format!("{name}: {} rows instead of {}", ours.rows.len(), spark.rows.len()));
    }
    for (number, (expected, actual)) in spark.rows.iter().zip(&ours.rows).enumerate() {
        for (column, (expected, actual)) in spark.columns.iter().zip(expected.iter().zip(actual)) {
            let is_declared = || {
                column == "accessed_at"
                    && *actual == Cell::Null
                    && source.is_some_and(|source| names_a_region(source.text(number, column)))
            };
            if expected != actual && !is_declared() {
                found.push(format!("{name} row {number}, {column}: {actual:?} instead of {expected:?}"));
            }
        }
    }
    found
}

#[tokio::test]
async fn the_default_preset_differs_from_the_glue_preset_only_as_the_migration_page_says() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for case in Case::all() {
        let (_glue_lake, glue) = case.run("glue").await;
        let (_default_lake, default) = case.run("default").await;
        let comparison = Comparison::new(&default, &glue, &case.folder.join("raw_data"));
        for difference in comparison.differences() {
            match difference.cause {
                Some(cause) => *counts.entry(cause).or_default() += 1,
                None => unexplained.push(format!("{}: {}", case.folder.display(), difference.what)),
            }
        }
    }
    assert!(unexplained.is_empty(), "{} without a cause:\n{}", unexplained.len(), unexplained.join("\n"));
    let page = fs::read_to_string("docs/migrating-from-glue.md").expect("the migration page");
    for cause in CAUSES {
        assert!(counts.contains_key(cause), "no stored row shows {cause:?}: {counts:?}");
        assert!(page.contains(&format!("### {cause}\n")), "the migration page does not explain {cause:?}");
    }
}

#[tokio::test]
async fn texts_are_encoded_as_every_spark_reads_them_right() {
    let case = Case::new("tests/parity/golden/texts".into());
    let (lake, _) = case.run("glue").await;
    let file = fs::File::open(case.parquet(&lake, "filtered")).expect("a Parquet file");
    let reader = SerializedFileReader::new(file).expect("a Parquet file");
    for column in reader.metadata().row_group(0).columns() {
        // Spark before 4.1 takes the lengths of null cells for those of others.
        assert!(
            column.encodings().all(|encoding| encoding != Encoding::DELTA_LENGTH_BYTE_ARRAY),
            "{} has lengths apart from its texts",
            column.column_path()
        );
    }
}
