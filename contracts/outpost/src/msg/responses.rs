//! What queries, and `buy`, answer.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Coin, CosmosMsg, Uint128};
use cw_utils::Expiration;
use protocol::RouteStyle;
use protocol::control::{DeploymentStatus, Refusal};
use protocol::json::Decode;

use super::{Operator, SpendingLimit};

/// Data of the response to `buy`.
#[cw_serde]
pub struct BuyResponse {
    /// Number of the order, never used again.
    pub seq: u64,
}

/// The limits in force.
#[cw_serde]
#[derive(Decode)]
pub struct ConfigResponse {
    /// The shortest timeout of a packet, in seconds.
    pub min_timeout_seconds: u64,
    /// The timeout of a packet whose sender names none, in seconds.
    pub default_timeout_seconds: u64,
    /// Seconds for which an unsent purchase may be sent.
    pub send_window_seconds: u64,
    /// Whether `buy` is stopped.
    pub paused: bool,
}

/// Who owns the contract, in the JSON of cw-ownable.
#[cw_serde]
#[derive(Decode)]
pub struct OwnershipResponse {
    /// The owner; none after it renounced.
    pub owner: Option<Addr>,
    /// Who was proposed.
    pub pending_owner: Option<Addr>,
    /// Until when the proposal can be accepted.
    pub pending_expiry: Option<Expiration>,
}

/// A page of routes.
#[cw_serde]
pub struct RoutesResponse {
    /// The routes.
    pub routes: Vec<RouteResponse>,
}

/// A way to a market.
#[cw_serde]
pub struct RouteResponse {
    /// Its name.
    pub name: String,
    /// This chain's end of the transfer channel.
    pub channel: String,
    /// The connection beneath it.
    pub connection: String,
    /// The market's address on its chain.
    pub market: String,
    /// The market's port: what the control channel must lead to.
    pub control_port: String,
    /// How contracts are called back.
    pub style: RouteStyle,
    /// The open control channel, if there is one.
    pub control_channel: Option<String>,
    /// Whether the control channel may be closed or replaced, once.
    pub control_armed: bool,
    /// Denoms in which purchases can be made; the first 100.
    pub proved: Vec<String>,
}

/// A page of orders.
#[cw_serde]
pub struct OrdersResponse {
    /// The orders.
    pub orders: Vec<OrderResponse>,
}

/// One order.
#[cw_serde]
pub struct OrderResponse {
    /// Its number.
    pub seq: u64,
    /// Whose it is.
    pub owner: Addr,
    /// The key under which the market knows the owner; never changes.
    pub account: String,
    /// By which route it was bought.
    pub route: String,
    /// Number of the money packet that opens it.
    pub n: u64,
    /// The coin it was opened with.
    pub coin: Coin,
    /// Whom `claim` pays.
    pub refund_to: Addr,
    /// Who may command it beside the owner.
    pub operators: Vec<Operator>,
    /// Whether what comes home returns to the owner's budget, because it was bought with it.
    #[serde(default)]
    pub from_budget: bool,
    /// To whom its owner has offered it.
    pub new_owner: Option<Addr>,
    /// How far it has come.
    pub state: OrderState,
    /// While it is unsent: until when anyone may send it, in seconds since 1970.
    pub send_by: Option<u64>,
    /// What the market last said about it.
    pub status: Option<DeploymentStatus>,
    /// Why the market refused the last command, if it did.
    pub refusal: Option<Refusal>,
}

/// The life of an order: `in_flight → acked → open → leased → closed`,
/// `in_flight → refund_due → refunded`, and `unsent` before it.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub enum OrderState {
    /// The chain did not take the transfer; the coin is here.
    Unsent,
    /// The coin travels.
    InFlight,
    /// The coin arrived. It does not mean that anything was opened with it.
    Acked,
    /// The market has said that the deployment exists.
    Open,
    /// The market has said that a provider runs a group of it.
    Leased,
    /// The market has said that it is over.
    Closed,
    /// The market has said, finally, that it was never opened; the coin is not credited yet.
    RefundDue,
    /// The coin was credited.
    Refunded,
}

/// A page of credits.
#[cw_serde]
pub struct ClaimableResponse {
    /// The credits by (denom, payee).
    pub claimable: Vec<Credit>,
}

/// What `claim` would pay to one address.
#[cw_serde]
pub struct Credit {
    /// The denom.
    pub denom: String,
    /// Who is paid.
    pub payee: Addr,
    /// How much.
    pub amount: Uint128,
}

/// A page of coins without a known order.
#[cw_serde]
pub struct UnclaimedResponse {
    /// The coins by denom.
    pub coins: Vec<Coin>,
}

/// A page of a budget.
#[cw_serde]
pub struct BudgetResponse {
    /// The coins by denom.
    pub coins: Vec<Coin>,
}

/// What a delegate may spend.
#[cw_serde]
pub struct AllowanceResponse {
    /// Who spends.
    pub delegate: Addr,
    /// Until when; none means for ever.
    pub expires: Option<Expiration>,
    /// By denom.
    pub limits: Vec<AllowanceLeft>,
}

/// How much of one denom a delegate may spend.
#[cw_serde]
pub struct AllowanceLeft {
    /// The limit.
    pub limit: SpendingLimit,
    /// Units it could spend now, if the budget has them.
    pub left: Uint128,
    /// Units it has spent in all.
    pub spent: Uint128,
}

/// A page of allowances.
#[cw_serde]
pub struct AllowancesResponse {
    /// The allowances by delegate.
    pub allowances: Vec<AllowanceResponse>,
}

/// The automatic top-up of an order.
#[cw_serde]
pub struct AutoTopUpResponse {
    /// Seconds that a top-up makes the money last.
    pub target_runway_seconds: u64,
    /// Units per period, tips included.
    pub max_per_period: Uint128,
    /// Seconds of a period.
    pub period_seconds: u64,
    /// Units for whoever pokes.
    pub tip: Uint128,
    /// Units that may still be spent in this period.
    pub left: Uint128,
    /// Number of the top-up under way.
    pub in_flight: Option<u64>,
    /// Units that a `poke` would send now, without the tip; zero if the money lasts long enough.
    pub due: Uint128,
}

/// A page of money packets without a known outcome.
#[cw_serde]
pub struct InFlightResponse {
    /// The packets by `n`.
    pub packets: Vec<FlightResponse>,
}

/// A money packet without a known outcome.
#[cw_serde]
pub struct FlightResponse {
    /// Its number.
    pub n: u64,
    /// What it carries.
    pub kind: FlightKind,
    /// The order it is about; none for a probe.
    pub seq: Option<u64>,
    /// Its route.
    pub route: String,
    /// This chain's end of the transfer channel.
    pub channel: String,
    /// Its sequence on that channel.
    pub sequence: u64,
    /// The coin it carries.
    pub coin: Coin,
    /// Whose credit the coin would be.
    pub owner: Addr,
    /// Who would be paid.
    pub payee: Addr,
    /// When it can no longer be received, in seconds since 1970.
    pub timeout_at: u64,
    /// Units for who sent it, once it has arrived.
    #[serde(default)]
    pub tip: Uint128,
    /// When the contract's owner announced its refund, in seconds since 1970.
    pub announced_at: Option<u64>,
    /// How far its repair has come.
    pub state: FlightState,
}

/// What a money packet carries.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub enum FlightKind {
    /// A purchase.
    Open,
    /// A top-up.
    TopUp,
    /// A command paid with a coin.
    Command,
    /// A probe of a route.
    Probe,
}

/// How far the repair of a money packet has come.
#[cw_serde]
#[derive(Decode, Copy, Eq)]
pub enum FlightState {
    /// The callback is awaited.
    Waiting,
    /// The market has said, finally, that it never accepted it; the coin is not credited yet.
    RefundDue,
}

/// Whether the coins at hand cover what is owed.
#[cw_serde]
pub struct SolvencyResponse {
    /// Coins the contract holds.
    pub bank: Uint128,
    /// Coins that are somebody's: claimable, unclaimed, unsent, budgets, tips. Never more than
    /// `bank`.
    pub tracked: Uint128,
    /// Coins of packets without a known outcome: not at hand unless they came back.
    pub unresolved: Uint128,
    /// Whether `bank ≥ tracked`.
    pub solvent: bool,
}

/// What a purchase needs.
#[cw_serde]
pub struct QuoteResponse {
    /// What to attach: every group at its `max_rate` for the time asked, rounded up. The market's
    /// minimum deposit and fees come from its own `quote`; whatever is not spent comes home.
    pub coin: Coin,
    /// For how many seconds.
    pub seconds: u64,
    /// The message for a proposal of DAO DAO or cw3, coin included.
    pub message: CosmosMsg,
    /// Bytes of the order as it will travel; the limit is 4,096.
    pub order_bytes: u64,
}

/// Name and version of the contract, as DAO DAO's contracts tell it.
#[cw_serde]
pub struct InfoResponse {
    /// Name and version.
    pub info: cw2::ContractVersion,
}
