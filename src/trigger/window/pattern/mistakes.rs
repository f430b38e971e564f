//! What can be wrong with a pattern, and with a key.

use super::{DatePiece, Piece};

/// Why a text is no pattern of objects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternMistake {
    /// A brace without its other one.
    #[error("a brace stands alone: placeholders are written {{date}}")]
    Brace,
    /// A placeholder that means nothing.
    #[error("{{{0}}} is not known: a pattern may hold {{date}}, {{yyyyMMdd}}, {{yyyy}}, {{MM}}, {{dd}} and *")]
    UnknownPlaceholder(String),
    /// No date, or not all of it.
    #[error("the date is not complete: write {{date}}, {{yyyyMMdd}}, or {{yyyy}}, {{MM}} and {{dd}}")]
    IncompleteDate,
    /// More than one date, or a part of one twice.
    #[error("the date stands there more than once: write it once, and * for the other")]
    SeveralDates,
    /// Then no key would match.
    #[error("a digit follows the date directly: put another character between them")]
    DigitAfterDate,
    /// It would mean the same as one.
    #[error("two * follow one another: write one; no * takes a /")]
    SeveralStars,
    /// A folder without a name, or with one that local paths give a meaning; or no file name.
    #[error("a folder or the file has no name, or is called . or ..: write folder/file, without a / at either end")]
    OddFolder,
}

/// Why a key is not one of a batch's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotABatch {
    /// The key does not lie in the input folder.
    #[error("outside the input prefix")]
    OutsideInputPrefix,
    /// The key lies in a folder below the input folder, and the pattern has none.
    #[error("in a folder below the input prefix")]
    InSubfolder,
    /// The name does not begin with this, which ends with something written like a date.
    #[error("the name does not begin with {0}")]
    NotNamedLikeABatch(String),
    /// The date is written correctly, but the calendar has no such day.
    #[error("the calendar has no such date")]
    NoSuchDate,
    /// A digit follows the date, so it is not clear where the date ends.
    #[error("a digit follows the date")]
    DigitAfterDate,
    /// The name has another ending than these.
    #[error("the name does not end with {0}")]
    OtherEnding(String),
    /// Something else is not as in this pattern.
    #[error("the name is not like {0}")]
    OtherName(String),
}

/// Refuses what matches nothing, or not what it seems to.
pub(super) fn check(text: &str, blocks: &[Vec<Piece>]) -> Result<(), PatternMistake> {
    check_date(blocks)?;
    if text.contains("**") {
        return Err(PatternMistake::SeveralStars);
    }
    if text.split('/').any(|name| matches!(name, "" | "." | "..")) {
        return Err(PatternMistake::OddFolder);
    }
    let is_digit_after = |pair: &[Piece]| match pair {
        [Piece::Date(_), Piece::Literal(literal)] => literal.starts_with(|first: char| first.is_ascii_digit()),
        _ => false,
    };
    match blocks.iter().any(|block| block.windows(2).any(is_digit_after)) {
        true => Err(PatternMistake::DigitAfterDate),
        false => Ok(()),
    }
}

fn check_date(blocks: &[Vec<Piece>]) -> Result<(), PatternMistake> {
    let count = |wanted: DatePiece| blocks.iter().flatten().filter(|piece| **piece == Piece::Date(wanted)).count();
    let whole = count(DatePiece::Hyphens) + count(DatePiece::Digits);
    let parts = [DatePiece::Year, DatePiece::Month, DatePiece::Day].map(count);
    match (whole, parts) {
        (1, [0, 0, 0]) | (0, [1, 1, 1]) => Ok(()),
        (0, parts) if parts.iter().all(|&count| count <= 1) => Err(PatternMistake::IncompleteDate),
        _ => Err(PatternMistake::SeveralDates),
    }
}

/// `.csv, .csv.gz or .csv.zst`
pub(super) fn one_of(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [only] => only.clone(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}
