//! The least and greatest values of each group.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};

use super::accumulate::{Words, each, set_wide, wide};
use crate::contract::ColumnType;

/// Texts that words of groups point to.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: Vec<Box<[u8]>>,
    bytes: usize,
}

impl Texts {
    /// The text of a number.
    pub(super) fn get(&self, number: u64) -> &[u8] {
        &self.texts[number as usize]
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.texts.capacity() * size_of::<Box<[u8]>>() + self.bytes
    }
}

/// The least or greatest values of some rows.
pub(super) struct Extreme<'w, 'g> {
    pub(super) words: &'w mut Words<'g>,
    pub(super) place: usize,
    pub(super) is_greatest: bool,
    pub(super) at: &'w [u32],
    pub(super) rows: &'w [u32],
}

impl Extreme<'_, '_> {
    pub(super) fn take(&mut self, data_type: ColumnType, values: &ArrayRef, texts: &mut Texts) {
        match data_type {
            ColumnType::Int => {
                self.numbers::<Int32Type>(values.as_primitive(), |value| i64::from(value) as u64, |word| word as i32)
            }
            ColumnType::Date => {
                self.numbers::<Date32Type>(values.as_primitive(), |value| i64::from(value) as u64, |word| word as i32)
            }
            ColumnType::BigInt => {
                self.numbers::<Int64Type>(values.as_primitive(), |value| value as u64, |word| word as i64)
            }
            ColumnType::Timestamp => {
                self.numbers::<TimestampMicrosecondType>(
                    values.as_primitive(),
                    |value| value as u64,
                    |word| word as i64,
                );
            }
            ColumnType::Double => self.doubles(values.as_primitive()),
            ColumnType::Decimal { .. } => self.decimals(values.as_primitive()),
            ColumnType::Boolean => self.booleans(values.as_boolean()),
            ColumnType::String => self.texts(values.as_string(), texts),
        }
    }

    fn wins(is_greatest: bool, order: Ordering) -> bool {
        order == if is_greatest { Ordering::Greater } else { Ordering::Less }
    }

    fn numbers<T: ArrowPrimitiveType>(
        &mut self,
        values: &PrimitiveArray<T>,
        to_word: impl Fn(T::Native) -> u64,
        of_word: impl Fn(u64) -> T::Native,
    ) where
        T::Native: Ord,
    {
        let Self { words, place, is_greatest, at, rows } = self;
        each(at, rows, values, |at, value| {
            let words = &mut words.of(at)[*place..];
            if words[1] == 0 || Self::wins(*is_greatest, value.cmp(&of_word(words[0]))) {
                words[0] = to_word(value);
            }
            words[1] += 1;
        });
    }

    /// NaN is above all others and equal to itself, as in Spark.
    fn doubles(&mut self, values: &PrimitiveArray<Float64Type>) {
        let Self { words, place, is_greatest, at, rows } = self;
        each(at, rows, values, |at, value| {
            let words = &mut words.of(at)[*place..];
            let so_far = f64::from_bits(words[0]);
            let order = value.partial_cmp(&so_far).unwrap_or_else(|| value.is_nan().cmp(&so_far.is_nan()));
            if words[1] == 0 || Self::wins(*is_greatest, order) {
                words[0] = value.to_bits();
            }
            words[1] += 1;
        });
    }

    fn decimals(&mut self, values: &PrimitiveArray<Decimal128Type>) {
        let Self { words, place, is_greatest, at, rows } = self;
        each(at, rows, values, |at, value| {
            let words = &mut words.of(at)[*place..];
            if words[2] == 0 || Self::wins(*is_greatest, value.cmp(&wide(words))) {
                set_wide(words, value);
            }
            words[2] += 1;
        });
    }

    fn booleans(&mut self, values: &BooleanArray) {
        for (&at, &row) in self.at.iter().zip(self.rows).filter(|(_, row)| values.is_valid(**row as usize)) {
            let value = u64::from(values.value(row as usize));
            let words = &mut self.words.of(at)[self.place..];
            if words[1] == 0 || Self::wins(self.is_greatest, value.cmp(&words[0])) {
                words[0] = value;
            }
            words[1] += 1;
        }
    }

    fn texts(&mut self, values: &StringArray, texts: &mut Texts) {
        for (&at, &row) in self.at.iter().zip(self.rows).filter(|(_, row)| values.is_valid(**row as usize)) {
            let value = values.value(row as usize).as_bytes();
            let words = &mut self.words.of(at)[self.place..];
            if words[1] == 0 {
                words[0] = texts.texts.len() as u64;
                texts.bytes += value.len();
                texts.texts.push(value.into());
            } else if Self::wins(self.is_greatest, value.cmp(&texts.texts[words[0] as usize])) {
                let text = &mut texts.texts[words[0] as usize];
                texts.bytes = texts.bytes - text.len() + value.len();
                *text = value.into();
            }
            words[1] += 1;
        }
    }
}
