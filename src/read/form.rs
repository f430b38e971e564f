//! How a file is written: what separates its cells, and how its characters are stored.

use std::fmt;

/// What separates and encloses the cells of a record: two different ASCII bytes, neither a line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between two cells.
    pub delimiter: u8,
    /// Around a cell.
    pub quote: u8,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', quote: b'"' }
    }
}

/// How the characters of a file are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16, little-endian unless a byte order mark says otherwise.
    Utf16,
    /// Windows-1250, Central Europe.
    Windows1250,
    /// Windows-1252, Western Europe.
    Windows1252,
    /// ISO 8859-1, Western Europe.
    Iso8859_1,
    /// ISO 8859-2, Central Europe.
    Iso8859_2,
}

/// The name that IANA registered; a contract has it in lower case.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::Windows1250 => "Windows-1250",
            Self::Windows1252 => "Windows-1252",
            Self::Iso8859_1 => "ISO-8859-1",
            Self::Iso8859_2 => "ISO-8859-2",
        })
    }
}
