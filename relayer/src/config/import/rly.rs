//! rly's `config.yaml`, as of v2.6.
//!
//! Source: rly's `examples/config_EXAMPLE.yaml`, `cmd/config.go` and `relayer/chains/cosmos/provider.go`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::{Import, ImportError, ImportedPath, KeySource, Note, Source, units};
use crate::config::{Chain, Config, Global, Listen, Serve};
use crate::model::filter::Pattern;

const OWN_MEASURE: &str = "ferry finds the right measure by itself";

pub(super) fn import(mut file: Source) -> Result<Import, ImportError> {
    let mut notes = Vec::new();
    let mut global = file.table("global")?;
    let timeout = duration(&mut global, "timeout")?.unwrap_or(Duration::from_secs(10));
    let memo = global.text("memo").unwrap_or_default();
    let log = global.text("log-level").filter(|level| !level.is_empty());
    let listen = listen(&mut global, &mut notes);
    global.needless(&[("light-cache-size", OWN_MEASURE)], &mut notes);
    let above_zero = |limit: &usize| *limit > 0;
    let max_memo_bytes = global.number("ics20-memo-limit")?.filter(above_zero);
    let max_receiver_bytes = global.number("max-receiver-size")?.filter(above_zero);
    global.rest(&mut notes);

    let (mut chains, mut keys) = (Vec::new(), Vec::new());
    let mut list = file.table("chains")?;
    let aliases: Vec<String> = list.table.keys().cloned().collect();
    for alias in aliases {
        let (from, defaults) = (list.table(&alias)?, (timeout, memo.as_str()));
        if let Some((mut chain, key)) = chain(from, &alias, defaults, &mut notes)? {
            chain.filter.max_memo_bytes = max_memo_bytes;
            chain.filter.max_receiver_bytes = max_receiver_bytes;
            chains.push(chain);
            keys.push(key);
        }
    }
    let paths = paths(&mut file, &mut notes)?;
    let only = filter(&mut chains, &paths, &mut notes);
    let paths = paths.into_iter().map(|served| served.path).collect();
    file.rest(&mut notes);
    let log = log.unwrap_or_else(|| Global::default().log);
    let ferry = Global { log, only, ..Global::default() };
    let serve = Serve { listen, token_file: None };
    Ok(Import { config: Config { ferry, store: None, serve, chains }, keys, paths, notes })
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
) -> Result<Option<(Chain, Vec<KeySource>)>, ImportError> {
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
    rpc.extend(value.texts("backup-rpc-addrs"));
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
    let id = value.needed("chain-id")?;
    let prefix = value.needed("account-prefix")?;
    let mut chain = Chain::new(id, rpc, prefix, key, gas_price);
    memo.clone_into(&mut chain.memo);
    chain.rpc_timeout = duration(&mut value, "timeout")?.unwrap_or(timeout);
    chain.max_gas = value.number("max-gas-amount")?.filter(|most: &u64| *most > 0);
    if let Some(multiplier) = value.multiplier("gas-adjustment")? {
        chain.gas_multiplier = multiplier;
    }
    // rly writes the same option whatever type is given.
    chain.extension_options = value.options("extension-options", |_| true, notes)?;
    if let Some((granter, grantees)) = grants(&mut value, &chain.address_prefix, notes)? {
        chain.fee_granter = granter.into();
        if !grantees.is_empty() {
            chain.key = grantees.into();
        }
    }
    let backend = value.text("keyring-backend");
    notes.extend(backend.iter().map(|backend| Note {
        key: value.key("keyring-backend"),
        value: backend.clone(),
        differs: false,
        why: "keys that are taken over become encrypted files".into(),
    }));
    let backend = backend.unwrap_or_else(|| "test".into());
    leave(&mut value, notes);
    value.rest(notes);
    let source = |name: &String| KeySource::Rly {
        alias: alias.to_owned(),
        name: name.clone(),
        id: chain.id.clone(),
        prefix: chain.address_prefix.clone(),
        backend: backend.clone(),
    };
    let sources = chain.key.iter().map(source).collect();
    Ok(Some((chain, sources)))
}

/// The account that pays by a grant, and the keys that sign then. rly may name one of its keys as the granter, whose
/// address only rly knows: there that key signs by itself.
fn grants(
    value: &mut Source,
    prefix: &str,
    notes: &mut Vec<Note>,
) -> Result<Option<(String, Vec<String>)>, ImportError> {
    let mut grants = value.table("feegrants")?;
    let granter = grants.text("granter").filter(|granter| !granter.is_empty());
    let (address, key): (Vec<_>, Vec<_>) =
        granter.into_iter().partition(|granter| granter.starts_with(&format!("{prefix}1")));
    notes.extend(key.into_iter().map(|value| Note {
        key: grants.key("granter"),
        value,
        differs: true,
        why: "set `fee_granter` to the address of this key, which `rly keys show` tells".into(),
    }));
    grants.needless(
        &[
            ("external_granter", "an address says so itself"),
            ("block_last_verified", "`ferry doctor` looks at the grant"),
        ],
        notes,
    );
    grants.needless(&[("num_grantees", "`key` has the list of them")], notes);
    let Some(granter) = address.into_iter().next() else {
        let alone = "`key` signs and pays; beside a `fee_granter`, `key` may be this list";
        grants.differs(&[("grantees", alone)], notes);
        grants.rest(notes);
        return Ok(None);
    };
    let grantees = grants.texts("grantees");
    grants.rest(notes);
    Ok(Some((granter, grantees)))
}

/// Names the keys of a chain that have no counterpart.
fn leave(value: &mut Source, notes: &mut Vec<Note>) {
    value.needless(
        &[
            ("key-directory", "keys are in ferry's own home"),
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
    value.differs_unless(
        &[
            ("coin-type", "118", "`ferry keys restore --hd-path \"m/44'/COIN'/0'/0/0\"` derives the key of another one"),
            ("signing-algorithm", "", "ferry signs with secp256k1 as Cosmos does"),
            (
                "dynamic-gas-price",
                "false",
                "set `dynamic_gas_price` with the most that gas may cost, which rly does not limit",
            ),
        ],
        notes,
    );
}

/// A path with the channels of its first chain that are served, or are not.
struct Served {
    path: ImportedPath,
    /// `allowlist` or `denylist` with its channels, and where that stands.
    rule: Option<(String, Vec<String>, String)>,
}

/// Takes over the filters of paths: what is denied for the first chain, where no other path can have the same channel; what
/// is allowed for the path.
fn filter(
    chains: &mut [Chain],
    paths: &[Served],
    notes: &mut Vec<Note>,
) -> BTreeMap<String, Vec<Pattern>> {
    let mut only = BTreeMap::new();
    for Served { path, rule } in paths {
        let Some((rule, channels, key)) = rule else { continue };
        let patterns = channels.iter().filter_map(|id| Pattern::parse(&format!("*/{id}")));
        let chain = chains.iter_mut().find(|chain| chain.id == path.a);
        match (rule.as_str(), chain) {
            ("denylist", Some(chain)) => chain.filter.deny_channels.extend(patterns),
            ("allowlist", Some(_)) => {
                only.insert(path.name.clone(), patterns.collect());
            }
            _ => notes.push(Note {
                key: key.clone(),
                value: format!("{rule} {}", channels.join(" ")),
                differs: true,
                why: "ferry knows the rules `allowlist` and `denylist`, of paths whose chains it serves"
                    .into(),
            }),
        }
    }
    only
}

fn paths(file: &mut Source, notes: &mut Vec<Note>) -> Result<Vec<Served>, ImportError> {
    let mut list = file.table("paths")?;
    let names: Vec<String> = list.table.keys().cloned().collect();
    let mut paths = Vec::new();
    for name in names {
        let mut from = list.table(&name)?;
        let (mut src, mut dst) = (from.table("src")?, from.table("dst")?);
        let (a, b) = (src.needed("chain-id")?, dst.needed("chain-id")?);
        let connection = src.text("connection-id").filter(|id| !id.is_empty());
        let known = "ferry finds it by the connection";
        src.needless(&[("client-id", known)], notes);
        dst.needless(&[("client-id", known), ("connection-id", known)], notes);
        let mut filter = from.table("src-channel-filter")?;
        let rule = filter.text("rule").filter(|rule| !rule.is_empty() && rule != "null");
        let (channels, key) = (filter.texts("channel-list"), filter.key("rule"));
        let rule = rule.map(|rule| (rule, channels, key));
        for part in [src, dst, filter, from] {
            part.rest(notes);
        }
        paths.push(Served { path: ImportedPath { name, a, b, connection }, rule });
    }
    Ok(paths)
}

/// A duration as Go writes it, such as `10s` or `1m30s`.
fn duration(from: &mut Source, key: &str) -> Result<Option<Duration>, ImportError> {
    let Some(text) = from.text(key).filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = || from.wrong(key, format!("`{text}` is no duration"));
    units::go_duration(&text).map(Some).ok_or_else(wrong)
}
