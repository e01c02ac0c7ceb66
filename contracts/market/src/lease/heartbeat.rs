//! Heartbeats: the proof that a provider serves its leases, and the start of its pay.

use escrow::{Beat, EscrowError, Seconds};

use super::not_found;
use crate::context::Context;
use crate::deployment::Live;
use crate::error::ContractError;
use crate::event;
use crate::msg::LeaseId;
use crate::state::deployment::{self as state, ACCOUNTS, LEASES, Number, RECORDS, StoredAccount};
use crate::state::principal::{self, PrincipalId};

/// Leases of one message.
const BATCH_MAX: usize = 50;

/// Counts a heartbeat for each lease; one that cannot be counted is skipped with an event.
pub(crate) fn beat(ctx: &mut Context<'_>, leases: &[LeaseId]) -> Result<(), ContractError> {
    protocol::limits::entries("leases", leases.len(), BATCH_MAX)?;
    let caller = ctx.caller().to_owned();
    let provider = principal::find(ctx.state(), &principal::local(&caller))?;
    let provider = provider.ok_or(ContractError::NotFound { what: "provider", id: caller })?;
    for id in leases {
        if let Err(error) = ctx.attempt(|ctx| beat_one(ctx, provider, id)) {
            let skipped = event::of_lease("heartbeat_skipped", id);
            ctx.emit(skipped.add_attribute("reason", error.to_string()));
        }
    }
    Ok(())
}

fn beat_one(
    ctx: &mut Context<'_>,
    provider: PrincipalId,
    id: &LeaseId,
) -> Result<(), ContractError> {
    let number = state::live_number(ctx.state(), &id.deployment)?;
    let lease = LEASES.may_load(ctx.state(), (number, id.group))?;
    let mut lease = lease.ok_or_else(|| not_found(&id.deployment, id.group))?;
    if lease.provider != provider {
        return Err(ContractError::Unauthorized {
            sender: ctx.caller().into(),
            expected: "the lease's provider",
        });
    }
    let mut account = state::account(ctx.state(), number)?;
    let Beat { count, .. } = account.heartbeat(ctx.now(), id.group)?;
    let is_first = count == 1;
    let stop = match lease.term {
        Some(term) if is_first => Some(account.reclaim(ctx.now(), id.group, Seconds::new(term))?),
        _ => None,
    };
    ACCOUNTS.save(ctx.storage(), number, &StoredAccount(account))?;
    if lease.silent_deadline.take().is_some() {
        LEASES.save(ctx.storage(), (number, id.group), &lease)?;
        ctx.emit(event::of_lease("silence_broken", id));
    }
    if is_first {
        activated(ctx, number, id, stop)?;
    }
    Ok(())
}

/// The first heartbeat changes what a status tells. The others leave the deployment's record unread:
/// it is twice as large as the account.
fn activated(
    ctx: &mut Context<'_>,
    number: Number,
    id: &LeaseId,
    stop: Option<Seconds>,
) -> Result<(), ContractError> {
    let mut record = state::record(ctx.state(), number)?;
    record.changed()?;
    RECORDS.save(ctx.storage(), number, &record)?;
    let mut event = event::of_lease("lease_active", id);
    if let Some(stops_at) = stop {
        event = event.add_attribute("stops_at", stops_at.to_string());
    }
    ctx.emit(event);
    Ok(())
}

/// Whether the provider of a lease was ever alive.
pub(crate) fn was_alive(live: &Live, group: u32) -> Result<bool, EscrowError> {
    Ok(live.account.stream(group)?.beats() > 0)
}
