//! The first gate: whether a record has the form of a row, whatever its cells say.

use super::parser::Parser;
use crate::read::scan::{Quoting, Record};
use crate::rules::Reason;
use crate::schema::Layout;

impl Parser<'_> {
    pub(super) fn check_form(&mut self, record: &Record) -> Result<(), Reason> {
        if self.is_comment(record) {
            return Err(Reason::Comment);
        }
        if self.rules.tells_no_data() {
            let is_odd = self.begins_oddly(record);
            if is_odd && self.is_blank_record(record) {
                return Err(Reason::BlankRecord);
            }
            if (is_odd || self.begins_like_the_header(record)) && self.is_repeated_header(record) {
                return Err(Reason::RepeatedHeader);
            }
        }
        if self.rules.rejects_odd_quotes() && record.quoting == Quoting::Malformed {
            return Err(Reason::TextAfterQuote);
        }
        if self.rules.tells_no_data() && !self.has_right_field_count(record) {
            return Err(Reason::WrongFieldCount);
        }
        if !self.is_utf8 && std::str::from_utf8(self.record_bytes(record)).is_err() {
            return Err(Reason::InvalidUtf8);
        }
        Ok(())
    }

    fn is_comment(&self, record: &Record) -> bool {
        let starts = |prefix: &str| self.bytes[record.start as usize..].starts_with(prefix.as_bytes());
        self.layout.comment.as_deref().is_some_and(starts)
    }

    /// Whether there are as many fields as columns, and after them the empty one that all records have where they do.
    fn has_right_field_count(&self, record: &Record) -> bool {
        let Layout { fields, record_fields, .. } = *self.layout;
        record.fields as usize == record_fields
            && (fields..record_fields).all(|surplus| self.text_is_empty(record, surplus))
    }

    /// The same record under the reason it deserves: another header, or the same in another order, among the rows.
    pub(super) fn reason_of(&mut self, record: &Record, reason: Reason) -> Reason {
        let may_be_header = self.rules.tells_no_data() && reason.counts_in_ratio();
        if may_be_header && self.is_changed_header(record) { Reason::ChangedHeader } else { reason }
    }
}
