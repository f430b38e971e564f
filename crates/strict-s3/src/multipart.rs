//! Multipart uploads: invisible until they are completed, which is one step together with the check of its conditions.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::time::SystemTime;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput,
    ListPartsOutput, MultipartUpload, Part as ListedPart, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::body;
use crate::checksum::{Declared, DeclaredKind, combine_crc64nvme, crc64nvme_only, encode_crc64nvme, hex, md5};
use crate::conditions::Conditions;
use crate::objects::signed;
use crate::storage::{Attributes, Object, Part, PartChecksums, Storage, Upload};

/// The least a part may have, except the last one.
const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;
const PART_NUMBER_MAX: i32 = 10_000;

pub(crate) fn create(
    storage: &Storage,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let input = request.input;
    let full_object = input.checksum_type.as_ref().is_none_or(|kind| kind.as_str() == ChecksumType::FULL_OBJECT);
    let checksums = match input.checksum_algorithm.as_ref().map(ChecksumAlgorithm::as_str) {
        None => PartChecksums::None,
        Some(ChecksumAlgorithm::CRC64NVME) if full_object => PartChecksums::Crc64Nvme,
        Some(_) => return Err(s3_error!(NotImplemented, "multipart uploads know CRC64NVME of the full object only")),
    };
    storage.path(&input.bucket, &input.key)?;
    let upload = Upload {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        initiated: SystemTime::now(),
        checksums,
        attributes: Attributes {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            metadata: input.metadata,
        },
        parts: BTreeMap::new(),
    };
    let mut state = storage.lock();
    state.objects(&input.bucket)?;
    let id = format!("upload-{}", storage.next_id());
    state.uploads.insert(id.clone(), upload);
    Ok(S3Response::new(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
        ..CreateMultipartUploadOutput::default()
    }))
}

pub(crate) async fn upload_part(
    storage: &Storage,
    request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let declared = Declared::of(&request);
    let kind = declared.kind();
    let input = request.input;
    let (file, found) = body::receive(input.body, storage.stage()?, declared.digests()).await?;
    if !(1..=PART_NUMBER_MAX).contains(&input.part_number) {
        return Err(s3_error!(InvalidArgument, "part numbers go from 1 to 10000"));
    }
    let checksum = declared.verify(&found)?;
    let part = Part {
        file: file.into(),
        bytes: found.bytes,
        md5: found.md5,
        crc64nvme: found.crc64nvme,
        modified: SystemTime::now(),
    };
    let etag = hex(&part.md5);
    let mut state = storage.lock();
    let agreed = state.upload(&input.bucket, &input.key, &input.upload_id)?.checksums;
    if !matches!(
        (agreed, kind),
        (PartChecksums::None, DeclaredKind::Nothing) | (PartChecksums::Crc64Nvme, DeclaredKind::Crc64Nvme)
    ) {
        return Err(s3_error!(
            InvalidRequest,
            "checksum type mismatch: the upload was created with {agreed:?}, the part comes with {kind:?}"
        ));
    }
    if let Some(upload) = state.uploads.get_mut(&input.upload_id) {
        upload.parts.insert(input.part_number, part);
    }
    Ok(S3Response::new(UploadPartOutput {
        e_tag: Some(ETag::Strong(etag)),
        checksum_crc64nvme: checksum.checksum_crc64nvme.filter(|_| agreed == PartChecksums::Crc64Nvme),
        ..UploadPartOutput::default()
    }))
}

pub(crate) async fn complete(
    storage: &Storage,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let input = request.input;
    let conditions = Conditions { if_match: input.if_match, if_none_match: input.if_none_match };
    let wanted = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let (parts, attributes) = {
        let state = storage.lock();
        // The condition comes first: a completion that is repeated because its answer was lost meets its own object.
        state.check_write(&input.bucket, &input.key, &conditions)?;
        let upload = state.upload(&input.bucket, &input.key, &input.upload_id)?;
        (chosen_parts(&wanted, &upload.parts)?, upload.attributes.clone())
    };
    let object = assembled(&parts, attributes);
    if input.mpu_object_size.is_some_and(|size| size != signed(object.bytes)) {
        return Err(s3_error!(InvalidRequest, "the parts do not add up to the size declared"));
    }
    if input.checksum_crc64nvme.is_some() && input.checksum_crc64nvme != object.checksum.checksum_crc64nvme {
        return Err(s3_error!(BadDigest, "the parts do not have the CRC64NVME declared"));
    }
    let (staged, file) = storage.stage()?;
    body::off_thread(move || concatenate(&parts, file)).await?;

    let (etag, checksum) = (object.etag.clone(), object.checksum.clone());
    let id = Some(input.upload_id.as_str());
    storage.publish((&input.bucket, &input.key), &staged, object, &conditions, id)?;
    Ok(S3Response::new(CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(etag)),
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_type: Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
        ..CompleteMultipartUploadOutput::default()
    }))
}

/// The parts the client lists, if they are what was uploaded and may become an object.
fn chosen_parts(wanted: &[CompletedPart], uploaded: &BTreeMap<i32, Part>) -> S3Result<Vec<Part>> {
    if wanted.is_empty() {
        return Err(s3_error!(MalformedXML, "no parts are listed"));
    }
    if !wanted.is_sorted_by(|one, next| one.part_number < next.part_number) {
        return Err(s3_error!(InvalidPartOrder));
    }
    let mut chosen = Vec::with_capacity(wanted.len());
    for part in wanted {
        let found = part.part_number.and_then(|number| uploaded.get(&number));
        let found = found.filter(|found| {
            let same_etag = part.e_tag.as_ref().is_some_and(|etag| etag.value() == hex(&found.md5));
            let same = |checksum: &String| *checksum == encode_crc64nvme(found.crc64nvme);
            same_etag && part.checksum_crc64nvme.as_ref().is_none_or(same)
        });
        chosen.push(found.ok_or_else(|| s3_error!(InvalidPart))?.clone());
    }
    if chosen.iter().rev().skip(1).any(|part| part.bytes < PART_BYTES_MIN) {
        return Err(s3_error!(EntityTooSmall));
    }
    Ok(chosen)
}

/// What the parts make together: ETag `md5(md5s)-N`, and the checksum of all bytes from those of the parts.
fn assembled(parts: &[Part], attributes: Attributes) -> Object {
    let md5s: Vec<u8> = parts.iter().flat_map(|part| part.md5).collect();
    let crc64nvme = parts.iter().fold(0, |crc, part| combine_crc64nvme(crc, part.crc64nvme, part.bytes));
    Object {
        etag: format!("{}-{}", hex(&md5(&md5s)), parts.len()),
        bytes: parts.iter().map(|part| part.bytes).sum(),
        modified: SystemTime::now(),
        checksum: crc64nvme_only(crc64nvme),
        attributes,
    }
}

fn concatenate(parts: &[Part], mut file: File) -> io::Result<()> {
    for part in parts {
        io::copy(&mut File::open(part.file.path())?, &mut file)?;
    }
    Ok(())
}

pub(crate) fn abort(
    storage: &Storage,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let input = request.input;
    let mut state = storage.lock();
    state.upload(&input.bucket, &input.key, &input.upload_id)?;
    state.uploads.remove(&input.upload_id);
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}

/// All uploads under way in one page, whatever page the client asks for.
pub(crate) fn list_uploads(
    storage: &Storage,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = request.input;
    let state = storage.lock();
    state.objects(&input.bucket)?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let matches = |upload: &Upload| upload.bucket == input.bucket && upload.key.starts_with(prefix);
    let mut uploads: Vec<_> = state.uploads.iter().filter(|(_, upload)| matches(upload)).collect();
    uploads.sort_by_key(|(id, upload)| (&upload.key, *id));
    let listed = uploads.into_iter().map(|(id, upload)| MultipartUpload {
        key: Some(upload.key.clone()),
        upload_id: Some(id.clone()),
        initiated: Some(upload.initiated.into()),
        ..MultipartUpload::default()
    });
    let uploads = listed.collect();
    Ok(S3Response::new(ListMultipartUploadsOutput {
        uploads: Some(uploads),
        is_truncated: Some(false),
        bucket: Some(input.bucket),
        prefix: input.prefix,
        ..ListMultipartUploadsOutput::default()
    }))
}

/// All parts of an upload in one page, whatever page the client asks for.
pub(crate) fn list_parts(
    storage: &Storage,
    request: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let input = request.input;
    let state = storage.lock();
    let upload = state.upload(&input.bucket, &input.key, &input.upload_id)?;
    let parts = upload.parts.iter().map(|(number, part)| ListedPart {
        part_number: Some(*number),
        e_tag: Some(ETag::Strong(hex(&part.md5))),
        size: Some(signed(part.bytes)),
        last_modified: Some(part.modified.into()),
        checksum_crc64nvme: Some(encode_crc64nvme(part.crc64nvme)),
        ..ListedPart::default()
    });
    let parts = parts.collect();
    Ok(S3Response::new(ListPartsOutput {
        parts: Some(parts),
        is_truncated: Some(false),
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        ..ListPartsOutput::default()
    }))
}
