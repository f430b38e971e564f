//! A value that stands in a contract: a literal of an expression, or what a parameter is set to.

use std::fmt;

use spark_cast::date::write_date;
use spark_cast::decimal::write_decimal;
use spark_cast::timestamp::write_timestamp;

use super::ColumnType;

/// A value. The type of a number follows from how it is written, as in Spark.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value; as a parameter it is written `open`.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number of 32 bits.
    Int(i32),
    /// A whole number of 64 bits.
    BigInt(i64),
    /// An exact number: `unscaled` divided by ten to the power of `scale`.
    Decimal {
        /// The digits.
        unscaled: i128,
        /// How many digits its type has.
        precision: u8,
        /// How many of them stand after the point.
        scale: u8,
    },
    /// A floating-point number.
    Double(f64),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00 UTC.
    Timestamp(i64),
    /// Text.
    String(String),
}

impl Value {
    /// Its type; `None`: null has every type.
    pub fn data_type(&self) -> Option<ColumnType> {
        Some(match self {
            Self::Null => return None,
            Self::Boolean(_) => ColumnType::Boolean,
            Self::Int(_) => ColumnType::Int,
            Self::BigInt(_) => ColumnType::BigInt,
            Self::Decimal { precision, scale, .. } => ColumnType::Decimal { precision: *precision, scale: *scale },
            Self::Double(_) => ColumnType::Double,
            Self::Date(_) => ColumnType::Date,
            Self::Timestamp(_) => ColumnType::Timestamp,
            Self::String(_) => ColumnType::String,
        })
    }
}

/// As it is typed.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        match self {
            Self::Null => return f.write_str("open"),
            Self::Boolean(value) => return write!(f, "{value}"),
            Self::Int(value) => return write!(f, "{value}"),
            Self::BigInt(value) => return write!(f, "{value}"),
            Self::Double(value) => return write!(f, "{value:e}"),
            Self::String(value) => return f.write_str(value),
            Self::Decimal { unscaled, scale, .. } => write_decimal(*unscaled, *scale, &mut text),
            Self::Date(days) => write_date(*days, &mut text),
            Self::Timestamp(micros) => write_timestamp(*micros, &mut text),
        }
        f.write_str(&String::from_utf8_lossy(&text))
    }
}
