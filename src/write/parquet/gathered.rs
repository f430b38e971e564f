//! The kept rows of a wave as the columns take them in: texts gathered row by row, as they lie in memory, into what
//! PLAIN pages hold. A page then takes over hundreds of texts with one copy.

use std::ops::Range;

use rayon::prelude::*;

use crate::parse::Row;
use crate::schema::OutputColumn;
use crate::write::{KeptRow, RowSource};

/// The texts of one column in some rows of one chunk: each with its length before it; nulls take no bytes.
#[derive(Debug, Default)]
pub(super) struct GatheredTexts {
    bytes: Vec<u8>,
    /// Where each row's text ends.
    ends: Vec<u32>,
}

impl GatheredTexts {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    #[inline]
    fn push(&mut self, text: Option<&[u8]>) {
        if let Some(text) = text {
            self.bytes.reserve(LENGTH_BYTES + text.len());
            self.bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            self.bytes.extend_from_slice(text);
        }
        self.ends.push(self.bytes.len() as u32);
    }

    /// The place of a row's text and its length.
    #[inline]
    fn stored_place(&self, row: usize) -> Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start as usize..self.ends[row] as usize
    }

    /// The bytes of these rows, of which there is at least one, and where they begin.
    pub(super) fn stored(&self, rows: Range<usize>) -> (&[u8], usize) {
        let start = self.stored_place(rows.start).start;
        (&self.bytes[start..self.stored_place(rows.end - 1).end], start)
    }

    /// The place of a row's text, without its length; `None`: null.
    #[inline]
    pub(super) fn place(&self, row: usize) -> Option<Range<usize>> {
        let Range { start, end } = self.stored_place(row);
        (start < end).then(|| start + LENGTH_BYTES..end)
    }

    /// A row's text; `None`: null.
    pub(super) fn get(&self, row: usize) -> Option<&[u8]> {
        self.place(row).map(|place| &self.bytes[place])
    }

    /// The first rows of `rows`, at least one, that take up to `bytes_max` bytes or are just beyond.
    pub(super) fn fitting(&self, rows: Range<usize>, bytes_max: usize) -> Range<usize> {
        let start = self.stored_place(rows.start).start;
        let whole = self.ends[rows.clone()].partition_point(|&end| (end as usize) - start < bytes_max);
        rows.start..rows.end.min(rows.start + whole + 1)
    }
}

impl<'t> FromIterator<Option<&'t [u8]>> for GatheredTexts {
    fn from_iter<T: IntoIterator<Item = Option<&'t [u8]>>>(rows: T) -> Self {
        let mut texts = Self::default();
        rows.into_iter().for_each(|text| texts.push(text));
        texts
    }
}

/// How PLAIN pages write the length before a text.
pub(super) const LENGTH_BYTES: usize = 4;

/// Rows of one chunk.
#[derive(Debug, Default)]
struct Block {
    /// Which of the kept rows they are.
    rows: Range<usize>,
    /// A member for each column of texts.
    texts: Vec<GatheredTexts>,
}

/// The memory that is gathered into, wave after wave.
#[derive(Debug, Default)]
pub(super) struct Gatherer {
    blocks: Vec<Block>,
}

/// The kept rows of a wave, with their texts.
#[derive(Clone, Copy)]
pub(super) struct GatheredRows<'a> {
    source: RowSource<'a>,
    kept: &'a [KeptRow],
    blocks: &'a [Block],
}

impl Gatherer {
    /// Gathers the texts that rows hold in these columns, in parallel by chunk.
    pub(super) fn gather<'a>(
        &'a mut self,
        columns: &[OutputColumn],
        source: RowSource<'a>,
        kept: &'a [KeptRow],
    ) -> GatheredRows<'a> {
        let chunks: Vec<&[KeptRow]> = kept.chunk_by(|left, right| left.chunk == right.chunk).collect();
        self.blocks.resize_with(chunks.len().max(self.blocks.len()), Block::default);
        let blocks = &mut self.blocks[..chunks.len()];
        let mut end = 0;
        for (block, chunk) in blocks.iter_mut().zip(&chunks) {
            block.rows = end..end + chunk.len();
            end += chunk.len();
        }
        blocks.par_iter_mut().zip(&chunks).for_each(|(block, kept)| block.gather(columns, source, kept));
        GatheredRows { source, kept, blocks }
    }
}

impl Block {
    // Out of line, so that profiles show it; it is called once per chunk.
    #[inline(never)]
    fn gather(&mut self, columns: &[OutputColumn], source: RowSource<'_>, kept: &[KeptRow]) {
        self.texts.resize_with(columns.len(), GatheredTexts::default);
        self.texts.iter_mut().for_each(GatheredTexts::clear);
        let mut scratch = Vec::new();
        for (chunk, row) in kept.iter().map(|kept| kept.of(source.wave)) {
            for (texts, &column) in self.texts.iter_mut().zip(columns) {
                texts.push(source.text(column, chunk, row, &mut scratch));
            }
        }
    }
}

impl<'a> GatheredRows<'a> {
    /// These rows, to read from them what is no text.
    pub(super) fn rows(self, rows: Range<usize>) -> impl Iterator<Item = &'a Row> {
        self.kept[rows].iter().map(move |kept| kept.of(self.source.wave).1)
    }

    /// The texts that these rows hold in column number `column` of those gathered, block by block.
    pub(super) fn texts(
        self,
        column: usize,
        rows: Range<usize>,
    ) -> impl Iterator<Item = (&'a GatheredTexts, Range<usize>)> {
        self.blocks.iter().filter_map(move |block| {
            let (start, end) = (rows.start.max(block.rows.start), rows.end.min(block.rows.end));
            (start < end).then(|| (&block.texts[column], start - block.rows.start..end - block.rows.start))
        })
    }
}
