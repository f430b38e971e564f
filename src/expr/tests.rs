//! What a contract's author relies on: answers as Spark's, and mistakes told with their place.

mod built_in;
mod folding;
mod mistakes;
mod properties;
mod spark;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, TimestampMicrosecondType};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};

use super::{Columns, Scope, Source};
use crate::contract::{ColumnType, Value};

/// A few rows of a column of every type. `tests/parity/expressions.py` has the same.
struct Table {
    columns: Vec<ArrayRef>,
    written_dates: ArrayRef,
}

const DECIMAL: ColumnType = ColumnType::Decimal { precision: 10, scale: 2 };
const WIDE: ColumnType = ColumnType::Decimal { precision: 38, scale: 10 };
const ROWS: usize = 6;

impl Table {
    fn new() -> Self {
        let wide = [
            Some(12_345_678_901_234_567_890_123_456_789_012_345_678),
            Some(-10_000_000_001),
            Some(0),
            None,
            Some(-99_999_999_999_999_999_999_999_999_999_999_999_999),
            Some(5),
        ];
        let texts = ["  Ana Ioniță ", "", "12.5", "2024-02-29 23:59:59.5", "😀ab@c.ro"];
        let texts: Vec<Option<&str>> = [None].into_iter().chain(texts.map(Some)).collect();
        let seconds = [0, 1_709_251_199, -1, 253_402_300_799, 1_719_792_000];
        let micros: Vec<Option<i64>> = seconds.map(|seconds| Some(seconds * 1_000_000 + 123_000)).to_vec();
        Self {
            columns: vec![
                Arc::new(Int32Array::from(vec![Some(1), Some(-7), None, Some(i32::MAX), Some(i32::MIN), Some(0)])),
                Arc::new(Int64Array::from(vec![Some(30), None, Some(i64::MIN), Some(i64::MAX), Some(-15), Some(0)])),
                Arc::new(Float64Array::from(vec![
                    Some(0.5),
                    Some(f64::NAN),
                    Some(-0.0),
                    None,
                    Some(2.675),
                    Some(-1e300),
                ])),
                Arc::new(
                    Decimal128Array::from(vec![
                        Some(1250),
                        Some(-5),
                        None,
                        Some(9_999_999_999),
                        Some(0),
                        Some(-9_999_999_999),
                    ])
                    .with_data_type(DECIMAL.arrow()),
                ),
                Arc::new(Decimal128Array::from(wide.to_vec()).with_data_type(WIDE.arrow())),
                Arc::new(StringArray::from(texts)),
                Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true), Some(false), None])),
                Arc::new(Date32Array::from(vec![
                    Some(0),
                    Some(19_782),
                    None,
                    Some(2_932_896),
                    Some(-719_162),
                    Some(-1),
                ])),
                Arc::new(TimestampMicrosecondArray::from([micros, vec![None]].concat())),
            ],
            written_dates: Arc::new(Date32Array::from(vec![None, None, None, None, Some(19_782), None])),
        }
    }
}

impl Columns for Table {
    fn row_count(&self) -> usize {
        ROWS
    }

    fn array(&self, source: Source) -> ArrayRef {
        match source {
            Source::Column(index) => Arc::clone(&self.columns[index]),
            Source::WrittenDate(8) => {
                let moments = self.columns[8].as_primitive::<TimestampMicrosecondType>();
                Arc::new(moments.unary::<_, Date32Type>(|micros| micros.div_euclid(86_400_000_000) as i32))
            }
            Source::WrittenDate(_) => Arc::clone(&self.written_dates),
            Source::Derived(_) => unreachable!("there is none"),
        }
    }
}

fn scope() -> Scope {
    let columns = [
        ("i", ColumnType::Int),
        ("l", ColumnType::BigInt),
        ("d", ColumnType::Double),
        ("m", DECIMAL),
        ("w", WIDE),
        ("s", ColumnType::String),
        ("b", ColumnType::Boolean),
        ("day", ColumnType::Date),
        ("at", ColumnType::Timestamp),
    ];
    let parameters = [
        ("limit", Value::Int(30)),
        ("from", Value::Date(19_723)),
        ("open", Value::Null),
        ("masking", Value::String("glue".into())),
    ];
    Scope {
        columns: columns.map(|(name, kind)| (name.to_owned(), kind)).to_vec(),
        derived: Vec::new(),
        parameters: parameters.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}
