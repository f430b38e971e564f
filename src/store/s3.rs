//! The lake in an S3 bucket.
//!
//! Requests go through the SDK, which repeats those that failed on the way. What it cannot know is decided here: how
//! a body that broke goes on (`read`), how parts share memory (`upload`), and what became of a conditional write
//! whose answer is in doubt (`publish`).

mod buffers;
mod client;
mod failure;
mod publish;
mod read;
mod upload;

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::Instrument;

use self::buffers::Buffers;
pub use self::client::{configure, connect};
use self::failure::Failure;
use self::read::RangeReader;
use self::upload::{MultipartUpload, Sending};
use super::{ObjectVersion, Precondition, Published, StagedUpload, Store, Upload, UploadId};
use crate::error::{Error, Result};

/// Name of the user metadata by which an upload is recognised (`x-amz-meta-upload-token`).
const TOKEN_NAME: &str = "upload-token";

/// S3 refuses smaller parts, except the last one.
const PART_BYTES_MIN: usize = 5 << 20;

/// What may be under way at once. Memory: `range_bytes * range_concurrency` per open reader, and
/// `part_bytes * (open uploads + upload_concurrency)` for all uploads together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct S3Limits {
    /// Bytes of one ranged GET.
    pub range_bytes: u64,
    /// Ranges of one reader in flight or waiting to be read.
    pub range_concurrency: usize,
    /// Bytes of one part; at least 5 MiB.
    pub part_bytes: usize,
    /// Parts in flight, over all uploads.
    pub upload_concurrency: usize,
}

impl Default for S3Limits {
    fn default() -> Self {
        Self { range_bytes: 4 << 20, range_concurrency: 4, part_bytes: 8 << 20, upload_concurrency: 2 }
    }
}

/// A bucket, or what lies below a prefix of it, as a lake.
#[derive(Debug)]
pub struct S3Store {
    bucket: Arc<Bucket>,
    limits: S3Limits,
    sending: Sending,
}

impl S3Store {
    /// The lake below `prefix` (empty: the whole bucket). To be called on a tokio runtime, whose threads then do the
    /// work of readers and uploads. Parts smaller than S3 accepts are raised to its minimum.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(client: Client, bucket: &str, prefix: &str, limits: S3Limits) -> Self {
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let bucket = Arc::new(Bucket { client, name: bucket.to_owned(), prefix, buffers: Buffers::default() });
        let sending = Sending {
            runtime: Handle::current(),
            bucket: Arc::clone(&bucket),
            part_bytes: limits.part_bytes.max(PART_BYTES_MIN),
            permits: Arc::new(Semaphore::new(limits.upload_concurrency.max(1))),
        };
        Self { bucket, limits, sending }
    }
}

#[async_trait]
impl Store for S3Store {
    fn location(&self) -> String {
        format!("s3://{}/{}", self.bucket.name, self.bucket.prefix).trim_end_matches('/').to_owned()
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectVersion>> {
        let mut pages = self
            .bucket
            .client
            .list_objects_v2()
            .bucket(&self.bucket.name)
            .prefix(self.bucket.full_key(prefix))
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Failure::from(error).into_error("could not be listed", prefix))?;
            for object in page.contents() {
                let key = object.key().and_then(|key| key.strip_prefix(&self.bucket.prefix));
                // The root itself may be an object, made by a console as a "folder".
                let Some(key) = key.filter(|key| !key.is_empty()) else { continue };
                found.push(version_of(key, object.e_tag(), object.size())?);
            }
        }
        Ok(found)
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectVersion>> {
        let request = self.bucket.client.head_object().bucket(&self.bucket.name).key(self.bucket.full_key(key));
        match request.send().await.map_err(Failure::from) {
            Ok(answer) => version_of(key, answer.e_tag(), answer.content_length()).map(Some),
            Err(failure) if failure.is_missing_object() => Ok(None),
            Err(failure) => Err(failure.into_read_error("could not be examined", key)),
        }
    }

    async fn get(&self, key: &str) -> Result<Option<(ObjectVersion, Bytes)>> {
        let request = self.bucket.client.get_object().bucket(&self.bucket.name).key(self.bucket.full_key(key));
        let answer = match request.send().await.map_err(Failure::from) {
            Ok(answer) => answer,
            Err(failure) if failure.is_missing_object() => return Ok(None),
            Err(failure) => return Err(failure.into_read_error("could not be read", key)),
        };
        let version = version_of(key, answer.e_tag(), answer.content_length())?;
        let content = read::read_body(&self.bucket, &version, answer.body).await?;
        Ok(Some((version, content)))
    }

    async fn peek(&self, version: &ObjectVersion, bytes_max: u64) -> Result<Bytes> {
        // Zero bytes cannot be asked for; one tells as well whether the version is still there.
        let end = version.bytes.min(bytes_max.max(1));
        let content = read::read_range(&self.bucket, version, 0..end).await?;
        Ok(if bytes_max == 0 { Bytes::new() } else { content })
    }

    fn open(&self, version: &ObjectVersion) -> Box<dyn Read + Send> {
        let bucket = Arc::clone(&self.bucket);
        Box::new(RangeReader::new(self.sending.runtime.clone(), bucket, version.clone(), self.limits))
    }

    async fn stage(&self, key: &str, content_type: &str) -> Result<Box<dyn Upload>> {
        Ok(Box::new(MultipartUpload::create(self.sending.clone(), key, content_type).await?))
    }

    async fn publish(&self, upload: &StagedUpload, precondition: &Precondition) -> Result<Published> {
        publish::complete(&self.bucket, upload, precondition).await
    }

    async fn put(&self, key: &str, content_type: &str, body: Bytes, precondition: &Precondition) -> Result<Published> {
        publish::put(&self.bucket, key, content_type, body, precondition).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        let request = self.bucket.client.delete_object().bucket(&self.bucket.name).key(self.bucket.full_key(key));
        match request.send().await.map_err(Failure::from) {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_missing_object() => Ok(()),
            Err(failure) => Err(failure.into_error("could not be removed", key)),
        }
    }

    /// All at once: the deadline may be near. A part still on its way may survive; the bucket's lifecycle rule for
    /// incomplete uploads is there for those.
    async fn abort(&self, upload_ids: &[UploadId]) {
        let mut requests = JoinSet::new();
        for UploadId { key, id } in upload_ids.iter().cloned() {
            let bucket = Arc::clone(&self.bucket);
            let abort = async move {
                let request = bucket.client.abort_multipart_upload().bucket(&bucket.name);
                let sent = request.key(bucket.full_key(&key)).upload_id(id).send().await.map_err(Failure::from);
                match sent {
                    Ok(_) => {}
                    Err(failure) if failure.is_missing_upload() => {}
                    Err(failure) => {
                        let error = failure.into_error("upload could not be aborted", &key);
                        tracing::warn!(%error, "an upload is left behind");
                    }
                }
            };
            requests.spawn(abort.in_current_span());
        }
        requests.join_all().await;
    }
}

/// Where the lake is.
#[derive(Debug)]
struct Bucket {
    client: Client,
    name: String,
    /// Empty, or ends with `/`.
    prefix: String,
    /// Buffers of ranges and parts.
    buffers: Buffers,
}

impl Bucket {
    /// The bucket's key for a key of the lake.
    fn full_key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

/// A version from what an answer says of it.
fn version_of(key: &str, etag: Option<&str>, bytes: Option<i64>) -> Result<ObjectVersion> {
    let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
    let (Some(etag), Some(bytes)) = (etag, bytes) else {
        return Err(Error::storage("S3 described the object without etag or size").at(key));
    };
    Ok(ObjectVersion { key: key.to_owned(), etag: etag_of(etag), bytes })
}

/// An ETag header's value without its quotes, which not every server sends everywhere.
fn etag_of(header: &str) -> String {
    header.trim_matches('"').to_owned()
}

/// An ETag as a header's value.
fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// Waits before try number `failures + 1`.
async fn backoff(first_wait: Duration, failures: u32) {
    tokio::time::sleep(first_wait * 2_u32.saturating_pow(failures.saturating_sub(1))).await;
}
