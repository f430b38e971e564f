//! The groups in the order of their keys, as the outputs show them.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, PrimitiveArray, RecordBatch};
use arrow_row::RowConverter;
use arrow_schema::SchemaRef;
use rayon::slice::ParallelSliceMut;

use super::accumulate::{Kind, OVERFLOW, wide};
use super::{Groups, KeyForm, converter};
use crate::contract::{ColumnType, GroupColumn, GroupTable, GroupValue};
use crate::error::{Error, Result};
use crate::expr::{AggregateCall, AggregateFunction, Expr};
use crate::schema::group_schema;

/// The groups of a table in the order of their keys: nulls first, texts by their UTF-8 bytes.
pub struct OrderedGroups<'g> {
    table: &'g GroupTable,
    partitions: &'g [Groups],
    order: Vec<Ordered<'g>>,
    schema: SchemaRef,
    converter: RowConverter,
}

/// A group: its name, `None` if that is null, and where it is.
#[derive(Clone, Copy)]
pub(super) struct Ordered<'g> {
    name: Option<&'g [u8]>,
    partition: u32,
    index: u32,
}

impl<'g> OrderedGroups<'g> {
    /// The groups of a table, which are in these partitions.
    pub fn new(table: &'g GroupTable, partitions: &'g [Groups]) -> Self {
        let mut order = Vec::with_capacity(partitions.iter().map(Groups::len).sum());
        for (partition, groups) in (0..).zip(partitions) {
            order.extend((0..groups.len() as u32).map(|index| Ordered { name: groups.name(index), partition, index }));
        }
        order.par_sort_unstable_by_key(|group| group.name);
        Self { table, partitions, order, schema: group_schema(table), converter: converter(table) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The schema of the table.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The types of its columns.
    pub fn data_types(&self) -> impl Iterator<Item = ColumnType> {
        self.table.columns.iter().map(GroupColumn::data_type)
    }

    /// The first of `groups`, at least one, up to `groups_max` whose names have up to `bytes_max` bytes.
    pub fn fitting(&self, groups: Range<usize>, groups_max: usize, bytes_max: usize) -> Range<usize> {
        let mut bytes = 0;
        let fits = |group: &&Ordered<'_>| {
            let before = bytes;
            bytes += group.name.map_or(0, <[u8]>::len);
            before < bytes_max
        };
        let count = self.order[groups.clone()].iter().take(groups_max).take_while(fits).count();
        groups.start..groups.start + count
    }

    /// These groups as rows of the table.
    pub fn batch(&self, groups: Range<usize>) -> Result<RecordBatch> {
        let mut keys = self.keys(&self.order[groups.clone()])?;
        let table = self.table;
        let columns = table.columns.iter().enumerate().map(|(index, column)| match &column.value {
            GroupValue::Key(_) => {
                let place = table.keys.iter().position(|&key| key == index);
                let key = place.and_then(|place| keys.get_mut(place)).and_then(Option::take);
                key.ok_or_else(|| Error::internal("a key of a table of groups has no place"))
            }
            GroupValue::Aggregate(call) => Ok(self.aggregate(index, call, column, &self.order[groups.clone()])),
        });
        let columns = columns.collect::<Result<Vec<ArrayRef>>>()?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| Error::internal("the groups do not fit their schema").caused_by(error))
    }

    fn keys(&self, groups: &[Ordered<'_>]) -> Result<Vec<Option<ArrayRef>>> {
        if let KeyForm::Text(_) = KeyForm::of(self.table) {
            let mut names = StringBuilder::new();
            for group in groups {
                let text = |name| simdutf8::basic::from_utf8(name).map_err(|_| Error::internal("a name is no UTF-8"));
                names.append_option(group.name.map(text).transpose()?);
            }
            return Ok(vec![Some(Arc::new(names.finish()))]);
        }
        let parser = self.converter.parser();
        let rows = groups.iter().map(|group| parser.parse(group.name.unwrap_or_default()));
        let keys = self.converter.convert_rows(rows);
        let keys = keys.map_err(|error| Error::internal("keys cannot be decoded").caused_by(error))?;
        Ok(keys.into_iter().map(Some).collect())
    }

    fn aggregate(&self, index: usize, call: &AggregateCall, column: &GroupColumn, groups: &[Ordered<'_>]) -> ArrayRef {
        let of_column = self.partitions.first().and_then(|groups| groups.accumulators.of_column(index));
        // A column of the table without one is a key.
        let (kind, place) = of_column.unwrap_or((Kind::Count, 0));
        let of_group = |group: &Ordered<'_>| {
            let groups = &self.partitions[group.partition as usize];
            (groups, groups.accumulators.words(&groups.groups, group.index, place))
        };
        let words = groups.iter().map(|group| of_group(group).1);
        match column.data_type() {
            ColumnType::Int => numbers::<Int32Type>(words, |words| (words[1] > 0).then_some(words[0] as i32)),
            ColumnType::Date => numbers::<Date32Type>(words, |words| (words[1] > 0).then_some(words[0] as i32)),
            ColumnType::BigInt => numbers::<Int64Type>(words, |words| match kind {
                Kind::Count => Some(words[0] as i64),
                Kind::SumInt
                | Kind::SumBigInt
                | Kind::SumBigIntAsDouble
                | Kind::SumDouble
                | Kind::SumDecimal
                | Kind::Extreme { .. } => (words[1] > 0).then_some(words[0] as i64),
            }),
            ColumnType::Timestamp => {
                numbers::<TimestampMicrosecondType>(words, |words| (words[1] > 0).then_some(words[0] as i64))
            }
            ColumnType::Double => {
                let is_average = call.function == AggregateFunction::Avg;
                numbers::<Float64Type>(words, |words| {
                    let sum = match kind {
                        Kind::SumInt | Kind::SumBigInt => words[0] as i64 as f64,
                        Kind::Count
                        | Kind::SumBigIntAsDouble
                        | Kind::SumDouble
                        | Kind::SumDecimal
                        | Kind::Extreme { .. } => f64::from_bits(words[0]),
                    };
                    let value = if is_average { sum / words[1] as f64 } else { sum };
                    (words[1] > 0).then_some(value)
                })
            }
            ColumnType::Decimal { precision, scale } => {
                let of_argument = call.argument.as_ref().map(Expr::data_type);
                let scale_of_argument = match of_argument {
                    Some(ColumnType::Decimal { scale, .. }) => scale,
                    Some(
                        ColumnType::String
                        | ColumnType::Int
                        | ColumnType::BigInt
                        | ColumnType::Double
                        | ColumnType::Boolean
                        | ColumnType::Date
                        | ColumnType::Timestamp,
                    )
                    | None => 0,
                };
                let more_digits = u32::from(scale.saturating_sub(scale_of_argument));
                let is_average = call.function == AggregateFunction::Avg;
                let values = words.map(|words| {
                    let (sum, count) = (wide(words), words[2]);
                    if count == 0 || count & OVERFLOW != 0 {
                        return None;
                    }
                    let value = if is_average { average(sum, count, more_digits)? } else { sum };
                    (value.unsigned_abs() < 10_u128.pow(u32::from(precision))).then_some(value)
                });
                let mut builder = PrimitiveBuilder::<Decimal128Type>::new();
                values.for_each(|value| builder.append_option(value));
                Arc::new(builder.finish().with_data_type(column.data_type().arrow()))
            }
            ColumnType::Boolean => {
                let mut builder = BooleanBuilder::new();
                words.for_each(|words| builder.append_option((words[1] > 0).then_some(words[0] != 0)));
                Arc::new(builder.finish())
            }
            ColumnType::String => {
                let mut builder = StringBuilder::new();
                for (groups, words) in groups.iter().map(of_group) {
                    let text = (words[1] > 0).then(|| groups.accumulators.text(words[0]));
                    builder.append_option(text.map(String::from_utf8_lossy));
                }
                Arc::new(builder.finish())
            }
        }
    }
}

fn numbers<'w, T: ArrowPrimitiveType>(
    words: impl Iterator<Item = &'w [u64]>,
    value: impl Fn(&[u64]) -> Option<T::Native>,
) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::from_iter(words.map(value)))
}

/// The average with so many more digits after the point, rounded half up; `None`: it does not fit.
fn average(sum: i128, count: u64, more_digits: u32) -> Option<i128> {
    let (count, power) = (i128::from(count), 10_i128.checked_pow(more_digits)?);
    // Divided before it gets more digits, a sum of almost all digits there are has room for them.
    let (whole, rest) = (sum / count, sum % count);
    let scaled = rest.checked_mul(power)?;
    let (quotient, rest) = (scaled / count, scaled % count);
    let away_from_zero = if 2 * rest.abs() >= count { sum.signum() } else { 0 };
    whole.checked_mul(power)?.checked_add(quotient + away_from_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_is_rounded_half_up_and_has_room_whatever_the_sum() {
        let large = 99_999_999_999_999_999_999_999_999_999_999_999_999;
        let cases = [
            (10, 4, 2, Some(250)),
            (-10, 4, 0, Some(-3)),
            (1, 3, 4, Some(3333)),
            (-2, 3, 4, Some(-6667)),
            (large, 1, 0, Some(large)),
            (large, 99_999, 4, Some(10_000_100_001_000_010_000_100_001_000_010_000_100)),
            (large, 2, 4, None),
        ];
        for (sum, count, more_digits, expected) in cases {
            assert_eq!(average(sum, count, more_digits), expected, "{sum} of {count}");
        }
    }
}
