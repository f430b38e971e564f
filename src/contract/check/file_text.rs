//! Where a place inside a text of the file is in the file, however the text is written there.

use super::super::mistake::Place;
use super::super::written::Text;

/// An escape in double quotes has at most ten characters: `\U0001f600`.
const ESCAPE_CHARS_MAX: usize = 10;

/// The text of a file, whose lines can be found.
pub(super) struct FileText<'t> {
    text: &'t str,
    /// Where each line begins, in bytes.
    line_starts: Vec<usize>,
}

impl<'t> FileText<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        // A byte order mark is no part of the first line.
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let bytes = text.as_bytes();
        let is_end = |at: usize| match bytes[at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let others = (0..bytes.len()).filter(|&at| is_end(at)).map(|at| at + 1);
        Self { text, line_starts: std::iter::once(first).chain(others).collect() }
    }

    /// The place in the file of a line and column (from 1) of `inner`, which stands in the file.
    ///
    /// Both texts are followed: quotes, escapes, line ends and indentation are what the file has more.
    pub(super) fn place_in(&self, inner: Text<'_>, line: usize, column: usize) -> Place {
        let mut place = inner.place;
        let Some(&line_start) = self.line_starts.get(place.line.wrapping_sub(1)) else { return place };
        let mut source = self.text[line_start..].chars().skip(place.column - 1).peekable();
        let mut text = inner.text.chars().peekable();
        let (mut at_line, mut at_column) = (1, 1);
        loop {
            let is_there = (at_line, at_column) >= (line, column);
            let Some(wanted) = text.peek().copied().filter(|wanted| !is_there || !wanted.is_whitespace()) else {
                return place;
            };
            if wanted.is_whitespace() {
                while let Some(blank) = text.next_if(|c| c.is_whitespace()) {
                    (at_line, at_column) = if blank == '\n' { (at_line + 1, 1) } else { (at_line, at_column + 1) };
                }
                while let Some(blank) = source.next_if(|c| c.is_whitespace()) {
                    advance(&mut place, blank);
                }
                continue;
            }
            let mut more = 0;
            while let Some(other) = source.next_if(|c| *c != wanted) {
                advance(&mut place, other);
                more += usize::from(!other.is_whitespace());
                if more > ESCAPE_CHARS_MAX {
                    // The character is escaped, so what follows cannot be told apart.
                    return inner.place;
                }
            }
            if is_there {
                return place;
            }
            text.next();
            at_column += 1;
            match source.next() {
                Some(same) => advance(&mut place, same),
                None => return inner.place,
            }
        }
    }
}

fn advance(place: &mut Place, over: char) {
    if over == '\n' {
        (place.line, place.column) = (place.line + 1, 1);
    } else {
        place.column += 1;
    }
}
