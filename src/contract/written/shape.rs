//! What form a value of the file must have, and the check that tells everything of another form.

use super::super::mistake::{Mistakes, Place, listed, shown};
use super::super::yaml::{Content, Entry, Kind, Node};
use super::near_miss::nearest;

/// The form of a value.
pub(super) enum Shape {
    /// Anything.
    Any,
    /// A text.
    Text,
    /// A text of letters, digits, `_` and `-`.
    Id,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A text, a number, true, false or nothing.
    Single,
    /// A text, a number, true or false: what a cell may hold.
    Cell,
    /// A text or a mapping.
    TextOrMapping,
    /// A text or a list of texts.
    TextOrTexts,
    /// A list of values of one form.
    List(&'static Shape),
    /// A mapping with any keys, and values of one form.
    Mapping(&'static Shape),
    /// A mapping with known keys.
    Object(&'static Object),
    /// A mapping, or a list of values of another form.
    ObjectOrList(&'static Object, &'static Shape),
}

/// A mapping with known keys.
pub(super) struct Object {
    /// What it is called in messages, with its article.
    pub(super) name: &'static str,
    /// Its keys.
    pub(super) fields: &'static [Field],
    /// Further keys, which depend on what the others say.
    pub(super) more: fn(&Node) -> &'static [Field],
    /// Whether other keys may stand in it, too.
    pub(super) is_open: bool,
}

/// A key of a mapping.
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) shape: Shape,
    pub(super) is_needed: bool,
}

/// A key that must be there.
pub(super) const fn needed(key: &'static str, shape: Shape) -> Field {
    Field { key, shape, is_needed: true }
}

/// A key that may be there.
pub(super) const fn field(key: &'static str, shape: Shape) -> Field {
    Field { key, shape, is_needed: false }
}

/// A mapping whose keys are these and no others.
pub(super) const fn object(name: &'static str, fields: &'static [Field]) -> Object {
    Object { name, fields, more: |_| &[], is_open: false }
}

/// Tells everything of the value that has another form.
///
/// `what` says in messages which value it is; `place` is where to look for it: an empty value is nowhere.
pub(super) fn check(node: &Node, shape: &Shape, what: &str, place: Place, mistakes: &mut Mistakes) {
    let mut other = |expected: &str| {
        let place = if node.is_null() { place } else { node.place };
        mistakes.add(place, format!("{what} must be {expected}, and it is {}", described(node)));
    };
    let kind = node.scalar().map(|scalar| scalar.kind());
    let text = node.scalar().map_or("", |scalar| &scalar.text);
    match shape {
        Shape::Any => {}
        Shape::Text => match kind {
            Some(Kind::Text) => {}
            Some(Kind::Boolean(_) | Kind::Integer | Kind::Float) => {
                other(&format!("a text, which needs quotes here: \"{text}\""))
            }
            Some(Kind::Null) | None => other("a text"),
        },
        Shape::Id => {
            let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if kind != Some(Kind::Text) || text.is_empty() || !text.chars().all(is_id) {
                other("a text of letters, digits, _ and -");
            }
        }
        Shape::OneOf([only]) => {
            if kind != Some(Kind::Text) || text != *only {
                other(&format!("`{only}`"));
            }
        }
        Shape::OneOf(texts) => {
            if kind != Some(Kind::Text) || !texts.contains(&text) {
                let texts_shown: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
                let expected = format!("one of {}", texts_shown.join(", "));
                match nearest(text, texts.iter().copied()) {
                    Some(meant) => other(&format!("{expected} (did you mean `{meant}`?)")),
                    None => other(&expected),
                }
            }
        }
        Shape::Number => {
            if !matches!(kind, Some(Kind::Integer | Kind::Float)) {
                other("a number");
            }
        }
        Shape::Integer => {
            if kind != Some(Kind::Integer) {
                other("a whole number");
            }
        }
        Shape::Boolean => {
            if !matches!(kind, Some(Kind::Boolean(_))) {
                other("`true` or `false`");
            }
        }
        Shape::Single => {
            if kind.is_none() {
                other("a single value");
            }
        }
        Shape::Cell => {
            if matches!(kind, None | Some(Kind::Null)) {
                other("a single value");
            }
        }
        Shape::TextOrMapping => {
            if !matches!((&node.content, kind), (Content::Mapping(_), _) | (_, Some(Kind::Text))) {
                other("a text or a mapping");
            }
        }
        Shape::TextOrTexts => match &node.content {
            Content::List(_) => check(node, &Shape::List(&Shape::Text), what, place, mistakes),
            Content::Scalar(_) | Content::Mapping(_) => {
                if kind != Some(Kind::Text) {
                    other("a text or a list of texts");
                }
            }
        },
        Shape::List(of) => match &node.content {
            Content::List(items) => {
                for item in items {
                    check(item, of, &format!("each item of {what}"), item.place, mistakes);
                }
            }
            Content::Scalar(_) | Content::Mapping(_) => other("a list"),
        },
        Shape::Mapping(of) => match &node.content {
            Content::Mapping(entries) => {
                for entry in entries {
                    check(&entry.value, of, &shown(&entry.key), entry.place, mistakes);
                }
            }
            Content::Scalar(_) | Content::List(_) => other("a mapping"),
        },
        Shape::Object(object) => match &node.content {
            Content::Mapping(entries) => check_object(node, entries, object, mistakes),
            Content::Scalar(_) | Content::List(_) => other("a mapping"),
        },
        Shape::ObjectOrList(object, of) => match &node.content {
            Content::Mapping(entries) => check_object(node, entries, object, mistakes),
            Content::List(_) => check(node, &Shape::List(of), what, place, mistakes),
            Content::Scalar(_) => other("a mapping"),
        },
    }
}

fn check_object(node: &Node, entries: &[Entry], object: &'static Object, mistakes: &mut Mistakes) {
    let fields = || object.fields.iter().chain((object.more)(node));
    for entry in entries {
        match fields().find(|field| field.key == entry.key) {
            Some(field) => check(&entry.value, &field.shape, &shown(&entry.key), entry.place, mistakes),
            None if object.is_open => {}
            None => {
                let keys = || fields().map(|field| field.key);
                let hint = match nearest(&entry.key, keys()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None if keys().next().is_none() => "there is none".to_owned(),
                    None => format!("there are {}", listed(keys())),
                };
                mistakes.add(entry.place, format!("{} has no key {}; {hint}", object.name, shown(&entry.key)));
            }
        }
    }
    for field in fields().filter(|field| field.is_needed && node.get(field.key).is_none()) {
        mistakes.add(node.place, format!("{} needs the key `{}`", object.name, field.key));
    }
}

fn described(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) => scalar.described(),
        Content::List(_) => "a list".to_owned(),
        Content::Mapping(_) => "a mapping".to_owned(),
    }
}
