//! The names of settings, which no parameter may have. A contract does not know what they mean.

/// All of them; a test compares them with the settings.
pub(super) const SETTINGS_NAMES: &[&str] = &[
    "COLUMNS_MAX",
    "CONTRACT",
    "CSV_FORMULAS",
    "DEADLINE_MARGIN_SECONDS",
    "ENDPOINT_URL",
    "FAIL_ON_WARNINGS",
    "INPUT_PREFIX",
    "LAKE",
    "LOG_LEVEL",
    "LOOKBACK_DAYS",
    "MAX_REJECTED_MB",
    "MAX_REJECTED_RATIO",
    "MEMORY_LIMIT_MB",
    "NULL_MARKERS",
    "OUTPUT_FORMATS",
    "OUTPUT_PREFIX",
    "PARQUET_COMPRESSION",
    "PLAIN_LIMIT_MB",
    "PRESET",
    "READ_CONCURRENCY",
    "READ_RANGE_MB",
    "ROW_GROUP_ROWS",
    "THREADS",
    "TIME_LIMIT_SECONDS",
    "TOO_LARGE",
    "UNUSABLE_OBJECTS",
    "UPLOAD_CONCURRENCY",
    "UPLOAD_PART_MB",
    "WINDOW_DAYS",
];

#[cfg(test)]
mod tests {
    use super::super::parameters::WITH_OWN_VARIABLE;
    use super::*;
    use crate::config::SETTINGS;

    #[test]
    fn no_setting_is_forgotten() {
        let is_parameter = |name: &str| WITH_OWN_VARIABLE.contains(&name.to_ascii_lowercase().as_str());
        for name in SETTINGS.iter().map(|setting| setting.name).filter(|name| !is_parameter(name)) {
            assert!(SETTINGS_NAMES.contains(&name), "{name} is a setting, and a parameter could be called so");
        }
    }
}
