//! `input`, `records` and `extraColumns`: where batches are, and how their text is written.

use super::super::checked::{DateRange, InputFormat, MissingCells, RecordRules, ShortAndLong, TextAfterQuote};
use super::super::mistake::{Mistakes, shown};
use super::super::written::{ContractFile, Text, Words, number, text};
use super::super::yaml::Node;
use crate::contract::{Dialect, Encoding, ExtraColumns};
use crate::trigger::window::ObjectPattern;

const WINDOW_DAYS_DEFAULT: u32 = 2;
const WINDOW_DAYS_MAX: i64 = 366;

/// Lines before the header are a few remarks, not data.
const HEADER_LINE_MAX: i64 = 1000;

pub(super) fn input(file: &ContractFile<'_>, mistakes: &mut Mistakes) -> Option<InputFormat> {
    let Some(input) = file.words.get("input") else {
        let message = "the contract needs the custom property `input` with `objects`, such as batch_{date}*.csv";
        mistakes.add(file.place, message);
        return None;
    };
    let text_of = |key| input.get(key).and_then(text);
    let objects = text_of("objects").map(|pattern| objects(pattern, mistakes)).unwrap_or_default();
    let mut dialect = Dialect::default();
    if let Some(delimiter) = text_of("delimiter") {
        dialect.delimiter = ascii(delimiter, "delimiter", dialect.delimiter, mistakes);
    }
    if let Some(quote) = text_of("quote") {
        dialect.quote = ascii(quote, "quote", dialect.quote, mistakes);
    }
    if let (true, Some(place)) =
        (dialect.delimiter == dialect.quote, text_of("quote").or(text_of("delimiter")).map(|text| text.place))
    {
        mistakes.add(place, "`delimiter` and `quote` must be two different characters");
    }
    let comment = text_of("comment");
    if let Some(comment) = comment.filter(|comment| comment.text.is_empty() || comment.text.contains(['\n', '\r'])) {
        mistakes.add(comment.place, "`comment` must be a text in one line, such as \"#\"");
    }
    let header_line = within(input, "headerLine", 1, HEADER_LINE_MAX, mistakes);
    let window_days = within(input, "windowDays", WINDOW_DAYS_DEFAULT, WINDOW_DAYS_MAX, mistakes);
    Some(InputFormat {
        objects,
        dialect,
        encoding: text_of("encoding").map(|name| encoding(name.text)).unwrap_or_default(),
        header_line,
        comment: comment.map(|comment| comment.text.to_owned()),
        window_days,
    })
}

fn objects(pattern: Text<'_>, mistakes: &mut Mistakes) -> ObjectPattern {
    pattern.text.parse().unwrap_or_else(|problem| {
        mistakes.add(pattern.place, format!("`objects` cannot be {}: {problem}", shown(pattern.text)));
        ObjectPattern::default()
    })
}

/// The byte of a character between or around cells.
fn ascii(written: Text<'_>, key: &str, default: u8, mistakes: &mut Mistakes) -> u8 {
    let character = if written.text == "\\t" { "\t" } else { written.text };
    match character.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'\n' | b'\r') => *byte,
        _ => {
            let message = format!(
                "`{key}` must be one ASCII character that is no letter, digit or line end, such as \";\" or \"\\t\", \
                 and it is {}",
                shown(written.text)
            );
            mistakes.add(written.place, message);
            default
        }
    }
}

/// A whole number from 1.
fn within(input: &Node, key: &str, default: u32, max: i64, mistakes: &mut Mistakes) -> u32 {
    let Some(written) = input.get(key).and_then(number) else { return default };
    match u32::try_from(written.value) {
        Ok(value) if (1..=max).contains(&written.value) => value,
        _ => {
            mistakes.add(written.place, format!("`{key}` must be 1 to {max}, and it is {}", written.value));
            default
        }
    }
}

// The forms of the words below are checked where they are read; what is wrong there has the default here.

fn encoding(name: &str) -> Encoding {
    match name {
        "utf-16" => Encoding::Utf16,
        "windows-1250" => Encoding::Windows1250,
        "windows-1252" => Encoding::Windows1252,
        "iso-8859-1" => Encoding::Iso8859_1,
        "iso-8859-2" => Encoding::Iso8859_2,
        _ => Encoding::Utf8,
    }
}

pub(super) fn records(words: &Words<'_>) -> RecordRules {
    let says = |key: &str, value: &str| {
        let written = words.get("records").and_then(|records| records.get(key)).and_then(text);
        written.is_some_and(|written| written.text == value)
    };
    let mut rules = RecordRules::default();
    if says("shortAndLong", "pad") {
        rules.short_and_long = ShortAndLong::Pad;
    }
    if says("textAfterQuote", "keep") {
        rules.text_after_quote = TextAfterQuote::Keep;
    }
    if says("missing", "empty") {
        rules.missing = MissingCells::Empty;
    }
    if says("dates", "spark") {
        rules.dates = DateRange::Spark;
    }
    rules
}

pub(super) fn extra_columns(words: &Words<'_>) -> ExtraColumns {
    match words.get("extraColumns").and_then(text).map(|written| written.text) {
        Some("drop") => ExtraColumns::Drop,
        Some("reject") => ExtraColumns::Reject,
        _ => ExtraColumns::Carry,
    }
}
