//! Hermes' `config.toml`, as of v1.13.
//!
//! Source: Hermes' own commented `config.toml` and `crates/relayer/src/config.rs`.

use std::path::PathBuf;
use std::time::Duration;

use cosmos::wire::gas::GasPrice;
use tendermint::trust_threshold::TrustThresholdFraction;
use toml::Value;

use super::{Import, ImportError, KeySource, Note, Source, plain, units};
use crate::config::filter::Filter;
use crate::config::gas::{DynamicGasPrice, Module};
use crate::config::value::parse_trust_threshold;
use crate::config::{Chain, Config, Global, Listen, Serve};
use crate::model::config::Handshakes;
use crate::model::filter::{Packets, Pattern};

/// The clocks of two chains may differ by this much in Hermes, and a block take this long.
const CLOCK_DRIFT: Duration = Duration::from_secs(5);
const MAX_BLOCK_TIME: Duration = Duration::from_secs(30);

/// What Hermes takes where its file does not say.
const DYNAMIC_MULTIPLIER: u64 = 1_100;
const DYNAMIC_MAX: &str = "0.6";

const ALWAYS: &str = "ferry always does this";
const NO_CLEARING: &str = "ferry misses no block, so there is nothing to clear; `check_every` looks anew, \
                           and `ferry clear PATH` by hand";
const OWN_MEASURE: &str = "ferry finds the right measure by itself";

pub(super) fn import(mut file: Source) -> Result<Import, ImportError> {
    let mut notes = Vec::new();
    let mut global = file.table("global")?;
    let log = global.text("log_level").unwrap_or_else(|| Global::default().log);
    global.rest(&mut notes);
    let modes = modes(&mut file, &mut notes)?;
    let serve = serve(&mut file, &mut notes)?;
    file.needless(&[("tracing_server", "change `log` in ferry.toml and send SIGHUP")], &mut notes);
    let (mut chains, mut keys) = (Vec::new(), Vec::new());
    for table in file.tables("chains")? {
        if let Some((mut chain, key)) = chain(table, &mut notes)? {
            (chain.filter.max_memo_bytes, chain.filter.max_receiver_bytes) = modes.longest;
            chain.handshakes = modes.handshakes;
            chains.push(chain);
            keys.push(vec![key]);
        }
    }
    file.rest(&mut notes);
    let ferry = Global { log, ..Global::default() };
    Ok(Import {
        config: Config { ferry, store: None, serve, chains },
        keys,
        paths: Vec::new(),
        notes,
    })
}

/// What Hermes carries where its file does not say, in bytes. Source: Hermes 1.13, `crates/relayer/src/config.rs`,
/// `default::ics20_max_memo_size`, `default::ics20_max_receiver_size`.
const LONGEST_MEMO: usize = 32 * 1024;
const LONGEST_RECEIVER: usize = 2 * 1024;

/// The longest memo and receiver that are carried, in bytes; none where that has no limit.
type Longest = (Option<usize>, Option<usize>);

/// What Hermes does for everybody, on all chains.
struct Modes {
    longest: Longest,
    handshakes: Handshakes,
}

fn modes(file: &mut Source, notes: &mut Vec<Note>) -> Result<Modes, ImportError> {
    let mut mode = file.table("mode")?;
    let mut clients = mode.table("clients")?;
    let always = [
        ("enabled", "true", ALWAYS),
        ("refresh", "true", ALWAYS),
        ("misbehaviour", "true", ALWAYS),
    ];
    clients.differs_unless(&always, notes);
    clients.rest(notes);
    let mut connections = mode.table("connections")?;
    let own = "ferry finishes the handshakes of its own paths' connections, and of no others";
    connections.differs_unless(&[("enabled", "false", own)], notes);
    connections.rest(notes);
    let mut channels = mode.table("channels")?;
    // Also where the file says nothing of it.
    let handshakes = if channels.is_true("enabled") { Handshakes::All } else { Handshakes::Own };
    channels.rest(notes);
    let mut packets = mode.table("packets")?;
    let carried =
        "ferry carries packets on all its paths; `paused` of [ferry] stops everything on one";
    packets.differs_unless(&[("enabled", "true", carried)], notes);
    packets.needless(
        &[
            ("clear_interval", NO_CLEARING),
            ("clear_on_start", NO_CLEARING),
            ("force_disable_clear_on_start", NO_CLEARING),
            ("clear_limit", NO_CLEARING),
            ("tx_confirmation", "ferry follows every transaction until a block decides it"),
        ],
        notes,
    );
    let fees = "fees of ICS-29 are gone since ibc-go v10";
    packets.differs_unless(&[("auto_register_counterparty_payee", "false", fees)], notes);
    let mut longest = |key, usual| limit(packets.table(key)?, usual, notes);
    let longest: Longest = (
        longest("ics20_max_memo_size", LONGEST_MEMO)?,
        longest("ics20_max_receiver_size", LONGEST_RECEIVER)?,
    );
    packets.rest(notes);
    mode.rest(notes);
    Ok(Modes { longest, handshakes })
}

/// A size that can be switched off; where the file says nothing of it, the usual one.
fn limit(
    mut from: Source,
    usual: usize,
    notes: &mut Vec<Note>,
) -> Result<Option<usize>, ImportError> {
    if from.table.is_empty() {
        return Ok(Some(usual));
    }
    let is_on = from.is_true("enabled");
    let size = from.text("size");
    let at = |text: &str| from.wrong("size", format!("`{text}` is no size, as `32KiB` is"));
    let bytes = size.as_deref().map(|text| units::bytes(text).ok_or_else(|| at(text)));
    let bytes = bytes.transpose()?;
    from.rest(notes);
    Ok(Some(bytes.unwrap_or(usual)).filter(|_| is_on))
}

/// One address serves what Hermes serves at two: that of REST if it is on, else that of telemetry.
fn serve(file: &mut Source, notes: &mut Vec<Note>) -> Result<Serve, ImportError> {
    let (mut rest, mut telemetry) = (file.table("rest")?, file.table("telemetry")?);
    let at = |source: &mut Source, port: &str| {
        let is_on = source.is_true("enabled");
        let host = source.text("host").unwrap_or_else(|| "127.0.0.1".into());
        let port = source.text("port").unwrap_or_else(|| port.into());
        let address = format!("{host}:{port}");
        let parsed =
            address.parse().map_err(|_| source.wrong("host", format!("`{address}` is no address")));
        parsed.map(|address| is_on.then_some(Listen::At(address)))
    };
    let (rest_at, telemetry_at) = (at(&mut rest, "3000")?, at(&mut telemetry, "3001")?);
    if let (Some(_), Some(Listen::At(address))) = (rest_at, telemetry_at) {
        notes.push(Note {
            key: "telemetry.port".into(),
            value: address.port().to_string(),
            differs: true,
            why: "metrics are served beside the rest, at /metrics of `serve.listen`".into(),
        });
    }
    telemetry.differs(&[("prefix", "ferry's metrics have no prefix")], notes);
    telemetry.needless(&[("buckets", "ferry's classes of latency are fixed")], notes);
    rest.rest(notes);
    telemetry.rest(notes);
    let listen = Some(rest_at.or(telemetry_at).unwrap_or(Listen::Off));
    Ok(Serve { listen, token_file: None })
}

fn chain(
    mut from: Source,
    notes: &mut Vec<Note>,
) -> Result<Option<(Chain, KeySource)>, ImportError> {
    let id = from.needed("id")?;
    let kind = from.text("type").unwrap_or_else(|| "CosmosSdk".into());
    if kind != "CosmosSdk" {
        let why = "ferry serves Cosmos SDK chains only; the whole chain is left out".into();
        notes.push(Note { key: from.key("type"), value: kind, differs: true, why });
        return Ok(None);
    }
    let name = from.needed("key_name")?;
    let folder = from.text("key_store_folder").map(PathBuf::from);
    let key = KeySource::Hermes { chain: id.clone(), name: name.clone(), folder };
    let mut chain = Chain::new(
        id,
        vec![from.needed("rpc_addr")?],
        from.needed("account_prefix")?,
        name,
        gas_price(&mut from)?,
    );
    chain.dynamic_gas_price = dynamic(&mut from, &chain, notes)?;
    chain.filter = Filter { deny_packets: excluded(&mut from)?, ..filter(&mut from, notes)? };
    chain.max_gas = from.number("max_gas")?;
    chain.fee_granter = from.text("fee_granter").into();
    chain.memo = from.text("memo_prefix").unwrap_or_default();
    chain.extension_options =
        from.options("extension_options", |kind| kind == "ethermint_dynamic_fee", notes)?;
    chain.trusting_period = duration(&mut from, "trusting_period")?;
    put(&mut chain.trust_threshold, trust_threshold(&mut from)?);
    let drift = duration(&mut from, "clock_drift")?.unwrap_or(CLOCK_DRIFT);
    let block = duration(&mut from, "max_block_time")?.unwrap_or(MAX_BLOCK_TIME);
    // Both chains' drift and a block, as Hermes writes it into a client.
    chain.max_clock_drift = drift * 2 + block;
    put(&mut chain.gas_multiplier, from.multiplier("gas_multiplier")?);
    put(&mut chain.max_msgs, from.number("max_msg_num")?);
    put(&mut chain.rpc_timeout, duration(&mut from, "rpc_timeout")?);
    leave(&mut from, notes);
    from.rest(notes);
    Ok(Some((chain, key)))
}

fn put<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

/// The price that the chain sets. Hermes tells by the chain which module to ask, and so does this.
fn dynamic(
    from: &mut Source,
    chain: &Chain,
    notes: &mut Vec<Note>,
) -> Result<Option<DynamicGasPrice>, ImportError> {
    let mut dynamic = from.table("dynamic_gas_price")?;
    let is_on = dynamic.is_true("enabled");
    let multiplier = dynamic.multiplier("multiplier")?.unwrap_or(DYNAMIC_MULTIPLIER);
    let max = dynamic.text("max").unwrap_or_else(|| DYNAMIC_MAX.to_owned());
    let max = format!("{max}{}", chain.gas_price.denom());
    let max = max.parse().map_err(|error: cosmos::wire::gas::GasPriceError| {
        dynamic.wrong("max", error.to_string())
    })?;
    dynamic.rest(notes);
    let module = if chain.address_prefix == "osmo" { Module::Osmosis } else { Module::Feemarket };
    Ok(is_on.then_some(DynamicGasPrice { module, multiplier, max, max_urgent: None }))
}

/// Which channel ends are served: a list of pairs of port and channel.
fn filter(from: &mut Source, notes: &mut Vec<Note>) -> Result<Filter, ImportError> {
    let mut filter = from.table("packet_filter")?;
    let policy = filter.text("policy").unwrap_or_else(|| "allowall".into());
    let list = match filter.take("list") {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    };
    let pattern = |item: &Value| {
        let pair = item.as_array().map(Vec::as_slice);
        let text = match pair {
            Some([port, channel]) => format!("{}/{}", plain(port), plain(channel)),
            _ => plain(item),
        };
        let wrong = || filter.wrong("list", format!("`{text}` is no port and channel"));
        Pattern::parse(&text).ok_or_else(wrong)
    };
    let patterns = list.iter().map(pattern).collect::<Result<Vec<_>, _>>()?;
    let ours = match policy.as_str() {
        "allowall" => Filter::default(),
        "allow" => Filter { allow_channels: patterns, ..Filter::default() },
        "deny" => Filter { deny_channels: patterns, ..Filter::default() },
        other => return Err(filter.wrong("policy", format!("`{other}` is no policy"))),
    };
    filter.differs(&[("min_fees", "fees of ICS-29 are gone since ibc-go v10")], notes);
    filter.rest(notes);
    Ok(ours)
}

/// The part of the power that must have signed: `1/3`, or a table of the two numbers.
fn trust_threshold(from: &mut Source) -> Result<Option<TrustThresholdFraction>, ImportError> {
    const KEY: &str = "trust_threshold";
    let text = match from.take(KEY) {
        None => return Ok(None),
        Some(Value::Table(parts)) => {
            let part = |key| parts.get(key).map(plain).unwrap_or_default();
            format!("{}/{}", part("numerator"), part("denominator"))
        }
        Some(other) => plain(&other),
    };
    parse_trust_threshold(&text).map(Some).map_err(|wrong| from.wrong(KEY, wrong))
}

/// The packets that are not carried: a list of pairs of a channel and its sequences, or a table of them.
fn excluded(from: &mut Source) -> Result<Vec<Packets>, ImportError> {
    const KEY: &str = "excluded_sequences";
    let pairs: Vec<(String, Value)> = match from.take(KEY) {
        None => Vec::new(),
        Some(Value::Table(table)) => table.into_iter().collect(),
        Some(Value::Array(list)) => {
            let pair = |item: Value| match item {
                Value::Array(pair) => {
                    let [channel, sequences] = <[Value; 2]>::try_from(pair).ok()?;
                    Some((plain(&channel), sequences))
                }
                _ => None,
            };
            let pairs: Option<Vec<_>> = list.into_iter().map(pair).collect();
            pairs.ok_or_else(|| from.wrong(KEY, "it is no list of channels and sequences"))?
        }
        Some(other) => {
            let wrong = format!("`{}` is no list of channels and sequences", plain(&other));
            return Err(from.wrong(KEY, wrong));
        }
    };
    let mut packets = Vec::new();
    for (channel, sequences) in pairs {
        let wrong = || from.wrong(KEY, format!("`{channel}` has no list of sequences"));
        for sequence in sequences.as_array().ok_or_else(wrong)? {
            let text = format!("*/{channel}/{}", plain(sequence));
            let wrong = || from.wrong(KEY, format!("`{text}` names no packet"));
            packets.push(Packets::parse(&text).ok_or_else(wrong)?);
        }
    }
    Ok(packets)
}

/// Names the keys of a chain that have no counterpart.
fn leave(from: &mut Source, notes: &mut Vec<Note>) {
    from.needless(
        &[
            ("grpc_addr", "ferry asks the RPC only"),
            ("websocket_addr", "ferry derives it from `rpc`"),
            ("event_source", "ferry reads every block, and takes the WebSocket as a wake-up only"),
            ("trusted_node", "ferry verifies every header and proof"),
            ("key_store_type", "keys are encrypted files"),
            ("default_gas", OWN_MEASURE),
            ("max_tx_size", OWN_MEASURE),
            ("max_grpc_decoding_size", "ferry reads answers of any size that a node gives"),
            ("query_packets_chunk_size", OWN_MEASURE),
            ("sequential_batch_tx", "ferry offers transactions in order and waits where it must"),
            ("compat_mode", "ferry tells versions by the shape of answers"),
            ("clear_interval", NO_CLEARING),
            (
                "client_refresh_rate",
                "ferry refreshes a client after two thirds of its trusting period",
            ),
            ("allow_ccq", "cross-chain queries are not IBC packets; ferry does not relay them"),
        ],
        notes,
    );
    from.differs_unless(
        &[
            (
                "address_type",
                "{ derivation = \"cosmos\" }",
                "ferry derives addresses as Cosmos does; `ethermint` keys do not work",
            ),
            ("store_prefix", "ibc", "ferry knows the store `ibc` only"),
            ("memo_overwrite", "", "ferry's name stands in every memo; `memo` is put before it"),
            (
                "ccv_consumer_chain",
                "false",
                "ferry asks the staking module for the unbonding period; set `trusting_period`",
            ),
            ("proof_specs", "", "ferry knows the proofs of IAVL only"),
        ],
        notes,
    );
}

fn gas_price(from: &mut Source) -> Result<GasPrice, ImportError> {
    let mut price = from.table("gas_price")?;
    let text = format!("{}{}", price.needed("price")?, price.needed("denom")?);
    text.parse().map_err(|error: cosmos::wire::gas::GasPriceError| {
        from.wrong("gas_price", error.to_string())
    })
}

/// A duration as Hermes writes it: `10s`, `14days`, `2h 30m`.
fn duration(from: &mut Source, key: &str) -> Result<Option<Duration>, ImportError> {
    let Some(text) = from.text(key) else { return Ok(None) };
    match units::hermes_duration(&text) {
        Some(duration) => Ok(Some(duration)),
        None => Err(from.wrong(key, format!("`{text}` is no duration"))),
    }
}
