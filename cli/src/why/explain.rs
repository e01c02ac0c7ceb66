//! What the facts mean, in plain words, and what to change.

use std::fmt;

use outpost::msg::responses::OrderState;
use protocol::Code;
use protocol::control::{DeploymentState, GroupState};
use serde::Serialize;

use super::facts::{Facts, Packet, Reception, Way};
use super::refusal::{meaning, remedy};
use crate::figures;

/// An active client, as ibc-go words it.
const ACTIVE: &str = "Active";

/// Why a purchase is where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The outpost's chain did not take the transfer.
    Unsent,
    /// The market refused it.
    Refused {
        /// The stable reason, if the text begins with one.
        code: Option<Code>,
        /// The market's words.
        reason: String,
    },
    /// The market's chain reverted it and the reason is not to be had.
    RefusedUnknown,
    /// No relayer has brought it to the market's chain yet.
    NotCarried,
    /// It was not received in time.
    TimedOut,
    /// No relayer has brought the answer back yet.
    AnswerNotCarried,
    /// The outpost was called back and did not take the outcome in.
    CallbackLost,
    /// A client is not active, so that nothing can be proved.
    Client,
    /// It was accepted, and this is how it stands.
    Accepted {
        /// Whether a provider serves any of it.
        leased: bool,
    },
    /// It was accepted and is over.
    Closed,
    /// The coin arrived and the market knows nothing of the purchase.
    ArrivedOnly,
    /// The coin is due to come back, and is not back yet.
    RefundDue,
}

/// What is the matter and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The cause.
    pub cause: Cause,
    /// What happened, in a sentence.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.what, self.advice)
    }
}

/// Explains the facts.
#[must_use]
pub fn explain(facts: &Facts) -> Explanation {
    let cause = cause(facts);
    Explanation { what: what(&cause, facts), advice: advice(&cause, facts), cause }
}

fn cause(facts: &Facts) -> Cause {
    if let Some(status) = &facts.deployment {
        let serves = |state| matches!(state, GroupState::Active | GroupState::Reclaiming);
        return match status.state {
            DeploymentState::Closed => Cause::Closed,
            DeploymentState::Open => {
                Cause::Accepted { leased: status.groups.iter().any(|group| serves(group.state)) }
            }
        };
    }
    match (facts.state, &facts.packet) {
        (OrderState::Unsent, _) | (_, None) => Cause::Unsent,
        (OrderState::RefundDue, _) => Cause::RefundDue,
        (_, Some(packet)) => cause_in_packet(facts, packet),
    }
}

/// The market knows nothing of the purchase: the packet tells why.
fn cause_in_packet(facts: &Facts, packet: &Packet) -> Cause {
    let settled = matches!(facts.state, OrderState::Refunded | OrderState::Closed);
    let is_late = facts.now >= packet.timeout_at;
    match &packet.reception {
        Reception::Seen(received) => match &received.refusal {
            Some(reason) => Cause::Refused { code: Code::find(reason), reason: reason.clone() },
            None if facts.state == OrderState::Refunded => Cause::RefusedUnknown,
            None => Cause::ArrivedOnly,
        },
        Reception::Unseen if facts.state == OrderState::Refunded => Cause::RefusedUnknown,
        Reception::Unseen if packet.committed => Cause::AnswerNotCarried,
        Reception::Unseen => Cause::ArrivedOnly,
        Reception::NotYet if settled => Cause::TimedOut,
        Reception::NotYet if !packet.committed => Cause::CallbackLost,
        Reception::NotYet if !facts.way.is_active() => Cause::Client,
        Reception::NotYet if is_late => Cause::TimedOut,
        Reception::NotYet => Cause::NotCarried,
    }
}

fn what(cause: &Cause, facts: &Facts) -> String {
    let purchase = format!("purchase {} ({} {})", facts.seq, facts.coin.amount, facts.coin.denom);
    match cause {
        Cause::Unsent => format!(
            "{purchase} has not left: the outpost's chain did not take the transfer, and the outpost holds the coin"
        ),
        Cause::Refused { code: Some(code), reason } => {
            format!(
                "{purchase} was refused by the market: {}\nthe market's words: {reason}",
                meaning(*code)
            )
        }
        Cause::Refused { code: None, reason } if is_out_of_gas(reason) => {
            format!(
                "{purchase} was refused: the market's callback ran out of gas\nthe chain's words: {reason}"
            )
        }
        Cause::Refused { code: None, reason } => {
            format!("{purchase} was refused by the market's chain\nthe chain's words: {reason}")
        }
        Cause::RefusedUnknown => format!(
            "{purchase} was refused, and the node of the market's chain has no event that says why"
        ),
        Cause::NotCarried => format!(
            "{purchase} is under way: {} is not received on the market's chain",
            facts.packet_name()
        ),
        Cause::TimedOut => {
            format!("{purchase} was not received in time: {} timed out", facts.packet_name())
        }
        Cause::AnswerNotCarried => format!(
            "{purchase} was received on the market's chain, and the answer to {} is not back",
            facts.packet_name()
        ),
        Cause::CallbackLost => format!(
            "the outcome of {} reached the outpost's chain, but the outpost did not take it in",
            facts.packet_name()
        ),
        Cause::Client => format!("{purchase} cannot move: {}", facts.way.clients()),
        Cause::Accepted { leased: true } => {
            format!("{purchase} was accepted, and a provider serves it")
        }
        Cause::Accepted { leased: false } => {
            format!("{purchase} was accepted; no provider serves it yet")
        }
        Cause::Closed => format!("{purchase} was accepted and is closed"),
        Cause::ArrivedOnly => format!(
            "the coin of {purchase} arrived on the market's chain, but the market knows no such deployment"
        ),
        Cause::RefundDue => format!(
            "the market never accepted {purchase}; its coin is due, but not back on the outpost's chain"
        ),
    }
}

fn advice(cause: &Cause, facts: &Facts) -> String {
    match unheard(cause, facts) {
        Some(step) => format!("{}; {step}", cure(cause, facts)),
        None => cure(cause, facts),
    }
}

/// What to do besides on a plain route, whose chain tells the outpost of no transfer.
fn unheard(cause: &Cause, facts: &Facts) -> Option<String> {
    if !facts.way.style.leaves_outpost_deaf() {
        return None;
    }
    let (seq, packet) = (facts.seq, facts.packet.as_ref());
    match (cause, facts.state) {
        (Cause::Accepted { .. }, OrderState::InFlight) => Some(format!(
            "the route is plain, so the outpost has not heard of it: `entrepot reconcile {seq}`"
        )),
        (
            Cause::Refused { .. }
            | Cause::RefusedUnknown
            | Cause::TimedOut
            | Cause::CallbackLost
            | Cause::ArrivedOnly,
            OrderState::InFlight,
        ) => {
            let from = packet.map_or_else(String::new, |packet| figures::moment(packet.timeout_at));
            Some(format!(
                "the route is plain, so the outpost does not hear of it: `entrepot reconcile \
                 {seq}` asks the market, and from {from} on it has the coin credited"
            ))
        }
        _ => None,
    }
}

fn cure(cause: &Cause, facts: &Facts) -> String {
    let is_plain = facts.way.style.leaves_outpost_deaf();
    let command = facts.command_refusal.as_ref().map(|refusal| {
        format!("the last command was refused: {} ({})", meaning(refusal.code), refusal.detail)
    });
    let text = match cause {
        Cause::Unsent => {
            "anyone may send it again (`entrepot send`) until its `send_by`; the owner may give it up at once (`entrepot cancel`), and then the coin is claimable"
        }
        Cause::Refused { code: Some(code), .. } => remedy(*code),
        Cause::Refused { code: None, reason } if is_out_of_gas(reason) => {
            "order fewer groups in one purchase, or deploy routes that grant more gas (`destination_gas`), up to the chain's cap"
        }
        Cause::Refused { code: None, .. } | Cause::RefusedUnknown => {
            "ask the market's `check` query with the same order: it says whether it would be accepted now, and why not"
        }
        Cause::NotCarried => {
            "see that a relayer serves the channel (`ferry status`, `ferry packets`); if none does before its timeout, the coin comes back"
        }
        Cause::TimedOut if facts.state == OrderState::Refunded => {
            "the coin was credited: `entrepot claim` pays it; buy again with a longer `timeout_seconds` once a relayer runs"
        }
        Cause::TimedOut => {
            "nothing is lost: any relayer can now prove the timeout, and the coin comes back (`ferry start`)"
        }
        Cause::AnswerNotCarried => {
            "see that a relayer serves the channel: until the answer is back the outpost cannot know"
        }
        Cause::CallbackLost => {
            "anyone may have it repaired after the packet's timeout: `entrepot reconcile` with the order's number"
        }
        Cause::Client => {
            "a client that expired or was frozen needs a governance proposal that recovers it; the coin stays where it is until then"
        }
        Cause::Accepted { .. } => command.as_deref().unwrap_or("nothing needs to be done"),
        Cause::Closed if is_plain => {
            "what was unspent goes home past the outpost, to the owner's own account"
        }
        Cause::Closed => "what was unspent comes home to the outpost; `entrepot claim` pays it",
        Cause::ArrivedOnly => {
            "if the market never accepted it, `entrepot reconcile` after the packet's timeout decides"
        }
        Cause::RefundDue => {
            "it is credited when the relayer brings the timeout or the refusal (`ferry start`), then `entrepot reconcile` again"
        }
    };
    text.to_owned()
}

impl Facts {
    fn packet_name(&self) -> String {
        self.packet.as_ref().map_or_else(
            || "its packet".into(),
            |packet| format!("packet {} on `{}`", packet.sequence, packet.channel),
        )
    }
}

impl Way {
    fn is_active(&self) -> bool {
        self.client_on_market_status == ACTIVE && self.client_on_outpost_status == ACTIVE
    }

    fn clients(&self) -> String {
        format!(
            "client `{}` on the market's chain is {}, client `{}` on the outpost's chain is {}",
            self.client_on_market,
            self.client_on_market_status,
            self.client_on_outpost,
            self.client_on_outpost_status
        )
    }
}

fn is_out_of_gas(reason: &str) -> bool {
    reason.contains("out of gas")
}
