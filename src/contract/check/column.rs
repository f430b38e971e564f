//! A column of the files: its type, the form of its cells, and what becomes of those without a value.

use spark_cast::datetime_format::DateTimeFormat;

use super::super::checked::{CellForm, Column, CsvText, DateRange, IfMissing, IfUnreadable};
use super::super::column_type::ColumnType;
use super::super::mistake::{Mistakes, Place, shown};
use super::super::written::{PropertyFile, Text, flag, text};
use super::super::yaml::Node;
use super::fill::is_readable;
use super::types::{Declared, declared};
use crate::contract::DecimalSign;
use crate::read::header::names;

/// The column; `None`: its type is not known, which is told.
pub(super) fn column(
    property: &PropertyFile<'_>,
    name: Text<'_>,
    dates: DateRange,
    mistakes: &mut Mistakes,
) -> Option<Column> {
    let data_type = match declared(property, mistakes) {
        Declared::Type(data_type) => Some(data_type),
        Declared::Wrong => None,
        Declared::Nothing => {
            let message = format!(
                "the column {} needs a logicalType: string, integer, number, boolean, date or timestamp",
                shown(name.text)
            );
            mistakes.add(property.place, message);
            None
        }
    }?;
    let form = form(property, data_type, mistakes);
    let is_optional = property.words.get("optional").and_then(flag).is_some_and(|optional| optional.value);
    if let Some(required) = property.required.filter(|required| required.value && is_optional) {
        mistakes
            .add(required.place, "a column that is `optional` cannot be `required`: without it no row would be left");
    }
    let csv_text = match word(property, "csvText") {
        Some("source") => CsvText::Source,
        Some("canonical") => CsvText::Canonical,
        _ if form == CellForm::default() => CsvText::Source,
        _ => CsvText::Canonical,
    };
    let column = Column {
        name: name.text.to_owned(),
        source_name: source_name(property, name, mistakes),
        data_type,
        nulls: nulls(property, mistakes),
        is_optional,
        if_missing: if_missing(property, data_type, &form, dates, mistakes),
        if_unreadable: if_unreadable(property, data_type, mistakes),
        form,
        csv_text,
        classification: property.classification.map(|class| class.text.to_owned()),
        description: property.description.map(|description| description.text.to_owned()),
    };
    Some(column)
}

/// The text of a word whose form is checked where it is read.
fn word<'n>(property: &PropertyFile<'n>, name: &str) -> Option<&'n str> {
    property.words.get(name).and_then(text).map(|written| written.text)
}

fn place(property: &PropertyFile<'_>, word: &str) -> Place {
    property.words.get(word).map_or(property.place, |value| value.place)
}

/// The name in the files. It may have characters that Athena does not allow: the outputs have the other name.
fn source_name(property: &PropertyFile<'_>, name: Text<'_>, mistakes: &mut Mistakes) -> String {
    let Some(source) = property.physical_name else { return name.text.to_owned() };
    if let Some(problem) = names::unfit_in_files(source.text) {
        mistakes.add(source.place, format!("the column {} of the files {problem}", shown(source.text)));
    }
    source.text.to_owned()
}

fn form(property: &PropertyFile<'_>, data_type: ColumnType, mistakes: &mut Mistakes) -> CellForm {
    let further = property.words.get("formats").map_or(&[][..], Node::items);
    let is_dated = matches!(data_type, ColumnType::Date | ColumnType::Timestamp);
    let first = property.format.filter(|_| is_dated);
    let mut formats: Vec<String> = Vec::new();
    if !is_dated && property.words.get("formats").is_some() {
        let message = format!("`formats` are for dates and timestamps, and the column is {data_type}");
        mistakes.add(place(property, "formats"), message);
    } else {
        for format in first.into_iter().chain(further.iter().filter_map(|node| text(node))) {
            if formats.iter().any(|other| other == format.text) {
                mistakes.add(format.place, format!("the format {} is there twice", shown(format.text)));
                continue;
            }
            match DateTimeFormat::new(format.text) {
                Ok(_) => formats.push(format.text.to_owned()),
                Err(problem) => {
                    mistakes.add(format.place, format!("the format {} cannot be used: {problem}", shown(format.text)));
                }
            }
        }
    }
    let decimal = match word(property, "decimal") {
        Some(",") => DecimalSign::Comma,
        _ => DecimalSign::Point,
    };
    if property.words.get("decimal").is_some() && !matches!(data_type, ColumnType::Double | ColumnType::Decimal { .. })
    {
        let message = format!("`decimal` is for columns of numbers (double, decimal), and the column is {data_type}");
        mistakes.add(place(property, "decimal"), message);
    }
    CellForm { formats, decimal }
}

fn nulls(property: &PropertyFile<'_>, mistakes: &mut Mistakes) -> Vec<String> {
    let mut nulls: Vec<String> = Vec::new();
    for written in property.words.get("nulls").map_or(&[][..], Node::items).iter().filter_map(|node| text(node)) {
        if nulls.iter().any(|other| other == written.text) {
            mistakes.add(written.place, format!("{} is in `nulls` twice", shown(written.text)));
        } else {
            nulls.push(written.text.to_owned());
        }
    }
    nulls
}

fn if_missing(
    property: &PropertyFile<'_>,
    data_type: ColumnType,
    form: &CellForm,
    dates: DateRange,
    mistakes: &mut Mistakes,
) -> IfMissing {
    let is_required = property.required.is_some_and(|required| required.value);
    let fill = property.words.get("fill").and_then(|node| Some((node.scalar()?, node.place)));
    match fill {
        Some((_, place)) if is_required => {
            let message =
                "`required` rejects the row of a missing cell, and `fill` replaces the cell; keep one of them";
            mistakes.add(place, message);
            IfMissing::Reject
        }
        Some((fill, place)) => {
            if !is_readable(&fill.text, data_type, form, dates) {
                let hint = match form {
                    CellForm { decimal: DecimalSign::Comma, .. } => " with a decimal comma",
                    CellForm { formats, .. } if !formats.is_empty() => " in one of its formats",
                    CellForm { .. } => "",
                };
                let message = format!("the fill {} cannot be read as {data_type}{hint}", shown(&fill.text));
                mistakes.add(place, message);
            }
            IfMissing::Fill(fill.text.clone())
        }
        None if is_required => IfMissing::Reject,
        None => IfMissing::Null,
    }
}

fn if_unreadable(property: &PropertyFile<'_>, data_type: ColumnType, mistakes: &mut Mistakes) -> IfUnreadable {
    let is_required = property.required.is_some_and(|required| required.value);
    let written = word(property, "onUnreadable");
    if written.is_some() && data_type == ColumnType::String {
        mistakes.add(place(property, "onUnreadable"), "`onUnreadable` is for other types than string: any text is one");
    }
    if written == Some("null") && is_required {
        let message =
            "`required` rejects a cell that cannot be read, and `onUnreadable: null` keeps its row; keep one of them";
        mistakes.add(place(property, "onUnreadable"), message);
    }
    if is_required || written == Some("reject") { IfUnreadable::Reject } else { IfUnreadable::Null }
}
