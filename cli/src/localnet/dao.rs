//! A DAO of DAO DAO 2.6 on a local node: core, single-choice proposals, votes by membership.

use std::path::Path;

use anyhow::{Context as _, ensure};
use cosmos::chain::wasm::NewContract;
use cosmwasm_std::Binary;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::deploy::Site;

/// Seconds for which a proposal can be voted on.
const VOTING: u64 = 3_600;

/// A DAO, each of whose members has one vote; more than half of them decide.
#[derive(Clone, Debug, Serialize)]
pub struct NewDao {
    /// Address of its core, which holds its money and executes its decisions.
    pub core: String,
    /// Address of its proposal module, where proposals are made and voted on.
    pub proposals: String,
}

/// Source: dao-interface 2.6.0 `state.rs`, `ProposalModule`.
#[derive(Deserialize)]
struct ProposalModule {
    address: String,
}

impl NewDao {
    /// Makes a DAO on `site`, whose key pays for it and gives it a coin.
    ///
    /// `contracts` is where `scripts/build-contracts --third-party` puts what it makes. With a deposit only members
    /// propose, through dao-pre-propose-single: each puts it down and has it back when the vote is over.
    ///
    /// # Errors
    /// There are no members, an artifact cannot be read, or the chain refuses something.
    pub async fn form(
        site: &Site,
        contracts: &Path,
        members: &[String],
        funds: Option<(u128, &str)>,
        deposit: Option<(u128, &str)>,
    ) -> anyhow::Result<Self> {
        ensure!(!members.is_empty(), "a DAO needs members");
        let cw4_group_code_id = store(site, contracts, "cw4_group").await?;
        let initial_members: Vec<Value> =
            members.iter().map(|addr| json!({ "addr": addr, "weight": 1 })).collect();
        let new =
            json!({ "cw4_group_code_id": cw4_group_code_id, "initial_members": initial_members });
        let voting = store(site, contracts, "dao_voting_cw4").await?;
        let voting = module(voting, "voting", &json!({ "group_contract": { "new": new } }))?;
        let entrance = match deposit {
            None => json!({ "anyone_may_propose": {} }),
            Some(deposit) => {
                let code = store(site, contracts, "dao_pre_propose_single").await?;
                let info = module(code, "entrance", &entrance(deposit))?;
                json!({ "module_may_propose": { "info": info } })
            }
        };
        let proposals = store(site, contracts, "dao_proposal_single").await?;
        let rules = rules(members.len() / 2 + 1, &entrance);
        let proposals = module(proposals, "proposals", &rules)?;
        let code_id = store(site, contracts, "dao_dao_core").await?;
        let setup = json!({
            "name": "a DAO",
            "description": "buys compute",
            "automatically_add_cw20s": false,
            "automatically_add_cw721s": false,
            "voting_module_instantiate_info": voting,
            "proposal_modules_instantiate_info": [proposals],
        });
        let funds: Vec<(u128, &str)> = funds.into_iter().collect();
        let contract = NewContract { code_id, label: "core", admin: None, funds: &funds };
        let (core, _) = site.chain.instantiate(&site.key, contract, &setup).await?;
        let ask = json!({ "proposal_modules": {} });
        let modules: Vec<ProposalModule> = site.chain.query_smart(&core, &ask).await?;
        let module = modules.into_iter().next().context("the core has no proposal module")?;
        Ok(Self { core, proposals: module.address })
    }
}

/// Stores a contract of others and returns its number.
///
/// # Errors
/// The artifact cannot be read, or the chain refuses it.
pub async fn store(site: &Site, contracts: &Path, name: &str) -> anyhow::Result<u64> {
    let artifact = contracts.join(format!("{name}.wasm"));
    let wasm = std::fs::read(&artifact).with_context(|| {
        let artifact = artifact.display();
        format!("cannot read `{artifact}`; `scripts/build-contracts --third-party` makes it")
    })?;
    Ok(site.chain.store_code(&site.key, &wasm).await?.0)
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
fn rules(votes: usize, entrance: &Value) -> Value {
    json!({
        "threshold": { "absolute_count": { "threshold": votes.to_string() } },
        "max_voting_period": { "time": VOTING },
        "only_members_execute": true,
        "allow_revoting": false,
        "pre_propose_info": entrance,
        "close_proposal_on_execution_failure": true,
    })
}

/// Who proposes, and for what deposit. Source: dao-pre-propose-base 2.6.0 `msg.rs`, `InstantiateMsg`.
fn entrance((amount, denom): (u128, &str)) -> Value {
    json!({
        "deposit_info": {
            "denom": { "token": { "denom": { "native": denom } } },
            "amount": amount.to_string(),
            "refund_policy": "always",
        },
        "submission_policy": {
            "specific": { "dao_members": true, "allowlist": [], "denylist": [] },
        },
        "extension": {},
    })
}
