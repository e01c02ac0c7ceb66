//! Money packets whose outcome is not known yet: the coin, whose it is, and until when.
//!
//! A record is written in the reply of the send, from the sequence the chain gave, and removed
//! before anything follows from its outcome. So each coin is credited at most once.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, StdResult, Storage, Uint128};
use protocol::json::Decode;
use protocol::limits;
use store::{Item, Map};

use crate::ledger::{Beneficiary, Purse};
use crate::money::Money;
use crate::msg::responses::{FlightKind, FlightState};
use crate::{ContractError, ledger};

/// The last number given to a money packet. One counter for all routes: a number that is unique
/// in the outpost is unique on each route, and `reconcile {n}` means one packet.
pub(crate) const LAST_N: Item<u64> = Item::new("last_n");
/// Number -> record.
pub(crate) const FLIGHTS: Map<u64, Flight> = Map::new("flights");
/// (channel, sequence) -> number: how callbacks name a packet.
pub(crate) const PACKETS: Map<(&str, u64), u64> = Map::new("packets");

/// What a money packet carries, and for whom.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Cargo {
    /// The packet's number.
    pub(crate) n: u64,
    /// What it is.
    pub(crate) kind: FlightKind,
    /// The order it is about; none for a probe.
    pub(crate) seq: Option<u64>,
    /// Name of its route.
    pub(crate) route: String,
    /// Whose credit the coin would be.
    pub(crate) owner: Addr,
    /// Who would be paid.
    pub(crate) payee: Addr,
    /// The coin.
    pub(crate) money: Money,
    /// When it can no longer be received, in seconds since 1970.
    pub(crate) timeout_at: u64,
    /// Where the coin would be credited.
    #[serde(default)]
    pub(crate) purse: Purse,
    /// What is paid for sending it, once it has arrived.
    #[serde(default)]
    pub(crate) tip: Option<Tip>,
}

/// What is paid for sending a packet. Its coin is here and tracked; the denom is the packet's.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Tip {
    /// To whom.
    pub(crate) to: Addr,
    /// How much.
    pub(crate) amount: Uint128,
}

impl Cargo {
    /// Whose the coin is if it comes back.
    #[must_use]
    pub(crate) const fn beneficiary(&self) -> Beneficiary<'_> {
        Beneficiary { owner: &self.owner, payee: &self.payee, purse: self.purse }
    }
}

/// A money packet under way.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Flight {
    /// What it carries.
    pub(crate) cargo: Cargo,
    /// This chain's end of the transfer channel.
    pub(crate) channel: String,
    /// Its sequence on that channel.
    pub(crate) sequence: u64,
    /// How far its repair has come.
    pub(crate) state: FlightState,
    /// While the market is asked about it: when the question is given up.
    pub(crate) asked_until: Option<u64>,
    /// When the contract's owner announced its refund, in seconds since 1970.
    #[serde(default)]
    pub(crate) announced_at: Option<u64>,
}

/// Takes the next number.
///
/// # Errors
/// [`ContractError::Limit`] after 2^53 packets.
pub(crate) fn next_n(storage: &mut dyn Storage) -> Result<u64, ContractError> {
    let n = LAST_N.may_load(storage)?.unwrap_or_default().saturating_add(1);
    limits::integer("n", n)?;
    LAST_N.save(storage, &n)?;
    Ok(n)
}

/// Records a packet that the chain has sent.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn record(storage: &mut dyn Storage, flight: &Flight) -> Result<(), ContractError> {
    ledger::depart(storage, &flight.cargo.money)?;
    PACKETS.save(storage, (&flight.channel, flight.sequence), &flight.cargo.n)?;
    FLIGHTS.save(storage, flight.cargo.n, flight)?;
    Ok(())
}

/// The record of a packet as the chain names it.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn find(
    storage: &dyn Storage,
    channel: &str,
    sequence: u64,
) -> StdResult<Option<Flight>> {
    match PACKETS.may_load(storage, (channel, sequence))? {
        Some(n) => FLIGHTS.may_load(storage, n),
        None => Ok(None),
    }
}

/// Removes a record: from here on its coin is not in flight.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn remove(storage: &mut dyn Storage, flight: &Flight) -> Result<(), ContractError> {
    ledger::land(storage, &flight.cargo.money)?;
    PACKETS.remove(storage, (&flight.channel, flight.sequence));
    FLIGHTS.remove(storage, flight.cargo.n);
    Ok(())
}
