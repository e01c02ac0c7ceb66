//! Enums: a name, or an object with one key.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{DataEnum, Error, Fields, Ident, Variant};

use crate::attributes::{self, Container};
use crate::structs;

/// The body of `decode` for an enum.
pub(crate) fn body(
    name: &Ident,
    data: &DataEnum,
    container: &Container,
) -> Result<TokenStream, Error> {
    let Some(first) = data.variants.first() else {
        return Err(Error::new_spanned(name, "Decode needs at least one variant"));
    };
    refuse_recursion(name, first)?;
    let (mut names, mut units, mut arms) = (Vec::new(), 0_u64, Vec::new());
    for (at, variant) in data.variants.iter().enumerate() {
        let is_unit = matches!(variant.fields, Fields::Unit);
        let bit = u32::try_from(at).ok().and_then(|at| u64::from(is_unit).checked_shl(at));
        units |= bit.ok_or_else(|| Error::new_spanned(name, "Decode takes 64 variants"))?;
        names.push(container.name_of(&variant.ident, attributes::Variant::of(&variant.attrs)?));
        is_first_if_default(at, variant)?;
        let ident = &variant.ident;
        let value = structs::value(&quote!(Self::#ident), &variant.fields, container)?;
        // The first one is what an absent or a wrong name decodes to as well.
        arms.push(if at == 0 { quote!(_ => #value) } else { quote!(#at => #value) });
    }
    arms.rotate_left(1);
    let all_units = data.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit));
    let content = if all_units { quote!(_) } else { quote!(node) };
    Ok(quote! {
        const VARIANTS: ::protocol::json::Variants =
            ::protocol::json::Variants { names: &[#(#names),*], units: #units };
        let (variant, #content) = node.variant(&VARIANTS);
        match variant { #(#arms),* }
    })
}

/// The first variant is built of nothing when decoding fails: if it held its own type, that would
/// never end.
fn refuse_recursion(name: &Ident, first: &Variant) -> Result<(), Error> {
    for field in &first.fields {
        let is_name = |word: &str| name == word;
        let kind = field.ty.to_token_stream().to_string();
        if kind.split(|c: char| !c.is_alphanumeric() && c != '_').any(is_name) {
            return Err(Error::new_spanned(&field.ty, "the first variant holds its own type"));
        }
    }
    Ok(())
}

/// An absent field of this type takes the first variant, so `Default` must say the same.
fn is_first_if_default(at: usize, variant: &Variant) -> Result<(), Error> {
    let is_default = variant.attrs.iter().any(|attribute| attribute.path().is_ident("default"));
    if is_default && at > 0 {
        return Err(Error::new_spanned(variant, "Decode needs the default variant to be first"));
    }
    Ok(())
}
