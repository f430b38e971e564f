//! Finds where records begin in the middle of an object, so that several readers share one object.
//!
//! Where a record begins depends on all that comes before: quotes may hold line feeds, and the cutter resumes one line
//! after a stray quote. So each range is first *walked* from its first line, as if a record began there. Nearly always
//! one does, or the walk meets the right one soon: what the cutter does depends on a record's first byte alone, so two
//! walks that share one record share all that follow. [`Walk::settle`] then goes from range to range in order. Where a
//! walk began in the wrong place, it walks again from the right one until the two meet.

use std::io::Read;
use std::ops::Range;

use memchr::memchr;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::read::cutter::{Chunk, Content, Cutter};
use crate::read::scan::Records;

/// Bytes between the places at which walks note the next record. Two that have met find it out that soon.
#[cfg(not(test))]
const MARK_BYTES: u64 = 1024 * 1024;
#[cfg(test)]
const MARK_BYTES: u64 = 16;

/// The records that begin in a range of an object's plain text, given that a record begins at `entry`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Where it began.
    pub entry: u64,
    /// The first record that begins at or behind each mark of the range.
    marks: Vec<u64>,
    /// The first record that begins at or behind the end of the range, or the end of the text.
    pub exit: u64,
}

/// How a walk reads: the cutter over the text from the walk's entry on, and what finds records in its chunks.
pub struct Walker<R> {
    /// Cuts the text.
    pub cutter: Cutter<R>,
    /// Finds records in the same dialect.
    pub records: Records,
}

impl<R: Read> Walker<R> {
    /// Walks through `range` from `entry` on, where the text ends at `text_end`. Stops early where it meets `known`, a walk
    /// through the same range, and ends as that one does.
    pub fn walk(mut self, range: &Range<u64>, entry: u64, text_end: u64, known: Option<&Walk>) -> Result<Walk> {
        let mut walk = Walk { entry, marks: Vec::new(), exit: text_end };
        let mut wanted = mark(range, 0);
        let mut buffer = Vec::new();
        while let Some(chunk) = self.cutter.next_chunk(std::mem::take(&mut buffer))? {
            let mut is_scanned = false;
            while let Some(start) = self.record_from(&chunk, wanted, &mut is_scanned) {
                if wanted == range.end {
                    walk.exit = start;
                    return Ok(walk);
                }
                if let Some(known) = known.filter(|known| known.marks.get(walk.marks.len()) == Some(&start)) {
                    walk.exit = known.exit;
                    return Ok(walk);
                }
                walk.marks.push(start);
                wanted = mark(range, walk.marks.len());
            }
            buffer = chunk.bytes;
        }
        Ok(walk)
    }

    /// The first record of the chunk that begins at or behind `wanted`; `None`: it is in a later chunk. The chunk is scanned
    /// at most once.
    fn record_from(&mut self, chunk: &Chunk, wanted: u64, is_scanned: &mut bool) -> Option<u64> {
        let Chunk { bytes, offset, content } = chunk;
        if wanted <= *offset && *content != Content::MoreOfBroken {
            return Some(*offset);
        }
        // The record begins behind the line end that is at `from` or later.
        let from = usize::try_from(wanted.saturating_sub(*offset)).ok()?.saturating_sub(1);
        if from >= bytes.len() {
            return None;
        }
        let mut line_from = from;
        if *content == Content::Records {
            if !std::mem::replace(is_scanned, true) {
                self.records.scan(bytes);
            }
            // Line feeds inside a record end nothing. What joined files leave before a record is a part of its line.
            let first_line = from + memchr(b'\n', &bytes[from..])?;
            let begun = self.records.partition(|record| record.start as usize <= first_line);
            if let Some(last) = begun.checked_sub(1) {
                line_from = line_from.max(self.records.end(self.records.get(last)));
            }
        }
        let end = line_from + memchr(b'\n', &bytes[line_from..])? + 1;
        // What begins at the end of the chunk is the next one's to tell: there may be nothing.
        (end < bytes.len()).then(|| offset + end as u64)
    }
}

/// The mark with this number, from 0; the last is the end of the range.
fn mark(range: &Range<u64>, number: usize) -> u64 {
    (range.start + (number as u64 + 1) * MARK_BYTES).min(range.end)
}

impl Walk {
    /// Where the records begin that belong to each of these neighbouring ranges, and where the last of them end: one place
    /// more than there are ranges. `walks` has each range's walk, if a line begins in it; the first record begins at
    /// `first`. Calls `again` to walk through a range from another entry.
    pub fn settle(
        ranges: &[Range<u64>],
        walks: &[Option<Walk>],
        first: u64,
        mut again: impl FnMut(usize, u64, Option<&Walk>) -> Result<Walk>,
    ) -> Result<Vec<u64>> {
        let mut starts = vec![first];
        let mut entry = first;
        for (number, (range, walk)) in ranges.iter().zip(walks).enumerate() {
            // One record may be longer than a range.
            if entry < range.end {
                entry = match walk {
                    Some(walk) if walk.entry == entry => walk.exit,
                    known => again(number, entry, known.as_ref())?.exit,
                };
            }
            starts.push(entry);
        }
        Ok(starts)
    }
}

/// Where the first line begins at or behind `begin`, of a text whose bytes from `begin - 1` on are these, and which has
/// none but these up to the end of the range.
pub fn first_line(bytes: &[u8], begin: u64) -> Option<u64> {
    memchr(b'\n', bytes).map(|at| begin + at as u64)
}

/// Neighbouring ranges of about `range_bytes` from `first` to `end`; at least one.
pub fn ranges(first: u64, end: u64, range_bytes: u64) -> Vec<Range<u64>> {
    let count = (end.saturating_sub(first)).div_ceil(range_bytes.max(1)).max(1);
    let border = |number: u64| (first + number * range_bytes.max(1)).min(end.max(first));
    (0..count).map(|number| border(number)..border(number + 1)).collect()
}

#[cfg(test)]
mod tests;
