//! Which column identifies a row.

use std::collections::HashSet;

use super::super::ColumnType;
use super::layout::Cells;
use super::rename::words;
use super::{Guess, ProposedColumn};

/// Words that names of keys end with.
const KEY_WORDS: [&str; 9] = ["id", "uuid", "guid", "key", "number", "no", "nr", "code", "num"];

/// The first column with a key's name whose cells are all there and all different, or else the first of any name.
pub(super) fn key(columns: &[ProposedColumn], table: &[Cells]) -> Guess<Option<usize>> {
    let can_be = |index: &usize| {
        let (column, cells) = (&columns[*index], &table[*index].cells);
        let mut seen = HashSet::new();
        let is_exact = match column.form.value.data_type {
            ColumnType::String | ColumnType::Int | ColumnType::BigInt => true,
            ColumnType::Double
            | ColumnType::Decimal { .. }
            | ColumnType::Boolean
            | ColumnType::Date
            | ColumnType::Timestamp => false,
        };
        let is_there = |cell: &String| !cell.is_empty() && !column.nulls.contains(&cell.as_str());
        is_exact && !cells.is_empty() && cells.iter().all(|cell| is_there(cell) && seen.insert(cell))
    };
    let is_named =
        |index: &usize| words(&table[*index].name).last().is_some_and(|last| KEY_WORDS.contains(&last.as_str()));
    let candidates: Vec<usize> = (0..columns.len()).filter(can_be).collect();
    let Some(found) = candidates.iter().find(|index| is_named(index)).or(candidates.first()).copied() else {
        let why = "no column has a value of its own in every record, so no row is a duplicate of another; name the \
                   columns that together identify a row";
        return Guess { value: None, why: why.to_owned() };
    };
    let records = table[found].cells.len();
    let why = match is_named(&found) {
        true => format!("it has the name of a key, and all {records} cells are there and different"),
        false => format!("it is the first column whose {records} cells are all there and different, by chance perhaps"),
    };
    let why = format!(
        "{why}. Check this first: of rows with the same key the first stays, and rows without one are rejected"
    );
    Guess { value: Some(found), why }
}
