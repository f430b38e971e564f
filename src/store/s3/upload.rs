//! Multipart uploads: parts are sent while the next ones are written, and nothing is visible.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType};
use bytes::{Bytes, BytesMut};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::failure::Failure;
use super::{Bucket, TOKEN_NAME};
use crate::error::{Error, ErrorKind, Result};
use crate::store::checksum::Crc64Nvme;
use crate::store::token::unique_token;
use crate::store::{StagedPart, StagedUpload, Upload, UploadId};

/// Parts of one upload that S3 accepts.
const PARTS_MAX: i32 = 10_000;

/// What uploads of one store share.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub(super) runtime: Handle,
    pub(super) bucket: Arc<Bucket>,
    pub(super) part_bytes: usize,
    /// One permit per part under way, over all uploads of the store.
    pub(super) permits: Arc<Semaphore>,
}

/// An upload being written: one part in memory, further ones under way in tasks that end with it.
pub(super) struct MultipartUpload {
    sending: Sending,
    id: UploadId,
    token: String,
    part: BytesMut,
    part_checksum: Crc64Nvme,
    checksum: Crc64Nvme,
    bytes: u64,
    parts_begun: i32,
    under_way: JoinSet<Result<(i32, StagedPart)>>,
    stored: BTreeMap<i32, StagedPart>,
}

impl MultipartUpload {
    /// Creates the upload. If the answer is lost, the retry creates a second one and the first is left to the bucket's
    /// lifecycle rule for incomplete uploads.
    pub(super) async fn create(sending: Sending, key: &str, content_type: &str) -> Result<Self> {
        let token = unique_token();
        let Bucket { client, name, .. } = sending.bucket.as_ref();
        let created = client
            .create_multipart_upload()
            .bucket(name)
            .key(sending.bucket.full_key(key))
            .content_type(content_type)
            .metadata(TOKEN_NAME, &token)
            // S3 then checks each part, and at the end the whole object, against what we computed while writing.
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject)
            .send()
            .await
            .map_err(|error| Failure::from(error).into_error("upload could not begin", key))?;
        let id = created.upload_id.ok_or_else(|| Error::storage("upload began without an id").at(key))?;
        Ok(Self {
            id: UploadId { key: key.to_owned(), id },
            token,
            part: BytesMut::new(),
            part_checksum: Crc64Nvme::new(),
            checksum: Crc64Nvme::new(),
            bytes: 0,
            parts_begun: 0,
            under_way: JoinSet::new(),
            stored: BTreeMap::new(),
            sending,
        })
    }

    /// Hands the part in memory over to a task; waits while as many parts as allowed are under way.
    fn send_part(&mut self) -> Result<()> {
        if self.parts_begun == PARTS_MAX {
            let message = format!("more than {PARTS_MAX} parts of {} bytes", self.sending.part_bytes);
            return Err(Error::new(ErrorKind::TooLarge, message).at(&self.id.key));
        }
        self.parts_begun += 1;
        let part = Part {
            number: self.parts_begun,
            content: std::mem::take(&mut self.part).freeze(),
            checksum: self.part_checksum.encode(),
        };
        self.checksum.append(&std::mem::replace(&mut self.part_checksum, Crc64Nvme::new()));

        let permits = Arc::clone(&self.sending.permits);
        let permit = self.sending.runtime.block_on(permits.acquire_owned());
        let permit = permit.map_err(|error| Error::internal("uploads are closed").caused_by(error))?;
        let (bucket, id) = (Arc::clone(&self.sending.bucket), self.id.clone());
        let task = async move {
            let stored = part.send(&bucket, &id).await;
            drop(permit);
            stored
        };
        self.under_way.spawn_on(task, &self.sending.runtime);
        Ok(())
    }

    fn keep(&mut self, ended: Result<Result<(i32, StagedPart)>, JoinError>) -> Result<()> {
        let failed = |error| Error::internal("a part's upload did not end").caused_by(error).at(&self.id.key);
        let (number, part) = ended.map_err(failed)??;
        self.stored.insert(number, part);
        Ok(())
    }
}

impl Upload for MultipartUpload {
    fn id(&self) -> UploadId {
        self.id.clone()
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        // A part that failed is told about at once, not after gigabytes more.
        while let Some(ended) = self.under_way.try_join_next() {
            self.keep(ended)?;
        }
        self.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            if self.part.capacity() == 0 {
                self.part = self.sending.bucket.buffers.take(self.sending.part_bytes);
            }
            let (fitting, rest) = bytes.split_at(bytes.len().min(self.sending.part_bytes - self.part.len()));
            self.part_checksum.update(fitting);
            self.part.extend_from_slice(fitting);
            bytes = rest;
            if self.part.len() == self.sending.part_bytes {
                self.send_part()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<StagedUpload> {
        // An upload without bytes still needs a part.
        if !self.part.is_empty() || self.parts_begun == 0 {
            self.send_part()?;
        }
        let runtime = self.sending.runtime.clone();
        while let Some(ended) = runtime.block_on(self.under_way.join_next()) {
            self.keep(ended)?;
        }
        Ok(StagedUpload {
            id: self.id,
            token: self.token,
            bytes: self.bytes,
            checksum_crc64nvme: self.checksum.encode(),
            parts: self.stored,
        })
    }
}

struct Part {
    number: i32,
    content: Bytes,
    checksum: String,
}

impl Part {
    async fn send(self, bucket: &Bucket, upload: &UploadId) -> Result<(i32, StagedPart)> {
        let sent = bucket
            .client
            .upload_part()
            .bucket(&bucket.name)
            .key(bucket.full_key(&upload.key))
            .upload_id(&upload.id)
            .part_number(self.number)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_crc64_nvme(&self.checksum)
            .body(self.content.clone().into())
            .send()
            .await
            .map_err(|error| {
                Failure::from(error).into_error(&format!("part {} could not be uploaded", self.number), &upload.key)
            })?;
        bucket.buffers.give_back(self.content);
        let etag = sent.e_tag.ok_or_else(|| Error::storage("a part was stored without an etag").at(&upload.key))?;
        Ok((self.number, StagedPart { etag, checksum_crc64nvme: self.checksum }))
    }
}
