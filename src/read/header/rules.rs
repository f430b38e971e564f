//! What a header must be like: where it stands, which names it needs, and which it must not have.

use std::sync::Arc;

use super::HEADER_BYTES_MAX;
use crate::read::{Dialect, Encoding};

/// What becomes of columns that the contract does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExtraColumns {
    /// They are published as texts, after the columns of the contract.
    #[default]
    Carry,
    /// They are not published.
    Drop,
    /// An object that has one cannot be used.
    Reject,
}

/// What a header must be like.
#[derive(Clone, Debug)]
pub struct HeaderRules {
    /// Most columns.
    pub columns_max: usize,
    /// Number of the header line, from 1; blank lines and comments may stand where it should, and it follows them.
    pub header_line: u32,
    /// A line that begins with this text is no data; it is never empty.
    pub comment: Option<Arc<str>>,
    /// What separates and encloses names.
    pub dialect: Dialect,
    /// How the sender stores characters. The text that is read here has been made UTF-8; messages name the original.
    pub encoding: Encoding,
    /// The names that the program knows.
    pub known: Arc<[KnownName]>,
    /// Names of the columns that the program derives.
    pub derived: Arc<[String]>,
    /// Names that columns have in the outputs and that no column has in the files.
    pub renamed: Arc<[String]>,
    /// What becomes of other columns.
    pub extra_columns: ExtraColumns,
}

/// A name that the program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownName {
    /// The name in the files.
    pub name: String,
    /// Whether every file must have it.
    pub is_required: bool,
}

impl HeaderRules {
    /// How much text a header is looked for in, in bytes: no more than [`HEADER_BYTES_MAX`] bytes of an object always are.
    pub(super) fn bytes_max(&self) -> usize {
        match self.encoding {
            // Two bytes become one of ASCII, and a byte order mark none.
            Encoding::Utf16 => HEADER_BYTES_MAX / 2 - 1,
            Encoding::Utf8
            | Encoding::Windows1250
            | Encoding::Windows1252
            | Encoding::Iso8859_1
            | Encoding::Iso8859_2 => HEADER_BYTES_MAX,
        }
    }

    /// The known name that this is, perhaps in other letter cases.
    pub(super) fn known(&self, name: &str) -> Option<&KnownName> {
        self.known.iter().find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// Whether a line is no data.
    pub(super) fn is_comment(&self, line: &[u8]) -> bool {
        self.comment.as_deref().is_some_and(|comment| line.starts_with(comment.as_bytes()))
    }
}
