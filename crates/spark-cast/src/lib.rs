//! What Spark makes of a text: its casts to numbers, booleans, dates, timestamps and decimals, and their texts.
//!
//! A cast gives `None` where Spark 3.5 (ANSI mode off, session time zone UTC) gives null. The tests hold it to Spark's
//! own answers: `spark.jsonl` has 781 texts with what each cast gave. Everything here is a pure function of bytes that
//! allocates nothing: it runs once for every cell of every row.

pub mod boolean;
pub mod date;
pub mod datetime_format;
pub mod decimal;
mod hex_float;
pub mod number;
#[cfg(test)]
mod spark;
pub mod timestamp;

/// The character before the decimals of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecimalSign {
    /// `1.5`
    #[default]
    Point,
    /// `1,5`
    Comma,
}

/// What Spark removes around the text of an int, a date and a timestamp: the ASCII white space and control characters.
/// White space beyond ASCII stays, and spoils the cast.
fn trim_space_and_controls(text: &[u8]) -> &[u8] {
    trim_while(text, |byte| byte <= b' ' || byte == 0x7f)
}

/// What `String.trim` of Java removes: every character up to the space.
fn trim_java(text: &[u8]) -> &[u8] {
    trim_while(text, |byte| byte <= b' ')
}

fn trim_while(mut text: &[u8], removed: impl Fn(u8) -> bool) -> &[u8] {
    while let [first, rest @ ..] = text
        && removed(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && removed(*last)
    {
        text = rest;
    }
    text
}

/// Whether the text begins with a minus, and the text after its optional sign.
fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The value of an ASCII digit.
fn digit(byte: u8) -> Option<u32> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(u32::from(value))
}

/// The value of two ASCII digits.
fn two_digits(tens: u8, ones: u8) -> Option<u32> {
    Some(digit(tens)? * 10 + digit(ones)?)
}
