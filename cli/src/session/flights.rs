//! Money packets under way.

use outpost::msg::QueryMsg;
use outpost::msg::responses::{FlightResponse, InFlightResponse, OrderResponse};
use protocol::ics20::TRANSFER_PORT;

use super::{Books, Contract, route};
use crate::figures;

impl Contract {
    /// The outpost's money packets about an order whose outcome it does not know yet.
    ///
    /// # Errors
    /// What the outpost says.
    pub async fn flights(&self, seq: u64) -> anyhow::Result<Vec<FlightResponse>> {
        let mut flights = Vec::new();
        let mut start_after = None;
        loop {
            let ask = QueryMsg::InFlight { start_after, limit: Some(100) };
            let page: InFlightResponse = self.ask(&ask).await?;
            let Some(last) = page.packets.last() else { return Ok(flights) };
            start_after = Some(last.n);
            flights.extend(page.packets.into_iter().filter(|flight| flight.seq == Some(seq)));
        }
    }
}

/// What an order that is on its way waits for.
enum Wait {
    /// A relayer, and nobody else.
    Answer,
    /// The question that a plain route always takes: its chain tells the outpost nothing.
    Question,
    /// Repair: the answer is on the chain and the outpost did not take it in.
    Repair {
        /// From when on, in seconds since 1970.
        from: u64,
    },
}

impl Wait {
    fn words(&self, seq: u64) -> String {
        match self {
            Self::Answer => format!(
                "it takes money and commands once its answer is home; try again when `entrepot orders` says \
                 `arrived`, `entrepot why {seq}` says what it waits for"
            ),
            Self::Question => format!(
                "the route is plain, so the outpost takes money and commands for it once it has asked the market: \
                 `entrepot reconcile {seq}`, then try again"
            ),
            Self::Repair { from } => format!(
                "its answer is back and the outpost did not take it in; anyone may have that repaired from {} on: \
                 `entrepot reconcile {seq}`, then try again",
                figures::moment(*from)
            ),
        }
    }
}

impl Books {
    /// What an order that is on its way waits for, and who ends that.
    ///
    /// # Errors
    /// What the outpost or its node says.
    pub(super) async fn wait(&self, order: &OrderResponse) -> anyhow::Result<String> {
        let flights = self.outpost.flights(order.seq).await?;
        let opening = flights.into_iter().find(|flight| flight.n == order.n);
        let wait = match opening {
            Some(_) if self.is_deaf(order).await? => Wait::Question,
            Some(flight) if self.is_answered(&flight).await? => {
                Wait::Repair { from: flight.timeout_at }
            }
            None | Some(_) => Wait::Answer,
        };
        Ok(wait.words(order.seq))
    }

    async fn is_deaf(&self, order: &OrderResponse) -> anyhow::Result<bool> {
        Ok(route(&self.outpost, &order.route).await?.style.leaves_outpost_deaf())
    }

    /// Whether the chain has had a packet's acknowledgement or timeout.
    async fn is_answered(&self, flight: &FlightResponse) -> anyhow::Result<bool> {
        let FlightResponse { channel, sequence, .. } = flight;
        let waited = self.outpost.chain.packet_commitments(TRANSFER_PORT, channel).await?;
        Ok(!waited.contains(sequence))
    }
}
