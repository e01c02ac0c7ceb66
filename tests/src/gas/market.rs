//! One market whose store is to hold a given number of everything.

use anyhow::Context as _;
use cosmos::chain::TxOutcome;
use cosmos::chain::wasm::NewContract;
use cosmwasm_std::{Decimal, Uint128};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use market::msg::{
    ExecuteMsg, InstantiateMsg, LeaseId, MigrateMsg, NewDenom, NewRoute, OfferTerms, Params,
};
use outpost::msg::ExecuteMsg as Outpost;
use protocol::handshake::{VERSION, port_of};
use protocol::{DeploymentId, RouteStyle, Tenant, limits};
use serde::Serialize;
use simnet::world::ROUTE;
use simnet::world::orders::web_offer;

use super::loopback::{Loopback, carry, open};
use super::stage::{Code, Person, Stage, execute};

/// Stake of a provider.
pub(super) const STAKE: u128 = 1_000_000;
/// What a deployment is opened with: an hour of runway for four web servers, and more.
pub(super) const DEPOSIT: u128 = 1_000_000;
/// Bond of a web server's lease: a day of its rate.
pub(super) const BOND: u128 = 950_400;
/// Gas that the route grants a callback, and the market a command.
pub(super) const CALLBACK_GAS: u64 = 1_000_000;
/// How both ends of the route call back.
pub(super) const STYLE: RouteStyle =
    RouteStyle::Callbacks { source_gas: CALLBACK_GAS, destination_gas: CALLBACK_GAS };

/// Kinds of accounts, for [`Stage::person`].
pub(super) mod kind {
    /// Tenants that only fill the store.
    pub(in crate::gas) const TENANT: u8 = 1;
    /// Providers that only fill the store.
    pub(in crate::gas) const PROVIDER: u8 = 2;
    /// People whose messages are measured, the same in every market.
    pub(in crate::gas) const MEASURED: u8 = 3;
    /// Providers that are new at every measurement.
    pub(in crate::gas) const FRESH: u8 = 4;
    /// Providers that fill an order's slots.
    pub(in crate::gas) const BIDDER: u8 = 5;
    /// Buyers whose money does not arrive when it is sent home.
    pub(in crate::gas) const AWAY: u8 = 6;
}

/// A market, and the people whose messages are measured.
#[derive(Debug)]
pub(super) struct Market<'a> {
    pub(super) stage: &'a Stage,
    pub(super) loopback: &'a Loopback,
    pub(super) address: String,
    /// Where it is bought from through a contract.
    pub(super) outpost: String,
    /// How much its store holds.
    pub(super) size: u32,
    pub(super) voucher: String,
    pub(super) tenant: Person,
    pub(super) provider: Person,
    pub(super) rival: Person,
    /// Buys by transfers.
    pub(super) wallet: Person,
    /// The provider's offers in the token and in the voucher.
    pub(super) offers: [u64; 2],
    /// Providers enough for all slots of an order.
    pub(super) bidders: Vec<Person>,
    last_seq: u64,
    last_n: u64,
}

impl<'a> Market<'a> {
    /// Makes a market with its route, its denoms and two providers.
    pub(super) async fn make(
        stage: &'a Stage,
        loopback: &'a Loopback,
        size: u32,
    ) -> anyhow::Result<Self> {
        let code_id = stage.code(Code::Unpinned);
        let admin = Some(stage.owner.address.as_str());
        let contract = NewContract { code_id, label: "measured", admin, funds: &[] };
        let setup = setup(stage);
        let (address, _) = stage.chain.instantiate(&stage.owner.key, contract, &setup).await?;
        let [tenant, provider, rival, wallet] =
            [0, 1, 2, 3].map(|index| stage.person(kind::MEASURED, index));
        let mut market = Self {
            stage,
            loopback,
            address,
            outpost: stage.outpost().await?,
            size,
            voucher: loopback.voucher(&stage.token),
            tenant: tenant?,
            provider: provider?,
            rival: rival?,
            wallet: wallet?,
            offers: [0; 2],
            bidders: bidders(stage)?,
            last_seq: 0,
            last_n: 0,
        };
        market.list().await?;
        market.link().await?;
        for provider in [market.provider.clone(), market.rival.clone()] {
            market.register(&provider).await?;
        }
        let registered = stream::iter(&market.bidders).map(|bidder| market.register(bidder));
        registered.buffer_unordered(limits::BIDS).try_collect::<Vec<_>>().await?;
        for (index, denom) in [stage.token.clone(), market.voucher.clone()].iter().enumerate() {
            let posted = market.post_offer(&market.provider, denom, 1_000).await?;
            if let Some(offer) = market.offers.get_mut(index) {
                *offer = number(&posted, "offer_posted", "offer")?;
            }
        }
        Ok(market)
    }

    /// Adds the route and what is accepted: on it, and as a token.
    async fn list(&self) -> anyhow::Result<()> {
        let channel = self.loopback.far.clone();
        let outpost = Some(self.outpost.clone());
        let route = NewRoute { channel: channel.clone(), outpost, style: STYLE };
        let denom = NewDenom { route: Some(channel), ..listing(&self.voucher) };
        let token = listing(&format!("cw20:{}", self.stage.cw20));
        let owner = self.stage.owner.clone();
        self.tell(&owner, &ExecuteMsg::AddRoute(route), None).await?;
        self.tell(&owner, &ExecuteMsg::AddDenom(denom), None).await?;
        self.tell(&owner, &ExecuteMsg::AddDenom(token), None).await?;
        Ok(())
    }

    /// Has the outpost know the market, over a control channel and a route that is proved.
    async fn link(&self) -> anyhow::Result<()> {
        let owner = self.stage.owner.clone();
        let route = Outpost::AddRoute {
            name: ROUTE.to_owned(),
            channel: self.loopback.near.clone(),
            market: self.address.clone(),
            style: STYLE,
        };
        self.tell_outpost(&owner, &route, None).await?;
        let ports = [port_of(&self.outpost), port_of(&self.address)];
        open(self.stage, ports.each_ref().map(String::as_str), VERSION).await?;
        let probe = Outpost::ProbeRoute { route: ROUTE.to_owned(), timeout_seconds: None };
        let coin = Some((DEPOSIT, self.stage.token.as_str()));
        let sent = self.tell_outpost(&owner, &probe, coin).await?;
        carry(self.stage, &sent).await
    }

    /// Sends the market one message.
    pub(super) async fn tell(
        &self,
        from: &Person,
        msg: &ExecuteMsg,
        funds: Option<(u128, &str)>,
    ) -> anyhow::Result<TxOutcome> {
        self.execute(&self.address, from, msg, funds).await
    }

    /// Sends the outpost one message.
    pub(super) async fn tell_outpost(
        &self,
        from: &Person,
        msg: &Outpost,
        funds: Option<(u128, &str)>,
    ) -> anyhow::Result<TxOutcome> {
        self.execute(&self.outpost, from, msg, funds).await
    }

    async fn execute(
        &self,
        contract: &str,
        from: &Person,
        msg: &impl Serialize,
        funds: Option<(u128, &str)>,
    ) -> anyhow::Result<TxOutcome> {
        let sent = self.stage.send(from, &[execute(from, contract, msg, funds)?]).await;
        let text = || serde_json::to_string(msg).unwrap_or_default();
        sent.with_context(|| format!("the market with {}: {}", self.size, text()))
    }

    pub(super) async fn register(&self, provider: &Person) -> anyhow::Result<TxOutcome> {
        let register = ExecuteMsg::RegisterProvider {
            host_uri: "https://provider.example:8443".to_owned(),
            attributes: Vec::new(),
        };
        self.tell(provider, &register, Some((STAKE, &self.stage.token))).await
    }

    pub(super) async fn post_offer(
        &self,
        provider: &Person,
        denom: &str,
        leases: u32,
    ) -> anyhow::Result<TxOutcome> {
        let terms = OfferTerms { capacity: leases, ..web_offer(denom) };
        let bond = BOND * u128::from(leases);
        let post = ExecuteMsg::PostOffer { terms };
        self.tell(provider, &post, Some((bond, &self.stage.token))).await
    }

    /// Has the market run by the other of the two codes.
    pub(super) async fn run_by(&self, code: Code) -> anyhow::Result<()> {
        let (owner, code_id) = (&self.stage.owner.key, self.stage.code(code));
        self.stage.chain.migrate(owner, &self.address, code_id, &MigrateMsg {}).await?;
        Ok(())
    }

    /// A number that no deployment of this market has.
    pub(super) const fn next_seq(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }

    /// A number that no packet to this market has.
    pub(super) const fn next_n(&mut self) -> u64 {
        self.last_n += 1;
        self.last_n
    }

    /// The first group of a deployment of the measured tenant.
    pub(super) fn local(&self, seq: u64) -> LeaseId {
        first_group(Tenant::Local { address: self.tenant.address.clone() }, seq)
    }

    /// A buyer elsewhere, as the market sees it.
    pub(super) fn remote(&self, sender: &str, account: &str) -> Tenant {
        let (sender, account) = (sender.to_owned(), account.to_owned());
        Tenant::Remote { route: self.loopback.far.clone(), sender, account }
    }
}

/// The first group of a deployment.
pub(super) const fn first_group(tenant: Tenant, seq: u64) -> LeaseId {
    LeaseId { deployment: DeploymentId { tenant, seq }, group: 0 }
}

/// The providers that fill an order's slots, the same in every market.
pub(super) fn bidders(stage: &Stage) -> anyhow::Result<Vec<Person>> {
    let slots = u32::try_from(limits::BIDS)?;
    (0..slots).map(|index| stage.person(kind::BIDDER, index)).collect()
}

/// A number among the attributes of an event of the market.
pub(super) fn number(outcome: &TxOutcome, event: &str, key: &str) -> anyhow::Result<u64> {
    let value = outcome.attribute(&format!("wasm-{event}"), key);
    Ok(value.with_context(|| format!("the market tells no `{key}` of `{event}`"))?.parse()?)
}

fn setup(stage: &Stage) -> InstantiateMsg {
    InstantiateMsg {
        owner: None,
        min_timeout_seconds: None,
        params: params(stage),
        denoms: vec![listing(&stage.token)],
    }
}

/// Parameters as they are at the beginning, and set again.
pub(super) fn params(stage: &Stage) -> Params {
    Params {
        treasury: stage.owner.address.clone(),
        pauser: None,
        take_rate_bps: 200,
        grace_seconds: 86_400,
        stake_denom: stage.token.clone(),
        min_stake: Uint128::new(STAKE),
        unbonding_seconds: 86_400,
        bond_denom: Some(stage.token.clone()),
        settle_timeout_seconds: 3_600,
        control_gas: CALLBACK_GAS,
    }
}

pub(super) fn listing(denom: &str) -> NewDenom {
    NewDenom {
        denom: denom.to_owned(),
        route: None,
        min_deposit: Uint128::new(1_000),
        min_bond: Uint128::new(1_000),
        bond_factor: Some(Decimal::one()),
        listing_fee: Uint128::zero(),
    }
}
