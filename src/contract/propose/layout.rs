//! Where cells begin and end in a sample: separator, quote, header line and comments.

use std::collections::HashMap;

use super::super::{Dialect, Encoding, ExtraColumns};
use super::Guess;
use super::number;
use crate::error::Result;
use crate::read::header::guess;
use crate::read::header::{Header, HeaderRules, KnownName};
use crate::read::scan::{Quoting, Record, Records, is_well_quoted, unquote};

const DELIMITERS: [(u8, &str); 4] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "vertical bars")];

/// The header is looked for in the first lines.
const LINES_MAX: usize = 100;

const COMMENT: &str = "#";

/// As many columns as a header may have.
const COLUMNS_MAX: usize = 65_536;

/// Where cells begin and end.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) dialect: Guess<Dialect>,
    pub(super) header_line: Guess<u32>,
    pub(super) comment: Option<Guess<String>>,
    names: Vec<String>,
}

/// The cells of a sample by column.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) columns: Vec<Cells>,
    pub(super) records: usize,
    pub(super) odd_records: usize,
}

/// A column of the sample: its name, and its cells without white space around them.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) name: String,
    pub(super) cells: Vec<String>,
}

/// A way to read the sample.
struct Candidate {
    dialect: Dialect,
    called: &'static str,
    header: HeaderLine,
    /// Records with the usual number of fields, and all.
    usual: usize,
    records: usize,
}

struct HeaderLine {
    number: u32,
    names: Vec<String>,
    has_comments_before: bool,
}

/// The likeliest layout.
///
/// # Errors
///
/// No line looks like a header.
pub(super) fn layout(text: &[u8]) -> std::result::Result<Layout, String> {
    let quote = if uses_single_quotes(text) { b'\'' } else { b'"' };
    let candidates =
        DELIMITERS.iter().filter_map(|&(delimiter, called)| candidate(text, Dialect { delimiter, quote }, called, 2));
    // Most records alike, then the earliest header, then most columns.
    let rank = |candidate: &Candidate| {
        let share = candidate.usual * 1000 / candidate.records.max(1);
        (share, u32::MAX - candidate.header.number, candidate.header.names.len())
    };
    let best = candidates.max_by_key(rank);
    let best = best.or_else(|| candidate(text, Dialect { delimiter: b',', quote }, "commas", 1));
    let best = best.ok_or_else(|| {
        if text.trim_ascii().is_empty() {
            return guess::EMPTY.to_owned();
        }
        if text.contains(&b'\r') && !text.contains(&b'\n') {
            return guess::CARRIAGE_RETURN.to_owned();
        }
        "no line looks like a header: its names would be numbers, dates or addresses, or two of them the same; the \
         program finds columns by the names in a header line"
            .to_owned()
    })?;
    Ok(finish(best))
}

fn finish(best: Candidate) -> Layout {
    let Candidate { dialect, called, header, usual, records } = best;
    let why = match header.names.len() {
        1 => "there is one column, so nothing shows what separates columns".to_owned(),
        columns => {
            format!("with {called} the header has {columns} names, and {usual} of {records} records are like it")
        }
    };
    let header_why = match header.number {
        1 => "the first line that is not blank has names in it".to_owned(),
        number => format!(
            "the {} lines before it have other numbers of fields; check that they are always so many",
            number - 1
        ),
    };
    let comment = header.has_comments_before.then(|| Guess {
        value: COMMENT.to_owned(),
        why: "lines before the header begin with it; rows that begin with it are left out, too".to_owned(),
    });
    Layout {
        dialect: Guess { value: dialect, why },
        header_line: Guess { value: header.number, why: header_why },
        comment,
        names: header.names,
    }
}

/// Whether cells stand in single quotes: there are some, at the beginning and the end of cells, and none in double ones.
fn uses_single_quotes(text: &[u8]) -> bool {
    DELIMITERS.iter().any(|&(delimiter, _)| {
        let dialect = Dialect { delimiter, quote: b'\'' };
        let mut records = Records::default().in_dialect(dialect);
        records.scan(text);
        let (mut quoted, mut others) = (0_usize, 0_usize);
        for record in records.iter() {
            for index in 0..record.fields as usize {
                match records.field(text, record, index) {
                    raw if is_well_quoted(raw, b'\'') && raw.len() > 2 => quoted += 1,
                    [b'\'' | b'"', ..] => others += 1,
                    _ => {}
                }
            }
        }
        quoted >= records.len().max(2) / 2 && others == 0
    })
}

/// How the sample reads in a dialect; `None`: not as a table of so many columns with a header.
fn candidate(text: &[u8], dialect: Dialect, called: &'static str, columns_min: usize) -> Option<Candidate> {
    let mut records = Records::default().in_dialect(dialect);
    records.scan(text);
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for record in records.iter().filter(|record| record.quoting != Quoting::Malformed) {
        *counts.entry(record.fields).or_default() += 1;
    }
    let (&fields, &usual) = counts.iter().max_by_key(|(fields, count)| (**count, **fields))?;
    if (fields as usize) < columns_min {
        return None;
    }
    let header = header(text, dialect, fields)?;
    Some(Candidate { dialect, called, header, usual, records: records.len() })
}

/// The first line that has as many names as records have fields; or one less, because some programs end every row with
/// a separator; or as many, some of them empty.
fn header(text: &[u8], dialect: Dialect, fields: u32) -> Option<HeaderLine> {
    let fields = fields as usize;
    let is_full = |names: &[String]| names.iter().all(|name| !name.is_empty());
    first_line(text, dialect, |names| names.len() == fields && is_full(names))
        .or_else(|| first_line(text, dialect, |names| names.len() + 1 == fields && is_full(names)))
        .or_else(|| first_line(text, dialect, |names| names.len() == fields))
}

/// The first line with names in it that are as wanted.
fn first_line(text: &[u8], dialect: Dialect, is_wanted: impl Fn(&[String]) -> bool) -> Option<HeaderLine> {
    let (mut before, mut others, mut comments) = (0_u32, 0_usize, 0_usize);
    for line in text.split_inclusive(|&byte| byte == b'\n').take(LINES_MAX) {
        let mut records = Records::default().in_dialect(dialect);
        records.scan(line);
        let names = records.iter().next().map(|record| fields_of(line, &records, record)).unwrap_or_default();
        let is_comment = line.starts_with(COMMENT.as_bytes());
        if !is_comment && is_wanted(&names) && are_names(&names) {
            // Blank lines and comments may stand where the header should.
            let is_plain = others == 0;
            return Some(HeaderLine {
                number: if is_plain { 1 } else { before + 1 },
                names,
                has_comments_before: is_plain && comments > 0,
            });
        }
        match (is_comment, names.is_empty()) {
            (true, _) => comments += 1,
            (false, true) => {}
            (false, false) => others += 1,
        }
        before += 1;
    }
    None
}

/// Whether a line has names in it: nearly all filled, no two the same, and no cells among them.
fn are_names(names: &[String]) -> bool {
    let mut seen: Vec<String> = names.iter().filter(|name| !name.is_empty()).map(|name| name.to_lowercase()).collect();
    let filled = seen.len();
    seen.sort_unstable();
    seen.dedup();
    let is_year = |name: &str| name.len() == 4 && name.starts_with(['1', '2']);
    let is_cell = |name: &String| {
        let is_number = number::number(name, b'.').or_else(|| number::number(name, b',')).is_some() && !is_year(name);
        let is_dated = name.starts_with(|first: char| first.is_ascii_digit()) && name.contains(['-', '.', '/', ':']);
        is_number || is_dated || name.find('@').is_some_and(|at| at > 0)
    };
    filled > 0 && filled * 2 > names.len() && seen.len() == filled && !names.iter().any(is_cell)
}

fn fields_of(line: &[u8], records: &Records, record: &Record) -> Vec<String> {
    let mut scratch = Vec::new();
    let mut text = |index| {
        let text = unquote(records.field(line, record, index), &mut scratch, records.dialect.quote);
        String::from_utf8_lossy(text).trim().to_owned()
    };
    (0..record.fields as usize).map(&mut text).collect()
}

/// The cells of the sample, read as a run would find them.
///
/// # Errors
///
/// The header cannot be used by the program, for the same reasons as in a run.
pub(super) fn table(text: &[u8], layout: &Layout, encoding: Encoding, path: &str) -> Result<Table> {
    let known = |name: &String| KnownName { name: name.clone(), is_required: true };
    let dialect = layout.dialect.value;
    let comment = layout.comment.as_ref().map(|comment| comment.value.as_str().into());
    let rules = HeaderRules {
        columns_max: COLUMNS_MAX,
        header_line: layout.header_line.value,
        comment: comment.clone(),
        dialect,
        encoding,
        known: layout.names.iter().filter(|name| !name.is_empty()).map(known).collect(),
        derived: [].into(),
        renamed: [].into(),
        extra_columns: ExtraColumns::Carry,
    };
    let header = Header::read(text, path, &rules)?;
    let mut records = Records::skipping_marks().in_dialect(dialect).with_comments(comment);
    let rows = &text[header.bytes..];
    records.scan(rows);
    let mut columns: Vec<Cells> =
        header.names.iter().map(|name| Cells { name: name.clone(), cells: Vec::new() }).collect();
    let (mut whole, mut odd_records) = (0, 0);
    for record in records.iter() {
        let is_comment = rules
            .comment
            .as_deref()
            .is_some_and(|comment| rows[record.start as usize..].starts_with(comment.as_bytes()));
        let cells = fields_of(rows, &records, record);
        if is_comment || cells.iter().all(String::is_empty) {
            continue;
        }
        whole += 1;
        if cells.len() != columns.len() + usize::from(header.has_surplus_field) {
            odd_records += 1;
            continue;
        }
        for (column, cell) in columns.iter_mut().zip(cells) {
            column.cells.push(cell);
        }
    }
    // Columns without a name are not in the contract; a run carries them along.
    let names = layout.names.iter().map(|name| !name.is_empty());
    let mut named = names.chain(std::iter::repeat(false));
    columns.retain(|_| named.next().unwrap_or_default());
    Ok(Table { columns, records: whole, odd_records })
}
