//! The type of a column, by its cells.

use spark_cast::boolean::parse_boolean;
use spark_cast::date::{CALENDAR_DAYS, parse_date};
use spark_cast::datetime_format::DateTimeFormat;
use spark_cast::timestamp::parse_timestamp;

use super::super::{ColumnType, DecimalSign};
use super::layout::Cells;
use super::number::{Number, has_grouped_thousands, is_identifier, is_integer, number};
use super::personal::is_personal;
use super::rename::words;
use super::{Guess, ProposedColumn, ProposedForm};

/// Texts that mean a missing cell beside values of any type.
const NULLS: [&str; 16] =
    ["NULL", "Null", "null", "\\N", "N/A", "n/a", "NA", "#N/A", "-", "--", "None", "none", "nil", "NaN", "nan", "?"];

/// Those of them that mean it in a column of texts, too.
const NULLS_OF_TEXTS: [&str; 9] = ["NULL", "Null", "null", "\\N", "N/A", "n/a", "#N/A", "-", "--"];

/// One cell in so many may be unreadable in a column of another type than text.
const UNREADABLE_SHARE: usize = 20;

/// Greater numbers have no reserve in 32 bits.
const INT_MAX: i64 = 200_000_000;

/// More digits than a double keeps, or a 64-bit number.
const DIGITS_MAX: usize = 15;
const BIGINT_DIGITS_MAX: usize = 18;

/// Digits of an exact number, so that sums and greater values fit.
const PRECISION: usize = 18;

/// Exact numbers have at most so many decimals.
const SCALE_MAX: usize = 6;

const DATES: [&str; 11] = [
    "dd.MM.yyyy",
    "yyyy/MM/dd",
    "yyyy.MM.dd",
    "dd/MM/yyyy",
    "MM/dd/yyyy",
    "dd-MM-yyyy",
    "d.M.yyyy",
    "d/M/yyyy",
    "M/d/yyyy",
    "d-M-yyyy",
    "yyyy-MM-dd",
];

/// Digits alone; they are dates only where the name says so.
const DIGIT_DATES: [&str; 1] = ["yyyyMMdd"];

const TIMESTAMPS: [&str; 20] = [
    "dd.MM.yyyy HH:mm",
    "dd.MM.yyyy HH:mm:ss",
    "dd.MM.yyyy HH:mm:ss.SSSSSS",
    "dd.MM.yyyy, HH:mm",
    "dd.MM.yyyy, HH:mm:ss",
    "dd/MM/yyyy HH:mm",
    "dd/MM/yyyy HH:mm:ss",
    "MM/dd/yyyy HH:mm",
    "MM/dd/yyyy HH:mm:ss",
    "yyyy/MM/dd HH:mm",
    "yyyy/MM/dd HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss",
    "yyyyMMdd'T'HHmmss",
    "yyyyMMdd HH:mm:ss",
    "d.M.yyyy H:mm",
    "d.M.yyyy H:mm:ss",
    "d/M/yyyy H:mm",
    "d/M/yyyy H:mm:ss",
    "M/d/yyyy H:mm",
    "M/d/yyyy H:mm:ss",
];

const DATE_WORDS: [&str; 12] =
    ["date", "day", "datum", "data", "on", "birth", "born", "birthday", "dt", "ymd", "since", "until"];

/// Words of columns whose digits are names, not numbers.
const IDENTIFIER_WORDS: [&str; 12] =
    ["phone", "telephone", "telefon", "mobile", "fax", "iban", "zip", "postcode", "postal", "cnp", "ssn", "ean"];

/// Proposes a column of this name in the outputs. Files with semicolons have decimal commas as a rule.
pub(super) fn propose(column: &Cells, name: String, uses_semicolons: bool) -> ProposedColumn {
    let words = words(&column.name);
    let filled: Vec<&str> = column.cells.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
    let values: Vec<&str> = filled.iter().copied().filter(|cell| !NULLS.contains(cell)).collect();
    let form = form(&values, &words, uses_semicolons);
    let markers: &[&'static str] = match form.value.data_type {
        ColumnType::String => &NULLS_OF_TEXTS,
        ColumnType::Int
        | ColumnType::BigInt
        | ColumnType::Double
        | ColumnType::Decimal { .. }
        | ColumnType::Boolean
        | ColumnType::Date
        | ColumnType::Timestamp => &NULLS,
    };
    ProposedColumn {
        name,
        source_name: column.name.clone(),
        nulls: markers.iter().copied().filter(|marker| filled.contains(marker)).collect(),
        is_personal: is_personal(&column.name),
        form,
    }
}

fn plain(data_type: ColumnType) -> ProposedForm {
    ProposedForm { data_type, formats: Vec::new(), decimal: DecimalSign::Point }
}

fn text(why: impl Into<String>) -> Guess<ProposedForm> {
    Guess { value: plain(ColumnType::String), why: why.into() }
}

fn form(values: &[&str], words: &[String], uses_semicolons: bool) -> Guess<ProposedForm> {
    if values.is_empty() {
        return text("no record of the sample has a value here, so it is text until you know more");
    }
    if values.iter().any(|value| is_identifier(value)) {
        return text(
            "digits with zeros or a plus before them are names and not numbers; as text they stay as they are",
        );
    }
    let has_word = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let are_digits = values.iter().all(|value| is_integer(value));
    if are_digits && has_word(&IDENTIFIER_WORDS) {
        return text("by its name its digits are no number to reckon with; as text they stay as they are");
    }
    let found = numbers(values, uses_semicolons, has_word(&DATE_WORDS))
        .or_else(|| booleans(values))
        .or_else(|| moments(values, has_word(&DATE_WORDS)));
    found.unwrap_or_else(|| text(nearly(values)))
}

/// Why a column is text: which other type most of its cells have, if one does.
fn nearly(values: &[&str]) -> String {
    let dates: Vec<DateTimeFormat> = DATES.iter().filter_map(|pattern| DateTimeFormat::new(pattern).ok()).collect();
    let is_number = |value: &str| number(value, b'.').or_else(|| number(value, b',')).is_some();
    let is_date = |value: &str| dates.iter().any(|format| format.parse_date(value.as_bytes()).is_some());
    let count = |is_one: &dyn Fn(&str) -> bool| values.iter().filter(|value| is_one(value)).count();
    let grouped = count(&|value| has_grouped_thousands(value) && !is_number(value));
    if grouped > 0 && count(&|value| has_grouped_thousands(value) || is_number(value)) == values.len() {
        return format!(
            "{grouped} of {} filled cells are numbers with signs between the thousands, which the program does not read; \
             ask the sender to leave those signs out",
            values.len()
        );
    }
    let kinds = [("numbers", count(&is_number)), ("dates", count(&is_date))];
    match kinds.into_iter().find(|(_, count)| count * 2 > values.len()) {
        Some((kind, count)) => format!(
            "{count} of {} filled cells look like {kind} and the others do not, so it is text until you have looked at \
             them",
            values.len()
        ),
        None => "cells are of no other type that the program reads".to_owned(),
    }
}

/// What is said of a type that so many of the values have; `None`: too few have it.
fn accepted(values: &[&str], is_one: impl Fn(&str) -> bool, what: &str) -> Option<String> {
    let count = values.iter().filter(|value| is_one(value)).count();
    let others = values.len() - count;
    match others {
        0 => Some(format!("all {count} filled cells are {what}")),
        _ if others * UNREADABLE_SHARE <= values.len() => Some(format!(
            "{count} of {} filled cells are {what}; the others cannot be read, and become null and are counted",
            values.len()
        )),
        _ => None,
    }
}

fn numbers(values: &[&str], uses_semicolons: bool, is_dated: bool) -> Option<Guess<ProposedForm>> {
    if is_dated && moments_of(values, &DIGIT_DATES, |format, text| format.parse_date(text).is_some()).is_some() {
        return None;
    }
    if let Some(why) = accepted(values, is_integer, "whole numbers") {
        return Some(integers(values, why));
    }
    let signs = [(b'.', DecimalSign::Point, "point"), (b',', DecimalSign::Comma, "comma")];
    signs.into_iter().find_map(|(byte, sign, called)| {
        let why = accepted(values, |value| number(value, byte).is_some(), &format!("numbers with a decimal {called}"))?;
        let numbers: Vec<Number> = values.iter().filter_map(|value| number(value, byte)).collect();
        Some(decimals(&numbers, sign, why, uses_semicolons))
    })
}

fn integers(values: &[&str], why: String) -> Guess<ProposedForm> {
    let digits = values.iter().filter(|value| is_integer(value)).map(|value| value.trim_start_matches('-').len()).max();
    if digits > Some(BIGINT_DIGITS_MAX) {
        return text(format!("{why} of more than {BIGINT_DIGITS_MAX} digits, which are names rather than numbers"));
    }
    let fits = |value: &&str| value.parse().is_ok_and(|number: i64| (-INT_MAX..=INT_MAX).contains(&number));
    match values.iter().filter(|value| is_integer(value)).all(fits) {
        true => Guess {
            value: plain(ColumnType::Int),
            why: format!("{why}; int holds up to 2147483647, so take bigint if greater ones can come"),
        },
        false => Guess { value: plain(ColumnType::BigInt), why: format!("{why}, and too great for an int") },
    }
}

fn decimals(numbers: &[Number], sign: DecimalSign, why: String, uses_semicolons: bool) -> Guess<ProposedForm> {
    let broken = || numbers.iter().filter(|number| number.decimals > 0);
    if sign == DecimalSign::Comma
        && !uses_semicolons
        && broken().all(|number| number.decimals == 3 && number.whole <= 3)
        && broken().next().is_some()
    {
        return text(
            "numbers with three digits behind each comma: the comma may separate thousands, which the program does not read",
        );
    }
    let scale = broken().map(|number| number.decimals).max().unwrap_or_default();
    let whole = numbers.iter().map(|number| number.whole).max().unwrap_or_default();
    let is_fixed = broken().all(|number| number.decimals == scale) && (scale == 2 || broken().count() == numbers.len());
    let has_exponent = numbers.iter().any(|number| number.has_exponent);
    let precision = PRECISION.max(whole + scale + 3);
    let form = |data_type| ProposedForm { data_type, formats: Vec::new(), decimal: sign };
    match is_fixed && !has_exponent && scale > 0 && scale <= SCALE_MAX && precision <= 38 {
        true => Guess {
            value: form(ColumnType::Decimal { precision: precision as u8, scale: scale as u8 }),
            why: format!(
                "{why} and {scale} decimals; further decimals would be rounded, so take double if more can come"
            ),
        },
        false => {
            let digits = match whole + scale > DIGITS_MAX && !has_exponent {
                true => format!("; a double keeps {DIGITS_MAX} digits, so take decimal(p,s) if all digits matter"),
                false => String::new(),
            };
            Guess { value: form(ColumnType::Double), why: format!("{why}; take decimal(p,s) for money{digits}") }
        }
    }
}

fn booleans(values: &[&str]) -> Option<Guess<ProposedForm>> {
    let is_word = |value: &str| !is_integer(value) && parse_boolean(value.as_bytes()).is_some();
    let why = accepted(values, is_word, "true, false, yes, no or their first letters")?;
    Some(Guess { value: plain(ColumnType::Boolean), why })
}

fn moments(values: &[&str], is_dated: bool) -> Option<Guess<ProposedForm>> {
    let is_plain_date = |value: &str| {
        let is_whole = matches!(value.as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _]);
        is_whole && parse_date(value.as_bytes()).is_some_and(|day| CALENDAR_DAYS.contains(&day))
    };
    let is_plain_moment = |value: &str| {
        let is_timed = matches!(value.as_bytes(), [_, _, _, _, b'-', _, _, b'-', _, _, b' ' | b'T', ..]);
        is_timed && parse_timestamp(value.as_bytes()).is_some_and(|moment| moment.is_in_calendar())
    };
    if let Some(why) = accepted(values, is_plain_date, "dates as yyyy-MM-dd") {
        return Some(Guess { value: plain(ColumnType::Date), why });
    }
    let is_moment = |value: &str| is_plain_moment(value) || is_plain_date(value);
    if values.iter().any(|value| is_plain_moment(value))
        && let Some(why) = accepted(values, is_moment, "moments as Spark reads them")
    {
        let why = format!("{why}; times without a zone are taken for UTC");
        return Some(Guess { value: plain(ColumnType::Timestamp), why });
    }
    let dates: Vec<&'static str> = match is_dated {
        true => DATES.into_iter().chain(DIGIT_DATES).collect(),
        false => DATES.to_vec(),
    };
    let of_dates = moments_of(values, &dates, |format, text| format.parse_date(text).is_some());
    let found = of_dates.map(|found| (ColumnType::Date, found)).or_else(|| {
        let found = moments_of(values, &TIMESTAMPS, |format, text| format.parse_timestamp(text).is_some())?;
        Some((ColumnType::Timestamp, found))
    });
    let (data_type, (formats, mut why)) = found?;
    if data_type == ColumnType::Timestamp {
        why.push_str("; times without a zone are taken for UTC");
    }
    Some(Guess { value: ProposedForm { data_type, formats, decimal: DecimalSign::Point }, why })
}

/// The fewest formats that read the values, the one that reads most first.
fn moments_of(
    values: &[&str],
    patterns: &[&'static str],
    reads: impl Fn(&DateTimeFormat, &[u8]) -> bool,
) -> Option<(Vec<&'static str>, String)> {
    let known: Vec<(&'static str, DateTimeFormat)> =
        patterns.iter().filter_map(|pattern| Some((*pattern, DateTimeFormat::new(pattern).ok()?))).collect();
    let mut formats: Vec<&'static str> = Vec::new();
    let mut rest: Vec<&str> = values.to_vec();
    let mut is_ambiguous = false;
    while formats.len() < 3 && !rest.is_empty() {
        let count =
            |(_, format): &(&str, DateTimeFormat)| rest.iter().filter(|value| reads(format, value.as_bytes())).count();
        let most = known.iter().map(count).max().filter(|most| *most > 0);
        let Some((pattern, format)) = most.and_then(|most| known.iter().find(|known| count(known) == most)) else {
            break;
        };
        let swapped = |other: &str| other == swap(pattern);
        is_ambiguous |= known.iter().any(|known| swapped(known.0) && Some(count(known)) == most);
        formats.push(pattern);
        rest.retain(|value| !reads(format, value.as_bytes()));
    }
    let is_read = |value: &str| !rest.contains(&value);
    let mut why = accepted(values, is_read, &format!("written as {}", formats.join(" or ")))?;
    if is_ambiguous {
        why.push_str(". DAY AND MONTH MAY BE THE OTHER WAY ROUND: no cell tells, so ask the sender");
    }
    (!formats.is_empty()).then_some((formats, why))
}

/// The pattern with day and month the other way round, if dates with slashes are written in both ways.
fn swap(pattern: &str) -> String {
    match pattern {
        pattern if pattern.starts_with("dd/MM") => pattern.replacen("dd/MM", "MM/dd", 1),
        pattern if pattern.starts_with("d/M/") => pattern.replacen("d/M/", "M/d/", 1),
        _ => String::new(),
    }
}
