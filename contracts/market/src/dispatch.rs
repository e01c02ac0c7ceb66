//! Which function runs a message: one table for each kind of sender.

mod anyone;
mod governance;
mod provider;
mod tenant;

use cosmwasm_std::Coin;

use crate::context::Context;
use crate::error::ContractError;
use crate::ledger::no_coin;
use crate::msg::ExecuteMsg;
use crate::ownership::require_owner;
use crate::{control, token};

/// For whom a message is. That the sender is the one concerned is checked where it is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sender {
    /// A provider, or who becomes one.
    Provider,
    /// A tenant of this chain, or one of its operators here.
    Tenant,
    /// Anybody: auditors, donors, and whoever moves what time alone has decided.
    Anyone,
    /// The owner.
    Owner,
    /// The owner, the pauser or the owner to be.
    Governance,
    /// A token, or the market itself.
    Contract,
}

/// Every message has its place here.
const fn sender_of(msg: &ExecuteMsg) -> Sender {
    match msg {
        ExecuteMsg::RegisterProvider { .. }
        | ExecuteMsg::UpdateProvider { .. }
        | ExecuteMsg::DeregisterProvider {}
        | ExecuteMsg::PostOffer { .. }
        | ExecuteMsg::UpdateOffer { .. }
        | ExecuteMsg::CancelOffer { .. }
        | ExecuteMsg::Bid { .. }
        | ExecuteMsg::WithdrawBid { .. }
        | ExecuteMsg::Heartbeat { .. }
        | ExecuteMsg::CloseLease { .. }
        | ExecuteMsg::AcceptTerms { .. } => Sender::Provider,
        ExecuteMsg::Open { .. } | ExecuteMsg::Act { .. } | ExecuteMsg::ProposeTerms { .. } => {
            Sender::Tenant
        }
        ExecuteMsg::SignAttributes { .. }
        | ExecuteMsg::RevokeAttributes { .. }
        | ExecuteMsg::TopUp { .. }
        | ExecuteMsg::Match { .. }
        | ExecuteMsg::Withdraw { .. }
        | ExecuteMsg::ReleaseStake { .. }
        | ExecuteMsg::EndLease { .. }
        | ExecuteMsg::ExpireOrder { .. }
        | ExecuteMsg::CloseUnready { .. }
        | ExecuteMsg::ReportSilent { .. }
        | ExecuteMsg::CloseSilent { .. }
        | ExecuteMsg::CloseShort { .. }
        | ExecuteMsg::Finish { .. }
        | ExecuteMsg::Claim { .. }
        | ExecuteMsg::ClaimLocal { .. }
        | ExecuteMsg::RecoverSettle { .. }
        | ExecuteMsg::AskSettled { .. }
        | ExecuteMsg::Attest { .. } => Sender::Anyone,
        ExecuteMsg::Announce { .. }
        | ExecuteMsg::Retract { .. }
        | ExecuteMsg::Perform { .. }
        | ExecuteMsg::SlashProvider { .. }
        | ExecuteMsg::AddDenom(_)
        | ExecuteMsg::RemoveDenom { .. }
        | ExecuteMsg::AddRoute(_)
        | ExecuteMsg::UpdateRoute(_)
        | ExecuteMsg::SetParams { .. }
        | ExecuteMsg::ArmChannelClose { .. }
        | ExecuteMsg::Unpause {} => Sender::Owner,
        ExecuteMsg::Pause {} | ExecuteMsg::UpdateOwnership(_) => Sender::Governance,
        // What a memo carries comes from the chain and not to this table: see `ibc`.
        ExecuteMsg::Receive(_) | ExecuteMsg::Entrepot(_) | ExecuteMsg::Internal(_) => {
            Sender::Contract
        }
    }
}

/// Messages that take coins; all others refuse them.
pub(crate) const fn takes_coins(msg: &ExecuteMsg) -> bool {
    matches!(
        msg,
        ExecuteMsg::RegisterProvider { .. }
            | ExecuteMsg::UpdateProvider { .. }
            | ExecuteMsg::PostOffer { .. }
            | ExecuteMsg::UpdateOffer { .. }
            | ExecuteMsg::Open { .. }
            | ExecuteMsg::TopUp { .. }
            | ExecuteMsg::Bid { .. }
            | ExecuteMsg::Attest { .. }
    )
}

/// Runs a message of the caller, with the coins that came with it.
pub(crate) fn dispatch(
    ctx: &mut Context<'_>,
    msg: ExecuteMsg,
    funds: &[Coin],
) -> Result<(), ContractError> {
    if !takes_coins(&msg) {
        no_coin(funds)?;
    }
    match sender_of(&msg) {
        Sender::Provider => provider::run(ctx, msg, funds),
        Sender::Tenant => tenant::run(ctx, msg, funds),
        Sender::Anyone => anyone::run(ctx, msg, funds),
        Sender::Owner => {
            require_owner(ctx.state(), ctx.caller())?;
            governance::run(ctx, msg)
        }
        Sender::Governance => governance::run(ctx, msg),
        Sender::Contract => contract(ctx, msg),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "`sender_of` names every message")]
fn contract(ctx: &mut Context<'_>, msg: ExecuteMsg) -> Result<(), ContractError> {
    match msg {
        ExecuteMsg::Receive(received) => token::receive(ctx, received),
        ExecuteMsg::Internal(message) => control::internal(ctx, message),
        // It comes with a transfer: the entry point takes it, and a question about it names the route.
        ExecuteMsg::Entrepot(_) => Err(ContractError::Unauthorized {
            sender: ctx.caller().into(),
            expected: "the account in which ibc-hooks calls for a route's outpost",
        }),
        _ => Err(MISPLACED),
    }
}

/// A table was asked for a message that [`sender_of`] does not send there.
const MISPLACED: ContractError = ContractError::Missing { what: "the table of a message" };
