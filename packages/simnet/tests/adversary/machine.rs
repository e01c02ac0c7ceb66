//! Plays a run in a world and judges it.

use cosmwasm_std::coin;
use market::msg::{ExecuteMsg as Market, LeaseId};
use outpost::msg::ExecuteMsg as Outpost;
use outpost::msg::responses::OrderState;
use proptest::test_runner::{TestCaseError, TestCaseResult};
use protocol::control::{Command, Instruction};
use protocol::handshake::port_of;
use protocol::money::Open;
use protocol::{Action, DeploymentId, Otherwise, Selection};
use simnet::world::orders::{WEB_RATE, web_offer, web_server};
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, People, ROUTE, USDX};
use simnet::{CallbackKind, ClientStatus, Error, PacketId, Relayer, Result, Stage, World};

use super::act::{Act, Choice, Pick};

const OWNERS: [&str; 2] = ["dao", "guild"];
const WALLET: &str = "wallet";
const PROVIDERS: [&str; 2] = ["p1", "p2"];
const PEOPLE: People<'_> = People { owners: &OWNERS, wallets: &[WALLET], providers: &PROVIDERS };
const FUNDS: u128 = 1_000_000_000;

struct Machine {
    world: World,
    offer: u64,
    /// Every packet that was ever under way.
    seen: Vec<PacketId>,
    /// Units sent to the market with no order.
    strays: u128,
}

/// Plays the steps, then lets time pass, then counts.
pub(crate) fn play(acts: &[Act]) -> TestCaseResult {
    let failed = |error: Error| TestCaseError::fail(error.to_string());
    let mut machine = Machine::new().map_err(failed)?;
    for act in acts {
        tolerate(machine.step(act)).map_err(failed)?;
        machine.remember_packets().map_err(failed)?;
    }
    machine.calm().map_err(failed)?;
    machine.world.wait_for_every_exit(&PEOPLE).map_err(failed)?;
    machine.leave().map_err(failed)?;
    machine.count()
}

/// A refusal is an answer. What breaks an invariant is not.
fn tolerate(done: Result<()>) -> Result<()> {
    match done {
        Err(
            Error::Transaction { .. }
            | Error::Transfer { .. }
            | Error::ChannelState { .. }
            | Error::ClientNotActive { .. }
            | Error::TimeoutElapsed
            | Error::Proof { .. }
            | Error::NotAcknowledged { .. },
        ) => Ok(()),
        other => other,
    }
}

/// A contract must take every acknowledgement and timeout: its error would block the packet for
/// ever. So here, unlike in [`tolerate`], a failed transaction is a failure.
fn must_relay(done: Result<()>) -> Result<()> {
    match done {
        Err(Error::Transaction { reason }) => {
            Err(Error::Invariant { reason: format!("a relayed message failed: {reason}") })
        }
        other => other,
    }
}

fn pick<T: Clone>(from: &[T], which: Pick) -> Option<T> {
    let index = usize::from(which).checked_rem(from.len())?;
    from.get(index).cloned()
}

impl Machine {
    fn new() -> Result<Self> {
        let mut world = World::new()?;
        for name in OWNERS.into_iter().chain([WALLET]) {
            world.fund(name, FUNDS)?;
        }
        for name in PROVIDERS {
            world.register_provider(name)?;
        }
        let offer = world.post_offer("p1", web_offer(&world.usdx_on_a()))?;
        let mut machine = Self { world, offer, seen: Vec::new(), strays: 0 };
        machine.open_business()?;
        Ok(machine)
    }

    /// Something to act on from the first step: a lease that runs and an order with a bid.
    fn open_business(&mut self) -> Result<()> {
        let choices = [("dao", Choice::OfferOrRefund), ("guild", Choice::Manual)];
        for (owner, choice) in choices {
            let deployment = web_server(self.selection(choice));
            self.world.buy(owner, deployment, FUNDS / 10)?;
        }
        self.world.relay()?;
        let lease = LeaseId { deployment: self.world.deployment("dao", 1), group: 0 };
        self.world.beat("p1", &lease)?;
        let order = LeaseId { deployment: self.world.deployment("guild", 2), group: 0 };
        self.world.bid("p2", order, WEB_RATE)
    }

    fn remember_packets(&mut self) -> Result<()> {
        for (packet, _) in self.world.network.in_flight()? {
            if !self.seen.contains(&packet) {
                self.seen.push(packet);
            }
        }
        Ok(())
    }

    fn step(&mut self, act: &Act) -> Result<()> {
        match act {
            Act::Buy { .. }
            | Act::TopUp { .. }
            | Act::AcceptBid { .. }
            | Act::Close { .. }
            | Act::CloseWithCoin { .. }
            | Act::Status { .. }
            | Act::Claim { .. }
            | Act::Reconcile { .. }
            | Act::Cancel { .. }
            | Act::Send { .. } => self.tenant(act),
            Act::WalletOpen { .. } | Act::WalletClose { .. } | Act::Stray { .. } => {
                self.wallet(act)
            }
            Act::Bid { .. } | Act::Beat { .. } | Act::Withdraw { .. } | Act::Leave { .. } => {
                self.provider(act)
            }
            Act::Knock => self.world.knock_at_every_exit(&PEOPLE),
            Act::Pass { seconds } => self.world.pass(*seconds),
            Act::RelayAll
            | Act::RelayOne { .. }
            | Act::Repeat { .. }
            | Act::Withhold { .. }
            | Act::ReleaseAll
            | Act::Forge { .. } => self.relayer(act),
            _ => self.fault(act),
        }
    }

    /// The number of one of the orders so far, and its owner.
    fn order(&self, which: Pick) -> Option<(u64, &'static str)> {
        let mut orders = Vec::new();
        let mut seq = 1;
        while let Ok(order) = self.world.order(seq) {
            let owner = OWNERS
                .into_iter()
                .find(|name| self.world.address(OUTPOST_CHAIN, name) == order.owner);
            orders.extend(owner.map(|owner| (seq, owner)));
            seq += 1;
        }
        pick(&orders, which)
    }

    fn lease(&mut self, which: Pick) -> Result<Option<LeaseId>> {
        let mut all: Vec<DeploymentId> = Vec::new();
        for tenant in self.world.tenants(&PEOPLE) {
            all.extend(self.world.deployments_of(&tenant)?.into_iter().map(|(id, _)| id));
        }
        Ok(pick(&all, which).map(|deployment| LeaseId { deployment, group: 0 }))
    }

    fn tenant(&mut self, act: &Act) -> Result<()> {
        let order = |machine: &Self, which: Pick| {
            let none = || Error::Transaction { reason: "no order yet".into() };
            machine.order(which).ok_or_else(none)
        };
        match act {
            Act::Buy { owner, choice, units, max_rate_percent } => {
                let owner = OWNERS[usize::from(*owner) % OWNERS.len()];
                let mut deployment = web_server(self.selection(*choice));
                deployment.groups[0].max_rate = (WEB_RATE * max_rate_percent / 100).into();
                self.world.buy(owner, deployment, *units).map(|_| ())
            }
            Act::TopUp { payer, order: which, units } => {
                let payer = OWNERS[usize::from(*payer) % OWNERS.len()];
                let (seq, _) = order(self, *which)?;
                self.world.top_up(payer, seq, *units)
            }
            Act::AcceptBid { order: which, bid } => {
                let (seq, owner) = order(self, *which)?;
                let deployment = self.world.deployment(owner, seq);
                let bids = self.world.bids(&LeaseId { deployment, group: 0 })?;
                match pick(&bids, *bid) {
                    Some(bid) => self.world.accept_bid(owner, seq, &bid),
                    None => Ok(()),
                }
            }
            Act::Close { order: which } => {
                let (seq, owner) = order(self, *which)?;
                self.world.close(owner, seq)
            }
            Act::CloseWithCoin { order: which } => {
                let (seq, owner) = order(self, *which)?;
                let close = Outpost::Close { seq };
                self.world.outpost(owner, &close, &[coin(20_000, USDX)]).map(|_| ())
            }
            Act::Status { order: which } => {
                let (seq, _) = order(self, *which)?;
                self.world.ask_status(seq)
            }
            Act::Claim { owner } => self.world.claim(OWNERS[usize::from(*owner) % OWNERS.len()]),
            Act::Reconcile { flight } => match pick(&self.world.flights()?, *flight) {
                Some(flight) => self.world.reconcile(flight.n),
                None => Ok(()),
            },
            Act::Cancel { order: which } => {
                let (seq, owner) = order(self, *which)?;
                self.world.outpost(owner, &Outpost::Cancel { seq }, &[]).map(|_| ())
            }
            Act::Send { order: which } => {
                let (seq, _) = order(self, *which)?;
                self.world.outpost("anyone", &Outpost::Send { seq }, &[]).map(|_| ())
            }
            other => unreachable!("no act of a tenant: {other:?}"),
        }
    }

    const fn selection(&self, choice: Choice) -> Selection {
        let offer = self.offer;
        match choice {
            Choice::OfferOrRefund => Selection::Offer { offer, otherwise: Otherwise::Refund },
            Choice::OfferOrOrder => Selection::Offer { offer, otherwise: Otherwise::Order },
            Choice::Manual => Selection::Manual {},
            Choice::Lowest => Selection::Lowest { bidding_seconds: 3_600 },
        }
    }

    fn wallet(&mut self, act: &Act) -> Result<()> {
        let account = self.world.address(OUTPOST_CHAIN, WALLET).to_string();
        let (units, memo) = match act {
            Act::WalletOpen { n, seq, units } => {
                let deployment = web_server(self.selection(Choice::OfferOrRefund));
                let (refund_to, local_refund) = (None, None);
                let open = Open { account, seq: *seq, refund_to, local_refund, deployment };
                (*units, self.world.memo(*n, Action::Open(open))?)
            }
            Act::WalletClose { n, seq } => {
                let command = Command::CloseDeployment {};
                let close = Instruction { account, seq: *seq, command };
                (20_000, self.world.memo(*n, Action::Do(close))?)
            }
            Act::Stray { units } => (*units, String::new()),
            other => unreachable!("no act of a wallet: {other:?}"),
        };
        let stray = memo.is_empty();
        self.world.send_to_market(WALLET, units, memo)?;
        if stray {
            self.strays += units;
        }
        Ok(())
    }

    fn provider(&mut self, act: &Act) -> Result<()> {
        let (provider, deployment) = match act {
            Act::Bid { provider, deployment, .. }
            | Act::Beat { provider, deployment }
            | Act::Leave { provider, deployment } => (*provider, *deployment),
            Act::Withdraw { deployment } => (0, *deployment),
            other => unreachable!("no act of a provider: {other:?}"),
        };
        let provider = PROVIDERS[usize::from(provider) % PROVIDERS.len()];
        let Some(lease) = self.lease(deployment)? else {
            return Ok(());
        };
        match act {
            Act::Bid { rate_percent, .. } => {
                self.world.bid(provider, lease, WEB_RATE * rate_percent / 100)
            }
            Act::Beat { .. } => self.world.beat(provider, &lease),
            Act::Withdraw { .. } => self.world.withdraw("anyone", &lease),
            _ => self.world.market(provider, &Market::CloseLease { lease }, &[]).map(|_| ()),
        }
    }

    fn relayer(&mut self, act: &Act) -> Result<()> {
        let network = &mut self.world.network;
        let done = match act {
            Act::RelayAll => must_relay(self.world.relay().map(|_| ())),
            Act::RelayOne { which } => match pick(&self.world.relayer.pending(network)?, *which) {
                Some((packet, stage)) => {
                    must_relay(Relayer::relay(network, &packet, stage).map(|_| ()))
                }
                None => Ok(()),
            },
            Act::Repeat { which } => match pick(&self.seen, *which) {
                Some(packet) => [Stage::Receive, Stage::Acknowledge, Stage::TimeOut]
                    .into_iter()
                    .try_for_each(|stage| {
                        tolerate(match Relayer::relay(network, &packet, stage) {
                            Err(Error::TimeoutNotReached) => Ok(()),
                            done => must_relay(done.map(|_| ())),
                        })
                    }),
                None => Ok(()),
            },
            Act::Withhold { which } => {
                if let Some(packet) = pick(&self.seen, *which) {
                    self.world.relayer.withhold(packet);
                }
                Ok(())
            }
            Act::ReleaseAll => {
                self.seen.iter().for_each(|packet| self.world.relayer.release(packet));
                Ok(())
            }
            Act::Forge { which } => self.forge(*which),
            other => unreachable!("no act of a relayer: {other:?}"),
        };
        self.world.check()?;
        done
    }

    /// Presents a packet with another sequence, and one with other data: neither was sent.
    fn forge(&mut self, which: Pick) -> Result<()> {
        let Some(id) = pick(&self.seen, which) else {
            return Ok(());
        };
        let network = &mut self.world.network;
        let chain = network.counterparty(&id.chain, &id.port, &id.channel)?;
        let honest = network.packet(&id)?;
        let mut later = honest.clone();
        later.sequence += 1_000;
        let mut richer = honest;
        richer.data = [richer.data.as_slice(), b" "].concat().into();
        for forged in [later, richer] {
            if network.present(&chain, &forged).is_ok() {
                return Err(Error::Invariant { reason: format!("accepted a forged {id:?}") });
            }
        }
        Ok(())
    }

    fn fault(&mut self, act: &Act) -> Result<()> {
        let chain = |which: &Pick| if which % 2 == 0 { MARKET_CHAIN } else { OUTPOST_CHAIN };
        match act {
            Act::Starve { which } => {
                let kind = if which / 2 % 2 == 0 {
                    CallbackKind::Source
                } else {
                    CallbackKind::Destination
                };
                self.world.network.chain_mut(chain(which)).starve_callbacks(kind);
                Ok(())
            }
            Act::FeedAll => {
                self.feed_all();
                Ok(())
            }
            Act::Freeze { which } => {
                let connection = self.connection(chain(which));
                let chain = self.world.network.chain_mut(chain(which));
                chain.set_client(&connection, ClientStatus::Frozen)
            }
            Act::ThawAll => self.thaw_all(),
            Act::CloseControl => self.close_control(),
            Act::OpenControl => self.world.open_control_channel(),
            Act::PauseMarket => {
                self.world.market("market-owner", &Market::Pause {}, &[]).map(|_| ())
            }
            Act::PauseOutpost => {
                self.world.outpost("outpost-owner", &Outpost::Pause {}, &[]).map(|_| ())
            }
            Act::UnpauseAll => self.unpause_all(),
            other => unreachable!("no fault: {other:?}"),
        }
    }

    fn connection(&self, chain: &str) -> String {
        let ends = &self.world.connection;
        if chain == MARKET_CHAIN { ends.market.clone() } else { ends.outpost.clone() }
    }

    fn feed_all(&mut self) {
        for chain in [MARKET_CHAIN, OUTPOST_CHAIN] {
            for kind in [CallbackKind::Source, CallbackKind::Destination] {
                self.world.network.chain_mut(chain).feed_callbacks(kind);
            }
        }
    }

    fn thaw_all(&mut self) -> Result<()> {
        for chain in [MARKET_CHAIN, OUTPOST_CHAIN] {
            let connection = self.connection(chain);
            let chain = self.world.network.chain_mut(chain);
            chain.set_client(&connection, ClientStatus::Active)?;
        }
        Ok(())
    }

    fn unpause_all(&mut self) -> Result<()> {
        tolerate(self.world.market("market-owner", &Market::Unpause {}, &[]).map(|_| ()))?;
        tolerate(self.world.outpost("outpost-owner", &Outpost::Unpause {}, &[]).map(|_| ()))
    }

    fn close_control(&mut self) -> Result<()> {
        let arm = Outpost::ArmControl { route: ROUTE.into() };
        self.world.outpost("outpost-owner", &arm, &[])?;
        let arm = Market::ArmChannelClose { route: self.world.transfer.market.clone() };
        self.world.market("market-owner", &arm, &[])?;
        let port = port_of(self.world.outpost.as_str());
        let channel = self.world.control.outpost.clone();
        self.world.network.chain_mut(OUTPOST_CHAIN).close_channel(&port, &channel)?;
        self.world.network.close_confirm(OUTPOST_CHAIN, &port, &channel)?;
        self.world.check()
    }

    /// Ends every fault: from here on only time passes.
    fn calm(&mut self) -> Result<()> {
        self.feed_all();
        self.thaw_all()?;
        self.unpause_all()?;
        self.seen.iter().for_each(|packet| self.world.relayer.release(packet));
        tolerate(self.world.open_control_channel())?;
        must_relay(self.world.relay().map(|_| ()))
    }

    /// Providers leave and take their stake.
    fn leave(&mut self) -> Result<()> {
        for name in PROVIDERS {
            self.world.market(name, &Market::DeregisterProvider {}, &[])?;
        }
        self.world.pass(8 * 86_400)?;
        for name in PROVIDERS {
            let provider = self.world.on_a(name).into();
            self.world.market("anyone", &Market::ReleaseStake { provider }, &[])?;
        }
        self.world.knock_at_every_exit(&PEOPLE)
    }

    /// Everything is with people again: nothing in the contracts, nothing missing.
    fn count(&mut self) -> TestCaseResult {
        let read = |error: Error| TestCaseError::fail(error.to_string());
        let world = &mut self.world;
        let mut seq = 1;
        while let Ok(order) = world.order(seq) {
            let over = matches!(order.state, OrderState::Closed | OrderState::Refunded);
            // An order that the outpost was never told about again is known to be acked only.
            let acked =
                matches!(order.state, OrderState::Acked | OrderState::Open | OrderState::Leased);
            proptest::prop_assert!(over || acked, "order {seq} ends as {:?}", order.state);
            seq += 1;
        }
        let (market, outpost) = (world.market.clone(), world.outpost.clone());
        let held = world.holdings_on_a(&market).map_err(read)?.0;
        let in_outpost = world.b().balance(&outpost, USDX).map_err(read)?;
        proptest::prop_assert_eq!(in_outpost, 0, "the outpost keeps coins");
        for denom in world.denoms(MARKET_CHAIN) {
            let books = world.market_books(&denom).map_err(read)?;
            proptest::prop_assert_eq!(
                books.liabilities.u128(),
                0,
                "owed by the market: {:?}",
                books
            );
            // A transfer home that came back without word of it, while another arrived without
            // word, is for the market's owner to sort out: see R3 of the protocol.
            let unclear = books.in_flight.u128() + self.strays;
            proptest::prop_assert!(books.bank.u128() <= unclear, "kept by the market: {:?}", books);
        }
        let mut people = held;
        for name in ["p1", "p2", "treasury"] {
            let account = world.on_a(name);
            people += world.holdings_on_a(&account).map_err(read)?.0;
        }
        for name in OWNERS.into_iter().chain([WALLET]) {
            people += world.usdx_of(name).map_err(read)?;
        }
        proptest::prop_assert_eq!(people, 3 * FUNDS, "units are missing or were made");
        Ok(())
    }
}
