//! Types decoded from a tree.

use std::slice::Iter;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Error, Tree};

/// A tree to decode from.
#[derive(Clone, Copy)]
pub(super) struct Node<'a>(pub(super) &'a Tree);

/// What was found in place of what was expected. Apart, so that there is one copy for all types.
#[inline(never)]
fn unexpected(tree: &Tree, expected: &str) -> Error {
    let found = match tree {
        Tree::Null => Unexpected::Unit,
        Tree::Bool(value) => Unexpected::Bool(*value),
        Tree::Unsigned(value) => Unexpected::Unsigned(*value),
        Tree::Signed(value) => Unexpected::Signed(*value),
        Tree::Text(value) => Unexpected::Str(value),
        Tree::List(_) => Unexpected::Seq,
        Tree::Object(_) => Unexpected::Map,
    };
    Error::invalid_type(found, &expected)
}

/// The entries of an object whose keys are among `names`, none twice.
#[inline(never)]
fn fields<'a>(tree: &'a Tree, names: &[&str]) -> Result<&'a [(String, Tree)], Error> {
    let Tree::Object(entries) = tree else { return Err(unexpected(tree, "an object")) };
    let mut rest = entries.as_slice();
    while let [(key, _), others @ ..] = rest {
        if !names.contains(&key.as_str()) {
            return Err(Error::custom(format!("unknown field `{key}`, {}", expected(names))));
        }
        if others.iter().any(|(other, _)| other == key) {
            return Err(Error::custom(format!("duplicate field `{key}`")));
        }
        rest = others;
    }
    Ok(entries)
}

fn expected(names: &[&str]) -> String {
    if names.is_empty() {
        return "there are no fields".into();
    }
    format!("expected one of `{}`", names.join("`, `"))
}

#[inline(never)]
fn elements(tree: &Tree) -> Result<Elements<'_>, Error> {
    let Tree::List(items) = tree else { return Err(unexpected(tree, "a list")) };
    Ok(Elements(items.iter()))
}

/// The variant that a tree names, and what it carries.
#[inline(never)]
fn variant(tree: &Tree) -> Result<(&str, Option<&Tree>), Error> {
    if let Tree::Text(name) = tree {
        return Ok((name, None));
    }
    let Tree::Object(entries) = tree else {
        return Err(unexpected(tree, "a name, or an object with one key"));
    };
    match entries.as_slice() {
        [(name, content)] => Ok((name, Some(content))),
        [] => Err(Error::custom("expected an object with one key, found none")),
        [(name, _), (other, _), ..] if name == other => {
            Err(Error::custom(format!("duplicate field `{other}`")))
        }
        [(name, _), (other, _), ..] => Err(Error::custom(format!(
            "unknown field `{other}`, expected an object with the one key `{name}`"
        ))),
    }
}

impl<'de> Deserializer<'de> for Node<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Unsigned(value) => visitor.visit_u64(*value),
            Tree::Signed(value) => visitor.visit_i64(*value),
            Tree::Text(value) => visitor.visit_str(value),
            Tree::List(items) => visitor.visit_seq(Elements(items.iter())),
            // Maps with keys of their own are not part of this project's JSON.
            Tree::Object(_) => Err(unexpected(self.0, "anything but an object")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Tree::Bool(value) = self.0 else { return Err(unexpected(self.0, "true or false")) };
        visitor.visit_bool(*value)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Tree::Unsigned(value) = self.0 else {
            return Err(unexpected(self.0, "a number from zero up"));
        };
        visitor.visit_u64(*value)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Tree::Text(value) = self.0 else { return Err(unexpected(self.0, "a string")) };
        visitor.visit_str(value)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if *self.0 == Tree::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(elements(self.0)?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        // What the visitor leaves over is one element too many.
        let mut elements = elements(self.0)?;
        let value = visitor.visit_seq(&mut elements)?;
        if elements.0.len() > 0 {
            return Err(unexpected(self.0, "a shorter list"));
        }
        Ok(value)
    }

    /// A struct is an object with these fields and no other, each at most once.
    ///
    /// It is handed over in the order of the fields: what is generated for a sequence is half of
    /// what is generated for a map.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut fields = Fields { entries: fields(self.0, names)?, names, next: 0 };
        visitor.visit_seq(&mut fields).map_err(|error| error.of_field(names))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (name, content) = variant(self.0)?;
        visitor.visit_enum(Variant { name, content })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple_struct map
    }
}

struct Elements<'a>(Iter<'a, Tree>);

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|item| seed.deserialize(Node(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The fields of a struct in its own order. One that is absent ends the sequence for the moment,
/// which the type answers with the field's default or, if it has none, with an error.
struct Fields<'a> {
    entries: &'a [(String, Tree)],
    names: &'static [&'static str],
    next: usize,
}

impl<'a> Fields<'a> {
    #[inline(never)]
    fn next(&mut self) -> Option<Node<'a>> {
        let name = self.names.get(self.next)?;
        self.next = self.next.saturating_add(1);
        self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| Node(value))
    }
}

impl<'de> SeqAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.next().map(|value| seed.deserialize(value)).transpose()
    }
}

struct Variant<'a> {
    name: &'a str,
    content: Option<&'a Tree>,
}

impl<'a> Variant<'a> {
    #[inline(never)]
    fn content(&self) -> Result<Node<'a>, Error> {
        self.content.map(Node).ok_or_else(|| {
            Error::custom(format!("`{}` needs its content: an object with this key", self.name))
        })
    }
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        Ok((seed.deserialize(text(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            None | Some(Tree::Null) => Ok(()),
            Some(other) => Err(unexpected(other, "nothing")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.content()?.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.content()?.deserialize_struct("", fields, visitor)
    }
}

fn text(text: &str) -> StrDeserializer<'_, Error> {
    text.into_deserializer()
}
