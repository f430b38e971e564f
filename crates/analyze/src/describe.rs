//! What Spark's `describe` says of a column: count, mean, sample standard deviation, smallest and largest value.
//!
//! As there, dates and timestamps have no such figures, and a column of texts has the mean and deviation of those of
//! its texts that can be read as doubles. Everything is computed in the order of the rows.

use std::cmp::Ordering;

use serde::Serialize;

use super::cell::{Cell, values_of};
use drivendata_transform::contract::ColumnType;
use drivendata_transform::schema::OutputColumn;
use drivendata_transform::sinks::{KeptRow, RowSource};
use spark_cast::number::parse_double;

/// The figures of one column.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnDescription {
    /// Its name.
    pub column: String,
    /// Values that are not null.
    pub count: u64,
    /// `None`: there are no numbers.
    pub mean: Option<Cell>,
    /// Sample standard deviation; `None`: there are fewer than two numbers.
    pub stddev: Option<Cell>,
    /// Texts by their UTF-8 bytes; among doubles `NaN` is the largest.
    pub min: Option<Cell>,
    /// The same.
    pub max: Option<Cell>,
}

/// The figures of a column under way.
#[derive(Debug)]
pub(super) struct Summary {
    column: OutputColumn,
    data_type: ColumnType,
    name: String,
    count: u64,
    moments: Moments,
    range: Range,
}

/// Smallest and largest value so far.
#[derive(Debug)]
enum Range {
    Numbers(Option<(Cell, Cell)>),
    Texts(Option<(Vec<u8>, Vec<u8>)>),
}

impl Summary {
    /// For a column, unless Spark does not describe its type.
    pub(super) fn new(column: OutputColumn, data_type: ColumnType, name: &str) -> Option<Self> {
        let range = match data_type {
            ColumnType::Date | ColumnType::Timestamp | ColumnType::Boolean => return None,
            ColumnType::Int | ColumnType::BigInt | ColumnType::Double | ColumnType::Decimal { .. } => {
                Range::Numbers(None)
            }
            ColumnType::String => Range::Texts(None),
        };
        let name = name.to_owned();
        Some(Self { column, data_type, name, count: 0, moments: Moments::default(), range })
    }

    /// Takes in the next rows.
    pub(super) fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) {
        match &mut self.range {
            Range::Numbers(range) => {
                for (chunk, kept) in source.by_chunk(kept) {
                    let Some(values) = values_of(self.column, chunk) else { continue };
                    let cells = kept.iter().map(|kept| Cell::of_array(values, self.data_type, kept.row as usize));
                    for cell in cells.flatten() {
                        self.count += 1;
                        self.moments.add(cell.as_double());
                        widen_numbers(range, cell);
                    }
                }
            }
            Range::Texts(range) => {
                let mut scratch = Vec::new();
                for (chunk, kept) in source.by_chunk(kept) {
                    for row in kept.iter().map(|kept| kept.row as usize) {
                        if let Some(text) = source.text(self.column, chunk, row, &mut scratch) {
                            self.count += 1;
                            if let Some(number) = parse_double(text) {
                                self.moments.add(number);
                            }
                            widen_texts(range, text);
                        }
                    }
                }
            }
        }
    }

    /// Bytes of memory that its texts take.
    pub(super) fn memory_bytes(&self) -> u64 {
        match &self.range {
            Range::Texts(Some((min, max))) => (min.capacity() + max.capacity()) as u64,
            Range::Texts(None) | Range::Numbers(_) => 0,
        }
    }

    pub(super) fn finish(self) -> ColumnDescription {
        let (min, max) = match self.range {
            Range::Numbers(range) => range.unzip(),
            Range::Texts(range) => range.map(|(min, max)| (Cell::text(&min), Cell::text(&max))).unzip(),
        };
        ColumnDescription {
            column: self.name,
            count: self.count,
            mean: self.moments.mean().map(Cell::Double),
            stddev: self.moments.stddev().map(Cell::Double),
            min,
            max,
        }
    }
}

fn widen_numbers(range: &mut Option<(Cell, Cell)>, cell: Cell) {
    match range {
        None => *range = Some((cell.clone(), cell)),
        Some((min, max)) => {
            let value = cell.as_double();
            if spark_order(value, min.as_double()).is_lt() {
                *min = cell;
            } else if spark_order(value, max.as_double()).is_gt() {
                *max = cell;
            }
        }
    }
}

fn widen_texts(range: &mut Option<(Vec<u8>, Vec<u8>)>, text: &[u8]) {
    let replace = |old: &mut Vec<u8>| {
        old.clear();
        old.extend_from_slice(text);
    };
    match range {
        None => *range = Some((text.to_vec(), text.to_vec())),
        Some((min, _)) if text < &min[..] => replace(min),
        Some((_, max)) if text > &max[..] => replace(max),
        Some(_) => {}
    }
}

/// The order Spark gives doubles: `NaN` equals itself and is above all others.
pub(super) fn spark_order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Mean and deviation of numbers that come one by one, by the formulas of Spark's aggregates.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: f64,
    sum: f64,
    /// The mean so far as the deviation needs it, and the sum of the squared distances from it.
    running_mean: f64,
    squares: f64,
}

impl Moments {
    #[inline]
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        let distance = value - self.running_mean;
        let step = distance / self.count;
        self.running_mean += step;
        self.squares += distance * (distance - step);
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }

    fn stddev(&self) -> Option<f64> {
        (self.count > 1.0).then(|| (self.squares / (self.count - 1.0)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f64]) -> (Option<f64>, Option<f64>) {
        let mut moments = Moments::default();
        values.iter().for_each(|value| moments.add(*value));
        (moments.mean(), moments.stddev())
    }

    #[test]
    fn the_deviation_is_that_of_a_sample_and_null_below_two_values() {
        assert_eq!(moments(&[]), (None, None));
        assert_eq!(moments(&[3.0]), (Some(3.0), None));
        assert_eq!(moments(&[2.0, 4.0, 4.0, 4.0, 6.0]), (Some(4.0), Some(2.0_f64.sqrt())));
        let (mean, stddev) = moments(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0]);
        assert_eq!((mean, stddev), (Some(1e9 + 2.0), Some(1.0)), "large offsets cost no digits");
    }

    #[test]
    fn nan_is_the_largest_number_and_infinity_comes_next() {
        let mut range = None;
        for value in [1.5, f64::NAN, -2.0, f64::INFINITY] {
            widen_numbers(&mut range, Cell::Double(value));
        }
        let Some((Cell::Double(min), Cell::Double(max))) = range else { panic!("doubles") };
        assert!(min == -2.0 && max.is_nan(), "{min} {max}");
        let mut range = Some((Cell::Double(f64::NAN), Cell::Double(f64::NAN)));
        widen_numbers(&mut range, Cell::Double(7.0));
        assert_eq!(range.map(|(min, _)| min), Some(Cell::Double(7.0)));
    }
}
