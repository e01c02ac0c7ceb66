//! Sending a command over the control channel.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    DepsMut, Env, IbcMsg, Reply, ReplyOn, Response, StdError, Storage, SubMsg, SubMsgResult,
    Timestamp, to_json_binary,
};
use protocol::control::{ControlBody, ControlPacket, Instruction};
use protocol::json::{Decode, from_slice};

use crate::state::config;
use crate::state::control::{AWAITED, Awaited, Purpose};
use crate::state::route::{CONTROL, Route};
use crate::{ContractError, event, sequence};

/// Id of the reply to a control packet.
pub(crate) const REPLY: u64 = 2;

/// What the reply needs to know.
#[cw_serde]
#[derive(Decode)]
struct Posted {
    channel: String,
    awaited: Awaited,
}

/// Builds the packet of a command.
///
/// It fails with its message if the chain does not take it: nothing was paid, and a command that
/// silently went nowhere would be worse. See [`if_taken`].
///
/// # Errors
/// [`ContractError::NoControlChannel`], or [`ContractError::Limit`] for what is too large.
pub(crate) fn send(
    storage: &dyn Storage,
    env: &Env,
    route: &Route,
    purpose: Purpose,
    instruction: Instruction,
) -> Result<SubMsg, ContractError> {
    instruction.validate()?;
    let channel = CONTROL
        .may_load(storage, &route.name)?
        .ok_or_else(|| ContractError::NoControlChannel { route: route.name.clone() })?;
    let packet = ControlPacket { id: purpose.subject(), body: ControlBody::Do(instruction) };
    let timeout_at = config::after(env, config::timeout_seconds(storage, None)?);
    let post = IbcMsg::SendPacket {
        channel_id: channel.clone(),
        data: packet.encode()?,
        timeout: Timestamp::from_seconds(timeout_at).into(),
    };
    let posted = Posted { channel, awaited: Awaited { route: route.name.clone(), purpose } };
    Ok(SubMsg::reply_on_success(post, REPLY).with_payload(to_json_binary(&posted)?))
}

/// Makes of a control packet one that its message does not depend on.
#[must_use]
pub(crate) fn if_taken(packet: SubMsg) -> SubMsg {
    SubMsg { reply_on: ReplyOn::Always, ..packet }
}

/// Records a control packet that the chain took. One that it did not take leaves an event.
///
/// # Errors
/// [`ContractError::NoSequence`] if the chain does not name the packet.
pub(crate) fn on_reply(deps: DepsMut<'_>, reply: Reply) -> Result<Response, ContractError> {
    let Posted { channel, awaited } = from_slice(&reply.payload).map_err(StdError::from)?;
    match reply.result {
        SubMsgResult::Ok(response) => {
            AWAITED.save(deps.storage, (&channel, sequence::of(&response)?), &awaited)?;
            Ok(Response::new())
        }
        SubMsgResult::Err(reason) => {
            let event = event::ignored(awaited.purpose.action(), &reason);
            Ok(Response::new().add_event(event))
        }
    }
}
