//! A DELTA_BYTE_ARRAY page of texts under way: definition levels, how much each text shares with the one before, the
//! lengths of the rest, the rest.
//!
//! No text shares anything here. So it is DELTA_LENGTH_BYTE_ARRAY but for some bytes of zeros, and those zeros are what
//! it takes for Spark to read it: before 4.1 it takes the lengths of null cells for those of others (SPARK-52240) where
//! the encoding has only lengths.

use std::ops::Range;

use bytes::Bytes;
use parquet::basic::Encoding;

use super::bounds::Bounds;
use super::deltas;
use crate::write::parquet::BATCH_ROWS;
use crate::write::parquet::gathered::GatheredTexts;
use crate::write::parquet::varint::write_varint;

/// Rows in a page.
pub(super) const ROWS_MAX: usize = BATCH_ROWS;

/// A page ends when its texts take so many bytes.
const BYTES_MAX: usize = 1 << 20;

/// The longest form of the levels of [`ROWS_MAX`] rows: their length, the header of the run, a bit a row.
const LEVELS_BYTES_MAX: usize = 4 + 3 + ROWS_MAX / 8;

/// The longest form of what stands before the texts.
const HEAD_BYTES_MAX: usize = LEVELS_BYTES_MAX + 2 * deltas::bytes_max(ROWS_MAX);

/// How much each text shares with the one before.
static NOTHING_SHARED: [u32; ROWS_MAX] = [0; ROWS_MAX];

/// A page under way. It is cleared and filled again, so its memory is allocated once.
#[derive(Debug)]
pub(super) struct TextPage {
    /// Room for the head, whose length is known at the end only, then the texts.
    bytes: Vec<u8>,
    rows: usize,
    /// The length of each text.
    lengths: Vec<u32>,
    /// Row numbers of the nulls.
    nulls: Vec<u16>,
    bounds: Bounds,
}

/// What a page holds.
pub(super) struct PageContent {
    bytes: Bytes,
    start: usize,
}

impl PageContent {
    /// All of it, shared with this value.
    pub(super) fn whole(&self) -> Bytes {
        self.bytes.slice(self.start..)
    }

    /// How much of it stands before the texts.
    pub(super) fn head_bytes(&self) -> usize {
        HEAD_BYTES_MAX - self.start
    }
}

impl Default for TextPage {
    fn default() -> Self {
        let bytes = vec![0; HEAD_BYTES_MAX];
        Self { bytes, rows: 0, lengths: Vec::new(), nulls: Vec::new(), bounds: Bounds::default() }
    }
}

impl TextPage {
    /// Appends rows until the page is full or there are no more; returns the first that has no room. The page must not
    /// be full, and there must be a row.
    pub(super) fn append(&mut self, texts: &GatheredTexts, mut rows: Range<usize>) -> usize {
        rows.end = rows.end.min(rows.start + ROWS_MAX - self.rows);
        let rows = texts.fitting(rows, BYTES_MAX - self.text_bytes());
        let mut start = self.bytes.len();
        self.bytes.extend_from_slice(texts.bytes(rows.clone()));
        for length in texts.lengths(rows.clone()) {
            match length {
                Some(length) => {
                    self.lengths.push(length as u32);
                    self.bounds.add(&self.bytes, start..start + length);
                    start += length;
                }
                None => self.nulls.push(self.rows as u16),
            }
            self.rows += 1;
        }
        rows.end
    }

    /// Whether the page must end here.
    pub(super) fn is_full(&self) -> bool {
        self.rows == ROWS_MAX || self.text_bytes() >= BYTES_MAX
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Nulls among them.
    pub(super) fn nulls(&self) -> usize {
        self.nulls.len()
    }

    /// Bytes of the texts themselves.
    pub(super) fn text_bytes(&self) -> usize {
        self.bytes.len() - HEAD_BYTES_MAX
    }

    /// The least and the greatest text; `None` without any.
    pub(super) fn bounds(&self) -> Option<(&[u8], &[u8])> {
        self.bounds.texts(&self.bytes)
    }

    /// How the texts are encoded.
    pub(super) fn encoding(&self) -> Encoding {
        // Without texts it is all the same, but there are readers that fail at deltas of nothing.
        if self.lengths.is_empty() { Encoding::PLAIN } else { Encoding::DELTA_BYTE_ARRAY }
    }

    /// Ends the page: its content, which is to be given to [`Self::begin`] for its memory.
    pub(super) fn end(&mut self) -> PageContent {
        let mut head = self.levels();
        if self.encoding() == Encoding::DELTA_BYTE_ARRAY {
            deltas::write(&NOTHING_SHARED[..self.lengths.len()], &mut head);
            deltas::write(&self.lengths, &mut head);
        }
        // Up against the texts, so that they need not be moved.
        let start = HEAD_BYTES_MAX - head.len();
        self.bytes[start..HEAD_BYTES_MAX].copy_from_slice(&head);
        PageContent { bytes: std::mem::take(&mut self.bytes).into(), start }
    }

    /// Begins the next page.
    pub(super) fn begin(&mut self, mut memory: PageContent) {
        memory.bytes.truncate(HEAD_BYTES_MAX);
        self.bytes = memory.bytes.into();
        self.rows = 0;
        self.lengths.clear();
        self.nulls.clear();
        self.bounds = Bounds::default();
    }

    /// The definition levels (1: a text, 0: null) as one run of Parquet's hybrid encoding, with its length before it.
    fn levels(&self) -> Vec<u8> {
        let mut levels = vec![0; 4];
        if self.nulls.is_empty() || self.nulls.len() == self.rows {
            // Equal levels: how many, and which.
            write_varint((self.rows as u64) << 1, &mut levels);
            levels.push(u8::from(self.nulls.is_empty()));
        } else {
            // A bit for each, in groups of eight.
            let groups = self.rows.div_ceil(8);
            write_varint((groups as u64) << 1 | 1, &mut levels);
            let first = levels.len();
            levels.resize(first + groups, 0xff);
            for &row in &self.nulls {
                levels[first + usize::from(row) / 8] &= !(1 << (row % 8));
            }
        }
        let length = levels.len() as u32 - 4;
        levels[..4].copy_from_slice(&length.to_le_bytes());
        levels
    }
}
