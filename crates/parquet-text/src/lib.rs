//! A column chunk of texts, made straight from the cells of the input.
//!
//! The general encoder wants its values in an array first and copies them three times more. Texts are nine tenths of the
//! file, so this is where a run's time goes. What it writes is what the general encoder would: the same pages, levels,
//! statistics and indexes; only that texts outside a dictionary share nothing, and that pages of nulls are PLAIN.

mod blocks;
mod bounds;
mod cells;
mod compression;
mod deltas;
mod dictionary;
mod header;
mod hybrid;
mod page;
mod summary;
mod texts;
mod varint;

use std::hash::BuildHasher;
use std::io::Write;
use std::ops::Range;

use parquet::basic::Encoding;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::ColumnDescPtr;

pub use compression::{codec, pays};
pub use texts::GatheredTexts;

use blocks::{Blocks, Parts};
use cells::Cells;
use compression::compressed;
use dictionary::{Dictionary, NumberPage};
use header::PageKind;
use page::DeltaPage;
use parquet::errors::Result;
use summary::Summary;

/// Rows in a page.
pub const PAGE_ROWS_MAX: usize = 8192;

/// Statistics longer than this are cut, which keeps them valid bounds.
pub const STATISTICS_BYTES_MAX: usize = 64;

/// How columns are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParquetCompression {
    /// Read by everything.
    Snappy,
    /// A third smaller, at a little more time; read by everything current.
    Zstd,
}

/// The chunk of one column in one row group, under way. `S` hashes the texts of its dictionary.
pub struct TextChunk<S> {
    descriptor: ColumnDescPtr,
    has_dictionary: bool,
    dictionary: Dictionary<S>,
    number_page: NumberPage,
    delta_page: DeltaPage,
    pages: Pages,
    summary: Summary,
}

/// Pages that are written, one behind the other. The memory is used again for the next chunk.
struct Pages {
    compression: Option<ParquetCompression>,
    bytes: Blocks,
    /// The dictionary's page, which is known last and stands first.
    dictionary: Vec<u8>,
    uncompressed_bytes: usize,
}

impl Pages {
    /// Appends a page, whose texts stand after a head that is better compressed apart. Returns where it is.
    fn append(&mut self, kind: &PageKind, head: &[u8], texts: &[u8]) -> Result<Range<usize>> {
        let start = self.bytes.len();
        let length = head.len() + texts.len();
        let mut header = Vec::new();
        match self.compression {
            None => {
                header::write(kind, length, length, &mut header);
                [&header, head, texts].iter().for_each(|part| self.bytes.append(part));
            }
            Some(compression) => compressed(head, texts, compression, |stored| {
                header::write(kind, length, stored.len(), &mut header);
                [&header, stored].iter().for_each(|part| self.bytes.append(part));
            })?,
        }
        self.uncompressed_bytes += header.len() + length;
        Ok(start..self.bytes.len())
    }

    /// Sets the dictionary's page. Returns its length.
    fn set_dictionary(&mut self, kind: &PageKind, texts: &[u8]) -> Result<usize> {
        let out = &mut self.dictionary;
        match self.compression {
            None => {
                header::write(kind, texts.len(), texts.len(), out);
                self.uncompressed_bytes += out.len() + texts.len();
                out.extend_from_slice(texts);
            }
            Some(compression) => {
                self.uncompressed_bytes += compressed(&[], texts, compression, |stored| {
                    header::write(kind, texts.len(), stored.len(), out);
                    let header_bytes = out.len();
                    out.extend_from_slice(stored);
                    header_bytes + texts.len()
                })?;
            }
        }
        Ok(out.len())
    }
}

impl<S: BuildHasher + Clone> TextChunk<S> {
    /// A chunk of this column, with a dictionary as long as that pays, or without. Where a text stands in the
    /// dictionary's table depends on `hasher`, no byte of the file does.
    pub fn new(
        descriptor: ColumnDescPtr,
        has_dictionary: bool,
        compression: Option<ParquetCompression>,
        hasher: S,
    ) -> Self {
        Self {
            descriptor,
            has_dictionary,
            dictionary: Dictionary::new(hasher),
            number_page: NumberPage::default(),
            delta_page: DeltaPage::default(),
            pages: Pages { compression, bytes: Blocks::default(), dictionary: Vec::new(), uncompressed_bytes: 0 },
            summary: Summary::new(),
        }
    }

    /// Appends rows.
    pub fn append(&mut self, texts: &GatheredTexts, mut rows: Range<usize>) -> Result<()> {
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
        summary.add_place(pages.append(&kind, &[], page.content(dictionary))?);
        page.clear();
        Ok(())
    }

    fn end_delta_page(&mut self) -> Result<()> {
        let Self { delta_page: page, summary, pages, .. } = self;
        let encoding = encoding_of(page.cells(), Encoding::DELTA_BYTE_ARRAY);
        summary.add(page.cells(), page.memory(), encoding);
        let kind = PageKind::Data { rows: page.cells().rows(), encoding };
        summary.add_place(pages.append(&kind, &page.head(), page.memory())?);
        page.clear();
        Ok(())
    }

    /// Ends the chunk. It is to be written then.
    pub fn end(&mut self) -> Result<()> {
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
        let kind = PageKind::Dictionary { texts: dictionary.len() };
        summary.add_dictionary(pages.set_dictionary(&kind, dictionary.memory())?);
        dictionary.clear();
        Ok(())
    }

    /// Writes the ended chunk as the row group's next column, and begins that of the next row group.
    pub fn write_to<W: Write + Send>(&mut self, row_group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        let Self { descriptor, summary, pages, .. } = self;
        let summary = std::mem::replace(summary, Summary::new());
        let uncompressed_bytes = std::mem::take(&mut pages.uncompressed_bytes);
        let length = pages.dictionary.len() + pages.bytes.len();
        let closed = summary.close(descriptor.clone(), pages.compression, length, uncompressed_bytes)?;
        let parts = Parts { first: &pages.dictionary, rest: &pages.bytes };
        row_group.append_column(&parts, closed)?;
        pages.dictionary.clear();
        pages.bytes.clear();
        Ok(())
    }

    /// Bytes of memory that are kept for the next row group.
    pub fn kept_bytes(&self) -> usize {
        self.pages.bytes.kept_bytes()
            + self.pages.dictionary.capacity()
            + self.delta_page.kept_bytes()
            + self.dictionary.kept_bytes()
    }

    /// Lets go of that memory.
    pub fn release(&mut self) {
        (self.pages.bytes, self.pages.dictionary) = (Blocks::default(), Vec::new());
        self.delta_page = DeltaPage::default();
        self.dictionary.release();
    }

    /// How many pages the chunk under way has.
    pub fn page_count(&self) -> usize {
        self.summary.page_count()
    }
}

/// How the texts of these rows are encoded, if there are any.
fn encoding_of(cells: &Cells, of_texts: Encoding) -> Encoding {
    // Without texts it is all the same, but there are readers that fail at deltas of nothing.
    if cells.are_null() { Encoding::PLAIN } else { of_texts }
}

#[cfg(test)]
mod tests;
