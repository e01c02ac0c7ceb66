//! What a tenant can replace while its deployment lives: the manifest, who may act for it, and where
//! unspent money goes. A revision that is not greater than the one in force is answered with that.

use cosmwasm_std::to_json_string;
use escrow::Seconds;
use protocol::Tenant;
use protocol::control::Answer;
use protocol::deployment::{AccessKey, LocalOperator, Manifest};

use super::Live;
use crate::context::Context;
use crate::error::ContractError;
use crate::event;
use crate::state::deployment::{OPERATORS, Operator};
use crate::state::revised::{self, REVISED};
use crate::state::route;
use crate::state::settlement::HOMES;

/// Replaces the manifest.
pub(crate) fn manifest(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (rev, manifest): (u64, Manifest),
) -> Result<Answer, ContractError> {
    let mut revised = revised::load(ctx.state(), live.number)?;
    if rev <= revised.manifest_rev {
        return Ok(Answer::Stale { rev: revised.manifest_rev });
    }
    let text = to_json_string(&manifest)?;
    (revised.manifest_rev, revised.manifest) = (rev, Some(manifest));
    REVISED.save(ctx.storage(), live.number, &revised)?;
    done(ctx, live, ("manifest_updated", rev), &[("manifest", text)])
}

/// Replaces who may act for the tenant on this chain, and who may talk to its providers.
pub(crate) fn operators(
    ctx: &mut Context<'_>,
    live: &mut Live,
    rev: u64,
    (operators, access_keys): (&[LocalOperator], Vec<AccessKey>),
) -> Result<Answer, ContractError> {
    let mut revised = revised::load(ctx.state(), live.number)?;
    if rev <= revised.operators_rev {
        return Ok(Answer::Stale { rev: revised.operators_rev });
    }
    let told = [
        ("local_operators", to_json_string(&operators)?),
        ("access_keys", to_json_string(&access_keys)?),
    ];
    let operators = operators_of(ctx, operators)?;
    (revised.operators_rev, revised.access_keys) = (rev, Some(access_keys));
    REVISED.save(ctx.storage(), live.number, &revised)?;
    OPERATORS.save(ctx.storage(), live.number, &operators)?;
    done(ctx, live, ("operators_set", rev), &told)
}

/// Changes where unspent money goes: of this deployment, and what is credited to its tenant.
pub(crate) fn refund_to(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (rev, refund_to): (u64, String),
) -> Result<Answer, ContractError> {
    let mut revised = revised::load(ctx.state(), live.number)?;
    if rev <= revised.refund_to_rev {
        return Ok(Answer::Stale { rev: revised.refund_to_rev });
    }
    revised.refund_to_rev = rev;
    if let Tenant::Remote { sender, account, .. } = &live.id.tenant {
        let route = route::by_id(ctx.state(), live.record.route)?;
        live.record.refund_to = route.home(sender, account, Some(refund_to.clone()))?;
        let mut home = HOMES.may_load(ctx.state(), live.record.tenant)?.unwrap_or_default();
        // Other deployments of the tenant say so too, and the greatest word counts.
        if home.refund_to_rev < rev {
            (home.refund_to_rev, home.refund_to) = (rev, Some(refund_to.clone()));
            HOMES.save(ctx.storage(), live.record.tenant, &home)?;
        }
    } else {
        live.record.refund_to = ctx.checked(&refund_to)?.into();
    }
    REVISED.save(ctx.storage(), live.number, &revised)?;
    done(ctx, live, ("refund_to_set", rev), &[("refund_to", refund_to)])
}

/// Tells of a change, and answers.
fn done(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (kind, rev): (&str, u64),
    told: &[(&str, String)],
) -> Result<Answer, ContractError> {
    live.changed()?;
    let event = event::of_deployment(kind, &live.id).add_attribute("rev", rev.to_string());
    ctx.emit(event.add_attributes(told.iter().cloned()));
    Ok(Answer::Done {})
}

/// Operators as they are stored: their addresses are of this chain, their time counts from now.
pub(crate) fn operators_of(
    ctx: &Context<'_>,
    operators: &[LocalOperator],
) -> Result<Vec<Operator>, ContractError> {
    let now = ctx.now();
    let operators = operators.iter().map(|operator| {
        let expires_in = operator.expires_in_seconds.map(Seconds::new);
        Ok(Operator {
            address: ctx.checked(&operator.address)?,
            scopes: operator.scopes.clone(),
            expires_at: expires_in.map(|seconds| now.after(seconds).get()),
        })
    });
    operators.collect()
}
