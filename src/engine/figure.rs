//! The average and the maximum of a column of numbers in the written rows.

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray};

use crate::contract::ColumnType;
use crate::sinks::KeptRow;

/// The figures of one column under way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NumberFigure {
    count: u64,
    /// Exact for whole numbers.
    whole: i128,
    double: f64,
    maximum: Option<f64>,
}

impl NumberFigure {
    /// The average; `None`: there is no value.
    pub fn average(&self) -> Option<f64> {
        (self.count > 0).then(|| (self.whole as f64 + self.double) / self.count as f64)
    }

    /// The greatest value; `None`: there is none.
    pub fn maximum(&self) -> Option<f64> {
        self.maximum
    }

    /// Takes in the values of kept rows of a chunk; a column that holds no numbers has no figures.
    pub(super) fn add(&mut self, data_type: ColumnType, values: &ArrayRef, kept: &[KeptRow]) {
        match data_type {
            ColumnType::Int => self.whole(values.as_primitive::<Int32Type>(), kept, i64::from),
            ColumnType::BigInt => self.whole(values.as_primitive::<Int64Type>(), kept, |value| value),
            ColumnType::Double => self.doubles(values.as_primitive::<Float64Type>(), kept, |value| value),
            ColumnType::Decimal { scale, .. } => {
                let divisor = 10_f64.powi(scale.into());
                self.doubles(values.as_primitive::<Decimal128Type>(), kept, |value| value as f64 / divisor);
            }
            ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => {}
        }
    }

    fn whole<T: ArrowPrimitiveType>(
        &mut self,
        values: &PrimitiveArray<T>,
        kept: &[KeptRow],
        to_i64: impl Fn(T::Native) -> i64,
    ) {
        let mut maximum = None;
        for value in each(values, kept).map(to_i64) {
            self.count += 1;
            self.whole += i128::from(value);
            maximum = maximum.max(Some(value));
        }
        self.raise(maximum.map(|value| value as f64));
    }

    fn doubles<T: ArrowPrimitiveType>(
        &mut self,
        values: &PrimitiveArray<T>,
        kept: &[KeptRow],
        to_f64: impl Fn(T::Native) -> f64,
    ) {
        for value in each(values, kept).map(to_f64) {
            self.count += 1;
            self.double += value;
            self.raise(Some(value));
        }
    }

    fn raise(&mut self, value: Option<f64>) {
        self.maximum = match (self.maximum, value) {
            (Some(so_far), Some(value)) => Some(so_far.max(value)),
            (so_far, value) => so_far.or(value),
        };
    }
}

/// The values of kept rows that are not null.
fn each<T: ArrowPrimitiveType>(values: &PrimitiveArray<T>, kept: &[KeptRow]) -> impl Iterator<Item = T::Native> {
    let rows = kept.iter().map(|kept| kept.row as usize);
    rows.filter(|&row| values.is_valid(row)).map(|row| values.value(row))
}
