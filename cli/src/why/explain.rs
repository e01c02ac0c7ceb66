//! What the facts mean, in plain words, and what to change.

use std::fmt;

use outpost::msg::responses::OrderState;
use serde::Serialize;

use super::cause::Cause;
use super::facts::{Facts, Way};
use super::refusal::{meaning, remedy};
use crate::figures;

/// What ends the death of a client.
const CLIENT_CURE: &str = "a client that expired or was frozen needs a governance proposal that recovers it; the coin stays where it is until then";

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
    let cause = Cause::of(facts);
    Explanation { what: what(&cause, facts), advice: advice(&cause, facts), cause }
}

fn what(cause: &Cause, facts: &Facts) -> String {
    let purchase = format!("purchase {} ({} {})", facts.seq, facts.coin.amount, facts.coin.denom);
    match cause {
        Cause::Unsent => format!(
            "{purchase} has not left: the outpost's chain did not take the transfer, and the outpost holds the coin"
        ),
        Cause::Cancelled => format!(
            "{purchase} was given up before it left: the outpost's chain never took the transfer"
        ),
        Cause::Unknown => format!(
            "{purchase} is {}, and the node of the outpost's chain has no transaction that says how it left",
            figures::order_state(facts.state)
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
    match (cause, unheard(cause, facts)) {
        (Cause::Accepted { .. } | Cause::CallbackLost, Some(step)) => step,
        (_, Some(step)) => format!("{}; {step}", cure(cause, facts)),
        (_, None) => cure(cause, facts),
    }
}

/// What to do besides when the purchase's fate is decided and the outpost has not heard of it. It takes no commands
/// for the order until it has, and credits no coin that is back.
fn unheard(cause: &Cause, facts: &Facts) -> Option<String> {
    let packet = facts.packet.as_ref()?;
    if facts.state != OrderState::InFlight || !cause.is_decided() {
        return None;
    }
    let (seq, from) = (facts.seq, figures::moment(packet.timeout_at));
    let is_accepted = matches!(cause, Cause::Accepted { .. } | Cause::Closed);
    let step = if facts.way.style.leaves_outpost_deaf() && is_accepted {
        format!(
            "the route is plain, so the outpost has not heard of it: `entrepot reconcile {seq}`"
        )
    } else if facts.way.style.leaves_outpost_deaf() {
        format!(
            "the route is plain, so the outpost does not hear of it: `entrepot reconcile {seq}` asks the market, and \
             from {from} on it has the coin credited"
        )
    } else if !packet.committed {
        format!(
            "the outpost did not take the answer in: anyone may have that repaired from {from} on, `entrepot \
             reconcile {seq}`; until then it takes nothing for the order"
        )
    } else if *cause == Cause::TimedOut {
        return None;
    } else if facts.way.brings_answers() {
        "the answer is not back: see that a relayer serves the channel (`ferry status`)".into()
    } else {
        format!("the answer cannot come back: {}; {CLIENT_CURE}", facts.way.clients())
    };
    Some(step)
}

fn cure(cause: &Cause, facts: &Facts) -> String {
    let is_plain = facts.way.style.leaves_outpost_deaf();
    let command = facts.command_refusal.as_ref().map(|refusal| {
        format!("the last command was refused: {} ({})", meaning(refusal.code), refusal.detail)
    });
    let text = match cause {
        Cause::Unsent => return unsent(facts),
        Cause::Cancelled => "the coin was credited: `entrepot claim` pays it",
        Cause::Unknown if facts.state == OrderState::Refunded => {
            "the coin was credited: `entrepot claim` pays it; why it came back a node can say that keeps its transactions"
        }
        Cause::Unknown => "ask a node that keeps its transactions",
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
        Cause::Client => CLIENT_CURE,
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

/// What to do with a coin that did not leave.
fn unsent(facts: &Facts) -> String {
    let seq = facts.seq;
    let back = format!("`entrepot cancel {seq}`, and then the coin is claimable");
    match facts.send_by {
        Some(by) if facts.now >= by => {
            format!("it can be sent no more; anyone may give it up: {back}")
        }
        Some(by) => format!(
            "anyone may send it until {} (`entrepot send {seq}`); its owner may give it up at once, and then anyone: \
             {back}",
            figures::moment(by)
        ),
        None => format!(
            "anyone may send it again (`entrepot send {seq}`), its owner give it up: {back}"
        ),
    }
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
