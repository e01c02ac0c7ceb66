//! Statements about a money packet: was it accepted?

use cosmwasm_std::{Event, Uint128};
use protocol::control::Answer;
use protocol::limits;
use protocol::money::{Settle, SettleKind, Statement};

use crate::context::Context;
use crate::error::ContractError;
use crate::ledger::{self, Funds};
use crate::settle::{self, Homeward};
use crate::state::denom::{self, LISTINGS};
use crate::state::principal;
use crate::state::route::{self, is_accepted};

/// What the market states about the money packet `n` of a sender.
pub(crate) fn statement(
    ctx: &Context<'_>,
    channel: &str,
    sender: &str,
    n: u64,
) -> Result<Answer, ContractError> {
    let sender = principal::find(ctx.state(), &principal::sender(channel, sender))?;
    let is_known = match sender {
        Some(sender) => is_accepted(ctx.state(), sender, n)?,
        None => false,
    };
    Ok(if is_known { Answer::Done {} } else { Answer::Never { at: ctx.now().get() } })
}

/// Sends a statement home with the one unit attached, for senders whose control channel is gone.
pub(crate) fn send(
    ctx: &mut Context<'_>,
    channel: &str,
    (sender, n): (String, u64),
    (denom, amount): (&str, Uint128),
) -> Result<(), ContractError> {
    limits::address("sender", &sender)?;
    limits::integer("n", n)?;
    let (route, of) = route::load(ctx.state(), channel)?;
    let to = of.home(&sender, &sender, None)?;
    let unknown = || ContractError::UnknownDenom { denom: denom.into(), on: channel.into() };
    let denom_id = denom::find(ctx.state(), denom)?.ok_or_else(unknown)?;
    if !LISTINGS.has(ctx.state(), (denom_id, route)) {
        return Err(unknown());
    }
    if amount != Uint128::one() {
        return Err(ContractError::WrongCoin {
            got: amount.to_string(),
            expected: "one unit, which carries the statement".into(),
        });
    }
    let answer = statement(ctx, channel, &sender, n)?;
    let funds = Funds { denom: denom_id, amount };
    ledger::enter(ctx.storage(), funds)?;
    let caller = principal::local(ctx.caller());
    let owner = principal::intern(ctx.storage(), &caller)?;
    ctx.emit(
        Event::new("statement_sent")
            .add_attribute("route", channel)
            .add_attribute("sender", &sender)
            .add_attribute("n", n.to_string())
            .add_attribute("accepted", (answer == Answer::Done {}).to_string()),
    );
    let settle = Settle {
        account: String::new(),
        seq: None,
        kind: SettleKind::Status,
        nonce: None,
        statement: Some(Statement { n, answer }),
    };
    settle::send(ctx, Homeward { route, owner, sender, to, funds, settle })
}
