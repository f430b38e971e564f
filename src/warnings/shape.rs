//! What a cell that cannot be read looks like: its shape alone, so that a message can name the likely reason without
//! quoting anything. Pure; asked for few cells.

use crate::contract::{CellForm, ColumnType, DecimalSign};

/// The likely reason why a cell cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// `1,5`
    DecimalComma,
    /// `1,234`: either of the two.
    CommaAndThreeDigits,
    /// `1,234.5`, `1.234,5`, `1 234`, `1'234`
    ThousandsSeparators,
    /// `26.04.1926`, `26/04/1926`
    DayMonthYear,
    /// `2024/04/26`, `20240426`
    YearMonthDayOtherwise,
    /// `2024-02-30`
    NoCalendarDate,
    /// `19850-01-01`
    YearBeyond9999,
    /// `45408`, where a date is wanted.
    SpreadsheetDay,
    /// `1714089600`, where a date is wanted.
    UnixTime,
    /// `1.2E+17`, `1,2E+17`
    Scientific,
    /// A number, but too large.
    OutOfRange,
    /// `00:10:01`, where a number is wanted.
    ClockTime,
    /// `#VALUE!`, `#####`
    SpreadsheetError,
    /// `NULL`, `\N`, `n/a`
    NullMarker,
    /// `50 Mbit/s`, `12%`
    Unit,
    /// Anything else.
    Text,
}

/// No number or date is longer.
const CELL_BYTES_MAX: usize = 64;

/// Texts that stand for "nothing" in many exports, in lower case.
const NULL_MARKERS: [&str; 14] =
    ["null", "<null>", "(null)", "\\n", "none", "nil", "na", "n/a", "#n/a", "nan", "undefined", "-", "--", "?"];

impl Shape {
    /// The shape of a cell of a column of this type, given without quotes.
    pub fn of(cell: &[u8], column: ColumnType) -> Self {
        let text = match std::str::from_utf8(cell) {
            Ok(text) if text.len() <= CELL_BYTES_MAX => text.trim(),
            _ => return Self::Text,
        };
        let is_date = matches!(column, ColumnType::Date | ColumnType::Timestamp);
        of_marker(text).or_else(|| of_date(text, is_date)).or_else(|| of_number(text, is_date)).unwrap_or_else(|| {
            let is_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.€$£".contains(first));
            if is_number && text.contains(|char: char| char.is_ascii_digit()) { Self::Unit } else { Self::Text }
        })
    }

    /// What to tell the sender of a column whose cells have a declared form, if that is what the cells lack.
    pub fn hint_of_form(self, form: &CellForm) -> Option<String> {
        let is_date = match self {
            Self::DayMonthYear
            | Self::YearMonthDayOtherwise
            | Self::NoCalendarDate
            | Self::YearBeyond9999
            | Self::SpreadsheetDay
            | Self::UnixTime => true,
            Self::DecimalComma
            | Self::CommaAndThreeDigits
            | Self::ThousandsSeparators
            | Self::Scientific
            | Self::OutOfRange
            | Self::ClockTime
            | Self::SpreadsheetError
            | Self::NullMarker
            | Self::Unit
            | Self::Text => false,
        };
        if is_date && !form.formats.is_empty() {
            return Some(format!(
                "looks like another form, or a day that does not exist; the contract expects {}",
                form.formats.join(" or ")
            ));
        }
        let has_separators = matches!(self, Self::CommaAndThreeDigits | Self::ThousandsSeparators | Self::OutOfRange);
        (has_separators && form.decimal == DecimalSign::Comma).then(|| {
            "looks like another form; the contract expects a decimal comma and no thousands separators (1234,5)"
                .to_owned()
        })
    }

    /// What to tell the sender.
    pub fn hint(self) -> &'static str {
        match self {
            Self::DecimalComma => "looks like a decimal comma (1,5 instead of 1.5)",
            Self::CommaAndThreeDigits => "looks like a decimal comma or thousands separators (1,234)",
            Self::ThousandsSeparators => "looks like thousands separators (1,234.5 or 1.234,5 instead of 1234.5)",
            Self::DayMonthYear => "looks like day.month.year or month/day/year; dates are written year-month-day",
            Self::YearMonthDayOtherwise => "looks like a date without hyphens; dates are written year-month-day",
            Self::NoCalendarDate => "looks like year-month-day, but of a day or time that does not exist",
            Self::YearBeyond9999 => "looks like a year beyond 9999",
            Self::SpreadsheetDay => "looks like a day number of a spreadsheet; dates are written year-month-day",
            Self::UnixTime => "looks like seconds or milliseconds since 1970; dates are written year-month-day",
            Self::Scientific => "looks like scientific notation as a spreadsheet writes it (1.2E+17)",
            Self::OutOfRange => "looks like a number out of range",
            Self::ClockTime => "looks like hours:minutes:seconds; a plain number is read",
            Self::SpreadsheetError => "looks like the error text of a spreadsheet (#VALUE!)",
            Self::NullMarker => "looks like null markers; see NULL_MARKERS",
            Self::Unit => "looks like a number with a unit or text",
            Self::Text => "looks like text",
        }
    }
}

fn of_marker(text: &str) -> Option<Shape> {
    if NULL_MARKERS.contains(&text.to_ascii_lowercase().as_str()) {
        return Some(Shape::NullMarker);
    }
    text.starts_with('#').then_some(Shape::SpreadsheetError)
}

fn of_date(text: &str, is_date: bool) -> Option<Shape> {
    let digits =
        |text: &str| (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text.len());
    if is_date && let Some(digits) = digits(text) {
        return match digits {
            5 => Some(Shape::SpreadsheetDay),
            8 => Some(Shape::YearMonthDayOtherwise),
            10 | 13 => Some(Shape::UnixTime),
            _ => None,
        };
    }
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    if let [Some(_), Some(2), ..] = day.split(':').map(digits).collect::<Vec<_>>()[..] {
        return Some(Shape::ClockTime);
    }
    let separator = day.chars().find(|char| !char.is_ascii_digit())?;
    let lengths: Option<Vec<usize>> = day.split(separator).map(digits).collect();
    match (separator, &lengths?[..]) {
        ('.' | '/' | '-', [1..=2, 1..=2, 2 | 4]) => Some(Shape::DayMonthYear),
        ('.' | '/', [4, 1..=2, 1..=2]) => Some(Shape::YearMonthDayOtherwise),
        ('-', [4, 1..=2, 1..=2]) => Some(Shape::NoCalendarDate),
        ('-', [5..=usize::MAX, 1..=2, 1..=2]) => Some(Shape::YearBeyond9999),
        _ => None,
    }
}

fn of_number(text: &str, is_date: bool) -> Option<Shape> {
    let text = text.trim_start_matches(['+', '-']);
    let (mantissa, exponent) =
        text.split_once(['e', 'E']).map_or((text, None), |(mantissa, rest)| (mantissa, Some(rest)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(exponent) = exponent {
        let is_number =
            is_digits(&mantissa.replace(['.', ','], "")) && is_digits(exponent.trim_start_matches(['+', '-']));
        return is_number.then_some(Shape::Scientific);
    }
    let separators: Vec<char> = mantissa.chars().filter(|char| !char.is_ascii_digit()).collect();
    let is_separator = |char: &char| matches!(char, ',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}');
    if !mantissa.starts_with(|first: char| first.is_ascii_digit() || first == ',')
        || !separators.iter().all(is_separator)
    {
        return None;
    }
    match separators[..] {
        [] | ['.'] => (!is_date).then_some(Shape::OutOfRange),
        [','] => {
            let (whole, fraction) = mantissa.split_once(',')?;
            let is_either = fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
            Some(if is_either { Shape::CommaAndThreeDigits } else { Shape::DecimalComma })
        }
        _ => Some(Shape::ThousandsSeparators),
    }
}

/// How many cells of one column are looked at in a run: enough to tell what most of them look like.
const CELLS_MAX: u64 = 1000;

/// How often each shape occurred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShapeCounts {
    counts: std::collections::BTreeMap<Shape, u64>,
    cells: u64,
}

impl ShapeCounts {
    /// Whether enough cells were looked at.
    pub fn is_full(&self) -> bool {
        self.cells >= CELLS_MAX
    }

    /// Counts a cell of a column of this type.
    pub fn add(&mut self, cell: &[u8], column: ColumnType) {
        self.cells += 1;
        *self.counts.entry(Shape::of(cell, column)).or_default() += 1;
    }

    /// The shape of more than half of the cells, if there is one.
    pub fn likely(&self) -> Option<Shape> {
        let mut counts = self.counts.clone();
        // `1,234` goes with whichever of the two the other cells show.
        let of = |shape| self.counts.get(&shape).copied().unwrap_or(0);
        let (decimal, thousands) = (of(Shape::DecimalComma), of(Shape::ThousandsSeparators));
        if decimal + thousands > 0 {
            let either = counts.remove(&Shape::CommaAndThreeDigits).unwrap_or(0);
            let leading = if thousands > decimal { Shape::ThousandsSeparators } else { Shape::DecimalComma };
            *counts.entry(leading).or_default() += either;
        }
        let (shape, cells) = counts.into_iter().max_by_key(|&(_, cells)| cells)?;
        (2 * cells > self.cells).then_some(shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(cell: &str, column: ColumnType) -> Shape {
        Shape::of(cell.as_bytes(), column)
    }

    #[test]
    fn numbers_as_other_countries_and_spreadsheets_write_them_are_told_apart() {
        let cases = [
            ("1,5", Shape::DecimalComma),
            (" -100,25 ", Shape::DecimalComma),
            (",5", Shape::DecimalComma),
            ("0,125", Shape::DecimalComma),
            ("1234,567", Shape::DecimalComma),
            ("1,234", Shape::CommaAndThreeDigits),
            ("1,234.5", Shape::ThousandsSeparators),
            ("2.000,5", Shape::ThousandsSeparators),
            ("1.234.567", Shape::ThousandsSeparators),
            ("1 234", Shape::ThousandsSeparators),
            ("1\u{202f}234,5", Shape::ThousandsSeparators),
            ("1'234.50", Shape::ThousandsSeparators),
            ("1,23E+17", Shape::Scientific),
            ("1E3", Shape::Scientific),
            ("99999999999", Shape::OutOfRange),
            ("00:10:01", Shape::ClockTime),
            ("#VALUE!", Shape::SpreadsheetError),
            ("########", Shape::SpreadsheetError),
            ("NULL", Shape::NullMarker),
            ("\\N", Shape::NullMarker),
            ("-", Shape::NullMarker),
            ("50 Mbit/s", Shape::Unit),
            ("12%", Shape::Unit),
            ("$5", Shape::Unit),
            ("fast", Shape::Text),
            ("", Shape::Text),
            ("élan", Shape::Text),
        ];
        for (cell, expected) in cases {
            assert_eq!(shape(cell, ColumnType::Double), expected, "{cell:?}");
        }
        assert_eq!(Shape::of(b"\xff,5", ColumnType::Double), Shape::Text);
    }

    #[test]
    fn dates_in_other_orders_and_as_numbers_are_told_apart() {
        let cases = [
            ("26.04.1926", Shape::DayMonthYear),
            ("26/04/1926", Shape::DayMonthYear),
            ("4/26/26", Shape::DayMonthYear),
            ("26-04-1926 10:00:00", Shape::DayMonthYear),
            ("1926/04/26", Shape::YearMonthDayOtherwise),
            ("19260426", Shape::YearMonthDayOtherwise),
            ("1926-02-30", Shape::NoCalendarDate),
            ("1926-13-01T00:00:00Z", Shape::NoCalendarDate),
            ("19850-01-01", Shape::YearBeyond9999),
            ("45408", Shape::SpreadsheetDay),
            ("1714089600", Shape::UnixTime),
            ("1714089600000", Shape::UnixTime),
            ("n/a", Shape::NullMarker),
            ("April 26th", Shape::Text),
        ];
        for (cell, expected) in cases {
            assert_eq!(shape(cell, ColumnType::Date), expected, "{cell:?}");
        }
    }

    #[test]
    fn the_shape_of_most_cells_wins_and_no_majority_is_no_reason() {
        let likely = |cells: &[&str]| {
            let mut counts = ShapeCounts::default();
            cells.iter().for_each(|cell| counts.add(cell.as_bytes(), ColumnType::Double));
            counts.likely()
        };
        assert_eq!(likely(&[]), None);
        assert_eq!(likely(&["1,5", "x", "2,5"]), Some(Shape::DecimalComma));
        assert_eq!(likely(&["1,5", "x"]), None);
        assert_eq!(likely(&["1,234", "1,234", "1,234", "1,5"]), Some(Shape::DecimalComma));
        assert_eq!(likely(&["1,234", "1,234", "1,234.5"]), Some(Shape::ThousandsSeparators));
        assert_eq!(likely(&["1,234"]), Some(Shape::CommaAndThreeDigits));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_have_a_shape(cell in proptest::collection::vec(proptest::num::u8::ANY, 0..24), text in "[0-9.,/eE:+ -]{0,12}") {
            Shape::of(&cell, ColumnType::Date);
            for column in [ColumnType::Date, ColumnType::Int] {
                Shape::of(text.as_bytes(), column);
            }
        }
    }
}
