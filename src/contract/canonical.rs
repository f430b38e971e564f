//! A contract as text that is the same exactly when what it says is: without what is for people alone.

use std::fmt::Write;

use super::{CellForm, Column, Contract, GroupColumn, GroupTable, GroupValue};

use crate::expr::Source;

impl Contract {
    /// The text. Two contracts with the same one give the same outputs of the same inputs.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.canonical_lines() {
            // Writing into a string does not fail.
            let _ = writeln!(text, "{name}: {value}");
        }
        text
    }

    /// Its lines: what each is about, and what is said of it.
    pub fn canonical_lines(&self) -> Vec<(String, String)> {
        let Self { id: _, name: _, version: _, input, records, extra_columns, parameters: _, rows, groups } = self;
        // How many days are read is a setting, too, and stands beside this.
        let super::InputFormat { objects, dialect, encoding, header_line, comment, window_days: _ } = input;
        let mut lines = vec![
            ("input objects".to_owned(), format!("{objects:?}")),
            (
                "input form".to_owned(),
                format!("{dialect:?} {encoding:?} header line {header_line} comment {comment:?}"),
            ),
            ("records".to_owned(), format!("{records:?}")),
            ("extra columns".to_owned(), format!("{extra_columns:?}")),
            ("table of rows".to_owned(), rows.name.clone()),
        ];
        lines.extend(rows.columns.iter().map(|column| (format!("column {}", column.name), column_line(column))));
        for derived in &rows.derived {
            let value = &derived.value;
            lines.push((format!("derived column {}", derived.name), format!("{} = {value}", value.data_type())));
        }
        let key = rows.identity.iter().map(|&column| &rows.columns[column].name[..]);
        lines.push(("key".to_owned(), key.collect::<Vec<_>>().join(", ")));
        lines.push(("duplicates".to_owned(), format!("{:?}", rows.duplicates)));
        lines.extend(rows.filters.iter().map(|filter| (format!("filter {}", filter.name), filter.keep.to_string())));
        lines.push(("figures".to_owned(), format!("{:?}", rows.figures)));
        lines.extend(groups.iter().flat_map(|table| group_lines(table, &rows.columns)));
        lines
    }
}

fn column_line(column: &Column) -> String {
    let Column {
        name: _,
        source_name,
        data_type,
        form: CellForm { formats, decimal },
        nulls,
        is_optional,
        if_missing,
        if_unreadable,
        csv_text,
        classification: _,
        description: _,
    } = column;
    format!(
        "{data_type} of {source_name:?}, formats {formats:?}, decimal {decimal:?}, nulls {nulls:?}, optional {is_optional}, \
         if missing {if_missing:?}, if unreadable {if_unreadable:?}, in CSV {csv_text:?}"
    )
}

fn group_lines(table: &GroupTable, columns: &[Column]) -> Vec<(String, String)> {
    let keys: Vec<&str> = table.keys.iter().map(|&key| &table.columns[key].name[..]).collect();
    let mut lines = vec![(format!("table of groups {}", table.name), format!("key {}", keys.join(", ")))];
    lines.extend(table.columns.iter().map(|column| {
        let GroupColumn { name, value, is_nullable, sql: _, description: _ } = column;
        let value = match value {
            // By its name, wherever it stands.
            GroupValue::Key(key) => match key.as_column() {
                Some(Source::Column(index)) => columns[index].name.clone(),
                Some(Source::WrittenDate(_) | Source::Derived(_)) | None => key.to_string(),
            },
            GroupValue::Aggregate(call) => match &call.argument {
                Some(argument) => format!("{:?} of {argument}", call.function),
                None => format!("{:?} of rows", call.function),
            },
        };
        let line = format!("{} = {value}, nullable {is_nullable}", column.data_type());
        (format!("column {name} of {}", table.name), line)
    }));
    lines
}
