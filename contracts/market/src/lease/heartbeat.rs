//! Heartbeats: the proof that a provider serves its leases, and the start of its pay.

use escrow::{Beat, EscrowError};

use super::load;
use crate::context::Context;
use crate::deployment::Live;
use crate::error::ContractError;
use crate::event;
use crate::msg::LeaseId;
use crate::state::deployment::LEASES;
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
    let mut live = Live::load(ctx.state(), &id.deployment)?;
    let mut lease = load(ctx.state(), &live, id.group)?;
    if lease.provider != provider {
        return Err(ContractError::Unauthorized {
            sender: ctx.caller().into(),
            expected: "the lease's provider",
        });
    }
    let Beat { count, .. } = live.account.heartbeat(ctx.now(), id.group)?;
    if lease.silent_deadline.take().is_some() {
        LEASES.save(ctx.storage(), (live.number, id.group), &lease)?;
        ctx.emit(event::of_lease("silence_broken", id));
    }
    if count == 1 {
        live.changed()?;
        ctx.emit(event::of_lease("lease_active", id));
    }
    live.save(ctx.storage())
}

/// Whether the provider of a lease was ever alive.
pub(crate) fn was_alive(live: &Live, group: u32) -> Result<bool, EscrowError> {
    Ok(live.account.stream(group)?.beats() > 0)
}
