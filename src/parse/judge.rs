//! Tells a row from the text of a cell, by what the cutter needs to know: whether a quote has swallowed rows.

use std::sync::Arc;

use memchr::memchr_iter;

use crate::config::{Preset, Rules};
use crate::read::cutter::RowJudge;
use crate::read::scan::{Quoting, Records, unquote};
use crate::rules::number::parse_int;
use crate::rules::timestamp::parse_timestamp;
use crate::schema::{KnownColumn, Layout};

/// Lines with fewer fields are not taken for rows: text may well hold a comma or two.
const FIELDS_MIN: usize = 4;

/// The judge of an object with this layout; `None` where a quote that swallows rows is to be kept, as in Spark.
pub fn row_judge(layout: &Layout, rules: &Rules) -> Option<Arc<dyn RowJudge>> {
    let judge = Judge {
        fields: layout.record_fields,
        session_duration: layout.known(KnownColumn::SessionDuration),
        accessed_at: layout.known(KnownColumn::AccessedAt),
    };
    match rules.preset {
        Preset::Default if judge.fields >= FIELDS_MIN => Some(Arc::new(judge)),
        Preset::Default | Preset::Glue => None,
    }
}

/// What a row of one object looks like: how many fields it has, and where those are that every row needs readable.
struct Judge {
    fields: usize,
    session_duration: usize,
    accessed_at: usize,
}

impl RowJudge for Judge {
    fn is_row(&self, line: &[u8], inside: usize) -> bool {
        let mut records = Records::default();
        records.scan(line);
        let mut all = records.iter();
        let (Some(record), None) = (all.next(), all.next()) else { return false };
        if record.fields as usize != self.fields || record.quoting == Quoting::Malformed {
            return false;
        }
        let mut scratch = Vec::new();
        let mut reads = |index: usize, can_read: fn(&[u8]) -> bool| {
            can_read(unquote(records.field(line, record, index), &mut scratch))
        };
        // The line on which a cell of several lines closes has as many fields as a row where the cell is the first
        // column's. But then none of the cells that are needed is inside the quotes.
        let is_inside = |index: usize| records.place(record, index).end <= inside;
        (is_inside(self.session_duration) || is_inside(self.accessed_at))
            && reads(self.session_duration, |text| parse_int(text).is_some())
            && reads(self.accessed_at, |text| parse_timestamp(text).is_some())
    }

    fn has_fields_of_a_row(&self, line: &[u8], stray: Option<usize>) -> bool {
        let mut line = line.to_vec();
        if let Some(quote) = stray {
            line[quote] = b'x';
        }
        let mut records = Records::default();
        records.scan(&line);
        let mut all = records.iter();
        let (Some(record), None) = (all.next(), all.next()) else { return false };
        let is_parsed_so = record.fields as usize == self.fields && record.quoting != Quoting::Malformed;
        is_parsed_so || memchr_iter(b',', &line).count() + 1 == self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, RawSettings};
    use crate::read::header::Header;
    use crate::schema::OutputColumns;

    const HEADER: &str = "note,unique_id,email,phone,birth_date,accessed_at,session_duration,download_speed,upload_speed,consumed_traffic,person_name";
    const ROW: &str = "n,7,a@b.ro,07,1990-01-02,2024-05-06 07:08:09,60,1,2,3,Ana";

    fn is_row(line: &str, inside: usize) -> bool {
        let mut raw = RawSettings::default();
        raw.set("LAKE", "lake").expect("a setting");
        let header = Header::read(HEADER.as_bytes(), "batch", 100).expect("a header");
        let columns = OutputColumns::of_window([&header], 100).expect("columns");
        let rules = Config::from_raw(&raw).expect("settings").rules;
        row_judge(&Layout::new(&header, &columns), &rules).expect("a judge").is_row(line.as_bytes(), inside)
    }

    #[test]
    fn a_line_with_all_fields_and_the_needed_ones_readable_is_a_row() {
        assert!(is_row(ROW, ROW.len()));
        assert!(is_row(&ROW.replace("Ana", "5' 10\""), ROW.len()));
        for other in [
            "",
            "n",
            "two words, and two more",
            &ROW.replace("60", "long"),
            &ROW.replace("2024-", "in 2024-"),
            &ROW[2..],
        ] {
            assert!(!is_row(other, other.len()), "{other}");
        }
        assert!(!is_row(&format!("{ROW},more"), ROW.len()));
        assert!(!is_row(&ROW.replace("Ana", "\"Ana"), ROW.len()), "it has a quote that stays open");
    }

    #[test]
    fn the_line_a_cell_closes_on_is_a_row_only_if_a_needed_cell_is_inside_the_quotes() {
        let last_line_of_first_cell = ROW.replacen('n', "of three lines\"", 1);
        assert!(!is_row(&last_line_of_first_cell, 14));
        assert!(is_row(&ROW.replace("Ana", "5 27\""), ROW.len() + 1));
    }
}
