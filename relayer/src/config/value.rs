//! Values of the file: how each is written, and what is said of one that is not.

use std::time::Duration;

use cosmos::rpc::Address;
use cosmos::wire::gas::GasPrice;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tendermint::trust_threshold::TrustThresholdFraction;

use super::Listen;

/// Reads a duration such as `40s`, `10m`, `14d`.
///
/// # Errors
/// The form wanted, in words.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!("`{text}` is no duration; write a whole number and ms, s, m, h or d, as in `40s`")
    };
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs).ok_or_else(wrong);
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3_600),
        "d" => seconds(86_400),
        _ => Err(wrong()),
    }
}

/// Writes a duration as [`parse_duration`] reads it, in the largest unit that is exact.
pub fn format_duration(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.subsec_millis());
    if millis > 0 {
        return format!("{}ms", duration.as_millis());
    }
    match seconds {
        0 => "0s".into(),
        _ if seconds % 86_400 == 0 => format!("{}d", seconds / 86_400),
        _ if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        _ if seconds % 60 == 0 => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// A duration as a field.
pub(super) mod duration {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        parse_duration(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format_duration(*duration))
    }
}

/// A duration as a field that cannot be nothing.
pub(super) mod span {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let span = duration::deserialize(from)?;
        if span.is_zero() {
            let wrong = "it is no time at all, it must be longer; write it as in `40s`";
            return Err(serde::de::Error::custom(wrong));
        }
        Ok(span)
    }

    pub(crate) use duration::serialize;
}

/// The same as a field that may be missing.
pub(super) mod optional_span {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        span::deserialize(from).map(Some)
    }

    pub(crate) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => span::serialize(duration, to),
            None => to.serialize_none(),
        }
    }
}

/// A price of gas as a field.
pub(super) mod gas_price {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<GasPrice, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }

    pub(crate) fn serialize<S: Serializer>(price: &GasPrice, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(price)
    }
}

/// A price of gas as a field that may be missing.
pub(super) mod optional_gas_price {
    use super::*;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<GasPrice>, D::Error> {
        gas_price::deserialize(from).map(Some)
    }

    pub(crate) fn serialize<S: Serializer>(
        price: &Option<GasPrice>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match price {
            Some(price) => super::gas_price::serialize(price, to),
            None => to.serialize_none(),
        }
    }
}

impl Serialize for Listen {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(address) => to.collect_str(address),
            Self::Off => to.serialize_str("off"),
        }
    }
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse().map(Self::At).map_err(|_| {
            serde::de::Error::custom(format!(
                "`{text}` is no address; write an address with a port, as in `127.0.0.1:3880`, or `off`"
            ))
        })
    }
}

/// RPC addresses: at least one, each an `http` or `https` URL.
pub(super) fn endpoints<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let urls = Vec::<String>::deserialize(from)?;
    let is_wrong = |url: &&String| {
        let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        host.is_none_or(|host| host.is_empty() || host.starts_with(['/', ':']))
    };
    if urls.is_empty() {
        return Err(serde::de::Error::custom("there is no address; give at least one URL"));
    }
    match urls.iter().find(is_wrong) {
        Some(url) => {
            let url = Address::from(url.as_str());
            let wrong = format!(
                "`{url}` is no address, write it as in `http://127.0.0.1:26657` or `https://rpc.example`"
            );
            Err(serde::de::Error::custom(wrong))
        }
        None => Ok(urls),
    }
}

/// What clients usually demand.
pub(super) fn default_trust_threshold() -> TrustThresholdFraction {
    TrustThresholdFraction::ONE_THIRD
}

/// Reads a part of the voting power such as `1/3`.
///
/// # Errors
/// The form wanted, in words.
pub fn parse_trust_threshold(text: &str) -> Result<TrustThresholdFraction, String> {
    let parts = text.split_once('/').and_then(|(part, of)| {
        TrustThresholdFraction::new(part.trim().parse().ok()?, of.trim().parse().ok()?).ok()
    });
    parts
        .ok_or_else(|| format!("`{text}` is no part between `1/3` and `1/1`; write it as in `2/3`"))
}

/// A part of the voting power, in a field of the file.
pub(super) mod trust_threshold {
    use super::{Deserialize, Deserializer, Serializer, TrustThresholdFraction};

    pub(in crate::config) fn serialize<S: Serializer>(
        part: &TrustThresholdFraction,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}/{}", part.numerator(), part.denominator()))
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<TrustThresholdFraction, D::Error> {
        let text = String::deserialize(from)?;
        super::parse_trust_threshold(&text).map_err(serde::de::Error::custom)
    }
}

/// A number that must be at least 1.
pub(super) fn at_least_one<'de, D: Deserializer<'de>, T>(from: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + PartialEq + Default,
{
    match T::deserialize(from)? {
        zero if zero == T::default() => {
            Err(serde::de::Error::custom("it is 0, it must be at least 1"))
        }
        number => Ok(number),
    }
}

/// The same where it may be missing.
pub(super) fn some_at_least_one<'de, D: Deserializer<'de>, T>(
    from: D,
) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de> + PartialEq + Default,
{
    at_least_one(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_power_is_a_third_at_least() {
        assert_eq!(parse_trust_threshold("1/3").unwrap(), TrustThresholdFraction::ONE_THIRD);
        assert_eq!(parse_trust_threshold("2/3").unwrap(), TrustThresholdFraction::TWO_THIRDS);
        for wrong in ["", "1", "1/4", "4/3", "1/0", "a/b"] {
            assert!(parse_trust_threshold(wrong).is_err_and(|e| e.contains("`2/3`")), "{wrong}");
        }
    }

    #[test]
    fn durations_have_units_and_read_back() {
        assert_eq!(parse_duration("14d").unwrap(), Duration::from_secs(14 * 86_400));
        assert_eq!(parse_duration("250ms").unwrap(), Duration::from_millis(250));
        for wrong in ["", "5", "s", "1.5s", "5 s", "5w"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
        for text in ["0s", "40s", "90s", "10m", "36h", "14d", "1500ms"] {
            assert_eq!(format_duration(parse_duration(text).unwrap()), text);
        }
    }
}
