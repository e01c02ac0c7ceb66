//! What providers say.

use cosmwasm_std::Coin;

use super::MISPLACED;
use crate::bid::place::NewBid;
use crate::context::Context;
use crate::error::ContractError;
use crate::ledger::{any_coin, one_coin};
use crate::msg::ExecuteMsg;
use crate::{bid, lease, offer, provider};

#[expect(clippy::wildcard_enum_match_arm, reason = "`sender_of` names every message")]
pub(super) fn run(
    ctx: &mut Context<'_>,
    msg: ExecuteMsg,
    funds: &[Coin],
) -> Result<(), ContractError> {
    match msg {
        ExecuteMsg::RegisterProvider { host_uri, attributes } => {
            provider::register(ctx, (host_uri, attributes), one_coin(funds)?)
        }
        ExecuteMsg::UpdateProvider { host_uri, attributes } => {
            provider::update(ctx, (host_uri, attributes), any_coin(funds)?)
        }
        ExecuteMsg::DeregisterProvider {} => provider::deregister(ctx),
        ExecuteMsg::PostOffer { terms } => offer::post(ctx, terms, one_coin(funds)?),
        ExecuteMsg::UpdateOffer { offer, terms } => {
            offer::update::update(ctx, offer, terms, any_coin(funds)?)
        }
        ExecuteMsg::CancelOffer { offer } => offer::cancel(ctx, offer),
        ExecuteMsg::Bid { order, rate, valid_for_seconds } => {
            let deposit = one_coin(funds)?;
            bid::place::place(ctx, &order, NewBid { rate, valid_for_seconds, deposit })
        }
        ExecuteMsg::WithdrawBid { order, provider } => {
            bid::withdraw::withdraw(ctx, &order, provider)
        }
        ExecuteMsg::Heartbeat { leases } => lease::heartbeat::beat(ctx, &leases),
        ExecuteMsg::CloseLease { lease } => lease::close::by_provider(ctx, &lease),
        ExecuteMsg::AcceptTerms { lease, terms_no } => {
            lease::terms::accept_as_provider(ctx, &lease, terms_no)
        }
        _ => Err(MISPLACED),
    }
}
