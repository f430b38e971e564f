//! Names of columns, tables, filters and parameters: what each may hold, and that no two are the same.

use std::collections::HashMap;

use super::super::mistake::{Mistakes, shown};
use super::super::written::Text;
use crate::read::header::names;
use crate::read::header::names::PARTITION;

/// Parts of the output keys that are no tables of a contract.
const KEPT_TABLES: [&str; 6] = ["rejected", "runs", "state", "reports", "quality", "runs_table"];

/// The names of one table's columns so far.
#[derive(Debug, Default)]
pub(super) struct ColumnNames(HashMap<String, usize>);

impl ColumnNames {
    /// Takes a column's name, and tells what is wrong with it; whether it can be used.
    pub(super) fn add(&mut self, name: Text<'_>, mistakes: &mut Mistakes) -> bool {
        if let Some(problem) = names::unfit(name.text) {
            mistakes.add(name.place, format!("the column {} {problem}", shown(name.text)));
            return false;
        }
        let folded = name.text.to_lowercase();
        if folded == PARTITION {
            let message =
                format!("a column cannot be called `{PARTITION}`, which is the name of the outputs' partition");
            mistakes.add(name.place, message);
            return false;
        }
        if let Some(first) = self.0.get(&folded) {
            let message = format!(
                "a column {} is in line {first}, too; Athena and Spark take names that differ only in case for one",
                shown(name.text)
            );
            mistakes.add(name.place, message);
            return false;
        }
        self.0.insert(folded, name.place.line);
        true
    }
}

/// The names of tables, filters or parameters so far, and the lines they are in.
#[derive(Debug)]
pub(super) struct PlainNames {
    /// What they are names of, with the article.
    what: &'static str,
    lines: HashMap<String, usize>,
}

impl PlainNames {
    pub(super) fn of(what: &'static str) -> Self {
        Self { what, lines: HashMap::new() }
    }

    /// Takes a name; whether it can be used.
    pub(super) fn add(&mut self, name: Text<'_>, mistakes: &mut Mistakes) -> bool {
        let what = self.what;
        if !is_plain(name.text) {
            let shown = shown(name.text);
            let message = format!(
                "{what} cannot be called {shown}; a small letter is expected, then small letters, digits and _"
            );
            mistakes.add(name.place, message);
            return false;
        }
        if let Some(first) = self.lines.get(name.text) {
            mistakes.add(name.place, format!("{what} {} is in line {first}, too", shown(name.text)));
            return false;
        }
        self.lines.insert(name.text.to_owned(), name.place.line);
        true
    }
}

/// Tells a table's name that is something else's in the outputs' keys.
pub(super) fn check_table(name: Text<'_>, mistakes: &mut Mistakes) {
    if KEPT_TABLES.contains(&name.text) {
        let message =
            format!("a table cannot be called `{}`, because the program keeps its own things there", name.text);
        mistakes.add(name.place, message);
    }
}

fn is_plain(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= names::NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(is_inner)
}
