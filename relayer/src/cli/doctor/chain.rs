//! A chain: its endpoints.

use std::time::Duration;

use cosmos::chain::{Chain, ChainConfig};
use cosmos::rpc::{Address, Rpc, RpcError, Status};
use cosmos::wire::gas::GasPrice;
use futures_util::future::join_all;

use super::Findings;
use crate::config::Chain as ChainFile;
use crate::config::value::format_duration;
use crate::drive::now;
use crate::model::facts::Tip;

/// A node's newest block may be this old: longer than blocks take anywhere.
const OLD: u64 = 60;
/// A block's time may be this far ahead of the clock here.
const AHEAD: u64 = 5;

const NANOS: i128 = 1_000_000_000;

/// Looks at every endpoint, and connects to the first that can be used.
pub(super) async fn endpoints(
    file: &ChainFile,
    cursor: Option<Tip>,
    findings: &mut Findings,
) -> Option<Chain> {
    let answers = join_all(file.rpc.iter().map(|url| status(url, file.rpc_timeout))).await;
    let mut usable = None;
    for (url, answer) in file.rpc.iter().zip(answers) {
        let shown = Address::from(url.as_str());
        match answer {
            Ok(status) if status.node_info.network != file.id => {
                let finding = format!("{shown} is on chain `{}`", status.node_info.network);
                findings.fault("endpoint", finding, "correct `rpc` or `id`");
            }
            Ok(status) => {
                endpoint(&shown, &status, cursor, findings);
                clock(&shown, &status, findings);
                results((url, file.rpc_timeout), &shown, findings).await;
                usable = usable.or(Some(url));
            }
            Err(error) => {
                let cure = "start the node, or correct `rpc`";
                findings.push_endpoint(file.rpc.len(), error.to_string(), cure);
            }
        }
    }
    let config = ChainConfig {
        chain_id: file.id.clone(),
        rpc: usable?.clone(),
        prefix: file.address_prefix.clone(),
        gas_price: file.gas_price.clone(),
    };
    let chain = Chain::connect_within(config, file.rpc_timeout).await.ok()?;
    application(&chain, findings).await;
    Some(chain)
}

async fn status(url: &str, limit: Duration) -> Result<Status, RpcError> {
    Rpc::new(url, limit)?.status().await
}

impl Findings {
    /// An endpoint that does not answer is a fault only where there is no other.
    fn push_endpoint(&mut self, endpoints: usize, finding: String, cure: &str) {
        if endpoints > 1 {
            self.warning("endpoint", finding, cure);
        } else {
            self.fault("endpoint", finding, cure);
        }
    }
}

fn endpoint(url: &Address, status: &Status, cursor: Option<Tip>, findings: &mut Findings) {
    let sync = &status.sync_info;
    let (first, last) = (sync.earliest_block_height, sync.latest_block_height);
    let index = match status.node_info.other.tx_index.as_str() {
        "" => String::new(),
        index => format!(", index of transactions {index} (ferry needs none)"),
    };
    let version = &status.node_info.version;
    let finding = format!("{url}, CometBFT {version}, blocks {first} to {last}{index}");
    if sync.catching_up {
        findings.warning(
            "endpoint",
            format!("{finding}; it is catching up"),
            "wait, or use another",
        );
    } else {
        findings.ok("endpoint", finding);
    }
    let Some(cursor) = cursor else { return };
    if cursor.height + 1 < first {
        let finding =
            format!("{url} has no blocks before {first}; ferry has read up to {}", cursor.height);
        let cure = "none needed: ferry scans the state instead; an endpoint that keeps more blocks is \
                    faster";
        findings.warning("history", finding, cure);
    }
    if last < cursor.height {
        let finding = format!("{url} is at {last}; ferry has read up to {}", cursor.height);
        findings.warning("height", finding, "wait until the node has caught up, or use another");
    }
}

/// Packets are read from what blocks did, which a node may be told to discard.
async fn results((url, limit): (&str, Duration), shown: &Address, findings: &mut Findings) {
    let asked = async {
        let rpc = Rpc::new(url, limit)?;
        let height = rpc.abci_info().await?.last_block_height;
        rpc.block_results(height).await
    };
    let Err(error) = asked.await else { return };
    let cure = "set `discard_abci_responses = false` under `[storage]` of the node's config.toml and restart it, or use \
                another node";
    let finding = format!("{shown} does not tell what its newest block did: {error}");
    findings.fault("results", finding, cure);
}

fn clock(url: &Address, status: &Status, findings: &mut Findings) {
    let block = status.sync_info.latest_block_time.unix_timestamp_nanos();
    let ahead = (block - i128::from(now().0)) / NANOS;
    if ahead > i128::from(AHEAD) {
        let finding = format!("the newest block of {url} is {ahead} s ahead of the clock here");
        findings.fault("clock", finding, "set this machine's clock, with NTP");
    } else if -ahead > i128::from(OLD) {
        let age = format_duration(Duration::from_secs(u64::try_from(-ahead).unwrap_or_default()));
        let finding = format!("the newest block of {url} is {age} old");
        let cure =
            "the chain has halted, or the node does not follow it, or the clock here is wrong";
        findings.warning("clock", finding, cure);
    } else {
        findings.ok("clock", format!("{url} agrees with the clock here"));
    }
}

async fn application(chain: &Chain, findings: &mut Findings) {
    match chain.app_info().await {
        Ok(app) => {
            let ibc = app.ibc_go.map(|version| format!(", ibc-go {version}")).unwrap_or_default();
            findings
                .ok("application", format!("{} {}, SDK {}{ibc}", app.name, app.version, app.sdk));
        }
        Err(error) => {
            let cure = "none needed if it relays: ferry tells versions by the shape of answers";
            findings.warning("application", format!("does not say what it is: {error}"), cure);
        }
    }
    prefix(chain, findings).await;
    let ours = &chain.config().gas_price;
    let prices = chain.minimum_gas_prices().await.unwrap_or_default();
    let prices: Vec<GasPrice> = prices.iter().filter_map(|price| price.parse().ok()).collect();
    let Some(least) = prices.iter().find(|price| price.denom() == ours.denom()) else {
        if !prices.is_empty() {
            let taken: Vec<String> = prices.iter().map(ToString::to_string).collect();
            let finding = format!("the node takes no fees in `{}`", ours.denom());
            findings.fault(
                "gas price",
                finding,
                format!("set `gas_price` to {}", taken.join(" or ")),
            );
        }
        return;
    };
    if ours.atto() < least.atto() {
        let finding = format!("`gas_price` is {ours}, the node takes {least} or more");
        findings.fault("gas price", finding, format!("set `gas_price = \"{least}\"`"));
    } else {
        findings.ok("gas price", format!("{ours}, the node takes {least} or more"));
    }
}

/// Looks at the prefix of addresses, where the chain tells its own.
async fn prefix(chain: &Chain, findings: &mut Findings) {
    let ours = &chain.config().prefix;
    let Ok(theirs) = chain.address_prefix().await else { return };
    if theirs != *ours {
        let finding = format!("addresses of the chain begin `{theirs}1`, not `{ours}1`");
        findings.fault("address prefix", finding, format!("set `address_prefix = \"{theirs}\"`"));
    }
}
