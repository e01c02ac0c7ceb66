//! A coin as people write it.

use std::str::FromStr;

use serde::Deserialize;

/// Units of a denom, written `1000000usdx`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Coin {
    /// How many units; at least one.
    pub amount: u128,
    /// Of which denom.
    pub denom: String,
}

impl Coin {
    /// As what goes with a message.
    #[must_use]
    pub fn as_funds(&self) -> [(u128, &str); 1] {
        [(self.amount, &self.denom)]
    }
}

impl FromStr for Coin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (amount, denom) = text.split_at(split);
        let allowed = |c: char| c.is_ascii_alphanumeric() || "/:._-".contains(c);
        let starts = denom.starts_with(|c: char| c.is_ascii_alphabetic());
        match amount.parse() {
            Ok(amount) if amount > 0 && starts && denom.chars().all(allowed) => {
                Ok(Self { amount, denom: denom.into() })
            }
            _ => Err("expected a coin such as `1000000usdx`: units and their denom".into()),
        }
    }
}

impl TryFrom<String> for Coin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coins_are_units_and_a_denom() {
        let coin: Coin = "1000ibc/0F".parse().unwrap();
        assert_eq!((coin.amount, coin.denom.as_str()), (1_000, "ibc/0F"));
        for text in ["", "usdx", "1000", "0usdx", "1 usdx", "1.5usdx", "-1usdx", "1usdx,2stake"] {
            assert!(text.parse::<Coin>().is_err(), "{text}");
        }
    }
}
