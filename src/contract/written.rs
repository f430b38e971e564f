//! A contract as it is written: the standard's keys and our words, each with its place, nothing resolved.
//!
//! What has the wrong form is told here and is then missing below, so that the checks need not tell it again.

mod near_miss;
mod servers;
mod shape;
mod standard;
mod words;

use super::mistake::{Mistakes, Place};
use super::yaml::{Entry, Kind, Node};
pub(super) use near_miss::nearest;
use words::Level;
pub(super) use words::Words;

/// A text with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'n> {
    pub(super) text: &'n str,
    pub(super) place: Place,
}

/// A whole file.
#[derive(Debug)]
pub(super) struct ContractFile<'n> {
    pub(super) place: Place,
    pub(super) id: Option<Text<'n>>,
    pub(super) name: Option<Text<'n>>,
    pub(super) version: Option<Text<'n>>,
    pub(super) words: Words<'n>,
    pub(super) schemas: Vec<SchemaFile<'n>>,
}

/// An entry of `schema`.
#[derive(Debug)]
pub(super) struct SchemaFile<'n> {
    pub(super) place: Place,
    pub(super) name: Option<Text<'n>>,
    pub(super) words: Words<'n>,
    pub(super) properties: Vec<PropertyFile<'n>>,
}

/// An entry of `properties`.
#[derive(Debug)]
pub(super) struct PropertyFile<'n> {
    pub(super) place: Place,
    pub(super) name: Option<Text<'n>>,
    pub(super) physical_name: Option<Text<'n>>,
    pub(super) logical_type: Option<Text<'n>>,
    pub(super) physical_type: Option<Text<'n>>,
    /// The `format` of the `logicalTypeOptions`.
    pub(super) format: Option<Text<'n>>,
    pub(super) required: Option<Flag>,
    pub(super) primary_key: Option<Flag>,
    pub(super) primary_key_position: Option<Number>,
    pub(super) transform_logic: Option<Text<'n>>,
    pub(super) classification: Option<Text<'n>>,
    pub(super) description: Option<Text<'n>>,
    pub(super) words: Words<'n>,
}

/// `true` or `false` with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    pub(super) value: bool,
    pub(super) place: Place,
}

/// A whole number with its place; one that does not fit is the greatest or least that does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) value: i64,
    pub(super) place: Place,
}

/// Reads a file, and tells every mistake in its form; `None`: it has no keys at all.
pub(super) fn read<'n>(root: &'n Node, mistakes: &mut Mistakes) -> Option<ContractFile<'n>> {
    if !root.is_mapping() {
        // It may be a file of data, whose text must not be told.
        let what = if root.scalar().is_some() { "one text or number" } else { "a list" };
        mistakes.add(root.place, format!("the contract must be a mapping, and it is {what}; is this file a contract?"));
        return None;
    }
    shape::check(root, &shape::Shape::Object(&standard::CONTRACT), "the contract", root.place, mistakes);
    root.is_mapping().then(|| ContractFile {
        place: root.place,
        id: root.get("id").and_then(text),
        name: root.get("name").and_then(text),
        version: root.get("version").and_then(text),
        words: words::read(root, Level::Contract, mistakes),
        schemas: items(root, "schema").map(|schema| read_schema(schema, mistakes)).collect(),
    })
}

fn read_schema<'n>(schema: &'n Node, mistakes: &mut Mistakes) -> SchemaFile<'n> {
    SchemaFile {
        place: schema.place,
        name: schema.get("name").and_then(text),
        words: words::read(schema, Level::Schema, mistakes),
        properties: items(schema, "properties").map(|property| read_property(property, mistakes)).collect(),
    }
}

fn read_property<'n>(property: &'n Node, mistakes: &mut Mistakes) -> PropertyFile<'n> {
    let text_of = |key| property.get(key).and_then(text);
    PropertyFile {
        place: property.place,
        name: text_of("name"),
        physical_name: text_of("physicalName"),
        logical_type: text_of("logicalType"),
        physical_type: text_of("physicalType"),
        format: property.get("logicalTypeOptions").and_then(|options| options.get("format")).and_then(text),
        required: property.get("required").and_then(flag),
        primary_key: property.get("primaryKey").and_then(flag),
        primary_key_position: property.get("primaryKeyPosition").and_then(number),
        transform_logic: text_of("transformLogic"),
        classification: text_of("classification"),
        description: text_of("description"),
        words: words::read(property, Level::Property, mistakes),
    }
}

/// The mappings in a list.
fn items<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = &'n Node> {
    let items = node.get(key).map_or(&[][..], Node::items);
    items.iter().map(|item| &**item).filter(|item| item.is_mapping())
}

/// A text; `None`: it is something else.
pub(super) fn text(node: &Node) -> Option<Text<'_>> {
    let scalar = node.scalar().filter(|scalar| scalar.kind() == Kind::Text)?;
    Some(Text { text: &scalar.text, place: node.place })
}

/// `true` or `false`; `None`: it is something else.
pub(super) fn flag(node: &Node) -> Option<Flag> {
    match node.scalar()?.kind() {
        Kind::Boolean(value) => Some(Flag { value, place: node.place }),
        Kind::Null | Kind::Integer | Kind::Float | Kind::Text => None,
    }
}

/// A whole number; `None`: it is something else.
pub(super) fn number(node: &Node) -> Option<Number> {
    let scalar = node.scalar().filter(|scalar| scalar.kind() == Kind::Integer)?;
    let value = scalar.integer().unwrap_or(if scalar.text.starts_with('-') { i64::MIN } else { i64::MAX });
    Some(Number { value, place: node.place })
}

/// The key of an entry.
pub(super) fn key(entry: &Entry) -> Text<'_> {
    Text { text: &entry.key, place: entry.place }
}
