//! The tables that Athena sees of a contract's outputs, whatever they are then written as.

use drivendata_transform::contract::{Contract, GroupTable};
use drivendata_transform::error::{Error, Result};
use drivendata_transform::metrics::camel;
use drivendata_transform::sinks::format::{FORMATS, ReadBy};
use drivendata_transform::sinks::output::{Output, Table};
use drivendata_transform::sinks::rejected;

/// Glue takes no longer comments.
const COMMENT_CHARACTERS_MAX: usize = 255;

/// The first run date that is looked for, and the last: dates of batches are UTC, and one of tomorrow may already have
/// landed from a time zone east of UTC.
pub(super) const RUN_DATES: &str = "2020-01-01,NOW+1DAYS";

/// A table.
#[derive(Debug)]
pub(super) struct AthenaTable {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) files: ReadBy,
    /// Below the output prefix, with `/` at its end.
    pub(super) folder: String,
    pub(super) columns: Vec<AthenaColumn>,
}

/// A column.
#[derive(Debug)]
pub(super) struct AthenaColumn {
    pub(super) name: String,
    pub(super) data_type: String,
    pub(super) comment: Option<String>,
}

/// The tables of a contract, in the order of publication: one per published table and format.
///
/// # Errors
///
/// Two tables would have the same name.
pub(super) fn tables(contract: &Contract) -> Result<Vec<AthenaTable>> {
    let formats: Vec<_> = FORMATS.iter().collect();
    let tables: Vec<_> = Output::of(contract, &formats).iter().map(|output| table(contract, output)).collect();
    for (index, table) in tables.iter().enumerate() {
        if tables[..index].iter().any(|other| other.resource() == table.resource()) {
            return Err(Error::configuration(format!(
                "the contract {} has two outputs whose Athena table would be called {}; rename a table of the contract",
                contract.id, table.name
            )));
        }
    }
    Ok(tables)
}

impl AthenaTable {
    /// Its name in the template.
    pub(super) fn resource(&self) -> String {
        format!("{}Table", camel(&self.name))
    }
}

fn table(contract: &Contract, output: &Output) -> AthenaTable {
    let name = &output.name;
    let Some(format) = output.format else {
        return AthenaTable {
            name: name.clone(),
            description: "Records that could not be used, and why".to_owned(),
            files: ReadBy::Position,
            folder: format!("{name}/"),
            columns: texts(String::from_utf8_lossy(rejected::HEADER).trim_end().split(',')),
        };
    };
    let files = format.read_by;
    let (description, columns) = match output.table {
        Table::Rows => {
            ("Rows that are kept; a run holds those of its whole window".to_owned(), columns_of_rows(contract))
        }
        Table::Groups(number) => {
            let groups = &contract.groups[number];
            (description_of_groups(contract, groups), columns_of_groups(groups))
        }
        Table::Rejected => (String::new(), Vec::new()),
    };
    let folder = format!("{name}/{}/", format.name);
    match files {
        ReadBy::Name => AthenaTable { name: name.clone(), description, files, folder, columns },
        ReadBy::Position => AthenaTable {
            name: format!("{name}_{}", format.name),
            description: format!("The rows of {name} as CSV, all columns texts"),
            files,
            folder,
            columns: texts(columns.iter().map(|column| &column.name[..])),
        },
    }
}

fn description_of_groups(contract: &Contract, groups: &GroupTable) -> String {
    let keys: Vec<&str> = groups.keys.iter().map(|&key| &groups.columns[key].name[..]).collect();
    let rows = &contract.rows.name;
    match keys[..] {
        [] => format!("The rows of {rows} together, over a run's window"),
        _ => format!("The rows of {rows} by {}, over a run's window", keys.join(" and ")),
    }
}

fn columns_of_rows(contract: &Contract) -> Vec<AthenaColumn> {
    let rows = &contract.rows;
    let of_files = rows.columns.iter().map(|column| (&column.name, column.data_type, &column.description));
    let derived = rows.derived.iter().map(|column| (&column.name, column.value.data_type(), &column.description));
    of_files.chain(derived).map(|(name, data_type, description)| column(name, data_type, description)).collect()
}

fn columns_of_groups(groups: &GroupTable) -> Vec<AthenaColumn> {
    groups.columns.iter().map(|of| column(&of.name, of.data_type(), &of.description)).collect()
}

fn column(name: &str, data_type: impl ToString, description: &Option<String>) -> AthenaColumn {
    AthenaColumn {
        name: name.to_owned(),
        data_type: data_type.to_string(),
        comment: description.as_deref().map(comment),
    }
}

/// A description on one line, as long as Glue takes it.
fn comment(description: &str) -> String {
    let words = description.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(COMMENT_CHARACTERS_MAX).collect()
}

fn texts<'n>(names: impl Iterator<Item = &'n str>) -> Vec<AthenaColumn> {
    names.map(|name| AthenaColumn { name: name.to_owned(), data_type: "string".to_owned(), comment: None }).collect()
}
