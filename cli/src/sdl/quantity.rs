//! Numbers in a deployment file: sizes, cpus, prices.

use std::str::FromStr;

/// The largest whole number that JavaScript holds exactly, and so all JSON.
const LARGEST: f64 = 9_007_199_254_740_992.0;
/// Digits after the point that a price may have.
const PLACES: u32 = 18;

/// An amount that is not negative, exact to 18 digits after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// In 10⁻¹⁸.
    atto: u128,
}

/// Why a text is no [`Decimal`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an amount such as `12.5`, below 10^18 and with at most 18 digits after the point, got `{got}`"
)]
pub struct DecimalError {
    /// The text.
    pub got: String,
}

impl Decimal {
    /// In 10⁻¹⁸.
    #[must_use]
    pub const fn atto(self) -> u128 {
        self.atto
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let parse = || {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
            let digits = |part: &str| {
                !part.is_empty() && part.len() <= 18 && part.bytes().all(|b| b.is_ascii_digit())
            };
            if !digits(whole) || !digits(fraction) {
                return None;
            }
            let missing = PLACES.checked_sub(u32::try_from(fraction.len()).ok()?)?;
            let below = fraction.parse::<u128>().ok()?.checked_mul(10_u128.pow(missing))?;
            let whole = whole.parse::<u128>().ok()?.checked_mul(10_u128.pow(PLACES))?;
            Some(Self { atto: whole.checked_add(below)? })
        };
        parse().ok_or_else(|| DecimalError { got: text.into() })
    }
}

/// Bytes, from a text such as `512Mi`; as Akash does, rounded up and in floating point.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let expected = || {
        format!(
            "expected a size such as `512Mi` or `1.5G` (k, M, G, T, P, E or Ki … Ei), got `{text}`"
        )
    };
    let split = text.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(expected)?;
    let (number, suffix) = text.split_at(split);
    let suffix = suffix.to_ascii_lowercase();
    let (prefix, base) = match suffix.strip_suffix('i') {
        Some(prefix) => (prefix, 1024.0_f64),
        None => (suffix.as_str(), 1000.0),
    };
    let power = ["k", "m", "g", "t", "p", "e"].iter().position(|known| *known == prefix);
    let power = power.and_then(|power| i32::try_from(power + 1).ok()).ok_or_else(expected)?;
    let number = number_of(number).ok_or_else(expected)?;
    whole((number * base.powi(power)).ceil()).ok_or_else(|| format!("`{text}` is too large"))
}

/// Thousandths of a cpu, from a text such as `500m` or `1.5`, or from a number.
pub(super) fn milli(text: &str) -> Result<u64, String> {
    let expected = || format!("expected cpus such as `0.5` or `500m`, got `{text}`");
    let lower = text.to_ascii_lowercase();
    let value = match lower.strip_suffix('m') {
        Some(number) => number_of(number).ok_or_else(expected)?,
        None => number_of(&lower).ok_or_else(expected)? * 1000.0,
    };
    let milli = whole(value).filter(|milli| *milli > 0);
    milli.ok_or_else(|| format!("`{text}` is no whole number of thousandths of a cpu above 0"))
}

/// A number in JavaScript's sense: digits with at most one point.
fn number_of(text: &str) -> Option<f64> {
    let plain = text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if plain { text.parse().ok() } else { None }
}

fn whole(value: f64) -> Option<u64> {
    let fits = value.fract() == 0.0 && (0.0..LARGEST).contains(&value);
    fits.then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_akash_does() {
        for (text, expected) in [
            ("1k", 1_000),
            ("1Ki", 1_024),
            ("512Mi", 536_870_912),
            ("1.5Gi", 1_610_612_736),
            ("0.3Gi", 322_122_548),
            ("2T", 2_000_000_000_000),
            ("10gi", 10_737_418_240),
        ] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["1", "", "Gi", "1GiB", "1 Gi", "-1Gi", "1..5Gi", "9Pb", "9Ei"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cpus_are_read_as_akash_does() {
        for (text, expected) in
            [("1", 1_000), ("0.1", 100), ("500m", 500), ("2.25", 2_250), ("100M", 100)]
        {
            assert_eq!(milli(text), Ok(expected), "{text}");
        }
        for text in ["0", "0m", "0.5m", "0.0001", "1k", "", "-1"] {
            assert!(milli(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_exact() {
        let atto = |text: &str| text.parse::<Decimal>().map(Decimal::atto);
        assert_eq!(atto("1.000000000000000001"), Ok(1_000_000_000_000_000_001));
        assert_eq!(atto("0"), Ok(0));
        assert_eq!(atto("999999999999999999"), Ok(999_999_999_999_999_999 * 10_u128.pow(18)));
        for text in ["", ".", "1.", ".5", "-1", "1e3", "1.0000000000000000001"] {
            assert!(atto(text).is_err(), "{text}");
        }
    }
}
