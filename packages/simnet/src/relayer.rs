//! A relayer that does what it is told: everything at once, or one thing at a time, in any order.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::ibc::packet::Relayed;
use crate::network::{Network, PacketId, Stage};

/// Steps after which a network that is still not quiet is taken to loop.
const MAX_STEPS: usize = 10_000;

/// In which order packets are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sequence {
    /// As they were sent.
    #[default]
    Sent,
    /// The last one first: channels are unordered, so nothing may depend on it.
    Reversed,
}

/// What a relayer did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The packet.
    pub packet: PacketId,
    /// What was done about it.
    pub stage: Stage,
    /// Whether that changed anything.
    pub relayed: Relayed,
}

/// Carries packets, acknowledgements and timeouts between the chains of a [`Network`].
#[derive(Debug, Clone, Default)]
pub struct Relayer {
    withheld: BTreeSet<PacketId>,
    sequence: Sequence,
}

impl Relayer {
    /// Leaves a packet alone from now on, until [`Relayer::release`].
    pub fn withhold(&mut self, packet: PacketId) {
        self.withheld.insert(packet);
    }

    /// Takes a packet that was left alone again.
    pub fn release(&mut self, packet: &PacketId) {
        self.withheld.remove(packet);
    }

    /// Takes packets in another order.
    pub const fn set_sequence(&mut self, sequence: Sequence) {
        self.sequence = sequence;
    }

    /// What can be done now, in the order in which this relayer would.
    ///
    /// # Errors
    /// [`Error::Transaction`] if a store cannot be read.
    pub fn pending(&self, network: &Network) -> Result<Vec<(PacketId, Stage)>> {
        let mut work: Vec<_> = network
            .in_flight()?
            .into_iter()
            .filter(|(packet, stage)| {
                *stage != Stage::Unanswered && !self.withheld.contains(packet)
            })
            .collect();
        if self.sequence == Sequence::Reversed {
            work.reverse();
        }
        Ok(work)
    }

    /// Does the next step for one packet.
    ///
    /// # Errors
    /// As [`Network::receive`], [`Network::acknowledge`] and [`Network::time_out`].
    pub fn relay(network: &mut Network, packet: &PacketId, stage: Stage) -> Result<Step> {
        let relayed = match stage {
            Stage::Receive => network.receive(packet)?,
            Stage::Acknowledge => network.acknowledge(packet)?,
            Stage::TimeOut => network.time_out(packet)?,
            Stage::Unanswered => {
                return Err(Error::NotAcknowledged { sequence: packet.sequence });
            }
        };
        Ok(Step { packet: packet.clone(), stage, relayed })
    }

    /// Relays until nothing is left to do. What a closed channel or a dead client blocks stays.
    ///
    /// # Errors
    /// The first error of any other kind; [`Error::Invariant`] if it never becomes quiet.
    pub fn relay_all(&mut self, network: &mut Network) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        let mut stuck = BTreeSet::new();
        while steps.len() < MAX_STEPS {
            let next = self.pending(network)?.into_iter().find(|work| !stuck.contains(work));
            let Some((packet, stage)) = next else {
                return Ok(steps);
            };
            match Self::relay(network, &packet, stage) {
                Ok(step) => steps.push(step),
                Err(Error::ChannelState { .. } | Error::ClientNotActive { .. }) => {
                    stuck.insert((packet, stage));
                }
                Err(error) => return Err(error),
            }
        }
        Err(Error::Invariant { reason: format!("packets still move after {MAX_STEPS} steps") })
    }
}
