//! Operations on whole objects: get, head, put, delete.

use std::ops::Range;

use s3s::dto::{
    Checksum, ChecksumMode, ChecksumType, DeleteObjectInput, DeleteObjectOutput, ETag, GetObjectInput, GetObjectOutput,
    HeadObjectInput, HeadObjectOutput, PutObjectInput, PutObjectOutput,
};
use s3s::header::CONTENT_RANGE;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::body;
use crate::checksum::Declared;
use crate::conditions::Conditions;
use crate::storage::{Attributes, Object, Storage};

/// What S3 says of an object nobody gave a type.
const CONTENT_TYPE_DEFAULT: &str = "binary/octet-stream";

pub(crate) async fn get(
    storage: &Storage,
    request: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let input = request.input;
    let unknown = input.version_id.is_some() || input.part_number.is_some();
    if unknown || input.if_modified_since.is_some() || input.if_unmodified_since.is_some() {
        return Err(s3_error!(NotImplemented, "versions, parts and conditions on dates are not kept"));
    }
    let conditions = Conditions { if_match: input.if_match, if_none_match: input.if_none_match };
    let (object, file) = storage.open_object(&input.bucket, &input.key, &conditions)?;
    let range = input.range.map(|range| satisfiable(range, object.bytes)).transpose()?;
    let content_range = range.as_ref().map(|range| format!("bytes {}-{}/{}", range.start, range.end - 1, object.bytes));
    // A checksum is of the whole object, so it is of no use to somebody who gets a part of it.
    let checksum = shown_checksum(&object, input.checksum_mode.as_ref().filter(|_| range.is_none()));
    let range = range.unwrap_or(0..object.bytes);
    Ok(S3Response::new(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(signed(range.end - range.start)),
        content_range,
        content_type: Some(content_type(&object)),
        content_encoding: object.attributes.content_encoding,
        e_tag: Some(ETag::Strong(object.etag)),
        last_modified: Some(object.modified.into()),
        metadata: object.attributes.metadata,
        checksum_type: checksum.checksum_type,
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
        body: Some(body::send(file, range)),
        ..GetObjectOutput::default()
    }))
}

pub(crate) fn head(storage: &Storage, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
    let input = request.input;
    let unknown = input.version_id.is_some() || input.part_number.is_some() || input.range.is_some();
    if unknown || input.if_modified_since.is_some() || input.if_unmodified_since.is_some() {
        return Err(s3_error!(NotImplemented, "versions, parts and conditions on dates are not kept"));
    }
    let conditions = Conditions { if_match: input.if_match, if_none_match: input.if_none_match };
    let object = storage.lock().object(&input.bucket, &input.key)?.clone();
    conditions.check_read(&object.etag)?;
    let checksum = shown_checksum(&object, input.checksum_mode.as_ref());
    Ok(S3Response::new(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(signed(object.bytes)),
        content_type: Some(content_type(&object)),
        content_encoding: object.attributes.content_encoding,
        e_tag: Some(ETag::Strong(object.etag)),
        last_modified: Some(object.modified.into()),
        metadata: object.attributes.metadata,
        checksum_type: checksum.checksum_type,
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
        ..HeadObjectOutput::default()
    }))
}

pub(crate) async fn put(
    storage: &Storage,
    request: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let declared = Declared::of(&request);
    let input = request.input;
    let (file, found) = body::receive(input.body, storage.stage()?, declared.digests()).await?;
    let checksum = declared.verify(&found)?;
    let conditions = Conditions { if_match: input.if_match, if_none_match: input.if_none_match };
    let attributes = Attributes {
        content_type: input.content_type,
        content_encoding: input.content_encoding,
        metadata: input.metadata,
    };
    let object = Object::whole(&found, checksum.clone(), attributes);
    let etag = object.etag.clone();
    storage.publish((&input.bucket, &input.key), &file, object, &conditions, None)?;
    Ok(S3Response::new(PutObjectOutput {
        e_tag: Some(ETag::Strong(etag)),
        checksum_type: Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
        ..PutObjectOutput::default()
    }))
}

pub(crate) fn delete(
    storage: &Storage,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = request.input;
    if input.version_id.is_some() {
        return Err(s3_error!(NotImplemented, "versions are not kept"));
    }
    let conditions = Conditions { if_match: input.if_match, if_none_match: None };
    storage.remove(&input.bucket, &input.key, &conditions)?;
    Ok(S3Response::new(DeleteObjectOutput::default()))
}

/// The bytes a range means, never none of them.
fn satisfiable(range: s3s::dto::Range, bytes: u64) -> S3Result<Range<u64>> {
    match range.check(bytes) {
        Ok(range) if !range.is_empty() => Ok(range),
        _ => {
            let mut unsatisfiable = s3_error!(InvalidRange);
            if let Ok(value) = format!("bytes */{bytes}").parse() {
                unsatisfiable.set_headers([(CONTENT_RANGE, value)].into_iter().collect());
            }
            Err(unsatisfiable)
        }
    }
}

fn shown_checksum(object: &Object, mode: Option<&ChecksumMode>) -> Checksum {
    if mode.is_none_or(|mode| mode.as_str() != ChecksumMode::ENABLED) {
        return Checksum::default();
    }
    let full_object = ChecksumType::from_static(ChecksumType::FULL_OBJECT);
    Checksum { checksum_type: Some(full_object), ..object.checksum.clone() }
}

fn content_type(object: &Object) -> String {
    object.attributes.content_type.clone().unwrap_or_else(|| CONTENT_TYPE_DEFAULT.to_owned())
}

/// Sizes are signed in S3's own types.
pub(crate) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
