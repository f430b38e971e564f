//! Tells a row from the text of a cell, by what the cutter needs to know: whether a quote has swallowed rows.

use std::ops::Range;
use std::sync::Arc;

use super::{Cast, Rules};
use crate::contract::Dialect;
use crate::read::cutter::{OpeningLine, RowJudge};
use crate::read::scan::{Quoting, Records, unquote};
use crate::schema::Layout;

/// Lines with fewer fields are not taken for rows: text may well hold a comma or two.
const FIELDS_MIN: usize = 4;

/// The judge of an object with this layout; `None` where a quote that swallows rows is to be kept, as in Spark, or where
/// the contract needs no cell to be readable, so that any line might be a row.
pub fn row_judge(layout: &Layout, rules: &Rules) -> Option<Arc<dyn RowJudge>> {
    let needed: Vec<(usize, Cast)> =
        rules.typed_gates().map(|column| (layout.column(column), rules.columns[column].cast.clone())).collect();
    // A day or a moment shows more than a number does.
    let of_time = || needed.iter().filter(|(_, cast)| cast.is_of_time());
    let telling = if of_time().next().is_some() { of_time().map(|(field, _)| *field).collect() } else { Vec::new() };
    let telling = if telling.is_empty() { needed.iter().map(|(field, _)| *field).collect() } else { telling };
    let judge = Judge { dialect: layout.dialect, fields: layout.record_fields, needed, telling };
    let can_tell = rules.rejects_odd_quotes() && judge.fields >= FIELDS_MIN && !judge.needed.is_empty();
    can_tell.then(|| Arc::new(judge) as Arc<dyn RowJudge>)
}

/// What a row of one object looks like: how many fields it has, and where those are that every row needs readable.
struct Judge {
    dialect: Dialect,
    fields: usize,
    /// The fields that every row needs readable, and how they are read.
    needed: Vec<(usize, Cast)>,
    /// Those of them whose place tells which line a row is on.
    telling: Vec<usize>,
}

impl RowJudge for Judge {
    fn is_row(&self, line: &[u8]) -> bool {
        fields_of(line, self.dialect).is_some_and(|fields| self.shows_row(line, &fields))
    }

    fn is_another_row(&self, first: &[u8], opening: usize, last: &[u8], closing: usize) -> bool {
        let last_without_quote = with_text_at(last, closing, b'x');
        let Some(fields) = fields_of(&last_without_quote, self.dialect) else { return false };
        if !self.is_row(last) && !self.shows_row(&last_without_quote, &fields) {
            return false;
        }
        // The last line of a cell of the first column has as many fields as a row. But then what is telling is not inside
        // the quotes, and the cell closes as many fields after the line's beginning as it opened after its own.
        let is_inside = |&field: &usize| fields.get(field).is_some_and(|place| place.end <= closing);
        self.telling.iter().any(is_inside)
            || field_opened(first, opening, self.dialect)
                .is_some_and(|opened| Some(opened) != field_at(&fields, closing))
    }

    fn has_fields_of_a_row(&self, line: &[u8]) -> bool {
        fields_of(line, self.dialect).is_some_and(|fields| fields.len() == self.fields)
    }

    fn opening_line(&self, line: &[u8], quote: usize) -> OpeningLine {
        // Taken for text. White space, so that the rest of the cell reads as it would.
        let without_quote = with_text_at(line, quote, b' ');
        let Some(fields) = fields_of(&without_quote, self.dialect).filter(|fields| fields.len() >= self.fields) else {
            return OpeningLine::Part;
        };
        let opened = field_at(&fields, quote).unwrap_or(fields.len());
        // The quote may have been meant for commas of its cell, which make the cells after it stand further on.
        let surplus = fields.len() - self.fields;
        let place = |index: usize| if index > opened { index + surplus } else { index };
        let is_telling_after = self.telling.iter().any(|&field| field > opened);
        match is_telling_after && self.is_readable(&without_quote, &fields, place) {
            true => OpeningLine::Row,
            false => OpeningLine::Fields,
        }
    }
}

impl Judge {
    fn shows_row(&self, line: &[u8], fields: &[Range<usize>]) -> bool {
        fields.len() == self.fields && self.is_readable(line, fields, |index| index)
    }

    /// Whether the cells that every row needs are readable; `place` says at which field each column stands.
    fn is_readable(&self, line: &[u8], fields: &[Range<usize>], place: impl Fn(usize) -> usize) -> bool {
        let mut scratch = Vec::new();
        self.needed.iter().all(|(column, cast)| {
            let cell = fields.get(place(*column)).map_or(&b""[..], |field| &line[field.clone()]);
            cast.shows(unquote(cell, &mut scratch, self.dialect.quote))
        })
    }
}

/// The line with other text in place of the quote at `quote`.
fn with_text_at(line: &[u8], quote: usize, text: u8) -> Vec<u8> {
    let mut line = line.to_vec();
    line[quote] = text;
    line
}

/// Which field a byte is in.
fn field_at(fields: &[Range<usize>], at: usize) -> Option<usize> {
    fields.iter().position(|place| place.contains(&at))
}

/// Which field the quote at `quote` opens; `None` if the line may begin inside another quoted field, which closes first.
fn field_opened(line: &[u8], quote: usize, dialect: Dialect) -> Option<usize> {
    let mut records = Records::skipping_marks();
    records.dialect = dialect;
    records.scan(&line[..quote]);
    match records.iter().next() {
        None => Some(0),
        Some(record) if record.quoting < Quoting::BareQuote => Some(record.fields as usize - 1),
        Some(_) => None,
    }
}

/// The fields of a line that is one record; `None` if it is none, or its quotes stand as they should not.
fn fields_of(line: &[u8], dialect: Dialect) -> Option<Vec<Range<usize>>> {
    let mut records = Records::skipping_marks();
    records.dialect = dialect;
    records.scan(line);
    let mut all = records.iter();
    let (record, None) = (all.next()?, all.next()) else { return None };
    let is_sound = record.quoting != Quoting::Malformed;
    is_sound.then(|| (0..record.fields as usize).map(|index| records.place(record, index)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;
    use crate::read::header::Header;
    use crate::rules::missing::NullMarkers;
    use crate::schema::OutputColumns;

    const HEADER: &str = "note,unique_id,email,phone,birth_date,accessed_at,session_duration,download_speed,upload_speed,consumed_traffic,person_name";
    const ROW: &str = "n,7,a@b.ro,07,1990-01-02,2024-05-06 07:08:09,60,1,2,3,Ana";

    fn judge() -> Arc<dyn RowJudge> {
        let contract = contract::drivendata();
        let header = Header::read(HEADER.as_bytes(), "batch", &contract.header_rules(100)).expect("a header");
        let columns = OutputColumns::of_window(&contract, [&header], 100).expect("columns");
        let rules = Rules::compile(contract, NullMarkers::default()).expect("rules");
        row_judge(&Layout::new(&header, &columns), &rules).expect("a judge")
    }

    #[test]
    fn a_line_with_all_fields_and_the_needed_ones_readable_is_a_row() {
        let is_row = |line: &str| judge().is_row(line.as_bytes());
        assert!(is_row(ROW));
        assert!(is_row(&ROW.replace("Ana", "5' 10\"")));
        for other in [
            "",
            "n",
            "two words, and two more",
            &ROW.replace("60", "long"),
            &ROW.replace("2024-", "in 2024-"),
            &ROW[2..],
        ] {
            assert!(!is_row(other), "{other}");
        }
        assert!(!is_row(&format!("{ROW},more")));
        assert!(!is_row(&ROW.replace("Ana", "\"Ana")), "it has a quote that stays open");
    }

    #[test]
    fn the_line_a_cell_closes_on_is_another_row_unless_it_ends_the_one_that_began() {
        let is_another = |first: &str, last: &str| {
            let (opening, closing) = (first.find('"').expect("a quote"), last.find('"').expect("a quote"));
            judge().is_another_row(first.as_bytes(), opening, last.as_bytes(), closing)
        };
        let last_of_first_cell = ROW.replacen('n', "of three lines\"", 1);
        assert!(!is_another("\"a, b, c, d, e, f, g, h, i, j, k", &last_of_first_cell));
        assert!(is_another(&ROW.replace("Ana", "\"Ana"), &ROW.replace("Ana", "5 27\"")), "the moment is inside");
        assert!(is_another(&ROW.replace("Ana", "\"Ana"), &last_of_first_cell), "another column");
    }

    #[test]
    fn a_line_that_is_a_row_but_for_the_quote_shows_that_it_is_a_stray_one() {
        let opening = |line: &str| judge().opening_line(line.as_bytes(), line.find('"').expect("a quote"));
        assert_eq!(opening(&ROW.replace("a@b.ro", "\"a@b.ro")), OpeningLine::Row);
        assert_eq!(opening(&ROW.replace("a@b.ro", "\"Str. 5, Iasi")), OpeningLine::Row, "the comma was to be quoted");
        assert_eq!(opening(&ROW.replace("Ana", "\"Ana")), OpeningLine::Fields, "the moment stands before");
        assert_eq!(opening("n,7,\"two"), OpeningLine::Part);
        assert_eq!(opening("\"a, b, c, d, e, f, g, 60, i, j, k, l"), OpeningLine::Fields);
    }
}
