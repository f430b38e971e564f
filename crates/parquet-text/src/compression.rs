//! Compression of pages, and whether a column is worth it.

use std::cell::RefCell;

use parquet::basic::{Compression, ZstdLevel};

use crate::ParquetCompression;
use crate::varint::{VARINT_BYTES_MAX, varint_bytes, write_varint};
use parquet::errors::{ParquetError, Result};

/// A column is compressed only if that leaves at most this share of its bytes. Identifiers, account numbers and
/// measurements shrink little, and searching them for repetitions is the most expensive thing a run can do.
const SHARE_LEFT_MAX: f64 = 0.68;

/// Zstandard's levels above cost more than they save here.
const ZSTD_LEVEL: i32 = 1;

/// What compresses a thread's pages one after the other. Columns have none of their own: there may be a thousand.
#[derive(Default)]
struct Workbench {
    /// Without a frame.
    snappy: Option<Box<snap::raw::Encoder>>,
    /// A page is a frame.
    zstd: Option<zstd::bulk::Compressor<'static>>,
    /// What the last page became, and room behind it.
    buffer: Vec<u8>,
}

/// Pages that become longer leave no buffer behind.
const BUFFER_KEPT_MAX: usize = 1 << 20;

thread_local! {
    static WORKBENCH: RefCell<Workbench> = RefCell::default();
}

/// Hands on what a page, its texts after its head, becomes if it is compressed so.
pub(crate) fn compressed<T>(
    head: &[u8],
    texts: &[u8],
    compression: ParquetCompression,
    hand_on: impl FnOnce(&[u8]) -> T,
) -> Result<T> {
    WORKBENCH.with_borrow_mut(|workbench| {
        let handed_on = hand_on(workbench.compress(head, texts, compression)?);
        if workbench.buffer.len() > BUFFER_KEPT_MAX {
            workbench.buffer = Vec::new();
        }
        Ok(handed_on)
    })
}

impl Workbench {
    fn compress(&mut self, head: &[u8], texts: &[u8], compression: ParquetCompression) -> Result<&[u8]> {
        let page_bytes = head.len() + texts.len();
        let Self { snappy: encoder, zstd, buffer } = self;
        let length = match compression {
            ParquetCompression::Snappy => {
                let encoder = encoder.get_or_insert_with(|| Box::new(snap::raw::Encoder::new()));
                let mut page_length = Vec::with_capacity(VARINT_BYTES_MAX);
                write_varint(page_bytes as u64, &mut page_length);
                let lengths_max = [head, texts].map(|part| snap::raw::max_compress_len(part.len()));
                make_room(buffer, page_length.len() + lengths_max.iter().sum::<usize>());
                buffer[..page_length.len()].copy_from_slice(&page_length);
                let head_end = page_length.len() + snappy(encoder, head, &mut buffer[page_length.len()..])?;
                head_end + snappy(encoder, texts, &mut buffer[head_end..])?
            }
            ParquetCompression::Zstd => {
                let compressor = match zstd {
                    Some(compressor) => compressor,
                    None => zstd.insert(
                        zstd::bulk::Compressor::new(ZSTD_LEVEL)
                            .map_err(|error| ParquetError::External(Box::new(error)))?,
                    ),
                };
                let bound = zstd::zstd_safe::compress_bound(page_bytes);
                make_room(buffer, bound + if head.is_empty() { 0 } else { page_bytes });
                let (out, page) = buffer.split_at_mut(bound);
                // It wants the page in one piece.
                let page = if head.is_empty() {
                    texts
                } else {
                    page[..head.len()].copy_from_slice(head);
                    page[head.len()..page_bytes].copy_from_slice(texts);
                    &page[..page_bytes]
                };
                compressor.compress_to_buffer(page, out).map_err(|error| ParquetError::External(Box::new(error)))?
            }
        };
        Ok(&buffer[..length])
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
    let length = encoder.compress(bytes, out).map_err(|error| ParquetError::External(Box::new(error)))?;
    // Only the page as a whole begins with its length.
    let length_bytes = varint_bytes(bytes.len() as u64);
    out.copy_within(length_bytes..length, 0);
    Ok(length - length_bytes)
}

/// Whether a column is worth compressing whose first values are `sample`, without what stands before them in a page.
pub fn pays(sample: &[u8], compression: ParquetCompression) -> Result<bool> {
    let length = compressed(&[], sample, compression, <[u8]>::len)?;
    Ok(length as f64 <= SHARE_LEFT_MAX * sample.len() as f64)
}

/// The name in the file's metadata.
pub fn codec(compression: Option<ParquetCompression>) -> Result<Compression> {
    match compression {
        None => Ok(Compression::UNCOMPRESSED),
        Some(ParquetCompression::Snappy) => Ok(Compression::SNAPPY),
        Some(ParquetCompression::Zstd) => ZstdLevel::try_new(ZSTD_LEVEL).map(Compression::ZSTD),
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
            let (head, texts) = page.split_at(head_bytes);
            let compressed = super::compressed(head, texts, ParquetCompression::Snappy, <[u8]>::to_vec);
            let compressed = compressed.expect("it fits");
            let back = snap::raw::Decoder::new().decompress_vec(&compressed).expect("Snappy");
            assert_eq!(back, page);
            compressed.len()
        };
        let (alone, behind) = (compressed(&texts, 0), compressed(&page, noise.len()));
        assert!(behind <= alone + noise.len() + 100, "{behind} bytes behind noise, {alone} alone");
        assert!(compressed(&page, 0) > behind, "in one go it would have been the same");
    }
}
