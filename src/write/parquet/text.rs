//! A column chunk of texts in DELTA_BYTE_ARRAY pages, made straight from the cells of the input.
//!
//! The general encoder wants its values in an array first and copies them three times more. Texts are nine tenths of the
//! file, so this is where a run's time goes. What it writes is what the general encoder would: the same pages, levels,
//! statistics and indexes; only that texts share nothing here, and that pages of nulls are PLAIN.

mod bounds;
mod deltas;
mod page;

use std::ops::Range;

use bytes::Bytes;
use parquet::basic::{Encoding, PageType, Type};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, LevelHistogram, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::compression::{Compressor, codec};
use super::failed;
use super::gathered::GatheredTexts;
use crate::config::ParquetCompression;
use crate::error::Result;
use page::TextPage;

/// The chunk of one column in one row group, under way.
pub(super) struct TextChunk {
    descriptor: ColumnDescPtr,
    compression: Option<ParquetCompression>,
    compressor: Compressor,
    page: TextPage,
    compressed: Vec<u8>,
    pages: TrackedWrite<Vec<u8>>,
    summary: Summary,
}

/// What is known of the pages written.
struct Summary {
    delta_pages: i32,
    /// Pages of nulls only.
    plain_pages: i32,
    rows: u64,
    nulls: u64,
    text_bytes: i64,
    uncompressed_bytes: usize,
    least: Option<Vec<u8>>,
    greatest: Option<Vec<u8>>,
    column_index: ColumnIndexBuilder,
    offset_index: OffsetIndexBuilder,
}

impl Summary {
    fn new() -> Self {
        Self {
            delta_pages: 0,
            plain_pages: 0,
            rows: 0,
            nulls: 0,
            text_bytes: 0,
            uncompressed_bytes: 0,
            least: None,
            greatest: None,
            column_index: ColumnIndexBuilder::new(Type::BYTE_ARRAY),
            offset_index: OffsetIndexBuilder::new(),
        }
    }

    /// Takes a page into account, but for where it is written.
    fn add(&mut self, page: &TextPage) {
        match page.encoding() {
            Encoding::PLAIN => self.plain_pages += 1,
            _ => self.delta_pages += 1,
        }
        self.rows += page.rows() as u64;
        self.nulls += page.nulls() as u64;
        self.text_bytes += page.text_bytes() as i64;
        let nulls = page.nulls() as i64;
        match page.bounds() {
            Some((least, greatest)) => {
                if self.least.as_deref().is_none_or(|smallest| least < smallest) {
                    self.least = Some(least.to_vec());
                }
                if self.greatest.as_deref().is_none_or(|largest| greatest > largest) {
                    self.greatest = Some(greatest.to_vec());
                }
                self.column_index.append(false, bounds::lower(least).bytes, bounds::upper(greatest).bytes, nulls);
            }
            None => self.column_index.append(true, Vec::new(), Vec::new(), nulls),
        }
        self.column_index.append_histograms(&None, &Some(histogram(page.rows() as u64, page.nulls() as u64)));
        self.offset_index.append_row_count(page.rows() as i64);
        self.offset_index.append_unencoded_byte_array_data_bytes(Some(page.text_bytes() as i64));
    }

    fn statistics(&self) -> Statistics {
        let (lower, upper) = (self.least.as_deref().map(bounds::lower), self.greatest.as_deref().map(bounds::upper));
        let is_exact = |bound: &Option<bounds::Bound>| bound.as_ref().is_some_and(|bound| bound.is_exact);
        let (lower_is_exact, upper_is_exact) = (is_exact(&lower), is_exact(&upper));
        let value = |bound: Option<bounds::Bound>| bound.map(|bound| ByteArray::from(bound.bytes));
        ValueStatistics::new(value(lower), value(upper), None, Some(self.nulls), false)
            .with_min_is_exact(lower_is_exact)
            .with_max_is_exact(upper_is_exact)
            .into()
    }
}

impl TextChunk {
    /// A chunk of this column.
    pub(super) fn new(descriptor: ColumnDescPtr, compression: Option<ParquetCompression>) -> Result<Self> {
        Ok(Self {
            descriptor,
            compression,
            compressor: Compressor::new(compression)?,
            page: TextPage::default(),
            compressed: Vec::new(),
            pages: TrackedWrite::new(Vec::new()),
            summary: Summary::new(),
        })
    }

    /// Appends rows.
    pub(super) fn append(&mut self, texts: &GatheredTexts, mut rows: Range<usize>) -> Result<()> {
        while !rows.is_empty() {
            rows.start = self.page.append(texts, rows.clone());
            if self.page.is_full() {
                self.end_page()?;
            }
        }
        Ok(())
    }

    fn end_page(&mut self) -> Result<()> {
        let Self { page, summary, .. } = self;
        summary.add(page);
        let (rows, encoding) = (page.rows() as u32, page.encoding());
        let content = page.end();
        let uncompressed = content.whole();
        let uncompressed_bytes = uncompressed.len();
        let is_compressed = self.compressor.compress(&uncompressed, content.head_bytes(), &mut self.compressed)?;
        let compressed = is_compressed.then(|| Bytes::from(std::mem::take(&mut self.compressed)));
        let page = Page::DataPage {
            buf: compressed.clone().unwrap_or(uncompressed),
            num_values: rows,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let written = SerializedPageWriter::new(&mut self.pages)
            .write_page(CompressedPage::new(page, uncompressed_bytes))
            .map_err(failed)?;
        summary.uncompressed_bytes += written.uncompressed_size;
        summary.offset_index.append_offset_and_size(written.offset as i64, written.compressed_size as i32);
        self.page.begin(content);
        if let Some(mut compressed) = compressed {
            compressed.clear();
            self.compressed = compressed.into();
        }
        Ok(())
    }

    /// Ends the chunk and begins the next, of the next row group. Gives the pages and what the file says of them.
    pub(super) fn finish(&mut self) -> Result<(Bytes, ColumnCloseResult)> {
        if self.page.rows() > 0 {
            self.end_page()?;
        }
        let pages = std::mem::replace(&mut self.pages, TrackedWrite::new(Vec::new())).into_inner().map_err(failed)?;
        let summary = std::mem::replace(&mut self.summary, Summary::new());
        let pages_by_encoding: Vec<_> =
            [(Encoding::DELTA_BYTE_ARRAY, summary.delta_pages), (Encoding::PLAIN, summary.plain_pages)]
                .into_iter()
                .filter(|&(_, count)| count > 0)
                .map(|(encoding, count)| PageEncodingStats { page_type: PageType::DATA_PAGE, encoding, count })
                .collect();
        let encodings = pages_by_encoding.iter().map(|pages| pages.encoding).chain([Encoding::RLE]).collect();
        let metadata = ColumnChunkMetaData::builder(self.descriptor.clone())
            .set_compression(codec(self.compression)?)
            .set_encodings(encodings)
            .set_page_encoding_stats(pages_by_encoding)
            .set_total_compressed_size(pages.len() as i64)
            .set_total_uncompressed_size(summary.uncompressed_bytes as i64)
            .set_num_values(summary.rows as i64)
            .set_data_page_offset(0)
            .set_statistics(summary.statistics())
            .set_unencoded_byte_array_data_bytes(Some(summary.text_bytes))
            .set_definition_level_histogram(Some(histogram(summary.rows, summary.nulls)))
            .build()
            .map_err(failed)?;
        let closed = ColumnCloseResult {
            bytes_written: pages.len() as u64,
            rows_written: summary.rows,
            metadata,
            bloom_filter: None,
            column_index: Some(summary.column_index.build().map_err(failed)?),
            offset_index: Some(summary.offset_index.build()),
        };
        Ok((Bytes::from(pages), closed))
    }
}

/// How often each definition level occurs: 0 (null) and 1.
fn histogram(rows: u64, nulls: u64) -> LevelHistogram {
    vec![nulls as i64, (rows - nulls) as i64].into()
}

#[cfg(test)]
mod tests;
