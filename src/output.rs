//! The objects a run publishes, their keys, and the order in which they become visible.

use crate::config::OutputFormat;
use crate::window::BatchDate;

/// One object of a published day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Output {
    /// The filtered rows as Parquet.
    FilteredParquet,
    /// The groups as Parquet.
    GroupedParquet,
    /// The filtered rows as CSV.
    FilteredCsv,
    /// The groups as CSV.
    GroupedCsv,
    /// The rejected records.
    Rejected,
}

impl Output {
    /// All of them, in the order of publication. The manifest follows them.
    pub const ALL: [Self; 5] =
        [Self::FilteredParquet, Self::GroupedParquet, Self::FilteredCsv, Self::GroupedCsv, Self::Rejected];

    /// Whether it is published when these formats are wanted. The rejected records always are.
    pub fn is_in(self, formats: &[OutputFormat]) -> bool {
        match self {
            Self::FilteredParquet | Self::GroupedParquet => formats.contains(&OutputFormat::Parquet),
            Self::FilteredCsv | Self::GroupedCsv => formats.contains(&OutputFormat::Csv),
            Self::Rejected => true,
        }
    }

    /// Its key below the lake's root.
    pub fn key(self, output_prefix: &str, run_date: BatchDate) -> String {
        match self {
            Self::FilteredParquet => format!("{output_prefix}filtered/parquet/run_date={run_date}/filtered.parquet"),
            Self::GroupedParquet => format!("{output_prefix}grouped/parquet/run_date={run_date}/grouped.parquet"),
            Self::FilteredCsv => format!("{output_prefix}filtered/csv/run_date={run_date}/filtered.csv"),
            Self::GroupedCsv => format!("{output_prefix}grouped/csv/run_date={run_date}/grouped.csv"),
            Self::Rejected => format!("{output_prefix}rejected/run_date={run_date}/rejected.csv"),
        }
    }

    /// Its media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::FilteredParquet | Self::GroupedParquet => "application/vnd.apache.parquet",
            Self::FilteredCsv | Self::GroupedCsv => "text/csv; charset=utf-8",
            Self::Rejected => "text/csv",
        }
    }
}

/// The key of what is noted of a run that failed for good.
pub fn failed_key(output_prefix: &str, run_date: BatchDate) -> String {
    format!("{output_prefix}state/run_date={run_date}/failed.json")
}

/// The key of a run's manifest below the lake's root.
pub fn manifest_key(output_prefix: &str, run_date: BatchDate) -> String {
    format!("{output_prefix}runs/run_date={run_date}/manifest.json")
}
