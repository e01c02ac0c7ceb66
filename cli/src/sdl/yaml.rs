//! YAML as a tree in which everything knows its place.
//!
//! Plain scalars are read as js-yaml 4 does, which Akash's tools use: YAML 1.2's core schema with
//! merge keys. Aliases share their node, so that a file of nested aliases costs no memory.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::error::SdlError;
use super::field::Spot;

/// How deep a file may be nested: the deepest field of an SDL is at 10.
const DEPTH: usize = 32;

/// A value and its place.
#[derive(Debug)]
pub struct Node {
    /// Where it begins.
    pub at: Spot,
    /// What it is.
    pub value: Value,
}

/// What stands in a file.
#[derive(Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Rc<Node>>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where it stands.
    pub at: Spot,
    /// Its value.
    pub value: Rc<Node>,
}

impl Value {
    /// What it is, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// Reads the only document of a file.
///
/// # Errors
/// It is no YAML, or has more than one document, a tag, a repeated key or a key that is no text.
pub fn read(text: &str) -> Result<Rc<Node>, SdlError> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new() };
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamStart | Event::DocumentStart(_) => {}
            Event::StreamEnd => return Err(wrong(spot(span), "the file is empty")),
            other => {
                let root = reader.node(other, span, 0)?;
                reader.end()?;
                return Ok(root);
            }
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Rc<Node>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), SdlError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(wrong(place(*error.marker()), error.info())),
            None => Err(wrong(Spot { line: 1, column: 1 }, "the file ends early")),
        }
    }

    fn end(&mut self) -> Result<(), SdlError> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentEnd, _) => {}
                (_, span) => return Err(wrong(spot(span), "the file has more than one document")),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Rc<Node>, SdlError> {
        let at = spot(span);
        if depth > DEPTH {
            return Err(wrong(at, "nested too deep"));
        }
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                let found = self.anchors.get(&anchor);
                return found.cloned().ok_or_else(|| wrong(at, "an alias of what contains it"));
            }
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar(text.into_owned(), style, tag.as_deref(), at)?)
            }
            Event::SequenceStart(anchor, tag) => {
                untagged(tag.as_deref(), at)?;
                (anchor, Value::List(self.list(depth)?))
            }
            Event::MappingStart(anchor, tag) => {
                untagged(tag.as_deref(), at)?;
                (anchor, Value::Map(self.map(depth)?))
            }
            _ => return Err(wrong(at, "a value is missing")),
        };
        let node = Rc::new(Node { at, value });
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Rc<Node>>, SdlError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Entry>, SdlError> {
        let mut entries = Entries::default();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(entries.all);
            }
            let at = spot(span);
            let plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, ..));
            let key = match event {
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(wrong(at, "a key must be a text")),
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            if plain && key == "<<" {
                entries.merge(&value)?;
            } else {
                entries.add(Entry { key, at, value })?;
            }
        }
    }
}

/// The entries of a mapping; the first of them that were `own` in the order of the file.
#[derive(Default)]
struct Entries {
    all: Vec<Entry>,
    merged: Vec<String>,
}

impl Entries {
    fn add(&mut self, entry: Entry) -> Result<(), SdlError> {
        let Some(found) = self.all.iter_mut().find(|other| other.key == entry.key) else {
            self.all.push(entry);
            return Ok(());
        };
        let Some(merged) = self.merged.iter().position(|key| *key == entry.key) else {
            return Err(wrong(entry.at, &format!("the key `{}` is repeated", entry.key)));
        };
        self.merged.swap_remove(merged);
        *found = entry;
        Ok(())
    }

    /// Takes over what is not there yet.
    fn merge(&mut self, from: &Node) -> Result<(), SdlError> {
        match &from.value {
            Value::Map(entries) => {
                for entry in entries {
                    if !self.all.iter().any(|own| own.key == entry.key) {
                        self.merged.push(entry.key.clone());
                        self.all.push(entry.clone());
                    }
                }
                Ok(())
            }
            Value::List(items) => items.iter().try_for_each(|item| self.merge(item)),
            other => Err(wrong(from.at, &format!("`<<` takes a mapping, not {}", other.kind()))),
        }
    }
}

fn scalar(
    text: String,
    style: ScalarStyle,
    tag: Option<&Tag>,
    at: Spot,
) -> Result<Value, SdlError> {
    if tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str") {
        return Ok(Value::Text(text));
    }
    untagged(tag, at)?;
    if style != ScalarStyle::Plain {
        return Ok(Value::Text(text));
    }
    Ok(match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if is_number(number) => Value::Number(text),
        _ => Value::Text(text),
    })
}

/// Whether a plain scalar is a number to js-yaml.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let based = |prefix: &str, base: u32| {
        let digits = text.strip_prefix(prefix);
        digits.is_some_and(|digits| {
            !digits.is_empty() && digits.chars().all(|c| c.is_digit(base) || c == '_')
        })
    };
    if based("0b", 2) || based("0o", 8) || based("0x", 16) {
        return true;
    }
    if matches!(text, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c == '_');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let begins = mantissa.starts_with(|c: char| c.is_ascii_digit())
        || whole.is_empty() && fraction.starts_with(|c: char| c.is_ascii_digit());
    let ends = !text.ends_with('_');
    begins && ends && digits(whole) && digits(fraction) && !exponent.is_empty() && digits(exponent)
}

fn untagged(tag: Option<&Tag>, at: Spot) -> Result<(), SdlError> {
    match tag {
        None => Ok(()),
        Some(tag) => {
            let (handle, suffix) = (&tag.handle, &tag.suffix);
            Err(wrong(at, &format!("the tag `{handle}{suffix}` is not understood; remove it")))
        }
    }
}

fn spot(span: Span) -> Spot {
    place(span.start)
}

fn place(marker: Marker) -> Spot {
    Spot { line: marker.line(), column: marker.col() + 1 }
}

fn wrong(at: Spot, reason: &str) -> SdlError {
    SdlError { line: at.line, column: at.column, field: String::new(), reason: reason.into() }
}
