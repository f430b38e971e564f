//! Matches a name against the blocks of a pattern: the first one at the beginning, the last one at the end, and those
//! between them each as early as it can be, which leaves the others the most room.

use super::{BatchDate, DatePiece, NaiveDate, Piece};

/// The date that a name shows, perhaps one that the calendar does not have.
#[derive(Clone, Copy, Default)]
pub(super) struct Written {
    year: u32,
    month: u32,
    day: u32,
}

impl Written {
    /// The date; `None` if there is no such day.
    pub(super) fn date(self) -> Option<BatchDate> {
        NaiveDate::from_ymd_opt(i32::try_from(self.year).ok()?, self.month, self.day).and_then(BatchDate::new)
    }
}

/// The date of a name that matches as a whole.
pub(super) fn matches(blocks: &[Vec<Piece>], name: &str) -> Option<Written> {
    let mut matcher = Matcher { name: name.as_bytes(), dates: Dates::Clear, written: Written::default() };
    let (last, others) = blocks.split_last()?;
    let end = matcher.beginning(others)?;
    let begin = match others {
        [] => 0,
        _ => name.len().checked_sub(length(last)).filter(|begin| *begin >= end)?,
    };
    if matcher.name[end..begin].contains(&b'/') {
        return None;
    }
    let end = matcher.end_of(last, begin, !others.is_empty())?;
    (end == name.len()).then_some(matcher.written)
}

/// The date of a name that begins with what ends with the date, and where that ends. The calendar
/// may not have it, and a digit may follow it.
pub(super) fn matches_beginning(blocks: &[Vec<Piece>], name: &str) -> Option<(Written, usize)> {
    let mut matcher = Matcher { name: name.as_bytes(), dates: Dates::Written, written: Written::default() };
    let end = matcher.beginning(blocks)?;
    Some((matcher.written, end))
}

/// What is taken for a date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dates {
    /// Those that the calendar has, with no digit after them.
    Clear,
    /// All that is written like one.
    Written,
}

struct Matcher<'n> {
    name: &'n [u8],
    dates: Dates,
    written: Written,
}

impl Matcher<'_> {
    /// Where these blocks end, of which the first is at the beginning of the name.
    fn beginning(&mut self, blocks: &[Vec<Piece>]) -> Option<usize> {
        let Some((first, others)) = blocks.split_first() else { return Some(0) };
        let end = self.end_of(first, 0, false)?;
        others.iter().try_fold(end, |end, block| self.search(block, end))
    }

    /// Where the block ends that stands after a `*` which begins at `from`.
    fn search(&mut self, block: &[Piece], from: usize) -> Option<usize> {
        let slash = self.name[from..].iter().position(|&byte| byte == b'/');
        let last = slash.map_or(self.name.len(), |at| from + at);
        (from..=last).find_map(|begin| self.end_of(block, begin, true))
    }

    /// Where the block ends if it begins at `begin`.
    fn end_of(&mut self, block: &[Piece], begin: usize, is_after_any: bool) -> Option<usize> {
        let mut at = begin;
        for (index, piece) in block.iter().enumerate() {
            match piece {
                Piece::Literal(literal) => {
                    self.name[at..].starts_with(literal.as_bytes()).then_some(())?;
                    at += literal.len();
                }
                Piece::Date(date) => {
                    let is_any_before = index == 0 && is_after_any;
                    if is_any_before && at > 0 && self.is_digit(at - 1) {
                        return None;
                    }
                    self.read(*date, at)?;
                    at += date.form().len();
                    let is_last = !matches!(block.get(index + 1), Some(Piece::Date(_)));
                    if is_last && self.dates == Dates::Clear && self.is_digit(at) {
                        return None;
                    }
                }
            }
        }
        // Another place may have one that the calendar has.
        let is_clear = self.dates == Dates::Written || !has_whole_date(block) || self.written.date().is_some();
        is_clear.then_some(at)
    }

    fn is_digit(&self, at: usize) -> bool {
        self.name.get(at).is_some_and(u8::is_ascii_digit)
    }

    /// Reads a date, or a part of one, where it is written as it should be.
    fn read(&mut self, date: DatePiece, at: usize) -> Option<()> {
        let form = date.form().as_bytes();
        let text = self.name.get(at..at + form.len())?;
        for (&byte, &letter) in text.iter().zip(form) {
            match letter {
                b'-' => (byte == b'-').then_some(())?,
                _ => byte.is_ascii_digit().then_some(())?,
            }
        }
        let number_of = |letter: u8| {
            let digits = text.iter().zip(form).filter(move |(_, other)| **other == letter);
            digits.fold(0, |number, (byte, _)| number * 10 + u32::from(byte - b'0'))
        };
        let Written { year, month, day } = &mut self.written;
        for (field, letter) in [(year, b'Y'), (month, b'M'), (day, b'D')] {
            if form.contains(&letter) {
                *field = number_of(letter);
            }
        }
        Some(())
    }
}

/// Whether a block has all of the date.
fn has_whole_date(block: &[Piece]) -> bool {
    let has = |wanted| block.contains(&Piece::Date(wanted));
    let parts = [DatePiece::Year, DatePiece::Month, DatePiece::Day];
    has(DatePiece::Hyphens) || has(DatePiece::Digits) || parts.into_iter().all(has)
}

/// How long the names are that a block matches, in bytes.
fn length(block: &[Piece]) -> usize {
    let length = |piece: &Piece| match piece {
        Piece::Literal(literal) => literal.len(),
        Piece::Date(date) => date.form().len(),
    };
    block.iter().map(length).sum()
}
