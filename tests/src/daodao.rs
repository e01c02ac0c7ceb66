//! A DAO of DAO DAO 2.6: core, single-choice proposals, votes by membership of a cw4-group.

use anyhow::Context as _;
use cosmos::chain::TxOutcome;
use cosmos::keys::Key;
use cosmos::wire::tx::any;
use cosmos::wire::wasm::MsgExecuteContract;
use cosmwasm_std::CosmosMsg;
use entrepot::deploy::Site;
use entrepot::localnet::NewDao;
use entrepot::propose::{self, Vote};
use serde_json::{Value, json};

use crate::third_party::ThirdParty;

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
        let addresses: Result<Vec<_>, _> =
            members.iter().map(|member| site.chain.address(member)).collect();
        let contracts = third_party.folder();
        let NewDao { core, proposals } =
            NewDao::form(site, contracts, &addresses?, Some(funds), None).await?;
        Ok(Self { address: core, proposals, members, site: site.clone() })
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
        let vote = propose::vote(id, Vote::Yes);
        chain.execute(first, &self.proposals, &vote, &[]).await?;
        let msgs = [self.message(&vote)?, self.message(&propose::execute(id))?];
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
