//! Messages that change something.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Binary, Uint128};
use protocol::control::Command;
use protocol::deployment::Attribute;
use protocol::json::Decode;
use protocol::ownership::OwnershipAction;
use protocol::{Deployment, DeploymentId, Message, Tenant};

use super::{
    Harm, LeaseId, NewDenom, NewRoute, NewTerms, OfferTerms, OwnerAction, Params, RouteUpdate,
};

/// Every message. Those that take coins say so; all others refuse them.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum ExecuteMsg {
    /// Become a provider. The coin is the stake.
    RegisterProvider {
        /// Where tenants reach the provider's gateway.
        host_uri: String,
        /// What the provider says of itself; at most 24.
        attributes: Vec<Attribute>,
    },
    /// Change what a provider says of itself. A coin, if any, adds to the stake.
    UpdateProvider {
        /// The new gateway.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host_uri: Option<String>,
        /// The new attributes, all of them. If a live lease requires one that is gone, its tenant
        /// may leave without minimum charge.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attributes: Option<Vec<Attribute>>,
    },
    /// Take no new leases and start to unbond.
    DeregisterProvider {},
    /// Release the stake of a provider that has left: unbonding is over and no lease lives. By anyone.
    ReleaseStake {
        /// The provider.
        provider: String,
    },
    /// Sign attributes of a provider, in place of what the sender signed of it before. Anybody may
    /// be an auditor; orders name those they believe.
    SignAttributes {
        /// The provider.
        provider: String,
        /// What is signed; at most 24.
        attributes: Vec<Attribute>,
        /// Seconds for which it counts; at most 366 days.
        valid_for_seconds: u64,
    },
    /// Take a signature back. After its expiry by anyone.
    RevokeAttributes {
        /// The provider.
        provider: String,
        /// Who signed; default the sender.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        auditor: Option<String>,
    },
    /// Post a standing offer. The coin is the bond, of which each lease locks its part.
    PostOffer {
        /// Its terms.
        terms: OfferTerms,
    },
    /// Change an offer, by its provider. What is better for tenants (cheaper, more attributes, more
    /// capacity, a later end) holds at once, the rest a day later. A coin, if any, adds to the bond.
    UpdateOffer {
        /// The market's number of the offer.
        offer: u64,
        /// The new terms, all of them; the denom stays. None if only the bond grows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        terms: Option<OfferTerms>,
    },
    /// End an offer: no new leases, and what its leases do not lock of the bond becomes claimable.
    /// By its provider; after its expiry by anyone.
    CancelOffer {
        /// The market's number of the offer.
        offer: u64,
    },
    /// Open a deployment as a tenant of this chain. The coin funds its account.
    Open {
        /// The sender's own number for it, never used before, below 2^53.
        seq: u64,
        /// Who receives what is unspent; default the sender.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund_to: Option<String>,
        /// What to run.
        deployment: Deployment,
    },
    /// Add the coin to a deployment's account. By anyone.
    TopUp {
        /// Whose deployment; default the sender's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<Tenant>,
        /// Its number.
        seq: u64,
    },
    /// Command a deployment, as its tenant of this chain or as one of its operators here.
    /// The response data is the [`protocol::control::Answer`].
    Act {
        /// Which deployment.
        deployment: DeploymentId,
        /// What to do.
        command: Command,
    },
    /// Bid for an open order. The coin is the deposit, a day's pay at the rate and at half of the order's
    /// `max_rate` at least; if the bid wins it becomes the lease's bond.
    Bid {
        /// The order.
        order: LeaseId,
        /// For the whole group: nano-units of the order's denom per second.
        rate: Uint128,
        /// Seconds for which the bid is binding, cut at the order's expiry. In the bidding period
        /// of an auction it binds until `match_by` instead.
        valid_for_seconds: u64,
    },
    /// Have the lowest bid win that still can, in the hour after the bidding period of an order with
    /// selection `lowest`. By anyone.
    Match {
        /// The order.
        order: LeaseId,
    },
    /// Return a bid's deposit. Once the bid binds no more, by anyone and whole; earlier by the
    /// bidder, who forfeits a tenth to the tenant, and by anyone if the bid cannot win any more.
    WithdrawBid {
        /// The order.
        order: LeaseId,
        /// The bidder; default the sender.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
    },
    /// Prove that the sender serves its leases. One that cannot be counted is skipped with an event.
    Heartbeat {
        /// The leases; at most 50.
        leases: Vec<LeaseId>,
    },
    /// Pay the provider what a lease has earned. By anyone.
    Withdraw {
        /// The lease.
        lease: LeaseId,
    },
    /// End a lease as its provider: before its first heartbeat for a tenth of the bond, while the
    /// account is short at once, else after the notice agreed.
    CloseLease {
        /// The lease.
        lease: LeaseId,
    },
    /// Propose terms for a lease, as its provider, its tenant of this chain, or an operator with the
    /// scope `terms`. It replaces what this side proposed before.
    ProposeTerms {
        /// The lease.
        lease: LeaseId,
        /// What is proposed.
        terms: NewTerms,
    },
    /// Accept what the tenant proposed, as the lease's provider. The tenant accepts by a command.
    AcceptTerms {
        /// The lease.
        lease: LeaseId,
        /// Number of the proposal.
        terms_no: u64,
    },
    /// Close a lease that ran its term, or whose notice has passed. By anyone.
    EndLease {
        /// The lease.
        lease: LeaseId,
    },
    /// Close an order after its expiry. By anyone.
    ExpireOrder {
        /// The order.
        order: LeaseId,
    },
    /// Close a lease reported for want of a first heartbeat once the time to send it is over; its bond is
    /// forfeit. By anyone.
    CloseUnready {
        /// The lease.
        lease: LeaseId,
    },
    /// State that a lease is silent, or that its first heartbeat did not come in time, and so start the time
    /// its provider has left to beat. By anyone.
    ReportSilent {
        /// The lease.
        lease: LeaseId,
    },
    /// Close a lease reported silent once that time is over; its bond is forfeit. By anyone.
    CloseSilent {
        /// The lease.
        lease: LeaseId,
    },
    /// Close a deployment that has been out of funds for longer than its grace. By anyone.
    CloseShort {
        /// The deployment.
        deployment: DeploymentId,
    },
    /// Close a deployment that has had neither order nor lease for a day. By anyone.
    Finish {
        /// The deployment.
        deployment: DeploymentId,
    },
    /// Pay out what is credited to somebody: here, or by a transfer home. By anyone; after a failed
    /// transfer home only when the back-off is over.
    Claim {
        /// To whom it is credited.
        claimant: Tenant,
        /// The denom.
        denom: String,
    },
    /// Pay what is credited to a remote tenant to its address here, 30 days after the first of an
    /// unbroken row of failed transfers home. By anyone.
    ClaimLocal {
        /// To whom it is credited.
        claimant: Tenant,
        /// The denom.
        denom: String,
    },
    /// Credit a transfer home that came back without word of it: a week after its timeout, if the
    /// bank holds what all unresolved ones amount to. By anyone.
    RecoverSettle {
        /// The route.
        route: String,
        /// Sequence of its packet.
        sequence: u64,
    },
    /// Ask the outpost whether a transfer home arrived of which no word came. After its timeout, by
    /// anyone.
    AskSettled {
        /// The route.
        route: String,
        /// Sequence of its packet.
        sequence: u64,
    },
    /// Owner: announce what can be done only after a delay.
    Announce {
        /// What.
        action: OwnerAction,
    },
    /// Owner: take an announcement back.
    Retract {
        /// Its number.
        announcement: u64,
    },
    /// Owner: do what was announced, once it is due.
    Perform {
        /// Its number.
        announcement: u64,
    },
    /// Send a statement about a money packet home, with the coin of one unit attached. By anyone.
    Attest {
        /// The route.
        route: String,
        /// The packet's sender.
        sender: String,
        /// The sender's number of the packet.
        n: u64,
    },
    /// Owner: take a part of a provider's stake, at most a tenth in any 30 days. What is not given to
    /// tenants goes to the treasury; nothing ever goes to the owner.
    SlashProvider {
        /// The provider.
        provider: String,
        /// Units of its stake.
        amount: Uint128,
        /// Why, in words; at most 256 bytes.
        reason: String,
        /// Who gets it; at most 8.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        harmed: Vec<Harm>,
    },
    /// Owner: accept a denom on a route, or change its terms.
    AddDenom(NewDenom),
    /// Owner: accept a denom no more for new deployments.
    RemoveDenom {
        /// The denom.
        denom: String,
        /// The route; none for tenants of this chain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        route: Option<String>,
    },
    /// Owner: accept tenants over a transfer channel. The chain is asked for its other end.
    AddRoute(NewRoute),
    /// Owner: change a route.
    UpdateRoute(RouteUpdate),
    /// Owner: replace the parameters.
    SetParams {
        /// The new ones, all of them.
        params: Params,
    },
    /// Owner: let the control channel of a route be closed once, so that another can be opened.
    ArmChannelClose {
        /// The route.
        route: String,
    },
    /// Owner or pauser: stop new business. Everything that ends or pays goes on.
    Pause {},
    /// Owner: resume new business.
    Unpause {},
    /// Owner or the one to be: hand the market over, in two steps. Same JSON as cw-ownable.
    UpdateOwnership(OwnershipAction),
    /// From the contract of an accepted token: its sender's tokens, and the message they pay for, one
    /// of those that take coins. Same JSON as cw20.
    Receive(Received),
    /// From the account in which ibc-hooks calls for a route's outpost: money, and what the memo of
    /// its transfer carries.
    Entrepot(Box<Message>),
    /// The market to itself; refused from anybody else.
    Internal(InternalMsg),
}

/// Tokens that came. Same JSON as cw20's `Cw20ReceiveMsg`.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// Whose tokens they were.
    pub sender: String,
    /// How many.
    pub amount: Uint128,
    /// An [`ExecuteMsg`] as JSON.
    pub msg: Binary,
}

/// What the market says to itself, so that a failure can be undone and answered.
#[cw_serde]
#[derive(Decode)]
#[schemaifier(mute_warnings)]
#[serde(deny_unknown_fields)]
pub enum InternalMsg {
    /// Runs a control packet.
    Control {
        /// The route whose control channel it came over.
        route: String,
        /// Its bytes.
        packet: Binary,
    },
}
