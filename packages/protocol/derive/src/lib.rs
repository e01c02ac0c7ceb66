//! Derives `protocol::json::Decode` from a type's definition and its serde attributes.
//!
//! What is generated agrees with what serde generates from the same attributes, but for two things:
//! a struct has no second form as a list, and a field with `default` that is absent takes the
//! *empty* value of its type (nothing, no elements, 0, false, the first variant) without asking
//! `Default`. An attribute that is not understood is a compile error, never ignored.

mod attributes;
mod enums;
mod structs;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, parse_macro_input};

use attributes::Container;

/// Derives `protocol::json::Decode` for structs and enums as serde writes them: objects, and
/// externally tagged variants.
///
/// Understood of serde's attributes: on a type `deny_unknown_fields`, `rename_all = "snake_case"`,
/// `transparent` and `crate`; on a field `default`, `rename` and `skip_serializing_if`; on a
/// variant `rename`.
///
/// ```
/// #[derive(protocol::json::Decode)]
/// struct Lamp {
///     #[serde(rename = "w", default)]
///     watts: u32,
/// }
/// # let _: Result<Lamp, _> = protocol::json::from_slice(b"{}");
/// ```
///
/// Anything else does not compile:
///
/// ```compile_fail
/// #[derive(protocol::json::Decode)]
/// struct Lamp {
///     #[serde(alias = "w", default)]
///     watts: u32,
/// }
/// # let _: Result<Lamp, _> = protocol::json::from_slice(b"{}");
/// ```
///
/// ```compile_fail
/// #[derive(protocol::json::Decode)]
/// struct Lamp {
///     #[serde(default = "forty")]
///     watts: u32,
/// }
/// # fn forty() -> u32 { 40 }
/// # let _: Result<Lamp, _> = protocol::json::from_slice(b"{}");
/// ```
#[proc_macro_derive(Decode, attributes(serde))]
pub fn derive_decode(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

fn expand(input: &DeriveInput) -> Result<TokenStream, Error> {
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "Decode knows no generic types"));
    }
    let container = Container::of(&input.attrs)?;
    let (name, body) = (
        &input.ident,
        match &input.data {
            Data::Struct(data) => structs::body(&data.fields, &container)?,
            Data::Enum(data) => enums::body(&input.ident, data, &container)?,
            Data::Union(_) => return Err(Error::new_spanned(input, "Decode knows no unions")),
        },
    );
    Ok(quote! {
        #[automatically_derived]
        impl ::protocol::json::Decode for #name {
            fn decode(node: ::protocol::json::Node<'_>) -> Self {
                #body
            }
        }
    })
}
