//! CRC-64/NVME: the checksum S3 computes over whole objects, here over bytes as they are written.
//!
//! Parts are hashed once: the checksum of an object is combined from those of its parts.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crc_fast::{CrcAlgorithm, Digest};

/// A CRC-64/NVME under way.
pub(super) struct Crc64Nvme {
    digest: Digest,
}

impl Crc64Nvme {
    /// The checksum of no bytes.
    pub(super) fn new() -> Self {
        Self { digest: Digest::new(CrcAlgorithm::Crc64Nvme) }
    }

    /// The checksum of these bytes, as S3 writes it.
    pub(super) fn of(bytes: &[u8]) -> String {
        let mut checksum = Self::new();
        checksum.update(bytes);
        checksum.encode()
    }

    /// Adds bytes at the end.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
    }

    /// Adds the bytes behind another checksum at the end.
    pub(super) fn append(&mut self, part: &Self) {
        self.digest.combine(&part.digest);
    }

    /// The checksum so far, as S3 writes it: base64 of the big-endian value.
    pub(super) fn encode(&self) -> String {
        BASE64_STANDARD.encode(self.digest.finalize().to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_catalogue_comes_out() {
        assert_eq!(Crc64Nvme::of(b"123456789"), "rosUhgp5mIg=");
        assert_eq!(Crc64Nvme::of(b""), "AAAAAAAAAAA=");
    }

    #[test]
    fn parts_combine_to_the_checksum_of_the_whole() {
        for cut in 0..=9 {
            let (head, tail) = b"123456789".split_at(cut);
            let mut whole = Crc64Nvme::new();
            for bytes in [head, tail] {
                let mut part = Crc64Nvme::new();
                part.update(bytes);
                whole.append(&part);
            }
            assert_eq!(whole.encode(), "rosUhgp5mIg=", "cut at {cut}");
        }
    }
}
