//! Where the records of a run ended: every record in exactly one place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What the names of the counts of filtered rows begin with; the filter's name follows.
const FILTERED_BY: &str = "filtered_by_";

/// Where the records of a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BalanceFields", into = "BalanceFields")]
pub struct Balance {
    /// Records in the inputs.
    pub read: u64,
    /// Rows in the output of rows.
    pub written: u64,
    /// Rows that a filter drops, for each filter.
    pub filtered: Vec<FilteredRows>,
    /// Rows whose key another row has, of which the contract keeps that one.
    pub duplicates: u64,
    /// Records in `rejected.csv`.
    pub rejected: u64,
}

/// Rows that one filter drops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilteredRows {
    /// The filter's name.
    pub filter: String,
    /// How many.
    pub rows: u64,
}

/// The same as it is written: `filtered_by_<name>` beside the others.
#[derive(Serialize, Deserialize)]
struct BalanceFields {
    read: u64,
    written: u64,
    duplicates: u64,
    rejected: u64,
    #[serde(flatten)]
    filtered: BTreeMap<String, u64>,
}

impl From<BalanceFields> for Balance {
    fn from(fields: BalanceFields) -> Self {
        let BalanceFields { read, written, duplicates, rejected, filtered } = fields;
        let filter = |(name, rows): (String, u64)| {
            Some(FilteredRows { filter: name.strip_prefix(FILTERED_BY)?.to_owned(), rows })
        };
        Self { read, written, filtered: filtered.into_iter().filter_map(filter).collect(), duplicates, rejected }
    }
}

impl From<Balance> for BalanceFields {
    fn from(balance: Balance) -> Self {
        let Balance { read, written, filtered, duplicates, rejected } = balance;
        let filtered = filtered.into_iter().map(|by| (format!("{FILTERED_BY}{}", by.filter), by.rows)).collect();
        Self { read, written, duplicates, rejected, filtered }
    }
}

impl Balance {
    /// Nothing yet, with these filters.
    pub fn of_filters<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let filtered = names.map(|name| FilteredRows { filter: name.to_owned(), rows: 0 }).collect();
        Self { filtered, ..Self::default() }
    }

    /// Adds another balance, place by place.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.written += other.written;
        for (sum, more) in self.filtered.iter_mut().zip(&other.filtered) {
            sum.rows += more.rows;
        }
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
    }

    /// Rows that the filters drop.
    pub fn filtered_rows(&self) -> u64 {
        self.filtered.iter().map(|by| by.rows).sum()
    }

    /// Invariant BALANCE: every record read ends in exactly one place.
    pub fn check(&self) -> Result<()> {
        let placed = self.written + self.filtered_rows() + self.duplicates + self.rejected;
        if placed == self.read {
            return Ok(());
        }
        Err(Error::internal(format!("{} records were read, but {placed} are accounted for", self.read)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_has_a_name_of_its_own_in_the_record() {
        let mut balance = Balance::of_filters(["duration", "date"].into_iter());
        (balance.read, balance.filtered[1].rows) = (3, 2);
        let json = serde_json::to_string(&balance).expect("JSON");
        assert_eq!(
            json,
            r#"{"read":3,"written":0,"duplicates":0,"rejected":0,"filtered_by_date":2,"filtered_by_duration":0}"#
        );
        let read: Balance = serde_json::from_str(&json).expect("a balance");
        assert_eq!(read.filtered_rows(), 2);
        assert!(balance.check().is_err(), "one row is nowhere");
    }
}
