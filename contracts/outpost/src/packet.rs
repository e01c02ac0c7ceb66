//! Packets of the control channel: what the market says, and how our commands ended.

use cosmwasm_std::{
    Binary, DepsMut, Env, IbcBasicResponse, IbcEndpoint, IbcPacketAckMsg, IbcPacketTimeoutMsg,
    IbcReceiveResponse, StdResult, Storage, to_json_binary,
};
use protocol::Code;
use protocol::control::{Answer, ControlAck, ControlBody, ControlPacket, Notice, Refusal};
use protocol::limits;
use protocol::money::Statement;

use crate::msg::responses::OrderState;
use crate::state::control::{ASKED, AWAITED, Awaited, Purpose, SETTLED};
use crate::state::flight::FLIGHTS;
use crate::state::order;
use crate::state::route::CONTROL_ROUTE;
use crate::{ContractError, event, reconcile};

/// The acknowledgement of a defect: `{"internal":{}}`.
const INTERNAL: &[u8] = br#"{"internal":{}}"#;

/// Answers a packet of the market. Never fails: everything is read before the one record that
/// may change is written, so no submessage is needed to undo a half.
pub(crate) fn on_receive(
    deps: DepsMut<'_>,
    env: &Env,
    channel: &str,
    data: &[u8],
) -> IbcReceiveResponse {
    let answer = receive(deps.storage, env, channel, data).and_then(|ack| to_json_binary(&ack));
    IbcReceiveResponse::new(answer.unwrap_or_else(|_| Binary::from(INTERNAL)))
        .add_attribute("action", "control_receive")
}

fn receive(
    storage: &mut dyn Storage,
    env: &Env,
    channel: &str,
    data: &[u8],
) -> StdResult<ControlAck> {
    let Some(route) = CONTROL_ROUTE.may_load(storage, channel)? else {
        return Ok(ControlAck::refused(Code::WrongRoute, "the channel is no route's"));
    };
    let packet = match ControlPacket::parse(data) {
        Ok(packet) => packet,
        Err(error) => return Ok(ControlAck::refused(Code::Malformed, &error.to_string())),
    };
    match packet.body {
        ControlBody::Notice(notice) => hear(storage, &route, notice),
        ControlBody::Settled(query) => {
            let credited = SETTLED.has(storage, (&route, query.n));
            let at = env.block.time.seconds();
            Ok(ControlAck::Answer(Answer::Settled { credited, at }))
        }
        ControlBody::Do(_) => {
            Ok(ControlAck::refused(Code::Unsupported, "the outpost takes no commands"))
        }
    }
}

fn hear(storage: &mut dyn Storage, route: &str, notice: Notice) -> StdResult<ControlAck> {
    let named = order::named(storage, route, &notice.account, notice.seq)?;
    let Some(mut order) = named.filter(|_| notice.status.seq == notice.seq) else {
        return Ok(ControlAck::refused(Code::NotFound, "no such order was bought by this route"));
    };
    let reached = order.observe(notice.status);
    order::advance(storage, &mut order, reached)?;
    Ok(ControlAck::Answer(Answer::Done {}))
}

/// Takes in the answer to a command. Never fails, whatever the bytes.
pub(crate) fn on_ack(deps: DepsMut<'_>, env: &Env, msg: &IbcPacketAckMsg) -> IbcBasicResponse {
    let source = &msg.original_packet.src;
    let data = msg.acknowledgement.data.as_slice();
    let ack = match data.len() {
        0..=limits::CONTROL_BYTES => ControlAck::parse(data).unwrap_or(ControlAck::Internal {}),
        _ => ControlAck::Internal {},
    };
    end(deps, env, (source, msg.original_packet.sequence), ack)
}

/// Takes in that a command was not delivered in time. Never fails.
pub(crate) fn on_timeout(
    deps: DepsMut<'_>,
    env: &Env,
    msg: &IbcPacketTimeoutMsg,
) -> IbcBasicResponse {
    let timed_out = ControlAck::refused(Code::TooLate, "the packet timed out");
    end(deps, env, (&msg.packet.src, msg.packet.sequence), timed_out)
}

fn end(
    deps: DepsMut<'_>,
    env: &Env,
    (source, sequence): (&IbcEndpoint, u64),
    ack: ControlAck,
) -> IbcBasicResponse {
    let key = (source.channel_id.as_str(), sequence);
    match AWAITED.may_load(deps.storage, key) {
        Ok(Some(awaited)) => {
            AWAITED.remove(deps.storage, key);
            answered(deps, env, &awaited, ack).unwrap_or_else(|error| ignored(&error.to_string()))
        }
        Ok(None) => ignored("no such packet is awaited: it was handled before"),
        Err(error) => ignored(&error.to_string()),
    }
}

fn answered(
    deps: DepsMut<'_>,
    env: &Env,
    awaited: &Awaited,
    ack: ControlAck,
) -> Result<IbcBasicResponse, ContractError> {
    let response = IbcBasicResponse::new().add_attribute("action", "control_ack");
    match awaited.purpose {
        Purpose::AcceptBid { seq } => command(deps.storage, seq, ack, OrderState::Leased),
        Purpose::Close { seq } => command(deps.storage, seq, ack, OrderState::Closed),
        Purpose::Manage { seq } => command(deps.storage, seq, ack, OrderState::Open),
        Purpose::Status { seq } => {
            ASKED.remove(deps.storage, seq);
            command(deps.storage, seq, ack, OrderState::Acked)
        }
        Purpose::Reconcile { n } => match ack {
            ControlAck::Answer(answer) => {
                let statement = Statement { n, answer };
                let events = reconcile::hear(deps, env, &awaited.route, &statement)?;
                Ok(response.add_events(events))
            }
            // Neither is a statement about the packet: it can be asked again.
            ControlAck::Refused(_) | ControlAck::Internal {} => {
                if let Some(mut flight) = FLIGHTS.may_load(deps.storage, n)? {
                    flight.asked_until = None;
                    FLIGHTS.save(deps.storage, n, &flight)?;
                }
                Ok(response)
            }
        },
    }
}

/// Takes in the answer to a command about an order; `done` is the state that "done" proves.
fn command(
    storage: &mut dyn Storage,
    seq: u64,
    ack: ControlAck,
    done: OrderState,
) -> Result<IbcBasicResponse, ContractError> {
    let response = IbcBasicResponse::new().add_attribute("action", "control_ack");
    let mut order = order::load(storage, seq)?;
    match ack {
        ControlAck::Answer(answer) => {
            let reached = match answer {
                Answer::Deployment(status) if status.seq == seq => order.observe(status),
                Answer::Done {} => done,
                Answer::Stale { rev } => {
                    // The next command must be above what is in force there.
                    order.rev = order.rev.max(rev.min(limits::JSON_INTEGER));
                    order.state
                }
                Answer::Deployment(_) | Answer::Never { .. } | Answer::Settled { .. } => {
                    order.state
                }
            };
            order.refusal = None;
            order::advance(storage, &mut order, reached)?;
            Ok(response.add_event(event::order(&order)))
        }
        ControlAck::Refused(refusal) => refuse(storage, seq, refusal),
        ControlAck::Internal {} => {
            let detail = "the market failed inside, or its answer cannot be read; try again";
            refuse(storage, seq, Refusal { code: Code::Internal, detail: detail.into() })
        }
    }
}

/// Keeps a refusal for the query `order`, so that its owner learns why nothing happened.
fn refuse(
    storage: &mut dyn Storage,
    seq: u64,
    refusal: Refusal,
) -> Result<IbcBasicResponse, ContractError> {
    let mut order = order::load(storage, seq)?;
    let event = event::command_refused(seq, &refusal);
    // Cut to the length the protocol promises, whatever came.
    if let ControlAck::Refused(refusal) = ControlAck::refused(refusal.code, &refusal.detail) {
        order.refusal = Some(refusal);
    }
    let state = order.state;
    order::settle(storage, &mut order, state)?;
    Ok(IbcBasicResponse::new().add_attribute("action", "control_ack").add_event(event))
}

fn ignored(reason: &str) -> IbcBasicResponse {
    IbcBasicResponse::new().add_event(event::ignored("control_ack", reason))
}
