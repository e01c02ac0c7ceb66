//! Types of the chain and of its libraries. They may gain fields: unknown ones are ignored.

mod calls;
mod ibc;

use cosmwasm_std::{
    Addr, BalanceResponse, Binary, Coin, ContractResult, Decimal, Empty, SystemError, SystemResult,
    Timestamp, Uint128, Uint256,
};
use cw_utils::Expiration;

use super::{Decode, Fields, Node, Variants};

/// A struct of the chain: its fields with their types, behind a semicolon those that an older chain
/// leaves out, and the value that they make.
macro_rules! object {
    ($name:ident { $($field:ident: $kind:ty),* $(; $($late:ident: $late_kind:ty),*)? } => $value:expr) => {
        impl Decode for $name {
            fn decode(node: Node<'_>) -> Self {
                const FIELDS: Fields = Fields {
                    names: &[$(stringify!($field),)* $($(stringify!($late)),*)?],
                    required: &[
                        $(!<$kind as Decode>::IS_OPTIONAL,)*
                        $($({ let _ = stringify!($late); false }),*)?
                    ],
                    is_strict: false,
                };
                let [$($field,)* $($($late),*)?] = node.fields(&FIELDS);
                $(let $field = <$kind>::decode(node.at($field));)*
                $($(let $late = <$late_kind>::decode(node.at($late));)*)?
                $value
            }
        }
    };
}
use object;

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

object!(Empty {} => Self {});
object!(Coin { denom: String, amount: Uint256 } => Self { denom, amount });
object!(BalanceResponse { amount: Coin } => Self::new(amount));

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

/// Good or bad, as results are written.
const RESULT: Variants = Variants { names: &["ok", "error"], units: 0 };

impl<T: Decode> Decode for SystemResult<T> {
    fn decode(node: Node<'_>) -> Self {
        match node.variant(&RESULT) {
            (1, node) => Self::Err(Decode::decode(node)),
            (_, node) => Self::Ok(Decode::decode(node)),
        }
    }
}

impl<T: Decode> Decode for ContractResult<T> {
    fn decode(node: Node<'_>) -> Self {
        match node.variant(&RESULT) {
            (1, node) => Self::Err(Decode::decode(node)),
            (_, node) => Self::Ok(Decode::decode(node)),
        }
    }
}

impl Decode for SystemError {
    fn decode(node: Node<'_>) -> Self {
        const VARIANTS: Variants = Variants {
            names: &[
                "unknown",
                "invalid_request",
                "invalid_response",
                "no_such_contract",
                "no_such_code",
                "unsupported_request",
            ],
            units: 0,
        };
        // What each of them may carry: no two mean different things by the same name.
        const CONTENT: Fields = Fields {
            names: &["error", "request", "response", "addr", "code_id", "kind"],
            required: &[false; 6],
            is_strict: false,
        };
        let (variant, node) = node.variant(&VARIANTS);
        let [error, request, response, addr, code_id, kind] = node.fields(&CONTENT);
        let text = |content| String::decode(node.at(content));
        match variant {
            1 => Self::InvalidRequest {
                error: text(error),
                request: Decode::decode(node.at(request)),
            },
            2 => Self::InvalidResponse {
                error: text(error),
                response: Decode::decode(node.at(response)),
            },
            3 => Self::NoSuchContract { addr: text(addr) },
            4 => Self::NoSuchCode { code_id: Decode::decode(node.at(code_id)) },
            5 => Self::UnsupportedRequest { kind: text(kind) },
            _ => Self::Unknown {},
        }
    }
}
