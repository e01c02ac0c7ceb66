//! Deployments, and what belongs to one: its orders and leases.

use cosmwasm_std::{Addr, Empty, Storage, Uint128};
use escrow::{Account, AccountRow};
use protocol::deployment::Scope;
use protocol::json::{Decode, Node};
use protocol::{Deployment, DeploymentId, Group};
use serde::{Deserialize, Serialize};
use store::{Item, Map};

use super::denom::DenomId;
use super::principal::{self, PrincipalId};
use super::route::RouteId;
use crate::error::ContractError;

/// Number of a deployment, by order of opening.
pub(crate) type Number = u64;
/// A group of a deployment: its order, then its lease.
pub(crate) type GroupKey = (Number, u32);

/// (tenant, the tenant's number) -> alive or dead. Written by `open`, never removed.
pub(crate) const SLOTS: Map<(PrincipalId, u64), Slot> = Map::new("slot");
/// The last number given.
pub(crate) const LAST: Item<Number> = Item::new("deployment_last");
/// What a deployment was opened with and how it stands. Removed when it is closed.
pub(crate) const RECORDS: Map<Number, Record> = Map::new("deployment");
/// What was ordered, as it came. Lives and dies with [`RECORDS`].
pub(crate) const SPECS: Map<Number, Deployment> = Map::new("spec");
/// Who may act for the tenant on this chain. Absent if nobody may. Lives and dies with [`RECORDS`].
pub(crate) const OPERATORS: Map<Number, Vec<Operator>> = Map::new("operators");
/// The escrow account. Lives and dies with [`RECORDS`].
pub(crate) const ACCOUNTS: Map<Number, StoredAccount> = Map::new("account");
/// Open orders. Written by `open`, removed by a match, at the expiry or with the deployment.
pub(crate) const ORDERS: Map<GroupKey, Order> = Map::new("order");
/// Leases not closed. Written by a match, removed by a close.
pub(crate) const LEASES: Map<GroupKey, Lease> = Map::new("lease");
/// (provider, deployment, group). Lives and dies with [`LEASES`].
pub(crate) const LEASES_BY_PROVIDER: Map<(PrincipalId, Number, u32), Empty> = Map::new("lease_by");
/// Who answers for the number of open orders -> that number.
pub(crate) const OPEN_ORDERS: Map<PrincipalId, u32> = Map::new("open_orders");

/// Seconds that an auction has to be decided after its bidding: one hour.
const MATCH_SECONDS: u64 = 3_600;

/// An account as it is stored.
#[derive(Debug, Serialize)]
pub(crate) struct StoredAccount(pub(crate) Account);

impl Decode for StoredAccount {
    fn decode(node: Node<'_>) -> Self {
        Self(AccountRow::decode(node).into())
    }
}

/// What a tenant's number stands for.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) enum Slot {
    /// A deployment that lives.
    Live(Number),
    /// One that is closed for good.
    Closed(Tombstone),
}

/// What is left of a closed deployment, for ever: lost callbacks are repaired by it.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Tombstone {
    /// Its number here, for bids not returned yet.
    pub(crate) number: Number,
    /// When it was closed.
    pub(crate) closed_at: u64,
    /// Why, in one word.
    pub(crate) reason: String,
    /// Its last revision.
    pub(crate) revision: u64,
    /// Units that left it at the close.
    pub(crate) refunded: Uint128,
    /// Their denom.
    pub(crate) denom: DenomId,
}

/// A deployment that lives. Route, denom, fee and grace are those of its opening.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Record {
    /// Whose it is.
    pub(crate) tenant: PrincipalId,
    /// The tenant's number for it.
    pub(crate) seq: u64,
    /// Who answers for its open orders.
    pub(crate) orders_of: PrincipalId,
    /// The way its money came and goes.
    pub(crate) route: RouteId,
    /// The denom of its account.
    pub(crate) denom: DenomId,
    /// The least deposit.
    pub(crate) min_deposit: Uint128,
    /// The treasury's share in basis points.
    pub(crate) fee_bps: u16,
    /// Seconds without funds after which it may be closed.
    pub(crate) grace_seconds: u64,
    /// When it was opened.
    pub(crate) opened_at: u64,
    /// Where unspent money goes.
    pub(crate) refund_to: String,
    /// Where it goes on this chain if the way home is dead.
    pub(crate) local_refund: Option<Addr>,
    /// Grows with every change of state.
    pub(crate) revision: u64,
    /// Groups it has.
    pub(crate) groups: u32,
    /// Orders that are open.
    pub(crate) orders: u32,
    /// Leases not closed.
    pub(crate) leases: u32,
    /// Since when it has neither.
    pub(crate) idle_since: Option<u64>,
}

impl Record {
    /// Counts a change of state, so that a later status can be told from an earlier one.
    pub(crate) fn changed(&mut self) -> Result<(), ContractError> {
        let next = self.revision.checked_add(1);
        self.revision = next.ok_or(ContractError::Overflow { what: "a revision" })?;
        Ok(())
    }
}

/// Somebody who may act for the tenant on this chain.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Operator {
    /// Who.
    pub(crate) address: Addr,
    /// In what.
    pub(crate) scopes: Vec<Scope>,
    /// Until when.
    pub(crate) expires_at: Option<u64>,
}

/// A group open for bids.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Order {
    /// When it is closed if nobody was chosen.
    pub(crate) expires_at: u64,
    /// In an auction: until when bids are taken.
    #[serde(default)]
    pub(crate) bidding_until: Option<u64>,
    /// The last number given to a bid.
    pub(crate) last_bid_no: u64,
    /// Bids held.
    pub(crate) bids: u32,
    /// Units set aside for whoever closes it after its expiry.
    #[serde(default)]
    pub(crate) fee: Uint128,
}

impl Order {
    /// In an auction: until when it must be decided. Till then its bids bind; later it is an order
    /// like any other.
    pub(crate) fn match_by(&self) -> Option<u64> {
        self.bidding_until.map(|until| until.saturating_add(MATCH_SECONDS))
    }
}

/// A group that a provider runs. Its rate, window, stop and beats stand in the account's stream.
#[derive(Debug, Clone, Serialize, Deserialize, Decode)]
pub(crate) struct Lease {
    /// Who runs it.
    pub(crate) provider: PrincipalId,
    /// The offer whose bond it locks; none if it holds the deposit of a bid.
    pub(crate) offer: Option<u64>,
    /// What the provider loses by a fault.
    pub(crate) bond: Uint128,
    /// The denom of that.
    pub(crate) bond_denom: DenomId,
    /// When it began.
    pub(crate) started_at: u64,
    /// By when the first heartbeat must come.
    pub(crate) ready_by: u64,
    /// After a report of silence: when it may be closed.
    pub(crate) silent_deadline: Option<u64>,
    /// Whether the provider gave notice.
    pub(crate) reclaiming: bool,
    /// Seconds from the first heartbeat to its stop. Absent without a term, and where the stop was set at the start,
    /// as version 0.1.0 did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) term: Option<u64>,
}

/// What a tenant's number stands for, if it was ever used.
pub(crate) fn slot(
    storage: &dyn Storage,
    id: &DeploymentId,
) -> Result<Option<Slot>, ContractError> {
    match principal::find(storage, &id.tenant)? {
        Some(tenant) => Ok(SLOTS.may_load(storage, (tenant, id.seq))?),
        None => Ok(None),
    }
}

/// The number of a deployment, dead or alive.
pub(crate) fn number(storage: &dyn Storage, id: &DeploymentId) -> Result<Number, ContractError> {
    match slot(storage, id)? {
        Some(Slot::Live(number)) => Ok(number),
        Some(Slot::Closed(tombstone)) => Ok(tombstone.number),
        None => Err(not_found(id)),
    }
}

/// The number of a deployment that lives.
pub(crate) fn live_number(
    storage: &dyn Storage,
    id: &DeploymentId,
) -> Result<Number, ContractError> {
    match slot(storage, id)? {
        Some(Slot::Live(number)) => Ok(number),
        Some(Slot::Closed(_)) => {
            Err(ContractError::WrongState { what: "deployment", problem: "is closed" })
        }
        None => Err(not_found(id)),
    }
}

/// A deployment's record.
pub(crate) fn record(storage: &dyn Storage, number: Number) -> Result<Record, ContractError> {
    RECORDS.may_load(storage, number)?.ok_or(ContractError::Missing { what: "a deployment" })
}

/// A deployment's account.
pub(crate) fn account(storage: &dyn Storage, number: Number) -> Result<Account, ContractError> {
    let stored = ACCOUNTS.may_load(storage, number)?;
    stored
        .map(|StoredAccount(account)| account)
        .ok_or(ContractError::Missing { what: "an account" })
}

/// What a deployment ordered.
pub(crate) fn spec(storage: &dyn Storage, number: Number) -> Result<Deployment, ContractError> {
    SPECS.may_load(storage, number)?.ok_or(ContractError::Missing { what: "a specification" })
}

/// What a deployment ordered as one of its groups.
pub(crate) fn group(
    storage: &dyn Storage,
    number: Number,
    group: u32,
) -> Result<Group, ContractError> {
    let index = usize::try_from(group).unwrap_or(usize::MAX);
    let found = spec(storage, number)?.groups.into_iter().nth(index);
    found.ok_or_else(|| ContractError::NotFound { what: "group", id: group.to_string() })
}

/// The name of a deployment.
pub(crate) fn id(storage: &dyn Storage, record: &Record) -> Result<DeploymentId, ContractError> {
    Ok(DeploymentId { tenant: principal::name(storage, record.tenant)?, seq: record.seq })
}

fn not_found(id: &DeploymentId) -> ContractError {
    ContractError::NotFound { what: "deployment", id: id.to_string() }
}
