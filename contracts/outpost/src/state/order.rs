//! Orders and how they move: forward only, and out of `in_flight` by a refund.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Empty, StdResult, Storage, Uint128};
use protocol::control::{DeploymentState, DeploymentStatus, GroupState, Refusal};
use protocol::deployment::Scope;
use protocol::json::Decode;
use protocol::limits;
use protocol::money::Open;
use store::{Item, Map};

use crate::ContractError;
use crate::ledger::{Beneficiary, Purse};
use crate::money::Money;
use crate::msg::Operator;
use crate::msg::responses::OrderState;

/// The number of the last order; numbers are never used again.
pub(crate) const LAST_SEQ: Item<u64> = Item::new("last_seq");
/// Number -> order. Written by `buy`, never removed.
pub(crate) const ORDERS: Map<u64, Order> = Map::new("orders");
/// (owner, number) -> nothing; an index for the query `orders`.
pub(crate) const BY_OWNER: Map<(&Addr, u64), Empty> = Map::new("orders_by_owner");
/// Owner -> how many of its orders are neither closed nor refunded.
pub(crate) const LIVE: Map<&Addr, u32> = Map::new("live_orders");
/// Number -> what to send. Written when the chain does not take a purchase, removed by `send` and
/// `cancel`.
pub(crate) const UNSENT: Map<u64, Unsent> = Map::new("unsent");

/// Live orders of one owner, at most: a spammer needs as many accounts as it wants to fill.
pub(crate) const LIVE_ORDERS: u32 = 64;

/// A purchase and what became of it.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Order {
    /// Its number.
    pub(crate) seq: u64,
    /// Whose it is.
    pub(crate) owner: Addr,
    /// The owner's address at `buy`: the key under which the market knows it.
    pub(crate) account: String,
    /// Name of its route.
    pub(crate) route: String,
    /// Number of the money packet that opens it.
    pub(crate) n: u64,
    /// The coin it was opened with.
    pub(crate) money: Money,
    /// Whom `claim` pays.
    pub(crate) refund_to: Addr,
    /// Who may command it beside the owner.
    pub(crate) operators: Vec<Operator>,
    /// How far it has come.
    pub(crate) state: OrderState,
    /// What the market last said about it.
    pub(crate) status: Option<DeploymentStatus>,
    /// Why the market refused the last command, if it did.
    pub(crate) refusal: Option<Refusal>,
    /// Where what comes home is credited.
    #[serde(default)]
    pub(crate) purse: Purse,
    /// To whom the owner has offered it.
    #[serde(default)]
    pub(crate) new_owner: Option<Addr>,
    /// The revision of the last command that overwrites something.
    #[serde(default)]
    pub(crate) rev: u64,
    /// Sum of its groups' highest rates: nano-units per second. Zero if it was bought before 0.2.
    #[serde(default)]
    pub(crate) max_rate: Uint128,
    /// When it was sent, in seconds since 1970.
    #[serde(default)]
    pub(crate) sent_at: u64,
}

/// A purchase that the chain did not take. Its coin is here and tracked.
#[cw_serde]
#[derive(Decode)]
pub(crate) struct Unsent {
    /// What to send.
    pub(crate) open: Open,
    /// The timeout to send it with.
    pub(crate) timeout_seconds: u64,
    /// Until when anyone may send it, in seconds since 1970.
    pub(crate) send_by: u64,
}

impl Order {
    /// Whose a coin is that comes home for it.
    #[must_use]
    pub(crate) const fn beneficiary(&self) -> Beneficiary<'_> {
        Beneficiary { owner: &self.owner, payee: &self.refund_to, purse: self.purse }
    }

    /// Refuses everybody but the owner.
    ///
    /// # Errors
    /// [`ContractError::Unauthorized`].
    pub(crate) fn owner_only(&self, sender: &Addr) -> Result<(), ContractError> {
        if self.owner == *sender {
            return Ok(());
        }
        let sender = sender.to_string();
        Err(ContractError::Unauthorized { sender, allowed: "the order's owner" })
    }

    /// Refuses everybody but the owner and the operators with the scope.
    ///
    /// # Errors
    /// [`ContractError::Unauthorized`].
    pub(crate) fn authorize(&self, sender: &Addr, scope: Scope) -> Result<(), ContractError> {
        let may = |operator: &Operator| {
            operator.address == sender.as_str() && operator.scopes.contains(&scope)
        };
        if self.owner == *sender || self.operators.iter().any(may) {
            return Ok(());
        }
        let allowed = "the order's owner or an operator with the scope";
        Err(ContractError::Unauthorized { sender: sender.to_string(), allowed })
    }

    /// Refuses what needs a deployment that may live: commands and top-ups.
    ///
    /// # Errors
    /// [`ContractError::WrongState`].
    pub(crate) const fn expect_live(&self) -> Result<(), ContractError> {
        match self.state {
            OrderState::Acked | OrderState::Open | OrderState::Leased => Ok(()),
            OrderState::Unsent
            | OrderState::InFlight
            | OrderState::Closed
            | OrderState::RefundDue
            | OrderState::Refunded => Err(ContractError::WrongState {
                seq: self.seq,
                state: self.state,
                expected: "`Acked`, `Open` or `Leased`",
            }),
        }
    }

    /// Takes in what the market says. An older statement than the last changes nothing.
    pub(crate) fn observe(&mut self, status: DeploymentStatus) -> OrderState {
        let reached = reached(&status);
        let newer = self.status.as_ref().is_none_or(|last| last.revision < status.revision);
        // The market keeps to these limits; a longer list would only cost whoever reads it.
        if newer && status.groups.len() <= limits::GROUPS {
            self.status = Some(status);
        }
        reached
    }
}

/// The state a status proves.
fn reached(status: &DeploymentStatus) -> OrderState {
    let leased = |state| match state {
        GroupState::Pending | GroupState::Active | GroupState::Reclaiming => true,
        GroupState::Open | GroupState::Closed => false,
    };
    match status.state {
        DeploymentState::Closed => OrderState::Closed,
        DeploymentState::Open if status.groups.iter().any(|group| leased(group.state)) => {
            OrderState::Leased
        }
        DeploymentState::Open => OrderState::Open,
    }
}

/// The next number.
///
/// # Errors
/// [`ContractError::Limit`] after 2^53 orders.
pub(crate) fn next_seq(storage: &dyn Storage) -> Result<u64, ContractError> {
    let seq = LAST_SEQ.may_load(storage)?.unwrap_or_default().saturating_add(1);
    limits::integer("seq", seq)?;
    Ok(seq)
}

/// Saves a new order under the number [`next_seq`] gave.
///
/// # Errors
/// [`ContractError::TooManyOrders`] if the owner has [`LIVE_ORDERS`].
pub(crate) fn create(storage: &mut dyn Storage, order: &Order) -> Result<(), ContractError> {
    LAST_SEQ.save(storage, &order.seq)?;
    enlist(storage, order)
}

/// Saves an order that is new to its owner.
fn enlist(storage: &mut dyn Storage, order: &Order) -> Result<(), ContractError> {
    if is_live(order.state) {
        let live = LIVE.may_load(storage, &order.owner)?.unwrap_or_default();
        if live >= LIVE_ORDERS {
            let owner = order.owner.to_string();
            return Err(ContractError::TooManyOrders { owner, max: LIVE_ORDERS });
        }
        LIVE.save(storage, &order.owner, &live.saturating_add(1))?;
    }
    BY_OWNER.save(storage, (&order.owner, order.seq), &Empty {})?;
    ORDERS.save(storage, order.seq, order)?;
    Ok(())
}

/// Gives an order to another owner: what comes home from now on is claimable by it, and nobody
/// else of this chain may act for it.
///
/// # Errors
/// [`ContractError::TooManyOrders`].
pub(crate) fn hand_over(
    storage: &mut dyn Storage,
    mut order: Order,
    new_owner: Addr,
) -> Result<Order, ContractError> {
    BY_OWNER.remove(storage, (&order.owner, order.seq));
    if is_live(order.state) {
        retire(storage, &order.owner)?;
    }
    order.refund_to = new_owner.clone();
    order.owner = new_owner;
    order.new_owner = None;
    order.operators = Vec::new();
    order.purse = Purse::Claimable;
    enlist(storage, &order)?;
    Ok(order)
}

/// Counts one live order of an owner less.
fn retire(storage: &mut dyn Storage, owner: &Addr) -> StdResult<()> {
    let live = LIVE.may_load(storage, owner)?.unwrap_or_default();
    LIVE.save(storage, owner, &live.saturating_sub(1))
}

/// The order of this number.
///
/// # Errors
/// [`ContractError::UnknownOrder`].
pub(crate) fn load(storage: &dyn Storage, seq: u64) -> Result<Order, ContractError> {
    ORDERS.may_load(storage, seq)?.ok_or(ContractError::UnknownOrder { seq })
}

/// The order that a market's statement is about: of this number, bought by this route, for this
/// account. A market speaks for its own route only.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn named(
    storage: &dyn Storage,
    route: &str,
    account: &str,
    seq: u64,
) -> StdResult<Option<Order>> {
    let order = ORDERS.may_load(storage, seq)?;
    Ok(order.filter(|order| order.route == route && order.account == account))
}

/// Saves an order in the state it is to have, whatever it was.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn settle(
    storage: &mut dyn Storage,
    order: &mut Order,
    state: OrderState,
) -> StdResult<()> {
    if is_live(order.state) && !is_live(state) {
        retire(storage, &order.owner)?;
    }
    order.state = state;
    ORDERS.save(storage, order.seq, order)
}

/// Saves an order, in the given state if that is further along `in_flight → … → closed`.
///
/// # Errors
/// Only if storage fails.
pub(crate) fn advance(
    storage: &mut dyn Storage,
    order: &mut Order,
    state: OrderState,
) -> StdResult<()> {
    let further = match (place(order.state), place(state)) {
        (Some(now), Some(then)) if then > now => state,
        _ => order.state,
    };
    settle(storage, order, further)
}

/// The place of a state on the way of an order whose coin travels or has arrived.
const fn place(state: OrderState) -> Option<u8> {
    match state {
        OrderState::InFlight => Some(0),
        OrderState::Acked => Some(1),
        OrderState::Open => Some(2),
        OrderState::Leased => Some(3),
        OrderState::Closed => Some(4),
        OrderState::Unsent | OrderState::RefundDue | OrderState::Refunded => None,
    }
}

/// Whether an order counts among its owner's live ones.
#[must_use]
pub(crate) const fn is_live(state: OrderState) -> bool {
    match state {
        OrderState::Closed | OrderState::Refunded => false,
        OrderState::Unsent
        | OrderState::InFlight
        | OrderState::Acked
        | OrderState::Open
        | OrderState::Leased
        | OrderState::RefundDue => true,
    }
}
