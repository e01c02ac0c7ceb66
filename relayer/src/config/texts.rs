//! Values that are one text or a list of them.

use std::fmt;
use std::ops::Deref;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Texts in their order, none of them twice; a single one is written without brackets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(Vec<String>);

impl Texts {
    /// The first; empty when there is none.
    pub fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

impl Deref for Texts {
    type Target = [String];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<String> for Texts {
    fn from(text: String) -> Self {
        Self(vec![text])
    }
}

impl From<Vec<String>> for Texts {
    /// One that comes again is left out.
    fn from(texts: Vec<String>) -> Self {
        let mut all = Vec::new();
        for text in texts {
            if !all.contains(&text) {
                all.push(text);
            }
        }
        Self(all)
    }
}

impl From<Option<String>> for Texts {
    fn from(text: Option<String>) -> Self {
        Self(text.into_iter().collect())
    }
}

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => to.serialize_str(one),
            all => all.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a list of texts as in [\"a\", \"b\"]")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Texts, E> {
        Ok(text.to_owned().into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Texts, A::Error> {
        let mut texts: Vec<String> = Vec::new();
        while let Some(text) = items.next_element()? {
            if texts.contains(&text) {
                return Err(A::Error::custom(format!("`{text}` is in it twice; remove one")));
            }
            texts.push(text);
        }
        Ok(Texts(texts))
    }
}

/// At least one text.
pub(super) fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<Texts, D::Error> {
    let texts = Texts::deserialize(from)?;
    if texts.is_empty() {
        return Err(D::Error::custom("the list is empty; name at least one"));
    }
    Ok(texts)
}
