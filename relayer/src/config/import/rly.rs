//! rly's `config.yaml`, as of v2.6.
//!
//! Source: rly's `examples/config_EXAMPLE.yaml`, `cmd/config.go` and `relayer/chains/cosmos/provider.go`.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Import, ImportError, ImportedPath, KeySource, Note, Source, plain};
use crate::config::filter::Filter;
use crate::config::value::parse_duration;
use crate::config::{Chain, Config, Global, Listen, Serve};

const OWN_MEASURE: &str = "ferry finds the right measure by itself";

pub(super) fn import(mut file: Source) -> Result<Import, ImportError> {
    let mut notes = Vec::new();
    let mut global = file.table("global")?;
    let timeout = duration(&mut global, "timeout")?.unwrap_or(Duration::from_secs(10));
    let memo = global.text("memo").unwrap_or_default();
    let log = global.text("log-level").filter(|level| !level.is_empty());
    let listen = listen(&mut global, &mut notes);
    global.needless(&[("light-cache-size", OWN_MEASURE)], &mut notes);
    global.differs(
        &[
            ("ics20-memo-limit", "set `filter.max_memo_bytes`"),
            ("max-receiver-size", "set `filter.max_receiver_bytes`"),
        ],
        &mut notes,
    );
    global.rest(&mut notes);

    let (mut chains, mut keys) = (Vec::new(), Vec::new());
    let mut list = file.table("chains")?;
    let aliases: Vec<String> = list.table.keys().cloned().collect();
    for alias in aliases {
        let (from, defaults) = (list.table(&alias)?, (timeout, memo.as_str()));
        if let Some((chain, key)) = chain(from, &alias, defaults, &mut notes)? {
            chains.push(chain);
            keys.push(key);
        }
    }
    let paths = paths(&mut file, &mut notes)?;
    file.rest(&mut notes);
    let ferry = Global { log: log.unwrap_or_else(|| Global::default().log), ..Global::default() };
    let serve = Serve { listen, token_file: None };
    Ok(Import { config: Config { ferry, serve, chains }, keys, paths, notes })
}

/// The address of the metrics is that of everything; the others are named.
fn listen(global: &mut Source, notes: &mut Vec<Note>) -> Option<Listen> {
    let why = "the JSON API is beside the metrics";
    global.differs(&[("api-listen-addr", why), ("debug-listen-addr", why)], notes);
    let address = global.text("metrics-listen-addr").filter(|address| !address.is_empty())?;
    match address.parse::<SocketAddr>() {
        Ok(address) => Some(Listen::At(address)),
        Err(_) => {
            let key = global.key("metrics-listen-addr");
            let why = "it is no address with a port; set `serve.listen`".into();
            notes.push(Note { key, value: address, differs: true, why });
            None
        }
    }
}

fn chain(
    mut from: Source,
    alias: &str,
    (timeout, memo): (Duration, &str),
    notes: &mut Vec<Note>,
) -> Result<Option<(Chain, KeySource)>, ImportError> {
    let kind = from.text("type").unwrap_or_else(|| "cosmos".into());
    if kind != "cosmos" {
        let why = "ferry serves Cosmos SDK chains only; the whole chain is left out".into();
        notes.push(Note { key: from.key("type"), value: kind, differs: true, why });
        return Ok(None);
    }
    let mut value = from.table("value")?;
    from.rest(notes);
    let key = value.needed("key")?;
    let mut rpc = vec![value.needed("rpc-addr")?];
    rpc.extend(backups(&mut value));
    let prices = value.needed("gas-prices")?;
    let mut prices = prices.split(',').map(str::trim);
    let price = prices.next().unwrap_or_default().parse();
    let gas_price = price.map_err(|error: cosmos::wire::gas::GasPriceError| {
        value.wrong("gas-prices", error.to_string())
    })?;
    for other in prices {
        let why = "ferry pays in one denom; this one is left out".into();
        notes.push(Note { key: value.key("gas-prices"), value: other.into(), differs: true, why });
    }
    let chain = Chain {
        id: value.needed("chain-id")?,
        rpc,
        address_prefix: value.needed("account-prefix")?,
        key: key.clone(),
        gas_price,
        fee_granter: None,
        low_balance: 0,
        archive_rpc: Vec::new(),
        dynamic_gas_price: None,
        gas_multiplier: super::super::gas::default_multiplier(),
        max_gas: None,
        backup_blocks: 0,
        polite_blocks: super::super::default_polite_blocks(),
        filter: Filter::default(),
        memo: memo.to_owned(),
        max_msgs: 100,
        trusting_period: None,
        max_clock_drift: Duration::from_secs(40),
        rpc_timeout: duration(&mut value, "timeout")?.unwrap_or(timeout),
    };
    leave(&mut value, notes);
    value.rest(notes);
    let (id, prefix) = (chain.id.clone(), chain.address_prefix.clone());
    Ok(Some((chain, KeySource::Rly { alias: alias.to_owned(), name: key, id, prefix })))
}

fn backups(value: &mut Source) -> Vec<String> {
    match value.take("backup-rpc-addrs") {
        Some(toml::Value::Array(addresses)) => addresses.iter().map(plain).collect(),
        _ => Vec::new(),
    }
}

/// Names the keys of a chain that have no counterpart.
fn leave(value: &mut Source, notes: &mut Vec<Note>) {
    value.needless(
        &[
            ("key-directory", "keys are in ferry's own home"),
            ("keyring-backend", "keys are encrypted files"),
            ("gas-adjustment", OWN_MEASURE),
            ("min-gas-amount", OWN_MEASURE),
            ("debug", "set `log`"),
            ("block-timeout", "ferry follows every transaction until a block decides it"),
            ("output-format", "every command knows --json"),
            ("sign-mode", "ferry signs SIGN_MODE_DIRECT"),
            (
                "broadcast-mode",
                "ferry does not wait for blocks before it offers the next transaction",
            ),
            ("min-loop-duration", "ferry is woken by every block"),
            ("extra-codecs", "ferry needs no codec of accounts"),
        ],
        notes,
    );
    value.differs(
        &[
            ("coin-type", "`ferry keys restore` derives m/44'/118'/0'/0/INDEX"),
            ("signing-algorithm", "ferry signs with secp256k1 as Cosmos does"),
            ("max-gas-amount", "ferry limits a transaction to a twentieth of a block"),
            ("dynamic-gas-price", "set `dynamic_gas_price` with a maximum"),
            ("extension-options", "ferry's transactions have none"),
            (
                "feegrants",
                "set `fee_granter` to the granter's address; ferry uses one grant for each chain",
            ),
        ],
        notes,
    );
}

fn paths(file: &mut Source, notes: &mut Vec<Note>) -> Result<Vec<ImportedPath>, ImportError> {
    let mut list = file.table("paths")?;
    let names: Vec<String> = list.table.keys().cloned().collect();
    let mut paths = Vec::new();
    for name in names {
        let mut from = list.table(&name)?;
        let (mut src, mut dst) = (from.table("src")?, from.table("dst")?);
        let (a, b) = (src.needed("chain-id")?, dst.needed("chain-id")?);
        let connection = src.text("connection-id").unwrap_or_default();
        let known = "ferry finds it by the connection";
        src.needless(&[("client-id", known)], notes);
        dst.needless(&[("client-id", known), ("connection-id", known)], notes);
        let mut filter = from.table("src-channel-filter")?;
        let rule = filter.text("rule").filter(|rule| !rule.is_empty() && rule != "null");
        let channels = filter.take("channel-list").map(|list| plain(&list)).unwrap_or_default();
        if let Some(rule) = rule {
            let why =
                "set `filter.allow_channels` of the chain to the channels of all its paths".into();
            let key = filter.key("rule");
            notes.push(Note { key, value: format!("{rule} {channels}"), differs: true, why });
        }
        for part in [src, dst, filter, from] {
            part.rest(notes);
        }
        paths.push(ImportedPath { name, a, b, connection });
    }
    Ok(paths)
}

/// A duration as Go writes it, such as `10s` or `1m30s`.
fn duration(from: &mut Source, key: &str) -> Result<Option<Duration>, ImportError> {
    let Some(text) = from.text(key).filter(|text| !text.is_empty()) else { return Ok(None) };
    let mut total = Duration::ZERO;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let letters = rest[digits..].find(|c: char| c.is_ascii_digit());
        let (part, after) = rest.split_at(letters.map_or(rest.len(), |at| digits + at));
        let part = parse_duration(part)
            .map_err(|_| from.wrong(key, format!("`{text}` is no duration")))?;
        total += part;
        rest = after;
    }
    Ok(Some(total))
}
