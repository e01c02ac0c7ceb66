//! Plays a run in a world and judges it.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Decimal, IbcOrder, Uint128, coin, from_json};
use market::msg::{ExecuteMsg as Market, LeaseId, NewDenom};
use outpost::msg::responses::OrderState;
use proptest::test_runner::{TestCaseError, TestCaseResult};
use protocol::Tenant;
use protocol::control::ControlAck;
use protocol::handshake::port_of;
use protocol::ics20::{FungibleTokenPacketData, TransferOutcome, outcome};
use simnet::world::orders::{WEB_RATE, web_offer, web_server};
use simnet::world::{Ends, MARKET_CHAIN, OUTPOST_CHAIN, PROBE_UNITS, People, STAKE, USDX};
use simnet::{Error, PacketId, Result, TRANSFER_PORT, TRANSFER_VERSION, World};

use super::act::{Act, Choice, Pick};
use super::mischief::must_relay;
use super::purses::{purses, same_purses};
use super::rebuild::rebuild;

pub(crate) const OWNERS: [&str; 2] = ["dao", "guild"];
pub(crate) const WALLET: &str = "wallet";
/// Owns the outpost.
pub(crate) const KEEPER: &str = "outpost-owner";
pub(crate) const PROVIDERS: [&str; 2] = ["p1", "p2"];
/// Tenants on A.
pub(crate) const LOCALS: [&str; 2] = ["lea", "max"];
pub(crate) const PEOPLE: People<'_> =
    People { owners: &OWNERS, wallets: &[WALLET], locals: &LOCALS, providers: &PROVIDERS };
/// How long auctions take bids.
pub(crate) const BIDDING_SECONDS: u64 = 3_600;
const FUNDS: u128 = 1_000_000_000;
/// The least time between an announcement and what it announces.
const ANNOUNCED_SECONDS: u64 = 7 * 86_400;

/// How often each message was taken, by name.
#[derive(Debug, Default)]
pub(crate) struct Counts(pub(crate) BTreeMap<String, u64>);

/// What came about in one history, or in all of a test.
#[derive(Debug, Default)]
pub(crate) struct Story {
    /// How often the contracts took each message, each on its own chain.
    pub(crate) taken: Counts,
    /// The names of the events that the market told.
    pub(crate) told: BTreeSet<String>,
    /// How many messages and packets reached the market before time alone passed, refused ones included.
    pub(crate) reached: u64,
}

impl Story {
    pub(crate) fn extend(&mut self, other: Self) {
        for (name, count) in other.taken.0 {
            *self.taken.0.entry(name).or_default() += count;
        }
        self.told.extend(other.told);
        self.reached += other.reached;
    }
}

impl Counts {
    pub(crate) fn add(&mut self, name: String) {
        *self.0.entry(name).or_default() += 1;
    }
}

pub(crate) struct Machine {
    pub(crate) world: World,
    pub(crate) offer: u64,
    /// The last number that a tenant on A has given to a deployment.
    pub(crate) last_seq: u64,
    /// Who governs the market.
    pub(crate) owner: &'static str,
    /// A transfer channel that is no route yet.
    pub(crate) spare_channel: Ends,
    /// The messages that the market has taken on its chain, and the outpost on its own.
    pub(crate) taken: Counts,
    /// Every packet that was ever under way.
    pub(crate) seen: Vec<PacketId>,
    /// Units sent to the market with no order.
    pub(crate) strays: u128,
}

/// Plays the steps in a world, then lets time pass, then counts.
pub(crate) fn play(
    world: Result<World>,
    acts: &[Act],
) -> std::result::Result<Story, TestCaseError> {
    let failed = |error: Error| TestCaseError::fail(error.to_string());
    let mut machine = world.and_then(Machine::new).map_err(failed)?;
    let began = purses(&machine.world, &rebuild(&machine.world)?)?;
    for act in acts {
        tolerate(machine.step(act)).map_err(failed)?;
        machine.remember_packets().map_err(failed)?;
    }
    let reached = machine.world.reached_market().map_err(failed)?;
    same_purses(&began, &purses(&machine.world, &rebuild(&machine.world)?)?)?;
    machine.calm().map_err(failed)?;
    machine.world.wait_for_every_exit(&PEOPLE).map_err(failed)?;
    machine.leave().map_err(failed)?;
    machine.empty_budgets().map_err(failed)?;
    machine.count()?;
    machine.count_packets().map_err(failed)?;
    let books = rebuild(&machine.world)?;
    same_purses(&began, &purses(&machine.world, &books)?)?;
    Ok(Story { taken: machine.taken, told: books.met, reached })
}

/// A refusal is an answer. What breaks an invariant is not.
pub(crate) fn tolerate(done: Result<()>) -> Result<()> {
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

/// One of several, taken modulo their number.
pub(crate) fn pick<T: Clone>(from: &[T], which: Pick) -> Option<T> {
    let index = usize::from(which).checked_rem(from.len())?;
    from.get(index).cloned()
}

impl Machine {
    pub(crate) fn new(mut world: World) -> Result<Self> {
        for name in OWNERS.into_iter().chain([WALLET]) {
            world.fund(name, FUNDS)?;
        }
        for name in PROVIDERS {
            world.register_provider(name)?;
        }
        let offer = world.post_offer("p1", web_offer(&world.usdx_on_a()))?;
        let mut machine = Self {
            world,
            offer,
            last_seq: 0,
            owner: "market-owner",
            spare_channel: Ends::default(),
            taken: Counts::default(),
            seen: Vec::new(),
            strays: 0,
        };
        machine.open_spare_channel()?;
        machine.welcome_locals()?;
        machine.open_business()?;
        Ok(machine)
    }

    fn open_spare_channel(&mut self) -> Result<()> {
        let world = &mut self.world;
        let (a, b) = (world.end_on_a(TRANSFER_PORT), world.end_on_b(TRANSFER_PORT));
        let unordered = IbcOrder::Unordered;
        let ends = world.network.open_channel(&b, &a, unordered, TRANSFER_VERSION)?;
        self.spare_channel = Ends { market: ends.1, outpost: ends.0 };
        Ok(())
    }

    /// Tenants on A, with all kinds of money, in which the market takes them.
    fn welcome_locals(&mut self) -> Result<()> {
        self.world.issue_token(&LOCALS, FUNDS)?;
        for denom in self.world.denoms(MARKET_CHAIN) {
            let listing = NewDenom {
                denom,
                route: None,
                min_deposit: Uint128::new(10_000),
                min_bond: Uint128::new(1_000),
                listing_fee: Uint128::new(100),
                bond_factor: Some(Decimal::one()),
            };
            self.world.market("market-owner", &Market::AddDenom(listing), &[])?;
        }
        for name in LOCALS {
            let receiver = self.world.on_a(name);
            let a = self.world.network.chain_mut(MARKET_CHAIN);
            a.mint(&receiver, coin(FUNDS, STAKE))?;
            self.world.fund(name, FUNDS)?;
            let sender = self.world.on_b(name);
            let mut transfer = self.world.transfer_to_market(coin(FUNDS, USDX), String::new());
            transfer.receiver = receiver.into();
            self.world.transfer_from_b(&sender, transfer)?;
        }
        self.world.relay().map(|_| ())
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

    pub(crate) fn remember_packets(&mut self) -> Result<()> {
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
            Act::Deed(deed) => self.deed(deed),
            Act::Errand(errand) => self.errand(errand),
            Act::Knock => self.world.knock_at_every_exit(&PEOPLE),
            Act::Pass { seconds } => {
                self.world.pass(*seconds)?;
                // By then something that was announced can be due.
                if *seconds < ANNOUNCED_SECONDS { Ok(()) } else { self.perform() }
            }
            Act::RelayAll
            | Act::RelayOne { .. }
            | Act::Repeat { .. }
            | Act::Withhold { .. }
            | Act::ReleaseAll
            | Act::Forge { .. } => self.relayer(act),
            _ => self.fault(act),
        }
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
            // Some have left already.
            tolerate(self.world.market(name, &Market::DeregisterProvider {}, &[]).map(|_| ()))?;
        }
        self.world.pass(8 * 86_400)?;
        for name in PROVIDERS {
            let release = Market::ReleaseStake { provider: self.world.on_a(name).into() };
            tolerate(self.world.market("anyone", &release, &[]).map(|_| ()))?;
        }
        self.world.knock_at_every_exit(&PEOPLE)?;
        // What came home without an order is with the outpost's owner, and so is a probe's coin, which the
        // market may still have.
        let prober = Tenant::Remote {
            route: self.world.transfer.market.clone(),
            sender: self.world.outpost.to_string(),
            account: String::new(),
        };
        tolerate(self.world.bring_home(&prober))?;
        self.world.claim(KEEPER)
    }

    /// Counts what packets brought to the contracts: commands, each of which the market runs by a message
    /// to itself, and what ibc-hooks executed.
    fn count_packets(&mut self) -> Result<()> {
        let control = port_of(self.world.outpost.as_str());
        for packet in &self.seen {
            let Some(ack) = self.world.network.ack(packet)? else { continue };
            if packet.port == TRANSFER_PORT {
                if outcome(&ack) == TransferOutcome::Arrived {
                    let hooked = self.executed_by_hooks(packet)?;
                    hooked.into_iter().for_each(|name| self.taken.add(name.into()));
                }
            } else if packet.chain == OUTPOST_CHAIN
                && packet.port == control
                && !matches!(ControlAck::parse(&ack), Ok(ControlAck::Internal {}))
            {
                self.taken.add("internal".into());
            }
        }
        Ok(())
    }

    /// The message that ibc-hooks executes when this transfer from one contract to the other arrives.
    fn executed_by_hooks(&self, packet: &PacketId) -> Result<Option<&'static str>> {
        let (world, style) = (&self.world, self.world.style());
        let (sender, is_hooked, message) = if packet.chain == OUTPOST_CHAIN {
            (&world.outpost, style.hooks_at_market(), "entrepot")
        } else {
            (&world.market, style.hooks_at_outpost(), "outpost entrepot")
        };
        let data: FungibleTokenPacketData = from_json(world.network.packet(packet)?.data)?;
        Ok((is_hooked && data.sender == sender.as_str()).then_some(message))
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
        let flights = world.flights().map_err(read)?;
        proptest::prop_assert!(flights.is_empty(), "never resolved by the outpost: {:?}", flights);
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
        for name in PROVIDERS.into_iter().chain(LOCALS).chain(["treasury", "anyone"]) {
            let account = world.on_a(name);
            people += world.holdings_on_a(&account).map_err(read)?.0;
        }
        for name in OWNERS.into_iter().chain([WALLET, KEEPER]) {
            people += world.usdx_of(name).map_err(read)?;
        }
        let all = 5 * FUNDS + PROBE_UNITS;
        proptest::prop_assert_eq!(people, all, "units are missing or were made");
        let mut tokens = 0;
        for name in PROVIDERS.into_iter().chain(LOCALS).chain(["treasury", "anyone"]) {
            let account = world.on_a(name);
            tokens += world.tokens_of(&account).map_err(read)?;
        }
        proptest::prop_assert_eq!(tokens, 2 * FUNDS, "tokens are missing or were made");
        Ok(())
    }
}
