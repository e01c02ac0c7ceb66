//! The configurations of other relayers, taken over.
//!
//! Every key of the other file ends in one of three ways: it becomes a value of ours, or it is named as one that
//! ferry does not need, or it is named as one that ferry does not do. Nothing is dropped in silence.

mod hermes;
mod rly;
mod units;
mod yaml;

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;
use toml::{Table, Value};

use super::Config;
use super::option::ExtensionOption;

/// What another relayer's configuration became.
#[derive(Debug, PartialEq)]
pub struct Import {
    /// Ours.
    pub config: Config,
    /// Where the other relayer has its keys, in the order of the chains, and of each chain's keys.
    pub keys: Vec<Vec<KeySource>>,
    /// The paths that it serves.
    pub paths: Vec<ImportedPath>,
    /// What did not become a value of ours.
    pub notes: Vec<Note>,
}

/// Where another relayer has a chain's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file of Hermes, relative to its folder of keys unless that is given.
    Hermes {
        /// The chain.
        chain: String,
        /// The key's name.
        name: String,
        /// The folder that the configuration names.
        folder: Option<PathBuf>,
    },
    /// A keyring of rly, in a folder with the chain's id below that of its keys.
    Rly {
        /// The chain as rly names it.
        alias: String,
        /// The key's name.
        name: String,
        /// The chain id.
        id: String,
        /// The prefix of its addresses.
        prefix: String,
        /// How the keyring is kept: ferry opens `test`.
        backend: String,
    },
}

/// A path that another relayer serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedPath {
    /// Its name.
    pub name: String,
    /// The first chain.
    pub a: String,
    /// The other chain.
    pub b: String,
    /// The first chain's connection; none of a path that the other relayer has not made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// A key that did not become a value of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Where it stands.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Whether ferry behaves differently because of it.
    pub differs: bool,
    /// Why, and what there is instead.
    pub why: String,
}

/// Why a file cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is neither.
    #[error("this is neither Hermes' config.toml nor rly's config.yaml: {0}")]
    Unknown(String),
    /// A key that it must have is not there, or is something else than expected.
    #[error("`{key}`: {reason}")]
    Value {
        /// Where it stands.
        key: String,
        /// What is wrong.
        reason: String,
    },
}

/// Takes over a configuration of Hermes or rly, whichever it is.
///
/// # Errors
/// [`ImportError`].
pub fn import(text: &str) -> Result<Import, ImportError> {
    let unknown = |error: String| ImportError::Unknown(error);
    match text.parse::<Table>() {
        Ok(table) if table.contains_key("chains") => hermes::import(Source::of(table)),
        Ok(_) => Err(unknown("it has no `chains`".into())),
        Err(toml) => match yaml::read(text) {
            Ok(table) if table.contains_key("chains") => rly::import(Source::of(table)),
            Ok(_) => Err(unknown(toml.message().to_owned())),
            Err(yaml) => Err(unknown(format!("{}; {yaml}", toml.message()))),
        },
    }
}

/// A factor, read as our own file's are.
#[derive(serde::Deserialize)]
struct Multiplier {
    #[serde(with = "super::gas::multiplier")]
    multiplier: u64,
}

/// A table of a foreign file, from which keys are taken until none is left.
#[derive(Debug)]
struct Source {
    /// Where it stands; empty for the whole file.
    at: String,
    table: Table,
}

impl Source {
    fn of(table: Table) -> Self {
        Self { at: String::new(), table }
    }

    fn key(&self, key: &str) -> String {
        if self.at.is_empty() { key.to_owned() } else { format!("{}.{key}", self.at) }
    }

    fn wrong(&self, key: &str, reason: impl Into<String>) -> ImportError {
        ImportError::Value { key: self.key(key), reason: reason.into() }
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.table.remove(key)
    }

    /// A table within; an empty one if it is not there.
    fn table(&mut self, key: &str) -> Result<Self, ImportError> {
        let at = self.key(key);
        match self.take(key) {
            None => Ok(Self { at, table: Table::new() }),
            Some(Value::Table(table)) => Ok(Self { at, table }),
            Some(other) => {
                Err(self.wrong(key, format!("it is {}, expected a table", other.type_str())))
            }
        }
    }

    /// The tables of a list.
    fn tables(&mut self, key: &str) -> Result<Vec<Self>, ImportError> {
        let at = self.key(key);
        let items = match self.take(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                return Err(self.wrong(key, format!("it is {}, expected a list", other.type_str())));
            }
        };
        let table = |(index, item)| match item {
            Value::Table(table) => Ok(Self { at: format!("{at}[{index}]"), table }),
            _ => Err(self.wrong(key, format!("no. {index} is no table"))),
        };
        items.into_iter().enumerate().map(table).collect()
    }

    /// The texts, numbers and bools of a list, as written.
    fn texts(&mut self, key: &str) -> Vec<String> {
        match self.take(key) {
            Some(Value::Array(items)) => items.iter().map(plain).collect(),
            _ => Vec::new(),
        }
    }

    /// A text, number or bool, as written.
    fn text(&mut self, key: &str) -> Option<String> {
        self.take(key).map(|value| plain(&value))
    }

    fn needed(&mut self, key: &str) -> Result<String, ImportError> {
        self.text(key).ok_or_else(|| self.wrong(key, "it is missing"))
    }

    fn number<T: std::str::FromStr>(&mut self, key: &str) -> Result<Option<T>, ImportError> {
        let text = self.text(key);
        let parse = |text: &String| {
            text.parse().map_err(|_| self.wrong(key, format!("`{text}` is no number")))
        };
        text.as_ref().map(parse).transpose()
    }

    /// A factor such as 1.1, in thousandths, as the configuration keeps it.
    fn multiplier(&mut self, key: &str) -> Result<Option<u64>, ImportError> {
        let Some(factor) = self.number::<f64>(key)? else { return Ok(None) };
        let inner = toml::Table::from_iter([("multiplier".to_owned(), Value::Float(factor))]);
        let read: Result<Multiplier, _> = inner.try_into();
        match read {
            Ok(Multiplier { multiplier }) => Ok(Some(multiplier)),
            Err(error) => Err(self.wrong(key, error.message())),
        }
    }

    /// The options in every transaction, of which ferry knows one, by the types that mean it.
    fn options(
        &mut self,
        key: &str,
        is_known: impl Fn(&str) -> bool,
        notes: &mut Vec<Note>,
    ) -> Result<Vec<ExtensionOption>, ImportError> {
        let mut options = Vec::new();
        for mut option in self.tables(key)? {
            let kind = option.text("type").unwrap_or_default();
            if is_known(&kind) {
                options.extend(option.number("value")?.map(ExtensionOption::EthermintDynamicFee));
            } else {
                let why = "ferry knows the option `ethermint_dynamic_fee` only".to_owned();
                notes.push(Note { key: option.key("type"), value: kind, differs: true, why });
            }
            option.rest(notes);
        }
        Ok(options)
    }

    fn is_true(&mut self, key: &str) -> bool {
        matches!(self.take(key), Some(Value::Boolean(true)))
    }

    /// Names the keys that ferry does not need.
    fn needless(&mut self, keys: &[(&str, &str)], notes: &mut Vec<Note>) {
        notes.extend(self.named(keys));
    }

    /// Names the keys for something that ferry does not do, or does otherwise.
    fn differs(&mut self, keys: &[(&str, &str)], notes: &mut Vec<Note>) {
        notes.extend(self.named(keys).map(|note| Note { differs: true, ..note }));
    }

    /// The same for keys that have one value with which ferry behaves as the other relayer does.
    fn differs_unless(&mut self, keys: &[(&str, &str, &str)], notes: &mut Vec<Note>) {
        for (key, same, why) in keys {
            let is_same = self.table.get(*key).is_some_and(|value| plain(value) == *same);
            notes
                .extend(self.named(&[(*key, *why)]).map(|note| Note { differs: !is_same, ..note }));
        }
    }

    fn named(&mut self, keys: &[(&str, &str)]) -> impl Iterator<Item = Note> {
        keys.iter().filter_map(|(key, why)| {
            let value = plain(&self.take(key)?);
            Some(Note { key: self.key(key), value, differs: false, why: (*why).to_owned() })
        })
    }

    /// Names what was not taken.
    fn rest(self, notes: &mut Vec<Note>) {
        for (key, value) in &self.table {
            notes.push(Note {
                key: self.key(key),
                value: plain(value),
                differs: true,
                why: "ferry does not know this key of the other relayer".into(),
            });
        }
    }
}

/// A value as it is written, a text without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Import {
    /// The text of our file: what was taken over, and in comments what was not.
    ///
    /// # Errors
    /// Never for a configuration that was read.
    pub fn text(&self) -> Result<String, toml::ser::Error> {
        let mut text =
            String::from("# ferry's configuration, taken over by `ferry config import`.\n");
        text.push_str("# `ferry config show` has every key with its default.\n");
        for note in self.notes.iter().filter(|note| note.differs) {
            text.push_str(&format!("# NOT taken over: {note}\n"));
        }
        text.push('\n');
        text.push_str(&toml::to_string(&self.config)?);
        Ok(text)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, value, why, .. } = self;
        let value = value.replace('\n', " ");
        write!(f, "{key} = {value}: {why}")
    }
}

#[cfg(test)]
mod tests;
