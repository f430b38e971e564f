//! Conditional writes whose outcome is always known: what the answer does not tell is looked up.
//!
//! The client repeats a request whose answer was lost, and if the first one succeeded the second is answered as if
//! somebody else had won ("412 for our own write"), or as if the upload had never been. Every object therefore carries
//! a token of its upload, and no answer but success is believed before the object was looked at.

use std::time::Duration;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;

use super::failure::Failure;
use super::{Bucket, TOKEN_NAME, backoff, etag_of, quoted};
use crate::error::{Error, Result};
use crate::store::checksum::Crc64Nvme;
use crate::store::token::unique_token;
use crate::store::{ObjectVersion, Precondition, Published, StagedUpload};

/// How often a write is tried when S3 says that another one to the key is under way.
const TRIES_MAX: u32 = 5;

/// Wait before the second try; doubles with every further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// Completes a multipart upload under a condition.
pub(super) async fn complete(bucket: &Bucket, upload: &StagedUpload, precondition: &Precondition) -> Result<Published> {
    let write = Write {
        key: &upload.id.key,
        token: &upload.token,
        bytes: upload.bytes,
        checksum: &upload.checksum_crc64nvme,
        content: Content::Parts(upload),
        precondition,
    };
    write.carry_out(bucket).await
}

/// Stores a small object in one request under a condition.
pub(super) async fn put(
    bucket: &Bucket,
    key: &str,
    content_type: &str,
    body: Bytes,
    precondition: &Precondition,
) -> Result<Published> {
    let write = Write {
        key,
        token: &unique_token(),
        bytes: body.len() as u64,
        checksum: &Crc64Nvme::of(&body),
        content: Content::Body { body, content_type },
        precondition,
    };
    write.carry_out(bucket).await
}

/// A conditional write, and how to recognise its object.
struct Write<'a> {
    key: &'a str,
    token: &'a str,
    bytes: u64,
    checksum: &'a str,
    content: Content<'a>,
    precondition: &'a Precondition,
}

enum Content<'a> {
    Parts(&'a StagedUpload),
    Body { body: Bytes, content_type: &'a str },
}

/// What is stored under the key of a write.
enum Seen {
    Ours(ObjectVersion),
    Another(Option<ObjectVersion>),
}

impl Write<'_> {
    /// Sends the request, again if S3 asks for it, and finds out what became of it.
    async fn carry_out(&self, bucket: &Bucket) -> Result<Published> {
        let mut tries = 1;
        let failure = loop {
            match self.send(bucket).await {
                Ok(Some(etag)) => return Ok(Published::Done(self.version(&etag))),
                Ok(None) => return Err(Error::storage("stored without an etag").at(self.key)),
                Err(failure) if failure.is_conflict() && tries < TRIES_MAX => {
                    backoff(FIRST_WAIT, tries).await;
                    tries += 1;
                }
                Err(failure) => break failure,
            }
        };
        // If the look fails too, the write's failure is the one to tell.
        match self.look(bucket).await {
            Ok(Seen::Ours(version)) => Ok(Published::Done(version)),
            Ok(Seen::Another(current)) if self.is_lost(&failure, current.as_ref()) => Ok(Published::Lost),
            Ok(Seen::Another(_)) | Err(_) => Err(failure.into_error("could not be published", self.key)),
        }
    }

    /// One request; answers with the ETag.
    async fn send(&self, bucket: &Bucket) -> Result<Option<String>, Failure> {
        let (if_match, if_none_match) = match self.precondition {
            Precondition::Absent => (None, Some("*".to_owned())),
            Precondition::Unchanged(etag) => (Some(quoted(etag)), None),
        };
        match &self.content {
            Content::Parts(upload) => {
                let request = bucket
                    .client
                    .complete_multipart_upload()
                    .bucket(&bucket.name)
                    .key(bucket.full_key(self.key))
                    .upload_id(&upload.id.id)
                    .multipart_upload(parts_of(upload))
                    .mpu_object_size(i64::try_from(self.bytes).unwrap_or(i64::MAX))
                    .checksum_type(ChecksumType::FullObject)
                    .checksum_crc64_nvme(self.checksum)
                    .set_if_match(if_match)
                    .set_if_none_match(if_none_match);
                Ok(request.send().await?.e_tag)
            }
            Content::Body { body, content_type } => {
                let request = bucket
                    .client
                    .put_object()
                    .bucket(&bucket.name)
                    .key(bucket.full_key(self.key))
                    .content_type(*content_type)
                    .metadata(TOKEN_NAME, self.token)
                    .body(body.clone().into())
                    .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
                    .checksum_crc64_nvme(self.checksum)
                    .set_if_match(if_match)
                    .set_if_none_match(if_none_match);
                Ok(request.send().await?.e_tag)
            }
        }
    }

    /// Whether the write did not and can no longer take place. (If it did and was replaced since, it is lost as well:
    /// whoever replaced it must be looked at.)
    fn is_lost(&self, failure: &Failure, current: Option<&ObjectVersion>) -> bool {
        // `If-Match` on a key without an object is answered with 404.
        let is_refused = failure.is_precondition_failed() || failure.is_missing_object();
        // A conditional write that came in between may also have ended the upload: then only the object tells.
        let is_overtaken = failure.is_missing_upload() || failure.is_conflict();
        is_refused || is_overtaken && !self.precondition.holds(current)
    }

    async fn look(&self, bucket: &Bucket) -> Result<Seen, Failure> {
        let request = bucket.client.head_object().bucket(&bucket.name).key(bucket.full_key(self.key));
        let answer = match request.checksum_mode(ChecksumMode::Enabled).send().await.map_err(Failure::from) {
            Ok(answer) => answer,
            Err(failure) if failure.is_missing_object() => return Ok(Seen::Another(None)),
            Err(failure) => return Err(failure),
        };
        let token = answer.metadata().and_then(|metadata| metadata.get(TOKEN_NAME));
        let bytes = answer.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
        let is_ours = token.is_some_and(|token| token == self.token)
            && bytes == self.bytes
            && answer.checksum_crc64_nvme().is_none_or(|checksum| checksum == self.checksum);
        let version =
            ObjectVersion { key: self.key.to_owned(), etag: etag_of(answer.e_tag().unwrap_or_default()), bytes };
        Ok(if is_ours { Seen::Ours(version) } else { Seen::Another(Some(version)) })
    }

    fn version(&self, etag: &str) -> ObjectVersion {
        ObjectVersion { key: self.key.to_owned(), etag: etag_of(etag), bytes: self.bytes }
    }
}

/// The list of parts, from which S3 puts the object together.
fn parts_of(upload: &StagedUpload) -> CompletedMultipartUpload {
    let parts = upload.parts.iter().map(|(number, part)| {
        CompletedPart::builder()
            .part_number(*number)
            .e_tag(&part.etag)
            .checksum_crc64_nvme(&part.checksum_crc64nvme)
            .build()
    });
    CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build()
}
