//! Checksums: what a client declares about a body, in headers or trailers, and what the body really has.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crc_fast::{CrcAlgorithm, checksum_combine};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::Checksum;
use s3s::{S3Request, S3Result, TrailingHeaders, s3_error};

const CRC32: &str = "x-amz-checksum-crc32";
const CRC32C: &str = "x-amz-checksum-crc32c";
const CRC64NVME: &str = "x-amz-checksum-crc64nvme";
const SHA1: &str = "x-amz-checksum-sha1";
const SHA256: &str = "x-amz-checksum-sha256";
const HEADERS: [&str; 5] = [CRC32, CRC32C, CRC64NVME, SHA1, SHA256];

/// What the client says about the body it sends. Values are base64.
pub(crate) struct Declared {
    md5: Option<String>,
    /// By header name; `None` while the value is still to come in the trailer.
    checksums: Vec<(&'static str, Option<String>)>,
    trailers: Option<TrailingHeaders>,
}

impl Declared {
    pub(crate) fn of<T>(request: &S3Request<T>) -> Self {
        let text = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let announced = text("x-amz-trailer").unwrap_or_default();
        let is_announced = |name: &str| announced.split(',').any(|trailer| trailer.trim().eq_ignore_ascii_case(name));
        let checksums = HEADERS
            .into_iter()
            .map(|name| (name, text(name)))
            .filter(|(name, value)| value.is_some() || is_announced(name))
            .collect();
        Self { md5: text("content-md5"), checksums, trailers: request.trailing_headers.clone() }
    }

    /// Nothing is declared.
    pub(crate) fn nothing() -> Self {
        Self { md5: None, checksums: Vec::new(), trailers: None }
    }

    /// Whether the body comes with exactly the CRC-64/NVME, with nothing, or with something else.
    pub(crate) fn kind(&self) -> DeclaredKind {
        match self.checksums.as_slice() {
            [] => DeclaredKind::Nothing,
            [(CRC64NVME, _)] => DeclaredKind::Crc64Nvme,
            _ => DeclaredKind::Other,
        }
    }

    /// What must be computed to verify it. S3 computes a CRC-64/NVME when the client declares nothing.
    pub(crate) fn digests(&self) -> Digests {
        let mut asked = ChecksumHasher::default();
        for (name, _) in &self.checksums {
            match *name {
                CRC32 => asked.crc32 = Some(s3s::crypto::Crc32::new()),
                CRC32C => asked.crc32c = Some(s3s::crypto::Crc32c::new()),
                SHA1 => asked.sha1 = Some(s3s::crypto::Sha1::new()),
                SHA256 => asked.sha256 = Some(s3s::crypto::Sha256::new()),
                _ => {}
            }
        }
        Digests { bytes: 0, md5: Md5::new(), crc64nvme: crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme), asked }
    }

    /// Compares, once the body and so its trailers are read; returns the checksums to keep with the object.
    pub(crate) fn verify(self, found: &Found) -> S3Result<Checksum> {
        if let Some(declared) = self.md5
            && declared != BASE64_STANDARD.encode(found.md5)
        {
            return Err(s3_error!(BadDigest, "the body does not have the Content-MD5 declared"));
        }
        if self.checksums.is_empty() {
            return Ok(crc64nvme_only(found.crc64nvme));
        }
        let trailers = self.trailers.and_then(|trailers| trailers.take()).unwrap_or_default();
        let mut kept = found.asked.clone();
        for (name, in_header) in self.checksums {
            let in_trailer = || trailers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let Some(declared) = in_header.or_else(in_trailer) else {
                return Err(s3_error!(InvalidRequest, "the trailer {name} was announced but did not come"));
            };
            let computed = match name {
                CRC32 => kept.checksum_crc32.as_ref(),
                CRC32C => kept.checksum_crc32c.as_ref(),
                SHA1 => kept.checksum_sha1.as_ref(),
                SHA256 => kept.checksum_sha256.as_ref(),
                _ => Some(&*kept.checksum_crc64nvme.insert(encode_crc64nvme(found.crc64nvme))),
            };
            if computed != Some(&declared) {
                return Err(s3_error!(BadDigest, "the body does not have the {name} declared"));
            }
        }
        Ok(kept)
    }
}

/// See [`Declared::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeclaredKind {
    Nothing,
    Crc64Nvme,
    Other,
}

/// Running digests of a body.
pub(crate) struct Digests {
    bytes: u64,
    md5: Md5,
    crc64nvme: crc_fast::Digest,
    asked: ChecksumHasher,
}

impl Digests {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.bytes += piece.len() as u64;
        self.md5.update(piece);
        self.crc64nvme.update(piece);
        self.asked.update(piece);
    }

    pub(crate) fn finish(self) -> Found {
        Found {
            bytes: self.bytes,
            md5: self.md5.finalize(),
            crc64nvme: self.crc64nvme.finalize(),
            asked: self.asked.finalize(),
        }
    }
}

/// What a body really is.
pub(crate) struct Found {
    pub(crate) bytes: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) crc64nvme: u64,
    asked: Checksum,
}

/// An object's only checksum, over all of its bytes.
pub(crate) fn crc64nvme_only(crc64nvme: u64) -> Checksum {
    Checksum { checksum_crc64nvme: Some(encode_crc64nvme(crc64nvme)), ..Checksum::default() }
}

/// As S3 writes it: base64, big endian.
pub(crate) fn encode_crc64nvme(crc64nvme: u64) -> String {
    BASE64_STANDARD.encode(crc64nvme.to_be_bytes())
}

/// The CRC-64/NVME of two pieces one after the other, from theirs; the second is `second_bytes` long.
pub(crate) fn combine_crc64nvme(first: u64, second: u64, second_bytes: u64) -> u64 {
    checksum_combine(CrcAlgorithm::Crc64Nvme, first, second, second_bytes)
}

/// The MD5 of `bytes`.
pub(crate) fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::checksum(bytes)
}

/// Lower-case hexadecimal, as ETags are written.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_parts_is_that_of_the_whole() {
        let crc = |bytes: &[u8]| crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes);
        assert_eq!(combine_crc64nvme(crc(b"one piece "), crc(b"and another"), 11), crc(b"one piece and another"));
        assert_eq!(combine_crc64nvme(crc(b"one piece"), crc(b""), 0), crc(b"one piece"));
    }
}
