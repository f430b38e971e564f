//! Which contract is used, and what the settings change in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::RawSettings;
use crate::contract::{self, Contract, Mistake};
use crate::error::{Error, Result};

/// Settings that turn a parameter of the built-in contracts, from before there were contracts. Every other parameter is
/// turned by `PARAM_<NAME>`.
const NAMED: [&str; 6] =
    ["ACCESSED_FROM", "ACCESSED_TO", "MIN_SESSION_DURATION", "ACTIVE_ABOVE", "MODERATE_FROM", "MASKING"];

/// Where the contract is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContractAddress {
    /// One of the program's own.
    BuiltIn(&'static str),
    /// A file of this machine.
    File(PathBuf),
    /// An object.
    S3 {
        /// Bucket name.
        bucket: String,
        /// The object's key.
        key: String,
    },
}

/// A contract's text, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractSource {
    /// Where it is from, for people.
    pub place: String,
    /// The file.
    pub text: Arc<str>,
}

impl ContractAddress {
    /// What `CONTRACT` says, or `PRESET`, its older name.
    pub fn from_raw(raw: &RawSettings) -> Result<Self> {
        let preset = match raw.text("PRESET") {
            "" => None,
            "default" => Some("drivendata"),
            "glue" => Some("glue"),
            _ => return Err(raw.unusable("PRESET")),
        };
        match (raw.text("CONTRACT"), preset) {
            ("", preset) => Ok(Self::BuiltIn(preset.unwrap_or("drivendata"))),
            (_, Some(_)) => {
                Err(Error::configuration("settings CONTRACT and PRESET must not both be set; remove PRESET"))
            }
            ("drivendata", None) => Ok(Self::BuiltIn("drivendata")),
            ("glue", None) => Ok(Self::BuiltIn("glue")),
            (address, None) => match address.strip_prefix("s3://").map(|rest| rest.split_once('/')) {
                Some(Some((bucket, key))) if !bucket.is_empty() && !key.is_empty() => {
                    Ok(Self::S3 { bucket: bucket.to_owned(), key: key.to_owned() })
                }
                Some(_) => Err(raw.unusable("CONTRACT")),
                None if address.contains("://") => Err(raw.unusable("CONTRACT")),
                None => Ok(Self::File(PathBuf::from(address))),
            },
        }
    }
}

impl ContractSource {
    /// One of the program's own contracts.
    pub fn built_in(name: &str) -> Result<Self> {
        let text = contract::built_in(name)
            .ok_or_else(|| Error::internal(format!("there is no built-in contract called {name}")))?;
        Ok(Self { place: format!("the built-in contract {name}"), text: text.into() })
    }

    /// SHA-256 of the file, hexadecimal.
    pub fn sha256(&self) -> String {
        Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The contract with what the settings change in it.
    pub fn read(&self, raw: &RawSettings) -> Result<Contract> {
        let overrides = overrides(raw)?;
        contract::read(&self.text, &overrides).map_err(|mistakes| self.error(&mistakes))
    }

    fn error(&self, mistakes: &[Mistake]) -> Error {
        let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        Error::configuration(format!("{} cannot be used: {}", self.place, mistakes.join("; ")))
    }
}

/// The parameters that are typed, by the names of their settings.
fn overrides(raw: &RawSettings) -> Result<BTreeMap<String, String>> {
    let mut overrides = raw.parameters().clone();
    for name in NAMED.into_iter().filter(|&name| raw.typed(name).is_some()) {
        match name {
            "ACCESSED_FROM" | "ACCESSED_TO" => drop(raw.date(name)?),
            "MASKING" if !matches!(raw.text(name), "standard" | "glue") => return Err(raw.unusable(name)),
            "MASKING" => {}
            _ => drop(raw.number::<i32>(name)?),
        }
        overrides.insert(name.to_owned(), raw.text(name).to_owned());
    }
    Ok(overrides)
}
