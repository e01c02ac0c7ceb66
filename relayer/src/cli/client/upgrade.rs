//! `ferry client upgrade`: what a chain that has halted wants its clients to be.

use std::fmt;

use cosmos::Any;
use cosmos::chain::upgrade::Upgraded;
use cosmos::wire::client::ClientState;
use cosmos::wire::height::Height;
use cosmos::wire::tx::any;
use ibc_proto::ibc::core::client::v1::{MsgUpdateClient, MsgUpgradeClient};
use ibc_proto::ibc::lightclients::tendermint::v1::ClientState as ProtoClientState;
use prost::Message as _;
use serde::Serialize;

use crate::cli::Place;
use crate::cli::hand::{Hand, Manner, Sent};
use crate::config::Config;
use crate::drive::node::Node;
use crate::drive::{client as look, setup};
use crate::model::ids::Side;
use crate::model::rows::Rows;
use crate::store::Store as _;

#[derive(Serialize)]
struct UpgradedClients {
    clients: Vec<UpgradedClient>,
}

#[derive(Serialize)]
struct UpgradedClient {
    chain: String,
    client: String,
    /// The chain that it follows from now on.
    follows: String,
    /// None when it was upgraded before.
    #[serde(flatten)]
    sent: Option<Sent>,
}

pub(super) async fn run(
    place: &Place,
    file: &Config,
    (of, path): (&str, Option<&str>),
    manner: &Manner,
) -> anyhow::Result<()> {
    let node = setup::follow(file.chain(of)?).await?;
    let (height, upgraded) = upgraded(&node).await?;
    // Not all of a client's state is there: the rest each client keeps as it is.
    let new = ProtoClientState::decode(upgraded.client.value.as_slice())?;
    let rows = place.store(file).open_to_read().await?.load().await?;
    let followers = followers(&rows, of, path);
    anyhow::ensure!(
        !followers.is_empty(),
        "no path has a client that follows `{of}`; see `ferry status`"
    );
    let (mut clients, count) = (Vec::new(), followers.len());
    for (number, (chain, client)) in (1..).zip(followers) {
        tracing::info!(chain, client, number, of = count, "upgrading");
        let hand = Hand::open(place, file, &chain, manner).await?;
        let state = look::state(&hand.chain, &client).await?;
        let known = state.latest_height;
        let follows = new.chain_id.clone();
        // Somebody may have upgraded it, or we have, before another one failed.
        let sent = if known >= Height::from(new.latest_height.unwrap_or_default()) {
            None
        } else {
            let mut messages = updates(&node, height, (&client, &state), &hand.signer).await?;
            tracing::info!(
                chain,
                client,
                updates = messages.len(),
                "proved, and sent in one transaction"
            );
            messages.push(any(&message(&client, &upgraded, &hand.signer)));
            Some(hand.send(&messages).await?)
        };
        clients.push(UpgradedClient { chain, client, follows, sent });
    }
    place.print(&UpgradedClients { clients })
}

/// What leads a client to the last header of the chain that it follows.
async fn updates(
    node: &Node,
    height: u64,
    (client, state): (&str, &ClientState),
    signer: &str,
) -> anyhow::Result<Vec<Any>> {
    let trusted = look::trusted(state);
    if trusted.height >= height {
        return Ok(Vec::new());
    }
    let headers = look::updates(node, height, trusted).await?;
    let update = |header| {
        any(&MsgUpdateClient {
            client_id: client.to_owned(),
            client_message: Some(header),
            signer: signer.to_owned(),
        })
    };
    Ok(headers.into_iter().map(update).collect())
}

/// The height of the upgrade for which a chain has halted, and what its clients shall be.
async fn upgraded(node: &Node) -> anyhow::Result<(u64, Upgraded)> {
    let (id, chain) = (&node.id, node.chain());
    let plan = chain.upgrade_plan().await?;
    let plan = plan.ok_or_else(|| anyhow::anyhow!("`{id}` has no upgrade before it"))?;
    let height = u64::try_from(plan.height)?;
    // The block at the height of the upgrade is agreed on and not executed.
    let executed = chain.rpc().abci_info().await?.last_block_height;
    anyhow::ensure!(
        executed.saturating_add(1) >= height,
        "`{id}` halts for upgrade `{}` at height {height} and has executed {executed}; try again then",
        plan.name
    );
    let upgraded = chain.upgraded(height).await?.ok_or_else(|| {
        anyhow::anyhow!(
            "upgrade `{}` of `{id}` changes nothing for its clients: they go on as they are",
            plan.name
        )
    })?;
    Ok((height, upgraded))
}

/// The clients that follow a chain, with the chains that they are on.
fn followers(rows: &Rows, of: &str, path: Option<&str>) -> Vec<(String, String)> {
    let paths = rows.paths.iter().filter(|row| path.is_none_or(|path| row.path.as_str() == path));
    let ends = paths.flat_map(|row| [Side::A, Side::B].map(|side| (row, side)));
    let followers = ends.filter(|(row, side)| row.chains.on(side.other()).as_str() == of);
    let named = followers.filter_map(|(row, side)| {
        let client = row.ends.on(side).client.as_ref()?;
        Some((row.chains.on(side).to_string(), client.to_string()))
    });
    // Two paths may share a client.
    named.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn message(client: &str, upgraded: &Upgraded, signer: &str) -> MsgUpgradeClient {
    MsgUpgradeClient {
        client_id: client.to_owned(),
        client_state: Some(upgraded.client.clone()),
        consensus_state: Some(upgraded.consensus.clone()),
        proof_upgrade_client: upgraded.client_proof.clone(),
        proof_upgrade_consensus_state: upgraded.consensus_proof.clone(),
        signer: signer.to_owned(),
    }
}

impl fmt::Display for UpgradedClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, one) in self.clients.iter().enumerate() {
            let separator = if line == 0 { "" } else { "\n" };
            let UpgradedClient { chain, client, follows, sent } = one;
            write!(f, "{separator}{client} on {chain} follows {follows}: ")?;
            match sent {
                Some(sent) => write!(f, "{sent}")?,
                None => write!(f, "it was upgraded before")?,
            }
        }
        Ok(())
    }
}
