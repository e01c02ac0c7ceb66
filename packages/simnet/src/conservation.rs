//! Coins are neither lost nor made: the supply of every chain, and every escrow against the
//! vouchers it stands for.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{IbcPacket, Order};

use crate::chain::{Chain, units};
use crate::error::{Error, Result};
use crate::ibc::ics20::{PacketData, TRANSFER_PORT, hop, local_denom, succeeded, voucher};
use crate::ibc::state::{CHANNELS, COMMITMENTS, TRACES};
use crate::network::{Network, PacketId};

/// One end of a transfer channel, with its other end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Escrow {
    chain: String,
    channel: String,
    other_chain: String,
    other_channel: String,
}

/// Where all units of a native denom are. The three parts make up what was minted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// Chain id of the denom's home.
    pub chain: String,
    /// The denom there.
    pub denom: String,
    /// Units ever given out.
    pub minted: u128,
    /// Units with accounts at home, escrows apart.
    pub at_home: u128,
    /// Units that are vouchers on other chains, each escrowed at home.
    pub abroad: u128,
    /// Units in escrow for packets that have neither arrived nor come back.
    pub under_way: u128,
}

/// Units under way, by the chain and channel they left and the full path of their denom there.
type UnderWay = BTreeMap<(String, String, String), u128>;

impl Network {
    /// Checks that no unit was lost or made on any chain or between them.
    ///
    /// Native coins: the supply is what was minted. Every transfer channel and denom: what the
    /// escrow holds is the vouchers at the other end, plus what is under way either way.
    ///
    /// # Errors
    /// [`Error::Invariant`] with the figures.
    pub fn check_conservation(&self) -> Result<()> {
        for chain in self.chains() {
            for (denom, minted) in chain.minted() {
                let supply = chain.supply(denom)?;
                if units(*minted)? != supply {
                    let id = chain.id();
                    return Err(broken(format!(
                        "{id}: supply of {denom} {supply}, minted {minted}"
                    )));
                }
            }
        }
        let under_way = self.under_way()?;
        self.escrows()?.iter().try_for_each(|escrow| self.check_escrow(escrow, &under_way))
    }

    /// Where every native unit is, by chain and denom, each counted once.
    ///
    /// # Errors
    /// [`Error::Transaction`] if a store cannot be read.
    pub fn supplies(&self) -> Result<Vec<Supply>> {
        let escrows = self.escrows()?;
        let mut supplies = Vec::new();
        for chain in self.chains() {
            for (denom, minted) in chain.minted() {
                let (mut escrowed, mut abroad) = (0, 0);
                for escrow in escrows.iter().filter(|escrow| escrow.chain == chain.id()) {
                    escrowed += chain.balance(&chain.escrow(&escrow.channel)?, denom)?;
                    let path = hop(TRANSFER_PORT, &escrow.other_channel) + denom;
                    abroad += self.chain(&escrow.other_chain).supply(&voucher(&path))?;
                }
                supplies.push(Supply {
                    chain: chain.id().into(),
                    denom: denom.clone(),
                    minted: units(*minted)?,
                    at_home: chain.supply(denom)? - escrowed,
                    abroad,
                    under_way: escrowed - abroad,
                });
            }
        }
        Ok(supplies)
    }

    fn check_escrow(&self, escrow: &Escrow, under_way: &UnderWay) -> Result<()> {
        let (here, there) = (self.chain(&escrow.chain), self.chain(&escrow.other_chain));
        let account = here.escrow(&escrow.channel)?;
        let hop_there = hop(TRANSFER_PORT, &escrow.other_channel);
        for path in self.paths(escrow, under_way)? {
            let held = here.balance(&account, &local_denom(&path))?;
            let voucher_path = format!("{hop_there}{path}");
            let vouchers = there.supply(&voucher(&voucher_path))?;
            let moving = |chain: &str, channel: &str, path: String| {
                let key = (chain.to_owned(), channel.to_owned(), path);
                under_way.get(&key).copied().unwrap_or_default()
            };
            let going = moving(&escrow.chain, &escrow.channel, path.clone());
            let coming = moving(&escrow.other_chain, &escrow.other_channel, voucher_path);
            if held != vouchers + going + coming {
                return Err(broken(format!(
                    "{}/{} holds {held} of {path} in escrow, but there are {vouchers} vouchers, \
                     {going} going and {coming} coming back",
                    escrow.chain, escrow.channel
                )));
            }
        }
        Ok(())
    }

    /// Full paths, on the escrow's chain, of every denom that is or ever was in this escrow.
    fn paths(&self, escrow: &Escrow, under_way: &UnderWay) -> Result<BTreeSet<String>> {
        let hop_here = hop(TRANSFER_PORT, &escrow.channel);
        let here = self.chain(&escrow.chain);
        let mut paths: BTreeSet<String> = here.minted().keys().cloned().collect();
        for trace in TRACES.range(here.storage(), None, None, Order::Ascending) {
            paths.insert(trace?.1);
        }
        paths.extend(
            under_way
                .keys()
                .filter(|(chain, channel, _)| *chain == escrow.chain && *channel == escrow.channel)
                .map(|(_, _, path)| path.clone()),
        );
        // What came this way is burnt when it leaves, not escrowed.
        paths.retain(|path| !path.starts_with(&hop_here));
        Ok(paths)
    }

    fn escrows(&self) -> Result<Vec<Escrow>> {
        let mut escrows = Vec::new();
        for chain in self.chains() {
            for record in CHANNELS.range(chain.storage(), None, None, Order::Ascending) {
                let ((port, channel), end) = record?;
                if port == TRANSFER_PORT && !end.counterparty_channel.is_empty() {
                    escrows.push(Escrow {
                        chain: chain.id().into(),
                        other_chain: self.counterparty(chain.id(), &port, &channel)?,
                        other_channel: end.counterparty_channel,
                        channel,
                    });
                }
            }
        }
        Ok(escrows)
    }

    /// Units that left their sender and neither arrived nor came back yet.
    fn under_way(&self) -> Result<UnderWay> {
        let mut under_way = UnderWay::new();
        for chain in self.chains() {
            for (id, packet) in transfers(chain)? {
                let arrived = self.ack(&id)?.is_some_and(|ack| succeeded(&ack));
                if !arrived {
                    let data = PacketData::parse(&packet)?;
                    let units: u128 = data.amount.parse().map_err(|_| Error::NotModelled {
                        what: format!("a transfer of {}", data.amount),
                    })?;
                    *under_way.entry((id.chain, id.channel, data.denom)).or_default() += units;
                }
            }
        }
        Ok(under_way)
    }
}

fn transfers(chain: &Chain) -> Result<Vec<(PacketId, IbcPacket)>> {
    let mut found = Vec::new();
    for record in COMMITMENTS.range(chain.storage(), None, None, Order::Ascending) {
        let ((port, channel, sequence), packet) = record?;
        if port == TRANSFER_PORT {
            found.push((PacketId { chain: chain.id().into(), port, channel, sequence }, packet));
        }
    }
    Ok(found)
}

fn broken(reason: String) -> Error {
    Error::Invariant { reason }
}
