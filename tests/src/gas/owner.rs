//! What the market's owner says.

use cosmwasm_std::Uint128;
use market::msg::{
    ExecuteMsg, Harm, LeaseId, NewDenom, NewRoute, OwnerAction, OwnershipAction, RouteUpdate,
};

use super::loopback::Loopback;
use super::market::{DEPOSIT, Market, STYLE, listing, number, params};
use super::table::{Row, Tape};

/// Units of the money that came without an order, and of what is taken from a stake.
const SOME: u128 = 1_000;

/// Everything that changes what the market accepts, and by whom it is owned.
pub(super) async fn governance(market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
    let stage = market.stage;
    let spare = Loopback::open(stage).await?.far;
    // New to this market, as whatever is measured here for the second code.
    let denom = format!("ibc/{:064X}", tape.code.index());
    let new = NewRoute { channel: spare.clone(), outpost: None, style: STYLE };
    let update =
        RouteUpdate { channel: spare.clone(), enabled: Some(false), outpost: None, style: None };
    let listed = NewDenom { route: Some(spare.clone()), ..listing(&denom) };
    let route = market.loopback.far.clone();
    let said = [
        (Row::AddRoute, ExecuteMsg::AddRoute(new)),
        (Row::AddDenom, ExecuteMsg::AddDenom(listed)),
        (Row::RemoveDenom, ExecuteMsg::RemoveDenom { denom, route: Some(spare) }),
        (Row::UpdateRoute, ExecuteMsg::UpdateRoute(update)),
        (Row::SetParams, ExecuteMsg::SetParams { params: params(stage) }),
        (Row::ArmChannelClose, ExecuteMsg::ArmChannelClose { route }),
        (Row::Pause, ExecuteMsg::Pause {}),
        (Row::Unpause, ExecuteMsg::Unpause {}),
    ];
    for (row, msg) in said {
        tape.note(row, &market.tell(&stage.owner, &msg, None).await?);
    }
    let (owner, next) = (&stage.owner, &market.rival);
    let offer = |to: &str| {
        let new_owner = to.to_owned();
        ExecuteMsg::UpdateOwnership(OwnershipAction::TransferOwnership { new_owner, expiry: None })
    };
    let accept = ExecuteMsg::UpdateOwnership(OwnershipAction::AcceptOwnership);
    tape.note(Row::OfferOwnership, &market.tell(owner, &offer(&next.address), None).await?);
    tape.note(Row::AcceptOwnership, &market.tell(next, &accept, None).await?);
    market.tell(next, &offer(&owner.address), None).await?;
    market.tell(owner, &accept, None).await?;
    Ok(())
}

/// A part of the provider's stake goes to a tenant.
pub(super) async fn slash(
    market: &Market<'_>,
    lease: &LeaseId,
    tape: &mut Tape,
) -> anyhow::Result<()> {
    let amount = Uint128::new(SOME);
    let slash = ExecuteMsg::SlashProvider {
        provider: market.provider.address.clone(),
        amount,
        reason: "sold the same disk twice".to_owned(),
        harmed: vec![Harm { lease: lease.clone(), amount }],
    };
    tape.note(Row::SlashProvider, &market.tell(&market.stage.owner, &slash, None).await?);
    let refill = ExecuteMsg::UpdateProvider { host_uri: None, attributes: None };
    market.tell(&market.provider, &refill, Some((SOME, &market.stage.token))).await?;
    Ok(())
}

/// Announces twice that coins without an order will be credited, and takes one back; the other's number.
pub(super) async fn announce(market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<u64> {
    let stray = (DEPOSIT, market.address.as_str(), "");
    market.loopback.transfer(market.stage, &market.wallet, stray).await?;
    let to = market.remote(&market.wallet.address, &market.wallet.address);
    let amount = Uint128::new(SOME);
    let action = OwnerAction::AttributeStray { denom: market.voucher.clone(), amount, to };
    let announce = ExecuteMsg::Announce { action };
    let owner = &market.stage.owner;
    let announced = market.tell(owner, &announce, None).await?;
    let number = number(&announced, "action_announced", "announcement")?;
    let again = market.tell(owner, &announce, None).await?;
    tape.note(Row::Announce, &again);
    let retract = ExecuteMsg::Retract { announcement: number + 1 };
    tape.note(Row::Retract, &market.tell(owner, &retract, None).await?);
    Ok(number)
}
