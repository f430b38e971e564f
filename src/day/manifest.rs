//! The JSON record of one published run; written last, and read to see whether a run is still what it should be.

use std::collections::BTreeMap;

use parquet_text::ParquetCompression;
use serde::{Deserialize, Serialize};
use spark_cast::date::write_date;

use crate::config::Config;
use crate::contract::{ColumnType, Contract, IfMissing, IfUnreadable, Value};
use crate::day::UnusableObjects;
use crate::engine::{Balance, Tally};
use crate::rules::Reason;
use crate::sinks::formulas::CsvFormulas;
use crate::store::ObjectVersion;
use crate::trigger::window::BatchDate;
use crate::warnings::Warning;

/// Raised whenever a change of the program changes output bytes, so that old runs are seen to be out of date.
pub const OUTPUT_REVISION: u32 = 4;

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
    /// Every setting that decides what the outputs hold, as a [`RuleSettings`] has them.
    pub settings: serde_json::Value,
    /// The contract.
    #[serde(default)]
    pub contract: ContractEntry,
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
    /// Written rows per date of the column that the contract names for that.
    #[serde(default)]
    pub rows_per_date: BTreeMap<String, u64>,
    /// Averages and maxima of the written rows, for each column that the contract names for that.
    #[serde(default)]
    pub numbers: BTreeMap<String, NumberEntry>,
}

/// The contract of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractEntry {
    /// Its `id`.
    pub id: String,
    /// Its `version`.
    pub version: String,
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
}

impl ContractEntry {
    /// That of a configuration.
    pub fn of(config: &Config) -> Self {
        let Contract { id, version, .. } = &*config.rules.contract;
        Self { id: id.clone(), version: version.clone(), sha256: config.contract_sha256.clone() }
    }
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

/// Figures of a column of numbers, in the data's own unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NumberEntry {
    /// `None`: no values.
    pub average: Option<f64>,
    /// `None`: no values.
    pub maximum: Option<f64>,
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleSettings {
    /// Identifies what the contract says, with the values of its parameters, but without what is for people alone.
    plan: String,
    window_days: u32,
    parameters: BTreeMap<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    null_markers: Vec<String>,
    output_formats: Vec<String>,
    row_group_rows: usize,
    parquet_compression: ParquetCompression,
    csv_formulas: CsvFormulas,
    /// This and the next three decide which objects are left out.
    unusable_objects: UnusableObjects,
    max_rejected_ratio: f64,
    plain_bytes_max: Option<u64>,
    columns_max: usize,
    output_revision: u32,
}

impl RuleSettings {
    /// Those of a configuration.
    pub fn of(config: &Config) -> Self {
        let contract = &config.rules.contract;
        let parameters = contract.parameters.iter();
        Self {
            plan: hash(contract.canonical().as_bytes()),
            window_days: config.window_days,
            parameters: parameters.map(|parameter| (parameter.name.clone(), json(&parameter.value))).collect(),
            null_markers: config.rules.null_markers.texts().to_vec(),
            output_formats: config.formats.iter().map(|format| format.name.to_owned()).collect(),
            row_group_rows: config.parquet.row_group_rows,
            parquet_compression: config.parquet.compression,
            csv_formulas: config.csv_formulas,
            unusable_objects: config.unusable_objects,
            max_rejected_ratio: config.rejected_ratio_max,
            plain_bytes_max: config.limits.plain_bytes_max,
            columns_max: config.columns_max,
            output_revision: OUTPUT_REVISION,
        }
    }

    /// The same as they stand in a manifest.
    pub fn to_json(&self) -> serde_json::Value {
        // Plain data with text keys always has a JSON form.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Equal exactly when the settings are.
    pub fn fingerprint(&self) -> String {
        hash(self.to_json().to_string().as_bytes())
    }
}

/// A parameter's value: numbers and truths as such, everything else as it is typed.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::BigInt(value) => (*value).into(),
        Value::Double(value) => (*value).into(),
        Value::Decimal { .. } | Value::Date(_) | Value::Timestamp(_) | Value::String(_) => value.to_string().into(),
    }
}

/// CRC-64/NVME, hexadecimal.
fn hash(bytes: &[u8]) -> String {
    format!("{:016x}", crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, bytes))
}

impl Manifest {
    /// Whether a run over these inputs with these settings would publish what is already there.
    pub fn matches(
        &self,
        inputs: &[ObjectVersion],
        settings: &RuleSettings,
        outputs: &[Option<ObjectVersion>],
    ) -> bool {
        let same_outputs =
            self.outputs.iter().map(|output| Some(&output.version)).eq(outputs.iter().map(Option::as_ref));
        self.is_of(inputs) && same_outputs && self.rules_fingerprint == settings.fingerprint()
    }

    /// Whether these were the inputs.
    pub fn is_of(&self, inputs: &[ObjectVersion]) -> bool {
        let read = self.inputs.iter().map(|input| &input.version);
        let mut known: Vec<&ObjectVersion> = read.chain(self.left_out.iter().map(|entry| &entry.version)).collect();
        let mut inputs: Vec<&ObjectVersion> = inputs.iter().collect();
        // A window is listed day by day, which need not be the order of the keys.
        known.sort_by(|one, other| one.key.cmp(&other.key));
        inputs.sort_by(|one, other| one.key.cmp(&other.key));
        known == inputs
    }
}

impl Figures {
    /// Those of a tally of rows by this contract.
    pub fn of(tally: &Tally, contract: &Contract) -> Self {
        let columns = &contract.rows.columns;
        let rejected = |(&(column, reason), &rows): (&(Option<usize>, Reason), &u64)| RejectedEntry {
            column: column.map(|column| columns[column].name.clone()),
            reason: reason.to_string(),
            rows,
        };
        let may_be_null = |column: &&crate::contract::Column| {
            column.data_type != ColumnType::String
                && (column.if_missing != IfMissing::Reject || column.if_unreadable != IfUnreadable::Reject)
        };
        let null_casts = columns.iter().zip(&tally.casts).filter(|(column, _)| may_be_null(column));
        let numbers = contract.rows.figures.averages.iter().zip(&tally.numbers).map(|(&column, number)| {
            let entry = NumberEntry { average: number.average(), maximum: number.maximum() };
            (columns[column].name.clone(), entry)
        });
        Self {
            balance: tally.balance.clone(),
            rejected: tally.rejected.iter().map(rejected).collect(),
            null_casts: null_casts.map(|(column, cells)| (column.name.clone(), cells.failed)).collect(),
            quoted_line_feeds: tally.quoted_line_feeds,
            rows_per_date: tally.rows_per_date.iter().map(|(&date, &rows)| (date_text(date), rows)).collect(),
            numbers: numbers.collect(),
        }
    }
}

fn date_text(days: i32) -> String {
    let mut text = Vec::new();
    write_date(days, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
