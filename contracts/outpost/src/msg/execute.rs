//! The messages, one variant for each privilege; who may send it stands at the end of its text.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Coin, Uint128};
use cw_utils::Expiration;
use protocol::deployment::Manifest;
use protocol::json::Decode;
use protocol::{Message, RouteStyle};

use super::{Buy, ConfigChanges, Operator, OwnershipAction, RemoteOperators, SpendingLimit};

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
    /// Change whom `claim` pays for what comes home from now on. It stays on this chain, except on a
    /// route of style `plain`: there it travels as a command. Owner.
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
    /// Ask the market how the deployment stands. Anyone may, without a coin; one question at a time
    /// per order.
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
    /// later. The market is asked once more, if there is a control channel. Contract owner.
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
        /// How the two chains call contracts back.
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
    /// Money that comes home over ibc-hooks: what the memo of a transfer carries. The account in
    /// which the chain calls for a route's market.
    Entrepot(Box<Message>),
}
