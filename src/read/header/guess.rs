//! What a first line is that cannot be used as a header, in words for whoever sent the file.
//!
//! It may be a row, so its text must not be shown: only names that this program knows are quoted, and counts.

use spark_cast::date::parse_date;

use super::{HeaderRules, KnownName};

/// What a file begins with that is no CSV, and how to call it.
const OTHER_FORMATS: [(&[u8], &str); 10] = [
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Obj\x01", "Avro"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "HTML or XML"),
    (b"PAR1", "Parquet"),
    (b"ORC", "ORC"),
    (b"\0", "binary data"),
];

/// What text in another encoding begins with, and how to call it.
const OTHER_ENCODINGS: [(&[u8], &str); 4] = [
    (b"\xff\xfe\0\0", "UTF-32 text"),
    (b"\0\0\xfe\xff", "UTF-32 text"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
];

/// Common separators, and what to call them.
const DELIMITERS: [(u8, &str); 4] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "vertical bars")];

/// The complaint about an empty object.
pub(crate) const EMPTY: &str = "no header: the object is empty (a batch without rows still has its header line)";

pub(super) const UNCLOSED_QUOTE: &str = "the header has a quote that is not closed";

/// The complaint about line ends of old Macs.
pub(crate) const CARRIAGE_RETURN: &str =
    "the lines end in CR alone (a carriage return without a line feed); the sender must end them in LF or CR LF";

/// The complaint about an object that has nothing where its header should be.
pub(super) fn empty(bytes: &[u8], rules: &HeaderRules) -> String {
    if rules.header_line == 1 || bytes.is_empty() {
        return EMPTY.to_owned();
    }
    if has_lone_carriage_return(bytes, rules.dialect.quote) {
        return CARRIAGE_RETURN.to_owned();
    }
    format!("no header: the object ends before line {}, where its contract says the header is", rules.header_line)
}

/// The complaint about a header that does not end within what is read of it.
pub(super) fn too_long(bytes: &[u8], rules: &HeaderRules) -> String {
    if has_lone_carriage_return(bytes, rules.dialect.quote) {
        return CARRIAGE_RETURN.to_owned();
    }
    let bytes_max = rules.bytes_max();
    match rules.header_line {
        1 => format!("no header: the first line is longer than {bytes_max} bytes"),
        line => format!("no header: line {line} does not end within the first {bytes_max} bytes"),
    }
}

/// Refuses what is no CSV in the contract's encoding with lines that end in LF.
pub(super) fn check_form(names: &[String], line: &[u8], rules: &HeaderRules) -> Result<(), String> {
    let encoding = rules.encoding;
    let begins = |(start, _): &&(&[u8], &str)| line.trim_ascii_start().starts_with(start);
    if let Some((_, text)) = OTHER_ENCODINGS.iter().find(begins) {
        return Err(not_csv(&format!("{text} ({encoding} is expected)")));
    }
    if let Some(format) = other_format(line) {
        return Err(not_csv(format));
    }
    if line.contains(&0) {
        return Err(match () {
            () if line.iter().skip(1).step_by(2).take(8).all(|&byte| byte == 0) => {
                not_csv(&format!("UTF-16 text ({encoding} is expected)"))
            }
            () => not_csv("binary data"),
        });
    }
    if has_lone_carriage_return(line, rules.dialect.quote) {
        return Err(CARRIAGE_RETURN.to_owned());
    }
    let text = match std::str::from_utf8(line) {
        Ok(text) => text,
        Err(error) => {
            let column =
                line[..error.valid_up_to()].iter().filter(|&&byte| byte == rules.dialect.delimiter).count() + 1;
            let message = format!("the header is not {encoding} from column {column} on");
            return Err(format!("{message}; the sender must save the file as {encoding}"));
        }
    };
    let is_known = |name: &str| rules.known(name.trim().trim_matches(char::from(rules.dialect.quote))).is_some();
    let ours = rules.dialect.delimiter;
    for (delimiter, called) in DELIMITERS.into_iter().filter(|(delimiter, _)| *delimiter != ours) {
        if names.len() < 3 && text.split(char::from(delimiter)).filter(|name| is_known(name)).count() > 1 {
            return Err(format!("the header is separated by {called}, not by {}", called_delimiter(ours)));
        }
    }
    Ok(())
}

/// What a file begins like that is no CSV; `None`: it may be CSV.
pub(crate) fn other_format(bytes: &[u8]) -> Option<&'static str> {
    let begins = |(start, _): &&(&[u8], &'static str)| bytes.trim_ascii_start().starts_with(start);
    let found = OTHER_FORMATS.iter().find(begins).map(|(_, format)| *format);
    found.or((bytes.get(257..262) == Some(b"ustar")).then_some("a tar archive"))
}

/// The complaint about an object that looks like something else.
pub(crate) fn not_csv(format: &str) -> String {
    format!("the object is not CSV with a header line: it looks like {format}")
}

/// What a message calls a separator.
fn called_delimiter(delimiter: u8) -> String {
    match DELIMITERS.iter().find(|(other, _)| *other == delimiter) {
        Some((_, called)) => (*called).to_owned(),
        None => format!("{:?}", char::from(delimiter)),
    }
}

/// Whether a carriage return stands where no line ends. Inside quotes it is a control character in a name.
pub(crate) fn has_lone_carriage_return(line: &[u8], quote: u8) -> bool {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    // A line end at the very end of a file may be a CR alone, but then there are no rows to lose.
    let (mut in_quotes, mut found) = (false, false);
    for &byte in &line[..end] {
        in_quotes ^= byte == quote;
        found |= byte == b'\r' && !in_quotes;
    }
    found
}

/// The required columns that are there, and those that are not.
fn required<'r>(names: &[String], rules: &'r HeaderRules) -> (Vec<&'r str>, Vec<&'r str>) {
    let required = rules.known.iter().filter(|known| known.is_required).map(|known| known.name.as_str());
    required.partition(|required| names.iter().any(|name| name == required))
}

/// Whether a line is a header rather than a row: it has most of the names that every header has; where there are none
/// such, a name that a header can have.
pub(super) fn is_header(names: &[String], rules: &HeaderRules) -> bool {
    let (found, missing) = required(names, rules);
    let has_known = || names.iter().any(|name| rules.known(name).is_some());
    found.len() > missing.len() || (found.is_empty() && missing.is_empty() && has_known())
}

/// Refuses a header that goes on with cells, because its line end is lost: rows would become names of columns.
///
/// Names of columns may be numbers, or dates; a row has values of several kinds.
pub(super) fn check_no_cells(names: &[String], line: &[u8], rules: &HeaderRules) -> Result<(), String> {
    let unknown = || names.iter().filter(|name| rules.known(name).is_none()).map(|name| name.as_bytes());
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
pub(super) fn check_columns(names: &[String], line: &[u8], rules: &HeaderRules) -> Result<(), String> {
    let (found, missing) = required(names, rules);
    let known_names: Vec<&str> = names.iter().filter(|name| rules.known(name).is_some()).map(String::as_str).collect();
    if missing.is_empty() && !(found.is_empty() && known_names.is_empty()) {
        return Ok(());
    }
    let missing_names = missing.join(", ");
    if known_names.is_empty() {
        let which = match rules.header_line {
            1 => "the first line".to_owned(),
            number => format!("line {number}"),
        };
        let wanted = match missing.is_empty() {
            true => format!(
                "known are {}",
                rules.known.iter().map(|KnownName { name, .. }| name.as_str()).collect::<Vec<_>>().join(", ")
            ),
            false => format!("needed are {missing_names}"),
        };
        return Err(format!(
            "no header: {which} ({} fields, {} bytes) names no known column; {wanted}",
            names.len(),
            line.len(),
        ));
    }
    let in_other_case = |required: &&&str| known_names.iter().any(|name| name.eq_ignore_ascii_case(required));
    let mut message = format!("missing required columns {missing_names}");
    if let Some(required) = missing.iter().find(in_other_case) {
        message.push_str(match required.chars().any(char::is_uppercase) {
            true => " (upper and lower case matter)",
            false => " (names are written in lower case)",
        });
    }
    if is_header(names, rules) {
        let plain = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let plain_missing: Vec<String> = missing.iter().map(|name| plain(name)).collect();
        let alike = |(_, name): &(usize, &String)| rules.known(name).is_none() && plain_missing.contains(&plain(name));
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
