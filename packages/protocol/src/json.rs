//! JSON decoded with little code.
//!
//! A decoder that is generated for each pair of type and text format costs a contract 2 KiB for
//! each struct: a market of 150 structs does not fit into the 800 KiB that a chain takes. Here the
//! text is read once, by one piece of code, into a tree. What is generated for a type only takes its
//! fields out of an object, one call and one store for each; the checks are shared, and the first
//! failure is kept beside the value instead of in it, so that no field has an error path.
//!
//! A type that a contract decodes, from a message or from its storage, derives [`Decode`] beside
//! serde's traits:
//!
//! ```
//! use cosmwasm_schema::cw_serde;
//! use protocol::json::{self, Decode};
//!
//! #[cw_serde]
//! #[derive(Decode)]
//! #[schemaifier(mute_warnings)]
//! #[serde(deny_unknown_fields)]
//! pub struct Lamp {
//!     pub watts: u32,
//!     #[serde(default, skip_serializing_if = "Option::is_none")]
//!     pub colour: Option<String>,
//! }
//!
//! let lamp: Lamp = json::from_slice(br#"{"watts":40}"#).unwrap();
//! assert_eq!(lamp, Lamp { watts: 40, colour: None });
//! let error = json::from_slice::<Lamp>(br#"{"watts":-40}"#).unwrap_err();
//! assert_eq!(error.to_string(), "watts: expected a number from zero up to 4294967295, found `-40`");
//! ```
//!
//! It decodes what serde decodes from the same attributes, to the same value; the derive says what
//! it understands of them and where it is stricter. Programs off chain use either.

mod chain;
mod node;
mod parse;
mod plain;

use std::cell::OnceCell;

pub use node::{Content, Fields, Node, Variants};
pub use protocol_derive::Decode;

use node::Flaw;
use parse::Tree;

/// A type that decodes from a tree.
pub trait Decode: Sized {
    /// Whether an object may leave such a field out.
    const IS_OPTIONAL: bool = false;

    /// Reads the value. After a failure, which the node keeps, the value has no meaning.
    fn decode(node: Node<'_>) -> Self;
}

/// Why JSON does not decode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}{reason}")]
pub struct Error {
    /// The path to the value, with a colon; empty for the whole text.
    place: String,
    reason: String,
}

/// Decodes JSON with little code.
///
/// # Errors
/// [`Error`] with the place in the text or the tree, and with what was expected and found.
pub fn from_slice<T: Decode>(json: &[u8]) -> Result<T, Error> {
    let mut value = None;
    visit(json, &mut |root| value = Some(T::decode(root)))?;
    value.ok_or_else(nothing)
}

#[cold]
#[inline(never)]
fn nothing() -> Error {
    Error { place: String::new(), reason: "nothing was decoded".into() }
}

/// Reads a text and has it decoded: all of [`from_slice`] that is there once and not for each type.
fn visit(json: &[u8], decode: &mut dyn FnMut(Node<'_>)) -> Result<(), Error> {
    let tree = parse::tree(json)?;
    let flaw = OnceCell::new();
    decode(Node::root(&tree, &flaw));
    flaw.get().map_or(Ok(()), |flaw| Err(located(flaw, &tree)))
}

#[cold]
#[inline(never)]
fn located(flaw: &Flaw, tree: &Tree<'_>) -> Error {
    let mut place = String::new();
    if flaw.seek(tree, &mut place) && !place.is_empty() {
        place.push_str(": ");
    }
    Error { place, reason: flaw.reason.clone() }
}
