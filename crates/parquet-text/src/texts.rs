//! The texts of some rows, gathered as they lie in memory: a page then takes over hundreds of them with one copy.

use std::ops::Range;

/// Bytes that are copied at once: most texts are shorter, and copying what is behind them costs less than asking.
const WIDE: usize = 32;

/// What a text weighs beside its bytes: its length, and its place and number in a dictionary.
const TEXT_WEIGHT: usize = 8;

/// The texts of one column in some rows of one chunk, one behind the other.
#[derive(Debug, Default)]
pub struct GatheredTexts {
    /// Behind what is used, there is room and garbage.
    bytes: Vec<u8>,
    used: usize,
    /// Where each row's text ends.
    ends: Vec<End>,
    /// How many rows are not null.
    filled: usize,
}

/// Where a row's text ends, and whether it is null and so has no bytes.
#[derive(Clone, Copy, Debug)]
struct End(u32);

impl End {
    const NULL: u32 = 1 << 31;

    fn new(end: usize, is_null: bool) -> Self {
        Self(end as u32 | if is_null { Self::NULL } else { 0 })
    }

    #[inline]
    fn place(self) -> usize {
        (self.0 & !Self::NULL) as usize
    }

    #[inline]
    fn is_null(self) -> bool {
        self.0 & Self::NULL != 0
    }
}

impl GatheredTexts {
    /// Takes all texts away, but keeps the memory.
    pub fn clear(&mut self) {
        self.used = 0;
        self.ends.clear();
        self.filled = 0;
    }

    /// Appends a row's text; `None`: null.
    #[inline]
    pub fn push(&mut self, text: Option<&[u8]>) {
        if let Some(text) = text {
            self.make_room(text.len());
            self.bytes[self.used..self.used + text.len()].copy_from_slice(text);
            self.used += text.len();
            self.filled += 1;
        }
        self.ends.push(End::new(self.used, text.is_none()));
    }

    /// Appends the text at this place of `source`.
    #[inline]
    pub fn push_from(&mut self, source: &[u8], place: Range<usize>) {
        let length = place.len();
        self.make_room(length);
        let target = &mut self.bytes[self.used..];
        match (source[place.start..].first_chunk::<WIDE>(), target.first_chunk_mut::<WIDE>()) {
            (Some(source), Some(target)) if length <= WIDE => *target = *source,
            _ => target[..length].copy_from_slice(&source[place]),
        }
        self.used += length;
        self.filled += 1;
        self.ends.push(End::new(self.used, false));
    }

    #[inline]
    fn make_room(&mut self, length: usize) {
        let needed = self.used + length.max(WIDE);
        if self.bytes.len() < needed {
            self.bytes.resize(needed.max(2 * self.bytes.len()), 0);
        }
    }

    /// What this row's text adds to the weight of a row group.
    pub fn weight(&self, row: usize) -> usize {
        if self.ends[row].is_null() { 0 } else { TEXT_WEIGHT + self.ends[row].place() - self.start(row) }
    }

    /// What all rows' texts add.
    pub fn whole_weight(&self) -> usize {
        self.filled * TEXT_WEIGHT + self.used
    }

    /// Bytes of memory it occupies.
    pub fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<End>()
    }

    fn start(&self, row: usize) -> usize {
        if row == 0 { 0 } else { self.ends[row - 1].place() }
    }

    /// The bytes of these rows.
    pub(crate) fn bytes(&self, rows: Range<usize>) -> &[u8] {
        &self.bytes[self.start(rows.start)..self.start(rows.end)]
    }

    /// The length of each of these rows' texts; `None`: null.
    #[inline]
    pub(crate) fn lengths(&self, rows: Range<usize>) -> impl Iterator<Item = Option<usize>> {
        let mut start = self.start(rows.start);
        self.ends[rows].iter().map(move |end| {
            let length = end.place() - start;
            start = end.place();
            (!end.is_null()).then_some(length)
        })
    }

    /// The text of each of these rows; `None`: null.
    #[inline]
    pub fn texts(&self, rows: Range<usize>) -> impl Iterator<Item = Option<&[u8]>> {
        let mut start = self.start(rows.start);
        self.lengths(rows).map(move |length| {
            let text = &self.bytes[start..start + length?];
            start += text.len();
            Some(text)
        })
    }

    /// The first rows of `rows`, at least one, that take up to `bytes_max` bytes or are just beyond.
    pub(crate) fn fitting(&self, rows: Range<usize>, bytes_max: usize) -> Range<usize> {
        let start = self.start(rows.start);
        let whole = self.ends[rows.clone()].partition_point(|end| end.place() - start < bytes_max);
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
