//! From a contract as it is written to one that is checked: names resolved, types known, every mistake told.

mod checks;
mod column;
mod file_text;
mod fill;
mod groups;
mod input;
mod keys;
mod names;
mod parameters;
mod rows;
mod settings_names;
mod sql;
mod types;

use std::collections::BTreeMap;

use super::checked::{Contract, GroupValue};
use super::mistake::{Mistakes, shown};
use super::written::{ContractFile, SchemaFile};
use names::PlainNames;

const GROUPS_MAX: usize = 100;
const AGGREGATES_MAX: usize = 1000;

/// The contract in a file; `None`: there is a mistake without which nothing can be made. Where any mistake is told, what
/// comes back is not to be used.
pub(super) fn check(
    text: &str,
    file: &ContractFile<'_>,
    overrides: &BTreeMap<String, String>,
    mistakes: &mut Mistakes,
) -> Option<Contract> {
    let input = input::input(file, mistakes);
    let records = input::records(&file.words);
    let parameters = parameters::parameters(&file.words, overrides, mistakes);
    checks::checks(text, &file.words, &parameters, mistakes);
    let (of_rows, of_groups): (Vec<&SchemaFile<'_>>, Vec<&SchemaFile<'_>>) =
        file.schemas.iter().partition(|schema| schema.words.get("from").is_none());
    check_tables(file, &of_rows, &of_groups, mistakes);

    let values = parameters.iter().map(|parameter| (parameter.name.clone(), parameter.value.clone()));
    let (rows, names) = rows::rows(text, of_rows.first()?, values, records.dates, mistakes);
    let groups = of_groups.iter().take(GROUPS_MAX).map(|schema| groups::group(schema, &rows, &names, mistakes));
    let groups: Vec<_> = groups.collect();
    let columns = groups.iter().flat_map(|group| &group.columns);
    let aggregates = columns.filter(|column| matches!(column.value, GroupValue::Aggregate(_))).count();
    if aggregates > AGGREGATES_MAX {
        let message = format!("a contract has at most {AGGREGATES_MAX} aggregates, and this one has {aggregates}");
        mistakes.add(file.place, message);
    }
    let text_of = |text: Option<super::written::Text<'_>>| text.map(|text| text.text.to_owned());
    let id = text_of(file.id)?;
    Some(Contract {
        name: text_of(file.name).unwrap_or_else(|| id.clone()),
        id,
        version: text_of(file.version)?,
        input: input?,
        records,
        extra_columns: input::extra_columns(&file.words),
        parameters,
        rows,
        groups,
    })
}

/// One table of rows, at most so many of groups, each with a name of its own.
fn check_tables(
    file: &ContractFile<'_>,
    of_rows: &[&SchemaFile<'_>],
    of_groups: &[&SchemaFile<'_>],
    mistakes: &mut Mistakes,
) {
    match of_rows {
        [] if file.schemas.is_empty() => mistakes.add(file.place, "`schema` needs a table of rows"),
        [] => mistakes.add(file.place, "`schema` needs a table of rows: a schema without the custom property `from`"),
        [rows, others @ ..] => {
            for other in others {
                let message = format!(
                    "a table of rows is in line {}, too; a table of groups says with the custom property `from` what it is made of",
                    rows.place.line
                );
                mistakes.add(other.place, message);
            }
        }
    }
    if of_groups.len() > GROUPS_MAX {
        let message =
            format!("a contract has at most {GROUPS_MAX} tables of groups, and this one has {}", of_groups.len());
        mistakes.add(file.place, message);
    }
    let mut table_names = PlainNames::of("a table");
    for name in file.schemas.iter().filter_map(|schema| schema.name) {
        if table_names.add(name, mistakes) {
            names::check_table(name, mistakes);
        }
    }
    for schema in file.schemas.iter().filter(|schema| schema.properties.is_empty()) {
        let name = schema.name.map_or("", |name| name.text);
        mistakes.add(schema.place, format!("the table {} has no properties", shown(name)));
    }
}
