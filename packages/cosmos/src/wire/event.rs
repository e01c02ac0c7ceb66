//! Events as blocks and transactions carry them.

use serde::Deserialize;

use super::json;

/// Something that happened in a block, told in strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Event {
    /// Its kind, such as `send_packet`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says, in order; a key may come twice.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// One fact of an [`Event`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub key: String,
    /// Its value; some nodes write `null` for an empty one.
    #[serde(default, deserialize_with = "json::text")]
    pub value: String,
}

impl Event {
    /// The first value under `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.key == key).map(|a| a.value.as_str())
    }
}
