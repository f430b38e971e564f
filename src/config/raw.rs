//! Settings as they were typed, and the ways to take them: each error names the setting and what was expected.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::MEMORY_MIB_MAX;
use super::near_miss::meant;
use super::settings::SETTINGS;
use crate::error::{Error, Result};
use crate::trigger::window::BatchDate;

/// The variable in which Lambda tells how much memory it grants, in MiB.
pub(super) const LAMBDA_MEMORY: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// What stands for "no limit" where a date may be typed.
const OPEN: &str = "open";

/// What the names of settings begin with that turn a parameter of the contract.
const PARAMETER: &str = "PARAM_";

/// Settings as they were typed, and what Lambda grants.
#[derive(Clone, Debug, Default)]
pub struct RawSettings {
    /// By name. Only names of [`SETTINGS`] occur, and only values that are not blank.
    typed: BTreeMap<&'static str, String>,
    /// Parameters of the contract, by the names of their settings, `PARAM_<NAME>`.
    parameters: BTreeMap<String, String>,
    /// Memory in MiB; `None` elsewhere than in a Lambda.
    lambda_memory_mib: Option<u64>,
    /// The names of variables that are nothing of ours.
    ignored: Vec<String>,
}

impl RawSettings {
    /// Takes one typed setting; an unknown name is an error. An empty value means "not set", as in the environment.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> Result<()> {
        let value = value.into();
        if name.strip_prefix(PARAMETER).is_some_and(|parameter| !parameter.is_empty()) {
            if value.trim().is_empty() {
                self.parameters.remove(name);
            } else {
                self.parameters.insert(name.to_owned(), value.trim().to_owned());
            }
            return Ok(());
        }
        let setting = SETTINGS.iter().find(|setting| setting.name == name).ok_or_else(|| unknown(name))?;
        if value.trim().is_empty() {
            self.typed.remove(setting.name);
        } else {
            self.typed.insert(setting.name, value);
        }
        Ok(())
    }

    /// Takes one parameter of the contract by its name there.
    pub fn set_parameter(&mut self, name: &str, value: &str) -> Result<()> {
        let variable = name.to_ascii_uppercase();
        let has_setting = SETTINGS.iter().any(|setting| setting.name == variable);
        self.set(&if has_setting { variable } else { format!("{PARAMETER}{variable}") }, value)
    }

    /// Takes the settings out of a Lambda's environment.
    ///
    /// An empty variable means "not set": CloudFormation and SAM CLI pass empty ones. A variable whose name is nearly
    /// that of a setting is an error, so that a typing mistake never silently leaves a rule at its default. Any other
    /// belongs to the platform or to an extension; [`RawSettings::ignored`] names it.
    pub fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut raw = Self::default();
        for (name, value) in variables {
            let is_empty = value.trim().is_empty();
            if name == LAMBDA_MEMORY && !is_empty {
                let unusable = || Error::configuration(format!("{LAMBDA_MEMORY} cannot be {value:?}: MiB expected"));
                let mib = value.parse::<u64>().ok().filter(|mib| (1..=MEMORY_MIB_MAX).contains(mib));
                raw.lambda_memory_mib = Some(mib.ok_or_else(unusable)?);
            } else if SETTINGS.iter().any(|setting| setting.name == name)
                || name.starts_with(PARAMETER)
                || !is_empty && meant(&name).is_some()
            {
                raw.set(&name, value)?;
            } else {
                raw.ignored.push(name);
            }
        }
        Ok(raw)
    }

    /// These settings, but where `other` says something else. Both names of the contract are one setting.
    pub fn overruled_by(mut self, other: &Self) -> Self {
        if ["CONTRACT", "PRESET"].iter().any(|name| other.typed.contains_key(name)) {
            self.typed.retain(|name, _| !["CONTRACT", "PRESET"].contains(name));
        }
        self.typed.extend(other.typed.clone());
        self.parameters.extend(other.parameters.clone());
        self
    }

    /// Everything that was typed, by the names of the settings.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let parameters = self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.typed.iter().map(|(&name, value)| (name, value.as_str())).chain(parameters)
    }

    /// The names of variables that are neither a setting nor nearly one.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// Parameters of the contract that are typed, by the names of their settings.
    pub(super) fn parameters(&self) -> &BTreeMap<String, String> {
        &self.parameters
    }

    pub(super) fn lambda_memory_mib(&self) -> Option<u64> {
        self.lambda_memory_mib
    }

    /// What was typed, if anything was.
    pub(super) fn typed(&self, name: &'static str) -> Option<&str> {
        self.typed.get(name).map(String::as_str)
    }

    /// What was typed, or else the default.
    pub(super) fn text(&self, name: &'static str) -> &str {
        let default = || SETTINGS.iter().find(|setting| setting.name == name).map_or("", |setting| setting.default);
        self.typed(name).unwrap_or_else(default).trim()
    }

    pub(super) fn number<N: FromStr>(&self, name: &'static str) -> Result<N> {
        self.text(name).parse().map_err(|_| self.unusable(name))
    }

    /// A number within bounds wide enough for any use, and narrow enough that nothing computed from it overflows.
    pub(super) fn number_in<N: FromStr + PartialOrd>(&self, name: &'static str, range: RangeInclusive<N>) -> Result<N> {
        let number = self.number(name)?;
        if range.contains(&number) { Ok(number) } else { Err(self.unusable(name)) }
    }

    /// The error of a value that is not what the setting's row in [`SETTINGS`] says.
    pub(super) fn unusable(&self, name: &'static str) -> Error {
        let unit = SETTINGS.iter().find(|setting| setting.name == name).map_or("", |setting| setting.unit);
        Error::configuration(format!("setting {name} cannot be {:?}; expected: {unit}", self.text(name)))
    }

    /// A date in days since 1970-01-01; `open` is `None`.
    pub(super) fn date(&self, name: &'static str) -> Result<Option<i32>> {
        match self.text(name) {
            OPEN => Ok(None),
            text => text.parse().map(|date: BatchDate| Some(date.days_since_epoch())).map_err(|_| self.unusable(name)),
        }
    }

    /// A folder of the lake; ends in `/`.
    pub(super) fn prefix(&self, name: &'static str) -> Result<String> {
        let text = self.text(name);
        let folders = text.strip_suffix('/').ok_or_else(|| self.unusable(name))?;
        // In a folder lake these would lead elsewhere; in a bucket no console shows them well.
        if folders.split('/').any(|folder| matches!(folder, "" | "." | "..")) {
            return Err(self.unusable(name));
        }
        Ok(text.to_owned())
    }
}

fn unknown(name: &str) -> Error {
    let hint = meant(name).map(|setting| format!("; did you mean {setting}?")).unwrap_or_default();
    Error::configuration(format!("unknown setting {name}{hint}"))
}
