//! A YAML text as a tree in which everything knows its place.
//!
//! One document without tags, with limits on text, depth and values, so that no file keeps the program busy for long.

mod builder;
mod scalar;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use super::mistake::{Mistakes, Place};
pub(super) use scalar::{Kind, Scalar};

/// The longest text of a contract, in bytes.
pub(super) const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// A value of the file.
#[derive(Debug)]
pub(super) struct Node {
    /// Where it begins.
    pub(super) place: Place,
    /// What it is.
    pub(super) content: Content,
    /// How much it is with all below it.
    size: Size,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Content {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    List(Vec<Rc<Node>>),
    /// Keys and values, in the order of the file.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where the key begins.
    pub(super) place: Place,
    /// The value.
    pub(super) value: Rc<Node>,
}

/// How much a value is once aliases are expanded.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    values: usize,
    text_bytes: usize,
}

impl Node {
    /// The entries of a mapping; none of anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Mapping(entries) => entries,
            Content::Scalar(_) | Content::List(_) => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub(super) fn items(&self) -> &[Rc<Node>] {
        match &self.content {
            Content::List(items) => items,
            Content::Scalar(_) | Content::Mapping(_) => &[],
        }
    }

    /// The single value.
    pub(super) fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::List(_) | Content::Mapping(_) => None,
        }
    }

    /// Whether it is a mapping.
    pub(super) fn is_mapping(&self) -> bool {
        matches!(self.content, Content::Mapping(_))
    }

    /// Whether it is nothing: a key without a value, `null` or `~`.
    pub(super) fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.kind() == Kind::Null)
    }

    /// The value of a mapping's key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &*entry.value)
    }
}

/// The tree of a text; `None`: there is none, and a mistake says why.
pub(super) fn parse(text: &str, mistakes: &mut Mistakes) -> Option<Rc<Node>> {
    match builder::build(text, mistakes) {
        Ok(root) => Some(root),
        Err((place, message)) => {
            mistakes.add(place, message);
            None
        }
    }
}
