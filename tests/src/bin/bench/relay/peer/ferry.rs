//! ferry as it comes: a path, a price of gas, no other key of its configuration.

use entrepot::ferry::{Ferry, FerryChain};
use tokio::process::Command;

use super::{GAS_PRICE, Peer};

pub(super) async fn prepare(peer: &Peer, mnemonic: &str) -> anyhow::Result<()> {
    let chains = peer.ends.each_ref().map(|end| FerryChain {
        id: &end.chain_id,
        rpc: &end.rpc,
        address_prefix: "wasm",
        gas_price: format!("{GAS_PRICE}stake"),
    });
    Ferry::prepare(&peer.binary, peer.home.clone(), &chains, mnemonic).await?;
    Ok(())
}

pub(super) fn link(peer: &Peer) -> Command {
    let [a, b] = &peer.ends;
    command(peer, &["link", &a.chain_id, &b.chain_id])
}

pub(super) fn start(peer: &Peer) -> Command {
    command(peer, &["start"])
}

fn command(peer: &Peer, args: &[&str]) -> Command {
    let mut command = peer.command();
    command.arg("--home").arg(&peer.home);
    command.arg("--password-file").arg(peer.home.join("password"));
    command.args(args);
    command
}
