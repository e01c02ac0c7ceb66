//! JSON as Go nodes write it: numbers as strings, bytes in base64, `null` for what is empty.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer, de};

/// A number, as a string or as itself.
pub(crate) fn number<'de, N, D>(value: D) -> Result<N, D::Error>
where
    N: TryFrom<i64> + std::str::FromStr,
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(i64),
    }
    let wrong = || de::Error::custom("a number in range was expected");
    match Either::deserialize(value)? {
        Either::Text(text) => text.parse().map_err(|_| wrong()),
        Either::Number(number) => N::try_from(number).map_err(|_| wrong()),
    }
}

/// A text, or `null` for an empty one.
pub(crate) fn text<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

/// A list, or `null` for an empty one.
pub(crate) fn list<'de, T, D>(value: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

/// Bytes in base64, or `null` for none.
pub(crate) fn bytes<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<u8>, D::Error> {
    BASE64.decode(text(value)?).map_err(de::Error::custom)
}

/// A list of bytes in base64, or `null` for an empty one.
pub(crate) fn bytes_list<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<Vec<u8>>, D::Error> {
    let texts: Vec<String> = list(value)?;
    texts.iter().map(|text| BASE64.decode(text).map_err(de::Error::custom)).collect()
}
