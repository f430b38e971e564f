//! A column chunk of texts, made straight from the cells of the input.
//!
//! The general encoder wants its values in an array first and copies them three times more. Texts are nine tenths of the
//! file, so this is where a run's time goes. What it writes is what the general encoder would: the same pages, levels,
//! statistics and indexes; only that texts outside a dictionary share nothing, and that pages of nulls are PLAIN.

mod bounds;
mod cells;
mod deltas;
mod dictionary;
mod header;
mod hybrid;
mod page;
mod summary;

use std::io::Write;
use std::ops::Range;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::ColumnDescPtr;

use super::compression::Compressor;
use super::encoding::{Choice, Storage};
use super::failed;
use super::gathered::GatheredTexts;
use crate::config::ParquetCompression;
use crate::error::Result;
use cells::Cells;
use dictionary::{Dictionary, NumberPage};
use header::PageKind;
use page::DeltaPage;
use summary::Summary;

/// The chunk of one column in one row group, under way.
pub(super) struct TextChunk {
    descriptor: ColumnDescPtr,
    has_dictionary: bool,
    dictionary: Dictionary,
    number_page: NumberPage,
    delta_page: DeltaPage,
    pages: Pages,
    summary: Summary,
}

/// Pages that are written, one behind the other. The memory is used again for the next chunk.
struct Pages {
    compression: Option<ParquetCompression>,
    compressor: Compressor,
    bytes: Vec<u8>,
    uncompressed_bytes: usize,
}

impl Pages {
    /// Appends a page, whose first `head_bytes` are better compressed apart. Returns where it is.
    fn append(&mut self, kind: &PageKind, content: &[u8], head_bytes: usize) -> Result<Range<usize>> {
        let Self { compressor, bytes, uncompressed_bytes, .. } = self;
        let stored = compressor.compress(content, head_bytes)?.unwrap_or(content);
        let start = bytes.len();
        header::write(kind, content.len(), stored.len(), bytes);
        *uncompressed_bytes += bytes.len() - start + content.len();
        bytes.extend_from_slice(stored);
        Ok(start..bytes.len())
    }
}

impl TextChunk {
    /// A chunk of this column.
    pub(super) fn new(descriptor: ColumnDescPtr, Choice { storage, compression }: Choice) -> Result<Self> {
        Ok(Self {
            descriptor,
            has_dictionary: storage == Storage::Dictionary,
            dictionary: Dictionary::default(),
            number_page: NumberPage::default(),
            delta_page: DeltaPage::default(),
            pages: Pages {
                compression,
                compressor: Compressor::new(compression)?,
                bytes: Vec::new(),
                uncompressed_bytes: 0,
            },
            summary: Summary::new(),
        })
    }

    /// Appends rows.
    pub(super) fn append(&mut self, texts: &GatheredTexts, mut rows: Range<usize>) -> Result<()> {
        while !rows.is_empty() {
            if self.has_dictionary && !self.dictionary.is_full() {
                rows.start = self.number_page.append(texts, rows.clone(), &mut self.dictionary);
                if self.number_page.is_full() || self.dictionary.is_full() {
                    self.end_number_page()?;
                }
            } else {
                rows.start = self.delta_page.append(texts, rows.clone());
                if self.delta_page.is_full() {
                    self.end_delta_page()?;
                }
            }
        }
        Ok(())
    }

    fn end_number_page(&mut self) -> Result<()> {
        let Self { number_page: page, dictionary, summary, pages, .. } = self;
        let encoding = encoding_of(page.cells(), Encoding::RLE_DICTIONARY);
        summary.add(page.cells(), dictionary.memory(), encoding);
        let kind = PageKind::Data { rows: page.cells().rows(), encoding };
        summary.add_place(pages.append(&kind, page.content(dictionary), 0)?);
        page.clear();
        Ok(())
    }

    fn end_delta_page(&mut self) -> Result<()> {
        let Self { delta_page: page, summary, pages, .. } = self;
        let encoding = encoding_of(page.cells(), Encoding::DELTA_BYTE_ARRAY);
        summary.add(page.cells(), page.memory(), encoding);
        let kind = PageKind::Data { rows: page.cells().rows(), encoding };
        let (content, head_bytes) = page.content();
        summary.add_place(pages.append(&kind, content, head_bytes)?);
        page.clear();
        Ok(())
    }

    /// Ends the chunk. It is to be written then.
    pub(super) fn end(&mut self) -> Result<()> {
        if self.number_page.cells().rows() > 0 {
            self.end_number_page()?;
        }
        if self.delta_page.cells().rows() > 0 {
            self.end_delta_page()?;
        }
        if self.dictionary.len() > 0 {
            self.end_dictionary()?;
        }
        Ok(())
    }

    /// The dictionary's page is known last and stands first.
    fn end_dictionary(&mut self) -> Result<()> {
        let Self { dictionary, summary, pages, .. } = self;
        let data = std::mem::take(&mut pages.bytes);
        let kind = PageKind::Dictionary { texts: dictionary.len() };
        summary.add_dictionary(pages.append(&kind, dictionary.memory(), 0)?.len());
        pages.bytes.extend_from_slice(&data);
        dictionary.clear();
        Ok(())
    }

    /// Writes the ended chunk as the row group's next column, and begins that of the next row group.
    pub(super) fn write_to<W: Write + Send>(&mut self, row_group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        let Self { descriptor, summary, pages, .. } = self;
        let summary = std::mem::replace(summary, Summary::new());
        let uncompressed_bytes = std::mem::take(&mut pages.uncompressed_bytes);
        let closed = summary.close(descriptor.clone(), pages.compression, pages.bytes.len(), uncompressed_bytes)?;
        let bytes = Bytes::from(std::mem::take(&mut pages.bytes));
        row_group.append_column(&bytes, closed).map_err(failed)?;
        pages.bytes = bytes.into();
        pages.bytes.clear();
        Ok(())
    }
}

/// How the texts of these rows are encoded, if there are any.
fn encoding_of(cells: &Cells, of_texts: Encoding) -> Encoding {
    // Without texts it is all the same, but there are readers that fail at deltas of nothing.
    if cells.are_null() { Encoding::PLAIN } else { of_texts }
}

#[cfg(test)]
mod tests;
