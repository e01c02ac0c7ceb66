//! What the relayer, the chains and the contracts' owners do.

use market::msg::ExecuteMsg as Market;
use outpost::msg::ExecuteMsg as Outpost;
use protocol::handshake::port_of;
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, ROUTE};
use simnet::{CallbackKind, ClientStatus, Error, Relayer, Result, Stage};

use super::act::{Act, Pick};
use super::machine::{KEEPER, Machine, pick, tolerate};

/// A contract must take every acknowledgement and timeout: its error would block the packet for
/// ever. So here, unlike in [`tolerate`], a failed transaction is a failure.
pub(crate) fn must_relay(done: Result<()>) -> Result<()> {
    match done {
        Err(Error::Transaction { reason }) => {
            Err(Error::Invariant { reason: format!("a relayed message failed: {reason}") })
        }
        other => other,
    }
}

impl Machine {
    pub(crate) fn relayer(&mut self, act: &Act) -> Result<()> {
        let network = &mut self.world.network;
        let done = match act {
            Act::RelayAll => must_relay(self.world.relay().map(|_| ())),
            Act::RelayOne { which } => match pick(&self.world.relayer.pending(network)?, *which) {
                Some((packet, stage)) => {
                    must_relay(Relayer::relay(network, &packet, stage).map(|_| ()))
                }
                None => Ok(()),
            },
            Act::Repeat { which } => match pick(&self.seen, *which) {
                Some(packet) => [Stage::Receive, Stage::Acknowledge, Stage::TimeOut]
                    .into_iter()
                    .try_for_each(|stage| {
                        tolerate(match Relayer::relay(network, &packet, stage) {
                            Err(Error::TimeoutNotReached) => Ok(()),
                            done => must_relay(done.map(|_| ())),
                        })
                    }),
                None => Ok(()),
            },
            Act::Withhold { which } => {
                if let Some(packet) = pick(&self.seen, *which) {
                    self.world.relayer.withhold(packet);
                }
                Ok(())
            }
            Act::ReleaseAll => {
                self.seen.iter().for_each(|packet| self.world.relayer.release(packet));
                Ok(())
            }
            Act::Forge { which } => self.forge(*which),
            other => unreachable!("no act of a relayer: {other:?}"),
        };
        self.world.check()?;
        done
    }

    /// Presents a packet with another sequence, and one with other data: neither was sent.
    fn forge(&mut self, which: Pick) -> Result<()> {
        let Some(id) = pick(&self.seen, which) else {
            return Ok(());
        };
        let network = &mut self.world.network;
        let chain = network.counterparty(&id.chain, &id.port, &id.channel)?;
        let honest = network.packet(&id)?;
        let mut later = honest.clone();
        later.sequence += 1_000;
        let mut richer = honest;
        richer.data = [richer.data.as_slice(), b" "].concat().into();
        for forged in [later, richer] {
            if network.present(&chain, &forged).is_ok() {
                return Err(Error::Invariant { reason: format!("accepted a forged {id:?}") });
            }
        }
        Ok(())
    }

    pub(crate) fn fault(&mut self, act: &Act) -> Result<()> {
        let chain = |which: &Pick| if which % 2 == 0 { MARKET_CHAIN } else { OUTPOST_CHAIN };
        match act {
            Act::Starve { which } => {
                let kind = if which / 2 % 2 == 0 {
                    CallbackKind::Source
                } else {
                    CallbackKind::Destination
                };
                self.world.network.chain_mut(chain(which)).starve_callbacks(kind);
                Ok(())
            }
            Act::FeedAll => {
                self.feed_all();
                Ok(())
            }
            Act::Freeze { which } => {
                let connection = self.connection(chain(which));
                let chain = self.world.network.chain_mut(chain(which));
                chain.set_client(&connection, ClientStatus::Frozen)
            }
            Act::ThawAll => self.thaw_all(),
            Act::CloseControl => self.close_control(),
            Act::OpenControl => self.world.open_control_channel(),
            Act::PauseMarket => self.tell(self.owner, &Market::Pause {}, &[]),
            Act::PauseOutpost => self.say(KEEPER, &Outpost::Pause {}, &[]),
            Act::UnpauseAll => self.unpause_all(),
            other => unreachable!("no fault: {other:?}"),
        }
    }

    fn connection(&self, chain: &str) -> String {
        let ends = &self.world.connection;
        if chain == MARKET_CHAIN { ends.market.clone() } else { ends.outpost.clone() }
    }

    pub(crate) fn feed_all(&mut self) {
        for chain in [MARKET_CHAIN, OUTPOST_CHAIN] {
            for kind in [CallbackKind::Source, CallbackKind::Destination] {
                self.world.network.chain_mut(chain).feed_callbacks(kind);
            }
        }
    }

    pub(crate) fn thaw_all(&mut self) -> Result<()> {
        for chain in [MARKET_CHAIN, OUTPOST_CHAIN] {
            let connection = self.connection(chain);
            let chain = self.world.network.chain_mut(chain);
            chain.set_client(&connection, ClientStatus::Active)?;
        }
        Ok(())
    }

    pub(crate) fn unpause_all(&mut self) -> Result<()> {
        tolerate(self.tell(self.owner, &Market::Unpause {}, &[]))?;
        tolerate(self.say(KEEPER, &Outpost::Unpause {}, &[]))
    }

    fn close_control(&mut self) -> Result<()> {
        let arm = Outpost::ArmControl { route: ROUTE.into() };
        self.say(KEEPER, &arm, &[])?;
        let arm = Market::ArmChannelClose { route: self.world.transfer.market.clone() };
        self.tell(self.owner, &arm, &[])?;
        let port = port_of(self.world.outpost.as_str());
        let channel = self.world.control.outpost.clone();
        self.world.network.chain_mut(OUTPOST_CHAIN).close_channel(&port, &channel)?;
        self.world.network.close_confirm(OUTPOST_CHAIN, &port, &channel)?;
        self.world.check()
    }
}
