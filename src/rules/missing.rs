//! What counts as a missing value.
//!
//! An empty cell is missing, quoted or not; whether white space is depends on the contract and is decided by the caller.

/// Texts that stand for a missing value, such as `NULL` or `\N`, in any column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NullMarkers(Vec<String>);

impl NullMarkers {
    /// These texts.
    pub fn new(markers: impl IntoIterator<Item = String>) -> Self {
        Self(markers.into_iter().collect())
    }

    /// The texts.
    pub fn texts(&self) -> &[String] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the unquoted cell holds one of them, perhaps between white space.
    pub fn contain(&self, cell: &[u8]) -> bool {
        !self.0.is_empty() && self.0.iter().any(|marker| marker.as_bytes() == cell.trim_ascii())
    }
}

/// Whether the cell, given as UTF-8, is empty or holds nothing but white space as Unicode defines it.
///
/// Zero-width characters (U+200B, U+FEFF) are not white space. Bytes that are not UTF-8 are not blank.
pub fn is_blank(cell: &[u8]) -> bool {
    match cell.iter().position(|byte| !matches!(byte, b'\t'..=b'\r' | b' ')) {
        None => true,
        Some(first) if cell[first].is_ascii() => false,
        Some(first) => std::str::from_utf8(&cell[first..]).is_ok_and(|rest| rest.chars().all(char::is_whitespace)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_empty_cells_and_white_space_are_blank() {
        let cases: [(&[u8], bool); 14] = [
            (b"", true),
            (b" ", true),
            (b" \t\r\n\x0b\x0c ", true),
            ("\u{a0}".as_bytes(), true),
            (" \u{2003}\u{3000}\u{85} ".as_bytes(), true),
            ("\u{200b}".as_bytes(), false),
            ("\u{feff}".as_bytes(), false),
            (b"\0", false),
            (b"\x1f", false),
            (b"x", false),
            (b"  x  ", false),
            ("\u{a0}x".as_bytes(), false),
            ("ă".as_bytes(), false),
            (b"\xc2", false),
        ];
        for (cell, expected) in cases {
            assert_eq!(is_blank(cell), expected, "{cell:?}");
        }
    }

    proptest! {
        #[test]
        fn blank_is_what_the_standard_library_trims_to_nothing(cell in "[ \t\u{85}\u{a0}\u{2003}ax]{0,4}|\\PC{0,3}") {
            prop_assert_eq!(is_blank(cell.as_bytes()), cell.trim().is_empty());
        }
    }
}
