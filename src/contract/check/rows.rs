//! The table of rows: columns, derived columns, identity, filters and figures.

use std::collections::{BTreeSet, HashMap};

use super::super::checked::{Column, DateRange, Derived, FigureRules, Filter, KeepDuplicate, RowTable};
use super::super::column_type::ColumnType;
use super::super::mistake::{Mistakes, listed, shown};
use super::super::value::Value;
use super::super::written::{PropertyFile, SchemaFile, Text, nearest, text};
use super::super::yaml::Node;
use super::column::column;
use super::file_text::FileText;
use super::keys;
use super::names::{ColumnNames, PlainNames};
use super::sql::{Names, check_type};
use super::types::{Declared, declared};
use crate::expr::Scope;

const COLUMNS_MAX: usize = 1000;
const FILTERS_MAX: usize = 100;

/// The words that only a column of the files may have.
const OF_FILE_COLUMNS: [&str; 7] = ["fill", "optional", "onUnreadable", "csvText", "formats", "decimal", "nulls"];

/// The table of rows, and the names that expressions over its rows may use.
pub(super) fn rows<'t>(
    file: &'t str,
    schema: &SchemaFile<'_>,
    parameters: impl IntoIterator<Item = (String, Value)>,
    dates: DateRange,
    mistakes: &mut Mistakes,
) -> (RowTable, Names<'t>) {
    let mut checked = Rows {
        names: Names {
            file: FileText::new(file),
            scope: Scope { parameters: parameters.into_iter().collect(), ..Scope::default() },
            by_name: HashMap::new(),
            unknown: BTreeSet::new(),
            later: BTreeSet::new(),
        },
        columns: Vec::new(),
        derived: Vec::new(),
        mistakes,
    };
    checked.check_all(schema, dates);
    let identity = checked.identity(schema);
    let filters = checked.filters(schema);
    let figures = checked.figures(schema);
    let Rows { names, columns, derived, .. } = checked;
    let last = schema.words.get("duplicates").and_then(|duplicates| duplicates.get("keep")).and_then(text);
    let duplicates = match last.map(|keep| keep.text) {
        Some("last") => KeepDuplicate::Last,
        _ => KeepDuplicate::First,
    };
    let name = schema.name.map(|name| name.text.to_owned()).unwrap_or_default();
    (RowTable { name, columns, derived, identity, duplicates, filters, figures }, names)
}

struct Rows<'t, 'm> {
    names: Names<'t>,
    columns: Vec<Column>,
    derived: Vec<Derived>,
    mistakes: &'m mut Mistakes,
}

impl Rows<'_, '_> {
    fn check_all(&mut self, schema: &SchemaFile<'_>, dates: DateRange) {
        let mut column_names = ColumnNames::default();
        let mut source_names = HashMap::new();
        let derived_names = schema.properties.iter().filter(|property| property.transform_logic.is_some());
        self.names.later = derived_names.filter_map(|property| Some(property.name?.text.to_lowercase())).collect();
        let mut first_derived = None;
        if schema.properties.len() > COLUMNS_MAX {
            let message =
                format!("a table has at most {COLUMNS_MAX} columns, and this one has {}", schema.properties.len());
            self.mistakes.add(schema.place, message);
        }
        for property in schema.properties.iter().take(COLUMNS_MAX) {
            let Some(name) = property.name else { continue };
            let is_usable = column_names.add(name, self.mistakes);
            if let Some(sql) = property.transform_logic {
                first_derived = first_derived.or(Some(name.text));
                self.add_derived(property, name, sql);
                continue;
            }
            if let Some(derived) = first_derived {
                let message = format!(
                    "the column {} of the file stands after the derived column {}, but derived columns are published last; \
                     move it before them",
                    shown(name.text),
                    shown(derived)
                );
                self.mistakes.add(property.place, message);
            }
            let source = property.physical_name.unwrap_or(name);
            let first_line = source_names.insert(source.text.to_lowercase(), source.place.line);
            if let Some(line) = first_line.filter(|_| is_usable) {
                let message = format!("the column {} of the file is read in line {line}, too", shown(source.text));
                self.mistakes.add(source.place, message);
            }
            self.add_column(property, name, dates);
        }
        if schema.properties.iter().all(|property| property.transform_logic.is_some()) {
            self.mistakes
                .add(schema.place, "the table of rows has no column of the files: one without `transformLogic`");
        }
    }

    fn add_column(&mut self, property: &PropertyFile<'_>, name: Text<'_>, dates: DateRange) {
        match column(property, name, dates, self.mistakes) {
            Some(column) => {
                self.names.add_column(&column.name, column.data_type);
                self.columns.push(column);
            }
            None => {
                self.names.unknown.insert(name.text.to_lowercase());
            }
        }
    }

    fn add_derived(&mut self, property: &PropertyFile<'_>, name: Text<'_>, sql: Text<'_>) {
        check_is_no_file_column(property, "a derived column", self.mistakes);
        if let Some(required) = property.required.filter(|required| required.value) {
            let message = "a derived column cannot be `required`; require the columns it is derived from";
            self.mistakes.add(required.place, message);
        }
        if let Some(key) = property.primary_key.filter(|key| key.value) {
            self.mistakes
                .add(key.place, "a derived column cannot be a part of the key, which is read before it is derived");
        }
        let declared = declared(property, self.mistakes);
        let value = self.names.expression(sql, self.mistakes);
        let folded = name.text.to_lowercase();
        self.names.later.remove(&folded);
        match (value, declared) {
            (Some(value), declared) => {
                if let Declared::Type(declared) = declared {
                    check_type(declared, value.data_type(), sql, self.mistakes);
                }
                self.names.add_derived(name.text, value.data_type());
                self.derived.push(Derived {
                    name: name.text.to_owned(),
                    value,
                    sql: sql.text.to_owned(),
                    description: property.description.map(|description| description.text.to_owned()),
                });
            }
            (None, _) => {
                self.names.unknown.insert(folded);
            }
        }
    }

    fn identity(&mut self, schema: &SchemaFile<'_>) -> Vec<usize> {
        let columns: Vec<&PropertyFile<'_>> =
            schema.properties.iter().filter(|property| property.transform_logic.is_none()).collect();
        for property in columns.iter().filter(|property| keys::is_key(property)) {
            let optional = property.words.get("optional").and_then(super::super::written::flag);
            if let Some(optional) = optional.filter(|optional| optional.value) {
                self.mistakes.add(optional.place, "a column of the key cannot be `optional`");
            }
        }
        // Where a column has mistakes the numbers are off, but then nobody sees them.
        keys::in_order(columns.into_iter().enumerate(), self.mistakes)
    }

    fn filters(&mut self, schema: &SchemaFile<'_>) -> Vec<Filter> {
        let mut names = PlainNames::of("a filter");
        let mut filters = Vec::new();
        let written = schema.words.get("filters").map_or(&[][..], Node::items);
        if written.len() > FILTERS_MAX {
            let message = format!("a table has at most {FILTERS_MAX} filters, and this one has {}", written.len());
            self.mistakes.add(schema.words.get("filters").map_or(schema.place, |node| node.place), message);
        }
        for filter in written.iter().take(FILTERS_MAX) {
            let (name, keep) = (filter.get("name").and_then(text), filter.get("keep").and_then(text));
            let is_usable = name.is_some_and(|name| names.add(name, self.mistakes));
            let Some(sql) = keep else { continue };
            let Some(keep) = self.names.expression(sql, self.mistakes) else { continue };
            if keep.data_type() != ColumnType::Boolean {
                let message =
                    format!("a filter keeps rows where its condition is true, and this is {}", keep.data_type());
                self.mistakes.add(sql.place, message);
            }
            if let Some(name) = name.filter(|_| is_usable) {
                filters.push(Filter { name: name.text.to_owned(), keep, sql: sql.text.to_owned() });
            }
        }
        filters
    }

    fn figures(&mut self, schema: &SchemaFile<'_>) -> FigureRules {
        let Some(figures) = schema.words.get("figures") else { return FigureRules::default() };
        let rows_per_date = figures.get("rowsPerDate").and_then(text).and_then(|name| {
            self.figure(name, "dates or timestamps", |data_type| {
                matches!(data_type, ColumnType::Date | ColumnType::Timestamp)
            })
        });
        let averages = figures.get("averages").map_or(&[][..], Node::items).iter().filter_map(|node| text(node));
        let is_number = |data_type| match data_type {
            ColumnType::Int | ColumnType::BigInt | ColumnType::Double | ColumnType::Decimal { .. } => true,
            ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => false,
        };
        let mut indices = Vec::new();
        for name in averages {
            if let Some(index) = self.figure(name, "numbers", is_number) {
                if indices.contains(&index) {
                    self.mistakes.add(name.place, format!("{} is in `averages` twice", shown(name.text)));
                } else {
                    indices.push(index);
                }
            }
        }
        FigureRules { rows_per_date, averages: indices }
    }

    /// The column of the files that a figure is of.
    fn figure(&mut self, name: Text<'_>, kind: &str, is_of_kind: impl Fn(ColumnType) -> bool) -> Option<usize> {
        let is_named = |column: &Column| column.name.eq_ignore_ascii_case(name.text);
        if self.names.unknown.contains(&name.text.to_lowercase()) {
            return None;
        }
        let Some(index) = self.columns.iter().position(is_named) else {
            let names = || self.columns.iter().map(|column| column.name.as_str());
            let hint = match nearest(name.text, names()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there are {}", listed(names())),
            };
            self.mistakes.add(name.place, format!("the files have no column {}; {hint}", shown(name.text)));
            return None;
        };
        let data_type = self.columns[index].data_type;
        if !is_of_kind(data_type) {
            let message = format!("a column of {kind} is expected, and {} is {data_type}", shown(name.text));
            self.mistakes.add(name.place, message);
            return None;
        }
        Some(index)
    }
}

/// Tells words that mean something for columns of the files alone.
pub(super) fn check_is_no_file_column(property: &PropertyFile<'_>, what: &str, mistakes: &mut Mistakes) {
    for word in OF_FILE_COLUMNS {
        if let Some(place) = property.words.place_of(word) {
            mistakes.add(place, format!("`{word}` belongs to a column of the files, and this is {what}"));
        }
    }
    let name = property.name.map(|name| name.text);
    if let Some(physical) = property.physical_name.filter(|physical| Some(physical.text) != name) {
        mistakes.add(physical.place, format!("`physicalName` belongs to a column of the files, and this is {what}"));
    }
}
