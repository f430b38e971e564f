//! The columns of a run's outputs and their types, and where one object keeps the columns of the contract.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};

use crate::contract::{ColumnType, Contract, Dialect, ExtraColumns, GroupTable};
use crate::read::header::Header;

/// A column of the output of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputColumn {
    /// The column of the contract's files with this index.
    File(usize),
    /// The extra column with this index in the union of the window's headers.
    Extra(usize),
    /// The derived column with this index.
    Derived(usize),
}

/// The columns of one run's output of rows: those of the contract's files, then the window's extra ones, then the derived.
#[derive(Clone, Debug)]
pub struct OutputColumns {
    contract: Arc<Contract>,
    /// Names of the extra columns, in header order.
    pub extras: Vec<String>,
}

/// A header that cannot be in one window with those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfitHeader {
    /// Which header it is, from 0.
    pub header: usize,
    /// Why, without a name of a column.
    pub message: String,
}

impl OutputColumns {
    /// The union over the headers of a window, oldest first.
    ///
    /// # Errors
    ///
    /// Says which header does not fit those before it: a name of it differs only in case from one of theirs, or there
    /// are more than `columns_max` columns with its own.
    pub fn of_window<'h>(
        contract: &Arc<Contract>,
        headers: impl IntoIterator<Item = &'h Header>,
        columns_max: usize,
    ) -> Result<Self, UnfitHeader> {
        let columns = &contract.rows.columns;
        let mut seen: HashMap<String, &str> =
            columns.iter().map(|column| (column.source_name.to_lowercase(), &column.source_name[..])).collect();
        let mut extras: Vec<String> = Vec::new();
        for (header, Header { names, .. }) in headers.into_iter().enumerate() {
            for (index, name) in names.iter().enumerate() {
                match seen.insert(name.to_lowercase(), name) {
                    None => extras.push(name.clone()),
                    Some(before) if before == name => {}
                    Some(_) => {
                        let message = format!(
                            "the name of column {} differs only in case from that of another batch's column in the window",
                            index + 1
                        );
                        return Err(UnfitHeader { header, message });
                    }
                }
            }
            let count = columns.len() + extras.len();
            if count > columns_max {
                let message =
                    format!("the window has {count} columns up to here, and COLUMNS_MAX allows {columns_max}");
                return Err(UnfitHeader { header, message });
            }
        }
        if contract.extra_columns == ExtraColumns::Drop {
            extras.clear();
        }
        Ok(Self { contract: Arc::clone(contract), extras })
    }

    /// The contract.
    pub fn contract(&self) -> &Arc<Contract> {
        &self.contract
    }

    /// All columns in order.
    pub fn iter(&self) -> impl Iterator<Item = OutputColumn> {
        self.of_source().chain((0..self.contract.rows.derived.len()).map(OutputColumn::Derived))
    }

    /// Those that come from the files, in order.
    pub fn of_source(&self) -> impl Iterator<Item = OutputColumn> {
        let columns = (0..self.contract.rows.columns.len()).map(OutputColumn::File);
        columns.chain((0..self.extras.len()).map(OutputColumn::Extra))
    }

    /// A column's name.
    pub fn name(&self, column: OutputColumn) -> &str {
        match column {
            OutputColumn::File(index) => &self.contract.rows.columns[index].name,
            OutputColumn::Extra(index) => &self.extras[index],
            OutputColumn::Derived(index) => &self.contract.rows.derived[index].name,
        }
    }

    /// A column's type.
    pub fn data_type(&self, column: OutputColumn) -> ColumnType {
        match column {
            OutputColumn::File(index) => self.contract.rows.columns[index].data_type,
            OutputColumn::Extra(_) => ColumnType::String,
            OutputColumn::Derived(index) => self.contract.rows.derived[index].value.data_type(),
        }
    }

    /// The Arrow schema of the output of rows.
    pub fn schema(&self) -> SchemaRef {
        let field = |column| Field::new(self.name(column), self.data_type(column).arrow(), true);
        Arc::new(Schema::new(self.iter().map(field).collect::<Vec<_>>()))
    }
}

/// The Arrow schema of a table of groups.
pub fn group_schema(table: &GroupTable) -> SchemaRef {
    let field = |column: &crate::contract::GroupColumn| {
        Field::new(&column.name, column.data_type().arrow(), column.is_nullable)
    };
    Arc::new(Schema::new(table.columns.iter().map(field).collect::<Vec<_>>()))
}

/// Where one object keeps the columns of the output.
#[derive(Clone, Debug)]
pub struct Layout {
    columns: Arc<[usize]>,
    extras: Arc<[usize]>,
    /// What separates and encloses the cells.
    pub dialect: Dialect,
    /// A record that begins with this text is no data.
    pub comment: Option<Arc<str>>,
    /// The header's names, by which one in the middle of a file is recognised.
    pub names: Arc<[String]>,
    /// Columns of the header.
    pub fields: usize,
    /// Fields in each record: those of the header, and one more, empty, where all records have it.
    pub record_fields: usize,
    /// Where the first record begins in the object's plain text.
    pub header_bytes: usize,
    /// Whether the object's columns are those of the output in the same order, so that whole records can be copied.
    pub is_output_order: bool,
}

/// Stands for a column the object does not have; no record has so many fields.
const ABSENT: usize = usize::MAX;

impl Layout {
    /// The layout of an object with this header.
    pub fn new(header: &Header, columns: &OutputColumns) -> Self {
        let positions = header.positions();
        let position = |name: &str| positions.get(name).copied().unwrap_or(ABSENT);
        let of_contract = columns.contract.rows.columns.iter().map(|column| position(&column.source_name)).collect();
        let extras: Arc<[usize]> = columns.extras.iter().map(|name| position(name)).collect();
        let of_contract: Arc<[usize]> = of_contract;
        let fields = header.names.len();
        let is_output_order = of_contract.iter().chain(&*extras).copied().eq(0..fields);
        let record_fields = fields + usize::from(header.has_surplus_field);
        let names = Arc::clone(&header.names);
        let (header_bytes, input) = (header.bytes, &columns.contract.input);
        let (dialect, comment) = (input.dialect, input.comment.as_deref().map(Arc::from));
        Self {
            columns: of_contract,
            extras,
            dialect,
            comment,
            names,
            fields,
            record_fields,
            header_bytes,
            is_output_order,
        }
    }

    /// Index of the field that holds a column of the contract; beyond every record's end when there is none.
    #[inline]
    pub fn column(&self, index: usize) -> usize {
        self.columns[index]
    }

    /// The same for an extra column.
    #[inline]
    pub fn extra(&self, index: usize) -> usize {
        self.extras[index]
    }

    /// The same for a column of the output; `None`: it is derived.
    #[inline]
    pub fn field(&self, column: OutputColumn) -> Option<usize> {
        match column {
            OutputColumn::File(index) => Some(self.columns[index]),
            OutputColumn::Extra(index) => Some(self.extras[index]),
            OutputColumn::Derived(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;

    fn header(names: &[&str]) -> Header {
        Header { names: names.iter().map(ToString::to_string).collect(), ..Header::default() }
    }

    fn of_window(headers: &[Header]) -> Result<OutputColumns, UnfitHeader> {
        OutputColumns::of_window(&contract::drivendata(), headers, 20)
    }

    #[test]
    fn headers_whose_columns_clash_or_are_too_many_together_are_refused() {
        let clash = of_window(&[header(&["Shoe"]), header(&["a"]), header(&["b", "shoe"])]).expect_err("a clash");
        assert_eq!(clash.header, 2);
        assert!(clash.message.starts_with("the name of column 2 differs only in case"), "{}", clash.message);
        let many = of_window(&[header(&["a", "b", "c"]), header(&["d", "e"])]).expect_err("21 columns");
        assert_eq!(many.header, 1);
        assert!(many.message.contains("21 columns"), "{}", many.message);
    }

    #[test]
    fn extra_columns_stand_between_the_known_and_the_derived() {
        let columns = of_window(&[header(&["shoe", "email", "b"]), header(&["a", "b", "unique_id"])]).expect("columns");
        let schema = columns.schema();
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names[..2], ["person_name", "user_name"]);
        assert_eq!(names[15..], ["unique_id", "shoe", "b", "a", "total_bandwidth", "activity_level", "masked_email"]);
    }

    #[test]
    fn records_are_copied_whole_only_when_the_order_is_the_same() {
        let contract = contract::drivendata();
        let names: Vec<&str> = contract.rows.columns.iter().map(|column| &column.name[..]).collect();
        let with_extra = header(&[&names[..], &["shoe"]].concat());
        let swapped = header(&[&names[1..2], &names[..1], &names[2..]].concat());
        let plain = header(&names);
        let columns = of_window(std::slice::from_ref(&plain)).expect("columns");
        assert!(Layout::new(&plain, &columns).is_output_order);
        assert!(!Layout::new(&swapped, &columns).is_output_order);
        assert!(!Layout::new(&header(&names[..15]), &columns).is_output_order);
        let columns = of_window(&[plain.clone(), with_extra.clone()]).expect("columns");
        assert!(Layout::new(&with_extra, &columns).is_output_order);
        assert!(!Layout::new(&plain, &columns).is_output_order, "one field is missing at the end");
    }
}
