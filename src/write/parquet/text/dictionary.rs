//! The dictionary of a column chunk, and a page of numbers of its texts under way.

use std::ops::Range;

use hashbrown::HashTable;

use super::cells::{Cells, ROWS_MAX};
use super::hybrid;
use crate::seed::Seed;
use crate::write::parquet::gathered::GatheredTexts;

/// A dictionary does not grow beyond this: it does not pay any more, and readers hold all of it in memory.
const BYTES_MAX: usize = 1 << 20;

/// The different texts of a column chunk, in the order they came.
#[derive(Debug)]
pub(super) struct Dictionary {
    seed: Seed,
    /// As they are written: each behind its length.
    bytes: Vec<u8>,
    /// Where each text begins and ends.
    places: Vec<(u32, u32)>,
    by_text: HashTable<u32>,
}

impl Dictionary {
    /// An empty one. Where a text stands in its table depends on `seed`, its number does not.
    pub(super) fn new(seed: Seed) -> Self {
        Self { seed, bytes: Vec::new(), places: Vec::new(), by_text: HashTable::new() }
    }

    /// The number of a text, which is added if it is new.
    #[inline]
    fn number(&mut self, text: &[u8]) -> u32 {
        let hash = self.seed.of_text(text);
        let Self { seed, bytes, places, by_text } = self;
        let at = |number: u32| {
            let (start, end) = places[number as usize];
            &bytes[start as usize..end as usize]
        };
        if let Some(&number) = by_text.find(hash, |&number| at(number) == text) {
            return number;
        }
        let number = places.len() as u32;
        by_text.insert_unique(hash, number, |&number| seed.of_text(at(number)));
        bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        places.push((bytes.len() as u32, (bytes.len() + text.len()) as u32));
        bytes.extend_from_slice(text);
        number
    }

    /// How many texts it has.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether it must not grow any more.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BYTES_MAX
    }

    /// Its page's content, in which the texts are.
    pub(super) fn memory(&self) -> &[u8] {
        &self.bytes
    }

    /// Begins the next chunk's.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.by_text.clear();
    }

    /// Bytes of memory that [`clear`](Self::clear) keeps.
    pub(super) fn kept_bytes(&self) -> usize {
        self.bytes.capacity() + self.places.capacity() * size_of::<(u32, u32)>() + self.by_text.allocation_size()
    }

    /// Lets go of that memory.
    pub(super) fn release(&mut self) {
        *self = Self::new(self.seed.clone());
    }

    fn place(&self, number: u32) -> Range<usize> {
        let (start, end) = self.places[number as usize];
        start as usize..end as usize
    }
}

/// A page of numbers under way: definition levels, the width of the numbers in bits, the numbers.
#[derive(Debug, Default)]
pub(super) struct NumberPage {
    numbers: Vec<u32>,
    cells: Cells,
    bytes: Vec<u8>,
}

impl NumberPage {
    /// Appends rows until the page or the dictionary is full or there are no more; returns the first that has no room.
    /// Neither must be full.
    pub(super) fn append(&mut self, texts: &GatheredTexts, rows: Range<usize>, dictionary: &mut Dictionary) -> usize {
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
    pub(super) fn is_full(&self) -> bool {
        self.cells.rows() == ROWS_MAX
    }

    /// Its rows.
    pub(super) fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Ends the page: its content. `dictionary` is what all its texts are in.
    pub(super) fn content(&mut self, dictionary: &Dictionary) -> &[u8] {
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
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.cells.clear();
    }
}
