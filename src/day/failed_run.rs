//! The JSON record of a run that failed for good: with the same inputs, settings and program it would fail again, so
//! the daily tick leaves it until one of them changes or somebody asks for it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::day::manifest::RuleSettings;
use crate::error::Error;
use crate::store::ObjectVersion;
use crate::trigger::window::BatchDate;

/// The record of a run that failed for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedRun {
    /// The date the run is for.
    pub run_date: BatchDate,
    /// The objects that were listed.
    pub inputs: Vec<ObjectVersion>,
    /// Identifies the rules, as in a manifest.
    pub rules_fingerprint: String,
    /// Identifies all settings, limits and the memory granted among them.
    pub settings_fingerprint: String,
    /// Bytes of memory that the run was granted; `None`: no limit.
    pub memory_granted_bytes: Option<u64>,
    /// The stable error type.
    pub error_type: String,
    /// What happened.
    pub error_message: String,
    /// RFC 3339, UTC.
    pub failed_at: String,
    /// Version of the program.
    pub program_version: String,
}

impl FailedRun {
    pub(crate) fn new(
        error: &Error,
        run_date: BatchDate,
        inputs: &[ObjectVersion],
        config: &Config,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            run_date,
            inputs: inputs.to_vec(),
            rules_fingerprint: RuleSettings::of(config).fingerprint(),
            settings_fingerprint: settings_fingerprint(config),
            memory_granted_bytes: config.limits.memory_bytes_max,
            error_type: error.kind().as_str().to_owned(),
            error_message: error.to_string(),
            failed_at: now.to_rfc3339_opts(SecondsFormat::Millis, true),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Whether a run over these inputs with these settings would fail in the same way.
    pub(crate) fn matches(&self, inputs: &[ObjectVersion], config: &Config) -> bool {
        self.inputs == inputs
            && self.settings_fingerprint == settings_fingerprint(config)
            && self.program_version == env!("CARGO_PKG_VERSION")
    }
}

/// Of every setting, so that none that is added is forgotten: to try once too often costs little, a day that waits for
/// good much.
fn settings_fingerprint(config: &Config) -> String {
    let settings = Config { log_level: tracing::Level::INFO, ..config.clone() };
    let text = format!("{settings:?}");
    format!("{:016x}", crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, text.as_bytes()))
}
