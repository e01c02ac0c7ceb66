//! Numbers, strings, lists.

use std::fmt::Display;
use std::str::FromStr;

use super::{Decode, Node};

impl<'t> Node<'t> {
    /// A whole number up to `max`; 0 if it is absent or after a failure.
    #[inline(never)]
    fn unsigned(self, max: u64) -> u64 {
        let Some(number) = self.number() else { return 0 };
        match number.parse() {
            Ok(value) if value <= max => value,
            Ok(_) | Err(_) => {
                self.mismatch(&format!("a number from zero up to {max}"));
                0
            }
        }
    }

    /// What a string stands for; the empty value if it is absent or after a failure.
    pub(super) fn parsed<T: FromStr<Err: Display> + Default>(self, expected: &str) -> T {
        let Some(text) = self.text() else { return T::default() };
        text.parse().unwrap_or_else(|error| {
            self.fail(format!("expected {expected}, found `{text}`: {error}"));
            T::default()
        })
    }
}

macro_rules! unsigned {
    ($($number:ty),*) => {$(
        impl Decode for $number {
            fn decode(node: Node<'_>) -> Self {
                Self::try_from(node.unsigned(Self::MAX.into())).unwrap_or_default()
            }
        }
    )*};
}

unsigned!(u8, u16, u32, u64);

impl Decode for u128 {
    /// As a number, however large, where it is not a [`cosmwasm_std::Uint128`].
    fn decode(node: Node<'_>) -> Self {
        let Some(number) = node.number() else { return 0 };
        number.parse().unwrap_or_else(|_| {
            node.mismatch("a number from zero up to 2^128 - 1");
            0
        })
    }
}

impl Decode for bool {
    fn decode(node: Node<'_>) -> Self {
        node.truth()
    }
}

impl Decode for String {
    fn decode(node: Node<'_>) -> Self {
        node.text().unwrap_or_default().into()
    }
}

impl<T: Decode> Decode for Option<T> {
    const IS_OPTIONAL: bool = true;

    fn decode(node: Node<'_>) -> Self {
        (!node.is_nothing()).then(|| T::decode(node))
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: Node<'_>) -> Self {
        node.items().iter().map(|item| T::decode(node.item(item))).collect()
    }
}

impl<T: Decode> Decode for Box<T> {
    const IS_OPTIONAL: bool = T::IS_OPTIONAL;

    fn decode(node: Node<'_>) -> Self {
        Self::new(T::decode(node))
    }
}

macro_rules! tuple {
    ($($kind:ident $place:ident),*) => {
        impl<$($kind: Decode),*> Decode for ($($kind,)*) {
            fn decode(node: Node<'_>) -> Self {
                let [$($place),*] = node.tuple();
                ($($kind::decode(node.at($place)),)*)
            }
        }
    };
}

tuple!(A a, B b);
tuple!(A a, B b, C c);
tuple!(A a, B b, C c, D d, E e, F f, G g);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j);
