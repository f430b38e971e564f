//! Finds where records end, by quotes and line feeds alone.
//!
//! A stream is taken up again after the first line of a record that cannot be parsed, so the same bytes are looked at
//! again, from another start. Every such walk that led to no record's end is remembered by the quotes it opened
//! fields with: what follows from an opened field depends on its quote alone, so a later walk that opens one of them
//! goes on where the earlier one stopped. At a given place a walk is inside or outside quotes, so remembering the last
//! two is enough for every third to meet one of them, and each byte is looked at a fixed number of times.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::{ClosedAmidText, OpeningLine, RowJudge, ends_field, find_closing};
use crate::read::Dialect;
use crate::read::header::BYTE_ORDER_MARK;
use crate::rules::Reason;

/// Where bytes that begin with a record can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// After so many bytes: the end of the last whole record before which nothing is broken.
    At(usize),
    /// Not at all: the first record cannot end as it should.
    Broken(Reason),
    /// The first record does not end within these bytes.
    Unfinished,
}

/// The search for the ends of records in one stream.
#[derive(Default)]
pub(super) struct Boundaries {
    pub(super) dialect: Dialect,
    pub(super) closed_amid_text: ClosedAmidText,
    pub(super) judge: Option<Arc<dyn RowJudge>>,
    pub(super) comment: Option<Arc<str>>,
    /// The stretches outside quotes, which are looked through for line feeds at the end, and only the last ones.
    stretches: Vec<Range<usize>>,
    dead_ends: VecDeque<DeadEnd>,
    /// Bytes looked at.
    #[cfg(test)]
    pub(super) steps: u64,
}

/// A walk that came to no record's end.
struct DeadEnd {
    /// Where it opened quoted fields, as places in the stream.
    openings: VecDeque<u64>,
    stop: Stop,
}

/// How a walk stopped. Places are in the stream.
#[derive(Clone, Copy)]
enum Stop {
    Broken(Reason),
    /// In the field opened here, whose closing quote is not before `searched`.
    Inside {
        opening: u64,
        searched: u64,
    },
    /// Outside quotes, at the end of the bytes that were there.
    Outside {
        from: u64,
    },
}

impl Boundaries {
    /// The last place to cut `bytes`, which begin with a record at `base` in the stream.
    pub(super) fn last(&mut self, bytes: &[u8], base: u64, at_end: bool) -> Cut {
        self.forget_before(base);
        self.stretches.clear();
        // Which dead end was met, and how many fields had been opened by then.
        let mut met: Option<(usize, usize)> = None;
        // `outside` is where the current stretch outside quotes begins, `from` where to look for the next quote.
        let (mut outside, mut from) = (0, 0);
        let stop = loop {
            self.count_steps(bytes, from);
            let Some(quote) = memchr(self.dialect.quote, &bytes[from..]).map(|at| from + at) else {
                self.stretches.push(outside..bytes.len());
                break Stop::Outside { from: base + bytes.len() as u64 };
            };
            from = quote + 1;
            if !opens(bytes, quote, self.closed_amid_text == ClosedAmidText::Broken, self.dialect.delimiter) {
                continue;
            }
            if let Some(end) = self.comment_end(bytes, outside, quote) {
                from = end;
                continue;
            }
            self.stretches.push(outside..quote);
            let (mut opening, mut searched) = (quote, from);
            if met.is_none()
                && let Some(index) = self.dead_end_with(base + quote as u64)
            {
                met = Some((index, self.stretches.len()));
                match self.dead_ends[index].stop {
                    broken @ Stop::Broken(_) => break broken,
                    Stop::Inside { opening: last, searched: to } => {
                        (opening, searched) = ((last - base) as usize, (to - base) as usize);
                        if opening != quote {
                            self.stretches.push(opening..opening);
                        }
                    }
                    Stop::Outside { from: to } => {
                        (outside, from) = ((to - base) as usize, (to - base) as usize);
                        continue;
                    }
                }
            }
            self.count_steps(bytes, searched);
            match self.close(bytes, opening, searched, at_end) {
                Closing::At(closing) => (outside, from) = (closing + 1, closing + 1),
                Closing::Stray(reason) => break Stop::Broken(reason),
                Closing::NotYet(searched) => {
                    break Stop::Inside { opening: base + opening as u64, searched: base + searched as u64 };
                }
            }
        };
        let end = match stop {
            Stop::Outside { .. } if at_end => bytes.len(),
            _ => self.last_line_end(bytes),
        };
        if end > 0 {
            return Cut::At(end);
        }
        self.remember(met, stop, base);
        match stop {
            Stop::Broken(reason) => Cut::Broken(reason),
            Stop::Inside { .. } | Stop::Outside { .. } => Cut::Unfinished,
        }
    }

    /// Where the line of the quote ends, if it is a comment. `outside` is where the stretch outside quotes begins.
    fn comment_end(&self, bytes: &[u8], outside: usize, quote: usize) -> Option<usize> {
        let comment = self.comment.as_deref()?;
        let line = match memrchr(b'\n', &bytes[outside..quote]) {
            Some(at) => outside + at + 1,
            None if outside == 0 || bytes[outside - 1] == b'\n' => outside,
            // It begins in a quoted field, or was looked at when that began.
            None => return None,
        };
        let mut text = &bytes[line..];
        if self.closed_amid_text == ClosedAmidText::Broken {
            while let [b'\r', rest @ ..] = text {
                text = rest;
            }
            text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        }
        let is_comment = text.starts_with(comment.as_bytes());
        is_comment.then(|| memchr(b'\n', &bytes[quote..]).map_or(bytes.len(), |at| quote + at))
    }

    /// Finds out where the field opened at `opening` ends.
    fn close(&self, bytes: &[u8], opening: usize, searched: usize, at_end: bool) -> Closing {
        let closing = match find_closing(bytes, searched, at_end, self.dialect.quote) {
            Ok(closing) => closing,
            Err(searched) => return Closing::NotYet(searched),
        };
        if memchr(b'\n', &bytes[opening..closing]).is_none() {
            return Closing::At(closing);
        }
        if self.closed_amid_text == ClosedAmidText::Broken {
            let rest = &bytes[closing + 1..];
            // Whether these carriage returns are of a line end is not to be seen yet.
            if !at_end && rest.iter().all(|&byte| byte == b'\r') {
                return Closing::NotYet(closing);
            }
            if !ends_field(rest, self.dialect.delimiter) {
                return Closing::Stray(Reason::UnterminatedQuote);
            }
        }
        let Some(judge) = &self.judge else { return Closing::At(closing) };
        // The line of the closing quote is judged as a whole, so it has to be there.
        let line_end = memchr(b'\n', &bytes[closing..]).map(|at| closing + at);
        if line_end.is_none() && !at_end {
            return Closing::NotYet(closing);
        }
        match swallows_rows(&**judge, bytes, opening..closing) {
            true => Closing::Stray(Reason::StrayQuote),
            false => Closing::At(closing),
        }
    }

    /// The end of the last line that ends within one of the stretches; 0 without any.
    fn last_line_end(&self, bytes: &[u8]) -> usize {
        let line_end = |stretch: &Range<usize>| Some(stretch.start + memrchr(b'\n', &bytes[stretch.clone()])? + 1);
        self.stretches.iter().rev().find_map(line_end).unwrap_or(0)
    }

    fn dead_end_with(&self, opening: u64) -> Option<usize> {
        self.dead_ends.iter().position(|dead_end| dead_end.openings.binary_search(&opening).is_ok())
    }

    fn forget_before(&mut self, base: u64) {
        for dead_end in &mut self.dead_ends {
            while dead_end.openings.front().is_some_and(|&opening| opening < base) {
                dead_end.openings.pop_front();
            }
        }
        self.dead_ends.retain(|dead_end| !dead_end.openings.is_empty());
    }

    /// Remembers the walk under way, which came to no record's end; one that met an earlier walk continues it.
    fn remember(&mut self, met: Option<(usize, usize)>, stop: Stop, base: u64) {
        // Every stretch ends where a field opens, but the last one of a walk that ended outside.
        let opened = self.stretches.len() - usize::from(matches!(stop, Stop::Outside { .. }));
        let opening = |stretch: &Range<usize>| base + stretch.end as u64;
        let openings = self.stretches[..opened].iter().map(opening);
        let Some((index, before)) = met else {
            if opened > 0 {
                self.dead_ends.push_back(DeadEnd { openings: openings.collect(), stop });
            }
            if self.dead_ends.len() > 2 {
                self.dead_ends.pop_front();
            }
            return;
        };
        let dead_end = &mut self.dead_ends[index];
        let mut openings: Vec<u64> = openings.collect();
        let after = openings.split_off(before.min(opened));
        if let Some(&meeting) = openings.last() {
            while dead_end.openings.front().is_some_and(|&opening| opening <= meeting) {
                dead_end.openings.pop_front();
            }
        }
        openings.into_iter().rev().for_each(|opening| dead_end.openings.push_front(opening));
        let last = dead_end.openings.back().copied();
        dead_end.openings.extend(after.into_iter().filter(|&opening| last.is_none_or(|last| opening > last)));
        dead_end.stop = stop;
    }

    #[cfg(test)]
    fn count_steps(&mut self, bytes: &[u8], from: usize) {
        self.steps += 1 + memchr(self.dialect.quote, &bytes[from..]).unwrap_or(bytes.len() - from) as u64;
    }

    #[cfg(not(test))]
    #[inline(always)]
    fn count_steps(&mut self, _: &[u8], _: usize) {}
}

/// How a quoted field goes on.
enum Closing {
    At(usize),
    /// Its opening quote is a stray one.
    Stray(Reason),
    /// Not before this place, as far as can be seen.
    NotYet(usize),
}

/// How many lines in a row tell rows that cannot be read from a text with commas.
const UNREADABLE_ROWS_MIN: usize = 3;

/// Whether the quotes at the ends of `field`, which has several lines, have swallowed rows. What decides it depends on
/// the bytes around alone, not on where the search began.
///
/// One of these shows it: the line in which the field opens is a row by itself; a line inside is one; the line in which it
/// closes is one, and the first has all fields; or all lines inside, and the first, have a row's number of fields.
fn swallows_rows(judge: &dyn RowJudge, bytes: &[u8], field: Range<usize>) -> bool {
    let line_end = |from: usize| memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at);
    let first = memrchr(b'\n', &bytes[..field.start]).map_or(0, |at| at + 1);
    let (first_line, quote) = (&bytes[first..line_end(field.start)], field.start - first);
    let opening = judge.opening_line(first_line, quote);
    if opening == OpeningLine::Row {
        return true;
    }
    let (mut inside, mut with_fields) = (0, 0);
    let mut begin = line_end(field.start) + 1;
    while begin <= field.end {
        let end = line_end(begin);
        let line = &bytes[begin..end];
        if end < field.end {
            if judge.is_row(line) {
                return true;
            }
            inside += 1;
            with_fields += usize::from(judge.has_fields_of_a_row(line));
        } else if opening == OpeningLine::Fields && judge.is_another_row(first_line, quote, line, field.end - begin) {
            return true;
        }
        begin = end + 1;
    }
    opening == OpeningLine::Fields && inside >= UNREADABLE_ROWS_MIN && with_fields == inside
}

/// Whether the quote opens a field: it is the first byte of one. What joined files leave before a record is no part of it.
fn opens(bytes: &[u8], quote: usize, skips_marks: bool, delimiter: u8) -> bool {
    match &bytes[..quote] {
        [] | [.., b'\n'] => true,
        [.., last] if *last == delimiter => true,
        [.., b'\r' | b'\xbf'] if skips_marks => {
            let before = bytes[..quote].strip_suffix(BYTE_ORDER_MARK).unwrap_or(&bytes[..quote]);
            let line_end = before.iter().rposition(|&byte| byte != b'\r');
            line_end.is_none_or(|at| before[at] == b'\n')
        }
        _ => false,
    }
}
