//! Structs, and what variants carry.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Error, Fields, FieldsNamed, Token};

use crate::attributes::{Container, Field};

/// The body of `decode` for a struct.
pub(crate) fn body(fields: &Fields, container: &Container) -> Result<TokenStream, Error> {
    value(&quote!(Self), fields, container)
}

/// The value of a struct, or of a variant, that is read from `node`.
pub(crate) fn value(
    name: &TokenStream,
    fields: &Fields,
    container: &Container,
) -> Result<TokenStream, Error> {
    match fields {
        Fields::Named(named) => from_object(name, named, container),
        Fields::Unnamed(list) if list.unnamed.len() == 1 => {
            for field in &list.unnamed {
                no_attributes(field)?;
            }
            Ok(quote!(#name(::protocol::json::Decode::decode(node))))
        }
        Fields::Unnamed(_) => Err(Error::new_spanned(fields, "Decode knows no lists of fields")),
        Fields::Unit => Ok(quote!(#name)),
    }
}

fn no_attributes(field: &syn::Field) -> Result<(), Error> {
    match field.attrs.iter().find(|attribute| attribute.path().is_ident("serde")) {
        None => Ok(()),
        Some(attribute) => Err(Error::new_spanned(attribute, "not understood on this field")),
    }
}

fn from_object(
    name: &TokenStream,
    named: &FieldsNamed,
    container: &Container,
) -> Result<TokenStream, Error> {
    let mut names = Vec::new();
    let mut required = Punctuated::<TokenStream, Token![,]>::new();
    let (mut places, mut values) = (Vec::new(), Vec::new());
    for (at, field) in named.named.iter().enumerate() {
        let attributes = Field::of(&field.attrs)?;
        let (Some(ident), kind) = (&field.ident, &field.ty) else { continue };
        names.push(attributes.name(ident));
        required.push(if attributes.has_default {
            quote!(false)
        } else {
            quote!(!<#kind as ::protocol::json::Decode>::IS_OPTIONAL)
        });
        let place = Ident::new(&format!("content_{at}"), Span::mixed_site());
        values.push(quote!(#ident: ::protocol::json::Decode::decode(node.at(#place))));
        places.push(place);
    }
    let is_strict = container.denies_unknown;
    Ok(quote! {{
        const FIELDS: ::protocol::json::Fields = ::protocol::json::Fields {
            names: &[#(#names),*],
            required: &[#required],
            is_strict: #is_strict,
        };
        let [#(#places),*] = node.fields(&FIELDS);
        #name { #(#values),* }
    }})
}
