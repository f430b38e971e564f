//! Every difference between the default preset and `CONTRACT=glue` on one input, each with its cause, if it has one.
//!
//! A row is known by its number, which every stored input carries in the column `row_number`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use drivendata_transform::rules::mask::{Masking, mask_email};
use drivendata_transform::rules::missing::is_blank;
use spark_cast::date::{CALENDAR_DAYS, parse_date};

use crate::parity::Outputs;
use crate::parity::tables::{Cell, Table};

const EMAIL_IF_MISSING: &str = "unknown@example.com";
const PHONE_IF_MISSING: &str = "000-000-0000";

const REJECTED: &str = "Rows that cannot be used are rejected";
const TWIN: &str = "A rejected row does not hide its twin";
const DATES: &str = "Access dates have a first and a last day";
const MASK: &str = "Every e-mail address is masked";
const BLANK: &str = "White space is a missing value";
const CALENDAR: &str = "Dates are of the years 1 to 9999";

/// All causes: headings of the migration page.
pub(crate) const CAUSES: [&str; 6] = [REJECTED, TWIN, DATES, MASK, BLANK, CALENDAR];

/// A difference.
pub(crate) struct Difference {
    pub(crate) what: String,
    pub(crate) cause: Option<&'static str>,
}

/// The outputs of both presets on one input.
pub(crate) struct Comparison<'a> {
    default: &'a Outputs,
    glue: &'a Outputs,
    /// Numbers and ids of the rows that the default rejects.
    rejected_rows: HashSet<String>,
    rejected_ids: HashSet<String>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(default: &'a Outputs, glue: &'a Outputs, raw_data: &Path) -> Self {
        let (mut rejected_rows, mut rejected_ids) = (HashSet::new(), HashSet::new());
        for row in 0..default.rejected.rows.len() {
            let object = default.rejected.text(row, "object");
            let name = object.rsplit('/').next().expect("a file name");
            let text = fs::read_to_string(raw_data.join(name)).expect("a raw file");
            let header = text.trim_start_matches(['\u{feff}', '\n']).lines().next().expect("a header");
            let cells: Vec<&str> = default.rejected.text(row, "record").split(',').collect();
            let at = header.split(',').position(|name| name == "row_number").expect("numbered rows");
            rejected_rows.extend(cells.get(at).map(ToString::to_string));
            // The id may stand behind cells with commas in them.
            rejected_ids.extend(cells.iter().map(|cell| cell.trim_matches('"').to_owned()));
        }
        Self { default, glue, rejected_rows, rejected_ids }
    }

    pub(crate) fn differences(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        let (default, glue) = (numbered(&self.default.filtered), numbered(&self.glue.filtered));
        for (number, &row) in &glue {
            match default.get(number) {
                Some(&other) => self.cells(other, row, &mut found),
                None => found.push(Difference { what: format!("{number:?} is missing"), cause: self.why_missing(row) }),
            }
        }
        for (number, &row) in default.iter().filter(|(number, _)| !glue.contains_key(*number)) {
            found.push(Difference { what: format!("{number:?} is additional"), cause: self.why_additional(row) });
        }
        for (name, outputs) in [("default", self.default), ("glue", self.glue)] {
            if groups_of(&outputs.filtered) != groups(&outputs.grouped) {
                found.push(Difference { what: format!("the {name} groups are not those of its rows"), cause: None });
            }
        }
        found
    }

    /// Why the default lacks a row of the Glue preset's.
    fn why_missing(&self, row: usize) -> Option<&'static str> {
        let accessed = written_date(self.glue.source.text(row, "accessed_at"));
        if self.rejected_rows.contains(self.glue.filtered.text(row, "row_number")) {
            return Some(REJECTED);
        }
        (accessed > parse_date(b"2024-12-31")).then_some(DATES)
    }

    /// Why the default has a row that the Glue preset has not.
    fn why_additional(&self, row: usize) -> Option<&'static str> {
        if written_date(self.default.source.text(row, "accessed_at")) == parse_date(b"2024-01-01") {
            return Some(DATES);
        }
        self.rejected_ids.contains(self.default.filtered.text(row, "unique_id")).then_some(TWIN)
    }

    fn cells(&self, default_row: usize, glue_row: usize, found: &mut Vec<Difference>) {
        for column in &self.default.filtered.columns {
            let default = self.default.filtered.cell(default_row, column);
            let glue = self.glue.filtered.cell(glue_row, column);
            if default == glue {
                continue;
            }
            let is_filled =
                |filler| default.as_text() == Some(filler) && is_blank(glue.as_text().unwrap_or("x").as_bytes());
            let is_explained = match column.as_str() {
                "birth_date" => {
                    let is_beyond = matches!(glue, Cell::Whole(days) if !CALENDAR_DAYS.contains(&(*days as i32)));
                    (*default == Cell::Null && is_beyond).then_some(CALENDAR)
                }
                "email" => is_filled(EMAIL_IF_MISSING).then_some(BLANK),
                "phone" => is_filled(PHONE_IF_MISSING).then_some(BLANK),
                "masked_email" => {
                    let masked = |outputs: &Outputs, row, masking| {
                        let mut masked = Vec::new();
                        mask_email(outputs.filtered.text(row, "email").as_bytes(), masking, &mut masked);
                        Cell::Text(String::from_utf8(masked).expect("text"))
                    };
                    let each_as_it_should = masked(self.default, default_row, Masking::Standard) == *default
                        && masked(self.glue, glue_row, Masking::Glue) == *glue;
                    each_as_it_should.then_some(MASK)
                }
                _ => None,
            };
            let what = format!("row {glue_row}, {column}: {default:?} and with CONTRACT=glue {glue:?}");
            found.push(Difference { what, cause: is_explained });
        }
    }
}

/// The rows of a table by their number; a number that stands twice counts its rows.
fn numbered(table: &Table) -> BTreeMap<(String, usize), usize> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut rows = BTreeMap::new();
    for row in 0..table.rows.len() {
        let number = table.text(row, "row_number");
        let times = seen.entry(number).or_default();
        rows.insert((number.to_owned(), *times), row);
        *times += 1;
    }
    rows
}

fn written_date(text: &str) -> Option<i32> {
    parse_date(text.as_bytes())
}

type Groups = BTreeMap<Option<String>, (i64, f64, Option<u64>)>;

/// The groups that these rows make, added up one row after the other.
fn groups_of(filtered: &Table) -> Groups {
    let mut sums: BTreeMap<Option<String>, (i64, i64, Option<f64>)> = BTreeMap::new();
    for row in 0..filtered.rows.len() {
        let name = filtered.cell(row, "person_name").as_text().map(str::to_owned);
        let (sessions, duration, traffic) = sums.entry(name).or_default();
        *sessions += 1;
        if let Cell::Whole(value) = filtered.cell(row, "session_duration") {
            *duration += value;
        }
        if let Some(value) = filtered.cell(row, "consumed_traffic").as_double() {
            *traffic = Some(traffic.unwrap_or(0.0) + value);
        }
    }
    let finished = sums.into_iter().map(|(name, (sessions, duration, traffic))| {
        (name, (sessions, duration as f64 / sessions as f64, traffic.map(bits)))
    });
    finished.collect()
}

fn groups(grouped: &Table) -> Groups {
    let group = |row| {
        let name = grouped.cell(row, "person_name").as_text().map(str::to_owned);
        let Cell::Whole(sessions) = *grouped.cell(row, "sessions") else { panic!("a group without a count") };
        let average = grouped.cell(row, "avg_session_duration").as_double().expect("an average");
        (name, (sessions, average, grouped.cell(row, "sum_consumed_traffic").as_double().map(bits)))
    };
    (0..grouped.rows.len()).map(group).collect()
}

fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}
