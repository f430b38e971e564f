//! Compression of pages, and whether a column is worth it.

use parquet::basic::{Compression, ZstdLevel};

use super::failed;
use super::varint::{VARINT_BYTES_MAX, varint_bytes, write_varint};
use crate::config::ParquetCompression;
use crate::error::{Error, Result};

/// A column is compressed only if that leaves at most this share of its bytes. Identifiers, account numbers and
/// measurements shrink little, and searching them for repetitions is the most expensive thing a run can do.
const SHARE_LEFT_MAX: f64 = 0.68;

/// Zstandard's levels above cost more than they save here.
const ZSTD_LEVEL: i32 = 1;

/// Compresses pages one after the other.
pub(super) struct Compressor {
    codec: Codec,
    /// What the last page became, and room behind it.
    buffer: Vec<u8>,
}

enum Codec {
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
        let codec = match compression {
            None => Codec::None,
            Some(ParquetCompression::Snappy) => Codec::Snappy(Box::new(snap::raw::Encoder::new())),
            Some(ParquetCompression::Zstd) => zstd::bulk::Compressor::new(ZSTD_LEVEL)
                .map(Codec::Zstd)
                .map_err(|error| Error::internal("Zstandard cannot be used").caused_by(error))?,
        };
        Ok(Self { codec, buffer: Vec::new() })
    }

    /// What a page becomes; `None`: it stays as it is. Its texts begin at `head_bytes`.
    pub(super) fn compress(&mut self, page: &[u8], head_bytes: usize) -> Result<Option<&[u8]>> {
        let Self { codec, buffer } = self;
        let length = match codec {
            Codec::None => return Ok(None),
            Codec::Snappy(encoder) => {
                let (head, texts) = page.split_at(head_bytes);
                let mut page_length = Vec::with_capacity(VARINT_BYTES_MAX);
                write_varint(page.len() as u64, &mut page_length);
                let lengths_max = [head, texts].map(|part| snap::raw::max_compress_len(part.len()));
                make_room(buffer, page_length.len() + lengths_max.iter().sum::<usize>());
                buffer[..page_length.len()].copy_from_slice(&page_length);
                let head_end = page_length.len() + snappy(encoder, head, &mut buffer[page_length.len()..])?;
                head_end + snappy(encoder, texts, &mut buffer[head_end..])?
            }
            Codec::Zstd(compressor) => {
                make_room(buffer, zstd::zstd_safe::compress_bound(page.len()));
                compressor
                    .compress_to_buffer(page, &mut buffer[..])
                    .map_err(|error| Error::internal("a page cannot be compressed").caused_by(error))?
            }
        };
        Ok(Some(&buffer[..length]))
    }
}

/// The buffer only grows: to clear it for every page would cost more than the room.
fn make_room(buffer: &mut Vec<u8>, bytes: usize) {
    if buffer.len() < bytes {
        buffer.resize(bytes, 0);
    }
}

/// Writes the literals and copies that stand for `bytes`, of which none reaches back beyond them, and returns how long
/// they are.
///
/// Packed lengths have no repetitions. Where Snappy finds none it looks ever more rarely, so in one go with them it would
/// miss most of what the texts repeat.
fn snappy(encoder: &mut snap::raw::Encoder, bytes: &[u8], out: &mut [u8]) -> Result<usize> {
    let length =
        encoder.compress(bytes, out).map_err(|error| Error::internal("a page is too large").caused_by(error))?;
    // Only the page as a whole begins with its length.
    let length_bytes = varint_bytes(bytes.len() as u64);
    out.copy_within(length_bytes..length, 0);
    Ok(length - length_bytes)
}

/// Whether a column is worth compressing whose first values are `sample`, without what stands before them in a page.
pub(super) fn pays(sample: &[u8], compression: ParquetCompression) -> Result<bool> {
    let mut compressor = Compressor::new(Some(compression))?;
    let compressed = compressor.compress(sample, 0)?;
    Ok(compressed.is_some_and(|compressed| compressed.len() as f64 <= SHARE_LEFT_MAX * sample.len() as f64))
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
            let mut snappy = Compressor::new(Some(ParquetCompression::Snappy)).expect("one");
            let compressed = snappy.compress(page, head_bytes).expect("it fits").expect("it is compressed");
            let back = snap::raw::Decoder::new().decompress_vec(compressed).expect("Snappy");
            assert_eq!(back, page);
            compressed.len()
        };
        let (alone, behind) = (compressed(&texts, 0), compressed(&page, noise.len()));
        assert!(behind <= alone + noise.len() + 100, "{behind} bytes behind noise, {alone} alone");
        assert!(compressed(&page, 0) > behind, "in one go it would have been the same");
    }
}
