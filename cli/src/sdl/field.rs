//! A value with the field it stands in, for errors that name it.

use std::rc::Rc;

use super::error::SdlError;
use super::quantity::Decimal;
use super::yaml::{Entry, Node, Value};

/// A place in a file, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Spot {
    /// What is wrong here.
    pub(super) fn wrong(self, field: impl Into<String>, reason: impl Into<String>) -> SdlError {
        let Self { line, column } = self;
        SdlError { line, column, field: field.into(), reason: reason.into() }
    }
}

/// A value and the field it stands in.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) path: String,
    pub(super) node: Rc<Node>,
}

/// A mapping whose known fields are taken out one by one.
#[derive(Debug)]
pub(super) struct Section {
    path: String,
    pub(super) at: Spot,
    entries: Vec<Entry>,
}

impl Field {
    pub(super) fn root(node: &Rc<Node>) -> Self {
        Self { path: String::new(), node: Rc::clone(node) }
    }

    pub(super) fn at(&self) -> Spot {
        self.node.at
    }

    pub(super) fn wrong(&self, reason: impl Into<String>) -> SdlError {
        self.at().wrong(&self.path, reason)
    }

    fn expected(&self, wanted: &str) -> SdlError {
        let got = &self.node.value;
        let hint = match got {
            Value::Number(_) | Value::Bool(_) if wanted.contains("text") => "; write it in quotes",
            _ => "",
        };
        self.wrong(format!("expected {wanted}, got {}{hint}", got.kind()))
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.node.value, Value::Null)
    }

    /// The fields of a mapping.
    pub(super) fn section(&self) -> Result<Section, SdlError> {
        let Value::Map(entries) = &self.node.value else {
            return Err(self.expected("a mapping"));
        };
        Ok(Section { path: self.path.clone(), at: self.at(), entries: entries.clone() })
    }

    /// The entries of a mapping whose keys are names that the file chooses.
    pub(super) fn named(&self) -> Result<Vec<(String, Self)>, SdlError> {
        let section = self.section()?;
        let entries = section.entries.into_iter().map(|entry| {
            let path = join(&self.path, &entry.key);
            // JavaScript puts such keys first: the manifest would have another order.
            if !entry.key.is_empty() && entry.key.chars().all(|c| c.is_ascii_digit()) {
                return Err(entry.at.wrong(path, "a name needs a letter in it"));
            }
            Ok((entry.key, Self { path, node: entry.value }))
        });
        entries.collect()
    }

    pub(super) fn list(&self) -> Result<Vec<Self>, SdlError> {
        let Value::List(items) = &self.node.value else {
            return Err(self.expected("a list"));
        };
        let item =
            |(index, node)| Self { path: format!("{}[{index}]", self.path), node: Rc::clone(node) };
        Ok(items.iter().enumerate().map(item).collect())
    }

    pub(super) fn text(&self) -> Result<String, SdlError> {
        match &self.node.value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.expected("a text")),
        }
    }

    /// A text of at least so many characters.
    pub(super) fn text_of(&self, least: usize) -> Result<String, SdlError> {
        let text = self.text()?;
        if text.chars().count() < least {
            return Err(self.wrong(format!("needs at least {least} characters")));
        }
        Ok(text)
    }

    pub(super) fn texts(&self) -> Result<Vec<String>, SdlError> {
        self.list()?.iter().map(Self::text).collect()
    }

    /// A text of a few.
    pub(super) fn one_of(&self, known: &[&str]) -> Result<String, SdlError> {
        let text = self.text()?;
        if !known.contains(&text.as_str()) {
            return Err(self.wrong(format!("expected one of {}, got `{text}`", quoted(known))));
        }
        Ok(text)
    }

    pub(super) fn bool(&self) -> Result<bool, SdlError> {
        match self.node.value {
            Value::Bool(value) => Ok(value),
            _ => Err(self.expected("true or false")),
        }
    }

    /// A whole number in a range.
    pub(super) fn integer(&self, min: u64, max: u64) -> Result<u64, SdlError> {
        let Value::Number(text) = &self.node.value else {
            return Err(self.expected("a whole number"));
        };
        let number = text.parse().ok().filter(|number| (min..=max).contains(number));
        number.ok_or_else(|| {
            self.wrong(format!("expected a whole number from {min} to {max}, got `{text}`"))
        })
    }

    /// A decimal number, as a number or in quotes.
    pub(super) fn decimal(&self) -> Result<Decimal, SdlError> {
        let (Value::Number(text) | Value::Text(text)) = &self.node.value else {
            return Err(self.expected("a number"));
        };
        text.parse().map_err(|error| self.wrong(format!("{error}")))
    }

    /// A scalar as text, as JavaScript writes it.
    pub(super) fn scalar(&self) -> Result<String, SdlError> {
        match &self.node.value {
            Value::Text(text) => Ok(text.clone()),
            Value::Bool(value) => Ok(value.to_string()),
            // Other forms JavaScript would write differently.
            Value::Number(text) if text.parse().is_ok_and(|n: u32| n.to_string() == *text) => {
                Ok(text.clone())
            }
            Value::Number(_) => Err(self.wrong("write this number in quotes")),
            _ => Err(self.expected("a text, a whole number or a bool")),
        }
    }
}

impl Section {
    /// Takes a field that may be missing.
    pub(super) fn take(&mut self, key: &str) -> Option<Field> {
        let found = self.entries.iter().position(|entry| entry.key == key)?;
        let entry = self.entries.remove(found);
        Some(Field { path: join(&self.path, key), node: entry.value })
    }

    /// Takes a field that may be missing or empty.
    pub(super) fn take_some(&mut self, key: &str) -> Option<Field> {
        self.take(key).filter(|field| !field.is_null())
    }

    /// Takes a field that must be there.
    pub(super) fn need(&mut self, key: &str) -> Result<Field, SdlError> {
        let (at, path) = (self.at, self.path.clone());
        self.take(key).ok_or_else(|| at.wrong(path, format!("`{key}` is missing")))
    }

    /// Refuses what was not taken.
    pub(super) fn finish(self, known: &[&str]) -> Result<(), SdlError> {
        let Some(entry) = self.entries.first() else { return Ok(()) };
        let field = join(&self.path, &entry.key);
        Err(entry.at.wrong(field, format!("unknown field; known here: {}", quoted(known))))
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
