//! The header line: which columns an object has, and where its first record begins.

mod guess;

use std::io::Read;

use super::scan::{Records, unquote};
use crate::error::{Error, Result};
use crate::schema::KnownColumn;

/// How much of an object, as stored, is enough to find its header line in.
pub const HEADER_BYTES_MAX: usize = 128 * 1024;

const EMPTY: &str = "no header: the object is empty (a batch without rows still has its header line)";

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An object's header line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Column names in the file's order, without surrounding white space.
    pub names: Vec<String>,
    /// Where the first record begins in the plain text, in bytes.
    pub bytes: usize,
}

impl Header {
    /// Reads the header line at the beginning of `text`, the plain text of `object`.
    ///
    /// `text` may be only the beginning of the object: what fails behind the header line does not matter.
    pub fn read(text: impl Read, object: &str) -> Result<Self> {
        let mut bytes = Vec::new();
        let outcome = text.take(HEADER_BYTES_MAX as u64).read_to_end(&mut bytes);
        let begin = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let blank = bytes[begin..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let begin = begin + blank;
        let line_bytes = match memchr::memchr(b'\n', &bytes[begin..]) {
            Some(at) => at + 1,
            None if bytes.len() < HEADER_BYTES_MAX => {
                outcome.map_err(|error| Error::from(error).at(object))?;
                bytes.len() - begin
            }
            None => {
                let message = format!("no header: the first line is longer than {HEADER_BYTES_MAX} bytes");
                return Err(Error::invalid_input(message).at(object));
            }
        };
        let line = &bytes[begin..begin + line_bytes];
        let names = names(line).ok_or_else(|| Error::invalid_input(EMPTY).at(object))?;
        let header = Self { names, bytes: begin + line_bytes };
        header.check(object, line)?;
        Ok(header)
    }

    /// Which field of the file holds the column.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    fn check(&self, object: &str, line: &[u8]) -> Result<()> {
        let missing: Vec<&str> =
            KnownColumn::required().map(KnownColumn::name).filter(|name| self.position(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(Error::invalid_input(guess::complaint(&missing, &self.names, line)).at(object));
        }
        let twice = self.names.iter().enumerate().find(|(at, name)| self.names[..*at].contains(name));
        if let Some((_, name)) = twice {
            return Err(Error::invalid_input(format!("column {name} stands twice in the header")).at(object));
        }
        if let Some(name) = self.names.iter().find(|name| KnownColumn::DERIVED.contains(&name.as_str())) {
            let message = format!("column {name} is one this program derives and cannot be in its input");
            return Err(Error::invalid_input(message).at(object));
        }
        Ok(())
    }
}

/// The names in a header line; `None` when there is none. A column without a name gets the one Spark gives it,
/// its position from 0: `_c16`.
fn names(line: &[u8]) -> Option<Vec<String>> {
    let mut records = Records::default();
    records.scan(line);
    let record = *records.iter().next()?;
    let mut scratch = Vec::new();
    let name = |index| {
        let name =
            String::from_utf8_lossy(unquote(records.field(line, &record, index), &mut scratch)).trim().to_owned();
        if name.is_empty() { format!("_c{index}") } else { name }
    };
    Some((0..record.fields as usize).map(name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const REQUIRED: &str = "unique_id,email,phone,birth_date,accessed_at,session_duration,download_speed,upload_speed,consumed_traffic,person_name";

    fn failure(text: &str) -> String {
        let error = Header::read(text.as_bytes(), "raw_data/x.csv").expect_err("no usable header");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    }

    #[test]
    fn byte_order_mark_quotes_spaces_and_line_ends_are_understood() {
        let plain = Header::read(format!("{REQUIRED},shoe size\n1").as_bytes(), "x").expect("header");
        assert_eq!(plain.names.last().map(String::as_str), Some("shoe size"));
        assert_eq!(plain.bytes, REQUIRED.len() + 11);
        let nameless = Header::read(format!("{REQUIRED},, \n1").as_bytes(), "x").expect("header");
        assert_eq!(nameless.names[10..], ["_c10", "_c11"]);
        let odd = format!(
            "\u{feff}\r\n{},\"shoe size\"\r\n1",
            REQUIRED.replace(",email", ", \"email\" ").replace(" \"email\" ", "\"email\"")
        );
        let odd = Header::read(odd.as_bytes(), "x").expect("header");
        assert_eq!(odd.names, plain.names);
        let alone = Header::read(REQUIRED.as_bytes(), "x").expect("header without line end");
        assert_eq!(alone.bytes, REQUIRED.len());
    }

    #[test]
    fn an_object_without_a_usable_header_is_described() {
        for nothing in ["", "\u{feff}\r\n"] {
            assert_eq!(failure(nothing), format!("raw_data/x.csv: {EMPTY}"));
        }
        let without = failure(&REQUIRED.replace("phone,", ""));
        assert!(
            without.contains("missing required columns phone; header found: unique_id,email,birth_date"),
            "{without}"
        );
        let semicolons = failure(&REQUIRED.replace(',', ";"));
        assert!(semicolons.contains("separated by semicolons, not by commas: unique_id;email"), "{semicolons}");
        assert!(failure(&format!("{REQUIRED},a,a")).contains("column a stands twice"));
        assert!(failure(&format!("{REQUIRED},masked_email")).contains("masked_email is one this program derives"));
        assert!(failure(&"x".repeat(HEADER_BYTES_MAX + 1)).contains("longer than"));
    }

    #[test]
    fn a_first_row_without_header_is_not_shown() {
        let message = failure("Ana Pop,ana.pop,ana@pop.ro,2960101223344\n");
        assert!(!message.contains("Ana") && !message.contains("296"), "{message}");
        assert!(message.contains("no header: the first line (4 fields, 41 bytes)"), "{message}");
    }
}
