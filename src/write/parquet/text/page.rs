//! A PLAIN page of texts under way: definition levels, then each text with its length before it.

use std::ops::Range;

use super::bounds::Bounds;
use crate::write::parquet::BATCH_ROWS;
use crate::write::parquet::gathered::{GatheredTexts, LENGTH_BYTES};

/// Rows in a page.
pub(super) const ROWS_MAX: usize = BATCH_ROWS;

/// A page ends when its texts take so many bytes.
const BYTES_MAX: usize = 1 << 20;

/// The longest form of the levels of [`ROWS_MAX`] rows: their length, the header of the run, a bit a row.
const LEVELS_BYTES_MAX: usize = 4 + 3 + ROWS_MAX / 8;

/// A page under way. It is cleared and filled again, so its memory is allocated once.
#[derive(Debug)]
pub(super) struct TextPage {
    /// Room for the levels, whose length is known at the end only, then the texts.
    bytes: Vec<u8>,
    rows: usize,
    /// Row numbers of the nulls.
    nulls: Vec<u16>,
    bounds: Bounds,
}

impl Default for TextPage {
    fn default() -> Self {
        Self { bytes: vec![0; LEVELS_BYTES_MAX], rows: 0, nulls: Vec::new(), bounds: Bounds::default() }
    }
}

impl TextPage {
    /// Appends rows until the page is full or there are no more; returns the first that has no room. The page must not
    /// be full, and there must be a row.
    pub(super) fn append(&mut self, texts: &GatheredTexts, mut rows: Range<usize>) -> usize {
        rows.end = rows.end.min(rows.start + ROWS_MAX - self.rows);
        let rows = texts.fitting(rows, LEVELS_BYTES_MAX + BYTES_MAX - self.bytes.len());
        let (stored, from) = texts.stored(rows.clone());
        let to = self.bytes.len();
        self.bytes.extend_from_slice(stored);
        for row in rows.clone() {
            match texts.place(row) {
                Some(place) => self.bounds.add(&self.bytes, to + place.start - from..to + place.end - from),
                None => self.nulls.push(self.rows as u16),
            }
            self.rows += 1;
        }
        rows.end
    }

    /// Whether the page must end here.
    pub(super) fn is_full(&self) -> bool {
        self.rows == ROWS_MAX || self.bytes.len() >= LEVELS_BYTES_MAX + BYTES_MAX
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
        self.bytes.len() - LEVELS_BYTES_MAX - LENGTH_BYTES * (self.rows - self.nulls.len())
    }

    /// The least and the greatest text; `None` without any.
    pub(super) fn bounds(&self) -> Option<(&[u8], &[u8])> {
        self.bounds.texts(&self.bytes)
    }

    /// The page's content.
    pub(super) fn content(&mut self) -> &[u8] {
        let levels = self.levels();
        // Up against the texts, so that they need not be moved.
        let start = LEVELS_BYTES_MAX - levels.len();
        self.bytes[start..LEVELS_BYTES_MAX].copy_from_slice(&levels);
        &self.bytes[start..]
    }

    /// Begins the next page.
    pub(super) fn clear(&mut self) {
        self.bytes.truncate(LEVELS_BYTES_MAX);
        self.rows = 0;
        self.nulls.clear();
        self.bounds = Bounds::default();
    }

    /// The definition levels (1: a text, 0: null) as one run of Parquet's hybrid encoding, with its length before it.
    fn levels(&self) -> Vec<u8> {
        let mut levels = vec![0; 4];
        if self.nulls.is_empty() || self.nulls.len() == self.rows {
            // Equal levels: how many, and which.
            write_varint(self.rows << 1, &mut levels);
            levels.push(u8::from(self.nulls.is_empty()));
        } else {
            // A bit for each, in groups of eight.
            let groups = self.rows.div_ceil(8);
            write_varint(groups << 1 | 1, &mut levels);
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

/// A number in groups of seven bits, the lowest first.
fn write_varint(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
