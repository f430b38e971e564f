//! The objects a run publishes, their keys, and the order in which they become visible.

use crate::contract::Contract;
use crate::sinks::format::Format;
use crate::trigger::window::BatchDate;

/// One object of a published day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Which table it holds.
    pub table: Table,
    /// The table's name.
    pub name: String,
    /// In which format; `None`: the rejected records have one of their own.
    pub format: Option<&'static Format>,
}

/// A table that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The rows that stay.
    Rows,
    /// The table of groups with this number in the contract.
    Groups(usize),
    /// The rejected records.
    Rejected,
}

impl Output {
    /// What a contract publishes in these formats, in the order of publication. The manifest follows them.
    pub fn of(contract: &Contract, formats: &[&'static Format]) -> Vec<Self> {
        let mut outputs = Vec::new();
        for &format in formats {
            let of_table = |table, name: &str| Self { table, name: name.to_owned(), format: Some(format) };
            outputs.push(of_table(Table::Rows, &contract.rows.name));
            let groups = contract.groups.iter().enumerate();
            outputs.extend(groups.map(|(number, groups)| of_table(Table::Groups(number), &groups.name)));
        }
        outputs.push(Self { table: Table::Rejected, name: "rejected".to_owned(), format: None });
        outputs
    }

    /// Its key below the lake's root.
    pub fn key(&self, output_prefix: &str, run_date: BatchDate) -> String {
        let name = &self.name;
        match self.format {
            Some(Format { name: folder, extension, .. }) => {
                format!("{output_prefix}{name}/{folder}/run_date={run_date}/{name}.{extension}")
            }
            None => format!("{output_prefix}{name}/run_date={run_date}/{name}.csv"),
        }
    }

    /// Its media type.
    pub fn content_type(&self) -> &'static str {
        self.format.map_or("text/csv", |format| format.content_type)
    }
}

/// The key of what is noted of a run that failed for good.
pub fn failed_key(output_prefix: &str, run_date: BatchDate) -> String {
    format!("{output_prefix}state/run_date={run_date}/failed.json")
}

/// The key of what hands a day over to a larger machine.
pub fn hand_over_key(output_prefix: &str, run_date: BatchDate) -> String {
    format!("{output_prefix}state/run_date={run_date}/hand_over.json")
}

/// The key of a run's manifest below the lake's root.
pub fn manifest_key(output_prefix: &str, run_date: BatchDate) -> String {
    format!("{output_prefix}runs/run_date={run_date}/manifest.json")
}
