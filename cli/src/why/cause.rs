//! Which of the places where a purchase can be the facts show.

use outpost::msg::responses::OrderState;
use protocol::Code;
use protocol::control::{DeploymentState, GroupState};
use serde::Serialize;

use super::facts::{Facts, Packet, Reception, Way};

/// An active client, as ibc-go words it.
const ACTIVE: &str = "Active";

/// Why a purchase is where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The outpost's chain did not take the transfer.
    Unsent,
    /// The outpost's chain never took the transfer, and the purchase was given up.
    Cancelled,
    /// The outpost knows no packet of it any more, and its chain's node no transaction.
    Unknown,
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

impl Cause {
    pub(super) fn of(facts: &Facts) -> Self {
        if let Some(status) = &facts.deployment {
            let serves = |state| matches!(state, GroupState::Active | GroupState::Reclaiming);
            return match status.state {
                DeploymentState::Closed => Self::Closed,
                DeploymentState::Open => {
                    Self::Accepted { leased: status.groups.iter().any(|group| serves(group.state)) }
                }
            };
        }
        match (facts.state, &facts.packet) {
            (OrderState::Unsent, _) => Self::Unsent,
            (OrderState::RefundDue, _) => Self::RefundDue,
            (_, Some(packet)) => Self::in_packet(facts, packet),
            (OrderState::Refunded, None) if facts.cancelled => Self::Cancelled,
            (OrderState::Closed, None) => Self::Closed,
            (_, None) => Self::Unknown,
        }
    }

    /// The market knows nothing of the purchase: the packet tells why.
    fn in_packet(facts: &Facts, packet: &Packet) -> Self {
        let settled = matches!(facts.state, OrderState::Refunded | OrderState::Closed);
        let is_late = facts.now >= packet.timeout_at;
        match &packet.reception {
            Reception::Seen(received) => match &received.refusal {
                Some(reason) => Self::Refused { code: Code::find(reason), reason: reason.clone() },
                None if facts.state == OrderState::Refunded => Self::RefusedUnknown,
                None => Self::ArrivedOnly,
            },
            Reception::Unseen if facts.state == OrderState::Refunded => Self::RefusedUnknown,
            Reception::Unseen if !packet.committed => Self::ArrivedOnly,
            Reception::Unseen if !facts.way.brings_answers() => Self::Client,
            Reception::Unseen => Self::AnswerNotCarried,
            Reception::NotYet if settled => Self::TimedOut,
            Reception::NotYet if !packet.committed => Self::CallbackLost,
            Reception::NotYet if !facts.way.is_active() => Self::Client,
            Reception::NotYet if is_late => Self::TimedOut,
            Reception::NotYet => Self::NotCarried,
        }
    }

    /// Whether the fate of the coin is decided on the market's chain, or by the packet's end.
    pub(super) const fn is_decided(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::RefusedUnknown
            | Self::TimedOut
            | Self::CallbackLost
            | Self::Accepted { .. }
            | Self::Closed
            | Self::ArrivedOnly => true,
            Self::Unsent
            | Self::Cancelled
            | Self::Unknown
            | Self::NotCarried
            | Self::AnswerNotCarried
            | Self::Client
            | Self::RefundDue => false,
        }
    }
}

impl Way {
    fn is_active(&self) -> bool {
        self.client_on_market_status == ACTIVE && self.brings_answers()
    }

    /// Whether acknowledgements and timeouts can be proved to the outpost's chain.
    pub(super) fn brings_answers(&self) -> bool {
        self.client_on_outpost_status == ACTIVE
    }
}
