//! The dictionary of a column chunk, and a page of numbers of its texts under way.

use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::HashTable;

use crate::cells::{Cells, ROWS_MAX};
use crate::hybrid;
use crate::texts::GatheredTexts;

/// A dictionary does not grow beyond this: it does not pay any more, and readers hold all of it in memory.
const BYTES_MAX: usize = 1 << 20;

/// The different texts of a column chunk, in the order they came.
#[derive(Debug)]
pub(crate) struct Dictionary<S> {
    hasher: S,
    /// As they are written: each behind its length.
    bytes: Vec<u8>,
    /// Where each text begins and ends.
    places: Vec<(u32, u32)>,
    by_text: HashTable<u32>,
}

impl<S: BuildHasher + Clone> Dictionary<S> {
    /// An empty one. Where a text stands in its table depends on `hasher`, its number does not.
    pub(crate) fn new(hasher: S) -> Self {
        Self { hasher, bytes: Vec::new(), places: Vec::new(), by_text: HashTable::new() }
    }

    /// The number of a text, which is added if it is new.
    #[inline]
    fn number(&mut self, text: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(text);
        let Self { hasher, bytes, places, by_text } = self;
        let at = |number: u32| {
            let (start, end) = places[number as usize];
            &bytes[start as usize..end as usize]
        };
        if let Some(&number) = by_text.find(hash, |&number| at(number) == text) {
            return number;
        }
        let number = places.len() as u32;
        by_text.insert_unique(hash, number, |&number| hasher.hash_one(at(number)));
        bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        places.push((bytes.len() as u32, (bytes.len() + text.len()) as u32));
        bytes.extend_from_slice(text);
        number
    }

    /// How many texts it has.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it must not grow any more.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= BYTES_MAX
    }

    /// Its page's content, in which the texts are.
    pub(crate) fn memory(&self) -> &[u8] {
        &self.bytes
    }

    /// Begins the next chunk's.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.by_text.clear();
    }

    /// Bytes of memory that [`clear`](Self::clear) keeps.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.bytes.capacity() + self.places.capacity() * size_of::<(u32, u32)>() + self.by_text.allocation_size()
    }

    /// Lets go of that memory.
    pub(crate) fn release(&mut self) {
        *self = Self::new(self.hasher.clone());
    }

    fn place(&self, number: u32) -> Range<usize> {
        let (start, end) = self.places[number as usize];
        start as usize..end as usize
    }
}

/// A page of numbers under way: definition levels, the width of the numbers in bits, the numbers.
#[derive(Debug, Default)]
pub(crate) struct NumberPage {
    numbers: Vec<u32>,
    cells: Cells,
    bytes: Vec<u8>,
}

impl NumberPage {
    /// Appends rows until the page or the dictionary is full or there are no more; returns the first that has no room.
    /// Neither must be full.
    pub(crate) fn append(
        &mut self,
        texts: &GatheredTexts,
        rows: Range<usize>,
        dictionary: &mut Dictionary<impl BuildHasher + Clone>,
    ) -> usize {
        let rows_max = ROWS_MAX - self.cells.rows();
        let mut next = rows.start;
        for text in texts.texts(rows).take(rows_max) {
            let place = text.map(|text| {
                let number = dictionary.number(text);
                self.numbers.push(number);
                dictionary.place(number)
            });
            self.cells.add(dictionary.memory(), place);
            next += 1;
            if dictionary.is_full() {
                break;
            }
        }
        next
    }

    /// Whether the page must end here.
    pub(crate) fn is_full(&self) -> bool {
        self.cells.rows() == ROWS_MAX
    }

    /// Its rows.
    pub(crate) fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Ends the page: its content. `dictionary` is what all its texts are in.
    pub(crate) fn content(&mut self, dictionary: &Dictionary<impl BuildHasher + Clone>) -> &[u8] {
        self.bytes.clear();
        self.cells.write_levels(&mut self.bytes);
        if !self.numbers.is_empty() {
            let width = u32::BITS - (dictionary.len() as u32 - 1).leading_zeros();
            self.bytes.push(width as u8);
            hybrid::write(&self.numbers, width, &mut self.bytes);
        }
        &self.bytes
    }

    /// Begins the next page.
    pub(crate) fn clear(&mut self) {
        self.numbers.clear();
        self.cells.clear();
    }
}
