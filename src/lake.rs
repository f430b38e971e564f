//! Opens the lake that the settings name, and reads the contract that they name.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{Config, ContractAddress, ContractSource, Limits, RawSettings};
use crate::contract;
use crate::error::{Error, Result};
use crate::store::local::LocalStore;
use crate::store::s3::{S3Limits, S3Store, connect};
use crate::store::{ObjectVersion, Store};

/// Where the data lake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LakeLocation {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket, or the part of it below `prefix` (empty, or ending in `/`).
    S3 {
        /// Bucket name.
        bucket: String,
        /// Key prefix of the lake.
        prefix: String,
    },
}

impl LakeLocation {
    /// A key of the bucket as one below the lake's root, which for a folder it is already.
    pub fn key_below<'k>(&self, key: &'k str) -> Result<&'k str> {
        match self {
            Self::Folder(_) => Ok(key),
            Self::S3 { prefix, .. } => key.strip_prefix(prefix.as_str()).ok_or_else(|| {
                Error::configuration(format!("{key} is not in the lake, whose keys begin with {prefix}"))
            }),
        }
    }
}

/// The store of `config.lake`. A bucket is reached with what the AWS environment of the process offers.
pub async fn open(config: &Config) -> Result<Arc<dyn Store>> {
    match &config.lake {
        LakeLocation::Folder(root) if root.is_dir() => Ok(Arc::new(LocalStore::new(root.clone()))),
        LakeLocation::Folder(root) => {
            let what = if root.exists() { "is not a folder" } else { "does not exist" };
            let message = format!("the lake's folder {} {what} (a bucket is written s3://bucket)", root.display());
            Err(Error::configuration(message))
        }
        LakeLocation::S3 { bucket, prefix } => {
            let client = connect(config.endpoint_url.as_deref()).await;
            Ok(Arc::new(S3Store::new(client, bucket, prefix, s3_limits(&config.limits))))
        }
    }
}

/// Where the contract of some settings is, and how it is read again.
pub struct ContractFile {
    address: ContractAddress,
    /// The bucket it lies in, if it does.
    bucket: Option<S3Store>,
}

impl ContractFile {
    /// That of these settings. A bucket is reached with what the AWS environment of the process offers.
    pub async fn of(raw: &RawSettings) -> Result<Self> {
        let address = ContractAddress::from_raw(raw)?;
        let bucket = match &address {
            ContractAddress::BuiltIn(_) | ContractAddress::File(_) => None,
            ContractAddress::S3 { bucket, .. } => {
                let client = connect(raw.endpoint_url()?.as_deref()).await;
                Some(S3Store::new(client, bucket, "", s3_limits(&Limits::from_raw(raw)?)))
            }
        };
        Ok(Self { address, bucket })
    }

    /// The contract, with the version of the object it is.
    pub async fn read(&self) -> Result<(ContractSource, Option<ObjectVersion>)> {
        match (&self.address, &self.bucket) {
            (ContractAddress::BuiltIn(name), _) => Ok((ContractSource::built_in(name)?, None)),
            (ContractAddress::File(path), _) => {
                let place = path.display().to_string();
                let unreadable =
                    |error| Error::configuration(format!("the contract {place} cannot be read")).caused_by(error);
                let bytes = std::fs::read(path).map_err(unreadable)?;
                Ok((source(place, &bytes)?, None))
            }
            (ContractAddress::S3 { key, .. }, Some(store)) => {
                let place = self.place();
                let found = store.get(key).await.map_err(|error| self.unreachable(error))?;
                let missing = || Error::configuration(format!("the contract {place} does not exist"));
                let (version, bytes) = found.ok_or_else(missing)?;
                Ok((source(place.clone(), &bytes)?, Some(version)))
            }
            (ContractAddress::S3 { .. }, None) => Err(Error::internal("the contract's bucket was not opened")),
        }
    }

    /// Whether the contract is no longer the object of this version. Only one in a bucket can change.
    pub async fn has_changed(&self, version: Option<&ObjectVersion>) -> Result<bool> {
        match (&self.address, &self.bucket) {
            (ContractAddress::S3 { key, .. }, Some(store)) => {
                Ok(store.head(key).await.map_err(|error| self.unreachable(error))?.as_ref() != version)
            }
            _ => Ok(false),
        }
    }

    fn place(&self) -> String {
        match &self.address {
            ContractAddress::BuiltIn(name) => (*name).to_owned(),
            ContractAddress::File(path) => path.display().to_string(),
            ContractAddress::S3 { bucket, key } => format!("s3://{bucket}/{key}"),
        }
    }

    fn unreachable(&self, error: Error) -> Error {
        Error::new(error.kind(), format!("the contract {} cannot be read", self.place())).caused_by(error)
    }
}

fn source(place: String, bytes: &[u8]) -> Result<ContractSource> {
    let unusable = |mistake| Error::configuration(format!("the contract {place} cannot be used: {mistake}"));
    let text = contract::text_of(bytes).map_err(unusable)?.into();
    Ok(ContractSource { place, text })
}

/// Checks settings with the contract that they name.
pub async fn configure(raw: &RawSettings) -> Result<Config> {
    let (source, _) = ContractFile::of(raw).await?.read().await?;
    Config::with_contract(raw, &source)
}

/// The limits as the store wants them.
pub fn s3_limits(limits: &Limits) -> S3Limits {
    S3Limits {
        range_bytes: limits.read_range_bytes,
        range_concurrency: limits.read_concurrency,
        part_bytes: limits.upload_part_bytes,
        upload_concurrency: limits.upload_concurrency,
    }
}
