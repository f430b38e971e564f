//! A DELTA_BYTE_ARRAY page of texts under way: definition levels, how much each text shares with the one before, the
//! lengths of the rest, the rest.
//!
//! No text shares anything here. So it is DELTA_LENGTH_BYTE_ARRAY but for some bytes of zeros, and those zeros are what
//! it takes for Spark to read it: before 4.1 it takes the lengths of null cells for those of others (SPARK-52240) where
//! the encoding has only lengths.

use std::ops::Range;

use crate::cells::{Cells, ROWS_MAX};
use crate::deltas;
use crate::texts::GatheredTexts;

/// A page ends when its texts take so many bytes.
const BYTES_MAX: usize = 1 << 20;

/// Pages that grow beyond this, by texts far longer than usual, leave no memory behind.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// A page under way. It is cleared and filled again, so its memory is allocated once, with the first row.
#[derive(Debug, Default)]
pub(crate) struct DeltaPage {
    /// The texts, one after the other.
    bytes: Vec<u8>,
    /// The length of each text.
    lengths: Vec<u32>,
    cells: Cells,
}

impl DeltaPage {
    /// Appends rows until the page is full or there are no more; returns the first that has no room. The page must not
    /// be full, and there must be a row.
    pub(crate) fn append(&mut self, texts: &GatheredTexts, mut rows: Range<usize>) -> usize {
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
    pub(crate) fn is_full(&self) -> bool {
        self.cells.rows() == ROWS_MAX || self.cells.text_bytes() >= BYTES_MAX
    }

    /// Its rows.
    pub(crate) fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Their texts.
    pub(crate) fn memory(&self) -> &[u8] {
        &self.bytes
    }

    /// What stands before the texts when the page ends here.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        self.cells.write_levels(&mut head);
        if !self.lengths.is_empty() {
            // Nothing is shared.
            deltas::write_zeros(self.lengths.len(), &mut head);
            deltas::write(&self.lengths, &mut head);
        }
        head
    }

    /// Bytes of memory that [`clear`](Self::clear) keeps.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Begins the next page.
    pub(crate) fn clear(&mut self) {
        if self.bytes.len() > KEPT_BYTES_MAX {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
        self.lengths.clear();
        self.cells.clear();
    }
}
