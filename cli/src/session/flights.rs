//! Money packets under way.

use outpost::msg::QueryMsg;
use outpost::msg::responses::{FlightResponse, InFlightResponse};

use super::Contract;

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
