//! What a first line is that cannot be used as a header, in words for whoever sent the file.
//!
//! A file without a header line begins with a row, whose cells must not be shown: the line is quoted only when it
//! names a column we know.

use std::borrow::Cow;

use crate::schema::KnownColumn;

/// The most characters of a header line that a message quotes.
const QUOTED_CHARS_MAX: usize = 500;

/// What a file begins with that is no CSV, and how to call it.
const OTHER_FORMATS: [(&[u8], &str); 9] = [
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "HTML or XML"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"PAR1", "Parquet"),
    (b"ORC", "ORC"),
    (b"\xff\xfe", "UTF-16 text (UTF-8 is expected)"),
    (b"\xfe\xff", "UTF-16 text (UTF-8 is expected)"),
    (b"\0", "binary data"),
];

/// The complaint about a header line that lacks the columns `missing`.
pub(super) fn complaint(missing: &[&str], names: &[String], line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    if let Some((_, format)) = OTHER_FORMATS.iter().find(|(start, _)| line.trim_ascii_start().starts_with(start)) {
        return format!("the object is not CSV with a header line: it looks like {format}");
    }
    for (delimiter, called) in [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")] {
        if names.len() < 3 && text.split(delimiter).filter(|name| is_known(name)).count() > 1 {
            return format!("the header found is separated by {called}, not by commas: {}", shortened(text.trim_end()));
        }
    }
    if memchr::memchr_iter(b'"', line).count() % 2 == 1 {
        return "the first line has a quote that is not closed".to_owned();
    }
    if !names.iter().any(|name| is_known(name)) {
        return format!(
            "no header: the first line ({} fields, {} bytes) names no known column; needed are {}",
            names.len(),
            line.len(),
            missing.join(", ")
        );
    }
    let other_case = |name: &&String| missing.iter().any(|known| name.eq_ignore_ascii_case(known));
    let hint = if names.iter().any(|name| other_case(&name)) { " (names are written in lower case)" } else { "" };
    format!("missing required columns {}{hint}; header found: {}", missing.join(", "), shortened(&names.join(",")))
}

fn is_known(name: &str) -> bool {
    let name = name.trim().trim_matches('"');
    KnownColumn::ALL.iter().any(|column| column.name().eq_ignore_ascii_case(name))
}

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: [&str; 2] = ["email", "unique_id"];

    fn complaint_about(line: &str) -> String {
        let names: Vec<String> = line.trim_end().split(',').map(str::to_owned).collect();
        complaint(&MISSING, &names, line.as_bytes())
    }

    #[test]
    fn other_formats_are_called_by_their_name() {
        for (line, format) in [
            ("{\"email\": \"ana@secret.ro\", \"phone\": 1}\n", "JSON"),
            ("[\"email\",\"ana@secret.ro\"]\n", "JSON"),
            ("<!DOCTYPE html>\n", "HTML or XML"),
            ("  <Error><Code>AccessDenied</Code></Error>", "HTML or XML"),
            ("PK\u{3}\u{4}\u{14}", "a ZIP archive or an Excel workbook"),
            ("PAR1\u{15}", "Parquet"),
            ("\0\0\0", "binary data"),
        ] {
            let expected = format!("the object is not CSV with a header line: it looks like {format}");
            assert_eq!(complaint_about(line), expected, "{line:?}");
        }
        let utf_16 = complaint(&MISSING, &[], b"\xff\xfep\0e\0");
        assert!(utf_16.ends_with("UTF-16 text (UTF-8 is expected)"), "{utf_16}");
    }

    #[test]
    fn other_delimiters_are_named() {
        for (delimiter, called) in [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")] {
            let line = ["user_name", "email", "phone"].join(delimiter);
            assert_eq!(
                complaint_about(&line),
                format!("the header found is separated by {called}, not by commas: {line}")
            );
        }
    }

    #[test]
    fn a_first_row_is_not_shown_and_a_header_is() {
        let row = complaint_about("Ana Secret,ana,ana@secret.ro\n");
        assert_eq!(
            row,
            "no header: the first line (3 fields, 29 bytes) names no known column; needed are email, unique_id"
        );
        let header = complaint_about("phone,id\n");
        assert_eq!(header, "missing required columns email, unique_id; header found: phone,id");
        let upper = complaint_about("EMAIL,ID\n");
        assert!(
            upper.contains("email, unique_id (names are written in lower case); header found: EMAIL,ID"),
            "{upper}"
        );
        assert_eq!(complaint_about("\"phone,Ana Secret\n"), "the first line has a quote that is not closed");
    }

    #[test]
    fn a_long_header_is_shortened() {
        let names: Vec<String> = (0..5000).map(|index| format!("ș{index}")).collect();
        let message = complaint_about(&format!("phone,{}", names.join(",")));
        assert!(message.ends_with('…') && message.chars().count() < QUOTED_CHARS_MAX + 100, "{message}");
    }
}
