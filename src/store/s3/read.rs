//! Reads byte ranges of one version of an object: pinned, checked, resumed, and ahead of the reader.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::failure::Failure;
use super::{Bucket, S3Limits, backoff, quoted};
use crate::error::{Error, ErrorKind, Result};
use crate::store::ObjectVersion;

/// How often the body of one range may break before we give up.
const BREAKS_MAX: u32 = 6;

/// Wait before the first resumption; doubles with every further one.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// These bytes of exactly this version. The range must lie within the object; it may be empty only if the object is.
pub(super) async fn read_range(bucket: &Bucket, version: &ObjectVersion, range: Range<u64>) -> Result<Bytes> {
    let mut content = bucket.buffers.take(length(&range)?);
    resume(bucket, version, range, &mut content).await?;
    Ok(content.freeze())
}

/// An object whose GET was answered with this body, whole.
pub(super) async fn read_body(bucket: &Bucket, version: &ObjectVersion, body: ByteStream) -> Result<Bytes> {
    let range = 0..version.bytes;
    let mut content = BytesMut::with_capacity(length(&range)?);
    if !drain(body, &mut content, length(&range)?).await {
        resume(bucket, version, range, &mut content).await?;
    }
    Ok(content.freeze())
}

/// Requests what is missing of `range` until it is complete; `content` holds its beginning.
async fn resume(bucket: &Bucket, version: &ObjectVersion, range: Range<u64>, content: &mut BytesMut) -> Result<()> {
    let wanted = length(&range)?;
    for breaks in 0..=BREAKS_MAX {
        if breaks > 0 {
            tracing::debug!(key = version.key, breaks, "a body broke and is resumed");
            backoff(FIRST_WAIT, breaks).await;
        }
        // All bytes and yet no good end: the checksum of the whole did not fit.
        if content.len() == wanted {
            content.clear();
        }
        let body = request(bucket, version, range.start + content.len() as u64..range.end).await?;
        if drain(body, content, wanted).await {
            return Ok(());
        }
    }
    Err(Error::storage(format!("the body broke {} times", BREAKS_MAX + 1)).at(&version.key))
}

/// Takes in a body until it ends or breaks; tells whether `content` is now exactly `wanted` bytes long.
///
/// A body longer than promised is cut off and counts as broken: its bytes cannot be trusted to be the right ones.
async fn drain(mut body: ByteStream, content: &mut BytesMut, wanted: usize) -> bool {
    let begun = content.len();
    while let Ok(next) = body.try_next().await {
        let Some(bytes) = next else { return content.len() == wanted };
        if content.len() + bytes.len() > wanted {
            content.truncate(begun);
            return false;
        }
        content.extend_from_slice(&bytes);
    }
    false
}

/// One GET, pinned to the version; the answer's head is checked against what was asked.
async fn request(bucket: &Bucket, version: &ObjectVersion, range: Range<u64>) -> Result<ByteStream> {
    let key = &version.key;
    let request = bucket.client.get_object().bucket(&bucket.name).key(bucket.full_key(key));
    let request = request.if_match(quoted(&version.etag));
    // An object without bytes has no range, but whether it is still there must be asked all the same.
    let request = match range.is_empty() {
        true => request,
        false => request.range(format!("bytes={}-{}", range.start, range.end - 1)),
    };
    match request.send().await.map_err(Failure::from) {
        Ok(answer) => check(&answer, version, &range).map(|()| answer.body),
        Err(failure) if failure.is_precondition_failed() || failure.is_missing_object() => {
            Err(Error::new(ErrorKind::Conflict, "object was replaced or removed").at(key))
        }
        Err(failure) => Err(failure.into_read_error("could not be read", key)),
    }
}

/// An answer to another question (a proxy that drops `Range`, say) must not become data. The length of the body is not
/// looked at here: a short one is resumed like one that broke.
fn check(answer: &GetObjectOutput, version: &ObjectVersion, range: &Range<u64>) -> Result<()> {
    let expected = match range.is_empty() {
        true => None,
        false => Some(format!("bytes {}-{}/{}", range.start, range.end - 1, version.bytes)),
    };
    if answer.content_range() == expected.as_deref() {
        return Ok(());
    }
    let answered = answer.content_range().unwrap_or("no range");
    let expected = expected.as_deref().unwrap_or("no range");
    Err(Error::storage(format!("asked for {expected}, answered with {answered}")).at(&version.key))
}

fn length(range: &Range<u64>) -> Result<usize> {
    let length = usize::try_from(range.end - range.start);
    length.map_err(|_| Error::new(ErrorKind::TooLarge, "more bytes than can be addressed"))
}

/// A blocking reader over one version, for which ranges are fetched ahead on the runtime.
///
/// The range being read and those under way or waiting are together at most `range_concurrency`, so it holds at most
/// `range_bytes * range_concurrency` bytes. Dropping it cancels what is under way.
pub(super) struct RangeReader {
    runtime: Handle,
    bucket: Arc<Bucket>,
    version: ObjectVersion,
    limits: S3Limits,
    requested_bytes: u64,
    ahead: VecDeque<Fetch>,
    current: Bytes,
    /// How much of the current range has been read.
    position: usize,
    is_broken: bool,
}

impl RangeReader {
    /// Begins to fetch at once.
    pub(super) fn new(runtime: Handle, bucket: Arc<Bucket>, version: ObjectVersion, limits: S3Limits) -> Self {
        let mut reader = Self {
            runtime,
            bucket,
            version,
            limits,
            requested_bytes: 0,
            ahead: VecDeque::new(),
            current: Bytes::new(),
            position: 0,
            is_broken: false,
        };
        if reader.version.bytes == 0 {
            reader.fetch(0..0);
        }
        reader.fetch_ahead(limits.range_concurrency.max(1));
        reader
    }

    fn fetch_ahead(&mut self, ranges_max: usize) {
        while self.ahead.len() < ranges_max && self.requested_bytes < self.version.bytes {
            let start = self.requested_bytes;
            self.requested_bytes = self.version.bytes.min(start.saturating_add(self.limits.range_bytes.max(1)));
            self.fetch(start..self.requested_bytes);
        }
    }

    fn fetch(&mut self, range: Range<u64>) {
        let (bucket, version) = (Arc::clone(&self.bucket), self.version.clone());
        let task = self.runtime.spawn(async move { read_range(&bucket, &version, range).await });
        self.ahead.push_back(Fetch(task));
    }

    /// Waits for the next range; `None` at the end of the object.
    fn next_range(&mut self) -> Result<Option<Bytes>> {
        // The range just read is let go of before its successor is asked for.
        self.bucket.buffers.give_back(std::mem::take(&mut self.current));
        self.position = 0;
        self.fetch_ahead(self.limits.range_concurrency.max(1));
        let Some(mut fetch) = self.ahead.pop_front() else { return Ok(None) };
        let fetched = self.runtime.block_on(&mut fetch.0);
        fetched
            .map_err(|error| Error::internal("reading ahead did not end").caused_by(error).at(&self.version.key))?
            .map(Some)
    }
}

impl Read for RangeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_broken {
            return Err(Error::storage("the reader has failed before").at(&self.version.key).into());
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.position == self.current.len() {
            match self.next_range() {
                Ok(range) => self.current = range.unwrap_or_default(),
                Err(error) => {
                    self.is_broken = true;
                    self.ahead.clear();
                    return Err(error.into());
                }
            }
        }
        let unread = &self.current[self.position..];
        let count = buffer.len().min(unread.len());
        buffer[..count].copy_from_slice(&unread[..count]);
        self.position += count;
        Ok(count)
    }
}

/// A range under way; it is cancelled with its reader.
struct Fetch(JoinHandle<Result<Bytes>>);

impl Drop for Fetch {
    fn drop(&mut self) {
        self.0.abort();
    }
}
