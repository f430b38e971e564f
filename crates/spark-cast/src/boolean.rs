//! True and false as Spark casts them from text.

use crate::trim_space_and_controls;

/// The words that are true.
const TRUE: [&[u8]; 5] = [b"t", b"true", b"y", b"yes", b"1"];

/// The words that are false.
const FALSE: [&[u8]; 5] = [b"f", b"false", b"n", b"no", b"0"];

/// What a cell says, or `None` when Spark's cast gives null.
///
/// Accepted, in any letter case, after removing ASCII white space and control characters on both sides: `t`, `true`,
/// `y`, `yes` and `1`; `f`, `false`, `n`, `no` and `0`.
pub fn parse_boolean(text: &[u8]) -> Option<bool> {
    let text = trim_space_and_controls(text);
    let is_one_of = |words: [&[u8]; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(TRUE) {
        return Some(true);
    }
    is_one_of(FALSE).then_some(false)
}

/// Appends `true` or `false`.
pub fn write_boolean(value: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_read_as_by_spark() {
        let cases: [(&str, Option<bool>); 23] = [
            ("t", Some(true)),
            ("T", Some(true)),
            ("true", Some(true)),
            ("TrUe", Some(true)),
            ("y", Some(true)),
            ("YES", Some(true)),
            ("1", Some(true)),
            (" \t\0true\x7f\r\n", Some(true)),
            ("f", Some(false)),
            ("False", Some(false)),
            ("N", Some(false)),
            ("no", Some(false)),
            ("0", Some(false)),
            ("", None),
            (" ", None),
            ("tr", None),
            ("on", None),
            ("2", None),
            ("01", None),
            ("1.0", None),
            ("true.", None),
            ("yes no", None),
            ("\u{a0}true", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_boolean(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn booleans_are_written_in_words_that_are_read_back() {
        for (value, expected) in [(true, "true"), (false, "false")] {
            let mut out = Vec::new();
            write_boolean(value, &mut out);
            assert_eq!((out.as_slice(), parse_boolean(&out)), (expected.as_bytes(), Some(value)));
        }
    }
}
