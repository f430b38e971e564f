//! Why a row is rejected.

use std::fmt;

/// Why a record could not be used. The text form is stable: it stands in `rejected.csv` and in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// More or fewer fields than the header has.
    WrongFieldCount,
    /// Text stands between a closing quote and the next separator.
    TextAfterQuote,
    /// A quoted field is still open where the object ends, or closes in the middle of a later line's text.
    UnterminatedQuote,
    /// A quote opens a field that would swallow whole rows.
    StrayQuote,
    /// The record does not end within 1 MiB.
    RecordTooLong,
    /// Some bytes are not UTF-8.
    InvalidUtf8,
    /// A cell that must hold something is empty.
    Missing,
    /// A cell that must hold a number or a time holds something else.
    Unreadable,
    /// All cells are empty or blank, as in the empty rows of a spreadsheet.
    BlankRecord,
    /// The record is the header once more, as in files that were joined.
    RepeatedHeader,
    /// The record begins with the text by which the contract tells comments.
    Comment,
    /// The record is another header, or the same in another order: what follows would be taken for other columns. No run
    /// publishes such an object.
    ChangedHeader,
}

impl Reason {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongFieldCount => "wrong_field_count",
            Self::TextAfterQuote => "text_after_quote",
            Self::UnterminatedQuote => "unterminated_quote",
            Self::StrayQuote => "stray_quote",
            Self::RecordTooLong => "record_too_long",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::BlankRecord => "blank_record",
            Self::RepeatedHeader => "repeated_header",
            Self::Comment => "comment",
            Self::ChangedHeader => "changed_header",
        }
    }

    /// Whether such a record counts as a row when the share of rejected rows is taken.
    pub fn counts_in_ratio(self) -> bool {
        !matches!(self, Self::BlankRecord | Self::RepeatedHeader | Self::Comment)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
