//! Which keys are parts of a batch, and of which date: a pattern such as `batch_{date}*.csv` or `{yyyy}/{MM}/{dd}/*.csv`.

mod matching;
mod mistakes;

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use super::{BatchDate, below};
use matching::{matches, matches_beginning};
pub use mistakes::{NotABatch, PatternMistake};

/// What is added to the ending of compressed files. A pattern that ends in `.csv` takes them, too.
const COMPRESSED: [&str; 2] = [".gz", ".zst"];

const PLAIN_ENDING: &str = ".csv";

/// Which keys below the input prefix are parts of a batch, and of which date.
///
/// Text stands for itself; `*` for any text without a `/`, also for none. The date is written `{date}` for YYYY-MM-DD,
/// `{yyyyMMdd}` without the hyphens, or `{yyyy}`, `{MM}` and `{dd}` in any order; it stands there once. No digit follows
/// it, and none stands before it where a `*` does. Where a key can be read in several ways, each `*` is as short as it
/// can be, from left to right, so a key has one date at most. A pattern that ends in `.csv` also takes `.csv.gz` and
/// `.csv.zst`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPattern {
    text: String,
    /// What stands between the `*`, of which there is one less.
    blocks: Vec<Vec<Piece>>,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Date(DatePiece),
}

/// A date, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DatePiece {
    Hyphens,
    Digits,
    Year,
    Month,
    Day,
}

impl DatePiece {
    const ALL: [Self; 5] = [Self::Hyphens, Self::Digits, Self::Year, Self::Month, Self::Day];

    /// Its name in patterns.
    fn placeholder(self) -> &'static str {
        match self {
            Self::Hyphens => "date",
            Self::Digits => "yyyyMMdd",
            Self::Year => "yyyy",
            Self::Month => "MM",
            Self::Day => "dd",
        }
    }

    /// How it looks in keys, one letter a digit.
    fn form(self) -> &'static str {
        match self {
            Self::Hyphens => "YYYY-MM-DD",
            Self::Digits => "YYYYMMDD",
            Self::Year => "YYYY",
            Self::Month => "MM",
            Self::Day => "DD",
        }
    }

    fn of_date(self, date: NaiveDate) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self {
            Self::Hyphens => format!("{year:04}-{month:02}-{day:02}"),
            Self::Digits => format!("{year:04}{month:02}{day:02}"),
            Self::Year => format!("{year:04}"),
            Self::Month => format!("{month:02}"),
            Self::Day => format!("{day:02}"),
        }
    }
}

/// `batch_{date}*.csv`
impl Default for ObjectPattern {
    fn default() -> Self {
        let beginning = vec![Piece::Literal("batch_".to_owned()), Piece::Date(DatePiece::Hyphens)];
        let ending = vec![Piece::Literal(PLAIN_ENDING.to_owned())];
        Self { text: "batch_{date}*.csv".to_owned(), blocks: vec![beginning, ending] }
    }
}

impl FromStr for ObjectPattern {
    type Err = PatternMistake;

    fn from_str(text: &str) -> Result<Self, PatternMistake> {
        let blocks: Vec<Vec<Piece>> = text.split('*').map(pieces).collect::<Result<_, _>>()?;
        mistakes::check(text, &blocks)?;
        Ok(Self { text: text.to_owned(), blocks })
    }
}

/// The pattern as it was written.
impl fmt::Display for ObjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The pieces of a pattern without `*`.
fn pieces(mut text: &str) -> Result<Vec<Piece>, PatternMistake> {
    let mut pieces = Vec::new();
    while let Some((literal, rest)) = text.split_once(['{', '}']) {
        if text[literal.len()..].starts_with('}') {
            return Err(PatternMistake::Brace);
        }
        let (placeholder, rest) = rest.split_once('}').ok_or(PatternMistake::Brace)?;
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.to_owned()));
        }
        let date = DatePiece::ALL.into_iter().find(|piece| piece.placeholder() == placeholder);
        pieces.push(Piece::Date(date.ok_or_else(|| PatternMistake::UnknownPlaceholder(placeholder.to_owned()))?));
        text = rest;
    }
    if !text.is_empty() {
        pieces.push(Piece::Literal(text.to_owned()));
    }
    Ok(pieces)
}

impl ObjectPattern {
    /// The batch that a key below the lake's root belongs to. `input_prefix` is a folder, with or without a slash at its
    /// end.
    ///
    /// # Errors
    ///
    /// Says why the key is not one of a batch's.
    pub fn batch_of_key(&self, key: &str, input_prefix: &str) -> Result<BatchDate, NotABatch> {
        let name = below(key, input_prefix).ok_or(NotABatch::OutsideInputPrefix)?;
        let written = matches(&self.blocks, self.without_compression(name)).ok_or_else(|| self.why_not(name))?;
        written.date().ok_or(NotABatch::NoSuchDate)
    }

    /// What every key of the batch begins with, to list them. Other keys may begin so, too; [`Self::batch_of_key`] tells
    /// them apart.
    pub fn prefix(&self, date: BatchDate, input_prefix: &str) -> String {
        let folder = match input_prefix.trim_end_matches('/') {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        folder + &shown(&self.blocks[..self.blocks.len().min(1)], |piece| piece.of_date(date.0))
    }

    /// What the keys of a batch look like, for messages: `raw_data/batch_2024-09-15*.csv[.gz|.zst]`.
    pub fn keys(&self, date: BatchDate, input_prefix: &str) -> String {
        let mut blocks = vec![self.prefix(date, input_prefix)];
        blocks.extend(
            self.blocks.iter().skip(1).map(|block| shown(std::slice::from_ref(block), |piece| piece.of_date(date.0))),
        );
        let compressed = if self.takes_compressed() { format!("[{}]", COMPRESSED.join("|")) } else { String::new() };
        blocks.join("*") + &compressed
    }

    /// What the part below the input prefix begins with in the keys of every batch, as a filter of notifications can say.
    pub fn common_prefix(&self) -> &str {
        match self.blocks.first().and_then(|block| block.first()) {
            Some(Piece::Literal(literal)) => literal,
            Some(Piece::Date(_)) | None => "",
        }
    }

    /// What the keys of batches end with, one of these; an empty text if the pattern leaves it open.
    pub fn suffixes(&self) -> Vec<String> {
        let ending = match self.blocks.last().and_then(|block| block.last()) {
            Some(Piece::Literal(literal)) => literal.as_str(),
            Some(Piece::Date(_)) | None => "",
        };
        self.compressed_too(ending)
    }

    /// The ending, and those of compressed files where the pattern takes them.
    fn compressed_too(&self, ending: &str) -> Vec<String> {
        let compressed = COMPRESSED.iter().filter(|_| self.takes_compressed());
        std::iter::once(ending.to_owned()).chain(compressed.map(|more| format!("{ending}{more}"))).collect()
    }

    fn takes_compressed(&self) -> bool {
        self.text.ends_with(PLAIN_ENDING)
    }

    /// The name as it would be if its file were not compressed.
    fn without_compression<'n>(&self, name: &'n str) -> &'n str {
        let plain = COMPRESSED.iter().find_map(|more| name.strip_suffix(more));
        plain.filter(|plain| self.takes_compressed() && plain.ends_with(PLAIN_ENDING)).unwrap_or(name)
    }

    /// Why a name below the input prefix does not match.
    fn why_not(&self, name: &str) -> NotABatch {
        if name.contains('/') && !self.text.contains('/') {
            return NotABatch::InSubfolder;
        }
        let beginning = self.up_to_date();
        let Some((written, end)) = matches_beginning(&beginning, name) else {
            return NotABatch::NotNamedLikeABatch(shown(&beginning, |piece| piece.form().to_owned()));
        };
        if written.date().is_none() {
            return NotABatch::NoSuchDate;
        }
        if name.as_bytes().get(end).is_some_and(u8::is_ascii_digit) {
            return NotABatch::DigitAfterDate;
        }
        let endings = match self.takes_compressed() {
            true => self.compressed_too(PLAIN_ENDING),
            false => self.suffixes(),
        };
        if !endings.iter().any(|ending| name.ends_with(ending)) {
            return NotABatch::OtherEnding(mistakes::one_of(&endings));
        }
        NotABatch::OtherName(self.text.clone())
    }

    /// The pattern up to the last piece of its date.
    fn up_to_date(&self) -> Vec<Vec<Piece>> {
        let is_date = |piece: &Piece| matches!(piece, Piece::Date(_));
        let mut blocks = self.blocks.clone();
        while let Some(last) = blocks.last_mut() {
            match last.iter().rposition(is_date) {
                Some(at) => {
                    last.truncate(at + 1);
                    break;
                }
                None => {
                    blocks.pop();
                }
            }
        }
        blocks
    }
}

/// Blocks as text with something in place of the date: `batch_YYYY-MM-DD`.
fn shown(blocks: &[Vec<Piece>], date: impl Fn(DatePiece) -> String) -> String {
    let show = |piece: &Piece| match piece {
        Piece::Literal(literal) => literal.clone(),
        Piece::Date(piece) => date(*piece),
    };
    let blocks: Vec<String> = blocks.iter().map(|block| block.iter().map(show).collect()).collect();
    blocks.join("*")
}

#[cfg(test)]
mod tests;
