//! Finds the records and fields of a chunk: positions only, no byte is copied.

mod structural;

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use super::cutter::{closing_quote, ends_field};
use super::header::BYTE_ORDER_MARK;
use structural::{BLOCK_BYTES, structural_mask};

/// Where the records and fields of one chunk are. Kept and refilled, so that nothing is allocated per record.
#[derive(Debug, Default)]
pub struct Records {
    records: Vec<Record>,
    /// End of each field of each record; a field begins one byte behind the end of the one before.
    ends: Vec<u32>,
    /// Line feeds inside quotes.
    pub quoted_line_feeds: u64,
    /// Whether what joined files leave before a record is no part of it: a byte order mark, and carriage returns of line
    /// ends written LF CR.
    pub skips_marks: bool,
}

/// One record of a chunk.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// First byte.
    pub start: u32,
    /// Index of its first field's end in the chunk's list.
    first: u32,
    /// Number of fields.
    pub fields: u32,
    /// How it is quoted.
    pub quoting: Quoting,
}

/// Where the fields of one record are.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'r> {
    start: usize,
    ends: &'r [u32],
}

impl Fields<'_> {
    /// The place of field `index`, quotes included; empty when the record has fewer fields.
    #[inline]
    pub fn place(&self, index: usize) -> Range<usize> {
        let Some(&end) = self.ends.get(index) else { return 0..0 };
        let start = if index == 0 { self.start } else { self.ends[index - 1] as usize + 1 };
        start..end as usize
    }
}

/// How a record's quotes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quoting {
    /// Every quoted field is quoted as RFC 4180 says and not empty: its bytes can be copied as they are.
    Clean,
    /// Empty quoted fields: readable, but not to be copied.
    Loose,
    /// Quotes inside unquoted text, which are part of it.
    BareQuote,
    /// Text or white space behind a closing quote.
    Malformed,
}

impl Records {
    /// Records of text in which what joined files leave before a record is no part of it.
    pub fn skipping_marks() -> Self {
        Self { skips_marks: true, ..Self::default() }
    }

    /// Scans `bytes`, which hold whole records; the last may lack its line end. Empty lines are no records.
    pub fn scan(&mut self, bytes: &[u8]) {
        self.clear();
        let mut scanner = Scanner::new(self);
        scanner.begin_record(bytes, 0);
        scanner.run(bytes);
    }

    /// Bytes of memory they occupy.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.records.capacity() * size_of::<Record>() + self.ends.capacity() * size_of::<u32>()
    }

    /// Takes each line of `bytes` for a record of one field. Empty lines are no records here either.
    pub fn scan_lines(&mut self, bytes: &[u8]) {
        self.clear();
        let mut scanner = Scanner::new(self);
        for at in memchr_iter(b'\n', bytes) {
            scanner.end_record(bytes, at);
        }
        if scanner.record_start < bytes.len() {
            scanner.end_record(bytes, bytes.len());
        }
    }

    fn clear(&mut self) {
        self.records.clear();
        self.ends.clear();
        self.quoted_line_feeds = 0;
    }

    /// The records in order.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }

    /// Record number `index` of the chunk.
    pub fn get(&self, index: usize) -> &Record {
        &self.records[index]
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The raw bytes of field `index`, quotes included; empty when the record has fewer fields.
    #[inline]
    pub fn field<'a>(&self, bytes: &'a [u8], record: &Record, index: usize) -> &'a [u8] {
        &bytes[self.place(record, index)]
    }

    /// The place of field `index`, quotes included; empty when the record has fewer fields.
    #[inline]
    pub fn place(&self, record: &Record, index: usize) -> Range<usize> {
        self.fields(record).place(index)
    }

    /// The fields of a record.
    #[inline]
    pub fn fields(&self, record: &Record) -> Fields<'_> {
        let first = record.first as usize;
        Fields { start: record.start as usize, ends: &self.ends[first..first + record.fields as usize] }
    }

    /// Where the record ends, without its line end.
    pub fn end(&self, record: &Record) -> usize {
        self.ends[(record.first + record.fields) as usize - 1] as usize
    }
}

struct Scanner<'r> {
    out: &'r mut Records,
    record_start: usize,
    field_start: usize,
    first: usize,
    quoting: Quoting,
}

impl<'r> Scanner<'r> {
    fn new(out: &'r mut Records) -> Self {
        Self { out, record_start: 0, field_start: 0, first: 0, quoting: Quoting::Clean }
    }

    fn run(&mut self, bytes: &[u8]) {
        let (mut base, mut line_ends) = (0, 0);
        'blocks: while base < bytes.len() {
            let mut mask = structural_mask(&bytes[base..]);
            while mask != 0 {
                let at = base + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                match bytes[at] {
                    b',' => self.end_field(at),
                    b'\n' => {
                        line_ends += 1;
                        self.end_record(bytes, at);
                    }
                    _ if at == self.field_start => {
                        base = self.skip_quoted(bytes, at);
                        continue 'blocks;
                    }
                    _ => self.quoting = self.quoting.max(Quoting::BareQuote),
                }
            }
            base += BLOCK_BYTES;
        }
        if self.record_start < bytes.len() {
            self.end_record(bytes, bytes.len());
        }
        // Those that end no line. Counting all of them at once is cheaper than looking into every quoted field.
        self.out.quoted_line_feeds = (memchr_iter(b'\n', bytes).count() - line_ends) as u64;
    }

    #[inline]
    fn end_field(&mut self, at: usize) {
        self.out.ends.push(at as u32);
        self.field_start = at + 1;
    }

    #[inline]
    fn end_record(&mut self, bytes: &[u8], at: usize) {
        let mut end = at;
        // CR CR LF is a line end too: programs that write CR LF through one that adds a CR make it.
        while end > self.field_start && bytes[end - 1] == b'\r' {
            end -= 1;
        }
        if end > self.record_start {
            self.out.ends.push(end as u32);
            self.out.records.push(Record {
                start: self.record_start as u32,
                first: self.first as u32,
                fields: (self.out.ends.len() - self.first) as u32,
                quoting: self.quoting,
            });
        }
        self.begin_record(bytes, at + 1);
    }

    #[inline]
    fn begin_record(&mut self, bytes: &[u8], at: usize) {
        let mut start = at;
        if self.out.skips_marks && matches!(bytes.get(at), Some(b'\r' | b'\xef')) {
            start += bytes[start..].iter().take_while(|&&byte| byte == b'\r').count();
            start += if bytes[start..].starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        }
        self.first = self.out.ends.len();
        (self.record_start, self.field_start) = (start, start);
        self.quoting = Quoting::Clean;
    }

    /// Skips the field that the quote at `open` begins and returns where to go on: at its delimiter.
    fn skip_quoted(&mut self, bytes: &[u8], open: usize) -> usize {
        let Some(close) = closing_quote(bytes, open + 1, true) else {
            self.quoting = Quoting::Malformed;
            return bytes.len();
        };
        if close == open + 1 {
            self.quoting = self.quoting.max(Quoting::Loose);
        }
        let next = close + 1;
        if !ends_field(&bytes[next..]) {
            self.quoting = Quoting::Malformed;
        }
        next
    }
}

/// The value of a raw field: without its quotes, doubled quotes made one. `scratch` holds it when it must be changed.
///
/// Behind a closing quote, white space and control characters are dropped. Where other text follows, the quotes
/// are part of the value, which is how Spark reads it: `"a" ` is `a`, `"5" disk` is `"5" disk`.
#[inline]
pub fn unquote<'a>(raw: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    match raw {
        [b'"', inner @ .., b'"'] if memchr(b'"', inner).is_none() => inner,
        [b'"', ..] => unquote_any(raw, scratch),
        _ => raw,
    }
}

/// The place of a raw field's value where it can be had without changing a byte: there are no quotes in it.
#[inline]
pub fn unquoted_place(bytes: &[u8], raw: Range<usize>) -> Option<Range<usize>> {
    match &bytes[raw.clone()] {
        [b'"', inner @ .., b'"'] if memchr(b'"', inner).is_none() => Some(raw.start + 1..raw.end - 1),
        [b'"', ..] => None,
        _ => Some(raw),
    }
}

fn unquote_any<'a>(raw: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let Some(close) = closing_quote(raw, 1, true) else {
        return raw;
    };
    let behind = &raw[close + 1..];
    let has_text_behind = behind.iter().any(|&byte| byte > b' ');
    scratch.clear();
    if has_text_behind {
        scratch.push(b'"');
    }
    let mut rest = &raw[1..close];
    while let Some(quote) = memchr(b'"', rest) {
        scratch.extend_from_slice(&rest[..=quote]);
        rest = rest.get(quote + 2..).unwrap_or_default();
    }
    scratch.extend_from_slice(rest);
    if has_text_behind {
        scratch.push(b'"');
        scratch.extend_from_slice(behind);
    }
    scratch
}

/// Whether a raw field is quoted as RFC 4180 says, from its first byte to its last.
pub fn is_well_quoted(raw: &[u8]) -> bool {
    raw.first() == Some(&b'"') && closing_quote(raw, 1, true) == Some(raw.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(input: &str) -> Vec<(Vec<String>, Quoting)> {
        let mut records = Records::default();
        records.scan(input.as_bytes());
        let mut scratch = Vec::new();
        let mut rows = Vec::new();
        for record in records.iter() {
            let mut fields = Vec::new();
            for index in 0..record.fields as usize {
                let value = unquote(records.field(input.as_bytes(), record, index), &mut scratch);
                fields.push(String::from_utf8(value.to_vec()).expect("text"));
            }
            rows.push((fields, record.quoting));
        }
        rows
    }

    fn row(fields: &[&str], quoting: Quoting) -> (Vec<String>, Quoting) {
        (fields.iter().map(ToString::to_string).collect(), quoting)
    }

    #[test]
    fn fields_are_found_in_every_form_rfc_4180_knows() {
        type Row<'a> = (&'a [&'a str], Quoting);
        let cases: &[(&str, &[Row<'_>])] = &[
            ("", &[]),
            ("\n\r\n\n", &[]),
            ("a", &[(&["a"], Quoting::Clean)]),
            ("a,b\nc,d\r\n", &[(&["a", "b"], Quoting::Clean), (&["c", "d"], Quoting::Clean)]),
            (",\n,", &[(&["", ""], Quoting::Clean), (&["", ""], Quoting::Clean)]),
            ("\"a,b\nc\",d\n", &[(&["a,b\nc", "d"], Quoting::Clean)]),
            ("\"a\"\"b\",\"\"\"\"\n", &[(&["a\"b", "\""], Quoting::Clean)]),
            ("\"\",b\n", &[(&["", "b"], Quoting::Loose)]),
            ("a\"b,c\n", &[(&["a\"b", "c"], Quoting::BareQuote)]),
            ("a,b\r\r\n\r\r\n\"c\",\"d\"\r\r\n", &[(&["a", "b"], Quoting::Clean), (&["c", "d"], Quoting::Clean)]),
            ("a\r,b\n", &[(&["a\r", "b"], Quoting::Clean)]),
            ("\"a\"\r\n\"b\"", &[(&["a"], Quoting::Clean), (&["b"], Quoting::Clean)]),
            ("\"a\"b,c\nd,e\n", &[(&["\"a\"b", "c"], Quoting::Malformed), (&["d", "e"], Quoting::Clean)]),
            ("\"a\" ,\"\" \n", &[(&["a", ""], Quoting::Malformed)]),
            ("\"a\"\"\"\tb\",\"c\"d", &[(&["\"a\"\"\tb\"", "\"c\"d"], Quoting::Malformed)]),
            ("a\rb,c\n", &[(&["a\rb", "c"], Quoting::Clean)]),
            ("ă,î\nș,ț\n", &[(&["ă", "î"], Quoting::Clean), (&["ș", "ț"], Quoting::Clean)]),
        ];
        for (input, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|(fields, quoting)| row(fields, *quoting)).collect();
            assert_eq!(rows(input), expected, "{input:?}");
        }
    }

    #[test]
    fn fields_on_every_side_of_a_block_border_are_found() {
        for length in 0..200 {
            let text = "x".repeat(length);
            let input = format!("{text},\"{text}\",{text}\n\"{text}\",b,{text}");
            let quoting = if length == 0 { Quoting::Loose } else { Quoting::Clean };
            let expected = vec![row(&[&text, &text, &text], quoting), row(&[&text, "b", &text], quoting)];
            assert_eq!(rows(&input), expected, "{length}");
        }
    }

    proptest::proptest! {
        #[test]
        fn well_formed_input_reads_as_the_csv_crate_reads_it(input in "([a-c\"]{0,3}(,|\n|\r\n)|\"([a-c,\n]|\"\"){0,80}\"(,|\n))*") {
            let ours = rows(&input);
            if ours.iter().all(|(_, quoting)| *quoting != Quoting::Malformed) {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input.as_bytes());
                let theirs: Vec<Vec<String>> = reader
                    .records()
                    .map(|record| record.expect("readable").iter().map(str::to_owned).collect())
                    .collect();
                proptest::prop_assert_eq!(ours.into_iter().map(|(fields, _)| fields).collect::<Vec<_>>(), theirs);
            }
        }
    }
}
