//! What is computed over the rows of each group: per block of rows one loop an aggregate.
//!
//! Each accumulator has some words of 64 bits in every group. Words of zeros are a group without rows.

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray};

use super::extreme::{Extreme, Texts};
use super::{Group, WORDS};
use crate::contract::{ColumnType, DECIMAL_PRECISION_MAX, GroupTable, GroupValue};
use crate::expr::{AggregateCall, AggregateFunction, Columns, Expr};
use crate::rows::Arrays;

/// The accumulators of a table.
#[derive(Debug)]
pub(super) struct Accumulators {
    list: Vec<Accumulator>,
    /// For each column of the table that is an aggregate, which of them it is made from.
    of_columns: Vec<Option<usize>>,
    /// Words of a group.
    words: usize,
    /// The words of all groups, where they do not fit in with the names.
    apart: Vec<u64>,
    /// The least and greatest texts so far.
    texts: Texts,
}

/// One accumulator.
#[derive(Clone, Debug, PartialEq)]
struct Accumulator {
    kind: Kind,
    /// What it takes in; `None`: rows.
    argument: Option<Expr>,
    /// Column of the table whose argument it is, to find one that is an expression by.
    column: usize,
    /// Its first word in a group.
    place: usize,
}

/// What an accumulator keeps. All but the counts have their number of values in the last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// How many rows, or how many with a value.
    Count,
    /// A sum of whole numbers of 32 bits.
    SumInt,
    /// A sum of whole numbers of 64 bits.
    SumBigInt,
    /// The same as doubles.
    SumBigIntAsDouble,
    /// A sum of doubles.
    SumDouble,
    /// An exact sum, in two words.
    SumDecimal,
    /// The least or greatest value.
    Extreme { is_greatest: bool },
}

/// Set in the count of a decimal sum that no longer fits.
pub(super) const OVERFLOW: u64 = 1 << 63;

/// A decimal sum has fewer digits than this, on the way to it as well, as in Spark.
const SUM_LIMIT: u128 = 10_u128.pow(DECIMAL_PRECISION_MAX as u32);

impl Accumulators {
    pub(super) fn of(table: &GroupTable) -> Self {
        let mut list: Vec<Accumulator> = Vec::new();
        let mut words = 0;
        let of_columns = (0..)
            .zip(&table.columns)
            .map(|(column, of_table)| {
                let GroupValue::Aggregate(call) = &of_table.value else { return None };
                let kind = kind(call);
                let known = list.iter().position(|known| known.kind == kind && known.argument == call.argument);
                Some(known.unwrap_or_else(|| {
                    list.push(Accumulator { kind, argument: call.argument.clone(), column, place: words });
                    words += words_of(kind, call.argument.as_ref());
                    list.len() - 1
                }))
            })
            .collect();
        Self { list, of_columns, words, apart: Vec::new(), texts: Texts::default() }
    }

    /// Makes room for another group.
    pub(super) fn push(&mut self) {
        if self.words > WORDS {
            self.apart.resize(self.apart.len() + self.words, 0);
        }
    }

    /// What each accumulator takes in of a chunk.
    pub(super) fn arguments(&self, arrays: &Arrays, table: usize) -> Vec<Option<ArrayRef>> {
        let argument = |accumulator: &Accumulator| {
            let argument = accumulator.argument.as_ref()?;
            Some(match argument.as_column() {
                Some(source) => arrays.array(source),
                None => arrays.argument(table, accumulator.column).expect("it was computed with the chunk").clone(),
            })
        };
        self.list.iter().map(argument).collect()
    }

    /// Adds rows, each to the group it is `at`.
    pub(super) fn add(&mut self, groups: &mut [Group], at: &[u32], rows: &[u32], arguments: &[Option<ArrayRef>]) {
        let Self { list, words, apart, texts, .. } = self;
        let mut words = Words { groups, apart, stride: *words };
        for (accumulator, argument) in list.iter().zip(arguments) {
            let place = accumulator.place;
            let Some(argument) = argument else {
                at.iter().for_each(|&at| words.of(at)[place] += 1);
                continue;
            };
            match accumulator.kind {
                Kind::Count => {
                    for (&at, &row) in at.iter().zip(rows) {
                        words.of(at)[place] += u64::from(argument.is_valid(row as usize));
                    }
                }
                Kind::SumInt => {
                    sum_int::<Int32Type>(&mut words, place, at, rows, argument.as_primitive(), i64::from);
                }
                Kind::SumBigInt => {
                    sum_int::<Int64Type>(&mut words, place, at, rows, argument.as_primitive(), |value| value);
                }
                Kind::SumBigIntAsDouble => {
                    let to_f64 = |value| value as f64;
                    sum_double::<Int64Type>(&mut words, place, at, rows, argument.as_primitive(), to_f64);
                }
                Kind::SumDouble => {
                    sum_double::<Float64Type>(&mut words, place, at, rows, argument.as_primitive(), |value| value);
                }
                Kind::SumDecimal => {
                    each::<Decimal128Type>(at, rows, argument.as_primitive(), |at, value| {
                        add_decimal(&mut words.of(at)[place..], value)
                    });
                }
                Kind::Extreme { is_greatest } => {
                    let data_type = accumulator.argument.as_ref().map_or(ColumnType::Int, Expr::data_type);
                    let mut extreme = Extreme { words: &mut words, place, is_greatest, at, rows };
                    extreme.take(data_type, argument, texts);
                }
            }
        }
    }

    /// What a column of the table is made from: what is kept, and its first word in each group. A key is made from none.
    pub(super) fn of_column(&self, column: usize) -> Option<(Kind, usize)> {
        self.of_columns[column].map(|number| (self.list[number].kind, self.list[number].place))
    }

    /// The words of a group from this place on.
    #[inline]
    pub(super) fn words<'g>(&'g self, groups: &'g [Group], group: u32, place: usize) -> &'g [u64] {
        if self.words > WORDS {
            let start = group as usize * self.words;
            &self.apart[start + place..start + self.words]
        } else {
            &groups[group as usize].words[place..]
        }
    }

    /// The text that the words of an extreme text stand for.
    pub(super) fn text(&self, word: u64) -> &[u8] {
        self.texts.get(word)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.apart.capacity() * size_of::<u64>() + self.texts.memory_bytes()
    }
}

fn kind(call: &AggregateCall) -> Kind {
    let argument = call.argument.as_ref().map(Expr::data_type);
    match (call.function, argument) {
        (AggregateFunction::Count, _) => Kind::Count,
        (AggregateFunction::Min, _) => Kind::Extreme { is_greatest: false },
        (AggregateFunction::Max, _) => Kind::Extreme { is_greatest: true },
        (AggregateFunction::Sum | AggregateFunction::Avg, Some(ColumnType::Int)) => Kind::SumInt,
        (AggregateFunction::Sum, Some(ColumnType::BigInt)) => Kind::SumBigInt,
        // The sum could overflow, and Spark averages doubles.
        (AggregateFunction::Avg, Some(ColumnType::BigInt)) => Kind::SumBigIntAsDouble,
        (AggregateFunction::Sum | AggregateFunction::Avg, Some(ColumnType::Double)) => Kind::SumDouble,
        (AggregateFunction::Sum | AggregateFunction::Avg, Some(ColumnType::Decimal { .. })) => Kind::SumDecimal,
        // No contract has sums of these.
        (
            AggregateFunction::Sum | AggregateFunction::Avg,
            None | Some(ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp),
        ) => Kind::Count,
    }
}

fn words_of(kind: Kind, argument: Option<&Expr>) -> usize {
    let is_wide = argument.is_some_and(|argument| matches!(argument.data_type(), ColumnType::Decimal { .. }));
    match kind {
        Kind::Count => 1,
        Kind::SumInt | Kind::SumBigInt | Kind::SumBigIntAsDouble | Kind::SumDouble => 2,
        Kind::SumDecimal => 3,
        Kind::Extreme { .. } => 2 + usize::from(is_wide),
    }
}

/// The words of all groups.
pub(super) struct Words<'g> {
    groups: &'g mut [Group],
    apart: &'g mut [u64],
    stride: usize,
}

impl Words<'_> {
    #[inline]
    pub(super) fn of(&mut self, group: u32) -> &mut [u64] {
        if self.stride > WORDS {
            let start = group as usize * self.stride;
            &mut self.apart[start..start + self.stride]
        } else {
            &mut self.groups[group as usize].words
        }
    }
}

/// Calls `f` with the group and the value of each row that has one.
#[inline]
pub(super) fn each<T: ArrowPrimitiveType>(
    at: &[u32],
    rows: &[u32],
    values: &PrimitiveArray<T>,
    mut f: impl FnMut(u32, T::Native),
) {
    let all = at.iter().zip(rows);
    match values.nulls() {
        None => all.for_each(|(&at, &row)| f(at, values.values()[row as usize])),
        Some(nulls) => {
            for (&at, &row) in all.filter(|(_, row)| nulls.is_valid(**row as usize)) {
                f(at, values.values()[row as usize]);
            }
        }
    }
}

#[inline]
fn sum_int<T: ArrowPrimitiveType>(
    words: &mut Words<'_>,
    place: usize,
    at: &[u32],
    rows: &[u32],
    values: &PrimitiveArray<T>,
    to_i64: impl Fn(T::Native) -> i64,
) {
    each(at, rows, values, |at, value| {
        let words = &mut words.of(at)[place..place + 2];
        // Beyond 64 bits it begins at the other end, as in Spark.
        words[0] = (words[0] as i64).wrapping_add(to_i64(value)) as u64;
        words[1] += 1;
    });
}

#[inline]
fn sum_double<T: ArrowPrimitiveType>(
    words: &mut Words<'_>,
    place: usize,
    at: &[u32],
    rows: &[u32],
    values: &PrimitiveArray<T>,
    to_f64: impl Fn(T::Native) -> f64,
) {
    each(at, rows, values, |at, value| {
        let words = &mut words.of(at)[place..place + 2];
        // From a positive zero on, as in Spark: a negative zero alone sums to a positive one.
        words[0] = (f64::from_bits(words[0]) + to_f64(value)).to_bits();
        words[1] += 1;
    });
}

fn add_decimal(words: &mut [u64], value: i128) {
    match wide(words).checked_add(value) {
        Some(sum) if sum.unsigned_abs() < SUM_LIMIT => set_wide(words, sum),
        Some(_) | None => words[2] |= OVERFLOW,
    }
    words[2] += 1;
}

/// The number in two words.
pub(super) fn wide(words: &[u64]) -> i128 {
    (u128::from(words[0]) | u128::from(words[1]) << 64) as i128
}

pub(super) fn set_wide(words: &mut [u64], value: i128) {
    (words[0], words[1]) = (value as u64, (value >> 64) as u64);
}
