//! A DAO of DAO DAO 2.6: core, single-choice proposals, votes by membership of a cw4-group.

use anyhow::Context as _;
use cosmos::chain::TxOutcome;
use cosmos::chain::wasm::NewContract;
use cosmos::keys::Key;
use cosmos::wire::tx::any;
use cosmos::wire::wasm::MsgExecuteContract;
use cosmwasm_std::{Binary, CosmosMsg};
use entrepot::deploy::Site;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::third_party::{ThirdParty, give};

/// A DAO whose two members must agree.
#[derive(Debug)]
pub struct DaoDao {
    /// Address of its core, which holds its money and executes its decisions.
    pub address: String,
    proposals: String,
    members: [Key; 2],
    site: Site,
}

/// A proposal that was put to the vote, and what its execution did.
#[derive(Debug)]
pub struct Decision {
    /// How the proposal stands: `executed`, or `execution_failed` for good.
    pub status: String,
    /// The transaction that executed it.
    pub outcome: TxOutcome,
}

/// Source: dao-interface 2.6.0 `state.rs`, `ProposalModule`.
#[derive(Deserialize)]
struct ProposalModule {
    address: String,
}

impl DaoDao {
    /// Makes a DAO on `site` and gives it a coin.
    ///
    /// # Errors
    /// An artifact cannot be read, or the chain refuses it.
    pub async fn form(
        site: &Site,
        third_party: &ThirdParty,
        members: [Key; 2],
        funds: (u128, &str),
    ) -> anyhow::Result<Self> {
        let mut initial_members = Vec::new();
        for member in &members {
            initial_members.push(json!({ "addr": site.chain.address(member)?, "weight": 1 }));
        }
        let cw4_group_code_id = third_party.store(site, "cw4_group").await?;
        let new =
            json!({ "cw4_group_code_id": cw4_group_code_id, "initial_members": initial_members });
        let voting = third_party.store(site, "dao_voting_cw4").await?;
        let voting = module(voting, "voting", &json!({ "group_contract": { "new": new } }))?;
        let proposals = third_party.store(site, "dao_proposal_single").await?;
        let proposals = module(proposals, "proposals", &rules())?;
        let code_id = third_party.store(site, "dao_dao_core").await?;
        let setup = json!({
            "name": "a DAO",
            "description": "buys compute",
            "automatically_add_cw20s": false,
            "automatically_add_cw721s": false,
            "voting_module_instantiate_info": voting,
            "proposal_modules_instantiate_info": [proposals],
        });
        let contract = NewContract { code_id, label: "core", admin: None, funds: &[] };
        let (address, _) = site.chain.instantiate(&site.key, contract, &setup).await?;
        let ask = json!({ "proposal_modules": {} });
        let modules: Vec<ProposalModule> = site.chain.query_smart(&address, &ask).await?;
        let module = modules.into_iter().next().context("the core has no proposal module")?;
        give(site, &address, funds).await?;
        Ok(Self { address, proposals: module.address, members, site: site.clone() })
    }

    /// One member proposes, both agree, the second has it executed.
    ///
    /// # Errors
    /// What the DAO's contracts say. A decision whose messages fail is no error here.
    pub async fn decide(&self, title: &str, msgs: &[CosmosMsg]) -> anyhow::Result<Decision> {
        let chain = &self.site.chain;
        let [first, second] = &self.members;
        let propose = json!({ "propose": { "title": title, "description": title, "msgs": msgs } });
        let proposed = chain.execute(first, &self.proposals, &propose, &[]).await?;
        let id = proposed.attribute("wasm", "proposal_id").context("no number of the proposal")?;
        let id: u64 = id.parse()?;
        let vote = json!({ "vote": { "proposal_id": id, "vote": "yes" } });
        chain.execute(first, &self.proposals, &vote, &[]).await?;
        let execute = json!({ "execute": { "proposal_id": id } });
        let msgs = [self.message(&vote)?, self.message(&execute)?];
        let outcome = chain.send_msgs(second, &msgs, "").await?;
        let ask = json!({ "proposal": { "proposal_id": id } });
        let answer: Value = chain.query_smart(&self.proposals, &ask).await?;
        let status = answer["proposal"]["status"].as_str().context("a proposal has a status")?;
        Ok(Decision { status: status.to_owned(), outcome })
    }

    fn message(&self, msg: &Value) -> anyhow::Result<cosmos::Any> {
        Ok(any(&MsgExecuteContract {
            sender: self.site.chain.address(&self.members[1])?,
            contract: self.proposals.clone(),
            msg: serde_json::to_vec(msg)?,
            funds: Vec::new(),
        }))
    }
}

/// Source: dao-interface 2.6.0 `state.rs`, `ModuleInstantiateInfo`.
fn module(code_id: u64, label: &str, msg: &Value) -> anyhow::Result<Value> {
    Ok(json!({
        "code_id": code_id,
        "msg": Binary::from(serde_json::to_vec(msg)?),
        "admin": { "core_module": {} },
        "funds": [],
        "label": label,
    }))
}

/// How proposals pass. Source: dao-proposal-single 2.6.0 `msg.rs`, `InstantiateMsg`.
fn rules() -> Value {
    json!({
        "threshold": { "absolute_count": { "threshold": "2" } },
        "max_voting_period": { "time": 3_600 },
        "only_members_execute": true,
        "allow_revoting": false,
        "pre_propose_info": { "anyone_may_propose": {} },
        "close_proposal_on_execution_failure": true,
    })
}
