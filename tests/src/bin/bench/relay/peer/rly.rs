//! rly: batches of 100, blocks looked for ten times a second.

use serde_json::json;
use tokio::process::Command;

use super::{BATCH, Duty, ERRAND, GAS_PRICE, Peer, finish};

/// The name of the path between the chains.
const PATH: &str = "bench";
/// Nanoseconds between two looks for a block.
const LOOP: u64 = 100_000_000;

pub(super) async fn prepare(peer: &Peer, mnemonic: &str) -> anyhow::Result<()> {
    finish(command(peer).args(["config", "init"]), ERRAND).await?;
    for end in &peer.ends {
        let (file, id) = (peer.home.join(format!("{}.json", end.chain_id)), &end.chain_id);
        let value = json!({
            "key": "relayer", "chain-id": id, "rpc-addr": end.rpc, "account-prefix": "wasm",
            "keyring-backend": "test", "gas-adjustment": 1.3, "gas-prices": format!("{GAS_PRICE}stake"),
            "min-gas-amount": 0, "max-gas-amount": 0, "timeout": "30s", "output-format": "json",
            "sign-mode": "direct", "min-loop-duration": LOOP, "broadcast-mode": "batch",
        });
        std::fs::write(&file, json!({ "type": "cosmos", "value": value }).to_string())?;
        finish(command(peer).args(["chains", "add", id, "--file"]).arg(&file), ERRAND).await?;
        let restore = ["keys", "restore", id, "relayer", mnemonic];
        finish(command(peer).args(restore), ERRAND).await?;
    }
    let [a, b] = &peer.ends;
    let new = ["paths", "new", &a.chain_id, &b.chain_id, PATH];
    finish(command(peer).args(new), ERRAND).await?;
    Ok(())
}

pub(super) fn link(peer: &Peer) -> Command {
    let mut link = command(peer);
    link.args(["transact", "link", PATH, "--src-port", "transfer", "--dst-port", "transfer"]);
    link.args(["--order", "unordered", "--version", "ics20-1"]);
    link
}

pub(super) fn start(peer: &Peer, duty: Duty) -> Command {
    // It looks for older packets once when it starts; live packets are not to be disturbed by looking again.
    let flush = match duty {
        Duty::Live => "10000m",
        Duty::Backlog => "1m",
    };
    let mut start = command(peer);
    start.args(["start", PATH, "--processor", "events", "--block-history", "0"]);
    start.args(["--max-msgs", &BATCH.to_string(), "--flush-interval", flush]);
    start
}

fn command(peer: &Peer) -> Command {
    let mut command = peer.command();
    command.arg("--home").arg(&peer.home).args(["--log-level", "error"]);
    command
}
