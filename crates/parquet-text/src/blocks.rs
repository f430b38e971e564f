//! Bytes that only grow, in blocks: nothing is moved when there are more, so no memory is taken twice.

use std::io::Read;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// The first block is so long; each other as long as all before it, within these limits.
const BLOCK_BYTES_MIN: usize = 1 << 12;
const BLOCK_BYTES_MAX: usize = 1 << 20;

/// Bytes in blocks. The memory is used again after [`clear`](Self::clear).
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    blocks: Vec<Vec<u8>>,
    /// Which block is being filled; those after it are empty.
    current: usize,
    len: usize,
}

impl Blocks {
    /// How many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Appends bytes.
    pub(crate) fn append(&mut self, mut bytes: &[u8]) {
        self.len += bytes.len();
        while !bytes.is_empty() {
            if self.current == self.blocks.len() {
                let before = self.len - bytes.len();
                self.blocks.push(Vec::with_capacity(before.clamp(BLOCK_BYTES_MIN, BLOCK_BYTES_MAX)));
            }
            let block = &mut self.blocks[self.current];
            let (now, rest) = bytes.split_at(bytes.len().min(block.capacity() - block.len()));
            block.extend_from_slice(now);
            bytes = rest;
            self.current += usize::from(block.len() == block.capacity());
        }
    }

    /// Forgets all bytes.
    pub(crate) fn clear(&mut self) {
        self.blocks.iter_mut().for_each(Vec::clear);
        (self.current, self.len) = (0, 0);
    }

    /// Bytes of memory that are kept.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.blocks.iter().map(Vec::capacity).sum()
    }
}

/// Bytes with others before them, as the writer of a file takes them: in one go.
pub(crate) struct Parts<'a> {
    pub(crate) first: &'a [u8],
    pub(crate) rest: &'a Blocks,
}

impl Length for Parts<'_> {
    fn len(&self) -> u64 {
        (self.first.len() + self.rest.len()) as u64
    }
}

impl<'a> ChunkReader for Parts<'a> {
    type T = PartsReader<'a>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        if start != 0 {
            return Err(not_in_one_go());
        }
        Ok(PartsReader { now: self.first, blocks: self.rest.blocks.iter() })
    }

    fn get_bytes(&self, _: u64, _: usize) -> Result<Bytes> {
        Err(not_in_one_go())
    }
}

fn not_in_one_go() -> ParquetError {
    ParquetError::General("a chunk of texts is read in one go".to_owned())
}

/// Reads the parts one after the other.
pub(crate) struct PartsReader<'a> {
    now: &'a [u8],
    blocks: std::slice::Iter<'a, Vec<u8>>,
}

impl Read for PartsReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.now.is_empty() {
            match self.blocks.next() {
                Some(block) => self.now = block,
                None => return Ok(0),
            }
        }
        self.now.read(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_read_in_order_behind_the_first_part_also_after_it_was_cleared() {
        let mut blocks = Blocks::default();
        for round in 0..2_u32 {
            let mut expected = b"first".to_vec();
            for number in 0..300_u32 {
                let bytes = (number * 7 + round).to_le_bytes().repeat(number as usize * 13);
                blocks.append(&bytes);
                expected.extend_from_slice(&bytes);
            }
            let parts = Parts { first: b"first", rest: &blocks };
            assert_eq!(parts.len(), expected.len() as u64);
            let mut read = Vec::new();
            parts.get_read(0).and_then(|mut parts| Ok(parts.read_to_end(&mut read)?)).expect("memory");
            assert!(read == expected, "round {round}");
            assert!(blocks.kept_bytes() <= 2 * expected.len() + BLOCK_BYTES_MIN);
            blocks.clear();
        }
    }
}
