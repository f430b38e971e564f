//! The value of a field as it is in the file: quotes around it, and doubled ones in it.

use std::ops::Range;

use memchr::memchr;

use crate::read::cutter::closing_quote;

/// The value of a raw field: without its quotes, doubled quotes made one. `scratch` holds it when it must be changed.
///
/// Behind a closing quote, white space and control characters are dropped. Where other text follows, the quotes
/// are part of the value, which is how Spark reads it: `"a" ` is `a`, `"5" disk` is `"5" disk`.
#[inline]
pub fn unquote<'a>(raw: &'a [u8], scratch: &'a mut Vec<u8>, quote: u8) -> &'a [u8] {
    match raw {
        [first, ..] if *first != quote => raw,
        [_, inner @ .., last] if *last == quote && memchr(quote, inner).is_none() => inner,
        [_, ..] => unquote_any(raw, scratch, quote),
        [] => raw,
    }
}

/// The place of a raw field's value where it can be had without changing a byte: there are no quotes in it.
#[inline]
pub fn unquoted_place(bytes: &[u8], raw: Range<usize>, quote: u8) -> Option<Range<usize>> {
    match &bytes[raw.clone()] {
        [first, ..] if *first != quote => Some(raw),
        [_, inner @ .., last] if *last == quote && memchr(quote, inner).is_none() => Some(raw.start + 1..raw.end - 1),
        [_, ..] => None,
        [] => Some(raw),
    }
}

fn unquote_any<'a>(raw: &'a [u8], scratch: &'a mut Vec<u8>, quote: u8) -> &'a [u8] {
    let Some(close) = closing_quote(raw, 1, true, quote) else {
        return raw;
    };
    let behind = &raw[close + 1..];
    let has_text_behind = behind.iter().any(|&byte| byte > b' ');
    scratch.clear();
    if has_text_behind {
        scratch.push(quote);
    }
    let mut rest = &raw[1..close];
    while let Some(at) = memchr(quote, rest) {
        scratch.extend_from_slice(&rest[..=at]);
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    scratch.extend_from_slice(rest);
    if has_text_behind {
        scratch.push(quote);
        scratch.extend_from_slice(behind);
    }
    scratch
}

/// Whether a raw field is quoted as RFC 4180 says, from its first byte to its last.
pub fn is_well_quoted(raw: &[u8], quote: u8) -> bool {
    raw.first() == Some(&quote) && closing_quote(raw, 1, true, quote) == Some(raw.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_of_another_dialect_are_text() {
        assert_eq!(unquoted_place(b"x'y'", 1..4, b'\''), Some(2..3));
        assert_eq!(unquoted_place(b"x\"y\"", 1..4, b'\''), Some(1..4));
        assert!(is_well_quoted(b"'a''b'", b'\'') && !is_well_quoted(b"\"a\"", b'\''));
    }
}
