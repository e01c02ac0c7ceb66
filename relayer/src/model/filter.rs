//! Packets that ferry leaves to others.

use std::fmt;

use cosmos::wire::msg_v2::{Packet, Payload};
use ibc_proto::ibc::applications::transfer::v2::FungibleTokenPacketData;
use prost::Message as _;
use serde::Deserialize;

use super::Model;
use super::config::Handshakes;
use super::ids::{ChainId, ChannelId, End, Ends, PathId, PortId, Route};
use super::rows::{ChannelRow, PacketRow};

/// The port of ICS-20.
pub const TRANSFER_PORT: &str = "transfer";

/// What a chain's operator does not want carried.
///
/// Channels are judged on both chains, whoever sends; the rest only where the packet is sent, and only
/// of packets that hold an ICS-20 transfer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Channel ends that are served; all when there are none.
    pub allow_channels: Vec<Pattern>,
    /// Channel ends that are not.
    pub deny_channels: Vec<Pattern>,
    /// Packets that are not, whatever they hold.
    pub deny_packets: Vec<Packets>,
    /// Accounts whose transfers are not carried.
    pub deny_senders: Vec<String>,
    /// Denoms that are carried, as the packet names them; all when there are none.
    pub allow_denoms: Vec<Glob>,
    /// Denoms that are not.
    pub deny_denoms: Vec<Glob>,
    /// The longest memo, in bytes.
    pub max_memo_bytes: Option<usize>,
    /// The longest receiver, in bytes.
    pub max_receiver_bytes: Option<usize>,
}

/// Text in which each `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(String);

/// Channel ends: a port and a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    port: Glob,
    channel: Glob,
}

/// Packets from some channel ends: a range of sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packets {
    ends: Pattern,
    first: u64,
    last: u64,
}

/// An ICS-20 transfer, as far as it is judged.
#[derive(Deserialize)]
struct Transfer {
    denom: String,
    /// Tells a transfer from other JSON.
    #[serde(rename = "amount")]
    _amount: String,
    sender: String,
    receiver: String,
    #[serde(default)]
    memo: String,
}

/// An ICS-20 transfer without a memo, which lets nobody else act.
pub(crate) struct PlainTransfer {
    pub(crate) denom: String,
    pub(crate) receiver: String,
}

impl PlainTransfer {
    /// Reads a packet's bytes; `None` if they are something else.
    pub(crate) fn read(data: &[u8]) -> Option<Self> {
        let Transfer { denom, receiver, memo, .. } = serde_json::from_slice(data).ok()?;
        memo.is_empty().then_some(Self { denom, receiver })
    }
}

impl From<FungibleTokenPacketData> for Transfer {
    fn from(data: FungibleTokenPacketData) -> Self {
        let FungibleTokenPacketData { denom, amount, sender, receiver, memo } = data;
        Self { denom, _amount: amount, sender, receiver, memo }
    }
}

impl From<&str> for Glob {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Glob {
    fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = text.strip_prefix(first) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some(place) = rest.find(part) else { return false };
            rest = rest.split_at(place + part.len()).1;
        }
        rest.ends_with(last)
    }

    fn is_any(&self) -> bool {
        self.0 == "*"
    }
}

impl Pattern {
    /// Reads `PORT/CHANNEL`, each with or without `*`; `None` when the slash is missing.
    pub fn parse(text: &str) -> Option<Self> {
        let (port, channel) = text.rsplit_once('/')?;
        let is_full = !port.is_empty() && !channel.is_empty();
        is_full.then(|| Self { port: port.into(), channel: channel.into() })
    }

    /// The one end that it stands for; `None` when there may be others.
    pub fn single(&self) -> Option<End> {
        let Self { port: Glob(port), channel: Glob(channel) } = self;
        let is_one = !port.contains('*') && !channel.contains('*');
        is_one.then(|| End { port: port.as_str().into(), channel: channel.as_str().into() })
    }
}

impl Packets {
    /// Reads `PORT/CHANNEL/SEQUENCE` or `PORT/CHANNEL/FIRST-LAST`; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (ends, range) = text.rsplit_once('/')?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some(Self { ends: Pattern::parse(ends)?, first, last })
    }

    fn has(&self, end: &End, seq: u64) -> bool {
        let Pattern { port, channel } = &self.ends;
        let is_of = port.matches(end.port.as_str()) && channel.matches(end.channel.as_str());
        is_of && (self.first..=self.last).contains(&seq)
    }
}

impl fmt::Display for Packets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ends, first, last } = self;
        write!(f, "{ends}/{first}")?;
        if first == last { Ok(()) } else { write!(f, "-{last}") }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.port.0, self.channel.0)
    }
}

impl Filter {
    /// Why a channel end is not served; `None` when it is. An end that is not made yet has no channel.
    fn refuses_end(&self, port: &PortId, channel: Option<&ChannelId>) -> Option<String> {
        let is_denied = |pattern: &&Pattern| {
            let is_here = channel.map_or_else(
                || pattern.channel.is_any(),
                |channel| pattern.channel.matches(channel.as_str()),
            );
            pattern.port.matches(port.as_str()) && is_here
        };
        let is_allowed = |pattern: &Pattern| {
            let may_be = channel.is_none_or(|channel| pattern.channel.matches(channel.as_str()));
            pattern.port.matches(port.as_str()) && may_be
        };
        let name =
            || channel.map_or_else(|| port.to_string(), |channel| format!("{port}/{channel}"));
        if let Some(pattern) = self.deny_channels.iter().find(is_denied) {
            return Some(format!("`deny_channels` has `{pattern}`, which `{}` is", name()));
        }
        let is_served =
            self.allow_channels.is_empty() || self.allow_channels.iter().any(is_allowed);
        (!is_served).then(|| format!("`allow_channels` has nothing for `{}`", name()))
    }

    /// Whether it allows just this channel end: by its name, not by a `*`.
    pub(crate) fn names(&self, port: &PortId, channel: Option<&ChannelId>) -> bool {
        let is = |glob: &Glob, name: &str| glob.0 == name && !glob.0.contains('*');
        channel.is_some_and(|channel| {
            let names = |pattern: &Pattern| {
                is(&pattern.port, port.as_str()) && is(&pattern.channel, channel.as_str())
            };
            self.allow_channels.iter().any(names)
        })
    }

    /// Why a packet from this end is not carried, whatever it holds; `None` when it is.
    fn refuses_packet(&self, end: &End, seq: u64) -> Option<String> {
        let denied = self.deny_packets.iter().find(|packets| packets.has(end, seq))?;
        Some(format!("`deny_packets` has `{denied}`"))
    }

    /// Why a packet that holds these bytes is not carried; `None` when it is.
    fn refuses_data(&self, data: &[u8]) -> Option<String> {
        if self.looks_at_no_data() {
            return None;
        }
        self.refuses_transfer(serde_json::from_slice(data).ok()?)
    }

    /// The same of what a packet of IBC v2 holds for one application.
    fn refuses_payload(&self, payload: &Payload) -> Option<String> {
        if self.looks_at_no_data() {
            return None;
        }
        match payload.encoding.as_str() {
            "application/json" => self.refuses_data(&payload.value),
            "application/x-protobuf" => {
                let transfer = FungibleTokenPacketData::decode(payload.value.as_slice()).ok()?;
                self.refuses_transfer(transfer.into())
            }
            // Else whoever is denied would only have to write it differently.
            other if payload.source_port == TRANSFER_PORT => {
                Some(format!("it holds a transfer as `{other}`, which filters cannot read"))
            }
            _ => None,
        }
    }

    fn refuses_transfer(&self, transfer: Transfer) -> Option<String> {
        let Transfer { denom, sender, receiver, memo, .. } = transfer;
        let longer = |what: &str, text: &str, most: Option<usize>| {
            let most = most.filter(|most| text.len() > *most)?;
            Some(format!("its {what} has {} bytes, `max_{what}_bytes` is {most}", text.len()))
        };
        if self.deny_senders.contains(&sender) {
            return Some(format!("`deny_senders` has its sender `{sender}`"));
        }
        if self.deny_denoms.iter().any(|glob| glob.matches(&denom)) {
            return Some(format!("`deny_denoms` has its denom `{denom}`"));
        }
        let is_allowed = |glob: &Glob| glob.matches(&denom);
        if !self.allow_denoms.is_empty() && !self.allow_denoms.iter().any(is_allowed) {
            return Some(format!("`allow_denoms` has nothing for its denom `{denom}`"));
        }
        longer("memo", &memo, self.max_memo_bytes)
            .or_else(|| longer("receiver", &receiver, self.max_receiver_bytes))
    }

    fn looks_at_no_data(&self) -> bool {
        let lists = self.deny_senders.len() + self.allow_denoms.len() + self.deny_denoms.len();
        lists == 0 && self.max_memo_bytes.is_none() && self.max_receiver_bytes.is_none()
    }
}

impl Model {
    /// Why a packet with these bytes is not carried on its route; channels are not looked at. In IBC v2, where the packet
    /// names the ports, they are, with the client in the channel's place.
    pub(super) fn refused_data(&self, route: &Route, data: &[u8]) -> Option<String> {
        let filter = &self.config.get(&route.from)?.filter;
        let Ends::V2 { src, dst } = &route.ends else { return filter.refuses_data(data) };
        let there = self.config.get(&route.to).map(|chain| &chain.filter);
        let payloads = Packet::decode(data).map(|packet| packet.payloads).unwrap_or_default();
        payloads.into_iter().find_map(|payload| {
            let sender = PortId::from(payload.source_port.as_str());
            let receiver = PortId::from(payload.destination_port.as_str());
            let here = filter.refuses_end(&sender, Some(&src.channel));
            here.or_else(|| there?.refuses_end(&receiver, Some(&dst.channel)))
                .or_else(|| filter.refuses_payload(&payload))
        })
    }

    /// Why a packet is left to others; `None` when it is carried.
    pub(crate) fn filtered(&self, row: &PacketRow) -> Option<String> {
        if row.filtered.is_some() {
            return row.filtered.clone();
        }
        let route = &row.key.route;
        let denied = self.config.get(&route.from);
        let denied = denied.and_then(|chain| chain.filter.refuses_packet(route.src(), row.key.seq));
        if denied.is_some() || matches!(route.ends, Ends::V2 { .. }) {
            return denied;
        }
        let refused = [(&route.from, route.src()), (&route.to, route.dst())].into_iter().find_map(
            |(chain, End { port, channel })| {
                self.config.get(chain)?.filter.refuses_end(port, Some(channel))
            },
        );
        refused.or_else(|| {
            let path = self.record.path(&row.path).filter(|_| self.only.contains_key(&row.path))?;
            let first = if path.chains.a == route.from { route.src() } else { route.dst() };
            self.unlisted(&row.path, &first.port, Some(&first.channel))
        })
    }

    /// Why a channel of a path is left to others, its handshake too; `None` when it is served.
    pub(crate) fn filtered_channel(&self, row: &ChannelRow) -> Option<String> {
        let path = self.record.path(&row.path)?;
        let ends = [(&path.chains.a, &row.ends.a), (&path.chains.b, &row.ends.b)];
        let refused = ends.into_iter().find_map(|(chain, end)| {
            self.config.get(chain)?.filter.refuses_end(&end.port, end.channel.as_ref())
        });
        let end = &row.ends.a;
        refused.or_else(|| self.unlisted(&row.path, &end.port, end.channel.as_ref()))
    }

    /// Why the steps of a channel's handshake are left to others; `None` when they are taken.
    pub(crate) fn left_handshake(&self, row: &ChannelRow) -> Option<String> {
        let path = self.record.path(&row.path)?;
        let takes_own = |chain: &&ChainId| {
            self.config.get(*chain).is_some_and(|chain| chain.handshakes == Handshakes::Own)
        };
        let chain = [&path.chains.a, &path.chains.b].into_iter().find(takes_own);
        let begun_by_others = chain
            .filter(|_| !row.wanted)
            .map(|chain| format!("others began it, and `handshakes` of `{chain}` is \"own\""));
        self.filtered_channel(row).or(begun_by_others)
    }

    /// Why `only` leaves a channel of a path to others, by its end on the path's first chain.
    fn unlisted(
        &self,
        path: &PathId,
        port: &PortId,
        channel: Option<&ChannelId>,
    ) -> Option<String> {
        let listed = self.only.get(path)?;
        // What is not made yet would be made for others to serve.
        let is_listed = |pattern: &Pattern| {
            let is_here = channel.map_or_else(
                || pattern.channel.is_any(),
                |channel| pattern.channel.matches(channel.as_str()),
            );
            pattern.port.matches(port.as_str()) && is_here
        };
        let name = channel.map_or_else(|| port.to_string(), |channel| format!("{port}/{channel}"));
        let is_served = listed.iter().any(is_listed);
        (!is_served).then(|| format!("`only` of path `{path}` does not have `{name}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(texts: &[&str]) -> Vec<Glob> {
        texts.iter().copied().map(Glob::from).collect()
    }

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| Pattern::parse(text).unwrap()).collect()
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        let matches = |glob: &str, text: &str| Glob::from(glob).matches(text);
        for (glob, text) in
            [("*", ""), ("ica*", "icahost"), ("a*b*c", "abbc"), ("*-1", "channel-1")]
        {
            assert!(matches(glob, text), "{glob} {text}");
        }
        for (glob, text) in [("", "a"), ("ica*", "ic"), ("a*b*c", "acb"), ("ab*bc", "abc")] {
            assert!(!matches(glob, text), "{glob} {text}");
        }
        assert_eq!(["/channel-0", "transfer/", "transfer"].map(Pattern::parse), [None, None, None]);
    }

    #[test]
    fn packets_are_named_by_end_and_sequences() {
        let filter = Filter {
            deny_packets: vec![
                Packets::parse("transfer/channel-1/3").unwrap(),
                Packets::parse("*/channel-2/5-7").unwrap(),
                Packets::parse("*/07-tendermint-0/1").unwrap(),
            ],
            ..Filter::default()
        };
        let refused = |end: &End, seq| filter.refuses_packet(end, seq);
        let end = |channel: &str| End { port: "transfer".into(), channel: channel.into() };
        assert!(refused(&end("channel-1"), 3).unwrap().contains("`transfer/channel-1/3`"));
        assert!(refused(&end("channel-2"), 6).unwrap().contains("`*/channel-2/5-7`"));
        assert!(refused(&End::of_client("07-tendermint-0"), 1).is_some());
        for (channel, seq) in [("channel-1", 4), ("channel-11", 3), ("channel-2", 8)] {
            assert_eq!(refused(&end(channel), seq), None);
        }
        for wrong in ["transfer/channel-1", "channel-1/3", "a/b/x", "a/b/7-5", "a/b/-5"] {
            assert_eq!(Packets::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_channel_that_is_not_made_yet_is_judged_by_its_port() {
        let denies = Filter {
            deny_channels: patterns(&["ica*/*", "transfer/channel-3"]),
            ..Filter::default()
        };
        let allows =
            Filter { allow_channels: patterns(&["transfer/channel-1"]), ..Filter::default() };
        let refused = |filter: &Filter, port: &str, channel: Option<&str>| {
            filter.refuses_end(&port.into(), channel.map(ChannelId::from).as_ref()).is_some()
        };
        assert!(refused(&denies, "icahost", None));
        assert!(!refused(&denies, "transfer", None));
        assert!(refused(&denies, "transfer", Some("channel-3")));
        assert!(!refused(&denies, "transfer", Some("channel-33")));
        assert!(!refused(&allows, "transfer", None));
        assert!(refused(&allows, "transfer", Some("channel-2")));
        assert!(refused(&allows, "icahost", None));
    }

    #[test]
    fn transfers_are_judged_by_what_they_hold_and_other_data_not_at_all() {
        let transfer = |denom: &str, sender: &str, memo: &str| {
            let receiver = "r".repeat(10);
            serde_json::to_vec(&serde_json::json!({
                "denom": denom, "amount": "1", "sender": sender, "receiver": receiver, "memo": memo,
            }))
            .unwrap()
        };
        let filter = Filter {
            deny_senders: vec!["spammer".to_owned()],
            deny_denoms: globs(&["factory/*"]),
            max_memo_bytes: Some(4),
            max_receiver_bytes: Some(10),
            ..Filter::default()
        };
        let reason = |data: &[u8]| filter.refuses_data(data).unwrap_or_default();
        assert_eq!(reason(&transfer("stake", "user", "memo")), "");
        assert_eq!(reason(b"factory/"), "");
        assert!(reason(&transfer("stake", "spammer", "")).contains("`deny_senders`"));
        assert!(reason(&transfer("factory/x", "user", "")).contains("`deny_denoms`"));
        assert!(reason(&transfer("stake", "user", "12345")).contains("memo has 5 bytes"));
        let short = Filter { max_receiver_bytes: Some(9), ..Filter::default() };
        assert!(short.refuses_data(&transfer("stake", "user", "")).unwrap().contains("receiver"));
        let only = Filter { allow_denoms: globs(&["stake"]), ..Filter::default() };
        assert!(only.refuses_data(&transfer("other", "user", "")).is_some());
        assert_eq!(only.refuses_data(&transfer("stake", "user", "")), None);
    }

    #[test]
    fn transfers_of_ibc_v2_are_judged_in_every_encoding() {
        let filter = Filter { deny_senders: vec!["spammer".to_owned()], ..Filter::default() };
        let payload = |port: &str, encoding: &str, value: Vec<u8>| Payload {
            source_port: port.into(),
            destination_port: port.into(),
            version: "ics20-1".into(),
            encoding: encoding.into(),
            value,
        };
        let json = |sender: &str| {
            let transfer = serde_json::json!({
                "denom": "stake", "amount": "1", "sender": sender, "receiver": "r",
            });
            payload("transfer", "application/json", transfer.to_string().into_bytes())
        };
        let protobuf = |sender: &str| {
            let data = FungibleTokenPacketData { sender: sender.into(), ..Default::default() };
            payload("transfer", "application/x-protobuf", data.encode_to_vec())
        };
        let other = |port: &str| payload(port, "application/x-solidity-abi", vec![1]);
        for refused in [json("spammer"), protobuf("spammer"), other("transfer")] {
            assert!(filter.refuses_payload(&refused).is_some(), "{refused:?}");
            assert_eq!(Filter::default().refuses_payload(&refused), None);
        }
        for carried in [json("user"), protobuf("user"), other("app")] {
            assert_eq!(filter.refuses_payload(&carried), None, "{carried:?}");
        }
    }
}
