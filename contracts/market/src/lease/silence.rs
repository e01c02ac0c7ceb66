//! Silence, of who was alive and of who never came: first it is stated, then there is time to break it,
//! then the lease is closed.
//!
//! The time runs from the statement, not from the missed heartbeat, so that no halt of the chain that
//! ends before the statement costs anybody a bond. A lease whose stop comes before that time is over ends
//! at its stop instead: there is one exit, whoever looks first.

use escrow::{Fault, Seconds, Stream};

use super::close::{BondFate, Ending, close};
use super::heartbeat::was_alive;
use super::load_named;
use crate::context::Context;
use crate::deployment::Live;
use crate::deployment::close::require_reached;
use crate::error::ContractError;
use crate::event;
use crate::msg::LeaseId;
use crate::state::deployment::{LEASES, Lease};

/// The least time a provider has to break its silence.
const LEAST_TIME: Seconds = Seconds::new(3_600);

/// States that a lease is silent, or that its provider is not ready in time.
pub(crate) fn report(ctx: &mut Context<'_>, id: &LeaseId) -> Result<(), ContractError> {
    let now = ctx.now();
    let (mut live, mut lease) = load_named(ctx.state(), id)?;
    live.account.settle(now)?;
    let stream = live.account.stream(id.group)?;
    if let Some(problem) = other_exit(&live, &lease) {
        return Err(ContractError::WrongState { what: "lease", problem });
    }
    let time = stream.window().unwrap_or(LEAST_TIME).max(LEAST_TIME);
    let deadline = now.after(time);
    if was_alive(&live, id.group)? {
        require_reached(now, stream.cap(), "the lease is silent")?;
        require_before_stop(stream, deadline)?;
    } else {
        require_reached(now, Seconds::new(lease.ready_by), "the provider is late")?;
    }
    let deadline = deadline.get();
    lease.silent_deadline = Some(deadline);
    LEASES.save(ctx.storage(), (live.number, id.group), &lease)?;
    let event = event::of_lease("lease_silent", id);
    ctx.emit(event.add_attribute("deadline", deadline.to_string()));
    Ok(())
}

/// Refuses what would come when the lease has come to its end.
fn require_before_stop(stream: &Stream, deadline: Seconds) -> Result<(), ContractError> {
    if deadline < stream.stop() {
        return Ok(());
    }
    let problem =
        "comes to its end before its silence could close it; then close it with `end_lease`";
    Err(ContractError::WrongState { what: "lease", problem })
}

/// Why silence is not how a lease ends, if it is not.
fn other_exit(live: &Live, lease: &Lease) -> Option<&'static str> {
    if lease.silent_deadline.is_some() {
        Some("was reported already")
    } else if live.account.is_short() {
        // Out of funds a provider may go, and the deployment has an exit of its own.
        Some("is out of funds; close its deployment with `close_short`")
    } else {
        None
    }
}

/// Closes a lease that stayed silent; its bond is forfeit.
pub(crate) fn close_silent(ctx: &mut Context<'_>, id: &LeaseId) -> Result<(), ContractError> {
    let (live, lease) = load_named(ctx.state(), id)?;
    if !was_alive(&live, id.group)? {
        let problem = "was never active; close it as unready";
        return Err(ContractError::WrongState { what: "lease", problem });
    }
    if let Some(deadline) = lease.silent_deadline {
        require_before_stop(live.account.stream(id.group)?, Seconds::new(deadline))?;
    }
    close_reported(ctx, live, (id.group, &lease), "silent")
}

/// Closes a lease whose provider never came; its bond is forfeit.
pub(crate) fn close_unready(ctx: &mut Context<'_>, id: &LeaseId) -> Result<(), ContractError> {
    let (live, lease) = load_named(ctx.state(), id)?;
    if was_alive(&live, id.group)? {
        let problem = "is active";
        return Err(ContractError::WrongState { what: "lease", problem });
    }
    close_reported(ctx, live, (id.group, &lease), "not_ready")
}

fn close_reported(
    ctx: &mut Context<'_>,
    mut live: Live,
    (group, lease): (u32, &Lease),
    reason: &'static str,
) -> Result<(), ContractError> {
    let deadline = lease
        .silent_deadline
        .ok_or(ContractError::WrongState { what: "lease", problem: "was not reported silent" })?;
    require_reached(ctx.now(), Seconds::new(deadline), "a silent lease can be closed")?;
    let (fault, bond) = (Fault::Provider, BondFate::Forfeited);
    close(ctx, &mut live, group, Ending { fault, bond, reason })?;
    live.save(ctx.storage())
}
