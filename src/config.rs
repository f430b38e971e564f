//! Settings: as typed ([`RawSettings`]) and as checked ([`Config`]). Nothing else reads the environment.

mod contract;
mod hand_over;
mod near_miss;
mod raw;
mod settings;

pub use contract::{ContractAddress, ContractSource};
pub use raw::RawSettings;
pub use settings::{SETTINGS, Setting};

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parquet_text::ParquetCompression;

use crate::day::UnusableObjects;
use crate::error::{Error, Result};
use crate::lake::LakeLocation;
use crate::rows::Rules;
use crate::rules::missing::NullMarkers;
use crate::sinks::format::{FORMATS, Format};
use crate::sinks::formulas::CsvFormulas;
use crate::sinks::parquet::ParquetOptions;
use crate::warnings::WarningKind;

const MIB: u64 = 1024 * 1024;

/// A year: a longer window is a typing mistake, and each of its days costs a listing.
const DAYS_MAX: u32 = 366;

/// The longest time limit and margin: a year.
const SECONDS_MAX: u64 = 366 * 24 * 60 * 60;

/// A pebibyte.
const MEMORY_MIB_MAX: u64 = 1 << 30;

/// A tebibyte, near the largest object that S3 takes.
const REJECTED_MIB_MAX: u64 = 1 << 20;

/// Fewer would not hold the columns we know; more do not fit the header that is looked for.
const COLUMNS_MIN: usize = 16;
const COLUMNS_MAX: usize = 65_536;

/// The largest part S3 takes.
const PART_MIB_MAX: u64 = 5 * 1024;

/// Most threads, and most requests of one kind.
const AT_ONCE_MAX: usize = 1024;

/// How many times its stored size an object's plain text may have unless a limit is set. Text shrinks to a tenth or less.
const PLAIN_PER_STORED_MAX: u64 = 200;

/// Plain text that any object may have unless a limit is set, however small it is stored.
const PLAIN_BYTES_GRANTED: u64 = 1024 * MIB;

/// A row group is held in memory; Parquet itself allows more.
const ROW_GROUP_ROWS_MAX: usize = 100_000_000;

impl LakeLocation {
    fn from_raw(raw: &RawSettings) -> Result<Self> {
        let text = raw.text("LAKE");
        let Some(rest) = text.strip_prefix("s3://") else {
            return match text {
                "" => Err(Error::configuration("setting LAKE is missing: s3://bucket[/prefix] or a folder expected")),
                // Another scheme, or s3:// mistyped, is no folder that anybody means.
                _ if text.contains("://") => Err(raw.unusable("LAKE")),
                _ => Ok(Self::Folder(PathBuf::from(text))),
            };
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() || bucket.contains(char::is_whitespace) {
            return Err(raw.unusable("LAKE"));
        }
        let prefix = prefix.trim_end_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self::S3 { bucket: bucket.to_owned(), prefix })
    }
}

/// What a run may use, and in what pieces it works. None of it changes an output byte.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Worker threads; `None`: one per vCPU.
    pub threads: Option<usize>,
    /// Bytes of memory the process may use; `None`: no limit.
    pub memory_bytes_max: Option<u64>,
    /// How long a run may take; `None`: no limit but the Lambda's.
    pub run_time_max: Option<Duration>,
    /// Kept free before the Lambda's deadline.
    pub deadline_margin: Duration,
    /// Size of one ranged GET.
    pub read_range_bytes: u64,
    /// Ranged GETs ahead of the parser.
    pub read_concurrency: usize,
    /// Size of an upload part.
    pub upload_part_bytes: usize,
    /// Parts under way at once.
    pub upload_concurrency: usize,
    /// Bytes of input that one worker parses at a time.
    pub chunk_bytes: usize,
    /// Most bytes of plain text of one object; `None`: by its stored size, [`Limits::plain_bytes_max_of`].
    pub plain_bytes_max: Option<u64>,
}

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data lake.
    pub lake: LakeLocation,
    /// An S3 endpoint other than AWS.
    pub endpoint_url: Option<String>,
    /// Where batches land; ends in `/`.
    pub input_prefix: String,
    /// Where results are published; ends in `/`.
    pub output_prefix: String,
    /// Batch dates a run reads.
    pub window_days: u32,
    /// How far back the daily tick repairs.
    pub lookback_days: u32,
    /// What a row becomes, by the contract.
    pub rules: Rules,
    /// SHA-256 of the contract's file, hexadecimal.
    pub contract_sha256: String,
    /// What becomes of texts in CSV outputs that a spreadsheet would take for formulas.
    pub csv_formulas: CsvFormulas,
    /// Larger shares of rejected rows fail the run.
    pub rejected_ratio_max: f64,
    /// A larger `rejected.csv` fails the run.
    pub rejected_bytes_max: u64,
    /// Most columns of an object, and of a window.
    pub columns_max: usize,
    /// Kinds of warnings that fail the run.
    pub fail_on_warnings: BTreeSet<WarningKind>,
    /// What becomes of objects that cannot be used.
    pub unusable_objects: UnusableObjects,
    /// Formats to publish, in publication order.
    pub formats: Vec<&'static Format>,
    /// How Parquet files are laid out.
    pub parquet: ParquetOptions,
    /// What a run may use.
    pub limits: Limits,
    /// Whether the function hands days over that are too large for it, and the settings that then hold for them.
    pub hand_over: Option<BTreeMap<String, String>>,
    /// Level of the log.
    pub log_level: tracing::Level,
}

impl Config {
    /// Checks typed settings that use a built-in contract; the first that cannot be used is named.
    pub fn from_raw(raw: &RawSettings) -> Result<Self> {
        match ContractAddress::from_raw(raw)? {
            ContractAddress::BuiltIn(name) => Self::with_contract(raw, &ContractSource::built_in(name)?),
            ContractAddress::File(_) | ContractAddress::S3 { .. } => {
                Err(Error::internal("the contract was not read before the settings were checked"))
            }
        }
    }

    /// Checks typed settings, with the contract that they name.
    pub fn with_contract(raw: &RawSettings, source: &ContractSource) -> Result<Self> {
        let input_prefix = raw.prefix("INPUT_PREFIX")?;
        let output_prefix = raw.prefix("OUTPUT_PREFIX")?;
        if output_prefix.starts_with(&input_prefix) || input_prefix.starts_with(&output_prefix) {
            return Err(Error::configuration(
                "settings INPUT_PREFIX and OUTPUT_PREFIX must not lie within one another",
            ));
        }
        let contract = source.read(raw)?;
        let window_days = match raw.typed("WINDOW_DAYS") {
            Some(_) => raw.number_in("WINDOW_DAYS", 1..=DAYS_MAX)?,
            None => contract.input.window_days,
        };
        Ok(Self {
            lake: LakeLocation::from_raw(raw)?,
            endpoint_url: endpoint_url(raw)?,
            input_prefix,
            output_prefix,
            window_days,
            lookback_days: raw.number_in("LOOKBACK_DAYS", 0..=DAYS_MAX)?,
            rules: Rules::compile(Arc::new(contract), null_markers(raw))?,
            contract_sha256: source.sha256(),
            csv_formulas: csv_formulas(raw)?,
            rejected_ratio_max: raw.number_in("MAX_REJECTED_RATIO", 0.0..=1.0)?,
            rejected_bytes_max: MIB * raw.number_in("MAX_REJECTED_MB", 1..=REJECTED_MIB_MAX)?,
            columns_max: raw.number_in("COLUMNS_MAX", COLUMNS_MIN..=COLUMNS_MAX)?,
            fail_on_warnings: fail_on_warnings(raw)?,
            unusable_objects: unusable_objects(raw)?,
            formats: formats(raw)?,
            parquet: ParquetOptions {
                row_group_rows: raw.number_in("ROW_GROUP_ROWS", 1..=ROW_GROUP_ROWS_MAX)?,
                compression: parquet_compression(raw)?,
            },
            limits: Limits::from_raw(raw)?,
            hand_over: hand_over::from_raw(raw)?,
            log_level: log_level(raw)?,
        })
    }
}

impl Limits {
    /// The bytes of memory that transfers to and from a bucket need when `uploads` are open at once.
    pub fn transfer_memory_bytes(&self, uploads: usize) -> u64 {
        let reading = self.read_range_bytes * self.read_concurrency as u64;
        let writing = self.upload_part_bytes * (uploads + self.upload_concurrency);
        reading + writing as u64
    }

    /// Most bytes of plain text of an object that is stored in so many bytes.
    pub fn plain_bytes_max_of(&self, stored_bytes: u64) -> u64 {
        let by_size = stored_bytes.saturating_mul(PLAIN_PER_STORED_MAX).max(PLAIN_BYTES_GRANTED);
        self.plain_bytes_max.unwrap_or(by_size)
    }

    /// Those of typed settings.
    pub(crate) fn from_raw(raw: &RawSettings) -> Result<Self> {
        let threads = raw.number_in("THREADS", 0..=AT_ONCE_MAX)?;
        let typed_memory_mib = raw.number_in("MEMORY_LIMIT_MB", 0..=MEMORY_MIB_MAX)?;
        let memory_mib = Some(typed_memory_mib).filter(|&mib| mib > 0).or(raw.lambda_memory_mib());
        let seconds = raw.number_in("TIME_LIMIT_SECONDS", 0..=SECONDS_MAX)?;
        Ok(Self {
            threads: Some(threads).filter(|&threads| threads > 0),
            memory_bytes_max: memory_mib.map(|mib| mib * MIB),
            run_time_max: Some(Duration::from_secs(seconds)).filter(|time| !time.is_zero()),
            deadline_margin: Duration::from_secs(raw.number_in("DEADLINE_MARGIN_SECONDS", 0..=SECONDS_MAX)?),
            read_range_bytes: raw.number_in("READ_RANGE_MB", 1..=PART_MIB_MAX)? * MIB,
            read_concurrency: raw.number_in("READ_CONCURRENCY", 1..=AT_ONCE_MAX)?,
            upload_part_bytes: (raw.number_in("UPLOAD_PART_MB", 8..=PART_MIB_MAX)? * MIB) as usize,
            upload_concurrency: raw.number_in("UPLOAD_CONCURRENCY", 1..=AT_ONCE_MAX)?,
            chunk_bytes: MIB as usize / 8,
            plain_bytes_max: Some(raw.number_in("PLAIN_LIMIT_MB", 0..=MEMORY_MIB_MAX)?)
                .filter(|&mib| mib > 0)
                .map(|mib| mib * MIB),
        })
    }
}

impl RawSettings {
    /// The S3 endpoint, if it is another one than AWS.
    pub(crate) fn endpoint_url(&self) -> Result<Option<String>> {
        endpoint_url(self)
    }
}

fn endpoint_url(raw: &RawSettings) -> Result<Option<String>> {
    let url = raw.text("ENDPOINT_URL");
    let host = url.strip_prefix("http://").or(url.strip_prefix("https://"));
    match (url, host) {
        ("", _) => Ok(None),
        (_, Some(host)) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(Some(url.to_owned())),
        _ => Err(raw.unusable("ENDPOINT_URL")),
    }
}

fn fail_on_warnings(raw: &RawSettings) -> Result<BTreeSet<WarningKind>> {
    match raw.text("FAIL_ON_WARNINGS") {
        "" => Ok(BTreeSet::new()),
        "all" => Ok(BTreeSet::from(WarningKind::ALL)),
        kinds => {
            let kinds = kinds.split(',').map(|kind| kind.trim().parse());
            kinds.collect::<std::result::Result<_, _>>().map_err(|_| raw.unusable("FAIL_ON_WARNINGS"))
        }
    }
}

fn unusable_objects(raw: &RawSettings) -> Result<UnusableObjects> {
    match raw.text("UNUSABLE_OBJECTS") {
        "leave_out_older" => Ok(UnusableObjects::LeaveOutOlder),
        "fail" => Ok(UnusableObjects::Fail),
        "leave_out" => Ok(UnusableObjects::LeaveOut),
        _ => Err(raw.unusable("UNUSABLE_OBJECTS")),
    }
}

fn formats(raw: &RawSettings) -> Result<Vec<&'static Format>> {
    let typed: Vec<&str> = raw.text("OUTPUT_FORMATS").split(',').map(str::trim).collect();
    if typed.iter().any(|name| Format::named(name).is_none()) {
        return Err(raw.unusable("OUTPUT_FORMATS"));
    }
    Ok(FORMATS.iter().filter(|format| typed.contains(&format.name)).collect())
}

fn null_markers(raw: &RawSettings) -> NullMarkers {
    let markers = raw.text("NULL_MARKERS").split(',').map(str::trim).filter(|marker| !marker.is_empty());
    NullMarkers::new(markers.map(str::to_owned))
}

fn csv_formulas(raw: &RawSettings) -> Result<CsvFormulas> {
    match raw.text("CSV_FORMULAS") {
        "keep" => Ok(CsvFormulas::Keep),
        "defuse" => Ok(CsvFormulas::Defuse),
        _ => Err(raw.unusable("CSV_FORMULAS")),
    }
}

fn parquet_compression(raw: &RawSettings) -> Result<ParquetCompression> {
    match raw.text("PARQUET_COMPRESSION") {
        "snappy" => Ok(ParquetCompression::Snappy),
        "zstd" => Ok(ParquetCompression::Zstd),
        _ => Err(raw.unusable("PARQUET_COMPRESSION")),
    }
}

impl RawSettings {
    /// The level of the log.
    pub fn log_level(&self) -> Result<tracing::Level> {
        log_level(self)
    }
}

fn log_level(raw: &RawSettings) -> Result<tracing::Level> {
    match raw.text("LOG_LEVEL").to_ascii_lowercase().as_str() {
        "error" => Ok(tracing::Level::ERROR),
        "warn" => Ok(tracing::Level::WARN),
        "info" => Ok(tracing::Level::INFO),
        "debug" => Ok(tracing::Level::DEBUG),
        _ => Err(raw.unusable("LOG_LEVEL")),
    }
}

#[cfg(test)]
mod tests;
