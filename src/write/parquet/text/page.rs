//! A DELTA_BYTE_ARRAY page of texts under way: definition levels, how much each text shares with the one before, the
//! lengths of the rest, the rest.
//!
//! No text shares anything here. So it is DELTA_LENGTH_BYTE_ARRAY but for some bytes of zeros, and those zeros are what
//! it takes for Spark to read it: before 4.1 it takes the lengths of null cells for those of others (SPARK-52240) where
//! the encoding has only lengths.

use std::ops::Range;

use super::cells::{Cells, LEVELS_BYTES_MAX, ROWS_MAX};
use super::deltas;
use crate::write::parquet::gathered::GatheredTexts;

/// A page ends when its texts take so many bytes.
const BYTES_MAX: usize = 1 << 20;

/// The longest form of what stands before the texts.
const HEAD_BYTES_MAX: usize = LEVELS_BYTES_MAX + 2 * deltas::bytes_max(ROWS_MAX);

/// A page under way. It is cleared and filled again, so its memory is allocated once.
#[derive(Debug)]
pub(super) struct DeltaPage {
    /// Room for the head, whose length is known at the end only, then the texts.
    bytes: Vec<u8>,
    /// The length of each text.
    lengths: Vec<u32>,
    cells: Cells,
}

impl Default for DeltaPage {
    fn default() -> Self {
        Self { bytes: vec![0; HEAD_BYTES_MAX], lengths: Vec::new(), cells: Cells::default() }
    }
}

impl DeltaPage {
    /// Appends rows until the page is full or there are no more; returns the first that has no room. The page must not
    /// be full, and there must be a row.
    pub(super) fn append(&mut self, texts: &GatheredTexts, mut rows: Range<usize>) -> usize {
        rows.end = rows.end.min(rows.start + ROWS_MAX - self.cells.rows());
        let rows = texts.fitting(rows, BYTES_MAX - self.cells.text_bytes());
        let mut start = self.bytes.len();
        self.bytes.extend_from_slice(texts.bytes(rows.clone()));
        for length in texts.lengths(rows.clone()) {
            let place = length.map(|length| start..start + length);
            if let Some(place) = &place {
                self.lengths.push(place.len() as u32);
                start = place.end;
            }
            self.cells.add(&self.bytes, place);
        }
        rows.end
    }

    /// Whether the page must end here.
    pub(super) fn is_full(&self) -> bool {
        self.cells.rows() == ROWS_MAX || self.cells.text_bytes() >= BYTES_MAX
    }

    /// Its rows.
    pub(super) fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Where their texts are.
    pub(super) fn memory(&self) -> &[u8] {
        &self.bytes
    }

    /// Ends the page: its content, and how much of that stands before the texts.
    pub(super) fn content(&mut self) -> (&[u8], usize) {
        let mut head = Vec::with_capacity(HEAD_BYTES_MAX);
        self.cells.write_levels(&mut head);
        if !self.lengths.is_empty() {
            // Nothing is shared.
            deltas::write_zeros(self.lengths.len(), &mut head);
            deltas::write(&self.lengths, &mut head);
        }
        // Up against the texts, so that they need not be moved.
        let start = HEAD_BYTES_MAX - head.len();
        self.bytes[start..HEAD_BYTES_MAX].copy_from_slice(&head);
        (&self.bytes[start..], head.len())
    }

    /// Begins the next page.
    pub(super) fn clear(&mut self) {
        self.bytes.truncate(HEAD_BYTES_MAX);
        self.lengths.clear();
        self.cells.clear();
    }
}
