//! The price of gas.

use std::fmt;
use std::str::FromStr;

/// Decimal places of a price: those of the SDK's `Dec`.
const DECIMALS: usize = 18;
const ONE: u128 = 1_000_000_000_000_000_000;

/// What one gas costs, to 18 places, as the SDK counts it, and in which denom. Never a float: fees must be exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GasPrice {
    /// Units of 10⁻¹⁸ `denom`.
    atto: u128,
    denom: String,
}

/// The text is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` is no gas price; write a number and a denom, as in `0.001stake`")]
pub struct GasPriceError {
    got: String,
}

impl GasPrice {
    /// A price of so many 10⁻¹⁸ units of a denom for one gas.
    pub fn new(atto: u128, denom: impl Into<String>) -> Self {
        Self { atto, denom: denom.into() }
    }

    /// The denom that fees are paid in.
    pub fn denom(&self) -> &str {
        &self.denom
    }

    /// The price of one gas in units of 10⁻¹⁸ of the denom.
    pub fn atto(&self) -> u128 {
        self.atto
    }

    /// The fee for `gas` at this price, rounded up as the SDK rounds what it requires.
    pub fn fee(&self, gas: u64) -> u128 {
        let whole = (self.atto / ONE).saturating_mul(gas.into());
        // Both factors are below 2^64, so that the product is below 2^128.
        let part = ((self.atto % ONE) * u128::from(gas)).div_ceil(ONE);
        whole.saturating_add(part)
    }
}

impl FromStr for GasPrice {
    type Err = GasPriceError;

    fn from_str(text: &str) -> Result<Self, GasPriceError> {
        let wrong = || GasPriceError { got: text.to_owned() };
        // A denom begins with a letter: SDK v0.53 `types/coin.go`, `reDnmString`.
        let split = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
        let (number, denom) = text.split_at(split);
        Ok(Self::new(decimal(number).ok_or_else(wrong)?, denom))
    }
}

/// Reads a decimal number of at most 18 places, in units of 10⁻¹⁸.
fn decimal(text: &str) -> Option<u128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > DECIMALS {
        return None;
    }
    let whole: u128 = whole.parse().ok()?;
    let part: u128 = format!("{part:0<DECIMALS$}").parse().ok()?;
    whole.checked_mul(ONE)?.checked_add(part)
}

impl fmt::Display for GasPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, denom) = (self.atto / ONE, &self.denom);
        let part = format!("{:018}", self.atto % ONE);
        match part.trim_end_matches('0') {
            "" => write!(f, "{whole}{denom}"),
            part => write!(f, "{whole}.{part}{denom}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_round_up_and_prices_read_back() {
        for (text, gas, fee) in [
            ("0.001stake", 1_000, 1),
            ("0.001stake", 1_001, 2),
            ("0.025ibc/27394FB092D2", 200_000, 5_000),
            ("2uatom", 3, 6),
            ("0stake", 99, 0),
            ("0.000000000000000001aevmos", u64::MAX, 19),
        ] {
            let price: GasPrice = text.parse().unwrap();
            assert_eq!((price.fee(gas), price.to_string().as_str()), (fee, text));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "1",
            "x",
            ".x",
            "1.x",
            ".5x",
            "-1x",
            "+1x",
            "1 x",
            "1.+5x",
            "0.0000000000000000001x",
            "340282366920938463464x",
        ] {
            assert!(text.parse::<GasPrice>().is_err(), "{text}");
        }
    }
}
