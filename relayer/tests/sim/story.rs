//! The story of the project, with every packet carried by ferry: the market and the outpost run on
//! simnet's chains, ferry's `step` is driven in virtual time, and its signed transactions are decoded
//! and executed there.
//!
//! After every block no unit may be lost or made, on or between the chains, and both contracts have to
//! be solvent; at the end every packet had its effect once.

use std::cell::RefCell;
use std::rc::Rc;

use ferry::model::ids::{Both, Order, Side};
use market::msg::{BidInfo, LeaseId};
use outpost::msg::responses::OrderState;
use protocol::control::DeploymentState;
use protocol::handshake::{VERSION, port_of};
use protocol::{Selection, Tenant};
use simnet::world::orders::{WEB_RATE, from_offer, web_offer, web_server};
use simnet::world::{Ends, MARKET_CHAIN, OUTPOST_CHAIN, USDX};

use crate::checks;
use crate::contracts::Contracts;
use crate::rng::Rng;
use crate::setup::{Faults, Setup};
use crate::world::World;
use crate::{everything, seeds};

/// 1,000 USDX.
const THOUSAND: u128 = 1_000_000_000;
const HOUR: u64 = 3_600;

#[test]
fn the_story_is_carried_by_step() {
    let story = told(1, Faults::default());
    assert_eq!(checks::wasted(&story.chains), (0, 0));
}

#[test]
fn the_story_survives_kills_between_any_two_writes() {
    let story = told(2, Faults { kill: 10, ..Faults::default() });
    assert!(story.chains.kills > 20, "only {} kills", story.chains.kills);
    assert_eq!(checks::wasted(&story.chains), (0, 0));
}

#[test]
fn the_story_survives_storms() {
    for seed in seeds(2) {
        println!("story with FERRY_SIM_SEED={seed}");
        told(seed, everything(&mut Rng::new(seed)));
    }
}

fn told(seed: u64, faults: Faults) -> Story {
    let mut story = Story::linked(seed, faults);
    let offer = story.chains.act(|world| {
        world.fund("dao", THOUSAND)?;
        world.register_provider("p1")?;
        world.register_provider("p2")?;
        world.post_offer("p1", web_offer(&world.usdx_on_a()))
    });
    story.by_standing_offer(offer);
    story.by_auction();
    story.refused(offer);
    story.timed_out(offer);
    story.sums_are_right();
    println!("{} steps, {} kills", story.chains.steps, story.chains.kills);
    story
}

/// The chains with ferry between them.
struct Story {
    chains: World<Contracts>,
}

impl Story {
    /// Client, connection and both channels made by ferry, the contracts' route proved.
    fn linked(seed: u64, faults: Faults) -> Self {
        let world = simnet::World::unlinked().expect("the contracts deploy");
        let (market, outpost) = (port_of(world.market.as_str()), port_of(world.outpost.as_str()));
        let world = Rc::new(RefCell::new(world));
        let channels = Both {
            a: Contracts::of(&world, OUTPOST_CHAIN, MARKET_CHAIN),
            b: Contracts::of(&world, MARKET_CHAIN, OUTPOST_CHAIN),
        };
        let chains = Both { a: (OUTPOST_CHAIN, 1), b: (MARKET_CHAIN, 1) };
        let setup = Setup { seed, faults, order: Order::Unordered, chains, ..Setup::default() };
        let mut story = Self { chains: World::above(setup, channels) };
        story.until_linked();
        let transfer = story.ends(0);
        story.chains.act(|world| world.add_routes(transfer));
        story.chains.link(Both { a: &outpost, b: &market }, VERSION);
        story.until_linked();
        story.chains.act(simnet::World::probe_route);
        story.relay();
        let owner = story.chains.ask(|world| world.tenant("outpost-owner"));
        story.chains.act(|world| world.send_home(&owner));
        story.relay();
        story.chains.act(|world| world.claim("outpost-owner"));
        story
    }

    fn until_linked(&mut self) {
        let is_open = self.chains.run(3_600, checks::is_linked);
        assert!(is_open, "the channel opens: {:?}", self.chains.notices);
    }

    fn ends(&self, index: usize) -> Ends {
        let channel = |side| {
            let end = self.chains.channel_end(index, side).expect("the channel is open");
            end.channel.to_string()
        };
        Ends { market: channel(Side::B), outpost: channel(Side::A) }
    }

    /// Lets ferry work until no packet is on its way.
    fn relay(&mut self) {
        let done = self.chains.run(3_600, checks::is_at_rest);
        let packet = self.chains.model.packets().next();
        assert!(done, "everything ends: {:?} {packet:?}", self.chains.notices);
    }

    /// Lets hours pass in which nobody makes a block.
    fn pass(&mut self, hours: u64) {
        self.chains.halt(hours * HOUR);
        self.chains.run(hours * HOUR + 5, |_| false);
    }

    fn buy(&mut self, selection: Selection) -> (u64, LeaseId) {
        let seq = self.chains.act(|world| world.buy("dao", web_server(selection), THOUSAND / 2));
        let deployment = self.chains.ask(|world| world.deployment("dao", seq));
        (seq, LeaseId { deployment, group: 0 })
    }

    /// The provider is there for some hours, then the DAO closes and has the rest.
    fn live(&mut self, provider: &str, seq: u64, lease: &LeaseId) {
        for _ in 0..3 {
            self.chains.act(|world| world.beat(provider, lease));
            self.pass(4);
        }
        self.chains.act(|world| world.withdraw(provider, lease));
        self.chains.act(|world| world.ask_status(seq));
        self.relay();
        assert_eq!(self.state(seq), OrderState::Leased);
        self.chains.act(|world| world.close("dao", seq));
        self.relay();
        let status = self.chains.ask(|world| world.status(&lease.deployment));
        assert_eq!(status.map(|status| status.state), Ok(DeploymentState::Closed));
        assert_eq!(self.state(seq), OrderState::Closed, "what is left has come home");
        self.chains.act(|world| world.claim("dao"));
    }

    fn state(&self, seq: u64) -> OrderState {
        self.chains.ask(|world| world.order(seq)).expect("the order is there").state
    }

    fn usdx_of_dao(&self) -> u128 {
        self.chains.ask(|world| world.usdx_of("dao")).expect("the bank can be read")
    }

    fn by_standing_offer(&mut self, offer: u64) {
        let (seq, lease) = self.buy(from_offer(offer));
        self.relay();
        let p1 = self.chains.ask(|world| world.on_a("p1"));
        let leased =
            self.chains.ask(|world| world.lease(&lease)).expect("one packet makes a lease");
        assert_eq!(leased.provider, p1.to_string());
        self.live("p1", seq, &lease);
    }

    fn by_auction(&mut self) {
        let (seq, order) = self.buy(Selection::Manual {});
        self.relay();
        self.chains.act(|world| world.bid("p1", order.clone(), WEB_RATE));
        self.chains.act(|world| world.bid("p2", order.clone(), WEB_RATE - 1_000_000_000));
        let bids = self.chains.ask(|world| world.bids(&order)).expect("bids can be read");
        let best: &BidInfo = bids.iter().min_by_key(|bid| bid.rate).expect("two bids");
        self.chains.act(|world| world.accept_bid("dao", seq, best));
        self.relay();
        let leased = self.chains.ask(|world| world.lease(&order)).expect("the bid was accepted");
        assert_eq!(leased.provider, self.chains.ask(|world| world.on_a("p2")).to_string());
        self.live("p2", seq, &order);
    }

    /// Below the provider's price: the market refuses, and everything is back.
    fn refused(&mut self, offer: u64) {
        let before = self.usdx_of_dao();
        let mut deployment = web_server(from_offer(offer));
        deployment.groups[0].max_rate = 1_000_u64.into();
        let seq = self.chains.act(|world| world.buy("dao", deployment, THOUSAND / 2));
        self.relay();
        self.refunded(seq, before);
    }

    /// Neither chain makes a block until it is too late.
    fn timed_out(&mut self, offer: u64) {
        let before = self.usdx_of_dao();
        let (seq, _) = self.buy(from_offer(offer));
        let sent_in = self.chains.chains.a.height + 1;
        self.chains.run(60, |chains| chains.chains.a.height == sent_in);
        self.pass(2);
        self.relay();
        self.refunded(seq, before);
    }

    fn refunded(&mut self, seq: u64, before: u128) {
        assert_eq!(self.state(seq), OrderState::Refunded);
        self.chains.act(|world| world.claim("dao"));
        assert_eq!(self.usdx_of_dao(), before);
    }

    /// Every packet had its effect once; what the DAO spent is with those who earned it.
    fn sums_are_right(&mut self) {
        for name in ["treasury", "p1", "p2"] {
            self.chains.act(|world| {
                let address = world.on_a(name).into();
                world.send_home(&Tenant::Local { address })
            });
        }
        self.relay();
        checks::at_rest(&self.chains);
        let supplies =
            self.chains.ask(|world| world.network.supplies()).expect("banks can be read");
        for supply in &supplies {
            assert_eq!(supply.under_way, 0, "{supply:?}");
            assert_eq!(supply.at_home + supply.abroad, supply.minted, "{supply:?}");
        }
        let usdx =
            supplies.iter().find(|supply| supply.denom == USDX).expect("USDX is native to B");
        let earned = |world: &mut simnet::World, name: &str| {
            let account = world.on_a(name);
            world.holdings_on_a(&account).expect("the bank can be read").0
        };
        let [treasury, p1, p2] =
            ["treasury", "p1", "p2"].map(|name| self.chains.ask(|world| earned(world, name)));
        assert!(treasury > 0 && p1 > 0 && p2 > 0, "all have earned: {treasury} {p1} {p2}");
        assert_eq!(usdx.abroad, treasury + p1 + p2, "the market keeps nothing");
        assert_eq!(self.usdx_of_dao() + usdx.abroad, THOUSAND);
    }
}
