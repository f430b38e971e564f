//! Opens the lake that the settings name.

use std::sync::Arc;

use crate::config::{Config, LakeLocation, Limits};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::local::LocalStore;
use crate::store::s3::{S3Limits, S3Store, connect};

/// The store behind `config.lake`. A bucket is reached with what the AWS environment of the process offers.
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

/// The limits as the store wants them.
pub fn s3_limits(limits: &Limits) -> S3Limits {
    S3Limits {
        range_bytes: limits.read_range_bytes,
        range_concurrency: limits.read_concurrency,
        part_bytes: limits.upload_part_bytes,
        upload_concurrency: limits.upload_concurrency,
    }
}
