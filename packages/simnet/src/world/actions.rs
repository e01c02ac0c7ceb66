//! What people do, under names that tell it.

use cosmwasm_std::{Addr, Coin, Timestamp, Uint128, coin, from_json};
use cw_multi_test::AppResponse;
use market::msg::{
    BidInfo, BidsResponse, ClaimableResponse, ExecuteMsg as Market, InFlightInfo,
    InFlightResponse as MarketInFlight, LeaseId, LeaseInfo, OfferTerms, OffersResponse,
    QueryMsg as AskMarket,
};
use outpost::msg::responses::{
    BuyResponse, ClaimableResponse as OutpostClaimable, FlightResponse, InFlightResponse,
    OrderResponse, UnclaimedResponse,
};
use outpost::msg::{ExecuteMsg as Outpost, QueryMsg as AskOutpost};
use protocol::control::DeploymentStatus;
use protocol::memo::Callback;
use protocol::{Action, Deployment, DeploymentId, Memo, Message, Tenant};

use super::orders::{WEB_RATE, purchase};
use super::{MARKET_CHAIN, OUTPOST_CHAIN, STAKE, USDX, World};
use crate::chain::units;
use crate::error::{Error, Result};
use crate::ibc::callbacks::MAX_CALLBACK_GAS;
use crate::ibc::ics20::Transfer;

/// Stake of every provider, and what it has for bonds.
const PROVIDER_STAKE: u128 = 1_000_000;
const PROVIDER_FUNDS: u128 = 100_000_000;

/// Providers.
impl World {
    /// Registers a provider and gives it coins for bonds.
    ///
    /// # Errors
    /// What the market says.
    pub fn register_provider(&mut self, name: &str) -> Result<()> {
        let account = self.on_a(name);
        let a = self.network.chain_mut(MARKET_CHAIN);
        a.mint(&account, coin(PROVIDER_STAKE + PROVIDER_FUNDS, STAKE))?;
        let register = Market::RegisterProvider {
            host_uri: format!("https://{name}.example"),
            attributes: Vec::new(),
        };
        self.market(name, &register, &[coin(PROVIDER_STAKE, STAKE)])?;
        Ok(())
    }

    /// Posts a standing offer with a bond of half the provider's funds; returns its number.
    ///
    /// # Errors
    /// What the market says.
    pub fn post_offer(&mut self, provider: &str, terms: OfferTerms) -> Result<u64> {
        self.market(provider, &Market::PostOffer { terms }, &[coin(PROVIDER_FUNDS / 2, STAKE)])?;
        let of = Some(self.on_a(provider).into());
        let ask = AskMarket::Offers {
            provider: of,
            denom: None,
            state: None,
            start_after: None,
            limit: Some(50),
        };
        let offers: OffersResponse = self.ask_market(&ask)?;
        let last = offers.offers.last().map(|offer| offer.id);
        last.ok_or_else(|| Error::Invariant { reason: "a posted offer is not listed".into() })
    }

    /// Bids for an order of the world's web server, with the bond of a day as deposit.
    ///
    /// # Errors
    /// What the market says.
    pub fn bid(&mut self, provider: &str, order: LeaseId, rate: u128) -> Result<()> {
        let secured = rate.max(WEB_RATE);
        let bond = (secured * 86_400).div_ceil(1_000_000_000).max(1_000);
        let bid = Market::Bid { order, rate: Uint128::new(rate), valid_for_seconds: 3 * 86_400 };
        self.market(provider, &bid, &[coin(bond, STAKE)])?;
        Ok(())
    }

    /// Sends a heartbeat.
    ///
    /// # Errors
    /// What the market says.
    pub fn beat(&mut self, provider: &str, lease: &LeaseId) -> Result<()> {
        self.market(provider, &Market::Heartbeat { leases: vec![lease.clone()] }, &[])?;
        Ok(())
    }

    /// Serves a lease for a while: beats, waits, and so on until the last second is earned.
    ///
    /// # Errors
    /// What the market says.
    pub fn serve(&mut self, provider: &str, lease: &LeaseId, seconds: u64) -> Result<()> {
        const STEP: u64 = 4 * 3_600;
        let mut left = seconds;
        while left > 0 {
            self.beat(provider, lease)?;
            let step = left.min(STEP);
            self.pass(step)?;
            left -= step;
        }
        Ok(())
    }

    /// Has a lease's earnings paid to its provider.
    ///
    /// # Errors
    /// What the market says.
    pub fn withdraw(&mut self, provider: &str, lease: &LeaseId) -> Result<()> {
        self.market(provider, &Market::Withdraw { lease: lease.clone() }, &[])?;
        Ok(())
    }
}

/// Tenants through the outpost.
impl World {
    /// Buys through the outpost; returns the order's number. The packet is not relayed yet.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn buy(&mut self, owner: &str, deployment: Deployment, units: u128) -> Result<u64> {
        let buy = Outpost::Buy(Box::new(purchase(deployment)));
        let response = self.outpost(owner, &buy, &[coin(units, USDX)])?;
        let bought: BuyResponse = from_json(response.data.unwrap_or_default())?;
        Ok(bought.seq)
    }

    /// Adds to a deployment's account.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn top_up(&mut self, payer: &str, seq: u64, units: u128) -> Result<()> {
        self.outpost(payer, &Outpost::TopUp { seq }, &[coin(units, USDX)])?;
        Ok(())
    }

    /// Accepts a bid over the control channel, pinning what was seen.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn accept_bid(&mut self, owner: &str, seq: u64, bid: &BidInfo) -> Result<()> {
        let accept = Outpost::AcceptBid {
            seq,
            group: 0,
            provider: bid.provider.clone(),
            bid_no: bid.bid_no,
            max_rate: bid.rate,
        };
        self.outpost(owner, &accept, &[])?;
        Ok(())
    }

    /// Closes a deployment over the control channel.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn close(&mut self, owner: &str, seq: u64) -> Result<()> {
        self.outpost(owner, &Outpost::Close { seq }, &[])?;
        Ok(())
    }

    /// Asks the market how an order stands.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn ask_status(&mut self, seq: u64) -> Result<()> {
        self.outpost("anyone", &Outpost::Status { seq }, &[])?;
        Ok(())
    }

    /// Has everything paid that the outpost owes to an owner, if anything.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn claim(&mut self, owner: &str) -> Result<()> {
        let address = self.on_b(owner);
        for denom in self.denoms(OUTPOST_CHAIN) {
            if self.claimable(owner, &denom)? > 0 {
                self.outpost("anyone", &Outpost::Claim { owner: address.to_string(), denom }, &[])?;
            }
        }
        Ok(())
    }

    /// What the outpost owes to an owner in a denom, for its orders and for none in particular.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn claimable(&self, owner: &str, denom: &str) -> Result<u128> {
        let account = self.address(OUTPOST_CHAIN, owner).to_string();
        let owner = account.clone();
        let ask = AskOutpost::Claimable { owner, start_after: None, limit: Some(100) };
        let credits: OutpostClaimable = self.ask_outpost(&ask)?;
        let ask = AskOutpost::Unclaimed { account, start_after: None, limit: Some(100) };
        let unclaimed: UnclaimedResponse = self.ask_outpost(&ask)?;
        let of_orders = credits.claimable.iter().filter(|credit| credit.denom == denom);
        let of_none = unclaimed.coins.iter().filter(|coin| coin.denom == denom);
        let of_none = of_none.map(|coin| units(coin.amount)).sum::<Result<u128>>()?;
        Ok(of_orders.map(|credit| credit.amount.u128()).sum::<u128>() + of_none)
    }

    /// An order as the outpost sees it.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn order(&self, seq: u64) -> Result<OrderResponse> {
        self.ask_outpost(&AskOutpost::Order { seq })
    }

    /// Money packets whose outcome the outpost does not know.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn flights(&self) -> Result<Vec<FlightResponse>> {
        let ask = AskOutpost::InFlight { start_after: None, limit: Some(100) };
        let answer: InFlightResponse = self.ask_outpost(&ask)?;
        Ok(answer.packets)
    }

    /// Starts or ends the repair of a money packet.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn reconcile(&mut self, n: u64) -> Result<()> {
        self.outpost("anyone", &Outpost::Reconcile { n }, &[])?;
        Ok(())
    }

    /// Has the market asked about every money packet whose outcome the outpost does not know, and
    /// the answers brought.
    ///
    /// # Errors
    /// What the outpost says.
    pub fn ask_about_all(&mut self) -> Result<()> {
        for flight in self.flights()? {
            self.reconcile(flight.n)?;
        }
        self.relay()?;
        Ok(())
    }
}

/// What the market knows.
impl World {
    /// How a deployment stands on the market.
    ///
    /// # Errors
    /// What the market says.
    pub fn status(&self, id: &DeploymentId) -> Result<DeploymentStatus> {
        self.ask_market(&AskMarket::Status { id: id.clone() })
    }

    /// A lease that lives.
    ///
    /// # Errors
    /// What the market says.
    pub fn lease(&self, id: &LeaseId) -> Result<LeaseInfo> {
        self.ask_market(&AskMarket::Lease { id: id.clone() })
    }

    /// The bids for an order.
    ///
    /// # Errors
    /// What the market says.
    pub fn bids(&self, order: &LeaseId) -> Result<Vec<BidInfo>> {
        let ask = AskMarket::Bids { order: order.clone(), start_after: None, limit: Some(50) };
        let answer: BidsResponse = self.ask_market(&ask)?;
        Ok(answer.bids)
    }

    /// What the market owes to somebody.
    ///
    /// # Errors
    /// What the market says.
    pub fn credited(&self, claimant: &Tenant, denom: &str) -> Result<u128> {
        let ask = AskMarket::Claimable { claimant: claimant.clone(), denom: denom.into() };
        let answer: ClaimableResponse = self.ask_market(&ask)?;
        Ok(answer.amount.u128())
    }

    /// Transfers home whose outcome the market does not know.
    ///
    /// # Errors
    /// What the market says.
    pub fn settlements(&self) -> Result<Vec<InFlightInfo>> {
        let ask = AskMarket::InFlight {
            route: self.transfer.market.clone(),
            start_after: None,
            limit: Some(50),
        };
        let answer: MarketInFlight = self.ask_market(&ask)?;
        Ok(answer.settlements)
    }

    /// Has everything paid or sent home that the market owes to somebody, and relays it.
    ///
    /// # Errors
    /// What the market says.
    pub fn bring_home(&mut self, claimant: &Tenant) -> Result<()> {
        self.send_home(claimant)?;
        self.relay()?;
        Ok(())
    }

    /// Has everything paid or sent home that the market owes to somebody; it is not relayed yet.
    ///
    /// # Errors
    /// What the market says.
    pub fn send_home(&mut self, claimant: &Tenant) -> Result<()> {
        for denom in self.denoms(MARKET_CHAIN) {
            if self.credited(claimant, &denom)? > 0 {
                let claim = Market::Claim { claimant: claimant.clone(), denom };
                self.market("anyone", &claim, &[])?;
            }
        }
        Ok(())
    }
}

/// A wallet of B that has no outpost, or that lies.
impl World {
    /// A `MsgTransfer` of a named wallet of B to the market, with any memo.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the wallet cannot pay; [`Error::Invariant`].
    pub fn send_to_market(&mut self, from: &str, units: u128, memo: String) -> Result<AppResponse> {
        let sender = self.on_b(from);
        let transfer = self.transfer_to_market(coin(units, USDX), memo);
        self.transfer_from_b(&sender, transfer)
    }

    /// A transfer to the market that anybody on B may send, also after changing it.
    #[must_use]
    pub fn transfer_to_market(&self, coin: Coin, memo: String) -> Transfer {
        Transfer {
            channel: self.transfer.outpost.clone(),
            receiver: self.market.to_string(),
            coin,
            timeout: Timestamp::from_seconds(self.now() + 3_600).into(),
            memo,
        }
    }

    /// Sends a transfer from an account of B.
    ///
    /// # Errors
    /// What the transfer module says; [`Error::Invariant`].
    pub fn transfer_from_b(&mut self, sender: &Addr, transfer: Transfer) -> Result<AppResponse> {
        let Coin { denom, amount } = transfer.coin.clone();
        // The largest amount there is stands for all that the sender has.
        let sent = units(amount).or_else(|_| self.b().balance(sender, &denom))?;
        let done = self.network.chain_mut(OUTPOST_CHAIN).transfer(sender, transfer)?;
        self.note_spent(OUTPOST_CHAIN, sender, &[coin(sent, denom)])?;
        self.check()?;
        Ok(done)
    }

    /// The memo of a wallet without an outpost: a callback to the market and a message.
    ///
    /// # Errors
    /// [`Error::Transaction`] if the message is beyond its limits.
    pub fn memo(&self, n: u64, action: Action) -> Result<String> {
        let memo = Memo {
            src_callback: None,
            dest_callback: Some(Callback::new(self.market.as_str(), MAX_CALLBACK_GAS)),
            entrepot: Message { n, action },
        };
        memo.encode().map_err(|error| Error::Transaction { reason: error.to_string() })
    }
}
