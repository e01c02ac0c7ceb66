//! The probe: a coin goes to the market and comes back, and that opens the route for purchases.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use cosmos::chain::ChainError;
use market::msg::AcceptedResponse;
use outpost::msg::responses::{ClaimableResponse, FlightKind, FlightResponse, InFlightResponse};
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::ics20::TRANSFER_PORT;
use tokio::time::{Instant, sleep};

use super::{Carrier, Channels, Deployment, Sites, State};
use crate::ferry::Running;
use crate::why;

/// How often the outpost is asked.
pub(super) const POLL: Duration = Duration::from_millis(500);
/// What the outpost says to who asks again too soon, or once the answer is there. Source:
/// `contracts/outpost/src/error.rs`.
const ASKED: [&str; 2] = ["was asked already", "is unresolved"];

impl Deployment<'_> {
    pub(super) async fn proved(&self, state: &State) -> anyhow::Result<Option<String>> {
        let route = self.outpost_route_info(state).await?;
        let denom = &self.spec.route.denom;
        let is_proved = route.is_some_and(|route| route.proved.contains(denom));
        Ok(is_proved.then(|| format!("proved for `{denom}`")))
    }

    pub(super) async fn probe(&self, state: &State) -> anyhow::Result<String> {
        let mut child = self.carry().await?;
        let proved = self.prove(state, child.as_mut()).await;
        if let Some(child) = child {
            if proved.is_ok() && self.is_deaf() {
                self.wait_until_home(state).await?;
            }
            child.stop().await?;
        }
        let proved = proved?;
        self.claim_probe(state).await?;
        Ok(proved)
    }

    /// Has the probe go and come back. It leaves only once refusals were seen to come back, because it opens the route.
    async fn prove(
        &self,
        state: &State,
        mut child: Option<&mut Running>,
    ) -> anyhow::Result<String> {
        let flight = match self.probe_in_flight(state).await? {
            Some(flight) => flight,
            None => {
                Box::pin(self.see_refusals(state, child.as_deref_mut())).await?;
                self.send_probe(state).await?
            }
        };
        self.wait_until_proved(state, &flight, child).await
    }

    /// Starts the ferry that carries the probe, if it is ours to start. One that runs in its home carries it as well: it may
    /// be that of a run that was killed.
    async fn carry(&self) -> anyhow::Result<Option<Running>> {
        match (self.carrier, self.channels) {
            (Carrier::External, _) => Ok(None),
            (Carrier::Child { log }, Channels::Ferry(ferry)) => {
                if ferry.is_running().await? {
                    Ok(None)
                } else {
                    ferry.start(log).map(Some)
                }
            }
            (Carrier::Child { .. }, Channels::Existing { .. }) => {
                bail!("the configuration names no ferry to start; start your relayer yourself")
            }
        }
    }

    async fn send_probe(&self, state: &State) -> anyhow::Result<FlightResponse> {
        let spec = &self.spec.route;
        let site = &self.sites.outpost;
        let probe = ExecuteMsg::ProbeRoute { route: spec.name.clone(), timeout_seconds: None };
        let funds = [(spec.probe_amount.u128(), spec.denom.as_str())];
        let outcome =
            site.chain.execute(&site.key, state.outpost.address()?, &probe, &funds).await?;
        if let Some(reason) = outcome.attribute("wasm-outpost_not_sent", "reason") {
            bail!("the chain did not take the transfer: {reason}");
        }
        let flight = self.probe_in_flight(state).await?;
        flight.context("the probe left and is not listed in flight")
    }

    async fn probe_in_flight(&self, state: &State) -> anyhow::Result<Option<FlightResponse>> {
        let mut start_after = None;
        loop {
            let ask = QueryMsg::InFlight { start_after, limit: None };
            let page: InFlightResponse = self.ask_outpost(state, &ask).await?;
            let Some(last) = page.packets.last() else { return Ok(None) };
            start_after = Some(last.n);
            let found = page.packets.into_iter().find(|flight| {
                flight.kind == FlightKind::Probe
                    && flight.route == self.spec.route.name
                    && flight.coin.denom == self.spec.route.denom
            });
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    async fn wait_until_proved(
        &self,
        state: &State,
        flight: &FlightResponse,
        mut child: Option<&mut Running>,
    ) -> anyhow::Result<String> {
        let seconds = self.spec.route.wait_seconds;
        let deadline = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < deadline {
            if let Some(proved) = self.proved(state).await? {
                return Ok(proved);
            }
            if let Some(child) = child.as_deref_mut() {
                child.check()?;
            }
            if let Some(refusal) = self.refusal(state, flight).await? {
                bail!("the probe came back: {refusal}");
            }
            if self.is_deaf() {
                self.ask_market(state).await?;
            }
            sleep(POLL).await;
        }
        bail!("not proved after {seconds} s: {}", self.waits_for(state, flight).await?)
    }

    /// Where a probe is that does not come home, and what to do.
    async fn waits_for(&self, state: &State, flight: &FlightResponse) -> anyhow::Result<String> {
        let Sites { market, outpost } = self.sites;
        let (a, b, ends) = (market.chain_id(), outpost.chain_id(), state.transfer()?);
        let carry = "check that a relayer serves that channel, then run this again";
        let style = format!(
            "a chain lacks what `route.style = \"{}\"` needs; deploy anew with a style that both have and another \
             --state FILE",
            self.spec.route.style
        );
        if !self.is_accepted(state, flight.n).await? {
            let (channel, packet) = (&flight.channel, flight.sequence);
            let to = &market.chain;
            let waiting = to.unreceived_packets(TRANSFER_PORT, &ends.market, &[packet]).await?;
            if !waiting.is_empty() {
                return Ok(format!(
                    "packet {packet} on `{channel}` waits to be carried to `{a}`: {carry}"
                ));
            }
            let received = why::received(to, &ends.market, packet).await.ok().flatten();
            return Ok(match received.and_then(|received| received.refusal) {
                Some(reason) => {
                    format!("`{b}` did not tell its outpost that it is refused ({reason}): {style}")
                }
                None => format!("`{a}` has packet {packet} and did not tell its market: {style}"),
            });
        }
        if self.is_deaf() {
            let control = self.control_ends(state).await?.map(|ends| ends.outpost);
            let control = control.unwrap_or_default();
            return Ok(format!("the market has it, and its answer waits on `{control}`: {carry}"));
        }
        let homeward = market.chain.packet_commitments(TRANSFER_PORT, &ends.market).await?;
        Ok(if homeward.is_empty() {
            format!("its coin is back on `{b}`, which did not tell its outpost: {style}")
        } else {
            format!("its coin waits on `{}` of `{a}` to be carried home: {carry}", ends.market)
        })
    }

    /// Why the probe's coin came back without a word of the market, if it did.
    async fn refusal(
        &self,
        state: &State,
        flight: &FlightResponse,
    ) -> anyhow::Result<Option<String>> {
        let waits = self.probe_in_flight(state).await?.is_some();
        if (waits && !self.is_deaf()) || self.is_accepted(state, flight.n).await? {
            return Ok(None);
        }
        let (chain, route) = (&self.sites.market.chain, &state.transfer()?.market);
        let received = why::received(chain, route, flight.sequence).await?;
        let reason = received.and_then(|received| received.refusal);
        let unknown = || (!waits).then(|| "it timed out, or no event says why".to_owned());
        Ok(reason.or_else(unknown))
    }

    /// Whether the market has accepted a packet of the outpost.
    async fn is_accepted(&self, state: &State, n: u64) -> anyhow::Result<bool> {
        let route = state.transfer()?.market.clone();
        let sender = state.outpost.address()?.into();
        let ask = market::msg::QueryMsg::Accepted { route, sender, n };
        let chain = &self.sites.market.chain;
        let answer: AcceptedResponse = chain.query_smart(state.market.address()?, &ask).await?;
        Ok(answer.accepted)
    }

    /// Whether the outpost's chain tells it of no transfer.
    fn is_deaf(&self) -> bool {
        self.spec.route.style().leaves_outpost_deaf()
    }

    /// Has the outpost ask the market about the probe over the control channel, once the answer is
    /// final: accepted, or too late to be.
    async fn ask_market(&self, state: &State) -> anyhow::Result<()> {
        let Some(flight) = self.probe_in_flight(state).await? else { return Ok(()) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock")?.as_secs();
        if now < flight.timeout_at && !self.is_accepted(state, flight.n).await? {
            return Ok(());
        }
        let site = &self.sites.outpost;
        let ask = ExecuteMsg::Reconcile { n: flight.n };
        match site.chain.execute(&site.key, state.outpost.address()?, &ask, &[]).await {
            // Its answer is under way, or came in between.
            Err(ChainError::WouldFail { log, .. })
                if ASKED.iter().any(|said| log.contains(said)) =>
            {
                Ok(())
            }
            asked => Ok(asked.map(drop)?),
        }
    }

    /// Waits for the coin to leave the market's chain for good. On a plain route it is not needed for the
    /// proof, but the ferry of this deployment would stop before it has carried it.
    async fn wait_until_home(&self, state: &State) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(self.spec.route.wait_seconds);
        let (chain, channel) = (&self.sites.market.chain, &state.transfer()?.market);
        while Instant::now() < deadline
            && !chain.packet_commitments(TRANSFER_PORT, channel).await?.is_empty()
        {
            sleep(POLL).await;
        }
        Ok(())
    }

    /// Takes the coin back that the market returned.
    async fn claim_probe(&self, state: &State) -> anyhow::Result<()> {
        let site = &self.sites.outpost;
        let owner = site.address.clone();
        let ask = QueryMsg::Claimable { owner: owner.clone(), start_after: None, limit: None };
        let credits: ClaimableResponse = self.ask_outpost(state, &ask).await?;
        let denom = &self.spec.route.denom;
        if credits.claimable.iter().any(|credit| credit.denom == *denom) {
            let claim = ExecuteMsg::Claim { owner, denom: denom.clone() };
            site.chain.execute(&site.key, state.outpost.address()?, &claim, &[]).await?;
        }
        Ok(())
    }

    async fn ask_outpost<T: serde::de::DeserializeOwned>(
        &self,
        state: &State,
        ask: &QueryMsg,
    ) -> anyhow::Result<T> {
        Ok(self.sites.outpost.chain.query_smart(state.outpost.address()?, ask).await?)
    }
}
