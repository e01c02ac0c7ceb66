//! What callers say to the outpost: the stable surface for DAOs, multisigs, wallets and tools.
//!
//! One variant is one privilege, so that an x/authz grant can name it. Amounts are strings,
//! durations are seconds, unknown fields are refused. What queries answer is in [`responses`].

pub mod responses;

use cosmwasm_schema::{QueryResponses, cw_serde};
use cosmwasm_std::{Coin, Uint128};
use cw_utils::Expiration;
use protocol::deployment::{AccessKey, LocalOperator, Manifest, Scope};
use protocol::json::Decode;
pub use protocol::ownership::OwnershipAction;
use protocol::{Deployment, RouteStyle};

/// Sets the outpost up.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// Who adds and proves routes, pauses, and arms a control channel; default the sender.
    #[serde(default)]
    pub owner: Option<String>,
    /// The shortest timeout a packet may have, in seconds; default 600, at least 10.
    #[serde(default)]
    pub min_timeout_seconds: Option<u64>,
    /// The timeout of a packet whose sender names none; default one hour, or the shortest if
    /// that is longer.
    #[serde(default)]
    pub default_timeout_seconds: Option<u64>,
    /// Seconds for which anyone may send a purchase that the chain did not take; default 7 days.
    #[serde(default)]
    pub send_window_seconds: Option<u64>,
}

/// Carries nothing: state keeps its form in this version.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct MigrateMsg {}

/// A purchase, with exactly one coin. The sender becomes the owner of the order.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Buy {
    /// Name of a route proved for the coin's denom.
    pub route: String,
    /// What to run and on which terms; travels to the market.
    pub deployment: Deployment,
    /// Address on this chain that `claim` pays; stays here. Default the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_to: Option<String>,
    /// Address on the market's chain for the day the way home is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_refund: Option<String>,
    /// Who may command this order through the outpost beside its owner; stays here. At most 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<Operator>,
    /// Seconds, from execution, after which the packet can no longer be received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
}

/// A key of this chain that may act for an order's owner.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// Its address.
    pub address: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// Who may act for the owner on the market's chain; replaces both lists there.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct RemoteOperators {
    /// Keys that may command.
    pub local_operators: Vec<LocalOperator>,
    /// Keys that authenticate at the provider's gateway.
    pub access_keys: Vec<AccessKey>,
}

/// How much of one denom a delegate may spend.
#[cw_serde]
#[derive(Decode, Eq)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct SpendingLimit {
    /// The denom.
    pub denom: String,
    /// Units in one period.
    pub per_period: Uint128,
    /// Seconds of a period.
    pub period_seconds: u64,
    /// Units in all.
    pub total: Uint128,
}

/// What can be done.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum ExecuteMsg {
    /// Buy: opens a deployment on the market with the coin attached. Answers `{"seq":7}`.
    Buy(Box<Buy>),
    /// Add the coin attached to a deployment's account. Anyone may, for anyone's order; what a
    /// failed top-up brings back is credited to who paid.
    TopUp {
        /// The order.
        seq: u64,
    },
    /// Accept a bid; what was voted on is pinned. Owner, or operator with `bid_accept`. With a
    /// coin the command travels in the coin's transfer and the coin is credited to the deployment.
    AcceptBid {
        /// The order.
        seq: u64,
        /// Index of the group.
        group: u32,
        /// Who made the bid, on the market's chain.
        provider: String,
        /// The bid's number.
        bid_no: u64,
        /// Refused if the bid asks for more: nano-units per second.
        max_rate: Uint128,
    },
    /// Accept the terms a provider proposes for a lease. Owner, or operator with `terms`.
    AcceptTerms {
        /// The order.
        seq: u64,
        /// Index of the group whose lease it is.
        group: u32,
        /// Number of the proposal.
        terms_no: u64,
    },
    /// Close the deployment; what is unspent comes home. Owner, or operator with `close`. With a
    /// coin the command travels in the coin's transfer.
    Close {
        /// The order.
        seq: u64,
    },
    /// Close one lease. Owner, or operator with `close`.
    CloseLease {
        /// The order.
        seq: u64,
        /// Index of the group whose lease it is.
        group: u32,
    },
    /// Replace the manifest. Owner, or operator with `manifest`.
    UpdateManifest {
        /// The order.
        seq: u64,
        /// The new one.
        manifest: Manifest,
    },
    /// Have sent home what the runway does not need. Owner, or operator with `withdraw`.
    WithdrawSurplus {
        /// The order.
        seq: u64,
    },
    /// Replace who may act for the owner; what is not named stays. Owner.
    SetOperators {
        /// The order.
        seq: u64,
        /// The operators on this chain, in force at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operators: Option<Vec<Operator>>,
        /// The operators and access keys on the market's chain; they travel as a command.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remote: Option<RemoteOperators>,
    },
    /// Change whom `claim` pays for what comes home from now on. It stays on this chain. Owner.
    SetRefundTo {
        /// The order.
        seq: u64,
        /// An address of this chain.
        refund_to: String,
    },
    /// Offer an order to another owner, who has it after `accept_order`; naming oneself takes the
    /// offer back. Owner.
    TransferOrder {
        /// The order.
        seq: u64,
        /// Whose it may become.
        new_owner: String,
    },
    /// Take over an order that was offered. What comes home from now on is the new owner's; the
    /// operators on this chain and an automatic top-up end.
    AcceptOrder {
        /// The order.
        seq: u64,
    },
    /// Call the owner, which is a contract, with `{"entrepot_order":{"order":{…}}}`. Anyone may.
    NotifyOwner {
        /// The order.
        seq: u64,
    },
    /// Add the coin attached to a budget: money that delegates spend within their allowances.
    Deposit {
        /// Whose budget; default the sender's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
    },
    /// Pay out of the sender's budget.
    WithdrawBudget {
        /// Which denom.
        denom: String,
        /// How much; default all of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Uint128>,
        /// Who is paid; default the sender.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Let a key spend the sender's budget on purchases and top-ups. Replaces its allowance, and
    /// begins to count anew; without limits it ends.
    SetAllowance {
        /// The key.
        delegate: String,
        /// How much, at most one entry per denom.
        limits: Vec<SpendingLimit>,
        /// Until when; none means for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Expiration>,
    },
    /// Buy for the owner of a budget, with its money. The owner, or a delegate within its
    /// allowance. What comes home returns to the budget. Answers `{"seq":7}`.
    BuyFromBudget {
        /// Whose budget, and whose order it becomes.
        owner: String,
        /// The coin to spend.
        coin: Coin,
        /// The purchase. It names neither `refund_to` nor `local_refund`.
        buy: Box<Buy>,
    },
    /// Top a deployment up with a budget's money. The owner, or a delegate within its allowance;
    /// the order must be the budget owner's.
    TopUpFromBudget {
        /// Whose budget.
        owner: String,
        /// The coin to spend.
        coin: Coin,
        /// The order.
        seq: u64,
    },
    /// Keep a deployment funded out of the owner's budget: anyone may then `poke`. Owner.
    AutoTopUp {
        /// The order.
        seq: u64,
        /// Seconds that a top-up makes the money last; zero ends it.
        target_runway_seconds: u64,
        /// Units per period, tips included.
        max_per_period: Uint128,
        /// Seconds of a period; default 30 days.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        period_seconds: Option<u64>,
        /// Units for whoever pokes, once its top-up has arrived; default none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tip: Option<Uint128>,
    },
    /// Send the top-up that `auto_top_up` asks for, if the money lasts for less than half of the
    /// target. Anyone may; one at a time per order.
    Poke {
        /// The order.
        seq: u64,
    },
    /// Ask the market how the deployment stands. Anyone may; one question at a time per order.
    /// With a coin the question travels in the coin's transfer.
    Status {
        /// The order.
        seq: u64,
    },
    /// Pay what is claimable, to the addresses it was credited for. Anyone may.
    Claim {
        /// Whose credit it is.
        owner: String,
        /// Which denom.
        denom: String,
    },
    /// Pay what is claimable by the sender to another address: the way out if a payee cannot
    /// receive coins.
    ClaimTo {
        /// Which denom.
        denom: String,
        /// Who is paid instead.
        to: String,
    },
    /// Repair a money packet whose callback was lost: ask the market whether it was accepted and,
    /// once the answer is final, credit the refund. Anyone may, after the packet's timeout. If the
    /// market stays silent, see the README (R3).
    Reconcile {
        /// The packet's number, shown by `in_flight`.
        n: u64,
    },
    /// Announce that the contract's owner will have a money packet refunded without the market's
    /// word. From 7 days after its timeout on; `reconcile` by the owner credits it another 7 days
    /// later. Contract owner.
    AnnounceRefund {
        /// The packet's number.
        n: u64,
    },
    /// Send a purchase that the chain did not take. Anyone may, until its `send_by`.
    Send {
        /// The order.
        seq: u64,
    },
    /// Give up a purchase that the chain did not take; its coin becomes claimable. The owner at
    /// once, anyone after its `send_by`.
    Cancel {
        /// The order.
        seq: u64,
    },
    /// Add a route, or correct one on which nothing was proved and nothing travels. Contract
    /// owner.
    AddRoute {
        /// Name under which purchases name it; at most 32 bytes.
        name: String,
        /// This chain's end of the transfer channel to the market's chain.
        channel: String,
        /// The market's address on its chain.
        market: String,
        /// How the two chains call contracts back. This version takes `callbacks`.
        style: RouteStyle,
    },
    /// Prove a route for the denom of the coin attached: the market sends the coin back, and only
    /// that opens (route, denom) for purchases. The coin becomes claimable by the sender.
    /// Contract owner.
    ProbeRoute {
        /// The route.
        route: String,
        /// Seconds, from execution, after which the packet can no longer be received.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_seconds: Option<u64>,
    },
    /// Let the route's control channel be closed, or replaced by another, once. Contract owner.
    ArmControl {
        /// The route.
        route: String,
    },
    /// Change the limits; what is not named stays. Contract owner.
    UpdateConfig(ConfigChanges),
    /// Two-step change of the contract's owner, in the JSON of cw-ownable.
    UpdateOwnership(OwnershipAction),
    /// Stop `buy`; nothing else stops. Contract owner.
    Pause {},
    /// Take purchases again. Contract owner.
    Unpause {},
}

/// Limits to change; what is not named stays.
#[cw_serde]
#[derive(Decode, Copy, Eq, Default)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct ConfigChanges {
    /// See [`InstantiateMsg::min_timeout_seconds`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_timeout_seconds: Option<u64>,
    /// See [`InstantiateMsg::default_timeout_seconds`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_timeout_seconds: Option<u64>,
    /// See [`InstantiateMsg::send_window_seconds`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_window_seconds: Option<u64>,
}

/// What can be asked. Lists are pages: at most `limit` entries, 30 by default, never above 100.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    /// The limits in force.
    #[returns(responses::ConfigResponse)]
    Config {},
    /// The contract's owner, in the JSON of cw-ownable.
    #[returns(responses::OwnershipResponse)]
    Ownership {},
    /// The routes by name, with what is proved on each and its control channel.
    #[returns(responses::RoutesResponse)]
    Routes {
        /// Begin after this name.
        #[serde(default)]
        start_after: Option<String>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// One order.
    #[returns(responses::OrderResponse)]
    Order {
        /// Its number.
        seq: u64,
    },
    /// The orders of an owner by number.
    #[returns(responses::OrdersResponse)]
    Orders {
        /// Whose.
        owner: String,
        /// Begin after this number.
        #[serde(default)]
        start_after: Option<u64>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// What `claim` would pay of an owner's credit, and to whom.
    #[returns(responses::ClaimableResponse)]
    Claimable {
        /// Whose credit.
        owner: String,
        /// Begin after this (denom, payee).
        #[serde(default)]
        start_after: Option<(String, String)>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// Coins that came home for an account whose order is not known. `claim` pays them too.
    #[returns(responses::UnclaimedResponse)]
    Unclaimed {
        /// The account as the market named it.
        account: String,
        /// Begin after this denom.
        #[serde(default)]
        start_after: Option<String>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// What an owner's budget holds, by denom.
    #[returns(responses::BudgetResponse)]
    Budget {
        /// Whose.
        owner: String,
        /// Begin after this denom.
        #[serde(default)]
        start_after: Option<String>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// What a delegate may spend of an owner's budget.
    #[returns(responses::AllowanceResponse)]
    Allowance {
        /// Whose budget.
        owner: String,
        /// Who spends.
        delegate: String,
    },
    /// The delegates of an owner, by address.
    #[returns(responses::AllowancesResponse)]
    Allowances {
        /// Whose budget.
        owner: String,
        /// Begin after this delegate.
        #[serde(default)]
        start_after: Option<String>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// The automatic top-up of an order, and what a `poke` would send now.
    #[returns(responses::AutoTopUpResponse)]
    AutoTopUp {
        /// The order.
        seq: u64,
    },
    /// Money packets whose outcome is not known yet, by their number `n`.
    #[returns(responses::InFlightResponse)]
    InFlight {
        /// Begin after this `n`.
        #[serde(default)]
        start_after: Option<u64>,
        /// How many.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// Whether the coins at hand cover what is owed.
    #[returns(responses::SolvencyResponse)]
    Solvency {
        /// Which denom.
        denom: String,
    },
    /// Whether this purchase would be sent, what to attach to it, and the exact message to put
    /// into a proposal. An error says why it would not be.
    #[returns(responses::QuoteResponse)]
    Quote {
        /// The purchase.
        buy: Box<Buy>,
        /// In which denom it is paid.
        denom: String,
        /// Seconds the coin is to last at every group's `max_rate`; default and minimum the
        /// deployment's runway.
        #[serde(default)]
        seconds: Option<u64>,
    },
    /// Name and version of the contract, as DAO DAO's contracts tell it.
    #[returns(responses::InfoResponse)]
    Info {},
}
