//! What is wrong with a contract, and where. All mistakes are collected, so that somebody mends a file in one go.

use std::collections::BTreeSet;
use std::fmt;

use crate::visible::visible;

/// Longer names and texts are cut in messages, in characters.
const SHOWN_CHARS_MAX: usize = 60;

/// Longer messages are cut, in characters.
const MESSAGE_CHARS_MAX: usize = 1000;

/// A mistake in a contract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Line of the file, from 1; 0: the mistake is in a variable that overrides a parameter.
    pub line: usize,
    /// Column in characters, from 1; 0 where the line is.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// With its place where it has one: `12:5: …`.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "{line}:{}: {}", self.column, self.message),
        }
    }
}

/// Where something begins in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1; 0: in no line.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
}

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Mistakes(BTreeSet<Mistake>);

impl Mistakes {
    /// Adds one, on one line. What an alias repeats is told once, because its place is that of the anchor.
    pub(super) fn add(&mut self, place: Place, message: impl Into<String>) {
        let mut message = message.into();
        // Messages of the parsers of YAML and SQL quote what they stumble over, however long it is.
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
            message.truncate(end);
            message.push('…');
        }
        let message = visible(&message).into_owned();
        self.0.insert(Mistake { line: place.line, column: place.column, message });
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them by place.
    pub(super) fn into_vec(self) -> Vec<Mistake> {
        self.0.into_iter().collect()
    }
}

/// A name or a text of the file as a message shows it: between backticks, on one line, and not too long.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        None => format!("`{}`", visible(text)),
        Some((end, _)) => format!("`{}…`", visible(&text[..end])),
    }
}

/// Names as a message lists them: `a, b, c`.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
