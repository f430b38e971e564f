//! Tables of groups: keys and aggregates.

use super::super::checked::{GroupColumn, GroupTable, GroupValue, IfMissing, RowTable};
use super::super::mistake::{Mistakes, listed, shown};
use super::super::written::{PropertyFile, SchemaFile, Text, nearest, text};
use super::keys;
use super::names::ColumnNames;
use super::rows::check_is_no_file_column;
use super::sql::{Names, check_type};
use super::types::{Declared, declared};
use crate::expr::{AggregateCall, AggregateFunction, Expr, Source};

const COLUMNS_MAX: usize = 1000;

/// The words that only the table of rows may have.
const OF_ROWS: [&str; 3] = ["filters", "duplicates", "figures"];

pub(super) fn group(
    schema: &SchemaFile<'_>,
    rows: &RowTable,
    names: &Names<'_>,
    mistakes: &mut Mistakes,
) -> GroupTable {
    check_words(schema, rows, mistakes);
    let mut column_names = ColumnNames::default();
    let mut columns = Vec::new();
    if schema.properties.len() > COLUMNS_MAX {
        let message =
            format!("a table has at most {COLUMNS_MAX} columns, and this one has {}", schema.properties.len());
        mistakes.add(schema.place, message);
    }
    for property in schema.properties.iter().take(COLUMNS_MAX) {
        let Some(name) = property.name else { continue };
        column_names.add(name, mistakes);
        check_is_no_file_column(property, "a column of groups", mistakes);
        let column = if keys::is_key(property) {
            key(property, name, rows, names, mistakes)
        } else {
            aggregate(property, name, names, mistakes)
        };
        columns.extend(column);
    }
    if !schema.properties.iter().any(keys::is_key) {
        let message = "a table of groups needs a key: at least one property with `primaryKey: true`";
        mistakes.add(schema.place, message);
    }
    let keys = keys::in_order(schema.properties.iter().enumerate(), mistakes);
    let name = schema.name.map(|name| name.text.to_owned()).unwrap_or_default();
    GroupTable { name, columns, keys }
}

fn check_words(schema: &SchemaFile<'_>, rows: &RowTable, mistakes: &mut Mistakes) {
    for word in OF_ROWS {
        if let Some(place) = schema.words.place_of(word) {
            mistakes.add(place, format!("`{word}` belongs to the table of rows, and this is a table of groups"));
        }
    }
    let from = schema.words.get("from").and_then(text);
    if let Some(from) = from.filter(|from| !rows.name.is_empty() && from.text != rows.name) {
        let message = format!("groups are made of the table of rows, `{}`, and not of {}", rows.name, shown(from.text));
        mistakes.add(from.place, message);
    }
}

fn key(
    property: &PropertyFile<'_>,
    name: Text<'_>,
    rows: &RowTable,
    names: &Names<'_>,
    mistakes: &mut Mistakes,
) -> Option<GroupColumn> {
    let declared = declared(property, mistakes);
    let (value, sql) = match property.transform_logic {
        Some(sql) => (names.expression(sql, mistakes)?, sql),
        None if names.unknown.contains(&name.text.to_lowercase()) => return None,
        None => match names.find(name.text) {
            Some((source, data_type)) => (Expr::column(source, data_type), name),
            None => {
                let known = || {
                    let derived = rows.derived.iter().map(|derived| derived.name.as_str());
                    rows.columns.iter().map(|column| column.name.as_str()).chain(derived)
                };
                let hint = match nearest(name.text, known()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("there are {}", listed(known())),
                };
                let message = format!(
                    "the rows have no column {}, so this key needs a `transformLogic`; {hint}",
                    shown(name.text)
                );
                mistakes.add(name.place, message);
                return None;
            }
        },
    };
    if let Declared::Type(declared) = declared {
        check_type(declared, value.data_type(), sql, mistakes);
    }
    let is_required = property.required.filter(|required| required.value);
    let is_never_null = property.transform_logic.is_none()
        && matches!(names.find(name.text), Some((Source::Column(index), _)) if rows.columns[index].if_missing == IfMissing::Reject);
    if let Some(required) = is_required.filter(|_| !is_never_null) {
        mistakes
            .add(required.place, "this key can be null, unless it is a column that is `required` in the table of rows");
    }
    Some(GroupColumn {
        name: name.text.to_owned(),
        value: GroupValue::Key(value),
        is_nullable: is_required.is_none(),
        sql: sql.text.to_owned(),
        description: property.description.map(|description| description.text.to_owned()),
    })
}

fn aggregate(
    property: &PropertyFile<'_>,
    name: Text<'_>,
    names: &Names<'_>,
    mistakes: &mut Mistakes,
) -> Option<GroupColumn> {
    let declared = declared(property, mistakes);
    let Some(sql) = property.transform_logic else {
        let message = format!(
            "the column {} needs `primaryKey: true`, or a `transformLogic` with AVG, SUM, COUNT, MIN or MAX",
            shown(name.text)
        );
        mistakes.add(property.place, message);
        return None;
    };
    let call: AggregateCall = names.aggregate(sql, mistakes)?;
    if let Declared::Type(declared) = declared {
        check_type(declared, call.data_type, sql, mistakes);
    }
    let is_required = property.required.filter(|required| required.value);
    if let Some(required) = is_required.filter(|_| call.function != AggregateFunction::Count) {
        mistakes.add(required.place, "of the aggregates only COUNT is never null; take `required` away");
    }
    Some(GroupColumn {
        name: name.text.to_owned(),
        is_nullable: is_required.is_none(),
        value: GroupValue::Aggregate(call),
        sql: sql.text.to_owned(),
        description: property.description.map(|description| description.text.to_owned()),
    })
}
