//! Which DAO it is, and where it takes proposals.

use std::fmt;

use anyhow::{Context as _, bail, ensure};
use clap::ValueEnum;
use cosmos::chain::TxOutcome;
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::wire::gov::{MsgCommunityPoolSpend, MsgSubmitProposal};
use cosmos::wire::tx::any;
use cosmos::wire::wasm::MsgExecuteContract;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::sent::CoinArg;
use crate::propose::{Dao, Entrance, Proposal, Source};
use crate::session::{Actor, Contract};

/// Before the address of a token.
const TOKEN: &str = "cw20:";

/// Which DAO.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Which {
    /// What kind of DAO votes.
    #[arg(long, value_enum)]
    dao: Kind,
    /// Its address: of the multisig, or of DAO DAO's core contract.
    #[arg(long, value_name = "ADDRESS", required_if_eq_any([("dao", "daodao"), ("dao", "cw3")]))]
    address: Option<String>,
    /// For DAO DAO with several proposal modules: which.
    #[arg(long, value_name = "ADDRESS")]
    module: Option<String>,
}

/// As it is typed.
impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.dao {
            Kind::Daodao => "daodao",
            Kind::Cw3 => "cw3",
            Kind::Gov => "gov",
        };
        write!(f, "--dao {kind}")?;
        for (option, value) in [("address", &self.address), ("module", &self.module)] {
            if let Some(value) = value {
                write!(f, " --{option} {value}")?;
            }
        }
        Ok(())
    }
}

/// Which DAO, and what who proposes puts down.
#[derive(Debug, clap::Args)]
pub(super) struct DaoArgs {
    #[command(flatten)]
    pub(super) which: Which,
    /// For gov: what who proposes puts down.
    #[arg(long, value_name = "COIN", required_if_eq("dao", "gov"))]
    deposit: Option<CoinArg>,
    /// For gov: the community pool pays the coin to the gov account first.
    #[arg(long)]
    community_pool: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Kind {
    /// DAO DAO: dao-dao-core with dao-proposal-single.
    Daodao,
    /// A multisig: cw3-fixed-multisig or cw3-flex-multisig.
    Cw3,
    /// The chain's own governance.
    Gov,
}

#[derive(Deserialize)]
struct Module {
    address: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Policy {
    Anyone {},
    Module { addr: String },
}

/// How long a vote may last, as both cw3 and DAO DAO keep it.
#[derive(Deserialize)]
struct VotingConfig {
    max_voting_period: Period,
}

/// Seconds, or blocks, which are not read.
///
/// Source: cw-utils 1.0 `expiration.rs`, `Duration`.
#[derive(Deserialize)]
struct Period {
    time: Option<u64>,
}

#[derive(Deserialize)]
struct PreProposeConfig {
    deposit_info: Option<DepositInfo>,
}

#[derive(Deserialize)]
struct DepositInfo {
    denom: DepositDenom,
    amount: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum DepositDenom {
    Native(String),
    Cw20(String),
}

impl DaoArgs {
    /// Finds the DAO on the outpost's chain.
    pub(super) async fn find(&self, outpost: &Contract) -> anyhow::Result<Dao> {
        ensure!(
            self.which.dao == Kind::Gov || !self.community_pool,
            "--community-pool is for `--dao gov`; other DAOs pay from their own treasury"
        );
        match self.which.dao {
            Kind::Cw3 => {
                let address = self.which.address()?.to_owned();
                let multisig = outpost.beside(&address);
                let threshold = multisig.ask::<Value>(&json!({ "threshold": {} })).await;
                threshold.with_context(|| {
                    format!(
                        "`{address}` does not answer as a multisig of cw3; check --dao and \
                             --address"
                    )
                })?;
                Ok(Dao::Cw3 { address })
            }
            Kind::Daodao => {
                let core = self.which.address()?.to_owned();
                let entrance = entrance(outpost, &self.which.module(outpost).await?).await?;
                Ok(Dao::DaoDao { core, entrance })
            }
            Kind::Gov => {
                let account = outpost.chain.governance()?;
                let deposit = self.deposit.clone().context("--deposit is missing")?;
                let deposit = (deposit.amount, deposit.denom);
                let source = if self.community_pool {
                    Source::CommunityPool(outpost.chain.pool_module().await?)
                } else {
                    Source::Account
                };
                Ok(Dao::Gov { account, deposit, source })
            }
        }
    }
}

impl DaoArgs {
    /// For how many seconds at most a proposal is voted on; none if the DAO counts blocks, or does not say.
    pub(super) async fn vote_seconds(&self, outpost: &Contract) -> anyhow::Result<Option<u64>> {
        let config: Option<VotingConfig> = match self.which.dao {
            Kind::Gov => return Ok(Some(outpost.chain.voting_period().await?)),
            Kind::Daodao => {
                let module = self.which.module(outpost).await?;
                Some(outpost.beside(&module).ask(&json!({ "config": {} })).await?)
            }
            // cw3-fixed-multisig has no question for what it keeps.
            Kind::Cw3 => {
                let kept = outpost.chain.query_raw(self.which.address()?, b"config").await?;
                kept.and_then(|config| serde_json::from_slice(&config).ok())
            }
        };
        Ok(config.and_then(|config| config.max_voting_period.time))
    }
}

impl Which {
    /// The kind.
    pub(in crate::cli) const fn kind(&self) -> Kind {
        self.dao
    }

    /// The address given.
    pub(in crate::cli) fn address(&self) -> anyhow::Result<&str> {
        self.address.as_deref().context("--address is missing")
    }

    /// The proposal module of a DAO of DAO DAO, by its core's own word.
    pub(in crate::cli) async fn module(&self, outpost: &Contract) -> anyhow::Result<String> {
        let core = self.address()?;
        let modules: Vec<Module> = outpost
            .beside(core)
            .ask(&json!({ "active_proposal_modules": {} }))
            .await
            .with_context(|| {
                format!(
                    "`{core}` does not answer as a core contract of DAO DAO; check --dao and \
                     --address"
                )
            })?;
        let known: Vec<&str> = modules.iter().map(|module| module.address.as_str()).collect();
        match (&self.module, &known[..]) {
            (Some(module), known) if known.contains(&module.as_str()) => Ok(module.clone()),
            (None, [module]) => Ok((*module).to_owned()),
            (Some(module), _) => {
                bail!("`{module}` is no active module of the DAO; it has {}", known.join(", "))
            }
            (None, []) => bail!(
                "the DAO has no active proposal module, so nothing can be proposed to it; check --address"
            ),
            (None, _) => bail!(
                "the DAO has several proposal modules; give --module, of {}",
                known.join(", ")
            ),
        }
    }
}

/// Where proposals for a module are made: at it, or at the module before it.
async fn entrance(outpost: &Contract, module: &str) -> anyhow::Result<Entrance> {
    let policy = outpost.beside(module).ask(&json!({ "proposal_creation_policy": {} })).await?;
    let Policy::Module { addr } = policy else {
        return Ok(Entrance::Module { address: module.to_owned() });
    };
    let config: PreProposeConfig = outpost.beside(&addr).ask(&json!({ "config": {} })).await?;
    let deposit = config.deposit_info.map(DepositInfo::read).transpose()?;
    Ok(Entrance::PrePropose { address: addr, deposit })
}

impl DepositInfo {
    /// Units and denom; of a token as the market writes it.
    fn read(self) -> anyhow::Result<(u128, String)> {
        let amount = self.amount.parse().context("the amount of the DAO's deposit")?;
        Ok(match self.denom {
            DepositDenom::Native(denom) => (amount, denom),
            DepositDenom::Cw20(token) => (amount, format!("{TOKEN}{token}")),
        })
    }
}

/// The coin that goes with a proposal. A token is put down by an allowance, which is its contract's matter.
pub(super) fn as_funds(dao: &Dao) -> anyhow::Result<Vec<(u128, &str)>> {
    let Some((amount, denom)) = dao.deposit() else { return Ok(Vec::new()) };
    if let Some(token) = denom.strip_prefix(TOKEN) {
        bail!(
            "the DAO takes deposits in the token `{token}`; allow `{}` to spend {amount} of it and propose by the DAO's \
             own page, with what is printed without --submit",
            dao.target().unwrap_or_default()
        );
    }
    Ok(vec![(*amount, denom)])
}

/// Submits a proposal to x/gov.
pub(super) async fn submit_to_gov(
    actor: &Actor,
    dao: &Dao,
    proposal: &Proposal,
) -> anyhow::Result<TxOutcome> {
    let Dao::Gov { account, deposit, source } = dao else {
        bail!("the DAO is a contract; it takes the proposal itself")
    };
    let coin = |(amount, denom): &(u128, String)| Coin {
        denom: denom.clone(),
        amount: amount.to_string(),
    };
    let funds: Vec<Coin> = proposal.coin.iter().map(coin).collect();
    let mut messages = Vec::new();
    if let (Source::CommunityPool(pool), false) = (source, funds.is_empty()) {
        let spend = MsgCommunityPoolSpend {
            authority: account.clone(),
            recipient: account.clone(),
            amount: funds.clone(),
        };
        messages.push(spend.to(*pool));
    }
    messages.push(any(&MsgExecuteContract {
        sender: account.clone(),
        contract: proposal.outpost.clone(),
        msg: serde_json::to_vec(&proposal.msg)?,
        funds,
    }));
    let submit = MsgSubmitProposal {
        messages,
        initial_deposit: vec![coin(deposit)],
        proposer: actor.address.clone(),
        metadata: String::new(),
        title: proposal.title.clone(),
        summary: proposal.description.clone(),
        expedited: false,
    };
    actor.send_msgs(&[any(&submit)]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What dao-pre-propose-single 2.6.0 says of itself.
    fn deposit(denom: &Value) -> anyhow::Result<(u128, String)> {
        let info = json!({ "denom": denom, "amount": "5", "refund_policy": "always" });
        let policy = json!({ "anyone": { "denylist": [] } });
        let config = json!({ "deposit_info": info, "submission_policy": policy });
        let config: PreProposeConfig = serde_json::from_value(config)?;
        config.deposit_info.context("it has one")?.read()
    }

    #[test]
    fn a_deposit_in_a_token_is_told_and_not_sent_as_a_coin() {
        let dao = |deposit| {
            let entrance = Entrance::PrePropose { address: "wasm1entrance".into(), deposit };
            Dao::DaoDao { core: "wasm1core".into(), entrance }
        };
        let coin = dao(Some(deposit(&json!({ "native": "usdx" })).unwrap()));
        assert_eq!(as_funds(&coin).unwrap(), [(5, "usdx")]);
        assert_eq!(as_funds(&dao(None)).unwrap(), []);
        let token = dao(Some(deposit(&json!({ "cw20": "wasm1token" })).unwrap()));
        assert_eq!(token.deposit(), Some(&(5, "cw20:wasm1token".into())));
        let error = as_funds(&token).unwrap_err().to_string();
        assert!(error.contains("allow `wasm1entrance` to spend 5 of it"), "{error}");
    }
}
