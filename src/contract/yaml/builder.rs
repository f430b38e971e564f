//! Builds the tree from the events of the parser, and keeps the limits while it does.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::super::mistake::{Mistakes, Place, shown};
use super::{Content, Entry, Node, Scalar, Size, TEXT_BYTES_MAX};

/// How deep lists and mappings may stand in one another.
const DEPTH_MAX: usize = 64;

/// How many values a file may have once its aliases are expanded.
const VALUES_MAX: usize = 100_000;

/// How much text a file may have once its aliases are expanded, in bytes.
const EXPANDED_BYTES_MAX: usize = 4 * TEXT_BYTES_MAX;

/// Why there is no tree.
type Failure = (Place, String);

pub(super) fn build(text: &str, mistakes: &mut Mistakes) -> Result<Rc<Node>, Failure> {
    let begin = Place { line: 1, column: 1 };
    if text.len() > TEXT_BYTES_MAX {
        let message = format!("the file has {} bytes, and a contract has at most {TEXT_BYTES_MAX}", text.len());
        return Err((begin, message));
    }
    refuse_controls(text)?;
    // A byte order mark is no part of the text.
    let mut parser = Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut builder =
        Builder { mistakes, open: Vec::new(), anchors: HashMap::new(), size: Size::default(), root: None };
    let mut documents = 0;
    while let Some(event) = parser.next_event() {
        let (event, span) =
            event.map_err(|error| (place(error.marker()), format!("this is no YAML: {}", error.info())))?;
        let place = place(&span.start);
        match event {
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err((place, "a second document begins here; a file holds one contract".to_owned()));
                }
            }
            Event::Alias(anchor) => builder.alias(place, anchor)?,
            Event::Scalar(text, style, anchor, tag) => {
                builder.check_tag(place, tag.as_deref());
                let scalar = Scalar { text: text.into_owned(), is_plain: style == ScalarStyle::Plain };
                builder.scalar(place, scalar, anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                builder.check_tag(place, tag.as_deref());
                builder.begin(Open::list(place, anchor))?;
            }
            Event::MappingStart(anchor, tag) => {
                builder.check_tag(place, tag.as_deref());
                builder.begin(Open::mapping(place, anchor))?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.end()?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }
    builder.root.ok_or_else(|| (begin, "the file is empty; a contract of ODCS v3.1.0 is expected".to_owned()))
}

fn place(marker: &Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}

/// The parser takes some control characters for the end of the file.
fn refuse_controls(text: &str) -> Result<(), Failure> {
    let is_refused = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let Some(at) = text.find(is_refused) else { return Ok(()) };
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |feed| feed + 1);
    let place = Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 };
    let odd = text[at..].chars().next().map_or(0, u32::from);
    Err((place, format!("the control character U+{odd:04X} cannot stand in YAML; take it out")))
}

/// A list or mapping whose end is not reached.
struct Open {
    place: Place,
    anchor: usize,
    size: Size,
    content: Content,
    /// The key whose value is awaited.
    key: Option<(String, Place)>,
    /// The lines of the keys so far.
    lines: HashMap<String, usize>,
}

impl Open {
    fn list(place: Place, anchor: usize) -> Self {
        Self::new(place, anchor, Content::List(Vec::new()))
    }

    fn mapping(place: Place, anchor: usize) -> Self {
        Self::new(place, anchor, Content::Mapping(Vec::new()))
    }

    fn new(place: Place, anchor: usize, content: Content) -> Self {
        let size = Size { values: 1, text_bytes: 0 };
        Self { place, anchor, size, content, key: None, lines: HashMap::new() }
    }
}

struct Builder<'m> {
    mistakes: &'m mut Mistakes,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    size: Size,
    root: Option<Rc<Node>>,
}

impl Builder<'_> {
    fn check_tag(&mut self, place: Place, tag: Option<&Tag>) {
        if let Some(tag) = tag {
            let message = format!("the tag {} means nothing here; take it away", shown(&tag.to_string()));
            self.mistakes.add(place, message);
        }
    }

    fn grow(&mut self, place: Place, by: Size) -> Result<(), Failure> {
        self.size.values += by.values;
        self.size.text_bytes += by.text_bytes;
        if self.size.values > VALUES_MAX {
            let message =
                format!("up to here the file has more than {VALUES_MAX} values, those of its aliases included");
            return Err((place, message));
        }
        if self.size.text_bytes > EXPANDED_BYTES_MAX {
            let message =
                format!("up to here the file has more than {EXPANDED_BYTES_MAX} bytes, those of its aliases included");
            return Err((place, message));
        }
        Ok(())
    }

    fn scalar(&mut self, place: Place, scalar: Scalar, anchor: usize) -> Result<(), Failure> {
        let size = Size { values: 1, text_bytes: scalar.text.len() };
        self.grow(place, size)?;
        self.place_node(Rc::new(Node { place, content: Content::Scalar(scalar), size }), anchor, place);
        Ok(())
    }

    fn alias(&mut self, place: Place, anchor: usize) -> Result<(), Failure> {
        let Some(node) = self.anchors.get(&anchor).map(Rc::clone) else {
            return Err((place, "this alias stands inside its own anchor".to_owned()));
        };
        self.grow(place, node.size)?;
        self.place_node(node, 0, place);
        Ok(())
    }

    fn begin(&mut self, open: Open) -> Result<(), Failure> {
        if self.open.len() == DEPTH_MAX {
            return Err((open.place, format!("lists and mappings stand more than {DEPTH_MAX} deep in one another")));
        }
        self.grow(open.place, open.size)?;
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Failure> {
        let Some(Open { place, anchor, size, content, .. }) = self.open.pop() else { return Ok(()) };
        self.place_node(Rc::new(Node { place, content, size }), anchor, place);
        Ok(())
    }

    /// Puts a value where it belongs. `place` is where it stands, which an alias's own place is not.
    fn place_node(&mut self, node: Rc<Node>, anchor: usize, place: Place) {
        // Anchors are numbered from 1.
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.size.values += node.size.values;
        open.size.text_bytes += node.size.text_bytes;
        match (&mut open.content, open.key.take()) {
            (Content::Scalar(_), _) => {}
            (Content::List(items), _) => items.push(node),
            (Content::Mapping(_), None) => {
                let key = match node.scalar() {
                    Some(scalar) => scalar.text.clone(),
                    None => {
                        self.mistakes.add(place, "a key must be a text, not a list or mapping");
                        String::new()
                    }
                };
                open.key = Some((key, place));
            }
            (Content::Mapping(entries), Some((key, key_place))) => match open.lines.entry(key.clone()) {
                Slot::Vacant(slot) => {
                    slot.insert(key_place.line);
                    entries.push(Entry { key, place: key_place, value: node });
                }
                Slot::Occupied(first) => {
                    let message = format!("the key {} is in line {}, too; keep one", shown(&key), first.get());
                    self.mistakes.add(key_place, message);
                }
            },
        }
    }
}
