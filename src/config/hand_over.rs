//! Which settings go with a day that is handed over to a larger machine: those that decide what is published. What a run
//! may use, and where the lake is, each machine knows for itself.

use std::collections::BTreeMap;

use super::{ContractAddress, RawSettings};
use crate::error::{Error, Result};

/// Settings that belong to the machine.
const OF_MACHINE: &[&str] = &[
    "LAKE",
    "INPUT_PREFIX",
    "OUTPUT_PREFIX",
    "THREADS",
    "MEMORY_LIMIT_MB",
    "TOO_LARGE",
    "TIME_LIMIT_SECONDS",
    "DEADLINE_MARGIN_SECONDS",
    "READ_RANGE_MB",
    "READ_CONCURRENCY",
    "UPLOAD_PART_MB",
    "UPLOAD_CONCURRENCY",
    "ENDPOINT_URL",
    "LOG_LEVEL",
];

/// The settings that go with a day, if days are handed over.
pub(super) fn from_raw(raw: &RawSettings) -> Result<Option<BTreeMap<String, String>>> {
    match raw.text("TOO_LARGE") {
        "fail" => Ok(None),
        "hand_over" => {
            let settings = raw.all().filter(|(name, _)| !OF_MACHINE.contains(name));
            Ok(Some(settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
        }
        _ => Err(raw.unusable("TOO_LARGE")),
    }
}

impl RawSettings {
    /// The names of those settings that decide what is published.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.all().map(|(name, _)| name).filter(|name| !OF_MACHINE.contains(name))
    }

    /// These settings of a machine, with all others as they came with a day.
    pub fn for_day(&self, settings: &BTreeMap<String, String>) -> Result<Self> {
        let of_machine = self.all().filter(|(name, _)| OF_MACHINE.contains(name));
        let of_day = settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut raw = Self::default();
        for (name, value) in of_machine.chain(of_day.filter(|(name, _)| !OF_MACHINE.contains(name))) {
            raw.set(name, value)?;
        }
        // A file of this machine is not the sender's.
        match ContractAddress::from_raw(&raw)? {
            ContractAddress::File(_) => Err(Error::configuration(
                "the contract of a day that is handed over must be a built-in one or an object, s3://bucket/key",
            )),
            ContractAddress::BuiltIn(_) | ContractAddress::S3 { .. } => Ok(raw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SETTINGS;

    #[test]
    fn a_day_takes_its_rules_along_and_leaves_what_is_of_the_machine() {
        for name in OF_MACHINE {
            assert!(SETTINGS.iter().any(|setting| setting.name == *name), "{name} is no setting");
        }
        let mut function = RawSettings::default();
        let typed =
            [("TOO_LARGE", "hand_over"), ("LAKE", "a"), ("WINDOW_DAYS", "1"), ("PARAM_LIMIT", "7"), ("THREADS", "2")];
        typed.iter().for_each(|(name, value)| function.set(name, *value).expect("a setting"));
        let settings = from_raw(&function).expect("usable").expect("days are handed over");
        assert_eq!(settings.keys().collect::<Vec<_>>(), ["PARAM_LIMIT", "WINDOW_DAYS"]);
        assert_eq!(function.rules().collect::<Vec<_>>(), ["WINDOW_DAYS", "PARAM_LIMIT"]);

        let mut machine = RawSettings::default();
        let typed = [("LAKE", "b"), ("WINDOW_DAYS", "2"), ("ACTIVE_ABOVE", "5"), ("THREADS", "8")];
        typed.iter().for_each(|(name, value)| machine.set(name, *value).expect("a setting"));
        let of_day = machine.for_day(&settings).expect("usable");
        let all: Vec<_> = of_day.all().collect();
        assert_eq!(all, [("LAKE", "b"), ("THREADS", "8"), ("WINDOW_DAYS", "1"), ("PARAM_LIMIT", "7")]);
    }

    #[test]
    fn nothing_is_handed_over_unless_it_is_asked_for() {
        let mut raw = RawSettings::default();
        assert_eq!(from_raw(&raw).expect("usable"), None);
        raw.set("TOO_LARGE", "cluster").expect("a setting");
        let error = from_raw(&raw).expect_err("no such choice").to_string();
        assert_eq!(error, "setting TOO_LARGE cannot be \"cluster\"; expected: fail or hand_over");
    }
}
