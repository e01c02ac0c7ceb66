//! What is not carried, as the file says it.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use super::value;
use crate::model::filter::{Filter as ModelFilter, Glob, Packets, Pattern};

/// What of a chain's packets and channels is left to others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Channel ends that are served, as `PORT/CHANNEL` with `*`; all when there are none.
    #[serde(deserialize_with = "patterns", serialize_with = "texts")]
    pub allow_channels: Vec<Pattern>,
    /// Channel ends that are not, handshakes included.
    #[serde(deserialize_with = "patterns", serialize_with = "texts")]
    pub deny_channels: Vec<Pattern>,
    /// Packets that are not, as `PORT/CHANNEL/SEQUENCE` or `PORT/CHANNEL/FIRST-LAST`, with `*`.
    #[serde(deserialize_with = "packets", serialize_with = "texts")]
    pub deny_packets: Vec<Packets>,
    /// Accounts whose transfers are not carried.
    pub deny_senders: Vec<String>,
    /// Denoms whose transfers are carried, with `*`; all when there are none.
    pub allow_denoms: Vec<String>,
    /// Denoms whose transfers are not.
    pub deny_denoms: Vec<String>,
    /// The longest memo of a transfer, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_memo_bytes: Option<usize>,
    /// The longest receiver of a transfer, in bytes.
    #[serde(
        deserialize_with = "value::some_at_least_one",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_receiver_bytes: Option<usize>,
}

impl Filter {
    /// Whether it excludes nothing.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<Filter> for ModelFilter {
    fn from(file: Filter) -> Self {
        let globs =
            |texts: Vec<String>| texts.iter().map(|text| Glob::from(text.as_str())).collect();
        Self {
            allow_channels: file.allow_channels,
            deny_channels: file.deny_channels,
            deny_packets: file.deny_packets,
            deny_senders: file.deny_senders,
            allow_denoms: globs(file.allow_denoms),
            deny_denoms: globs(file.deny_denoms),
            max_memo_bytes: file.max_memo_bytes,
            max_receiver_bytes: file.max_receiver_bytes,
        }
    }
}

fn patterns<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Pattern>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let wrong = |text: &str| {
        D::Error::custom(format!(
            "`{text}` names no channel; write PORT/CHANNEL, as in `transfer/channel-0` or `ica*/*`"
        ))
    };
    texts.iter().map(|text| Pattern::parse(text).ok_or_else(|| wrong(text))).collect()
}

/// Lists of channels, by the names of their paths.
pub(super) fn patterns_by_name<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, Vec<Pattern>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Listed(#[serde(deserialize_with = "patterns")] Vec<Pattern>);
    let lists = BTreeMap::<String, Listed>::deserialize(from)?;
    Ok(lists.into_iter().map(|(name, Listed(patterns))| (name, patterns)).collect())
}

pub(super) fn texts_by_name<S: serde::Serializer>(
    lists: &BTreeMap<String, Vec<Pattern>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let texts = |patterns: &[Pattern]| patterns.iter().map(ToString::to_string).collect::<Vec<_>>();
    to.collect_map(lists.iter().map(|(name, patterns)| (name, texts(patterns))))
}

fn packets<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Packets>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let wrong = |text: &str| {
        D::Error::custom(format!(
            "`{text}` names no packets; write PORT/CHANNEL/SEQUENCE, as in `transfer/channel-0/17` or \
             `*/channel-0/17-20`"
        ))
    };
    texts.iter().map(|text| Packets::parse(text).ok_or_else(|| wrong(text))).collect()
}

fn texts<T: Display, S: serde::Serializer>(patterns: &[T], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(patterns.iter().map(ToString::to_string))
}
