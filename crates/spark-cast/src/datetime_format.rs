//! Dates and timestamps written otherwise than Spark's casts read them: by a Java pattern that a contract states.
//!
//! A pattern is checked once; reading a cell by it allocates nothing.

use std::fmt;

use crate::date::days_from_civil;
use crate::{digit, trim_space_and_controls};

/// A checked pattern, such as `dd.MM.yyyy` or `yyyyMMdd'T'HHmmss`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateTimeFormat {
    pattern: String,
    items: Vec<Item>,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    /// These bytes.
    Literal(Vec<u8>),
    /// A number.
    Number {
        field: Field,
        /// The fewest digits it is written with.
        digits_min: usize,
        /// The most.
        digits_max: usize,
    },
}

/// What a number is. The order is that of [`Field::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
}

impl Field {
    const ALL: [Self; 7] = [Self::Year, Self::Month, Self::Day, Self::Hour, Self::Minute, Self::Second, Self::Fraction];

    /// What a message calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Year => "year (yyyy)",
            Self::Month => "month (MM or M)",
            Self::Day => "day (dd or d)",
            Self::Hour => "hour (HH or H)",
            Self::Minute => "minute (mm)",
            Self::Second => "second (ss)",
            Self::Fraction => "fraction of a second (S)",
        }
    }

    /// The field that must be there for this one to mean anything.
    fn needs(self) -> Option<Self> {
        match self {
            Self::Year | Self::Month | Self::Day | Self::Hour => None,
            Self::Minute => Some(Self::Hour),
            Self::Second => Some(Self::Minute),
            Self::Fraction => Some(Self::Second),
        }
    }
}

/// All letters of a pattern that mean something here.
const KNOWN_LETTERS: &str = "yyyy, MM, M, dd, d, HH, H, mm, ss and S";

/// The most digits of a fraction, as in Spark; a timestamp keeps six of them.
const FRACTION_DIGITS_MAX: usize = 9;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl DateTimeFormat {
    /// Checks a pattern: `yyyy`, `MM` or `M`, `dd` or `d`, each once; perhaps `HH` or `H`, `mm`, `ss` and one to nine `S`;
    /// between them text in single quotes (`''` is a quote) and characters that are neither letters nor one of `[]{}#`.
    ///
    /// A cell shows as many digits as there are letters; for `M`, `d` and `H` one or two, for a fraction one up to as many.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the pattern and what it may hold.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let items = split(pattern)?;
        check_fields(&items)?;
        check_neighbours(&items)?;
        Ok(Self { pattern: pattern.to_owned(), items })
    }

    /// Whether the pattern has an hour, so that it is one of timestamps and not of dates.
    pub fn has_time(&self) -> bool {
        fields(&self.items).any(|field| field == Field::Hour)
    }

    /// The date in a cell, in days since 1970-01-01; `None` where the cell is not written as the pattern says. A time is
    /// read and dropped.
    ///
    /// ASCII white space and control characters on both sides are removed, as Spark's casts do. Everything else must match, the day must exist,
    /// and the year be one of 1 to 9999.
    pub fn parse_date(&self, text: &[u8]) -> Option<i32> {
        self.parse(text).map(|(days, _)| days)
    }

    /// The moment in a cell, in microseconds since 1970-01-01T00:00 UTC; `None` as in [`Self::parse_date`]. What the
    /// pattern has not is zero; of a fraction, the digits after the sixth are dropped.
    pub fn parse_timestamp(&self, text: &[u8]) -> Option<i64> {
        self.parse(text).map(|(days, micros)| i64::from(days) * SECONDS_PER_DAY * MICROS_PER_SECOND + micros)
    }

    /// The day, and the microseconds since it began.
    fn parse(&self, text: &[u8]) -> Option<(i32, i64)> {
        let mut rest = trim_space_and_controls(text);
        let mut values = [0_u32; Field::ALL.len()];
        for item in &self.items {
            match item {
                Item::Literal(literal) => rest = rest.strip_prefix(&literal[..])?,
                &Item::Number { field, digits_min, digits_max } => {
                    let (value, digits) = take_digits(rest, digits_max);
                    if digits < digits_min {
                        return None;
                    }
                    values[field as usize] = match field {
                        Field::Fraction => micros(value, digits),
                        _ => value,
                    };
                    rest = &rest[digits..];
                }
            }
        }
        let [year, month, day, hour, minute, second, fraction] = values;
        if !rest.is_empty() || year == 0 || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let seconds = i64::from((hour * 60 + minute) * 60 + second);
        Some((days_from_civil(i64::from(year), month, day)?, seconds * MICROS_PER_SECOND + i64::from(fraction)))
    }
}

/// The pattern.
impl fmt::Display for DateTimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

/// The number at the beginning of a text, of at most nine digits, and how many digits it has.
fn take_digits(text: &[u8], digits_max: usize) -> (u32, usize) {
    let mut value = 0;
    let mut count = 0;
    while count < digits_max
        && let Some(digit) = text.get(count).copied().and_then(digit)
    {
        value = value * 10 + digit;
        count += 1;
    }
    (value, count)
}

/// The microseconds that `digits` digits after the decimal sign are.
fn micros(value: u32, digits: usize) -> u32 {
    match digits {
        0..=6 => value * 10_u32.pow(6 - digits as u32),
        _ => value / 10_u32.pow(digits as u32 - 6),
    }
}

/// The parts of a pattern, without a look at what they are together.
fn split(pattern: &str) -> Result<Vec<Item>, String> {
    let mut items: Vec<Item> = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_alphabetic() {
            let count = rest.bytes().take_while(|&byte| byte == first as u8).count();
            items.push(number(first, count)?);
            rest = &rest[count..];
            continue;
        }
        let (literal, after) = match rest.strip_prefix('\'') {
            Some(quoted) => split_quoted(quoted)?,
            None if "[]{}#".contains(first) => return Err(format!("{first:?} must stand in single quotes")),
            None => (first.to_string(), &rest[first.len_utf8()..]),
        };
        match items.last_mut() {
            Some(Item::Literal(before)) => before.extend_from_slice(literal.as_bytes()),
            _ => items.push(Item::Literal(literal.into_bytes())),
        }
        rest = after;
    }
    Ok(items)
}

/// The text whose opening quote stands before `quoted`, and what follows its closing one. Two quotes are one.
fn split_quoted(quoted: &str) -> Result<(String, &str), String> {
    if let Some(after) = quoted.strip_prefix('\'') {
        return Ok(("'".to_owned(), after));
    }
    let mut text = String::new();
    let mut rest = quoted;
    loop {
        let (part, after) = rest.split_once('\'').ok_or("a single quote is not closed")?;
        text.push_str(part);
        match after.strip_prefix('\'') {
            Some(after) => {
                text.push('\'');
                rest = after;
            }
            None => return Ok((text, after)),
        }
    }
}

/// What `count` letters in a row stand for.
fn number(letter: char, count: usize) -> Result<Item, String> {
    let (field, digits_min, digits_max) = match (letter, count) {
        ('y', 4) => (Field::Year, 4, 4),
        ('M', 1) => (Field::Month, 1, 2),
        ('M', 2) => (Field::Month, 2, 2),
        ('d', 1) => (Field::Day, 1, 2),
        ('d', 2) => (Field::Day, 2, 2),
        ('H', 1) => (Field::Hour, 1, 2),
        ('H', 2) => (Field::Hour, 2, 2),
        ('m', 2) => (Field::Minute, 2, 2),
        ('s', 2) => (Field::Second, 2, 2),
        ('S', 1..=FRACTION_DIGITS_MAX) => (Field::Fraction, 1, count),
        ('y', 2) => return Err("yy does not tell the century: cells must show years in four digits (yyyy)".to_owned()),
        _ => {
            let letters = letter.to_string().repeat(count.min(FRACTION_DIGITS_MAX + 1));
            let message = "is not known; a pattern may hold";
            return Err(format!("{letters} {message} {KNOWN_LETTERS}, and other letters in single quotes"));
        }
    };
    Ok(Item::Number { field, digits_min, digits_max })
}

fn fields(items: &[Item]) -> impl Iterator<Item = Field> {
    items.iter().filter_map(|item| match item {
        Item::Literal(_) => None,
        Item::Number { field, .. } => Some(*field),
    })
}

/// Refuses patterns that have a field twice, or not one that they need.
fn check_fields(items: &[Item]) -> Result<(), String> {
    let count = |field: Field| fields(items).filter(|other| *other == field).count();
    for field in Field::ALL {
        if count(field) > 1 {
            return Err(format!("the {} stands more than once", field.name()));
        }
        if let Some(needed) = field.needs()
            && count(field) == 1
            && count(needed) == 0
        {
            return Err(format!("there is a {} and no {}", field.name(), needed.name()));
        }
    }
    match [Field::Year, Field::Month, Field::Day].into_iter().find(|field| count(*field) == 0) {
        Some(missing) => Err(format!("there is no {}", missing.name())),
        None => Ok(()),
    }
}

/// Refuses a number of one or more digits right before another digit: where it ends would be a guess.
fn check_neighbours(items: &[Item]) -> Result<(), String> {
    for pair in items.windows(2) {
        let [Item::Number { field, digits_min, digits_max }, next] = pair else { continue };
        let is_digit = match next {
            Item::Number { .. } => true,
            Item::Literal(literal) => literal.first().is_some_and(u8::is_ascii_digit),
        };
        if is_digit && digits_min < digits_max {
            return Err(format!(
                "a digit may follow the {}, whose digits vary: put something between them",
                field.name()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
