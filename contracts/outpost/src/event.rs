//! One event per transition. The chain prefixes the types with `wasm-`; they are hints for
//! people and indexers, never a proof.

use cosmwasm_std::{Addr, Event};
use protocol::control::Refusal;

use crate::money::Money;
use crate::msg::responses::FlightKind;
use crate::state::flight::{Cargo, Flight};
use crate::state::order::Order;

/// Bytes of a reason that go into an event: what a chain says can be long.
const REASON_CHARS: usize = 256;

/// A money packet left.
pub(crate) fn sent(flight: &Flight) -> Event {
    packet("outpost_sent", &flight.cargo)
        .add_attribute("channel", &flight.channel)
        .add_attribute("sequence", flight.sequence.to_string())
        .add_attribute("timeout_at", flight.cargo.timeout_at.to_string())
}

/// The chain did not take a transfer; the coin is still here.
pub(crate) fn not_sent(cargo: &Cargo, reason: &str) -> Event {
    packet("outpost_not_sent", cargo).add_attribute("reason", short(reason))
}

/// The coin of a money packet arrived.
pub(crate) fn arrived(cargo: &Cargo) -> Event {
    packet("outpost_arrived", cargo)
}

/// The coin of a money packet came back and was credited.
pub(crate) fn refunded(cargo: &Cargo, reason: &str) -> Event {
    packet("outpost_refunded", cargo)
        .add_attribute("payee", &cargo.payee)
        .add_attribute("reason", short(reason))
}

/// The market said, finally, that it never accepted a money packet.
pub(crate) fn refund_due(cargo: &Cargo) -> Event {
    packet("outpost_refund_due", cargo)
}

/// The contract's owner will have a money packet refunded without the market's word.
pub(crate) fn announced(cargo: &Cargo, from: u64) -> Event {
    packet("outpost_refund_announced", cargo).add_attribute("from", from.to_string())
}

/// An order came to another state.
pub(crate) fn order(order: &Order) -> Event {
    Event::new("outpost_order")
        .add_attribute("seq", order.seq.to_string())
        .add_attribute("owner", &order.owner)
        .add_attribute("state", format!("{:?}", order.state))
}

/// The market refused a command.
pub(crate) fn command_refused(seq: u64, refusal: &Refusal) -> Event {
    Event::new("outpost_command_refused")
        .add_attribute("seq", seq.to_string())
        .add_attribute("code", refusal.code.as_str())
        .add_attribute("detail", short(&refusal.detail))
}

/// A coin came home.
pub(crate) fn settled(route: &str, account: &str, money: &Money) -> Event {
    Event::new("outpost_settled")
        .add_attribute("route", route)
        .add_attribute("account", account)
        .add_attribute("denom", &money.denom)
        .add_attribute("amount", money.amount)
}

/// A route was proved for a denom.
pub(crate) fn proved(route: &str, denom: &str) -> Event {
    Event::new("outpost_proved").add_attribute("route", route).add_attribute("denom", denom)
}

/// A credit was paid.
pub(crate) fn claimed(owner: &Addr, payee: &Addr, money: &Money) -> Event {
    Event::new("outpost_claimed")
        .add_attribute("owner", owner)
        .add_attribute("payee", payee)
        .add_attribute("denom", &money.denom)
        .add_attribute("amount", money.amount)
}

/// A callback came that changes nothing: it was handled before, or is none of ours.
pub(crate) fn ignored(what: &str, reason: &str) -> Event {
    Event::new("outpost_ignored").add_attribute("what", what).add_attribute("reason", short(reason))
}

fn packet(kind: &str, cargo: &Cargo) -> Event {
    let what = match cargo.kind {
        FlightKind::Open => "open",
        FlightKind::TopUp => "top_up",
        FlightKind::Command => "command",
        FlightKind::Probe => "probe",
    };
    let event = Event::new(kind)
        .add_attribute("n", cargo.n.to_string())
        .add_attribute("kind", what)
        .add_attribute("route", &cargo.route)
        .add_attribute("owner", &cargo.owner)
        .add_attribute("denom", &cargo.money.denom)
        .add_attribute("amount", cargo.money.amount);
    match cargo.seq {
        Some(seq) => event.add_attribute("seq", seq.to_string()),
        None => event,
    }
}

fn short(text: &str) -> String {
    text.chars().take(REASON_CHARS).collect()
}
