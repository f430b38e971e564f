//! Why a row is rejected.

use std::fmt;

/// Why a record could not be used. The text form is stable: it stands in `rejected.csv` and in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// More or fewer fields than the header has.
    WrongFieldCount,
    /// Text stands between a closing quote and the next comma.
    TextAfterQuote,
    /// A quoted field is still open where the object ends.
    UnterminatedQuote,
    /// The record does not end within 1 MiB.
    RecordTooLong,
    /// Some bytes are not UTF-8.
    InvalidUtf8,
    /// A cell that must hold something is empty.
    Missing,
    /// A cell that must hold a number or a time holds something else.
    Unreadable,
}

impl Reason {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongFieldCount => "wrong_field_count",
            Self::TextAfterQuote => "text_after_quote",
            Self::UnterminatedQuote => "unterminated_quote",
            Self::RecordTooLong => "record_too_long",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
