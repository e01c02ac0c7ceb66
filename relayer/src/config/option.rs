//! Options in transactions.

use cosmos::Any;
use cosmos::wire::ethermint;
use serde::{Deserialize, Serialize};

/// An option in every transaction to a chain, which refuses it if it does not know it. Written as in Hermes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case", deny_unknown_fields)]
pub enum ExtensionOption {
    /// On chains of Ethermint: the most that a unit of gas costs above the base fee, in the fee denom.
    EthermintDynamicFee(#[serde(with = "text")] u128),
}

impl From<&ExtensionOption> for Any {
    fn from(option: &ExtensionOption) -> Self {
        match option {
            ExtensionOption::EthermintDynamicFee(most) => ethermint::dynamic_fee(*most),
        }
    }
}

/// A number in quotes: it may be beyond what TOML counts.
mod text {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || D::Error::custom(format!("`{text}` is no whole number, as `1000000` is"));
        text.parse().map_err(|_| wrong())
    }

    pub(super) fn serialize<S: Serializer>(number: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }
}
