//! Multisigs as DAOs: cw3-fixed-multisig and cw3-flex-multisig 2.0.

use anyhow::Context as _;
use cosmos::chain::TxOutcome;
use cosmos::chain::wasm::NewContract;
use cosmos::keys::Key;
use cosmos::wire::tx::any;
use cosmos::wire::wasm::MsgExecuteContract;
use cosmwasm_std::CosmosMsg;
use entrepot::deploy::Site;
use serde_json::{Value, json};

use crate::third_party::{ThirdParty, give};

/// A multisig whose two members must agree.
#[derive(Debug)]
pub struct Dao {
    /// Its address on the outpost's chain.
    pub address: String,
    members: [Key; 2],
    site: Site,
}

impl Dao {
    /// Makes a multisig that lists its members itself, on `site`, and gives it a coin.
    ///
    /// # Errors
    /// The artifact cannot be read, or the chain refuses it.
    pub async fn form(
        site: &Site,
        third_party: &ThirdParty,
        members: [Key; 2],
        funds: (u128, &str),
    ) -> anyhow::Result<Self> {
        let code_id = third_party.store(site, "cw3_fixed_multisig").await?;
        let mut voters = Vec::new();
        for member in &members {
            voters.push(json!({ "addr": site.chain.address(member)?, "weight": 1 }));
        }
        let setup = json!({
            "voters": voters,
            "threshold": { "absolute_count": { "weight": 2 } },
            "max_voting_period": { "time": 3_600 },
        });
        Self::begin(site, code_id, &setup, members, funds).await
    }

    /// Makes a multisig whose members are those of a cw4-group.
    ///
    /// # Errors
    /// As [`Dao::form`].
    pub async fn form_flex(
        site: &Site,
        third_party: &ThirdParty,
        members: [Key; 2],
        funds: (u128, &str),
    ) -> anyhow::Result<Self> {
        let group_code = third_party.store(site, "cw4_group").await?;
        let code_id = third_party.store(site, "cw3_flex_multisig").await?;
        let mut listed = Vec::new();
        for member in &members {
            listed.push(json!({ "addr": site.chain.address(member)?, "weight": 1 }));
        }
        let contract = NewContract { code_id: group_code, label: "group", admin: None, funds: &[] };
        let setup = json!({ "members": listed });
        let (group, _) = site.chain.instantiate(&site.key, contract, &setup).await?;
        let setup = json!({
            "group_addr": group,
            "threshold": { "absolute_count": { "weight": 2 } },
            "max_voting_period": { "time": 3_600 },
        });
        Self::begin(site, code_id, &setup, members, funds).await
    }

    async fn begin(
        site: &Site,
        code_id: u64,
        setup: &Value,
        members: [Key; 2],
        funds: (u128, &str),
    ) -> anyhow::Result<Self> {
        let contract = NewContract { code_id, label: "dao", admin: None, funds: &[] };
        let (address, _) = site.chain.instantiate(&site.key, contract, setup).await?;
        give(site, &address, funds).await?;
        Ok(Self { address, members, site: site.clone() })
    }

    /// One member proposes `msg`, which is to agree; the other agrees and has it executed.
    ///
    /// # Errors
    /// What the multisig says, or the contract that `msg` is for.
    pub async fn pass(&self, title: &str, msg: &CosmosMsg) -> anyhow::Result<TxOutcome> {
        let chain = &self.site.chain;
        let propose = json!({ "title": title, "description": title, "msgs": [msg] });
        let propose = json!({ "propose": propose });
        let proposed = chain.execute(&self.members[0], &self.address, &propose, &[]).await?;
        let id = proposed.attribute("wasm", "proposal_id").context("no number of the proposal")?;
        let id: u64 = id.parse()?;
        let vote = json!({ "vote": { "proposal_id": id, "vote": "yes" } });
        let execute = json!({ "execute": { "proposal_id": id } });
        let msgs = [self.message(&vote)?, self.message(&execute)?];
        Ok(chain.send_msgs(&self.members[1], &msgs, "").await?)
    }

    fn message(&self, msg: &Value) -> anyhow::Result<cosmos::Any> {
        Ok(any(&MsgExecuteContract {
            sender: self.site.chain.address(&self.members[1])?,
            contract: self.address.clone(),
            msg: serde_json::to_vec(msg)?,
            funds: Vec::new(),
        }))
    }
}
