//! The rows of a page of texts under way: which are null, how much text there is, and its bounds.

use std::ops::Range;

use crate::bounds::Bounds;
use crate::varint::write_varint;

/// Rows in a page.
pub(crate) const ROWS_MAX: usize = crate::PAGE_ROWS_MAX;

/// What is known of the rows, however their texts are stored.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    rows: usize,
    /// Row numbers of the nulls.
    nulls: Vec<u16>,
    text_bytes: usize,
    bounds: Bounds,
}

impl Cells {
    /// Adds a row whose text is at this place of `memory`, which is the same for all rows; `None`: null.
    #[inline]
    pub(crate) fn add(&mut self, memory: &[u8], place: Option<Range<usize>>) {
        match place {
            Some(place) => {
                self.text_bytes += place.len();
                self.bounds.add(memory, place);
            }
            None => self.nulls.push(self.rows as u16),
        }
        self.rows += 1;
    }

    /// Begins the next page.
    pub(crate) fn clear(&mut self) {
        self.rows = 0;
        self.nulls.clear();
        self.text_bytes = 0;
        self.bounds = Bounds::default();
    }

    /// Rows so far.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Nulls among them.
    pub(crate) fn nulls(&self) -> usize {
        self.nulls.len()
    }

    /// Whether there is no text.
    pub(crate) fn are_null(&self) -> bool {
        self.nulls.len() == self.rows
    }

    /// Bytes of the texts themselves.
    pub(crate) fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// The least and the greatest text; `None` without any.
    pub(crate) fn bounds<'m>(&self, memory: &'m [u8]) -> Option<(&'m [u8], &'m [u8])> {
        self.bounds.texts(memory)
    }

    /// Appends the definition levels (1: a text, 0: null) as one run of Parquet's hybrid encoding, with its length
    /// before it.
    pub(crate) fn write_levels(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        if self.nulls.is_empty() || self.are_null() {
            // Equal levels: how many, and which.
            write_varint((self.rows as u64) << 1, out);
            out.push(u8::from(self.nulls.is_empty()));
        } else {
            // A bit for each, in groups of eight.
            let groups = self.rows.div_ceil(8);
            write_varint((groups as u64) << 1 | 1, out);
            let first = out.len();
            out.resize(first + groups, 0xff);
            for &row in &self.nulls {
                out[first + usize::from(row) / 8] &= !(1 << (row % 8));
            }
        }
        let length = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }
}
