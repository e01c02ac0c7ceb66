//! JSON decoded with little code.
//!
//! A decoder that is generated for each pair of type and text format costs a contract 2 KiB for
//! each struct: a market of 150 structs does not fit into the 800 KiB that a chain takes. Here the
//! text is read once, by one piece of code, into a tree; what is generated for a type only walks
//! it. Repeated keys survive the tree, so that the types refuse them as before.

mod walk;

use std::fmt;

use cosmwasm_std::from_json;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A value that decodes by way of a tree and encodes as itself. Put it around what is stored,
/// or arrives, as JSON.
///
/// Numbers above 2^64 must be strings, as everywhere in this project's JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Small<T>(pub T);

/// Decodes JSON with little code.
///
/// # Errors
/// [`Error`] with what was expected and found.
pub fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, Error> {
    let tree: Tree = from_json(json).map_err(de::Error::custom)?;
    T::deserialize(walk::Node(&tree))
}

impl<T: Serialize> Serialize for Small<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Small<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tree = Tree::deserialize(deserializer)?;
        T::deserialize(walk::Node(&tree)).map(Self).map_err(de::Error::custom)
    }
}

/// JSON as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tree {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

/// Why JSON does not decode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(Reason);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Reason {
    /// The field of this index is absent.
    #[error("missing field no. {0}")]
    Missing(usize),
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// Names the field that is absent.
    fn of_field(self, names: &[&str]) -> Self {
        match self.0 {
            Reason::Missing(index) => {
                let name = names.get(index).copied().unwrap_or("?");
                Self(Reason::Other(format!("missing field `{name}`")))
            }
            Reason::Other(_) => self,
        }
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Reason::Other(message.to_string()))
    }

    /// What a struct says when the sequence of its fields ends too early.
    fn invalid_length(len: usize, _expected: &dyn de::Expected) -> Self {
        Self(Reason::Missing(len))
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Planter)
    }
}

struct Planter;

impl<'de> Visitor<'de> for Planter {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without fractions")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Signed(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Tree::Object(entries))
    }
}
