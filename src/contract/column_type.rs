//! The types a column can have, and what each is called in Arrow, in Athena and in a contract.

use std::fmt;

use arrow_schema::{DataType, TimeUnit};

/// The type of a column, with the meaning that Spark gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnType {
    /// Text.
    String,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    BigInt,
    /// A floating-point number of 64 bits.
    Double,
    /// An exact number.
    Decimal {
        /// Digits, 1 to 38.
        precision: u8,
        /// Digits after the point, at most `precision`.
        scale: u8,
    },
    /// True or false.
    Boolean,
    /// A day, in days since 1970-01-01.
    Date,
    /// A moment, in microseconds since 1970-01-01T00:00 UTC.
    Timestamp,
}

impl ColumnType {
    /// Its Arrow type, which decides what Parquet files hold.
    pub fn arrow(self) -> DataType {
        match self {
            Self::String => DataType::Utf8,
            Self::Int => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Decimal { precision, scale } => DataType::Decimal128(precision, scale as i8),
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        }
    }

    /// Whether its values are numbers.
    pub fn is_number(self) -> bool {
        match self {
            Self::Int | Self::BigInt | Self::Double | Self::Decimal { .. } => true,
            Self::String | Self::Boolean | Self::Date | Self::Timestamp => false,
        }
    }

    /// The ODCS `logicalType`.
    pub fn logical(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int | Self::BigInt => "integer",
            Self::Double | Self::Decimal { .. } => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
        }
    }
}

/// As Athena, Spark and the ODCS `physicalType` write it.
impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Int => f.write_str("int"),
            Self::BigInt => f.write_str("bigint"),
            Self::Double => f.write_str("double"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Boolean => f.write_str("boolean"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
        }
    }
}
