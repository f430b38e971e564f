//! What is special about a row: above all whether its record can be copied to the CSV output as it is.

use arrow_array::Array;
use memchr::memchr;

use super::parser::Parser;
use super::{Arrays, Cast, NullCell, RowFlags};
use crate::contract::Dialect;
use crate::read::scan::{Quoting, unquote};

impl Parser<'_> {
    pub(super) fn flag(
        &mut self,
        passing: &[u32],
        arrays: &Arrays,
        nulls: &[NullCell],
        filled: &[Option<Vec<bool>>],
        flags: &mut [RowFlags],
    ) {
        for filled in filled.iter().flatten() {
            flags
                .iter_mut()
                .zip(filled)
                .filter(|(_, filled)| **filled)
                .for_each(|(flags, _)| flags.add(RowFlags::FILLED));
        }
        nulls.iter().for_each(|cell| flags[cell.row as usize].add(RowFlags::NULL));
        if self.rules.has_markers {
            self.flag_markers(passing, flags);
        }
        // The outputs are separated by commas.
        if !self.layout.is_output_order || self.layout.dialect != Dialect::default() {
            return flags.iter_mut().for_each(|flags| flags.add(RowFlags::CHANGED));
        }
        for (flags, &number) in flags.iter_mut().zip(passing) {
            let record = self.records.get(number as usize);
            let is_whole = record.quoting == Quoting::Clean
                && record.fields as usize == self.layout.fields
                && !(self.has_carriage_return && memchr(b'\r', self.record_bytes(record)).is_some());
            if !is_whole {
                flags.add(RowFlags::CHANGED);
            }
        }
        for (column, rule) in self.rules.columns.iter().enumerate().filter(|(_, rule)| rule.is_canonical) {
            let Some(values) = arrays.column(column) else { continue };
            self.flag_changed(column, &rule.cast, &**values, passing, flags);
        }
    }

    /// Marks the rows whose cell in a column is not written as its value is printed.
    fn flag_changed(&self, column: usize, cast: &Cast, values: &dyn Array, passing: &[u32], flags: &mut [RowFlags]) {
        let mark = |flags: &mut [RowFlags], is_printed: fn(&[u8]) -> bool| {
            for (row, (flags, &number)) in flags.iter_mut().zip(passing).enumerate() {
                let raw = self.raw(self.records.get(number as usize), column);
                if !(if values.is_null(row) { raw.is_empty() } else { is_printed(raw) }) {
                    flags.add(RowFlags::CHANGED);
                }
            }
        };
        match cast {
            Cast::Text => {}
            Cast::Int | Cast::BigInt => mark(flags, is_printed_int),
            Cast::Date(formats) if formats.is_empty() => mark(flags, is_printed_date),
            Cast::Date(_) | Cast::Double(_) | Cast::Decimal { .. } | Cast::Boolean | Cast::Timestamp(_) => {
                mark(flags, |_| false);
            }
        }
    }

    fn flag_markers(&mut self, passing: &[u32], flags: &mut [RowFlags]) {
        let (rules, records, quote) = (self.rules, self.records, self.layout.dialect.quote);
        for (flags, &number) in flags.iter_mut().zip(passing) {
            let record = records.get(number as usize);
            let has_operators = !rules.null_markers.is_empty()
                && (0..record.fields as usize).any(|index| rules.null_markers.contain(self.text_at(record, index)));
            let mut scratch = Vec::new();
            let has_own = rules.columns.iter().enumerate().any(|(column, rule)| {
                !rule.markers.is_empty() && rule.markers.contain(unquote(self.raw(record, column), &mut scratch, quote))
            });
            if has_operators || has_own {
                flags.add(RowFlags::MARKED);
            }
        }
    }
}

/// Whether a field that is a whole number is written as the number is; not so the negative ones, which are rare.
fn is_printed_int(raw: &[u8]) -> bool {
    match raw {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The same for a date. Years beyond 9999 have a sign.
fn is_printed_date(raw: &[u8]) -> bool {
    matches!(raw, [b'0'..=b'9', _, _, _, b'-', _, _, b'-', b'0'..=b'9', b'0'..=b'9'])
}
