//! What was sent to a chain.

use std::fmt;

use anyhow::bail;
use cosmos::chain::TxOutcome;
use serde::Serialize;

pub(super) use crate::coin::Coin as CoinArg;

/// A transaction that is in a block, and what happens next.
#[derive(Debug, Serialize)]
pub(super) struct Sent {
    /// The order that was made by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<u64>,
    /// The proposal that was made by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<u64>,
    /// What was voted on; people are shown it before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explanation: Vec<String>,
    /// False if the chain did not take the transfer.
    sent: bool,
    done: String,
    transaction: String,
    height: u64,
    gas_used: u64,
    next: String,
}

impl Sent {
    pub(super) fn new(
        outcome: &TxOutcome,
        done: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            order: None,
            proposal: None,
            explanation: Vec::new(),
            sent: not_sent(outcome).is_none(),
            done: done.into(),
            transaction: outcome.hash.clone(),
            height: outcome.height,
            gas_used: outcome.gas_used,
            next: next.into(),
        }
    }

    pub(super) fn with_order(self, seq: u64) -> Self {
        Self { order: Some(seq), ..self }
    }

    pub(super) fn with_proposal(self, number: u64) -> Self {
        Self { proposal: Some(number), ..self }
    }

    pub(super) fn with_explanation(self, explanation: Vec<String>) -> Self {
        Self { explanation, ..self }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.done)?;
        writeln!(f, "transaction {} in block {}", self.transaction, self.height)?;
        writeln!(f, "next: {}", self.next)
    }
}

/// Why the chain did not take the transfer of a transaction that succeeded all the same; none if it took it. The outpost
/// keeps a purchase then, and credits anything else to who paid.
pub(super) fn not_sent(outcome: &TxOutcome) -> Option<&str> {
    outcome.attribute("wasm-outpost_not_sent", "reason")
}

/// Refuses to call sent what was credited instead.
pub(super) fn require_sent(outcome: &TxOutcome) -> anyhow::Result<()> {
    match not_sent(outcome) {
        None => Ok(()),
        Some(reason) => bail!(
            "the chain did not take it, nothing was sent ({reason}): the coin is credited to who paid, `entrepot claim` \
             pays it out; try again when the way is open (transaction {})",
            outcome.hash
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_chain_did_not_take_is_not_called_sent() {
        let outcome = |kind: &str| {
            let attribute = serde_json::json!({ "key": "reason", "value": "client is expired" });
            let event = serde_json::json!({ "type": kind, "attributes": [attribute] });
            TxOutcome {
                hash: "00".into(),
                height: 1,
                gas_used: 1,
                gas_wanted: 1,
                fee: 1,
                events: vec![serde_json::from_value(event).unwrap()],
                data: Vec::new(),
            }
        };
        require_sent(&outcome("wasm-outpost_sent")).unwrap();
        let kept = outcome("wasm-outpost_not_sent");
        let error = require_sent(&kept).unwrap_err().to_string();
        assert!(error.contains("nothing was sent (client is expired)"), "{error}");
        let json = serde_json::to_value(Sent::new(&kept, "", "")).unwrap();
        assert_eq!(json["sent"], false);
    }
}
