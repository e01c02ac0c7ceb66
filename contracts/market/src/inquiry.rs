//! Asking the outpost whether a transfer home arrived, when the chain has lost the word of it.
//!
//! The question names our number of the transfer, and the packet's `id` its sequence: the chain
//! hands our own packet back with the answer, so nothing is stored for it.

use cosmwasm_std::{Event, IbcMsg, IbcPacketAckMsg, SubMsg};
use escrow::Seconds;
use protocol::control::{Answer, ControlAck, ControlBody, ControlPacket, SettledQuery};

use crate::claim;
use crate::context::Context;
use crate::deployment::close::require_reached;
use crate::error::ContractError;
use crate::ledger;
use crate::msg::Outcome;
use crate::settle;
use crate::state::config::CONFIG;
use crate::state::route::{self, CONTROL_ROUTES, CONTROLS};
use crate::state::settlement::IN_FLIGHT;

/// Asks about a transfer home that can be received no more. One question is under way at a time.
pub(crate) fn ask(
    ctx: &mut Context<'_>,
    channel: &str,
    sequence: u64,
) -> Result<(), ContractError> {
    let mut in_flight = claim::in_flight(ctx, channel, sequence)?;
    if !in_flight.to_outpost {
        let problem = "went to a wallet, which answers nothing; the owner can resolve it";
        return Err(ContractError::WrongState { what: "transfer home", problem });
    }
    let at = Seconds::new(in_flight.timeout_at.max(in_flight.asked_until));
    require_reached(ctx.now(), at, "the outpost can be asked about it")?;
    let (id, _) = route::load(ctx.state(), channel)?;
    let control = CONTROLS.may_load(ctx.state(), id)?;
    let control = control.ok_or_else(|| ContractError::NotFound {
        what: "open control channel of route",
        id: channel.into(),
    })?;
    let timeout = CONFIG.load(ctx.state())?.settle_timeout_seconds;
    let timeout = ctx.env.block.time.plus_seconds(timeout);
    in_flight.asked_until = timeout.seconds();
    IN_FLIGHT.save(ctx.storage(), (id, sequence), &in_flight)?;
    let body = ControlBody::Settled(SettledQuery { n: in_flight.n });
    let data = ControlPacket { id: sequence, body }.encode()?;
    let packet = IbcMsg::SendPacket { channel_id: control.channel, data, timeout: timeout.into() };
    ctx.send(SubMsg::new(packet));
    ctx.emit(
        Event::new("settlement_asked")
            .add_attribute("route", channel)
            .add_attribute("n", in_flight.n.to_string()),
    );
    Ok(())
}

/// Takes the outpost's answer. Never fails: whatever the bytes are, the packet must be done with.
pub(crate) fn on_answer(ctx: &mut Context<'_>, message: &IbcPacketAckMsg) {
    if let Err(error) = ctx.attempt(|ctx| hear(ctx, message)) {
        ctx.emit(Event::new("answer_unheard").add_attribute("reason", error.to_string()));
    }
}

fn hear(ctx: &mut Context<'_>, message: &IbcPacketAckMsg) -> Result<(), ContractError> {
    let ours = &message.original_packet;
    let Some(id) = CONTROL_ROUTES.may_load(ctx.state(), &ours.src.channel_id)? else {
        return Ok(());
    };
    let asked = ControlPacket::parse(&ours.data)?;
    let ack = ControlAck::parse(&message.acknowledgement.data)?;
    let (ControlBody::Settled(query), ControlAck::Answer(Answer::Settled { credited, at })) =
        (asked.body, ack)
    else {
        return Err(ContractError::Unsupported { what: "this answer of an outpost" });
    };
    let in_flight = IN_FLIGHT.may_load(ctx.state(), (id, asked.id))?;
    let Some(in_flight) = in_flight.filter(|in_flight| in_flight.n == query.n) else {
        return Ok(());
    };
    let channel = route::by_id(ctx.state(), id)?.channel;
    if credited {
        return settle::resolve(ctx, &channel, asked.id, Outcome::Arrived);
    }
    // Before its timeout it could still arrive after the answer.
    require_reached(Seconds::new(at), Seconds::new(in_flight.timeout_at), "the answer is final")?;
    ledger::require_bank(ctx, in_flight.denom, in_flight.amount)?;
    settle::resolve(ctx, &channel, asked.id, Outcome::Returned)
}
