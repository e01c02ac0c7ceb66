//! The serde attributes that are understood.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Ident, LitStr};

/// What serde is told of a type.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) denies_unknown: bool,
    pub(crate) snake_case: bool,
}

/// What serde is told of a field.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) has_default: bool,
    rename: Option<String>,
}

/// What serde is told of a variant.
#[derive(Default)]
pub(crate) struct Variant {
    rename: Option<String>,
}

impl Container {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut container = Self::default();
        each(attributes, |meta| {
            match name(meta)?.as_str() {
                "deny_unknown_fields" => container.denies_unknown = true,
                "rename_all" => container.snake_case = snake_case_only(meta)?,
                "transparent" => {}
                "crate" => drop(text(meta)?),
                _ => return Err(unknown(meta)),
            }
            Ok(())
        })?;
        Ok(container)
    }

    /// The name of a variant in JSON.
    pub(crate) fn name_of(&self, ident: &Ident, variant: Variant) -> String {
        let plain = ident.to_string();
        let name = if self.snake_case { snake_case(&plain) } else { plain };
        variant.rename.unwrap_or(name)
    }
}

impl Field {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut field = Self::default();
        each(attributes, |meta| {
            match name(meta)?.as_str() {
                // `default = "path"` stays over, and syn refuses what stays over.
                "default" => field.has_default = true,
                "rename" => field.rename = Some(text(meta)?),
                "skip_serializing_if" => drop(text(meta)?),
                _ => return Err(unknown(meta)),
            }
            Ok(())
        })?;
        Ok(field)
    }

    /// The name of the field in JSON.
    pub(crate) fn name(&self, ident: &Ident) -> String {
        self.rename.clone().unwrap_or_else(|| {
            let plain = ident.to_string();
            plain.strip_prefix("r#").unwrap_or(&plain).into()
        })
    }
}

impl Variant {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut variant = Self::default();
        each(attributes, |meta| match name(meta)?.as_str() {
            "rename" => {
                variant.rename = Some(text(meta)?);
                Ok(())
            }
            _ => Err(unknown(meta)),
        })?;
        Ok(variant)
    }
}

/// Hands every part of every `#[serde(…)]` over.
fn each(
    attributes: &[Attribute],
    mut take: impl FnMut(&ParseNestedMeta<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(|meta| take(&meta))?;
    }
    Ok(())
}

fn name(meta: &ParseNestedMeta<'_>) -> Result<String, Error> {
    Ok(meta.path.require_ident()?.to_string())
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<String, Error> {
    Ok(meta.value()?.parse::<LitStr>()?.value())
}

fn unknown(meta: &ParseNestedMeta<'_>) -> Error {
    meta.error("Decode does not understand this serde attribute")
}

fn snake_case_only(meta: &ParseNestedMeta<'_>) -> Result<bool, Error> {
    if text(meta)? == "snake_case" {
        return Ok(true);
    }
    Err(meta.error("Decode knows `rename_all = \"snake_case\"` only"))
}

/// As serde does it: an underscore before every capital but the first.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
