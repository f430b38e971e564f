//! What the file says of a column chunk of texts: statistics, indexes, encodings.

use std::ops::Range;

use parquet::basic::{Encoding, PageType, Type};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::file::metadata::{
    ColumnChunkMetaData, ColumnIndexBuilder, LevelHistogram, OffsetIndexBuilder, PageEncodingStats,
};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;

use crate::ParquetCompression;
use crate::bounds::{self, Bound};
use crate::cells::Cells;
use crate::compression::codec;
use parquet::errors::Result;

/// What is known of the pages written.
pub(crate) struct Summary {
    /// How many pages of rows there are of each encoding.
    pages: Vec<(Encoding, i32)>,
    /// Where they are behind the dictionary's page.
    places: Vec<Range<usize>>,
    /// Length of the dictionary's page; 0 without one.
    dictionary_bytes: usize,
    rows: u64,
    nulls: u64,
    text_bytes: i64,
    least: Option<Vec<u8>>,
    greatest: Option<Vec<u8>>,
    column_index: ColumnIndexBuilder,
    offset_index: OffsetIndexBuilder,
}

impl Summary {
    pub(crate) fn new() -> Self {
        Self {
            pages: Vec::new(),
            places: Vec::new(),
            dictionary_bytes: 0,
            rows: 0,
            nulls: 0,
            text_bytes: 0,
            least: None,
            greatest: None,
            column_index: ColumnIndexBuilder::new(Type::BYTE_ARRAY),
            offset_index: OffsetIndexBuilder::new(),
        }
    }

    /// How many pages there are so far.
    pub(crate) fn page_count(&self) -> usize {
        self.places.len()
    }

    /// Takes a page into account, but for where it is written. Its texts are in `memory`.
    pub(crate) fn add(&mut self, cells: &Cells, memory: &[u8], encoding: Encoding) {
        match self.pages.iter_mut().find(|(known, _)| *known == encoding) {
            Some((_, count)) => *count += 1,
            None => self.pages.push((encoding, 1)),
        }
        let (rows, nulls, text_bytes) = (cells.rows() as u64, cells.nulls() as u64, cells.text_bytes() as i64);
        self.rows += rows;
        self.nulls += nulls;
        self.text_bytes += text_bytes;
        match cells.bounds(memory) {
            Some((least, greatest)) => {
                if self.least.as_deref().is_none_or(|smallest| least < smallest) {
                    self.least = Some(least.to_vec());
                }
                if self.greatest.as_deref().is_none_or(|largest| greatest > largest) {
                    self.greatest = Some(greatest.to_vec());
                }
                let (lower, upper) = (bounds::lower(least).bytes, bounds::upper(greatest).bytes);
                self.column_index.append(false, lower, upper, nulls as i64);
            }
            None => self.column_index.append(true, Vec::new(), Vec::new(), nulls as i64),
        }
        self.column_index.append_histograms(&None, &Some(histogram(rows, nulls)));
        self.offset_index.append_row_count(rows as i64);
        self.offset_index.append_unencoded_byte_array_data_bytes(Some(text_bytes));
    }

    /// Says where the page added last is, from its header on.
    pub(crate) fn add_place(&mut self, place: Range<usize>) {
        self.places.push(place);
    }

    /// Says that a dictionary's page of so many bytes stands before the others.
    pub(crate) fn add_dictionary(&mut self, bytes: usize) {
        self.dictionary_bytes = bytes;
    }

    /// What the file says of the chunk, whose pages take so many bytes, and would take so many uncompressed.
    pub(crate) fn close(
        mut self,
        descriptor: ColumnDescPtr,
        compression: Option<ParquetCompression>,
        bytes: usize,
        uncompressed_bytes: usize,
    ) -> Result<ColumnCloseResult> {
        for place in &self.places {
            let offset = self.dictionary_bytes + place.start;
            self.offset_index.append_offset_and_size(offset as i64, place.len() as i32);
        }
        let stats = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let has_dictionary = self.dictionary_bytes > 0;
        let dictionary = has_dictionary.then(|| stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1));
        let data = self.pages.iter().map(|&(encoding, count)| stats(PageType::DATA_PAGE, encoding, count));
        let pages: Vec<_> = dictionary.into_iter().chain(data).collect();
        let encodings = pages.iter().map(|pages| pages.encoding).chain([Encoding::RLE]).collect();
        let metadata = ColumnChunkMetaData::builder(descriptor)
            .set_compression(codec(compression)?)
            .set_encodings(encodings)
            .set_page_encoding_stats(pages)
            .set_total_compressed_size(bytes as i64)
            .set_total_uncompressed_size(uncompressed_bytes as i64)
            .set_num_values(self.rows as i64)
            .set_dictionary_page_offset(has_dictionary.then_some(0))
            .set_data_page_offset(self.dictionary_bytes as i64)
            .set_statistics(self.statistics())
            .set_unencoded_byte_array_data_bytes(Some(self.text_bytes))
            .set_definition_level_histogram(Some(histogram(self.rows, self.nulls)))
            .build()?;
        Ok(ColumnCloseResult {
            bytes_written: bytes as u64,
            rows_written: self.rows,
            metadata,
            bloom_filter: None,
            column_index: Some(self.column_index.build()?),
            offset_index: Some(self.offset_index.build()),
        })
    }

    fn statistics(&self) -> Statistics {
        let (lower, upper) = (self.least.as_deref().map(bounds::lower), self.greatest.as_deref().map(bounds::upper));
        let is_exact = |bound: &Option<Bound>| bound.as_ref().is_some_and(|bound| bound.is_exact);
        let (lower_is_exact, upper_is_exact) = (is_exact(&lower), is_exact(&upper));
        let value = |bound: Option<Bound>| bound.map(|bound| ByteArray::from(bound.bytes));
        ValueStatistics::new(value(lower), value(upper), None, Some(self.nulls), false)
            .with_min_is_exact(lower_is_exact)
            .with_max_is_exact(upper_is_exact)
            .into()
    }
}

/// How often each definition level occurs: 0 (null) and 1.
fn histogram(rows: u64, nulls: u64) -> LevelHistogram {
    vec![nulls as i64, (rows - nulls) as i64].into()
}
