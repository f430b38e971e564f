//! What the headers of a feed's files must be like.

use std::sync::Arc;

use super::{Column, Contract};
use crate::read::header::{HeaderRules, KnownName};

impl Contract {
    /// What a header must be like, which may have so many columns.
    pub fn header_rules(&self, columns_max: usize) -> HeaderRules {
        let columns = &self.rows.columns;
        let is_in_files = |name: &str| columns.iter().any(|column| column.source_name == name);
        let known = |column: &Column| KnownName { name: column.source_name.clone(), is_required: !column.is_optional };
        HeaderRules {
            columns_max,
            header_line: self.input.header_line,
            comment: self.input.comment.as_deref().filter(|comment| !comment.is_empty()).map(Arc::from),
            dialect: self.input.dialect,
            encoding: self.input.encoding,
            known: columns.iter().map(known).collect(),
            derived: self.rows.derived.iter().map(|derived| derived.name.clone()).collect(),
            renamed: columns.iter().map(|column| &column.name).filter(|name| !is_in_files(name)).cloned().collect(),
            extra_columns: self.extra_columns,
        }
    }
}

#[cfg(test)]
mod tests;
