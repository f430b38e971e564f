//! Values that stand in the text.

use spark_cast::date::parse_date;
use spark_cast::number::parse_double;
use spark_cast::timestamp::parse_timestamp;
use sqlparser::ast::{self, DataType, ExactNumberInfo, TimezoneInfo};

use super::{Binder, Bound, constant, subset};
use crate::contract::{ColumnType, DECIMAL_PRECISION_MAX, Value};

impl Binder<'_> {
    pub(super) fn literal(&mut self, value: &ast::Value) -> Option<Bound> {
        match value {
            ast::Value::Null => Some(Bound::Null(None)),
            ast::Value::Boolean(value) => Some(constant(ColumnType::Boolean, Value::Boolean(*value), None)),
            ast::Value::SingleQuotedString(text) => {
                Some(constant(ColumnType::String, Value::String(text.clone()), None))
            }
            ast::Value::Number(digits, is_long) => self.number(digits, *is_long),
            ast::Value::Placeholder(name) => match name.strip_prefix(':') {
                Some(name) => self.parameter(name),
                None => self.refuse("a parameter is written :name"),
            },
            other => self.refuse(format!("{other} is not a part of expressions; {}", subset())),
        }
    }

    /// A number as written, with its sign. Its form decides its type, as in Spark.
    pub(super) fn number(&mut self, digits: &str, is_long: bool) -> Option<Bound> {
        let value = if digits.contains(['e', 'E']) {
            parse_double(digits.as_bytes()).filter(|value| value.is_finite()).map(Value::Double)
        } else if is_long {
            digits.parse().ok().map(Value::BigInt)
        } else if let Ok(value) = digits.parse() {
            Some(Value::Int(value))
        } else if let Ok(value) = digits.parse() {
            Some(Value::BigInt(value))
        } else {
            decimal(digits)
        };
        match value {
            Some(value) => value.data_type().map(|kind| constant(kind, value, None)),
            None => self.refuse(format!("{digits} is no number that a column can hold")),
        }
    }

    pub(super) fn typed_literal(&mut self, literal: &ast::TypedString) -> Option<Bound> {
        let (form, kind) = match literal.data_type {
            DataType::Date => ("DATE 'yyyy-mm-dd'", ColumnType::Date),
            DataType::Timestamp(None, TimezoneInfo::None) => ("TIMESTAMP 'yyyy-mm-dd hh:mm:ss'", ColumnType::Timestamp),
            _ => return self.refuse(format!("{literal} is not a part of expressions; {}", subset())),
        };
        let value = match &literal.value.value {
            ast::Value::SingleQuotedString(text) if kind == ColumnType::Date => {
                parse_date(text.as_bytes()).map(Value::Date)
            }
            ast::Value::SingleQuotedString(text) => {
                parse_timestamp(text.as_bytes()).map(|moment| Value::Timestamp(moment.micros))
            }
            _ => None,
        };
        match value {
            Some(value) => Some(constant(kind, value, None)),
            None => self.refuse(format!("{literal} is no {kind}; write {form}")),
        }
    }

    /// The type that is named in a CAST.
    pub(super) fn column_type(&mut self, data_type: &DataType) -> Option<ColumnType> {
        let kind = match data_type {
            DataType::String(None) => Some(ColumnType::String),
            DataType::Int(None) | DataType::Integer(None) => Some(ColumnType::Int),
            DataType::BigInt(None) => Some(ColumnType::BigInt),
            DataType::Double(ExactNumberInfo::None) => Some(ColumnType::Double),
            DataType::Decimal(info) | DataType::Numeric(info) | DataType::Dec(info) => decimal_type(info),
            DataType::Boolean => Some(ColumnType::Boolean),
            DataType::Date => Some(ColumnType::Date),
            DataType::Timestamp(None, TimezoneInfo::None) => Some(ColumnType::Timestamp),
            _ => None,
        };
        kind.or_else(|| {
            self.refuse(format!(
                "{data_type} is no type of a column; there are string, int, bigint, double, decimal(p,s) with s ≤ p ≤ \
                 {DECIMAL_PRECISION_MAX}, boolean, date, timestamp"
            ))
        })
    }
}

fn decimal_type(info: &ExactNumberInfo) -> Option<ColumnType> {
    let (precision, scale) = match info {
        ExactNumberInfo::None => (10, 0),
        ExactNumberInfo::Precision(precision) => (*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
    };
    let precision = u8::try_from(precision).ok().filter(|precision| (1..=DECIMAL_PRECISION_MAX).contains(precision))?;
    let scale = u8::try_from(scale).ok().filter(|scale| *scale <= precision)?;
    Some(ColumnType::Decimal { precision, scale })
}

/// `12.50` has the type decimal(4,2), `0.05` decimal(2,2).
fn decimal(text: &str) -> Option<Value> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = u8::try_from(fraction.len()).ok()?;
    let digits = unscaled.unsigned_abs().checked_ilog10().map_or(1, |digits| digits as u8 + 1);
    let precision = digits.max(scale);
    (precision <= DECIMAL_PRECISION_MAX).then_some(Value::Decimal { unscaled, precision, scale })
}
