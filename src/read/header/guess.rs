//! What a first line is that cannot be used as a header, in words for whoever sent the file.
//!
//! It may be a row, so its text must not be shown: only names that this program knows are quoted, and counts.

use super::{HEADER_BYTES_MAX, known};
use crate::rules::date::parse_date;
use crate::schema::KnownColumn;

/// What a file begins with that is no CSV, and how to call it.
const OTHER_FORMATS: [(&[u8], &str); 14] = [
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Obj\x01", "Avro"),
    (b"\xff\xfe\0\0", "UTF-32 text (UTF-8 is expected)"),
    (b"\0\0\xfe\xff", "UTF-32 text (UTF-8 is expected)"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "HTML or XML"),
    (b"PAR1", "Parquet"),
    (b"ORC", "ORC"),
    (b"\xff\xfe", "UTF-16 text (UTF-8 is expected)"),
    (b"\xfe\xff", "UTF-16 text (UTF-8 is expected)"),
    (b"\0", "binary data"),
];

/// Separators that are not ours, and what to call them.
const OTHER_DELIMITERS: [(char, &str); 3] = [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")];

pub(super) const UNCLOSED_QUOTE: &str = "the header has a quote that is not closed";

const CARRIAGE_RETURN: &str =
    "the lines end in CR alone (a carriage return without a line feed); the sender must end them in LF or CR LF";

/// The complaint about a header that does not end within what is read of it.
pub(super) fn too_long(bytes: &[u8]) -> String {
    if has_lone_carriage_return(bytes) {
        return CARRIAGE_RETURN.to_owned();
    }
    format!("no header: the first line is longer than {HEADER_BYTES_MAX} bytes")
}

/// Refuses what is no CSV in UTF-8 with lines that end in LF.
pub(super) fn check_form(names: &[String], line: &[u8]) -> Result<(), String> {
    if let Some((_, format)) = OTHER_FORMATS.iter().find(|(start, _)| line.trim_ascii_start().starts_with(start)) {
        return Err(format!("the object is not CSV with a header line: it looks like {format}"));
    }
    if line.contains(&0) {
        let format = match () {
            () if line.get(257..262) == Some(b"ustar") => "a tar archive",
            () if line.iter().skip(1).step_by(2).take(8).all(|&byte| byte == 0) => "UTF-16 text (UTF-8 is expected)",
            () => "binary data",
        };
        return Err(format!("the object is not CSV with a header line: it looks like {format}"));
    }
    if has_lone_carriage_return(line) {
        return Err(CARRIAGE_RETURN.to_owned());
    }
    let text = match std::str::from_utf8(line) {
        Ok(text) => text,
        Err(error) => {
            let column = line[..error.valid_up_to()].iter().filter(|&&byte| byte == b',').count() + 1;
            let message = "the header is not UTF-8 from column";
            return Err(format!("{message} {column} on; the sender must save the file as UTF-8"));
        }
    };
    let is_known = |name: &str| known(name.trim().trim_matches('"')).is_some();
    for (delimiter, called) in OTHER_DELIMITERS {
        if names.len() < 3 && text.split(delimiter).filter(|name| is_known(name)).count() > 1 {
            return Err(format!("the header is separated by {called}, not by commas"));
        }
    }
    Ok(())
}

/// Whether a carriage return stands where no line ends. Inside quotes it is a control character in a name.
fn has_lone_carriage_return(line: &[u8]) -> bool {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    // A line end at the very end of a file may be a CR alone, but then there are no rows to lose.
    let (mut in_quotes, mut found) = (false, false);
    for &byte in &line[..end] {
        in_quotes ^= byte == b'"';
        found |= byte == b'\r' && !in_quotes;
    }
    found
}

/// The required columns that are there, and those that are not.
fn required(names: &[String]) -> (Vec<&'static str>, Vec<&'static str>) {
    KnownColumn::required().map(KnownColumn::name).partition(|required| names.iter().any(|name| name == required))
}

/// Whether a line is a header rather than a row: it has most of the names that every header has.
pub(super) fn is_header(names: &[String]) -> bool {
    let (found, missing) = required(names);
    found.len() > missing.len()
}

/// Refuses a header that goes on with cells, because its line end is lost: rows would become names of columns.
///
/// Names of columns may be numbers, or dates; a row has values of several kinds.
pub(super) fn check_no_cells(names: &[String], line: &[u8]) -> Result<(), String> {
    let unknown = || names.iter().filter(|name| known(name).is_none()).map(|name| name.as_bytes());
    let is_date = |text: &[u8]| text.contains(&b'-') && parse_date(text).is_some();
    // Many a column is called by a year.
    let is_year = |text: &[u8]| matches!(text, [b'1' | b'2', _, _, _]);
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit) && !is_year(text);
    let is_address = |text: &[u8]| text.iter().rposition(|&byte| byte == b'@').is_some_and(|at| at > 0);
    let kinds = [unknown().any(is_number), unknown().any(is_date), unknown().any(is_address)];
    let kinds = kinds.into_iter().filter(|&is_there| is_there).count();
    if kinds > 1 || (kinds > 0 && !line.ends_with(b"\n")) {
        let message = "the header goes on with what look like cells: numbers, dates or addresses";
        return Err(format!("{message}; its line end may be lost, and the sender must end it in LF or CR LF"));
    }
    Ok(())
}

/// Refuses a header without the columns that every batch has.
pub(super) fn check_columns(names: &[String], line: &[u8]) -> Result<(), String> {
    let (_, missing) = required(names);
    if missing.is_empty() {
        return Ok(());
    }
    let known_names: Vec<&str> = names.iter().filter(|name| known(name).is_some()).map(String::as_str).collect();
    let missing_names = missing.join(", ");
    if known_names.is_empty() {
        return Err(format!(
            "no header: the first line ({} fields, {} bytes) names no known column; needed are {missing_names}",
            names.len(),
            line.len(),
        ));
    }
    let other_case = |name: &&&str| missing.iter().any(|required| name.eq_ignore_ascii_case(required));
    let mut message = format!("missing required columns {missing_names}");
    if known_names.iter().any(|name| other_case(&name)) {
        message.push_str(" (names are written in lower case)");
    }
    if is_header(names) {
        let plain = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let plain_missing: Vec<String> = missing.iter().map(|name| plain(name)).collect();
        let alike = |(_, name): &(usize, &String)| known(name).is_none() && plain_missing.contains(&plain(name));
        if let Some((number, _)) = (1..).zip(names).find(alike) {
            message.push_str(&format!(" (column {number} is called nearly so)"));
        }
    }
    message.push_str(&format!("; header found: {}", known_names.join(", ")));
    match names.len() - known_names.len() {
        0 => {}
        1 => message.push_str(" and 1 other column"),
        others => message.push_str(&format!(" and {others} other columns")),
    }
    Err(message)
}
