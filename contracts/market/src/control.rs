//! The control channel: commands without money.
//!
//! A packet runs in a call to ourselves with limited gas, so that neither a defect nor a lack of
//! gas keeps it from being acknowledged. What is refused is a value, because the chain redacts the
//! text of an error on its way through the reply.

use cosmwasm_std::{Binary, Event, IbcPacket, SubMsg, SubMsgResult, WasmMsg, to_json_binary};
use protocol::control::{ControlAck, ControlBody, ControlPacket};
use protocol::{Code, DeploymentId, Tenant};
use serde::Serialize;

use crate::command;
use crate::context::Context;
use crate::error::ContractError;
use crate::msg::InternalMsg;
use crate::reply::{CONTROL, execute_data};
use crate::state::config::CONFIG;
use crate::state::route::{self, CONTROL_ROUTES};

/// [`crate::msg::ExecuteMsg::Internal`] as it is written. The whole enum would put an encoder of
/// every message into the contract, which writes no other.
#[derive(Serialize)]
struct ToSelf {
    internal: InternalMsg,
}

/// The call to ourselves that runs a packet; none if it came over no control channel of ours.
pub(crate) fn call(ctx: &mut Context<'_>, packet: &IbcPacket) -> Result<(), ContractError> {
    let id = CONTROL_ROUTES.may_load(ctx.state(), &packet.dest.channel_id)?;
    let id = id.ok_or_else(|| ContractError::WrongRoute {
        channel: packet.dest.channel_id.clone(),
        problem: "is no control channel",
    })?;
    let route = route::by_id(ctx.state(), id)?.channel;
    let internal = InternalMsg::Control { route, packet: packet.data.clone() };
    let call = WasmMsg::Execute {
        contract_addr: ctx.env.contract.address.to_string(),
        msg: to_json_binary(&ToSelf { internal })?,
        funds: Vec::new(),
    };
    let gas = CONFIG.load(ctx.state())?.control_gas;
    ctx.send(SubMsg::reply_always(call, CONTROL).with_gas_limit(gas));
    Ok(())
}

/// Takes a message to ourselves, from nobody else.
pub(crate) fn internal(ctx: &mut Context<'_>, message: InternalMsg) -> Result<(), ContractError> {
    if ctx.caller() != ctx.env.contract.address.as_str() {
        return Err(ContractError::Unauthorized {
            sender: ctx.caller().into(),
            expected: "the market itself",
        });
    }
    match message {
        InternalMsg::Control { route, packet } => run(ctx, &route, &packet),
    }
}

/// Runs a packet, and answers with the acknowledgement.
///
/// # Errors
/// Defects only, which undo everything and are acknowledged as `internal`.
fn run(ctx: &mut Context<'_>, channel: &str, packet: &Binary) -> Result<(), ContractError> {
    let acknowledgement = match ctx.attempt(|ctx| obey(ctx, channel, packet)) {
        Ok(acknowledgement) => acknowledgement,
        Err(error) if error.code() == Code::Internal => return Err(error),
        Err(error) => {
            let text = error.to_string();
            ctx.emit(
                Event::new("command_refused")
                    .add_attribute("route", channel)
                    .add_attribute("reason", &text),
            );
            let words = text.split_once(": ").map_or(text.as_str(), |(_, words)| words);
            ControlAck::refused(error.code(), words)
        }
    };
    ctx.answer(to_json_binary(&acknowledgement)?);
    Ok(())
}

/// Does what the route's outpost says, for the account it names.
fn obey(
    ctx: &mut Context<'_>,
    channel: &str,
    packet: &Binary,
) -> Result<ControlAck, ContractError> {
    let packet = ControlPacket::parse(packet)?;
    let ControlBody::Do(instruction) = packet.body else {
        return Err(ContractError::Unsupported { what: "a packet that is no command" });
    };
    let (_, route) = route::load(ctx.state(), channel)?;
    let sender = route.outpost.ok_or(ContractError::Missing { what: "the route's outpost" })?;
    let account = instruction.account;
    let tenant = Tenant::Remote { route: route.channel, sender, account };
    let id = DeploymentId { tenant, seq: instruction.seq };
    command::run(ctx, &id, instruction.command).map(ControlAck::Answer)
}

/// Sets the acknowledgement: what the call answered, or that it failed.
pub(crate) fn on_reply(ctx: &mut Context<'_>, result: SubMsgResult) -> Result<(), ContractError> {
    let answered = match result {
        SubMsgResult::Ok(response) => execute_data(&response).ok(),
        SubMsgResult::Err(reason) => {
            ctx.emit(Event::new("command_failed").add_attribute("reason", reason));
            None
        }
    };
    let data = match answered {
        Some(data) => data,
        None => to_json_binary(&ControlAck::Internal {})?,
    };
    ctx.answer(data);
    Ok(())
}
