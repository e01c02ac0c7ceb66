//! Changes of a lease's terms: one side proposes, the other accepts by number, the lease goes on.
//!
//! Never while the account is short or the lease ends by notice. The bond stays that of the start.

use escrow::{NanoRate, Seconds};
use protocol::control::Answer;
use protocol::deployment::{Manifest, Scope};
use protocol::limits;

use super::{load, load_named};
use crate::command::is_operator;
use crate::context::Context;
use crate::deployment::Live;
use crate::error::ContractError;
use crate::event;
use crate::msg::{LeaseId, NewTerms};
use crate::state::deployment::Lease;
use crate::state::principal;
use crate::state::terms::{Proposal, TERMS, Terms};

/// Seconds for which a proposal can be accepted at most: 7 days.
const VALID_SECONDS: u64 = 7 * 86_400;

/// Whose word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Provider,
    Tenant,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Tenant => "tenant",
        }
    }

    /// What this side proposes.
    fn proposal(self, terms: &mut Terms) -> &mut Option<Proposal> {
        match self {
            Self::Provider => &mut terms.of_provider,
            Self::Tenant => &mut terms.of_tenant,
        }
    }
}

/// Proposes terms, in place of what this side proposed before.
pub(crate) fn propose(
    ctx: &mut Context<'_>,
    id: &LeaseId,
    new: NewTerms,
) -> Result<(), ContractError> {
    validate(&new)?;
    let (mut live, lease) = load_named(ctx.state(), id)?;
    let side = side_of_caller(ctx, &live, &lease)?;
    require_changeable(ctx, &mut live, &lease)?;
    let key = (live.number, id.group);
    let mut terms = TERMS.may_load(ctx.state(), key)?.unwrap_or_default();
    terms.last_no = terms.last_no.saturating_add(1);
    let proposal = Proposal {
        terms_no: terms.last_no,
        rate: new.rate,
        spec_hash: new.spec_hash,
        valid_until: ctx.now().after(Seconds::new(new.valid_for_seconds)).get(),
    };
    tell(ctx, id, "terms_proposed", (side, &proposal));
    *side.proposal(&mut terms) = Some(proposal);
    Ok(TERMS.save(ctx.storage(), key, &terms)?)
}

fn validate(new: &NewTerms) -> Result<(), ContractError> {
    limits::range("rate", new.rate, 1_u64, limits::RATE)?;
    limits::range("valid_for_seconds", new.valid_for_seconds, 1_u64, VALID_SECONDS)?;
    if let Some(hash) = &new.spec_hash {
        Manifest { hash: hash.clone(), uri: None }.validate()?;
    }
    Ok(())
}

/// Accepts what the tenant proposed, as the lease's provider.
pub(crate) fn accept_as_provider(
    ctx: &mut Context<'_>,
    id: &LeaseId,
    terms_no: u64,
) -> Result<(), ContractError> {
    let (mut live, lease) = load_named(ctx.state(), id)?;
    super::require_provider(ctx.state(), &lease, ctx.caller())?;
    accept(ctx, &mut live, (id.group, &lease), (Side::Tenant, terms_no))?;
    live.save(ctx.storage())
}

/// Accepts what the provider proposed, as the tenant or one of its operators.
pub(crate) fn accept_as_tenant(
    ctx: &mut Context<'_>,
    live: &mut Live,
    group: u32,
    terms_no: u64,
) -> Result<Answer, ContractError> {
    let lease = load(ctx.state(), live, group)?;
    if principal::address(ctx.state(), lease.provider)? == ctx.caller() {
        let (sender, expected) = (ctx.caller().into(), "somebody other than the lease's provider");
        return Err(ContractError::Unauthorized { sender, expected });
    }
    accept(ctx, live, (group, &lease), (Side::Provider, terms_no))?;
    Ok(Answer::Done {})
}

/// Puts in force what one side proposed under this number. Doing so twice does no more than once.
fn accept(
    ctx: &mut Context<'_>,
    live: &mut Live,
    (group, lease): (u32, &Lease),
    (side, terms_no): (Side, u64),
) -> Result<(), ContractError> {
    let key = (live.number, group);
    let mut terms = TERMS.may_load(ctx.state(), key)?.unwrap_or_default();
    if terms_no > 0 && terms.agreed_no == terms_no {
        return Ok(());
    }
    let proposal = side.proposal(&mut terms).take().filter(|found| found.terms_no == terms_no);
    let proposal = proposal.ok_or_else(|| ContractError::NotFound {
        what: "proposal of the other side",
        id: terms_no.to_string(),
    })?;
    let (at, now) = (proposal.valid_until, ctx.now().get());
    if now >= at {
        return Err(ContractError::TooLate { what: "the terms can be accepted", at, now });
    }
    require_changeable(ctx, live, lease)?;
    live.account.change_rate(ctx.now(), group, NanoRate::new(proposal.rate.u128()))?;
    let id = LeaseId { deployment: live.id.clone(), group };
    tell(ctx, &id, "terms_agreed", (side, &proposal));
    // What is still proposed was proposed to change the terms that are gone.
    let spec_hash = proposal.spec_hash.or(terms.spec_hash);
    let agreed =
        Terms { agreed_no: terms_no, spec_hash, last_no: terms.last_no, ..Terms::default() };
    TERMS.save(ctx.storage(), key, &agreed)?;
    live.changed()
}

/// Which side the caller speaks for.
fn side_of_caller(ctx: &Context<'_>, live: &Live, lease: &Lease) -> Result<Side, ContractError> {
    let caller = ctx.caller();
    if principal::address(ctx.state(), lease.provider)? == caller {
        return Ok(Side::Provider);
    }
    let is_tenant = live.id.tenant == principal::local(caller);
    if is_tenant || is_operator(ctx, &live.id, Scope::Terms)? {
        return Ok(Side::Tenant);
    }
    Err(ContractError::Unauthorized {
        sender: caller.into(),
        expected: "the lease's provider, its tenant, or an operator with this scope",
    })
}

/// Refuses changes while the provider leaves or the money is out.
fn require_changeable(
    ctx: &Context<'_>,
    live: &mut Live,
    lease: &Lease,
) -> Result<(), ContractError> {
    live.account.settle(ctx.now())?;
    let problem = if lease.reclaiming {
        "ends by notice"
    } else if live.account.is_short() {
        "is out of funds"
    } else {
        return Ok(());
    };
    Err(ContractError::WrongState { what: "lease", problem })
}

fn tell(ctx: &mut Context<'_>, id: &LeaseId, kind: &str, (side, proposal): (Side, &Proposal)) {
    ctx.emit(
        event::of_lease(kind, id)
            .add_attribute("by", side.name())
            .add_attribute("terms_no", proposal.terms_no.to_string())
            .add_attribute("rate", proposal.rate)
            .add_attribute("spec_hash", proposal.spec_hash.clone().unwrap_or_default())
            .add_attribute("valid_until", proposal.valid_until.to_string()),
    );
}

/// What waits for the other side's word, and whose it is.
pub(crate) fn open_proposals(terms: Terms) -> impl Iterator<Item = (&'static str, Proposal)> {
    let of_provider = terms.of_provider.map(|proposal| (Side::Provider.name(), proposal));
    let of_tenant = terms.of_tenant.map(|proposal| (Side::Tenant.name(), proposal));
    of_provider.into_iter().chain(of_tenant)
}
