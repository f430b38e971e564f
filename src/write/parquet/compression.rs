//! Compression of pages, and whether a column is worth it.

use parquet::basic::{Compression, ZstdLevel};

use super::failed;
use crate::config::ParquetCompression;
use crate::error::{Error, Result};

/// A column is compressed only if that leaves at most this share of its bytes. Identifiers, account numbers and
/// measurements shrink little, and searching them for repetitions is the most expensive thing a run can do.
const SHARE_LEFT_MAX: f64 = 0.69;

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

    /// What `bytes` become, in `buffer`; or `None` where they stay as they are.
    pub(super) fn compress<'b>(&mut self, bytes: &[u8], buffer: &'b mut Vec<u8>) -> Result<Option<&'b [u8]>> {
        let length = match self {
            Self::None => return Ok(None),
            Self::Snappy(encoder) => {
                buffer.resize(snap::raw::max_compress_len(bytes.len()).max(buffer.len()), 0);
                encoder
                    .compress(bytes, buffer)
                    .map_err(|error| Error::internal("a page is too large").caused_by(error))?
            }
            Self::Zstd(compressor) => {
                buffer.resize(zstd::zstd_safe::compress_bound(bytes.len()).max(buffer.len()), 0);
                compressor
                    .compress_to_buffer(bytes, &mut buffer[..])
                    .map_err(|error| Error::internal("a page cannot be compressed").caused_by(error))?
            }
        };
        Ok(Some(&buffer[..length]))
    }
}

/// Whether a column whose first page is `sample` is worth compressing.
pub(super) fn pays(sample: &[u8], compression: ParquetCompression) -> Result<bool> {
    let mut buffer = Vec::new();
    let compressed =
        Compressor::new(Some(compression))?.compress(sample, &mut buffer)?.map_or(sample.len(), <[u8]>::len);
    Ok(compressed as f64 <= SHARE_LEFT_MAX * sample.len() as f64)
}

/// The name in the file's metadata.
pub(super) fn codec(compression: Option<ParquetCompression>) -> Result<Compression> {
    match compression {
        None => Ok(Compression::UNCOMPRESSED),
        Some(ParquetCompression::Snappy) => Ok(Compression::SNAPPY),
        Some(ParquetCompression::Zstd) => ZstdLevel::try_new(ZSTD_LEVEL).map(Compression::ZSTD).map_err(failed),
    }
}
