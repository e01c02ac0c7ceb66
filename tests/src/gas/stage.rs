//! The node, the accounts, the code stored twice: once as it is, once pinned.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use cosmos::Any;
use cosmos::chain::{Chain, TxOutcome};
use cosmos::ibc_proto::cosmos::bank::v1beta1::{Input, MsgMultiSend, MsgSend, Output};
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::ibc_proto::cosmos::gov::v1::{
    MsgSubmitProposal, MsgSubmitProposalResponse, MsgVote, ProposalStatus, QueryProposalRequest,
    QueryProposalResponse, VoteOption,
};
use cosmos::keys::{Key, encode_address};
use cosmos::wire::tx::any;
use cosmos::wire::wasm::{MsgExecuteContract, MsgPinCodes};
use entrepot::localnet::Localnet;
use market::msg::ExecuteMsg;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::clock::until;

/// Accounts that one transaction gives money to.
const GIFTS: usize = 100;
/// What every account gets of the fee's denom.
const FEES: u64 = 50_000_000;
/// Deposit of an expedited proposal, in the fee's denom.
const PROPOSAL_DEPOSIT: u64 = 2_000;

/// Somebody who signs.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) key: Key,
    pub(super) address: String,
}

/// How the code of a contract is held by the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Code {
    /// As every code is that was only stored.
    Unpinned,
    /// Held in memory by a decision of the chain's governance.
    Pinned,
}

impl Code {
    pub(super) const BOTH: [Self; 2] = [Self::Unpinned, Self::Pinned];
}

/// The market's chain before there is a market.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) chain: Chain,
    /// The denom that people pay and give bonds with.
    pub(super) token: String,
    /// Has the money, owns the markets.
    pub(super) owner: Person,
    validator: Person,
    codes: [u64; 2],
    started: Instant,
}

impl Stage {
    /// Stores `wasm` twice and has one of the codes pinned.
    pub(super) async fn set(net: &Localnet, wasm: &Path) -> anyhow::Result<Self> {
        let site = net.chains.a.site(net.key("user1")?).await?;
        let known = |name: &str| -> anyhow::Result<Person> {
            Ok(Person { key: net.key(name)?, address: net.account(name)?.address.clone() })
        };
        let mut stage = Self {
            chain: site.chain,
            token: net.chains.a.token.clone(),
            owner: known("user1")?,
            validator: known("validator")?,
            codes: [0; 2],
            started: Instant::now(),
        };
        let wasm = std::fs::read(wasm).with_context(|| format!("cannot read {wasm:?}"))?;
        for code in &mut stage.codes {
            *code = stage.chain.store_code(&stage.owner.key, &wasm).await?.0;
        }
        stage.pin(stage.code(Code::Pinned)).await?;
        Ok(stage)
    }

    /// The number under which the code is stored.
    pub(super) const fn code(&self, code: Code) -> u64 {
        let [unpinned, pinned] = self.codes;
        match code {
            Code::Unpinned => unpinned,
            Code::Pinned => pinned,
        }
    }

    /// The account number `index` of a kind; the same on every run.
    pub(super) fn person(&self, kind: u8, index: u32) -> anyhow::Result<Person> {
        let mut secret = [kind; 32];
        if let Some(end) = secret.last_chunk_mut() {
            *end = index.to_be_bytes();
        }
        let key = Key::from_secret(&secret)?;
        Ok(Person { address: self.chain.address(&key)?, key })
    }

    /// Gives each of some accounts units of the token, and what it needs for fees.
    pub(super) async fn fund(&self, people: &[Person], units: u64) -> anyhow::Result<()> {
        let addresses: BTreeSet<&str> = people.iter().map(|one| one.address.as_str()).collect();
        let addresses: Vec<&str> = addresses.into_iter().collect();
        for some in addresses.chunks(GIFTS) {
            let each = |count: u64| {
                let (token, fee) = (units * count, FEES * count);
                let mut coins = vec![
                    coin(token, &self.token),
                    coin(fee, self.chain.config().gas_price.denom()),
                ];
                coins.sort_by(|a, b| a.denom.cmp(&b.denom));
                coins
            };
            let give = |to: &&str| Output { address: (*to).to_owned(), coins: each(1) };
            let coins = each(u64::try_from(some.len())?);
            let input = Input { address: self.owner.address.clone(), coins };
            let gift =
                MsgMultiSend { inputs: vec![input], outputs: some.iter().map(give).collect() };
            self.send(&self.owner, &[any(&gift)]).await?;
        }
        Ok(())
    }

    /// Has an account's key stored by the chain, which the account's first transaction pays for.
    pub(super) async fn introduce(&self, person: &Person) -> anyhow::Result<()> {
        let gift = MsgSend {
            from_address: person.address.clone(),
            to_address: self.owner.address.clone(),
            amount: vec![coin(1, &self.token)],
        };
        self.send(person, &[any(&gift)]).await?;
        Ok(())
    }

    /// Sends messages in one transaction.
    pub(super) async fn send(&self, from: &Person, msgs: &[Any]) -> anyhow::Result<TxOutcome> {
        Ok(self.chain.send_msgs(&from.key, msgs, "").await?)
    }

    /// Says how it goes, with the time since the beginning.
    pub(super) fn say(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{:5} s  {text}", self.started.elapsed().as_secs());
    }

    /// Pins code as a chain does: by a proposal that is voted on.
    async fn pin(&self, code: u64) -> anyhow::Result<()> {
        let prefix = &self.chain.config().prefix;
        let governance = Sha256::digest(b"gov");
        let authority = encode_address(prefix, governance.first_chunk::<20>().context("short")?)?;
        let proposal = MsgSubmitProposal {
            messages: vec![any(&MsgPinCodes { authority, code_ids: vec![code] })],
            initial_deposit: vec![coin(PROPOSAL_DEPOSIT, self.chain.config().gas_price.denom())],
            proposer: self.owner.address.clone(),
            metadata: String::new(),
            title: "pin the market".to_owned(),
            summary: "less gas for each of its messages".to_owned(),
            expedited: true,
        };
        let proposed = self.send(&self.owner, &[any(&proposal)]).await?;
        let MsgSubmitProposalResponse { proposal_id } = proposed.answer(0)?;
        let vote = MsgVote {
            proposal_id,
            voter: self.validator.address.clone(),
            option: VoteOption::Yes.into(),
            metadata: String::new(),
        };
        self.send(&self.validator, &[any(&vote)]).await?;
        let is_passed = async || {
            let path = "/cosmos.gov.v1.Query/Proposal";
            let request = QueryProposalRequest { proposal_id };
            let answer: QueryProposalResponse = self.chain.rpc().query(path, &request, 0).await?;
            let status = answer.proposal.map(|proposal| proposal.status());
            Ok((status == Some(ProposalStatus::Passed)).then_some(()))
        };
        until(&self.chain, "the code is pinned", is_passed).await
    }
}

/// A message to a contract, to be sent with others.
pub(super) fn execute(
    from: &Person,
    contract: &str,
    msg: &ExecuteMsg,
    funds: Option<(u128, &str)>,
) -> anyhow::Result<Any> {
    let funds = funds.into_iter();
    Ok(any(&MsgExecuteContract {
        sender: from.address.clone(),
        contract: contract.to_owned(),
        msg: serde_json::to_vec(msg)?,
        funds: funds
            .map(|(units, denom)| Coin { denom: denom.to_owned(), amount: units.to_string() })
            .collect(),
    }))
}

fn coin(units: u64, denom: &str) -> Coin {
    Coin { denom: denom.to_owned(), amount: units.to_string() }
}
