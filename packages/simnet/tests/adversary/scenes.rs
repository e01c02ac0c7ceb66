//! What random histories do not reach, for want of twenty bidders or of good timing: told just as well.

use cosmwasm_std::{Coin, coin};
use market::msg::{ExecuteMsg as Market, LeaseId};
use protocol::control::Command;
use protocol::deployment::Attribute;
use protocol::{Deployment, DeploymentId, Otherwise, Selection, Tenant};
use simnet::World;
use simnet::world::STAKE;
use simnet::world::orders::{WEB_RATE, web_server};

use super::machine::{BIDDING_SECONDS, LOCALS, Machine};
use super::rebuild::rebuild;

/// Units of the stake's coin that pay for any deployment here.
const UNITS: u128 = 10_000_000;

impl Machine {
    fn play(&mut self, who: &str, msg: &Market, funds: &[Coin]) {
        self.world.market(who, msg, funds).unwrap();
    }

    /// Opens a deployment of the first tenant on A.
    fn opened(&mut self, deployment: Deployment, paid_in: &str) -> LeaseId {
        self.last_seq += 1;
        let open = Market::Open { seq: self.last_seq, refund_to: None, deployment };
        self.play(LOCALS[0], &open, &[coin(UNITS, paid_in)]);
        let tenant = Tenant::Local { address: self.world.on_a(LOCALS[0]).into() };
        LeaseId { deployment: DeploymentId { tenant, seq: self.last_seq }, group: 0 }
    }

    fn order_to(&mut self, lease: &LeaseId, command: Command) {
        let act = Market::Act { deployment: lease.deployment.clone(), command };
        self.play(LOCALS[0], &act, &[]);
    }

    /// Says of a provider where it is, or nothing.
    fn describe(&mut self, provider: &str, region: Option<Attribute>) {
        let attributes = Some(region.into_iter().collect());
        self.play(provider, &Market::UpdateProvider { host_uri: None, attributes }, &[]);
    }

    fn bonds_are_released(&mut self) {
        let (offer, usdx) = (self.offer, self.world.usdx_on_a());
        let by_offer = Selection::Offer { offer, otherwise: Otherwise::Refund, max_charge: None };
        let lease = self.opened(web_server(by_offer), &usdx);
        let bonded = Market::UpdateOffer { offer, terms: None };
        self.play("p1", &bonded, &[coin(5_000, STAKE)]);
        self.play("p1", &Market::CancelOffer { offer }, &[]);
        self.order_to(&lease, Command::CloseDeployment {});
    }

    fn a_bid_is_evicted(&mut self) {
        let order = self.opened(web_server(Selection::Manual {}), STAKE);
        let refund_to = self.world.on_a(LOCALS[1]).into();
        self.order_to(&order, Command::SetRefundTo { rev: 1, refund_to });
        for index in 0..20 {
            let name = format!("crowd-{index}");
            self.world.register_provider(&name).unwrap();
            self.world.bid(&name, order.clone(), WEB_RATE + index).unwrap();
        }
        self.world.bid("p2", order, WEB_RATE * 9 / 10).unwrap();
    }

    fn a_bid_is_dropped(&mut self) {
        let here = Attribute { key: "region".into(), value: "eu-west".into() };
        ["p1", "p2"].into_iter().for_each(|name| self.describe(name, Some(here.clone())));
        let mut wanted = web_server(Selection::Lowest { bidding_seconds: BIDDING_SECONDS });
        wanted.groups[0].requirements.attributes.push(here);
        let order = self.opened(wanted, STAKE);
        self.world.bid("p1", order.clone(), WEB_RATE * 8 / 10).unwrap();
        self.world.bid("p2", order.clone(), WEB_RATE * 9 / 10).unwrap();
        self.describe("p1", None);
        self.world.pass(BIDDING_SECONDS).unwrap();
        self.play("anyone", &Market::Match { order }, &[]);
    }
}

#[test]
fn what_random_histories_do_not_reach_is_told_as_well() {
    let mut machine = Machine::new(World::new().unwrap()).unwrap();
    machine.bonds_are_released();
    rebuild(&machine.world).unwrap();
    machine.a_bid_is_evicted();
    rebuild(&machine.world).unwrap();
    machine.a_bid_is_dropped();
    let told = rebuild(&machine.world).unwrap().met;
    for kind in
        ["offer_bonded", "offer_bond_released", "refund_to_set", "bid_evicted", "bid_dropped"]
    {
        assert!(told.contains(kind), "{kind} is not told: {told:?}");
    }
}
