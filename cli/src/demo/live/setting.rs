//! How the real nodes are made ready for the story.

use std::fs;

use anyhow::Context as _;
use cosmos::keys::encode_address;
use sha2::{Digest, Sha256};

use super::dao::Dao;
use super::{Live, say};
use crate::demo::Nodes;
use crate::demo::story::BUDGET;
use crate::deploy::{Carrier, Channels, Deployment, StateFile};
use crate::localnet::Localnet;

/// Deploys, and afterwards does what anybody may do.
const DEPLOYER: &str = "user2";
/// Who they are on the local nodes.
const PROVIDER: &str = "provider1";

impl Live {
    /// Deploys everything, gives the DAO its money and starts ferry.
    pub(in crate::demo) async fn set(nodes: &Nodes) -> anyhow::Result<Self> {
        let localnet = Localnet::read(&nodes.localnet)?;
        let sites = localnet.sites(DEPLOYER).await?;
        let provider = localnet.chains.a.site(localnet.key(PROVIDER)?).await?;
        let work = &nodes.work;
        fs::create_dir_all(work).with_context(|| format!("cannot make `{}`", work.display()))?;
        let ferry = localnet.ferry(&nodes.ferry, work.join("ferry")).await?;
        let log = work.join("ferry.log");
        say(&format!("ferry logs to {}", log.display()));
        let spec = localnet.spec(&nodes.artifacts);
        let deployment = Deployment {
            sites: &sites,
            spec: &spec,
            channels: &Channels::Ferry(ferry.clone()),
            carrier: &Carrier::Child { log: log.clone() },
        };
        let (a, b) = (sites.market.chain_id(), sites.outpost.chain_id());
        let mut state = StateFile::open(&work.join("deployment.json"), a, b)?;
        let deployed = deployment.run(&mut state, &mut say).await?;
        let cw3 = nodes.artifacts.join("third-party").join("cw3_fixed_multisig.wasm");
        let dao = if cw3.try_exists()? {
            Dao::multisig(&localnet, &sites.outpost, &cw3, (BUDGET, &deployed.denom)).await?
        } else {
            say(&format!("there is no `{}`: a wallet takes the place of the DAO", cw3.display()));
            Dao::wallet(&sites.outpost, (BUDGET, &deployed.denom)).await?
        };
        Ok(Self {
            escrow: escrow(&localnet.chains.b.bech32_prefix, &deployed.transfer.outpost)?,
            stake_denom: spec.market.stake_denom,
            ferry: ferry.start(&log)?,
            sites,
            provider,
            dao,
            deployed,
        })
    }
}

/// The account in which a chain keeps what left over a transfer channel.
///
/// Source: ibc-go v10.5 `modules/apps/transfer/types/keys.go`, `GetEscrowAddress`.
fn escrow(prefix: &str, channel: &str) -> anyhow::Result<String> {
    let digest = Sha256::digest(format!("ics20-1\0transfer/{channel}"));
    let account = digest.get(..20).context("a digest of 32 bytes has 20")?;
    Ok(encode_address(prefix, account)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn escrow_of_a_known_channel() {
        // The Cosmos Hub's escrow of its channel to Osmosis, as explorers show it.
        let escrow = super::escrow("cosmos", "channel-141").unwrap();
        assert_eq!(escrow, "cosmos1x54ltnyg88k0ejmk8ytwrhd3ltm84xehrnlslf");
    }
}
