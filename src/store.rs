//! The seam to the data lake: list, read a pinned object, stage an upload nobody sees, publish it conditionally.
//!
//! Two lakes implement it, a folder ([`local`]) and a bucket ([`s3`]), and keep the same promises; one contract
//! suite (`tests/store_contract.rs`) holds both to them. Keys are relative to the lake's root and use `/`.

mod checksum;
pub mod local;
pub mod s3;
mod token;

use std::collections::BTreeMap;
use std::io::Read;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::Result;

/// One version of one object.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ObjectVersion {
    /// Key below the lake's root.
    pub key: String,
    /// Opaque, without quotes; differs whenever the content may differ.
    pub etag: String,
    /// Size in bytes, as stored (compressed objects: the compressed size).
    pub bytes: u64,
}

/// What must still be true of a key for a publication to take place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing is stored under the key.
    Absent,
    /// The key still holds the version with this ETag.
    Unchanged(String),
}

impl Precondition {
    /// The condition "as it was seen then".
    pub fn as_seen(version: Option<&ObjectVersion>) -> Self {
        version.map_or(Self::Absent, |version| Self::Unchanged(version.etag.clone()))
    }

    /// Whether it is true of what is stored now.
    pub fn holds(&self, current: Option<&ObjectVersion>) -> bool {
        match (self, current) {
            (Self::Absent, None) => true,
            (Self::Unchanged(etag), Some(version)) => *etag == version.etag,
            (Self::Absent, Some(_)) | (Self::Unchanged(_), None) => false,
        }
    }
}

/// Outcome of a conditional publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// The object is now visible in this version.
    Done(ObjectVersion),
    /// The precondition no longer holds: somebody else published first. Nothing was changed.
    Lost,
}

/// A data lake.
#[async_trait]
pub trait Store: Send + Sync {
    /// Where the lake is, for people: `s3://bucket/prefix` or a folder.
    fn location(&self) -> String;

    /// Every object whose key starts with `prefix`, in key order (UTF-8 bytes).
    async fn list(&self, prefix: &str) -> Result<Vec<ObjectVersion>>;

    /// The object's current version, or `None` when there is none.
    async fn head(&self, key: &str) -> Result<Option<ObjectVersion>>;

    /// A small object, whole, with its version.
    async fn get(&self, key: &str) -> Result<Option<(ObjectVersion, Bytes)>>;

    /// The first `bytes_max` bytes of exactly this version. A version that is gone is a
    /// [`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict): the run must begin again with the new one.
    async fn peek(&self, version: &ObjectVersion, bytes_max: u64) -> Result<Bytes>;

    /// A blocking reader over exactly this version, read ahead in the background; to be used off the async threads.
    ///
    /// Breaks are resumed. A version that is gone is a `Conflict` as in [`Store::peek`], and a body that ends
    /// before `version.bytes` is an error, never an end of file.
    fn open(&self, version: &ObjectVersion) -> Box<dyn Read + Send>;

    /// Begins an upload that stays invisible until it is published.
    async fn stage(&self, key: &str, content_type: &str) -> Result<Box<dyn Upload>>;

    /// Makes a finished upload the object under its key, if the precondition holds.
    ///
    /// An answer that is lost is looked up: our own success is never reported as [`Published::Lost`]. After
    /// `Lost` or an error the upload still exists and is the caller's to abort.
    async fn publish(&self, upload: &StagedUpload, precondition: &Precondition) -> Result<Published>;

    /// Stores a small object in one piece, under the same conditions as [`Store::publish`].
    async fn put(&self, key: &str, content_type: &str, body: Bytes, precondition: &Precondition) -> Result<Published>;

    /// Removes what is stored under a key, in whatever version; that there is nothing is no failure.
    ///
    /// Only for the program's own notes below `state/`, never for a batch or an output.
    async fn delete(&self, key: &str) -> Result<()>;

    /// Gives up an upload that was not published; nothing of it stays behind. Best effort.
    async fn abort(&self, upload_ids: &[UploadId]);
}

/// An upload under way. Bytes are handed over from worker threads, so this half is blocking: never to be used on the
/// threads of an async runtime.
pub trait Upload: Send {
    /// Names the upload, so that it can be aborted whatever state its writer is in.
    fn id(&self) -> UploadId;

    /// Appends; blocks while too much is on its way.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;

    /// Sends what is left and waits until all of it is stored (but not visible). Dropping the upload instead stops
    /// its work in the background; what is stored already stays until [`Store::abort`].
    fn finish(self: Box<Self>) -> Result<StagedUpload>;
}

/// Identifies an upload that is not published: key and the store's own name for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadId {
    /// Key the upload is for.
    pub key: String,
    /// Multipart upload id, or name of the staging file.
    pub id: String,
}

/// An upload that is stored completely and waits to be published.
#[derive(Clone, Debug)]
pub struct StagedUpload {
    /// Which upload.
    pub id: UploadId,
    /// Unique mark stored with the object, by which an upload whose answer was lost is recognised.
    pub token: String,
    /// Its size.
    pub bytes: u64,
    /// CRC-64/NVME of all its bytes, as S3 writes it (base64, big endian).
    pub checksum_crc64nvme: String,
    /// Numbered parts with what the store needs to complete them; empty for a folder.
    pub parts: BTreeMap<i32, StagedPart>,
}

/// One stored part of a multipart upload.
#[derive(Clone, Debug)]
pub struct StagedPart {
    /// ETag the service gave the part.
    pub etag: String,
    /// CRC-64/NVME of the part (base64, big endian).
    pub checksum_crc64nvme: String,
}
