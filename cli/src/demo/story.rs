//! The story, step by step.

use anyhow::{Context as _, bail, ensure};
use cosmwasm_std::{Binary, Coin, CosmosMsg, Uint128, WasmMsg};
use market::msg::{
    ClaimableResponse as Credited, ExecuteMsg as Market, LeaseId, LeaseInfo, OffersResponse,
    QueryMsg as AskMarket,
};
use outpost::msg::responses::{
    ClaimableResponse, OrderResponse, OrderState, OrdersResponse, QuoteResponse,
};
use outpost::msg::{ExecuteMsg as Outpost, QueryMsg as AskOutpost};
use protocol::control::{DeploymentState, DeploymentStatus, GroupState};
use protocol::{DeploymentId, Tenant};

use super::purchase;
use super::stage::{Asset, Side, Stage, Tempo, Who};
use super::table::{Balances, coins};
use super::telling::{Conservation, Opening, Step, Sums, Teller};

/// What the DAO spends at most.
pub(super) const BUDGET: u128 = 1_000_000_000;
/// What a provider stakes.
pub(super) const STAKE: u128 = 1_000_000;
/// What a provider has at first of the coin it stakes.
pub(super) const PROVIDER_FUNDS: u128 = 10_000_000_000;

/// How much there was of everything in the beginning.
#[derive(Debug, PartialEq, Eq)]
struct Supplies {
    usdx: u128,
    stake: u128,
}

/// The story as it is being told.
struct Story<'a, 't, S> {
    stage: &'a mut S,
    teller: Teller<'t>,
    step: u32,
}

/// Tells the story.
///
/// # Errors
/// A step fails, or a unit was lost or made.
pub(super) async fn tell<S: Stage>(stage: &mut S, teller: Teller<'_>) -> anyhow::Result<()> {
    let mut story = Story { stage, teller, step: 0 };
    let start = story.opening().await?;
    let offer = story.provider_offers().await?;
    let seq = story.dao_buys(offer).await?;
    let lease = story.lease_runs(seq).await?;
    story.provider_earns(&lease).await?;
    story.dao_closes(seq, &lease.deployment).await?;
    story.money_comes_home(seq).await?;
    story.everyone_is_paid().await?;
    story.nothing_was_lost(&start).await
}

impl<S: Stage> Story<'_, '_, S> {
    async fn opening(&mut self) -> anyhow::Result<Supplies> {
        self.teller.tell(&Opening {
            place: self.stage.describe(),
            market_chain: self.stage.chain_id(Side::A),
            market: self.stage.address(Who::Market),
            outpost_chain: self.stage.chain_id(Side::B),
            outpost: self.stage.address(Who::Outpost),
        })?;
        let text = "On chain B a DAO holds 1,000 USDX, the stablecoin of its chain. On chain A a \
                    provider has machines to let. Neither has an account on the other's chain.";
        self.tell("In the beginning", text).await?;
        self.supplies().await
    }

    async fn provider_offers(&mut self) -> anyhow::Result<u64> {
        let Tempo { price_factor, .. } = self.stage.tempo();
        let register = Market::RegisterProvider {
            host_uri: "https://provider.example".into(),
            attributes: Vec::new(),
        };
        let stake = Some((Uint128::new(STAKE), Asset::Stake));
        self.stage.tell_market(Who::Provider, &register, stake).await?;
        let terms = purchase::offer(self.stage.denom(Asset::Usdx, Side::A), price_factor);
        let bond = Some((purchase::bond(price_factor), Asset::Stake));
        self.stage.tell_market(Who::Provider, &Market::PostOffer { terms }, bond).await?;
        let provider = Some(self.stage.address(Who::Provider));
        let ask = AskMarket::Offers {
            provider,
            denom: None,
            state: None,
            start_after: None,
            limit: Some(50),
        };
        let offers: OffersResponse = self.stage.ask_market(&ask).await?;
        let offer = offers.offers.last().context("the market does not list the offer")?;
        let text = format!(
            "It registers with a stake and posts offer {}: a price per cpu, memory, storage and \
             endpoint, with a bond that it forfeits if it fails a tenant.",
            offer.id
        );
        self.tell("The provider makes a standing offer", &text).await?;
        Ok(offer.id)
    }

    async fn dao_buys(&mut self, offer: u64) -> anyhow::Result<u64> {
        let Tempo { price_factor, .. } = self.stage.tempo();
        let buy = purchase::buy(self.stage.route_on_b(), offer, price_factor);
        let max_rate = buy.deployment.groups.first().context("nothing is ordered")?.max_rate;
        let denom = self.stage.denom(Asset::Usdx, Side::B);
        let ask = AskOutpost::Quote { buy: Box::new(buy), denom: denom.clone(), seconds: None };
        let quote: QuoteResponse = self.stage.ask_outpost(&ask).await?;
        let amount = Uint128::new(BUDGET);
        ensure!(quote.coin.amount <= amount.into(), "1,000 USDX do not pay the runway");
        let message = with_coin(quote.message, Coin { denom, amount: amount.into() })?;
        let how = self.stage.decide("Buy compute", message).await?;
        let owner = self.stage.address(Who::Dao);
        let ask = AskOutpost::Orders { owner, start_after: None, limit: Some(100) };
        let orders: OrdersResponse = self.stage.ask_outpost(&ask).await?;
        let order = orders.orders.last().context("the outpost does not list the order")?;
        let text = format!(
            "{how} One message, one coin: buy by offer {offer}, pay at most {} USDX a day, out of \
             1,000 USDX. It is order {} at the outpost, and one ICS-20 packet carries coin and \
             order together.",
            coins(per_day(max_rate)),
            order.seq
        );
        let seq = order.seq;
        self.tell("The DAO decides to buy", &text).await?;
        Ok(seq)
    }

    async fn lease_runs(&mut self, seq: u64) -> anyhow::Result<LeaseId> {
        let order = self.wait(seq, "the purchase to arrive", OrderState::Acked).await?;
        let lease = LeaseId { deployment: self.deployment(seq), group: 0 };
        let info: LeaseInfo =
            self.stage.ask_market(&AskMarket::Lease { id: lease.clone() }).await?;
        ensure!(info.state == GroupState::Pending, "the lease is {:?}", info.state);
        let text = format!(
            "The relayer carried the packet. In it the market opened the deployment, funded its \
             escrow account and started the lease with the provider, at {} USDX a day. At the \
             outpost the order is {}. Had anything been wrong, the coin would be back.",
            coins(per_day(info.rate)),
            state_name(order.state)
        );
        self.tell("One packet later a lease runs on chain A", &text).await?;
        Ok(lease)
    }

    async fn provider_earns(&mut self, lease: &LeaseId) -> anyhow::Result<()> {
        let Tempo { beats, seconds_between, .. } = self.stage.tempo();
        let beat = Market::Heartbeat { leases: vec![lease.clone()] };
        for _ in 0..beats {
            self.stage.tell_market(Who::Provider, &beat, None).await?;
            self.stage.pass(seconds_between).await?;
        }
        self.stage.tell_market(Who::Provider, &beat, None).await?;
        let ask = AskMarket::Lease { id: lease.clone() };
        let earned: LeaseInfo = self.stage.ask_market(&ask).await?;
        let withdraw = Market::Withdraw { lease: lease.clone() };
        self.stage.tell_market(Who::Provider, &withdraw, None).await?;
        let paid: LeaseInfo = self.stage.ask_market(&ask).await?;
        let text = format!(
            "It beats {} times in {} and earns by the second, but only while it is alive: {} USDX \
             were ready, {} USDX are paid so far, the market's fee included.",
            paid.beats,
            duration(u64::from(beats) * seconds_between),
            coins(earned.withdrawable.u128()),
            coins(paid.paid.u128())
        );
        self.tell("The provider serves, beats and withdraws", &text).await
    }

    async fn dao_closes(&mut self, seq: u64, id: &DeploymentId) -> anyhow::Result<()> {
        let close = WasmMsg::Execute {
            contract_addr: self.stage.address(Who::Outpost),
            msg: Binary::from(serde_json::to_vec(&Outpost::Close { seq })?),
            funds: Vec::new(),
        };
        let how = self.stage.decide("Close the deployment", close.into()).await?;
        let order = self.wait(seq, "the deployment to close", OrderState::Closed).await?;
        let ask = AskMarket::Status { id: id.clone() };
        let status: DeploymentStatus = self.stage.ask_market(&ask).await?;
        ensure!(status.state == DeploymentState::Closed, "the market says {:?}", status.state);
        let text = format!(
            "{how} The command travelled over the control channel. The market closed the \
             deployment and sent what was unspent home; at the outpost the order is {}.",
            state_name(order.state)
        );
        self.tell("The DAO closes the deployment", &text).await
    }

    async fn money_comes_home(&mut self, seq: u64) -> anyhow::Result<()> {
        let (owner, denom) = (self.stage.address(Who::Dao), self.stage.denom(Asset::Usdx, Side::B));
        let mut rest = 0;
        for _ in 0..self.stage.tempo().patience {
            rest = self.claimable(&owner, &denom).await?;
            if rest > 0 {
                break;
            }
            self.stage.carry().await?;
        }
        ensure!(rest > 0, "nothing of order {seq} came home in time");
        let claim = Outpost::Claim { owner, denom };
        self.stage.tell_outpost(Who::Anyone, &claim).await?;
        let text = format!(
            "{} USDX came back in one packet, and anyone may have them paid to the DAO.",
            coins(rest)
        );
        self.tell("The rest is home", &text).await
    }

    /// The last earnings of a closed lease, and the fee.
    async fn everyone_is_paid(&mut self) -> anyhow::Result<()> {
        let denom = self.stage.denom(Asset::Usdx, Side::A);
        for who in [Who::Provider, Who::Treasury] {
            let claimant = Tenant::Local { address: self.stage.address(who) };
            let ask = AskMarket::Claimable { claimant: claimant.clone(), denom: denom.clone() };
            let credited: Credited = self.stage.ask_market(&ask).await?;
            if !credited.amount.is_zero() {
                let claim = Market::Claim { claimant, denom: denom.clone() };
                self.stage.tell_market(who, &claim, None).await?;
            }
        }
        let text = "The provider takes what it earned until the close, the treasury its fee.";
        self.tell("Provider and treasury are paid", text).await
    }

    async fn nothing_was_lost(&mut self, start: &Supplies) -> anyhow::Result<()> {
        let end = self.supplies().await?;
        let vouchers = self.stage.supply(Asset::Usdx, Side::A).await?;
        let escrow = self.stage.balance(Who::Escrow, Asset::Usdx).await?;
        let mut on_a = 0;
        for who in [Who::Market, Who::Provider, Who::Treasury] {
            on_a += self.stage.balance(who, Asset::Usdx).await?;
        }
        let mut on_b = escrow;
        for who in [Who::Dao, Who::Outpost] {
            on_b += self.stage.balance(who, Asset::Usdx).await?;
        }
        let sums = |(what, one, other)| Sums { what, one, other };
        let checks = [
            ("USDX on chain B before and after", start.usdx, end.usdx),
            ("stake coins on chain A before and after", start.stake, end.stake),
            ("USDX vouchers on A and USDX held for them on B", vouchers, escrow),
            ("vouchers on A and what market, provider and treasury have", vouchers, on_a),
            ("the DAO's 1,000 USDX and what DAO, outpost and A have", BUDGET, on_b),
        ];
        let told = Conservation { conservation: checks.map(sums).into() };
        self.teller.tell(&told)?;
        let broken = told.broken();
        ensure!(
            broken == 0,
            "{broken} of {} sums do not agree: units were lost or made",
            checks.len()
        );
        Ok(())
    }

    /// Tells what happened, with the balances after it.
    async fn tell(&mut self, title: &str, text: &str) -> anyhow::Result<()> {
        let balances = Balances::read(self.stage).await?;
        self.teller.tell(&Step { step: self.step, title, text, balances })?;
        self.step += 1;
        Ok(())
    }

    /// Lets the relayer work until the outpost says that an order has come to a state or beyond.
    async fn wait(
        &mut self,
        seq: u64,
        what: &str,
        wanted: OrderState,
    ) -> anyhow::Result<OrderResponse> {
        for _ in 0..self.stage.tempo().patience {
            self.stage.carry().await?;
            let order: OrderResponse = self.stage.ask_outpost(&AskOutpost::Order { seq }).await?;
            if let Some(refusal) = &order.refusal {
                bail!("the market refused the command: {}: {}", refusal.code, refusal.detail);
            }
            if order.state == OrderState::Refunded {
                bail!("order {seq} was refunded; `entrepot why {seq}` tells why");
            }
            if progress(order.state) >= progress(wanted) {
                return Ok(order);
            }
        }
        bail!("waited in vain for {what}; `entrepot why {seq}` tells where it is")
    }

    async fn claimable(&self, owner: &str, denom: &str) -> anyhow::Result<u128> {
        let ask =
            AskOutpost::Claimable { owner: owner.into(), start_after: None, limit: Some(100) };
        let credits: ClaimableResponse = self.stage.ask_outpost(&ask).await?;
        let of_denom = credits.claimable.iter().filter(|credit| credit.denom == denom);
        Ok(of_denom.map(|credit| credit.amount.u128()).sum())
    }

    async fn supplies(&self) -> anyhow::Result<Supplies> {
        Ok(Supplies {
            usdx: self.stage.supply(Asset::Usdx, Side::B).await?,
            stake: self.stage.supply(Asset::Stake, Side::A).await?,
        })
    }

    /// The market's name for an order of the DAO.
    fn deployment(&self, seq: u64) -> DeploymentId {
        let tenant = Tenant::Remote {
            route: self.stage.route_on_a(),
            sender: self.stage.address(Who::Outpost),
            account: self.stage.address(Who::Dao),
        };
        DeploymentId { tenant, seq }
    }
}

/// The message that a quote proposes, with the DAO's whole budget attached.
fn with_coin(message: CosmosMsg, coin: Coin) -> anyhow::Result<CosmosMsg> {
    match message {
        CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, .. }) => {
            Ok(WasmMsg::Execute { contract_addr, msg, funds: vec![coin] }.into())
        }
        other => bail!("the outpost quotes no call of itself: {other:?}"),
    }
}

/// How far along the way of a purchase a state is.
const fn progress(state: OrderState) -> u8 {
    match state {
        OrderState::Unsent
        | OrderState::InFlight
        | OrderState::RefundDue
        | OrderState::Refunded => 0,
        OrderState::Acked => 1,
        OrderState::Open => 2,
        OrderState::Leased => 3,
        OrderState::Closed => 4,
    }
}

const fn state_name(state: OrderState) -> &'static str {
    match state {
        OrderState::Unsent => "unsent",
        OrderState::InFlight => "in flight",
        OrderState::Acked => "acknowledged",
        OrderState::Open => "open",
        OrderState::Leased => "leased",
        OrderState::Closed => "closed",
        OrderState::RefundDue => "due to be refunded",
        OrderState::Refunded => "refunded",
    }
}

/// Units a day at a rate of nano-units per second.
const fn per_day(rate: Uint128) -> u128 {
    rate.u128().saturating_mul(86_400) / 1_000_000_000
}

fn duration(seconds: u64) -> String {
    if seconds % 3_600 == 0 {
        format!("{} hours", seconds / 3_600)
    } else {
        format!("{seconds} seconds")
    }
}
