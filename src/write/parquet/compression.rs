//! Compression of pages, and whether a column is worth it.

use parquet::basic::{Compression, ZstdLevel};

use super::failed;
use super::varint::{varint_bytes, write_varint};
use crate::config::ParquetCompression;
use crate::error::{Error, Result};

/// A column is compressed only if that leaves at most this share of its bytes. Identifiers, account numbers and
/// measurements shrink little, and searching them for repetitions is the most expensive thing a run can do.
const SHARE_LEFT_MAX: f64 = 0.68;

/// Zstandard's levels above cost more than they save here.
const ZSTD_LEVEL: i32 = 1;

/// Compresses pages one after the other.
pub(super) enum Compressor {
    /// Leaves them as they are.
    None,
    /// Snappy, without a frame.
    Snappy(Box<snap::raw::Encoder>),
    /// Zstandard; a page is a frame.
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Compressor {
    /// The compressor for a column that is to be compressed as said, or not at all.
    pub(super) fn new(compression: Option<ParquetCompression>) -> Result<Self> {
        match compression {
            None => Ok(Self::None),
            Some(ParquetCompression::Snappy) => Ok(Self::Snappy(Box::new(snap::raw::Encoder::new()))),
            Some(ParquetCompression::Zstd) => zstd::bulk::Compressor::new(ZSTD_LEVEL)
                .map(Self::Zstd)
                .map_err(|error| Error::internal("Zstandard cannot be used").caused_by(error)),
        }
    }

    /// Leaves in `buffer` what a page becomes, or returns that it stays as it is. Its texts begin at `head_bytes`.
    pub(super) fn compress(&mut self, page: &[u8], head_bytes: usize, buffer: &mut Vec<u8>) -> Result<bool> {
        buffer.clear();
        match self {
            Self::None => return Ok(false),
            Self::Snappy(encoder) => {
                let (head, texts) = page.split_at(head_bytes);
                write_varint(page.len() as u64, buffer);
                append_snappy(encoder, head, buffer)?;
                append_snappy(encoder, texts, buffer)?;
            }
            Self::Zstd(compressor) => {
                buffer.resize(zstd::zstd_safe::compress_bound(page.len()), 0);
                let length = compressor
                    .compress_to_buffer(page, &mut buffer[..])
                    .map_err(|error| Error::internal("a page cannot be compressed").caused_by(error))?;
                buffer.truncate(length);
            }
        }
        Ok(true)
    }
}

/// Appends the literals and copies that stand for `bytes`, of which none reaches back beyond them.
///
/// Packed lengths have no repetitions. Where Snappy finds none it looks ever more rarely, so in one go with them it would
/// miss most of what the texts repeat.
fn append_snappy(encoder: &mut snap::raw::Encoder, bytes: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    out.resize(start + snap::raw::max_compress_len(bytes.len()), 0);
    let length = encoder
        .compress(bytes, &mut out[start..])
        .map_err(|error| Error::internal("a page is too large").caused_by(error))?;
    // Only the page as a whole begins with its length.
    let length_bytes = varint_bytes(bytes.len() as u64);
    out.copy_within(start + length_bytes..start + length, start);
    out.truncate(start + length - length_bytes);
    Ok(())
}

/// Whether a column is worth compressing whose first values are `sample`, without what stands before them in a page.
pub(super) fn pays(sample: &[u8], compression: ParquetCompression) -> Result<bool> {
    let mut buffer = Vec::new();
    let is_compressed = Compressor::new(Some(compression))?.compress(sample, 0, &mut buffer)?;
    Ok(is_compressed && buffer.len() as f64 <= SHARE_LEFT_MAX * sample.len() as f64)
}

/// The name in the file's metadata.
pub(super) fn codec(compression: Option<ParquetCompression>) -> Result<Compression> {
    match compression {
        None => Ok(Compression::UNCOMPRESSED),
        Some(ParquetCompression::Snappy) => Ok(Compression::SNAPPY),
        Some(ParquetCompression::Zstd) => ZstdLevel::try_new(ZSTD_LEVEL).map(Compression::ZSTD).map_err(failed),
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use foldhash::fast::FixedState;

    use super::*;

    #[test]
    fn texts_are_compressed_as_well_behind_noise_as_alone() {
        let random = |n: u32| FixedState::default().hash_one(n);
        let noise: Vec<u8> = (0..1024).flat_map(|n| random(n).to_le_bytes()).collect();
        let texts: Vec<u8> = (0..4096).flat_map(|n| format!("Popescu {}", random(n) % 1000).into_bytes()).collect();
        let page = [noise.clone(), texts.clone()].concat();
        let compressed = |page: &[u8], head_bytes| {
            let (mut snappy, mut buffer) =
                (Compressor::new(Some(ParquetCompression::Snappy)).expect("one"), Vec::new());
            assert!(snappy.compress(page, head_bytes, &mut buffer).expect("it fits"));
            let back = snap::raw::Decoder::new().decompress_vec(&buffer).expect("Snappy");
            assert_eq!(back, page);
            buffer.len()
        };
        let (alone, behind) = (compressed(&texts, 0), compressed(&page, noise.len()));
        assert!(behind <= alone + noise.len() + 100, "{behind} bytes behind noise, {alone} alone");
        assert!(compressed(&page, 0) > behind, "in one go it would have been the same");
    }
}
