//! Claimables: the pull side of every payment, here or home.

use cosmwasm_std::{Order, Storage};
use escrow::Seconds;
use protocol::Tenant;
use protocol::money::{Settle, SettleKind};

use crate::context::Context;
use crate::deployment::close::require_reached;
use crate::error::ContractError;
use crate::ledger;
use crate::settle::{self, Homeward};
use crate::state::denom::{self, DenomId};
use crate::state::deployment::SLOTS;
use crate::state::principal::{self, PrincipalId};
use crate::state::route;
use crate::state::settlement::{HOMES, IN_FLIGHT, RETRIES};

/// Seconds after which a claimable whose way home is dead may be paid on this chain: 30 days.
pub(crate) const LOCAL_AFTER: Seconds = Seconds::new(30 * 86_400);
/// Seconds after its timeout in which word of a transfer home may still come: 7 days.
const RECOVER_AFTER: Seconds = Seconds::new(7 * 86_400);

/// Pays out what is credited to somebody: here, or by a transfer home.
pub(crate) fn claim(
    ctx: &mut Context<'_>,
    claimant: &Tenant,
    denom: &str,
) -> Result<(), ContractError> {
    let (owner, denom) = named(ctx, claimant, denom)?;
    match claimant {
        Tenant::Local { address } => {
            // Left by a statement that the claimant paid for and that came back.
            RETRIES.remove(ctx.storage(), (owner, denom));
            let funds = ledger::take_claimable(ctx.storage(), owner, denom)?;
            ledger::pay(ctx, address, funds)
        }
        Tenant::Remote { route, sender, account } => {
            if let Some(retry) = RETRIES.may_load(ctx.state(), (owner, denom))? {
                let at = Seconds::new(retry.next_at);
                require_reached(ctx.now(), at, "the transfer home can be tried again")?;
            }
            let funds = ledger::take_claimable(ctx.storage(), owner, denom)?;
            let home = HOMES.may_load(ctx.state(), owner)?.unwrap_or_default();
            let (route, _) = route::load(ctx.state(), route)?;
            let settle = Settle {
                account: account.clone(),
                seq: latest_seq(ctx.state(), owner)?,
                kind: SettleKind::Refund,
                nonce: None,
                statement: None,
            };
            let to = home.refund_to.unwrap_or_else(|| sender.clone());
            settle::send(ctx, Homeward { route, owner, to, funds, settle })
        }
    }
}

/// The highest number that a remote tenant ever gave: its home knows by it whom the coin belongs to.
fn latest_seq(storage: &dyn Storage, tenant: PrincipalId) -> Result<Option<u64>, ContractError> {
    let mut seqs = SLOTS.prefix(tenant).keys(storage, None, None, Order::Descending);
    Ok(seqs.next().transpose()?)
}

/// Pays to its address here what is credited to a remote tenant whose way home is dead.
pub(crate) fn claim_local(
    ctx: &mut Context<'_>,
    claimant: &Tenant,
    denom: &str,
) -> Result<(), ContractError> {
    let (owner, denom) = named(ctx, claimant, denom)?;
    let home = HOMES.may_load(ctx.state(), owner)?.unwrap_or_default();
    let to = home.local_refund.ok_or(ContractError::WrongState {
        what: "claimant",
        problem: "named no address on this chain when it bought",
    })?;
    let retry = RETRIES
        .may_load(ctx.state(), (owner, denom))?
        .ok_or(ContractError::WrongState { what: "claimable", problem: "can go home; claim it" })?;
    let at = Seconds::new(retry.first_failed_at).after(LOCAL_AFTER);
    require_reached(ctx.now(), at, "it is paid on this chain")?;
    let funds = ledger::take_claimable(ctx.storage(), owner, denom)?;
    ledger::pay(ctx, to.as_str(), funds)
}

/// The numbers of a claimant and a denom as a caller names them.
fn named(
    ctx: &Context<'_>,
    claimant: &Tenant,
    denom: &str,
) -> Result<(PrincipalId, DenomId), ContractError> {
    let owner = principal::find(ctx.state(), claimant)?;
    match (owner, denom::find(ctx.state(), denom)?) {
        (Some(owner), Some(denom)) => Ok((owner, denom)),
        _ => Err(ContractError::NothingToClaim {
            claimant: claimant.to_string(),
            denom: denom.into(),
        }),
    }
}

/// Credits a transfer home of which no word came, if the bank holds what all such amount to: so it
/// is never paid out of what others own.
pub(crate) fn recover(
    ctx: &mut Context<'_>,
    channel: &str,
    sequence: u64,
) -> Result<(), ContractError> {
    let (route, _) = route::load(ctx.state(), channel)?;
    let in_flight = IN_FLIGHT.may_load(ctx.state(), (route, sequence))?;
    let in_flight = in_flight.ok_or_else(|| ContractError::NotFound {
        what: "transfer home",
        id: format!("{channel}/{sequence}"),
    })?;
    let at = Seconds::new(in_flight.timeout_at).after(RECOVER_AFTER);
    require_reached(ctx.now(), at, "a silent transfer home is recovered")?;
    let denom = in_flight.denom;
    let name = denom::load(ctx.state(), denom)?.name;
    let bank = ledger::bank(ctx.reading(), &ctx.env, &name)?;
    let owed = ledger::owed(ctx.state(), denom)?;
    let needed = owed.checked_add(ledger::unresolved(ctx.state(), denom)?)?;
    if bank < needed {
        let (bank, liabilities) = (bank.u128(), needed.u128());
        return Err(ContractError::Insolvent { denom: name, bank, liabilities });
    }
    settle::resolve(ctx, channel, sequence, settle::Outcome::Returned)
}
