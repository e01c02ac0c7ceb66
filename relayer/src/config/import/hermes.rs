//! Hermes' `config.toml`, as of v1.13.
//!
//! Source: Hermes' own commented `config.toml` and `crates/relayer/src/config.rs`.

use std::path::PathBuf;
use std::time::Duration;

use cosmos::wire::gas::GasPrice;

use super::{Import, ImportError, KeySource, Note, Source};
use crate::config::filter::Filter;
use crate::config::{Chain, Config, Global, Listen, Serve};

/// The clocks of two chains may differ by this much in Hermes, and a block take this long.
const CLOCK_DRIFT: Duration = Duration::from_secs(5);
const MAX_BLOCK_TIME: Duration = Duration::from_secs(30);

const ALWAYS: &str = "ferry always does this";
const NO_CLEARING: &str =
    "ferry misses no block, so there is nothing to clear; `ferry clear PATH` looks anew by hand";
const OWN_MEASURE: &str = "ferry finds the right measure by itself";

pub(super) fn import(mut file: Source) -> Result<Import, ImportError> {
    let mut notes = Vec::new();
    let mut global = file.table("global")?;
    let log = global.text("log_level").unwrap_or_else(|| Global::default().log);
    global.rest(&mut notes);
    modes(&mut file, &mut notes)?;
    let serve = serve(&mut file, &mut notes)?;
    file.needless(&[("tracing_server", "change `log` in ferry.toml and send SIGHUP")], &mut notes);
    let (mut chains, mut keys) = (Vec::new(), Vec::new());
    for table in file.tables("chains")? {
        if let Some((chain, key)) = chain(table, &mut notes)? {
            chains.push(chain);
            keys.push(key);
        }
    }
    file.rest(&mut notes);
    let ferry = Global { log, ..Global::default() };
    Ok(Import { config: Config { ferry, serve, chains }, keys, paths: Vec::new(), notes })
}

fn modes(file: &mut Source, notes: &mut Vec<Note>) -> Result<(), ImportError> {
    let mut mode = file.table("mode")?;
    let mut clients = mode.table("clients")?;
    clients.needless(&[("enabled", ALWAYS), ("refresh", ALWAYS)], notes);
    clients.differs(&[("misbehaviour", "ferry has no switch for it")], notes);
    clients.rest(notes);
    for part in ["connections", "channels"] {
        let mut part = mode.table(part)?;
        part.needless(
            &[("enabled", "handshakes of the paths that ferry serves are always finished")],
            notes,
        );
        part.rest(notes);
    }
    let mut packets = mode.table("packets")?;
    packets.needless(
        &[
            ("enabled", ALWAYS),
            ("clear_interval", NO_CLEARING),
            ("clear_on_start", NO_CLEARING),
            ("force_disable_clear_on_start", NO_CLEARING),
            ("clear_limit", NO_CLEARING),
            ("tx_confirmation", "ferry follows every transaction until a block decides it"),
        ],
        notes,
    );
    packets.differs(
        &[
            ("auto_register_counterparty_payee", "fees of ICS-29 are gone since ibc-go v10"),
            ("ics20_max_memo_size", "set `filter.max_memo_bytes`"),
            ("ics20_max_receiver_size", "set `filter.max_receiver_bytes`"),
        ],
        notes,
    );
    packets.rest(notes);
    mode.rest(notes);
    Ok(())
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
    let drift = duration(&mut from, "clock_drift")?.unwrap_or(CLOCK_DRIFT);
    let block = duration(&mut from, "max_block_time")?.unwrap_or(MAX_BLOCK_TIME);
    let chain = Chain {
        rpc: vec![from.needed("rpc_addr")?],
        address_prefix: from.needed("account_prefix")?,
        key: name,
        gas_price: gas_price(&mut from)?,
        fee_granter: from.text("fee_granter"),
        low_balance: 0,
        archive_rpc: Vec::new(),
        dynamic_gas_price: None,
        gas_multiplier: super::super::gas::default_multiplier(),
        max_gas: None,
        backup_blocks: 0,
        polite_blocks: super::super::default_polite_blocks(),
        filter: Filter::default(),
        memo: from.text("memo_prefix").unwrap_or_default(),
        max_msgs: from.number("max_msg_num")?.unwrap_or(100),
        trusting_period: duration(&mut from, "trusting_period")?,
        // Both chains' drift and a block, as Hermes writes it into a client.
        max_clock_drift: drift * 2 + block,
        rpc_timeout: duration(&mut from, "rpc_timeout")?.unwrap_or(Duration::from_secs(10)),
        id,
    };
    leave(&mut from, notes);
    from.rest(notes);
    Ok(Some((chain, key)))
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
            ("gas_multiplier", OWN_MEASURE),
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
    from.differs(
        &[
            (
                "address_type",
                "ferry derives addresses as Cosmos does; `ethermint` keys do not work",
            ),
            ("store_prefix", "ferry knows the store `ibc` only"),
            (
                "max_gas",
                "ferry limits a transaction to a twentieth of a block; set `max_gas` for less",
            ),
            ("dynamic_gas_price", "set `dynamic_gas_price` with the module and a maximum"),
            ("trust_threshold", "new clients get a third"),
            ("memo_overwrite", "ferry's name stands in every memo; `memo` is put before it"),
            ("packet_filter", "set `filter.allow_channels` or `filter.deny_channels`"),
            ("excluded_sequences", "ferry gives a packet up by itself when it fails too often"),
            (
                "ccv_consumer_chain",
                "ferry asks the staking module for the unbonding period; set `trusting_period`",
            ),
            ("extension_options", "ferry's transactions have none"),
            ("proof_specs", "ferry knows the proofs of IAVL only"),
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
    match parse(&text) {
        Some(duration) => Ok(Some(duration)),
        None => Err(from.wrong(key, format!("`{text}` is no duration"))),
    }
}

fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let millis = match unit {
            "ms" | "msec" | "millis" => 1,
            "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            "w" | "week" | "weeks" => 604_800_000,
            _ => return None,
        };
        let number: u64 = number.parse().ok()?;
        total = total.checked_add(Duration::from_millis(number.checked_mul(millis)?))?;
        rest = after.trim_start();
    }
    (!text.trim().is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_hermes_writes_them() {
        let seconds = |text: &str| parse(text).map(|duration| duration.as_secs());
        assert_eq!(seconds("14days"), Some(14 * 86_400));
        assert_eq!(seconds("2h 30m"), Some(9_000));
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        for wrong in ["", "10", "s", "10x", "-1s"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
