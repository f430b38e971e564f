//! Our words: what the contract's custom properties say that the standard has no word for.

use super::super::mistake::{Mistakes, Place, listed, shown};
use super::super::yaml::Node;
use super::near_miss::nearest;
use super::shape::{Object, Shape, check, field, needed, object};
use super::text;

/// Where custom properties stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Contract,
    Schema,
    Property,
}

/// A word, where it stands, and the form of its value.
struct Word {
    name: &'static str,
    level: Level,
    shape: Shape,
}

const fn word(name: &'static str, level: Level, shape: Shape) -> Word {
    Word { name, level, shape }
}

static WORDS: [Word; 17] = [
    word("input", Level::Contract, Shape::Object(&INPUT)),
    word("parameters", Level::Contract, Shape::Mapping(&Shape::Single)),
    word("checks", Level::Contract, Shape::List(&Shape::Text)),
    word("records", Level::Contract, Shape::Object(&RECORDS)),
    word("extraColumns", Level::Contract, Shape::OneOf(&["carry", "drop", "reject"])),
    word("filters", Level::Schema, Shape::List(&Shape::Object(&FILTER))),
    word("duplicates", Level::Schema, Shape::Object(&DUPLICATES)),
    word("from", Level::Schema, Shape::Text),
    word("figures", Level::Schema, Shape::Object(&FIGURES)),
    word("fill", Level::Property, Shape::Cell),
    word("optional", Level::Property, Shape::Boolean),
    word("onUnreadable", Level::Property, Shape::OneOf(&["reject", "null"])),
    word("csvText", Level::Property, Shape::OneOf(&["source", "canonical"])),
    word("formats", Level::Property, Shape::List(&Shape::Text)),
    word("decimal", Level::Property, Shape::OneOf(&[".", ","])),
    word("nulls", Level::Property, Shape::List(&Shape::Text)),
    word("privacy", Level::Property, Shape::Any),
];

static INPUT: Object = object(
    "`input`",
    &[
        needed("objects", Shape::Text),
        field("delimiter", Shape::Text),
        field("quote", Shape::Text),
        field(
            "encoding",
            Shape::OneOf(&["utf-8", "utf-16", "windows-1250", "windows-1252", "iso-8859-1", "iso-8859-2"]),
        ),
        field("headerLine", Shape::Integer),
        field("comment", Shape::Text),
        field("windowDays", Shape::Integer),
    ],
);

static RECORDS: Object = object(
    "`records`",
    &[
        field("shortAndLong", Shape::OneOf(&["reject", "pad"])),
        field("textAfterQuote", Shape::OneOf(&["reject", "keep"])),
        field("missing", Shape::OneOf(&["blank", "empty"])),
        field("dates", Shape::OneOf(&["calendar", "spark"])),
    ],
);

static FILTER: Object = object("a filter", &[needed("name", Shape::Text), needed("keep", Shape::Text)]);

static DUPLICATES: Object = object("`duplicates`", &[needed("keep", Shape::OneOf(&["first", "last"]))]);

static FIGURES: Object =
    object("`figures`", &[field("rowsPerDate", Shape::Text), field("averages", Shape::List(&Shape::Text))]);

/// The custom properties of something by their names.
#[derive(Debug, Default)]
pub(in crate::contract) struct Words<'n>(Vec<(&'n str, Place, &'n Node)>);

impl<'n> Words<'n> {
    /// The value of a word.
    pub(in crate::contract) fn get(&self, name: &str) -> Option<&'n Node> {
        self.0.iter().find(|(word, _, _)| *word == name).map(|(_, _, value)| *value)
    }

    /// Where the first of some words stands that is there.
    pub(in crate::contract) fn place_of(&self, name: &str) -> Option<Place> {
        self.0.iter().find(|(word, _, _)| *word == name).map(|(_, place, _)| *place)
    }
}

/// Reads the custom properties of `node`, and tells the words whose values have another form or which stand elsewhere.
///
/// Other tools have custom properties of their own, so that an unknown one is a mistake only when it is nearly a word.
pub(super) fn read<'n>(node: &'n Node, level: Level, mistakes: &mut Mistakes) -> Words<'n> {
    let mut words = Words::default();
    for entry in node.get("customProperties").map_or(&[][..], Node::items) {
        let Some(name) = entry.get("property").and_then(text) else { continue };
        let Some(value) = entry.get("value") else { continue };
        if let Some(first) = words.place_of(name.text) {
            let message = format!("the custom property {} is in line {}, too; keep one", shown(name.text), first.line);
            mistakes.add(name.place, message);
            continue;
        }
        let of_level = |level| WORDS.iter().filter(move |word| word.level == level);
        match of_level(level).find(|word| word.name == name.text) {
            Some(word) => {
                check(value, &word.shape, &format!("`{}`", word.name), name.place, mistakes);
                words.0.push((name.text, name.place, value));
            }
            None => match unknown(name.text, level) {
                Unknown::OfOthers => {}
                Unknown::Elsewhere(problem) => mistakes.add(name.place, problem),
                Unknown::Misspelt(meant, problem) => {
                    mistakes.add(name.place, problem);
                    // What it says is read, so that nothing else is told to be missing.
                    words.0.push((meant, name.place, value));
                }
            },
        }
    }
    words
}

/// A custom property that is no word where it stands.
enum Unknown {
    /// Another tool's.
    OfOthers,
    /// A word that belongs elsewhere.
    Elsewhere(String),
    /// Nearly this word.
    Misspelt(&'static str, String),
}

fn unknown(name: &str, level: Level) -> Unknown {
    if let Some(word) = WORDS.iter().find(|word| word.name == name) {
        let home = match word.level {
            Level::Contract => "the contract",
            Level::Schema => "a schema",
            Level::Property => "a property",
        };
        return Unknown::Elsewhere(format!("`{name}` belongs to the custom properties of {home}"));
    }
    // In the handbook a dot says that one word stands within another.
    if let Some((outer, inner)) = name.split_once('.')
        && WORDS.iter().any(|word| word.name == outer)
    {
        let message = format!("write {} as `property: {outer}`, `value: {{{inner}: …}}`", shown(name));
        return Unknown::Elsewhere(message);
    }
    let names = || WORDS.iter().filter(|word| word.level == level).map(|word| word.name);
    let Some(meant) = nearest(name, names()) else { return Unknown::OfOthers };
    let problem =
        format!("unknown custom property {}; did you mean `{meant}`? There are {}", shown(name), listed(names()));
    Unknown::Misspelt(meant, problem)
}
