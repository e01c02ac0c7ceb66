//! The start of a lease, from a bid or from a standing offer.

use cosmwasm_std::{Empty, Uint128};
use escrow::{NanoRate, OpenStream, Seconds, Units};
use protocol::deployment::Group;
use protocol::limits;

use crate::context::Context;
use crate::deployment::Live;
use crate::error::ContractError;
use crate::event;
use crate::ledger::Funds;
use crate::state::count_up;
use crate::state::deployment::{LEASES, LEASES_BY_PROVIDER, Lease};
use crate::state::principal::{self, PrincipalId};
use crate::state::provider::LIVE_LEASES;

/// Seconds for which a heartbeat earns, if the tenant says nothing.
const DEFAULT_WINDOW: u64 = 6 * 3_600;

/// What was agreed.
#[derive(Debug)]
pub(crate) struct Agreement {
    /// Who runs it.
    pub(crate) provider: PrincipalId,
    /// Nano-units per second.
    pub(crate) rate: NanoRate,
    /// Units it costs at least.
    pub(crate) min_charge: Uint128,
    /// The offer it came from.
    pub(crate) offer: Option<u64>,
    /// What the provider loses by a fault.
    pub(crate) bond: Funds,
}

/// Starts a lease. The provider has been found eligible and its bond is locked.
pub(crate) fn start(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (index, group): (u32, &Group),
    agreement: Agreement,
) -> Result<(), ContractError> {
    let now = ctx.now();
    let window = group.heartbeat_window_seconds.unwrap_or(DEFAULT_WINDOW);
    let stream = OpenStream {
        id: index,
        rate: agreement.rate,
        window: Some(Seconds::new(window)),
        // A term is that of the service: it runs from the first heartbeat.
        stop: Seconds::NEVER,
        min_charge: Units::new(agreement.min_charge.u128()),
        fee_bps: live.record.fee_bps,
    };
    live.account.open(now, stream)?;

    let ready_within = group.ready_within_seconds.unwrap_or(limits::READY_SECONDS);
    let ready_by = now.after(Seconds::new(ready_within)).get();
    let lease = Lease {
        provider: agreement.provider,
        offer: agreement.offer,
        bond: agreement.bond.amount,
        bond_denom: agreement.bond.denom,
        started_at: now.get(),
        ready_by,
        silent_deadline: None,
        reclaiming: false,
        term: group.term_seconds,
    };
    let storage = ctx.storage();
    LEASES.save(storage, (live.number, index), &lease)?;
    LEASES_BY_PROVIDER.save(storage, (lease.provider, live.number, index), &Empty {})?;
    count_up(storage, &LIVE_LEASES, lease.provider)?;
    let leases = live.record.leases.checked_add(1);
    live.record.leases = leases.ok_or(ContractError::Overflow { what: "the number of leases" })?;
    live.changed()?;
    let provider = principal::address(ctx.state(), lease.provider)?;
    let mut event = event::of_group("lease_started", &live.id, index)
        .add_attribute("provider", provider)
        .add_attribute("rate", agreement.rate.to_string())
        .add_attribute("bond", lease.bond)
        .add_attribute("ready_by", ready_by.to_string());
    if let Some(offer) = lease.offer {
        event = event.add_attribute("offer", offer.to_string());
    }
    ctx.emit(event);
    Ok(())
}
