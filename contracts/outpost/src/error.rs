//! Why the outpost refuses.
//!
//! Each text says what was found, what was expected, and what the caller can do.

use cosmwasm_std::{DivideByZeroError, OverflowError, StdError};
use protocol::handshake::HandshakeError;
use protocol::{LimitError, MemoError};
use thiserror::Error;

use crate::msg::responses::OrderState;

/// Why the outpost refuses. Nothing was changed.
#[derive(Debug, Error)]
pub enum ContractError {
    /// Storage, encoding or a query failed.
    #[error(transparent)]
    Std(#[from] StdError),
    /// A number left its type; no reachable state does that.
    #[error(transparent)]
    Overflow(#[from] OverflowError),
    /// A division by zero; no code divides by anything but a constant.
    #[error(transparent)]
    DivideByZero(#[from] DivideByZeroError),
    /// A list, string or number is beyond its limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A memo cannot be written or read.
    #[error(transparent)]
    Memo(#[from] MemoError),
    /// The handshake of a control channel was refused.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// A field holds no address of this chain.
    #[error("an address of this chain was expected in `{field}`, got `{got}`")]
    BadAddress {
        /// Which field.
        field: &'static str,
        /// What it holds.
        got: String,
    },
    /// The sender is not who may do this.
    #[error("`{sender}` may not do this, only {allowed} may")]
    Unauthorized {
        /// Who tried.
        sender: String,
        /// Who may, in words.
        allowed: &'static str,
    },
    /// There is no proposed owner, another was proposed, or it is too late to accept.
    #[error("`{sender}` cannot accept the ownership: {reason}")]
    NotProposed {
        /// Who tried.
        sender: String,
        /// Why not.
        reason: &'static str,
    },
    /// `buy` is stopped.
    #[error("purchases are paused; the contract's owner can `unpause`")]
    Paused,
    /// Not exactly one coin was attached.
    #[error("attach exactly one coin, got {got}")]
    NotOneCoin {
        /// How many were attached.
        got: usize,
    },
    /// Coins were attached to a message that takes none.
    #[error("attach no coin to this message, got {got}")]
    UnwantedCoins {
        /// How many were attached.
        got: usize,
    },
    /// The amount cannot be sent in one packet.
    #[error("the coin's amount must be between 1 and {max}, got {got}")]
    Amount {
        /// What was attached.
        got: String,
        /// The most one packet carries.
        max: u128,
    },
    /// The coin's denom is not the order's.
    #[error("order {seq} is paid in `{expected}`, got `{got}`")]
    OtherDenom {
        /// The order.
        seq: u64,
        /// Its denom.
        expected: String,
        /// The coin's.
        got: String,
    },
    /// No route has this name.
    #[error("there is no route `{route}`; the query `routes` lists them")]
    UnknownRoute {
        /// The name given.
        route: String,
    },
    /// The route is not proved for this denom.
    #[error(
        "route `{route}` is not proved for `{denom}`: the contract's owner proves it with `probe_route`"
    )]
    UnprovedRoute {
        /// The route.
        route: String,
        /// The coin's denom.
        denom: String,
    },
    /// A route of this name, channel or market exists already.
    #[error(
        "route `{route}` already has this {what}; a route can be added again only while nothing is proved on it and nothing travels"
    )]
    RouteExists {
        /// The route that is in the way.
        route: String,
        /// What it has: name, channel or market.
        what: &'static str,
    },
    /// The channel cannot be a route.
    #[error("channel `{channel}` cannot be a route: {reason}")]
    BadRouteChannel {
        /// The channel.
        channel: String,
        /// Why not.
        reason: &'static str,
    },
    /// A route of style `plain` is the outpost's only one.
    #[error("a route of style `plain` must be the only one, and there is `{route}`")]
    PlainIsAlone {
        /// The other route.
        route: String,
    },
    /// On a route of style `plain` the market pays without the outpost, so an order stays with its
    /// owner.
    #[error("order {seq} is on a route of style `plain`, on which orders do not change hands")]
    PlainStays {
        /// The order.
        seq: u64,
    },
    /// No order has this number.
    #[error("there is no order {seq}")]
    UnknownOrder {
        /// The number given.
        seq: u64,
    },
    /// The order's state does not allow this.
    #[error("order {seq} is `{state:?}`, it must be {expected}")]
    WrongState {
        /// The order.
        seq: u64,
        /// Its state.
        state: OrderState,
        /// The states that allow it, in words.
        expected: &'static str,
    },
    /// The owner has too many live orders.
    #[error(
        "`{owner}` has {max} live orders, which is the most; close one, or ask its `status` if it is closed on the market"
    )]
    TooManyOrders {
        /// Whose.
        owner: String,
        /// The most.
        max: u32,
    },
    /// The route has no control channel.
    #[error(
        "route `{route}` has no open control channel: open one with `ferry link`, or attach a coin of the order's denom to `close`, `accept_bid` or `status`, which then travel with it"
    )]
    NoControlChannel {
        /// The route.
        route: String,
    },
    /// A question about this is under way.
    #[error(
        "the market was asked already; ask again after {until} (seconds since 1970) if no answer comes"
    )]
    Asked {
        /// When the question is given up.
        until: u64,
    },
    /// It is too early.
    #[error("it is {now}, this is possible from {from} on (seconds since 1970)")]
    TooEarly {
        /// Block time in seconds.
        now: u64,
        /// The earliest time.
        from: u64,
    },
    /// It is too late.
    #[error(
        "it is {now}, this was possible before {until} (seconds since 1970); `cancel` it to have the coin back"
    )]
    TooLate {
        /// Block time in seconds.
        now: u64,
        /// The latest time.
        until: u64,
    },
    /// A budget does not hold what is to be spent or withdrawn.
    #[error("the budget of `{owner}` holds {held}{denom}, got {got}; anyone can `deposit` to it")]
    BudgetExceeded {
        /// Whose budget.
        owner: String,
        /// The denom.
        denom: String,
        /// What it holds.
        held: u128,
        /// What was asked for.
        got: u128,
    },
    /// A delegate may not spend this much.
    #[error(
        "`{delegate}` may spend {left}{denom} now, got {got}; the budget's owner sets it with `set_allowance`"
    )]
    AllowanceExceeded {
        /// Who spends.
        delegate: String,
        /// The denom.
        denom: String,
        /// What it may spend now.
        left: u128,
        /// What it tried to spend.
        got: u128,
    },
    /// An order is not kept funded automatically.
    #[error("order {seq} has no `auto_top_up`; its owner can set one")]
    NoAutoTopUp {
        /// The order.
        seq: u64,
    },
    /// A top-up is under way.
    #[error("top-up {n} of order {seq} is under way; `reconcile` it if its outcome was lost")]
    TopUpInFlight {
        /// The order.
        seq: u64,
        /// Number of its packet.
        n: u64,
    },
    /// No top-up is to be sent now.
    #[error(
        "no top-up can be sent for order {seq}: {due} are due, {left} are left of this period and {held} in the budget, less the tip"
    )]
    NothingDue {
        /// The order.
        seq: u64,
        /// Units due; zero while the money lasts for half of the target.
        due: u128,
        /// Units that may still be spent in this period.
        left: u128,
        /// Units in the owner's budget.
        held: u128,
    },
    /// An order was not offered to the sender.
    #[error("order {seq} was not offered to `{sender}`; its owner does so with `transfer_order`")]
    NotOffered {
        /// The order.
        seq: u64,
        /// Who tried.
        sender: String,
    },
    /// Nothing would be changed.
    #[error("name what to change: `operators`, `remote`, or both")]
    NothingToChange,
    /// No unresolved money packet has this number.
    #[error("no money packet {n} is unresolved; the query `in_flight` lists them")]
    UnknownPacket {
        /// The number given.
        n: u64,
    },
    /// The coin is due but has not come back yet.
    #[error(
        "{amount}{denom} of packet {n} are due but not back: {free} are free; have the timeout relayed"
    )]
    NotBack {
        /// The packet.
        n: u64,
        /// How much is due.
        amount: u128,
        /// Its denom.
        denom: String,
        /// Coins at hand that are nobody's.
        free: u128,
    },
    /// There is nothing to pay.
    #[error("nothing in `{denom}` is claimable by `{owner}`")]
    NothingToClaim {
        /// Whose credit.
        owner: String,
        /// Which denom.
        denom: String,
    },
    /// A coin came with a callback that is no settlement of a route's market.
    #[error("not a settlement: {reason}")]
    NotASettlement {
        /// Which check failed.
        reason: &'static str,
    },
    /// A channel would be a second control channel.
    #[error(
        "route `{route}` has control channel `{channel}`; the contract's owner can allow another with `arm_control`"
    )]
    SecondChannel {
        /// The route.
        route: String,
        /// Its channel.
        channel: String,
    },
    /// The counterparty or connection belongs to no route.
    #[error("no route is on `{connection}` to `{port}`")]
    StrangeChannel {
        /// The connection proposed.
        connection: String,
        /// The counterparty's port.
        port: String,
    },
    /// A control channel is not to be closed.
    #[error(
        "channel `{channel}` is not to be closed; the contract's owner can allow it once with `arm_control`"
    )]
    CloseRefused {
        /// The channel.
        channel: String,
    },
    /// The stored state is of another contract, or of a version that was never released.
    #[error("the stored state is of {got}, expected {expected}")]
    WrongVersion {
        /// Whose it is.
        got: String,
        /// Whose it may be.
        expected: String,
    },
    /// A reply came that nobody asked for.
    #[error("no reply with id {id} is expected")]
    UnknownReply {
        /// Its id.
        id: u64,
    },
    /// The chain did not say under which sequence it sent a packet.
    #[error("the chain's response to a sent packet carries no sequence")]
    NoSequence,
    /// The chain refused to send a packet.
    #[error("the chain did not send the packet: {reason}")]
    NotSent {
        /// What it says.
        reason: String,
    },
}
