//! How a proposal of cw3 or DAO DAO stands, and what it would do.

use std::fmt;

use anyhow::anyhow;
use cosmos::text;
use outpost::msg::responses::{ConfigResponse, OrderResponse, RouteResponse};
use outpost::msg::{ExecuteMsg, QueryMsg};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::propose::dao::Kind;
use super::Target;
use crate::propose::{Known, Message, WayHome, explain_cost, explain_message};
use crate::refusal;
use crate::session::{Contract, route};

/// How a proposal stands.
#[derive(Serialize)]
pub(super) struct Standing {
    proposal: u64,
    pub(super) title: String,
    pub(super) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    votes: Option<Votes>,
    /// What it does and what it costs at most: by its messages, whatever its title says.
    pub(super) explanation: Vec<String>,
}

/// Source: dao-voting 2.6.0 `voting.rs`, `Votes`.
#[derive(Serialize, Deserialize)]
struct Votes {
    yes: String,
    no: String,
    abstain: String,
}

/// Source: dao-proposal-single 2.6.0 `query.rs`, `ProposalResponse`.
#[derive(Deserialize)]
struct OfDaoDao {
    proposal: Content,
}

/// Also cw3 2.0 `query.rs`, `ProposalResponse`, which counts no votes.
#[derive(Deserialize)]
pub(super) struct Content {
    pub(super) title: String,
    pub(super) status: String,
    votes: Option<Votes>,
    msgs: Vec<Value>,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "proposal  {}: {}", self.proposal, text::printable(&self.title))?;
        writeln!(f, "status    {}", self.status)?;
        if let Some(Votes { yes, no, abstain }) = &self.votes {
            writeln!(f, "votes     {yes} yes, {no} no, {abstain} abstain")?;
        }
        writeln!(f)?;
        self.explanation.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl Target {
    /// What the DAO keeps of it.
    pub(super) async fn read(&self, book: &Contract) -> anyhow::Result<Content> {
        let proposal = self.number;
        let ask = json!({ "proposal": { "proposal_id": proposal } });
        let content = match self.which.kind() {
            Kind::Daodao => book.ask::<OfDaoDao>(&ask).await.map(|found| found.proposal),
            Kind::Cw3 | Kind::Gov => book.ask(&ask).await,
        };
        content.map_err(|error| {
            // Both kinds answer with the storage key that they did not find.
            if format!("{error:#}").contains("not found") {
                return anyhow!(
                    "the DAO has no proposal {proposal}; `entrepot propose … --submit` tells the number of what it \
                     submits"
                );
            }
            error.context(format!(
                "`{}` does not tell of proposal {proposal}; check --dao and --address",
                book.address
            ))
        })
    }

    /// How it stands, and what it would do.
    pub(super) async fn standing(
        &self,
        book: &Contract,
        outpost: &Contract,
    ) -> anyhow::Result<Standing> {
        let Content { title, status, votes, msgs } = self.read(book).await?;
        let owner = self.which.address()?;
        let messages: Vec<Message> =
            msgs.iter().map(|message| Message::read(&outpost.address, message)).collect();
        let mut explanation = Vec::new();
        for (number, message) in (1..).zip(&messages) {
            let known = match message {
                Message::Outpost { msg, .. } => known(outpost, msg).await,
                _ => Ok(Known::default()),
            };
            let known = known.map_err(|error| refusal::said(&error));
            let mut lines = explain_message(owner, &outpost.address, message, known);
            if messages.len() > 1 {
                lines.insert(0, format!("Message {number} of {}:", messages.len()));
            }
            explanation.append(&mut lines);
        }
        explanation.push(explain_cost(&messages));
        Ok(Standing { proposal: self.number, title, status, votes, explanation })
    }
}

/// What the outpost tells of what a message names.
pub(in crate::cli) async fn known(outpost: &Contract, msg: &ExecuteMsg) -> anyhow::Result<Known> {
    let config: ConfigResponse = outpost.ask(&QueryMsg::Config {}).await?;
    let name = match msg {
        ExecuteMsg::Buy(buy) => Some(buy.route.clone()),
        ExecuteMsg::TopUp { seq }
        | ExecuteMsg::AcceptBid { seq, .. }
        | ExecuteMsg::Close { seq } => {
            let order: OrderResponse = outpost.ask(&QueryMsg::Order { seq: *seq }).await?;
            Some(order.route)
        }
        _ => None,
    };
    let way_home = match name {
        Some(name) => {
            let RouteResponse { style, .. } = route(outpost, &name).await?;
            WayHome::of(&style)
        }
        None => WayHome::Outpost,
    };
    Ok(Known { default_timeout_seconds: config.default_timeout_seconds, way_home })
}
