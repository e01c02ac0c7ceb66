//! Types of the chain and of its libraries. They may gain fields: unknown ones are ignored.

use cosmwasm_std::{Addr, Binary, Coin, Decimal, Empty, Timestamp, Uint128, Uint256};
use cw_utils::Expiration;

use super::{Decode, Fields, Node, Variants};

macro_rules! parsed {
    ($($kind:ty: $expected:literal),*) => {$(
        impl Decode for $kind {
            fn decode(node: Node<'_>) -> Self {
                node.parsed($expected)
            }
        }
    )*};
}

parsed! {
    Uint128: "a number in a string",
    Uint256: "a number in a string",
    Decimal: "a decimal number in a string"
}

impl Decode for Timestamp {
    fn decode(node: Node<'_>) -> Self {
        Self::from_nanos(node.parsed("a number of nanoseconds in a string"))
    }
}

impl Decode for Addr {
    /// Unchecked, as serde does: of addresses only the chain's own are decoded.
    fn decode(node: Node<'_>) -> Self {
        Self::unchecked(String::decode(node))
    }
}

impl Decode for Binary {
    fn decode(node: Node<'_>) -> Self {
        let Some(text) = node.text() else { return Self::default() };
        Self::from_base64(text).unwrap_or_else(|_| {
            node.fail(format!("expected base64, found `{text}`"));
            Self::default()
        })
    }
}

impl Decode for Empty {
    fn decode(node: Node<'_>) -> Self {
        const FIELDS: Fields = Fields { names: &[], required: &[], is_strict: false };
        let [] = node.fields(&FIELDS);
        Self {}
    }
}

impl Decode for Coin {
    fn decode(node: Node<'_>) -> Self {
        const FIELDS: Fields =
            Fields { names: &["denom", "amount"], required: &[true; 2], is_strict: false };
        let [denom, amount] = node.fields(&FIELDS);
        Self { denom: Decode::decode(node.at(denom)), amount: Decode::decode(node.at(amount)) }
    }
}

impl Decode for Expiration {
    fn decode(node: Node<'_>) -> Self {
        const VARIANTS: Variants = Variants { names: &["at_height", "at_time", "never"], units: 0 };
        match node.variant(&VARIANTS) {
            (1, node) => Self::AtTime(Decode::decode(node)),
            (2, node) => {
                let Empty {} = Decode::decode(node);
                Self::Never {}
            }
            (_, node) => Self::AtHeight(Decode::decode(node)),
        }
    }
}
