//! Auditors: anybody of this chain who signs attributes of providers. Whom to believe is for each
//! order to say.

use cosmwasm_std::{Storage, to_json_string};
use escrow::Seconds;
use protocol::deployment::{Attribute, Requirements, validate_attributes};
use protocol::limits;

use crate::context::Context;
use crate::eligible::has_attributes;
use crate::error::ContractError;
use crate::event;
use crate::state::attestation::{ATTESTATIONS, Attestation, signed_by};
use crate::state::principal::{self, PrincipalId};
use crate::state::provider;

/// Seconds for which a signature may count.
const SIGNED_SECONDS: u64 = 366 * 86_400;

/// Signs attributes of a provider, in place of what the caller signed before.
pub(crate) fn sign(
    ctx: &mut Context<'_>,
    address: &str,
    attributes: Vec<Attribute>,
    valid_for_seconds: u64,
) -> Result<(), ContractError> {
    validate_attributes("attributes", &attributes)?;
    limits::range("valid_for_seconds", valid_for_seconds, 1_u64, SIGNED_SECONDS)?;
    let (provider, _) = provider::load(ctx.state(), address)?;
    let caller = ctx.caller().to_owned();
    let auditor = principal::intern(ctx.storage(), &principal::local(&caller))?;
    let now = ctx.now();
    let expires_at = now.after(Seconds::new(valid_for_seconds)).get();
    ctx.emit(
        event::of_provider("attributes_signed", address)
            .add_attribute("auditor", caller)
            .add_attribute("attributes", to_json_string(&attributes)?)
            .add_attribute("expires_at", expires_at.to_string()),
    );
    let attestation = Attestation { attributes, signed_at: now.get(), expires_at };
    Ok(ATTESTATIONS.save(ctx.storage(), (provider, auditor), &attestation)?)
}

/// Takes a signature back: by its auditor, by anyone once it has expired.
pub(crate) fn revoke(
    ctx: &mut Context<'_>,
    address: &str,
    auditor: Option<String>,
) -> Result<(), ContractError> {
    let auditor = auditor.unwrap_or_else(|| ctx.caller().into());
    let not_found =
        || ContractError::NotFound { what: "signature", id: format!("{auditor} of {address}") };
    let find = |who: &str| principal::find(ctx.state(), &principal::local(who));
    let key = find(address)?.zip(find(&auditor)?).ok_or_else(not_found)?;
    let attestation = ATTESTATIONS.may_load(ctx.state(), key)?.ok_or_else(not_found)?;
    if ctx.caller() != auditor && ctx.now().get() < attestation.expires_at {
        return Err(ContractError::Unauthorized {
            sender: ctx.caller().into(),
            expected: "the auditor, while its signature counts",
        });
    }
    ATTESTATIONS.remove(ctx.storage(), key);
    let event = event::of_provider("attributes_revoked", address);
    ctx.emit(event.add_attribute("auditor", auditor));
    Ok(())
}

/// Of the auditors that an order names one that has not signed what it requires: all of `all_of` must,
/// and if `any_of` is not empty one of it, else all of them are told. `given` are the attributes the
/// provider claims; a signature counts only for one that it still claims. Where nothing is required any
/// signature will do.
pub(crate) fn missing_signature(
    storage: &dyn Storage,
    provider: PrincipalId,
    (required, given): (&Requirements, &[&[Attribute]]),
    now: Seconds,
) -> Result<Option<String>, ContractError> {
    let has_signed = |auditor: &String| -> Result<bool, ContractError> {
        let Some(mut signed) = signed_by(storage, provider, auditor, now)? else {
            return Ok(false);
        };
        signed.retain(|signed| given.iter().any(|list| list.contains(signed)));
        Ok(has_attributes(&required.attributes, &[&signed]))
    };
    for auditor in &required.all_of {
        if !has_signed(auditor)? {
            return Ok(Some(auditor.clone()));
        }
    }
    for auditor in &required.any_of {
        if has_signed(auditor)? {
            return Ok(None);
        }
    }
    Ok(Some(required.any_of.join("` or `")).filter(|auditors| !auditors.is_empty()))
}
