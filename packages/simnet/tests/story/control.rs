//! The control channel: who may open it, what happens when it closes, late and repeated commands.

use cosmwasm_std::{IbcOrder, coin};
use market::msg::ExecuteMsg as Market;
use outpost::msg::ExecuteMsg as Outpost;
use outpost::msg::responses::OrderState;
use protocol::Selection;
use protocol::control::{DeploymentState, GroupState};
use protocol::handshake::{VERSION, port_of};
use simnet::world::orders::{WEB_RATE, from_offer, web_server};
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, USDX};
use simnet::{CallbackKind, Chain, End, Relayed, World};

use super::{DAY, HOUR, THOUSAND, first_group, group_state, world_with_offer};

fn bought(world: &mut World, selection: Selection) -> u64 {
    let seq = world.buy("dao", web_server(selection), THOUSAND / 2).unwrap();
    world.relay().unwrap();
    seq
}

fn arm_both_ends(world: &mut World) {
    let arm = Outpost::ArmControl { route: simnet::world::ROUTE.into() };
    world.outpost("outpost-owner", &arm, &[]).unwrap();
    let arm = Market::ArmChannelClose { route: world.transfer.market.clone() };
    world.market("market-owner", &arm, &[]).unwrap();
}

/// Closes the control channel from B and brings that to A.
fn close_channel(world: &mut World) {
    let port = port_of(world.outpost.as_str());
    let channel = world.control.outpost.clone();
    world.network.chain_mut(OUTPOST_CHAIN).close_channel(&port, &channel).unwrap();
    world.network.close_confirm(OUTPOST_CHAIN, &port, &channel).unwrap();
    world.check().unwrap();
}

#[test]
fn nobody_closes_the_channel_unless_its_owner_armed_it() {
    let (mut world, _) = world_with_offer();
    let (port_a, port_b) = (port_of(world.market.as_str()), port_of(world.outpost.as_str()));
    let (on_a, on_b) = (world.control.market.clone(), world.control.outpost.clone());
    assert!(world.network.chain_mut(MARKET_CHAIN).close_channel(&port_a, &on_a).is_err());
    assert!(world.network.chain_mut(OUTPOST_CHAIN).close_channel(&port_b, &on_b).is_err());
    arm_both_ends(&mut world);
    close_channel(&mut world);
}

#[test]
fn a_second_channel_is_refused_while_the_first_is_open() {
    let (mut world, offer) = world_with_offer();
    let first = world.control.clone();
    assert!(world.open_control_channel().is_err());
    assert_eq!(world.control, first);
    let seq = bought(&mut world, from_offer(offer));
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
}

#[test]
fn a_channel_with_other_terms_or_from_somebody_else_is_refused() {
    let (mut world, _) = world_with_offer();
    arm_both_ends(&mut world);
    close_channel(&mut world);
    let a = world.end_on_a(&port_of(world.market.as_str()));
    let b = world.end_on_b(&port_of(world.outpost.as_str()));
    let network = &mut world.network;
    assert!(network.open_channel(&b, &a, IbcOrder::Ordered, VERSION).is_err());
    assert!(network.open_channel(&b, &a, IbcOrder::Unordered, "entrepot-2").is_err());
    assert!(network.open_channel(&a, &b, IbcOrder::Unordered, VERSION).is_err(), "B initiates");

    let (third_a, third_b) = network.connect(MARKET_CHAIN, OUTPOST_CHAIN).unwrap();
    let elsewhere =
        |end: &End, connection: &str| End { connection: connection.into(), ..end.clone() };
    let (other_a, other_b) = (elsewhere(&a, &third_a), elsewhere(&b, &third_b));
    let refused = network.open_channel(&other_b, &other_a, IbcOrder::Unordered, VERSION);
    assert!(refused.is_err(), "another connection is another chain");
    world.open_control_channel().unwrap();
}

#[test]
fn without_a_channel_a_command_travels_with_a_coin() {
    let (mut world, offer) = world_with_offer();
    world.fund("dao", 20_000).unwrap();
    let seq = bought(&mut world, from_offer(offer));
    arm_both_ends(&mut world);
    close_channel(&mut world);
    assert!(world.close("dao", seq).is_err());
    world.outpost("dao", &Outpost::Close { seq }, &[coin(20_000, USDX)]).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
    world.claim("dao").unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND + 20_000);
}

/// The last packet's number.
fn number(world: &World, seq: u64) -> u64 {
    world.flights().unwrap().into_iter().find(|flight| flight.seq == Some(seq)).unwrap().n
}

/// All that a DAO does with money, from the auction to the claim, and the repair of a lost callback;
/// only how things stand nobody tells it on the way.
#[test]
fn without_a_channel_everything_about_money_works() {
    let (mut world, offer) = world_with_offer();
    world.fund("dao", THOUSAND).unwrap();
    arm_both_ends(&mut world);
    close_channel(&mut world);
    let seq = bought(&mut world, Selection::Manual {});
    let order = first_group(world.deployment("dao", seq));
    world.bid("p1", order.clone(), WEB_RATE).unwrap();
    let bid = world.bids(&order).unwrap().remove(0);
    let accept = Outpost::AcceptBid {
        seq,
        group: 0,
        provider: bid.provider,
        bid_no: bid.bid_no,
        max_rate: bid.rate,
    };
    world.outpost("dao", &accept, &[coin(20_000, USDX)]).unwrap();
    world.relay().unwrap();
    world.serve("p1", &order, DAY).unwrap();
    world.top_up("dao", seq, 30_000).unwrap();
    world.relay().unwrap();
    assert!(world.ask_status(seq).is_err(), "that needs the channel");
    assert_eq!(world.order(seq).unwrap().state, OrderState::Acked, "and so nobody knows better");

    // The chain loses the callback of a refusal: anyone on A has the market say so with a coin.
    let refused = web_server(from_offer(offer + 1_000));
    world.network.chain_mut(OUTPOST_CHAIN).starve_callbacks(CallbackKind::Source);
    let lost = world.buy("dao", refused, THOUSAND / 2).unwrap();
    world.relay().unwrap();
    world.network.chain_mut(OUTPOST_CHAIN).feed_callbacks(CallbackKind::Source);
    world.pass(2 * HOUR).unwrap();
    assert!(world.reconcile(number(&world, lost)).is_err(), "that needs the channel, too");
    world.withdraw("p1", &order).unwrap();
    let attest = Market::Attest {
        route: world.transfer.market.clone(),
        sender: world.outpost.to_string(),
        n: number(&world, lost),
    };
    let unit = coin(1, world.usdx_on_a());
    world.market("p1", &attest, &[unit]).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(lost).unwrap().state, OrderState::Refunded);

    world.outpost("dao", &Outpost::Close { seq }, &[coin(20_000, USDX)]).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
    world.claim("dao").unwrap();
    let earned = WEB_RATE * u128::from(DAY + 2 * HOUR) / 1_000_000_000;
    assert_eq!(world.usdx_of("dao").unwrap(), 2 * THOUSAND - earned);
}

#[test]
fn a_new_channel_takes_over_after_the_old_one_closed() {
    let (mut world, offer) = world_with_offer();
    let seq = bought(&mut world, from_offer(offer));
    world.close("dao", seq).unwrap();
    arm_both_ends(&mut world);
    close_channel(&mut world);
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Open, "the command timed out");
    world.open_control_channel().unwrap();
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Closed);
}

#[test]
fn a_command_that_is_late_or_repeated_does_nothing_twice() {
    let (mut world, offer) = world_with_offer();
    let seq = bought(&mut world, from_offer(offer));
    let id = world.deployment("dao", seq);
    world.close("dao", seq).unwrap();
    world.pass(2 * HOUR).unwrap();
    world.relay().unwrap();
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Open, "it was too late");
    world.close("dao", seq).unwrap();
    world.close("dao", seq).unwrap();
    let (packet, _) = world.relayer.pending(&world.network).unwrap().remove(0);
    world.relay().unwrap();
    assert_eq!(world.network.receive(&packet), Ok(Relayed::Repeated));
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Closed);
    world.claim("dao").unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND);
}

#[test]
fn only_the_owner_and_its_operators_command_an_order() {
    let (mut world, _) = world_with_offer();
    world.register_provider("p2").unwrap();
    let seq = bought(&mut world, Selection::Manual {});
    let id = world.deployment("dao", seq);
    let order = first_group(id.clone());
    world.bid("p2", order.clone(), WEB_RATE).unwrap();
    let bid = world.bids(&order).unwrap().remove(0);
    assert!(world.accept_bid("stranger", seq, &bid).is_err());
    assert!(world.close("stranger", seq).is_err());
    assert_eq!(group_state(&world, &id), GroupState::Open);
    world.accept_bid("dao", seq, &bid).unwrap();
    world.relay().unwrap();
    assert_eq!(group_state(&world, &id), GroupState::Pending);
}

#[test]
fn a_channel_of_a_third_chain_reaches_nobody() {
    let (mut world, _) = world_with_offer();
    arm_both_ends(&mut world);
    close_channel(&mut world);
    world.network.add(Chain::new("gamma-1", "gamma"));
    let (on_a, on_c) = world.network.connect(MARKET_CHAIN, "gamma-1").unwrap();
    let a = End { connection: on_a, ..world.end_on_a(&port_of(world.market.as_str())) };
    // A chain that lies can bind any port, also the outpost's.
    let c = End { chain: "gamma-1".into(), port: simnet::TRANSFER_PORT.into(), connection: on_c };
    let begun = world
        .network
        .open_init(&c, &a.port, IbcOrder::Unordered, simnet::TRANSFER_VERSION)
        .unwrap();
    assert!(world.network.open_try(&a, &c, &begun).is_err());
}
