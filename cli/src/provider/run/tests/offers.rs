//! Offers that the file keeps.

use cosmwasm_std::Uint128;
use market::msg::{LeaseId, OfferInfo, OfferState};
use simnet::world::orders::{WEB_RATE, from_offer};

use super::*;
use crate::coin::Coin;
use crate::provider::StandingOffer;
use crate::provider::capacity::Needs;

/// The bond of one web server for a day.
const BOND: u128 = DEPOSIT;

impl Sim {
    /// Room for everything, but for thousandths of a cpu, and an offer whose bond covers one web server.
    fn start_offering(&self, cpu_milli: u64, change: impl Fn(&mut Config)) -> Worker<Self> {
        self.start_with(1_000_000, |config| {
            config.capacity.cpu_milli = cpu_milli;
            config.offers = vec![StandingOffer {
                denom: self.usdx(),
                capacity: 10,
                bond: Coin { amount: BOND, denom: STAKE.into() },
                min_charge: Uint128::zero(),
                expires_in_seconds: 90 * DAY,
                attributes: Vec::new(),
            }];
            change(config);
        })
    }

    async fn offers(&self) -> Vec<OfferInfo> {
        self.desk().offers().await.unwrap()
    }

    async fn only_offer(&self) -> OfferInfo {
        let mut offers = self.offers().await;
        assert_eq!(offers.len(), 1, "{offers:?}");
        offers.remove(0)
    }

    /// What its leases and bids need, and what its offers may be asked for beside their leases.
    async fn promised_cpu(&self) -> u64 {
        let carried = 1_000 * (self.open_bids().await.len() + self.leases().await.len()) as u64;
        let mut offered = 0;
        for offer in self.offers().await {
            let (_, free) = self.desk().rates(&offer).await.unwrap();
            offered += Needs::within(&offer.terms.prices, free).cpu_milli;
        }
        carried + offered
    }
}

fn is_posted(msg: &ExecuteMsg) -> bool {
    matches!(msg, ExecuteMsg::PostOffer { .. })
}

fn is_updated(msg: &ExecuteMsg) -> bool {
    matches!(msg, ExecuteMsg::UpdateOffer { .. })
}

/// A price of a thousandth of a cpu, and a multiple of what it is.
fn cpu_at(config: &mut Config, percent: u128) {
    let price = &mut config.prices[0].each.cpu_milli;
    *price = Uint128::new(price.u128() * percent / 100);
}

#[tokio::test]
async fn an_offer_of_the_file_is_posted_once_and_known_again_after_a_restart() {
    let sim = Sim::new();
    let before = sim.purse();
    let mut worker = sim.start_offering(10_000, |_| ());
    let done = sim.round(&mut worker).await;
    assert!(done.iter().any(|line| line.starts_with("posted an offer in")), "{done:?}");
    let offer = sim.only_offer().await;
    assert_eq!((offer.state, offer.bond.amount.u128()), (OfferState::Open, BOND));
    assert_eq!((offer.terms.capacity, &offer.terms.prices), (10, &web_prices()));
    assert_eq!(sim.purse(), before - STAKED - BOND);
    sim.run(&mut worker, HOUR).await;
    for _ in 0..3 {
        let done = sim.round(&mut sim.start_offering(10_000, |_| ())).await;
        assert!(done.is_empty(), "{done:?}");
    }
    assert_eq!((sim.told(is_posted).len(), sim.told(is_updated).len()), (1, 0));
}

#[tokio::test]
async fn prices_of_the_file_hold_at_once_if_lower_and_a_day_later_if_higher() {
    let sim = Sim::new();
    sim.round(&mut sim.start_offering(10_000, |_| ())).await;
    let normal = web_prices().cpu_milli;
    let lower = |config: &mut Config| cpu_at(config, 50);
    sim.round(&mut sim.start_offering(10_000, lower)).await;
    let offer = sim.only_offer().await;
    assert_eq!((offer.terms.prices.cpu_milli * Uint128::new(2), offer.next), (normal, None));
    sim.round(&mut sim.start_offering(10_000, |_| ())).await;
    let raised_at = sim.time();
    let offer = sim.only_offer().await;
    assert_eq!(offer.terms.prices.cpu_milli * Uint128::new(2), normal, "until tomorrow");
    // Neither a restart nor another round begins the day anew.
    for _ in 0..3 {
        sim.pass(HOUR);
        sim.round(&mut sim.start_offering(10_000, |_| ())).await;
    }
    assert_eq!(sim.told(is_updated).len(), 2);
    sim.pass(raised_at + DAY - sim.time());
    sim.round(&mut sim.start_offering(10_000, |_| ())).await;
    let offer = sim.only_offer().await;
    assert_eq!((offer.terms.prices.cpu_milli, sim.told(is_updated).len()), (normal, 2));
    sim.round(&mut sim.start_offering(10_000, |config| config.offers[0].capacity = 11)).await;
    assert_eq!(sim.only_offer().await.terms.capacity, 11, "more of it");
}

#[tokio::test]
async fn it_is_renewed_at_half_of_its_time_and_posted_anew_after_its_end() {
    let sim = Sim::new();
    let slowly = |config: &mut Config| config.poll_seconds = 3_600;
    let mut worker = sim.start_offering(10_000, slowly);
    sim.round(&mut worker).await;
    let first = sim.only_offer().await;
    sim.pass(45 * DAY - HOUR);
    sim.round(&mut worker).await;
    assert_eq!(sim.only_offer().await, first, "not yet");
    sim.run(&mut worker, 2 * HOUR).await;
    let renewed = sim.only_offer().await;
    assert!(renewed.expires_at > first.expires_at + 40 * DAY, "{renewed:?}");
    assert_eq!((renewed.id, sim.told(is_updated).len()), (first.id, 1));
    let purse = sim.purse();
    sim.pass(91 * DAY);
    assert_eq!(sim.only_offer().await.state, OfferState::Expired);
    sim.run(&mut worker, 2 * HOUR).await;
    let posted = sim.only_offer().await;
    assert_eq!((posted.state, posted.id), (OfferState::Open, first.id + 1));
    assert_eq!(sim.purse(), purse, "the bond of the old one is claimed");
}

/// Tenants take the offer, accept bids and close at any moment; the file's price falls and rises; it is started anew.
#[tokio::test]
async fn what_it_offers_beside_what_it_carries_is_never_beyond_its_capacity() {
    const CPU: u64 = 5_000;
    let sim = Sim::new();
    let mut worker = sim.start_offering(CPU, |_| ());
    sim.round(&mut worker).await;
    let offer = sim.only_offer().await.id;
    let (mut bought, mut accepted, mut taken, mut fullest) = (Vec::new(), Vec::new(), 0, 0);
    for step in 0..60_usize {
        // Those that were left without heartbeats for a day may have ended.
        let leases = sim.leases().await;
        let lives = |id: &LeaseId| leases.iter().any(|lease| lease.id == *id);
        bought.retain(lives);
        accepted.retain(lives);
        match step % 6 {
            0 => {
                let buy = |group: &mut Group| group.selection = from_offer(offer);
                let lease = sim.order_as("buyer", 100_000_000, buy);
                // One that comes while the offer is full is refused.
                if sim.leases().await.iter().any(|one| one.id == lease) {
                    taken += 1;
                    bought.push(lease);
                }
            }
            1 | 2 => drop(sim.order("tenant")),
            3 if !sim.open_bids().await.is_empty() => {
                let order = sim.open_bids().await.remove(0).order;
                sim.accept("tenant", &order);
                accepted.push(order);
            }
            4 if step % 12 == 4 && !accepted.is_empty() => {
                sim.close("tenant", &accepted.remove(0));
            }
            _ if step % 4 == 1 && !bought.is_empty() => sim.close("buyer", &bought.remove(0)),
            _ => {}
        }
        if step % 5 == 4 {
            let percent = [100, 80, 70, 40][step / 5 % 4];
            worker = sim.start_offering(CPU, |config| cpu_at(config, percent));
        }
        sim.round(&mut worker).await;
        let promised = sim.promised_cpu().await;
        assert!(promised <= CPU, "step {step}: {promised}");
        fullest = fullest.max(promised);
        sim.pass(if step % 5 == 4 { DAY } else { worker.pause_seconds() });
    }
    assert!(taken > 3 && fullest > CPU - 1_000, "and it uses it: {taken} times, {fullest}");
    let updates = sim.told(is_updated).len();
    assert!(updates > 2, "prices changed: {updates} times");
}

#[tokio::test]
async fn an_offer_that_could_be_asked_for_too_much_is_not_posted_and_says_of_what() {
    let sim = Sim::new();
    let mut worker = sim.start_offering(2_199, |_| ());
    let done = sim.round(&mut worker).await;
    let told = done.iter().find(|line| line.starts_with("no offer in")).expect("it says why");
    assert!(told.contains("2200 of `cpu_milli`, of which there are 2199"), "{told}");
    assert!(told.contains("lower its `bond`, or raise `capacity`"), "{told}");
    sim.run(&mut worker, 300).await;
    assert!(sim.told(is_posted).is_empty());
    sim.round(&mut sim.start_offering(2_200, |_| ())).await;
    assert_eq!(sim.told(is_posted).len(), 1);
}

#[tokio::test]
async fn a_bond_grows_with_the_file_and_never_takes_the_fees_of_heartbeats() {
    let kept = 4_250_000;
    let sim = Sim::with_purse(STAKED + 2 * BOND + kept);
    let bond = |units: u128| move |config: &mut Config| config.offers[0].bond.amount = units;
    sim.round(&mut sim.start_offering(100_000, bond(2 * BOND + 1))).await;
    assert!(sim.told(is_posted).is_empty(), "a unit too much");
    sim.round(&mut sim.start_offering(100_000, bond(BOND))).await;
    sim.round(&mut sim.start_offering(100_000, bond(2 * BOND))).await;
    assert_eq!(sim.only_offer().await.bond.amount.u128(), 2 * BOND);
    assert_eq!(sim.purse(), kept);
    sim.round(&mut sim.start_offering(100_000, bond(BOND))).await;
    assert_eq!(sim.only_offer().await.bond.amount.u128(), 2 * BOND, "it never shrinks");
}

#[tokio::test]
async fn an_offer_that_is_refused_stops_no_bid_and_is_tried_again_later() {
    let sim = Sim::new();
    sim.refuse(is_posted);
    sim.order("tenant");
    let mut worker = sim.start_offering(10_000, |_| ());
    let done = sim.round(&mut worker).await;
    assert!(done.iter().any(|line| line.starts_with("no offer in")), "{done:?}");
    assert_eq!(sim.told(is_bid).len(), 1);
    sim.refuse(|_| false);
    sim.run(&mut worker, 500).await;
    assert!(sim.told(is_posted).is_empty(), "it is left alone");
    sim.run(&mut worker, 200).await;
    assert_eq!(sim.told(is_posted).len(), 1);
    assert_eq!(
        sim.only_offer().await.terms.prices.cpu_milli * Uint128::new(2_200),
        Uint128::new(WEB_RATE)
    );
}

#[tokio::test]
async fn a_denom_that_the_market_does_not_take_is_told_and_holds_up_no_bid() {
    let sim = Sim::new();
    sim.order("tenant");
    let mut worker = sim.start_offering(10_000, |config| {
        let mut other = config.prices[0].clone();
        other.denom = "other".into();
        config.offers[0].denom.clone_from(&other.denom);
        config.prices.push(other);
    });
    let done = sim.round(&mut worker).await;
    let told = "no offer in other: the market does not take `other`; `entrepot market` lists";
    assert!(done.iter().any(|line| line.starts_with(told)), "{done:?}");
    assert_eq!((sim.told(is_posted).len(), sim.told(is_bid).len()), (0, 1));
}
