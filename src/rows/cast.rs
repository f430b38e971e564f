//! How a text becomes a value of a column's type: which rule, and the loop over a chunk's cells.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer, ScalarBuffer};
use spark_cast::boolean::{parse_boolean, write_boolean};
use spark_cast::date::{CALENDAR_DAYS, parse_date, write_date};
use spark_cast::datetime_format::DateTimeFormat;
use spark_cast::decimal::{parse_decimal, write_decimal};
use spark_cast::number::{parse_bigint, parse_double, parse_double_with, parse_int, write_double, write_int};
use spark_cast::timestamp::{Timestamp, parse_timestamp, write_timestamp};

use super::Cells;
use crate::contract::{CellForm, ColumnType, DecimalSign};
use crate::error::{Error, Result};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// How a text becomes a value; one loop per variant and chunk.
#[derive(Clone, Debug)]
pub enum Cast {
    /// It stays as it is.
    Text,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    BigInt,
    /// A floating-point number.
    Double(DecimalSign),
    /// An exact number.
    Decimal {
        /// Digits.
        precision: u8,
        /// Those after the point.
        scale: u8,
        /// What stands before them.
        sign: DecimalSign,
    },
    /// True or false.
    Boolean,
    /// A day, by the first of these forms that fits; without any as Spark reads it.
    Date(Vec<DateTimeFormat>),
    /// A moment, in the same way.
    Timestamp(Vec<DateTimeFormat>),
}

/// The values of a column in some rows.
pub(super) struct CastColumn {
    /// The values; null where there is none.
    pub(super) values: ArrayRef,
    /// The date written in each cell, if that was asked for.
    pub(super) written_dates: Option<ArrayRef>,
    /// The rows without a value, and why.
    pub(super) odd: Vec<(u32, Oddity)>,
}

/// Why a cell has no value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// It is missing.
    Missing,
    /// It cannot be read.
    Unreadable,
}

impl Cast {
    /// The cast to a type of cells in this form.
    pub(super) fn of(data_type: ColumnType, form: &CellForm) -> Result<Self> {
        let formats = || {
            let parsed = form.formats.iter().map(|format| DateTimeFormat::new(format));
            parsed.collect::<Result<Vec<_>, _>>().map_err(Error::configuration)
        };
        Ok(match data_type {
            ColumnType::String => Self::Text,
            ColumnType::Int => Self::Int,
            ColumnType::BigInt => Self::BigInt,
            ColumnType::Double => Self::Double(form.decimal),
            ColumnType::Decimal { precision, scale } => Self::Decimal { precision, scale, sign: form.decimal },
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Date => Self::Date(formats()?),
            ColumnType::Timestamp => Self::Timestamp(formats()?),
        })
    }

    /// Whether it is none.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text)
    }

    /// Grows with what reading a cell costs.
    pub(super) fn cost(&self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Boolean => 1,
            Self::Int => 2,
            Self::BigInt => 3,
            Self::Double(_) => 4,
            Self::Decimal { .. } => 5,
            Self::Date(_) => 6,
            Self::Timestamp(_) => 7,
        }
    }

    /// Reads the cells of a column, with the date written in each if `with_dates`.
    pub(super) fn read(&self, cells: &mut Cells<'_>, with_dates: bool) -> CastColumn {
        match self {
            Self::Text => {
                let (values, odd) = cells.texts();
                let written_dates = with_dates.then(|| cells.dates());
                CastColumn { values, written_dates, odd }
            }
            Self::Int => primitive::<Int32Type>(cells, parse_int),
            Self::BigInt => primitive::<Int64Type>(cells, parse_bigint),
            Self::Double(DecimalSign::Point) => primitive::<Float64Type>(cells, parse_double),
            Self::Double(DecimalSign::Comma) => {
                primitive::<Float64Type>(cells, |text| parse_double_with(text, DecimalSign::Comma))
            }
            &Self::Decimal { precision, scale, sign } => {
                let mut column = values::<Decimal128Type>(cells, |text| parse_decimal(text, precision, scale, sign));
                let data_type = ColumnType::Decimal { precision, scale }.arrow();
                column.0 = column.0.with_data_type(data_type);
                CastColumn { values: Arc::new(column.0), written_dates: None, odd: column.1 }
            }
            Self::Boolean => boolean(cells),
            Self::Date(formats) => {
                let calendar = cells.keeps_to_calendar();
                match &formats[..] {
                    [] => primitive::<Date32Type>(cells, |text| in_calendar(parse_date(text), calendar)),
                    formats => {
                        primitive::<Date32Type>(cells, |text| formats.iter().find_map(|format| format.parse_date(text)))
                    }
                }
            }
            Self::Timestamp(formats) => {
                let calendar = cells.keeps_to_calendar();
                match &formats[..] {
                    // A cell that holds no moment may still begin with a date, which Spark's `to_date` finds.
                    [] => moments(cells, with_dates, parse_date, |text| {
                        parse_timestamp(text).filter(|moment| !calendar || moment.is_in_calendar())
                    }),
                    formats => moments(
                        cells,
                        with_dates,
                        |_| None,
                        |text| {
                            let micros = formats.iter().find_map(|format| format.parse_timestamp(text))?;
                            Some(Timestamp { micros, written_date: micros.div_euclid(MICROS_PER_DAY) as i32 })
                        },
                    ),
                }
            }
        }
    }

    /// Whether a text can be read, and shows it: a number alone is no moment, although Spark reads one of a year.
    pub(super) fn shows(&self, text: &[u8]) -> bool {
        match self {
            Self::Text => true,
            Self::Int => parse_int(text).is_some(),
            Self::BigInt => parse_bigint(text).is_some(),
            &Self::Double(sign) => parse_double_with(text, sign).is_some(),
            &Self::Decimal { precision, scale, sign } => parse_decimal(text, precision, scale, sign).is_some(),
            Self::Boolean => parse_boolean(text).is_some(),
            Self::Date(formats) if formats.is_empty() => {
                text.contains(&b'-') && in_calendar(parse_date(text), true).is_some()
            }
            Self::Date(formats) => formats.iter().any(|format| format.parse_date(text).is_some()),
            Self::Timestamp(formats) if formats.is_empty() => {
                text.contains(&b'-') && parse_timestamp(text).is_some_and(|moment| moment.is_in_calendar())
            }
            Self::Timestamp(formats) => formats.iter().any(|format| format.parse_timestamp(text).is_some()),
        }
    }

    /// Appends the value that a text is read as, in the one way it is printed; whether there is a value. Negative zero is
    /// zero.
    pub(super) fn write_value(&self, text: &[u8], calendar: bool, out: &mut Vec<u8>) -> bool {
        let written = match self {
            Self::Text => {
                out.extend_from_slice(text);
                Some(())
            }
            Self::Int => parse_int(text).map(|value| write_int(value.into(), out)),
            Self::BigInt => parse_bigint(text).map(|value| write_int(value, out)),
            &Self::Double(sign) => parse_double_with(text, sign).map(|value| write_double(value + 0.0, out)),
            &Self::Decimal { precision, scale, sign } => {
                parse_decimal(text, precision, scale, sign).map(|value| write_decimal(value, scale, out))
            }
            Self::Boolean => parse_boolean(text).map(|value| write_boolean(value, out)),
            Self::Date(formats) => match &formats[..] {
                [] => in_calendar(parse_date(text), calendar),
                formats => formats.iter().find_map(|format| format.parse_date(text)),
            }
            .map(|value| write_date(value, out)),
            Self::Timestamp(formats) => match &formats[..] {
                [] => parse_timestamp(text)
                    .filter(|moment| !calendar || moment.is_in_calendar())
                    .map(|moment| moment.micros),
                formats => formats.iter().find_map(|format| format.parse_timestamp(text)),
            }
            .map(|value| write_timestamp(value, out)),
        };
        written.is_some()
    }

    /// Whether it gives days or moments, which hardly any other text looks like.
    pub(super) fn is_of_time(&self) -> bool {
        match self {
            Self::Date(_) | Self::Timestamp(_) => true,
            Self::Text | Self::Int | Self::BigInt | Self::Double(_) | Self::Decimal { .. } | Self::Boolean => false,
        }
    }
}

fn in_calendar(date: Option<i32>, calendar: bool) -> Option<i32> {
    date.filter(|date| !calendar || CALENDAR_DAYS.contains(date))
}

fn primitive<T: ArrowPrimitiveType>(cells: &mut Cells<'_>, parse: impl Fn(&[u8]) -> Option<T::Native>) -> CastColumn {
    let (values, odd) = values::<T>(cells, parse);
    CastColumn { values: Arc::new(values), written_dates: None, odd }
}

/// The loop over the cells.
#[inline]
fn values<T: ArrowPrimitiveType>(
    cells: &mut Cells<'_>,
    parse: impl Fn(&[u8]) -> Option<T::Native>,
) -> (PrimitiveArray<T>, Vec<(u32, Oddity)>) {
    let mut values: Vec<T::Native> = Vec::with_capacity(cells.len());
    let (mut odd, fill) = (Vec::new(), cells.fill().and_then(&parse));
    let has_markers = cells.has_markers();
    cells.each(|at, text, marks| match parse(text) {
        Some(value) if !has_markers || !marks.is_marker(text) => values.push(value),
        _ if marks.is_missing(text) => {
            values.push(fill.unwrap_or_default());
            odd.push((at, Oddity::Missing));
        }
        _ => {
            values.push(T::Native::default());
            odd.push((at, Oddity::Unreadable));
        }
    });
    let nulls = nulls(values.len(), &odd, fill.is_some());
    (PrimitiveArray::new(ScalarBuffer::from(values), nulls), odd)
}

fn boolean(cells: &mut Cells<'_>) -> CastColumn {
    let mut values = BooleanBufferBuilder::new(cells.len());
    let (mut odd, fill) = (Vec::new(), cells.fill().and_then(parse_boolean));
    cells.each(|at, text, marks| match parse_boolean(text) {
        Some(value) if !marks.is_marker(text) => values.append(value),
        _ if marks.is_missing(text) => {
            values.append(fill.unwrap_or_default());
            odd.push((at, Oddity::Missing));
        }
        _ => {
            values.append(false);
            odd.push((at, Oddity::Unreadable));
        }
    });
    let nulls = nulls(values.len(), &odd, fill.is_some());
    CastColumn { values: Arc::new(BooleanArray::new(values.finish(), nulls)), written_dates: None, odd }
}

/// Moments, and the dates they are written with; where there is no moment, the date that `date_alone` finds.
fn moments(
    cells: &mut Cells<'_>,
    with_dates: bool,
    date_alone: impl Fn(&[u8]) -> Option<i32>,
    parse: impl Fn(&[u8]) -> Option<Timestamp>,
) -> CastColumn {
    let calendar = cells.keeps_to_calendar();
    let mut dates: Vec<i32> = Vec::with_capacity(if with_dates { cells.len() } else { 0 });
    let mut dateless: Vec<(u32, Oddity)> = Vec::new();
    let mut values: Vec<i64> = Vec::with_capacity(cells.len());
    let (mut odd, fill) = (Vec::new(), cells.fill().and_then(&parse));
    let has_markers = cells.has_markers();
    cells.each(|at, text, marks| {
        let moment = match parse(text) {
            Some(moment) if !has_markers || !marks.is_marker(text) => Some(moment),
            _ if marks.is_missing(text) => {
                odd.push((at, Oddity::Missing));
                fill
            }
            _ => {
                odd.push((at, Oddity::Unreadable));
                None
            }
        };
        values.push(moment.map_or(0, |moment| moment.micros));
        if with_dates {
            let date = match moment {
                Some(moment) => Some(moment.written_date),
                None if marks.is_missing(text) => None,
                None => in_calendar(date_alone(text), calendar),
            };
            if date.is_none() {
                dateless.push((at, Oddity::Unreadable));
            }
            dates.push(date.unwrap_or_default());
        }
    });
    let nulls_of_dates = nulls(dates.len(), &dateless, false);
    let nulls = nulls(values.len(), &odd, fill.is_some());
    CastColumn {
        values: Arc::new(PrimitiveArray::<TimestampMicrosecondType>::new(ScalarBuffer::from(values), nulls)),
        written_dates: with_dates.then(|| {
            Arc::new(PrimitiveArray::<Date32Type>::new(ScalarBuffer::from(dates), nulls_of_dates)) as ArrayRef
        }),
        odd,
    }
}

/// Which rows are null: the odd ones, but not the missing ones where something was filled in.
pub(super) fn nulls(rows: usize, odd: &[(u32, Oddity)], is_filled: bool) -> Option<NullBuffer> {
    let is_null = |oddity: Oddity| oddity == Oddity::Unreadable || !is_filled;
    if !odd.iter().any(|&(_, oddity)| is_null(oddity)) {
        return None;
    }
    let mut valid = BooleanBufferBuilder::new(rows);
    valid.append_n(rows, true);
    odd.iter().filter(|&&(_, oddity)| is_null(oddity)).for_each(|&(at, _)| valid.set_bit(at as usize, false));
    Some(NullBuffer::new(valid.finish()))
}
