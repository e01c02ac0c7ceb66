//! The questions; what they answer is in [`super::responses`].

use cosmwasm_schema::{QueryResponses, cw_serde};
use protocol::json::Decode;

use super::{Buy, responses};

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
