//! The JSON record of one published run; written last, and read to see whether a run is still what it should be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::{Config, CsvFormulas, OutputFormat, ParquetCompression, Preset, Rules, UnusableObjects};
use crate::engine::{Balance, Tally};
use crate::parse::CASTS;
use crate::rules::Reason;
use crate::rules::date::write_date;
use crate::rules::mask::Masking;
use crate::schema::KnownColumn;
use crate::store::ObjectVersion;
use crate::warnings::Warning;
use crate::window::BatchDate;

/// Raised whenever a change of the program changes output bytes, so that old runs are seen to be out of date.
const OUTPUT_REVISION: u32 = 4;

/// A published run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The date the run is for.
    pub run_date: BatchDate,
    /// The batch dates it reads, oldest first.
    pub window: Vec<BatchDate>,
    /// Those of them for which there is no batch.
    pub missing_days: Vec<BatchDate>,
    /// The objects read, in order.
    pub inputs: Vec<InputEntry>,
    /// The objects of the window that could not be used. They count as inputs: a corrected one makes the run be repeated.
    #[serde(default)]
    pub left_out: Vec<LeftOutEntry>,
    /// The batch dates of which nothing is left but what was left out: as good as missing.
    #[serde(default)]
    pub left_out_days: Vec<BatchDate>,
    /// Identifies [`Manifest::settings`].
    pub rules_fingerprint: String,
    /// Every setting that decides what the outputs hold.
    pub settings: RuleSettings,
    /// Version of the program.
    pub program_version: String,
    /// What was counted.
    #[serde(flatten)]
    pub figures: Figures,
    /// What of it should not pass unnoticed.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// The objects published, in order.
    pub outputs: Vec<OutputEntry>,
    /// When and how long.
    pub timings: Timings,
    /// How much memory.
    pub memory: Memory,
}

/// What a run counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Where the records ended.
    pub balance: Balance,
    /// Rejected records by column and reason.
    pub rejected: Vec<RejectedEntry>,
    /// Per column, cells of written rows that hold something which could not be cast and became null.
    pub null_casts: BTreeMap<String, u64>,
    /// Line feeds inside quotes, of all records read.
    #[serde(default)]
    pub quoted_line_feeds: u64,
    /// Written rows per access date.
    pub rows_per_access_date: BTreeMap<String, u64>,
    /// Session lengths of the written rows.
    pub session_duration: SessionDuration,
}

/// An object that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputEntry {
    /// The version read.
    #[serde(flatten)]
    pub version: ObjectVersion,
    /// Records in it.
    pub rows: u64,
}

/// An object that could not be used and was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutEntry {
    /// The version that was looked at.
    #[serde(flatten)]
    pub version: ObjectVersion,
    /// The date of its batch.
    pub batch_date: BatchDate,
    /// Why it cannot be used.
    pub reason: String,
}

/// An object that was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputEntry {
    /// The version published.
    #[serde(flatten)]
    pub version: ObjectVersion,
    /// Rows in it.
    pub rows: u64,
    /// CRC-64/NVME of the object, base64 as S3 writes it.
    pub checksum_crc64nvme: String,
}

/// Records rejected for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedEntry {
    /// The column that decided it, if it was one.
    pub column: Option<String>,
    /// The reason, as in `rejected.csv`.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// Session lengths, in the data's own unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionDuration {
    /// `None`: no rows.
    pub average: Option<f64>,
    /// `None`: no rows.
    pub maximum: Option<i32>,
}

/// When a run took place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// RFC 3339, UTC.
    pub started_at: String,
    /// Milliseconds from the start until everything was read and staged.
    pub processing_ms: u64,
    /// Milliseconds from the start until the manifest was written.
    pub total_ms: u64,
}

/// Memory a run took, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Largest resident size of the process so far; `None` where the system does not tell.
    pub peak_bytes: Option<u64>,
    /// The set of identities at the end of the run.
    pub identities_bytes: u64,
    /// The groups at the end of the run.
    pub groups_bytes: u64,
}

/// Every setting that decides what the outputs hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleSettings {
    preset: Preset,
    window_days: u32,
    accessed_from: Option<String>,
    accessed_to: Option<String>,
    min_session_duration: i32,
    active_above: i32,
    moderate_from: i32,
    masking: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    null_markers: Vec<String>,
    output_formats: Vec<String>,
    row_group_rows: usize,
    parquet_compression: ParquetCompression,
    csv_formulas: CsvFormulas,
    /// This and the next three decide which objects are left out.
    #[serde(default)]
    unusable_objects: UnusableObjects,
    #[serde(default)]
    max_rejected_ratio: f64,
    #[serde(default)]
    plain_bytes_max: Option<u64>,
    #[serde(default)]
    columns_max: usize,
    output_revision: u32,
}

impl RuleSettings {
    /// Those of a configuration.
    pub fn of(config: &Config) -> Self {
        // Only what is filtered is ever published.
        let Rules {
            preset,
            accessed_from,
            accessed_to,
            min_session_duration,
            selection: _,
            activity,
            masking,
            csv_formulas,
            null_markers: _,
        } = config.rules;
        Self {
            preset,
            window_days: config.window_days,
            accessed_from: accessed_from.map(date_text),
            accessed_to: accessed_to.map(date_text),
            min_session_duration,
            active_above: activity.active_above,
            moderate_from: activity.moderate_from,
            masking: match masking {
                Masking::Standard => "standard".to_owned(),
                Masking::Glue => "glue".to_owned(),
            },
            null_markers: config.rules.null_markers.texts().to_vec(),
            output_formats: config.formats.iter().map(|format| format_name(*format).to_owned()).collect(),
            row_group_rows: config.parquet.row_group_rows,
            parquet_compression: config.parquet.compression,
            csv_formulas,
            unusable_objects: config.unusable_objects,
            max_rejected_ratio: config.rejected_ratio_max,
            plain_bytes_max: config.limits.plain_bytes_max,
            columns_max: config.columns_max,
            output_revision: OUTPUT_REVISION,
        }
    }

    /// Equal exactly when the settings are (CRC-64/NVME of their JSON form, hexadecimal).
    pub fn fingerprint(&self) -> String {
        // Plain data with text keys always has a JSON form.
        let json = serde_json::to_vec(self).unwrap_or_default();
        format!("{:016x}", crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, &json))
    }
}

fn format_name(format: OutputFormat) -> &'static str {
    match format {
        OutputFormat::Parquet => "parquet",
        OutputFormat::Csv => "csv",
    }
}

impl Manifest {
    /// Whether a run over these inputs with these settings would publish what is already there.
    pub fn matches(
        &self,
        inputs: &[ObjectVersion],
        settings: &RuleSettings,
        outputs: &[Option<ObjectVersion>],
    ) -> bool {
        let read = self.inputs.iter().map(|input| &input.version);
        let mut known: Vec<&ObjectVersion> = read.chain(self.left_out.iter().map(|entry| &entry.version)).collect();
        // The order in which a window is listed: the date stands in the key.
        known.sort_by(|one, other| one.key.cmp(&other.key));
        let same_inputs = known.into_iter().eq(inputs);
        let same_outputs =
            self.outputs.iter().map(|output| Some(&output.version)).eq(outputs.iter().map(Option::as_ref));
        same_inputs && same_outputs && self.rules_fingerprint == settings.fingerprint()
    }
}

impl Figures {
    /// Those of a tally.
    pub fn of(tally: &Tally) -> Self {
        let balance = tally.balance;
        let rejected = |(&(column, reason), &rows): (&(Option<KnownColumn>, Reason), &u64)| RejectedEntry {
            column: column.map(|column| column.name().to_owned()),
            reason: reason.to_string(),
            rows,
        };
        let average = tally.session_duration_sum as f64 / balance.written as f64;
        Self {
            balance,
            rejected: tally.rejected.iter().map(rejected).collect(),
            null_casts: null_casts(tally),
            quoted_line_feeds: tally.quoted_line_feeds,
            rows_per_access_date: tally.rows_per_date.iter().map(|(&date, &rows)| (date_text(date), rows)).collect(),
            session_duration: SessionDuration {
                average: (balance.written > 0).then_some(average),
                maximum: tally.session_duration_max,
            },
        }
    }
}

fn null_casts(tally: &Tally) -> BTreeMap<String, u64> {
    CASTS.into_iter().zip(&tally.casts).map(|(column, cells)| (column.name().to_owned(), cells.failed)).collect()
}

fn date_text(days: i32) -> String {
    let mut text = Vec::new();
    write_date(days, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
