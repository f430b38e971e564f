//! `ListObjectsV2`: pages of keys in UTF-8 byte order, with keys beyond a delimiter rolled up.

use std::ops::Bound;

use s3s::dto::{
    ChecksumAlgorithm, ChecksumType, CommonPrefix, ETag, ListObjectsV2Input, ListObjectsV2Output,
    Object as ListedObject, ObjectStorageClass,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use crate::checksum::hex;
use crate::objects::signed;
use crate::storage::{Object, Objects, Storage};

pub(crate) fn list_objects(
    storage: &Storage,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = request.input;
    let wanted = usize::try_from(input.max_keys.unwrap_or(1000))
        .map_err(|_| s3_error!(InvalidArgument, "max-keys must not be negative"))?;
    let after = match &input.continuation_token {
        Some(token) => Some(decode_token(token)?),
        None => input.start_after.clone(),
    };
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
    let page_keys_max = wanted.min(storage.page_keys_max);
    let page = page(storage.lock().objects(&input.bucket)?, prefix, delimiter, after.as_deref(), page_keys_max);
    Ok(S3Response::new(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: input.prefix,
        delimiter: input.delimiter,
        start_after: input.start_after,
        max_keys: i32::try_from(page_keys_max).ok(),
        key_count: i32::try_from(page.contents.len() + page.common_prefixes.len()).ok(),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|next| encode_token(&next)),
        contents: Some(page.contents),
        common_prefixes: Some(page.common_prefixes),
        ..ListObjectsV2Output::default()
    }))
}

#[derive(Default)]
struct Page {
    contents: Vec<ListedObject>,
    common_prefixes: Vec<CommonPrefix>,
    /// The last key or common prefix of this page, if more follow.
    next: Option<String>,
}

fn page(objects: &Objects, prefix: &str, delimiter: Option<&str>, after: Option<&str>, page_keys_max: usize) -> Page {
    let start = match after {
        Some(after) if after >= prefix => Bound::Excluded(after),
        _ => Bound::Included(prefix),
    };
    let mut page = Page::default();
    let mut last: Option<String> = None;
    for (key, object) in objects.range::<str, _>((start, Bound::Unbounded)) {
        let Some(rest) = key.strip_prefix(prefix) else { break };
        let rolled_up =
            delimiter.and_then(|delimiter| rest.find(delimiter).map(|at| &key[..prefix.len() + at + delimiter.len()]));
        if rolled_up.is_some() && (rolled_up == after || rolled_up == last.as_deref()) {
            continue;
        }
        if page.contents.len() + page.common_prefixes.len() == page_keys_max {
            page.next = last;
            break;
        }
        match rolled_up {
            Some(common) => page.common_prefixes.push(CommonPrefix { prefix: Some(common.to_owned()) }),
            None => page.contents.push(listed(key, object)),
        }
        last = Some(rolled_up.unwrap_or(key).to_owned());
    }
    page
}

fn listed(key: &str, object: &Object) -> ListedObject {
    let checksum = &object.checksum;
    let algorithms = [
        (&checksum.checksum_crc32, ChecksumAlgorithm::CRC32),
        (&checksum.checksum_crc32c, ChecksumAlgorithm::CRC32C),
        (&checksum.checksum_crc64nvme, ChecksumAlgorithm::CRC64NVME),
        (&checksum.checksum_sha1, ChecksumAlgorithm::SHA1),
        (&checksum.checksum_sha256, ChecksumAlgorithm::SHA256),
    ];
    let algorithms = algorithms.into_iter().filter(|(value, _)| value.is_some());
    ListedObject {
        key: Some(key.to_owned()),
        e_tag: Some(ETag::Strong(object.etag.clone())),
        size: Some(signed(object.bytes)),
        last_modified: Some(object.modified.into()),
        checksum_algorithm: Some(algorithms.map(|(_, name)| ChecksumAlgorithm::from_static(name)).collect()),
        checksum_type: Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT)),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        ..ListedObject::default()
    }
}

/// Tokens are opaque to clients: nobody should mistake one for a key.
fn encode_token(last: &str) -> String {
    hex(last.as_bytes())
}

fn decode_token(token: &str) -> S3Result<String> {
    let invalid = || s3_error!(InvalidArgument, "the continuation token is not one of this server");
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = token.as_bytes().chunks(2).map(byte).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(invalid)
}
