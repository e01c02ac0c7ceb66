//! The price of gas.

use std::fmt;
use std::str::FromStr;

/// Decimal places of a price: those of the SDK's `Dec`.
const DECIMALS: usize = 18;
const ONE: u128 = 1_000_000_000_000_000_000;

/// Units of the fee denom for one gas, to 18 places, as the SDK counts it. Never a float: fees must be exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GasPrice(u128);

/// The text is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gas price `{got}` is not valid; expected a decimal number such as `0.025`")]
pub struct GasPriceError {
    got: String,
}

impl GasPrice {
    /// A price of so many 10⁻¹⁸ units for one gas.
    pub const fn from_atto(atto: u128) -> Self {
        Self(atto)
    }

    /// The fee for `gas` at this price, rounded up as the SDK rounds what it requires.
    pub const fn fee(self, gas: u64) -> u128 {
        let whole = (self.0 / ONE).saturating_mul(gas as u128);
        // Both factors are below 2^64, so that the product is below 2^128.
        let part = ((self.0 % ONE) * gas as u128).div_ceil(ONE);
        whole.saturating_add(part)
    }
}

impl FromStr for GasPrice {
    type Err = GasPriceError;

    fn from_str(text: &str) -> Result<Self, GasPriceError> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let parse = || {
            let whole: u128 = whole.parse().ok()?;
            let part: u128 = format!("{part:0<DECIMALS$}").parse().ok()?;
            whole.checked_mul(ONE)?.checked_add(part)
        };
        let valid = digits(whole) && digits(part) && part.len() <= DECIMALS;
        valid.then(parse).flatten().map(Self).ok_or_else(|| GasPriceError { got: text.to_owned() })
    }
}

impl fmt::Display for GasPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:018}", self.0 % ONE);
        match part.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / ONE),
            part => write!(f, "{}.{part}", self.0 / ONE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_round_up_and_prices_read_back() {
        for (text, gas, fee) in [
            ("0.001", 1_000, 1),
            ("0.001", 1_001, 2),
            ("0.025", 200_000, 5_000),
            ("2", 3, 6),
            ("0", 99, 0),
            ("0.000000000000000001", u64::MAX, 19),
        ] {
            let price: GasPrice = text.parse().unwrap();
            assert_eq!((price.fee(gas), price.to_string().as_str()), (fee, text));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000000000000000001", "1 ", "1.+5"]
        {
            assert!(text.parse::<GasPrice>().is_err(), "{text}");
        }
    }
}
