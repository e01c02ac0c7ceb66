//! The outpost's owner with every power it has. Nothing of it may cost anybody a unit.

use cosmwasm_std::coin;
use outpost::msg::responses::FlightResponse;
use outpost::msg::{ConfigChanges, ExecuteMsg as Outpost};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use protocol::ics20::{TransferOutcome, outcome};
use protocol::ownership::OwnershipAction;
use simnet::world::orders::{purchase, web_server};
use simnet::world::{OUTPOST_CHAIN, ROUTE, USDX};
use simnet::{CallbackKind, PacketId, Result, TRANSFER_PORT};

use super::owner_of;
use crate::act::{Choice, Pick};
use crate::machine::{KEEPER, Machine};
use crate::mischief::must_relay;

const DAY_SECONDS: u64 = 86_400;

/// A power of the outpost's owner.
#[derive(Debug, Clone)]
pub(crate) enum Keeping {
    Probe,
    AddRoute,
    Config {
        minutes: u64,
    },
    HandOver,
    /// A refund of which the outpost never hears is given out without the market's word.
    Refund {
        owner: Pick,
    },
}

pub(super) fn keeping() -> impl Strategy<Value = Keeping> {
    prop_oneof![
        2 => Just(Keeping::Probe),
        1 => Just(Keeping::AddRoute),
        2 => (10_u64..120).prop_map(|minutes| Keeping::Config { minutes }),
        1 => Just(Keeping::HandOver),
        1 => any::<Pick>().prop_map(|owner| Keeping::Refund { owner }),
    ]
}

impl Machine {
    pub(super) fn keep(&mut self, keeping: &Keeping) -> Result<()> {
        match keeping {
            Keeping::Probe => {
                let probe = Outpost::ProbeRoute { route: ROUTE.into(), timeout_seconds: None };
                self.say(KEEPER, &probe, &[coin(10, USDX)])
            }
            Keeping::AddRoute => {
                let add = Outpost::AddRoute {
                    name: "spare".into(),
                    channel: self.spare_channel.outpost.clone(),
                    // One route leads to each market.
                    market: self.world.on_a("anyone").into(),
                    style: self.world.style().clone(),
                };
                self.say(KEEPER, &add, &[])
            }
            Keeping::Config { minutes } => {
                let seconds = minutes * 60;
                let changes = ConfigChanges {
                    min_timeout_seconds: Some(seconds),
                    default_timeout_seconds: Some(2 * seconds),
                    send_window_seconds: Some(60 * seconds),
                };
                self.say(KEEPER, &Outpost::UpdateConfig(changes), &[])
            }
            Keeping::HandOver => self.hand_outpost_over(),
            Keeping::Refund { owner } => self.refund_unheard(owner_of(*owner)),
        }
    }

    /// To another owner, and back.
    fn hand_outpost_over(&mut self) -> Result<()> {
        for (from, to) in [(KEEPER, "heir"), ("heir", KEEPER)] {
            let new_owner = self.world.on_b(to).into();
            let transfer = OwnershipAction::TransferOwnership { new_owner, expiry: None };
            self.say(from, &Outpost::UpdateOwnership(transfer), &[])?;
            self.say(to, &Outpost::UpdateOwnership(OwnershipAction::AcceptOwnership), &[])?;
        }
        Ok(())
    }

    /// A purchase is refused, its callback is lost and nobody brings the market's word: by rule R3.
    fn refund_unheard(&mut self, owner: &str) -> Result<()> {
        let known: Vec<_> = self.world.flights()?.into_iter().map(|flight| flight.n).collect();
        let mut refused = web_server(self.selection(Choice::OfferOrRefund));
        refused.groups[0].max_rate = 1_u64.into();
        let buy = Outpost::Buy(Box::new(purchase(refused)));
        self.say(owner, &buy, &[coin(1_000_000, USDX)])?;
        let lost = self.world.flights()?.into_iter().find(|flight| !known.contains(&flight.n));
        // The chain may not have sent it.
        let Some(lost) = lost else { return Ok(()) };
        self.remember_packets()?;
        self.world.network.chain_mut(OUTPOST_CHAIN).starve_callbacks(CallbackKind::Source);
        must_relay(self.world.relay().map(|_| ()))?;
        self.world.network.chain_mut(OUTPOST_CHAIN).feed_callbacks(CallbackKind::Source);
        if !self.is_back(&lost)? {
            return Ok(());
        }
        self.world.pass(8 * DAY_SECONDS)?;
        self.say(KEEPER, &Outpost::AnnounceRefund { n: lost.n }, &[])?;
        self.world.pass(8 * DAY_SECONDS)?;
        self.say(KEEPER, &Outpost::Reconcile { n: lost.n }, &[])
    }

    /// Whether the chain has paid back a packet's coin. Whoever gives out the coin of one that is not back
    /// gives another's, see "When a callback was lost" in the outpost's README.
    fn is_back(&self, flight: &FlightResponse) -> Result<bool> {
        let packet = PacketId {
            chain: OUTPOST_CHAIN.into(),
            port: TRANSFER_PORT.into(),
            channel: flight.channel.clone(),
            sequence: flight.sequence,
        };
        let is_under_way = self.world.network.in_flight()?.iter().any(|(id, _)| *id == packet);
        let has_arrived = self
            .world
            .network
            .ack(&packet)?
            .is_some_and(|ack| outcome(&ack) == TransferOutcome::Arrived);
        Ok(!is_under_way && !has_arrived)
    }
}
