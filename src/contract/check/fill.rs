//! Whether a text can be read as a column's type, as a cell that holds it would be.

use spark_cast::boolean::parse_boolean;
use spark_cast::date::{CALENDAR_DAYS, parse_date};
use spark_cast::datetime_format::DateTimeFormat;
use spark_cast::decimal::parse_decimal;
use spark_cast::number::{parse_bigint, parse_double_with, parse_int};
use spark_cast::timestamp::parse_timestamp;

use super::super::checked::{CellForm, DateRange};
use super::super::column_type::ColumnType;

/// Whether a cell with this text has a value.
pub(super) fn is_readable(text: &str, data_type: ColumnType, form: &CellForm, dates: DateRange) -> bool {
    let cell = text.as_bytes();
    let formats = || form.formats.iter().filter_map(|format| DateTimeFormat::new(format).ok());
    match data_type {
        ColumnType::String => !text.is_empty(),
        ColumnType::Int => parse_int(cell).is_some(),
        ColumnType::BigInt => parse_bigint(cell).is_some(),
        ColumnType::Double => parse_double_with(cell, form.decimal).is_some(),
        ColumnType::Decimal { precision, scale } => parse_decimal(cell, precision, scale, form.decimal).is_some(),
        ColumnType::Boolean => parse_boolean(cell).is_some(),
        ColumnType::Date if form.formats.is_empty() => {
            parse_date(cell).is_some_and(|date| dates == DateRange::Spark || CALENDAR_DAYS.contains(&date))
        }
        ColumnType::Date => formats().any(|format| format.parse_date(cell).is_some()),
        ColumnType::Timestamp if form.formats.is_empty() => {
            parse_timestamp(cell).is_some_and(|moment| dates == DateRange::Spark || moment.is_in_calendar())
        }
        ColumnType::Timestamp => formats().any(|format| format.parse_timestamp(cell).is_some()),
    }
}
