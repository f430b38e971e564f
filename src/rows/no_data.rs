//! Records that are no data: blank ones, as spreadsheets leave them, and headers, as joined files have them.

use super::parser::Parser;
use crate::read::scan::Record;
use crate::rules::missing::is_blank;

/// How many of the names that every header has may be missing in another header.
const NAMES_MISSING_MAX: usize = 2;

/// A record with fewer of them is no header.
const NAMES_MIN: usize = 2;

impl Parser<'_> {
    /// Whether the record's first cell may be quoted, empty, or begin with white space. Most records show by their first
    /// byte that they are neither blank nor a header.
    pub(super) fn begins_oddly(&self, record: &Record) -> bool {
        let first = self.bytes[record.start as usize];
        let dialect = self.rules.contract.input.dialect;
        !first.is_ascii_graphic() || first == dialect.quote || first == dialect.delimiter
    }

    pub(super) fn begins_like_the_header(&self, record: &Record) -> bool {
        let first = &self.bytes[record.start as usize];
        let of_name = |name: &String| name.as_bytes().first().is_some_and(|byte| byte.eq_ignore_ascii_case(first));
        self.layout.names.first().is_some_and(of_name)
    }

    pub(super) fn is_blank_record(&mut self, record: &Record) -> bool {
        (0..record.fields as usize).all(|index| is_blank(self.text_at(record, index)))
    }

    /// Whether the record is the header of its object, as in the middle of files that were joined.
    pub(super) fn is_repeated_header(&mut self, record: &Record) -> bool {
        let names = &*self.layout.names;
        let is_name = |(index, name): (usize, &String)| {
            let text = self.text_at(record, index).trim_ascii();
            text.eq_ignore_ascii_case(name.as_bytes()) || (text.is_empty() && name.starts_with("_c"))
        };
        record.fields as usize >= names.len()
            && names.iter().enumerate().all(is_name)
            && (names.len()..record.fields as usize).all(|surplus| self.text_at(record, surplus).is_empty())
    }

    /// Whether nearly all of the names that every header has are among the record's cells.
    pub(super) fn is_changed_header(&mut self, record: &Record) -> bool {
        let contract = &*self.rules.contract;
        let required = || contract.rows.columns.iter().filter(|column| !column.is_optional);
        let mut found = vec![false; required().count()];
        for index in 0..record.fields as usize {
            let text = self.text_at(record, index).trim_ascii();
            let name = required().position(|column| text.eq_ignore_ascii_case(column.source_name.as_bytes()));
            name.into_iter().for_each(|name| found[name] = true);
        }
        let count = found.iter().filter(|&&is_there| is_there).count();
        count >= NAMES_MIN && count + NAMES_MISSING_MAX >= found.len()
    }
}
