//! The story of the overview, by standing offer and by auction.

use cosmwasm_std::{Addr, CosmosMsg, WasmMsg, coin, to_json_binary};
use outpost::msg::ExecuteMsg as Outpost;
use outpost::msg::responses::OrderState;
use protocol::control::{DeploymentState, GroupState};
use protocol::{Deployment, Selection};
use simnet::world::orders::{WEB_RATE, from_offer, purchase, web_server};
use simnet::world::{OUTPOST_CHAIN, STAKE, USDX};
use simnet::{Sequence, World};

use super::{DAY, THOUSAND, first_group, group_state, multisig, world_with_offer};

/// What a web server earns in some seconds, in units, and the treasury's 2 % of it.
fn earnings(rate: u128, seconds: u64) -> (u128, u128) {
    let gross = rate * u128::from(seconds) / 1_000_000_000;
    (gross, gross * 200 / 10_000)
}

fn usdx_on_a(world: &World, account: &Addr) -> u128 {
    world.holdings_on_a(account).unwrap().0
}

#[test]
fn a_dao_buys_by_standing_offer_with_one_packet_and_the_rest_comes_home() {
    let (mut world, offer) = world_with_offer();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), 0);
    assert_eq!(world.order(seq).unwrap().state, OrderState::InFlight);
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    let lease = first_group(id.clone());
    assert_eq!(world.lease(&lease).unwrap().state, GroupState::Pending);
    assert_eq!(world.order(seq).unwrap().state, OrderState::Acked, "arrived is not yet opened");

    world.serve("p1", &lease, 3 * DAY).unwrap();
    world.withdraw("p1", &lease).unwrap();
    let (gross, fee) = earnings(WEB_RATE, 3 * DAY);
    let p1 = world.on_a("p1");
    assert_eq!(usdx_on_a(&world, &p1), gross - fee);
    world.ask_status(seq).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Leased);

    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Closed);
    world.claim("dao").unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND - gross);
    let treasury = protocol::Tenant::Local { address: world.on_a("treasury").into() };
    world.bring_home(&treasury).unwrap();
    let treasury = world.on_a("treasury");
    assert_eq!(usdx_on_a(&world, &treasury), fee);
    let market = world.market.clone();
    assert_eq!(usdx_on_a(&world, &market), 0, "to the unit");
}

#[test]
fn a_provider_earns_only_while_it_is_alive() {
    let (mut world, offer) = world_with_offer();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();
    let lease = first_group(world.deployment("dao", seq));
    world.pass(1_000).unwrap();
    world.beat("p1", &lease).unwrap();
    world.pass(DAY).unwrap();
    world.withdraw("p1", &lease).unwrap();
    let (gross, fee) = earnings(WEB_RATE, 6 * 3_600);
    let p1 = world.on_a("p1");
    assert_eq!(usdx_on_a(&world, &p1), gross - fee, "six hours after its only heartbeat");
}

#[test]
fn a_dao_buys_by_auction_and_the_loser_gets_its_deposit_back() {
    let mut world = World::new().unwrap();
    world.fund("dao", THOUSAND).unwrap();
    world.register_provider("p1").unwrap();
    world.register_provider("p2").unwrap();
    let stake = |world: &mut World, name: &str| {
        let account = world.on_a(name);
        world.a().balance(&account, STAKE).unwrap()
    };
    let (before_1, before_2) = (stake(&mut world, "p1"), stake(&mut world, "p2"));

    let seq = world.buy("dao", web_server(Selection::Manual {}), THOUSAND).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    let order = first_group(id.clone());
    assert_eq!(group_state(&world, &id), GroupState::Open);
    world.bid("p1", order.clone(), WEB_RATE).unwrap();
    world.bid("p2", order.clone(), WEB_RATE - 1_000_000_000).unwrap();
    let bids = world.bids(&order).unwrap();
    let best = bids.iter().min_by_key(|bid| bid.rate).unwrap();
    assert_eq!(best.provider, world.on_a("p2").to_string());

    world.accept_bid("dao", seq, best).unwrap();
    world.relay().unwrap();
    assert_eq!(world.lease(&order).unwrap().provider, world.on_a("p2").to_string());
    assert_eq!(group_state(&world, &id), GroupState::Pending);
    assert_eq!(world.order(seq).unwrap().refusal, None);
    let loser = Some(world.on_a("p1").into());
    let withdraw = market::msg::ExecuteMsg::WithdrawBid { order: order.clone(), provider: loser };
    world.market("anyone", &withdraw, &[]).unwrap();
    let p1 = protocol::Tenant::Local { address: world.on_a("p1").into() };
    world.bring_home(&p1).unwrap();
    assert_eq!(stake(&mut world, "p1"), before_1);

    world.serve("p2", &order, DAY).unwrap();
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    world.claim("dao").unwrap();
    let (gross, _) = earnings(WEB_RATE - 1_000_000_000, DAY);
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND - gross);
    let p2 = protocol::Tenant::Local { address: world.on_a("p2").into() };
    world.bring_home(&p2).unwrap();
    assert_eq!(stake(&mut world, "p2"), before_2, "the winner's bond is free again");
}

#[test]
fn what_was_voted_on_is_pinned() {
    let mut world = World::new().unwrap();
    world.fund("dao", THOUSAND).unwrap();
    world.register_provider("p1").unwrap();
    let seq = world.buy("dao", web_server(Selection::Manual {}), THOUSAND).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    let order = first_group(id.clone());
    world.bid("p1", order.clone(), WEB_RATE).unwrap();
    let mut bid = world.bids(&order).unwrap().remove(0);
    bid.rate = (WEB_RATE - 1).into();
    world.accept_bid("dao", seq, &bid).unwrap();
    world.relay().unwrap();
    let refusal = world.order(seq).unwrap().refusal.unwrap();
    assert_eq!(refusal.code, protocol::Code::RateAboveMax);
    assert_eq!(group_state(&world, &id), GroupState::Open, "a refusal changes nothing");
    bid.rate = WEB_RATE.into();
    bid.bid_no += 1;
    world.accept_bid("dao", seq, &bid).unwrap();
    world.relay().unwrap();
    assert!(world.order(seq).unwrap().refusal.is_some());
    assert_eq!(group_state(&world, &id), GroupState::Open);
}

/// The outpost's message for a purchase, as a proposal carries it.
fn proposal(world: &World, deployment: Deployment) -> CosmosMsg {
    WasmMsg::Execute {
        contract_addr: world.outpost.to_string(),
        msg: to_json_binary(&Outpost::Buy(Box::new(purchase(deployment)))).unwrap(),
        funds: vec![coin(THOUSAND, USDX)],
    }
    .into()
}

fn pass_proposal(world: &mut World, msg: CosmosMsg) {
    let dao = world.on_b("council");
    let acts = [
        ("ann", multisig::Execute::Propose { msgs: vec![msg] }),
        ("ben", multisig::Execute::Approve {}),
        ("ben", multisig::Execute::Carry {}),
    ];
    for (member, act) in acts {
        let member = world.on_b(member);
        let b = world.network.chain_mut(OUTPOST_CHAIN);
        b.execute(&member, &dao, &act, &[]).unwrap();
    }
    world.check().unwrap();
}

#[test]
fn a_multisig_buys_by_one_proposal_and_closes_by_another() {
    let (mut world, offer) = world_with_offer();
    let members = ["ann", "ben", "eve"].map(|name| world.on_b(name).into()).to_vec();
    let config = multisig::Instantiate { members, threshold: 2 };
    world.deploy_on_b("council", multisig::code(), &config).unwrap();
    world.fund("council", THOUSAND).unwrap();

    let buy = proposal(&world, web_server(from_offer(offer)));
    pass_proposal(&mut world, buy);
    world.relay().unwrap();
    let lease = first_group(world.deployment("council", 1));
    world.serve("p1", &lease, DAY).unwrap();
    let close = WasmMsg::Execute {
        contract_addr: world.outpost.to_string(),
        msg: to_json_binary(&Outpost::Close { seq: 1 }).unwrap(),
        funds: vec![],
    };
    pass_proposal(&mut world, close.into());
    world.relay().unwrap();
    world.claim("council").unwrap();
    assert_eq!(world.usdx_of("council").unwrap(), THOUSAND - earnings(WEB_RATE, DAY).0);
}

#[test]
fn anyone_may_top_up_anyones_order_and_a_failed_top_up_goes_back_to_who_paid() {
    let (mut world, offer) = world_with_offer();
    world.fund("friend", 2 * 50_000_000).unwrap();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    let free = world.status(&id).unwrap().free.u128();
    world.top_up("friend", seq, 50_000_000).unwrap();
    world.relay().unwrap();
    assert_eq!(world.status(&id).unwrap().free.u128(), free + 50_000_000);

    world.top_up("friend", seq, 50_000_000).unwrap();
    world.close("dao", seq).unwrap();
    world.relayer.set_sequence(Sequence::Reversed);
    world.relay().unwrap();
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Closed);
    world.claim("friend").unwrap();
    world.claim("dao").unwrap();
    let total = world.usdx_of("friend").unwrap() + world.usdx_of("dao").unwrap();
    assert_eq!(total, THOUSAND + 100_000_000);
}
