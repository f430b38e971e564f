//! Records that are no data: blank ones, as spreadsheets leave them, and headers, as joined files have them.

use super::RowParser;
use crate::read::scan::Record;
use crate::rules::missing::is_blank;
use crate::schema::KnownColumn;

impl RowParser<'_> {
    /// Whether the record's first cell may be quoted, empty, or begin with white space. Most records show by their first
    /// byte that they are neither blank nor a header.
    pub(super) fn begins_oddly(&self, record: &Record) -> bool {
        let first = self.bytes[record.start as usize];
        !first.is_ascii_graphic() || matches!(first, b'"' | b',')
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
        let mut found = [false; KnownColumn::ALL.len()];
        for index in 0..record.fields as usize {
            let text = self.text_at(record, index).trim_ascii();
            let name = KnownColumn::required().find(|column| text.eq_ignore_ascii_case(column.name().as_bytes()));
            name.into_iter().for_each(|column| found[column as usize] = true);
        }
        found.iter().filter(|&&is_there| is_there).count() + 2 >= KnownColumn::required().count()
    }
}
