//! Texts that a spreadsheet takes for formulas when it opens a CSV file, and what makes them texts there, too.

use std::borrow::Cow;

/// What becomes of texts in CSV outputs that a spreadsheet would take for formulas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CsvFormulas {
    /// They stay as they are.
    #[default]
    Keep,
    /// An apostrophe before them makes them texts for spreadsheets, too.
    Defuse,
}

/// Whether a spreadsheet may take a cell with this text for a formula: it begins with `=`, `+`, `-`, `@`, a tab or a
/// carriage return.
pub fn is_formula(text: &[u8]) -> bool {
    matches!(text, [b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r', ..])
}

/// The text, after an apostrophe if it [is a formula](is_formula).
pub fn defused(text: &[u8]) -> Cow<'_, [u8]> {
    if is_formula(text) { Cow::Owned([b"'", text].concat()) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_like_a_formula_gets_an_apostrophe() {
        for formula in ["=1+1", "+40 721", "-x", "@SUM(A1)", "\t=1", "\r=1", "="] {
            assert_eq!(defused(formula.as_bytes()), format!("'{formula}").as_bytes());
        }
        for text in ["", "a=1", " =1", "'=1", "1-2", "ana@x.ro", "\n=1"] {
            assert_eq!(defused(text.as_bytes()), text.as_bytes());
        }
    }
}
