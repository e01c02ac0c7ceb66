//! The node, the accounts, the market's code stored twice (once as it is, once pinned), the other contracts.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use cosmos::Any;
use cosmos::chain::wasm::NewContract;
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
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::clock::{self, until};
use crate::signer::Clock;

/// Accounts that one transaction gives money to.
const GIFTS: usize = 100;
/// What every account gets of the fee's denom.
const FEES: u64 = 50_000_000;
/// Deposit of an expedited proposal, in the fee's denom.
const PROPOSAL_DEPOSIT: u64 = 2_000;
/// All units of the cw20 token.
const TOKENS: u128 = 1_000_000_000_000;

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

    /// Tells apart what is new at each measurement.
    pub(super) const fn index(self) -> u32 {
        match self {
            Self::Unpinned => 0,
            Self::Pinned => 1,
        }
    }
}

/// The market's chain before there is a market.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) chain: Chain,
    /// The denom that people pay and give bonds with.
    pub(super) token: String,
    /// Has the money, owns the contracts.
    pub(super) owner: Person,
    /// The number of the outpost's code.
    outpost_code: u64,
    /// The contract of a cw20 token, of which the owner has all.
    pub(super) cw20: String,
    validator: Person,
    codes: [u64; 2],
    clock: Clock,
    started: Instant,
}

impl Stage {
    /// Stores the market's artifact twice and has one of the codes pinned; makes the other contracts.
    pub(super) async fn set(
        net: &Localnet,
        clock: Clock,
        (wasm, artifacts): (&Path, &Path),
    ) -> anyhow::Result<Self> {
        let site = net.chains.a.site(net.key("user1")?).await?;
        let known = |name: &str| -> anyhow::Result<Person> {
            Ok(Person { key: net.key(name)?, address: net.account(name)?.address.clone() })
        };
        let mut stage = Self {
            chain: site.chain,
            token: net.chains.a.token.clone(),
            owner: known("user1")?,
            outpost_code: 0,
            cw20: String::new(),
            validator: known("validator")?,
            codes: [0; 2],
            clock,
            started: Instant::now(),
        };
        for index in 0..stage.codes.len() {
            let code = stage.store(wasm).await?;
            if let Some(stored) = stage.codes.get_mut(index) {
                *stored = code;
            }
        }
        stage.pin(stage.code(Code::Pinned)).await?;
        stage.outpost_code = stage.store(&artifacts.join("outpost.wasm")).await?;
        let all = json!({ "address": stage.owner.address, "amount": TOKENS.to_string() });
        let setup = json!({
            "name": "a token", "symbol": "TOKEN", "decimals": 6, "initial_balances": [all],
        });
        let token_code = stage.store(&artifacts.join("third-party/cw20_base.wasm")).await?;
        stage.cw20 = stage.make(token_code, &setup).await?;
        Ok(stage)
    }

    async fn store(&self, wasm: &Path) -> anyhow::Result<u64> {
        let wasm = std::fs::read(wasm).with_context(|| format!("cannot read {wasm:?}"))?;
        Ok(self.chain.store_code(&self.owner.key, &wasm).await?.0)
    }

    /// Makes an outpost.
    pub(super) async fn outpost(&self) -> anyhow::Result<String> {
        self.make(self.outpost_code, &json!({ "min_timeout_seconds": 600 })).await
    }

    async fn make(&self, code_id: u64, setup: &impl Serialize) -> anyhow::Result<String> {
        let contract = NewContract { code_id, label: "beside the market", admin: None, funds: &[] };
        Ok(self.chain.instantiate(&self.owner.key, contract, setup).await?.0)
    }

    /// Has time pass on the chain, in some blocks.
    pub(super) async fn pass(&self, seconds: u64) -> anyhow::Result<()> {
        let then = clock::now(&self.chain).await? + seconds;
        self.clock.put_forward(i64::try_from(seconds)?);
        clock::reach(&self.chain, then).await
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
    msg: &impl Serialize,
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
