//! The story when the outpost's chain has neither callbacks nor hooks: what became of its money the
//! outpost asks over the control channel, and what comes home goes past it.

use cosmwasm_std::coin;
use outpost::msg::responses::{FlightState, OrderState, RoutesResponse};
use outpost::msg::{ExecuteMsg as Outpost, QueryMsg};
use protocol::RouteStyle;
use protocol::control::DeploymentState;
use simnet::world::USDX;
use simnet::world::orders::{from_offer, web_server};
use simnet::{Transfer, World};

use super::{DAY, HOUR, THOUSAND, first_group, records, with_offer};

fn world_with_offer() -> (World, u64) {
    with_offer(World::of_style(RouteStyle::Plain {}).unwrap())
}

fn bought() -> (World, u64) {
    let (mut world, offer) = world_with_offer();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    (world, seq)
}

fn assert_nothing_is_left(world: &World) {
    assert!(world.flights().unwrap().is_empty());
    let outpost = world.outpost.clone();
    assert_eq!(world.b().balance(&outpost, USDX).unwrap(), 0, "nothing lies at the outpost");
}

#[test]
fn the_markets_word_proves_a_route_and_the_coin_is_with_who_probed() {
    let world = World::of_style(RouteStyle::Plain {}).unwrap();
    let ask = QueryMsg::Routes { start_after: None, limit: None };
    let routes: RoutesResponse = world.ask_outpost(&ask).unwrap();
    assert_eq!(routes.routes[0].proved, [USDX]);
    assert_eq!(world.usdx_of("outpost-owner").unwrap(), simnet::world::PROBE_UNITS);
    assert_nothing_is_left(&world);
}

#[test]
fn an_order_is_asked_about_and_the_rest_goes_to_its_owner() {
    let (mut world, seq) = bought();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::InFlight, "nobody has told it");
    world.ask_about_all().unwrap();
    assert_eq!(
        world.order(seq).unwrap().state,
        OrderState::Leased,
        "the market says how it stands"
    );
    let id = world.deployment("dao", seq);
    world.serve("p1", &first_group(id.clone()), DAY).unwrap();
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Closed);
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND - 11 * u128::from(DAY));
    assert_nothing_is_left(&world);
}

#[test]
fn a_refused_purchase_is_back_once_nobody_can_accept_it_any_more() {
    let (mut world, offer) = world_with_offer();
    let none = web_server(from_offer(offer + 1_000));
    let seq = world.buy("dao", none, THOUSAND).unwrap();
    world.relay().unwrap();
    world.ask_about_all().unwrap();
    let flight = world.flights().unwrap().remove(0);
    assert_eq!(flight.state, FlightState::Waiting, "said too early, `never` is not final");
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0);
    world.pass(2 * HOUR).unwrap();
    world.ask_about_all().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Refunded);
    world.claim("dao").unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND);
    assert_nothing_is_left(&world);
}

#[test]
fn what_timed_out_is_back_and_what_arrived_is_not() {
    let (mut world, arrived) = bought();
    world.relay().unwrap();
    world.fund("guild", THOUSAND).unwrap();
    let late = world.buy("guild", web_server(protocol::Selection::Manual {}), THOUSAND).unwrap();
    world.pass(2 * HOUR).unwrap();
    world.relay().unwrap();
    world.ask_about_all().unwrap();
    assert_eq!(world.order(arrived).unwrap().state, OrderState::Leased);
    assert_eq!(world.order(late).unwrap().state, OrderState::Refunded);
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0);
    world.claim("guild").unwrap();
    assert_eq!(world.usdx_of("guild").unwrap(), THOUSAND);
    assert_nothing_is_left(&world);
}

#[test]
fn a_top_up_is_asked_about_and_one_that_failed_is_its_payers() {
    let (mut world, seq) = bought();
    world.relay().unwrap();
    world.ask_about_all().unwrap();
    world.fund("friend", 2 * THOUSAND).unwrap();
    world.top_up("friend", seq, THOUSAND).unwrap();
    world.relay().unwrap();
    world.ask_about_all().unwrap();
    let id = world.deployment("dao", seq);
    assert_eq!(world.status(&id).unwrap().free.u128(), 2 * THOUSAND);
    world.top_up("friend", seq, THOUSAND).unwrap();
    world.pass(2 * HOUR).unwrap();
    world.relay().unwrap();
    world.ask_about_all().unwrap();
    world.claim("friend").unwrap();
    assert_eq!(world.usdx_of("friend").unwrap(), THOUSAND);
    assert_nothing_is_left(&world);
}

#[test]
fn another_receiver_of_the_rest_is_told_to_the_market() {
    let (mut world, seq) = bought();
    world.relay().unwrap();
    world.ask_about_all().unwrap();
    let treasury = world.on_b("treasury-on-b");
    let set = Outpost::SetRefundTo { seq, refund_to: treasury.to_string() };
    world.outpost("dao", &set, &[]).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().refusal, None);
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    assert_eq!(world.b().balance(&treasury, USDX).unwrap(), THOUSAND);
    assert_nothing_is_left(&world);
}

#[test]
fn no_coin_is_sent_to_an_outpost_that_would_not_learn_of_it() {
    let (mut world, seq) = bought();
    world.relay().unwrap();
    world.ask_about_all().unwrap();
    world.fund("friend", 20_000).unwrap();
    let gift = world.transfer_to_market(coin(20_000, USDX), String::new());
    let gift = Transfer { receiver: world.on_a("p1").into(), ..gift };
    let friend = world.on_b("friend");
    world.transfer_from_b(&friend, gift).unwrap();
    world.relay().unwrap();
    let before = records(world.a(), &world.market);
    let itself = Outpost::SetRefundTo { seq, refund_to: world.outpost.to_string() };
    world.outpost("dao", &itself, &[]).unwrap();
    world.relay().unwrap();
    assert!(world.order(seq).unwrap().refusal.is_some(), "the market refuses it");
    assert_eq!(records(world.a(), &world.market), before);
    let units = coin(1, world.usdx_on_a());
    let attest = market::msg::ExecuteMsg::Attest {
        route: world.transfer.market.clone(),
        sender: world.outpost.to_string(),
        n: 1,
    };
    let refused = world.market("p1", &attest, &[units]).unwrap_err().to_string();
    assert!(refused.contains("unsupported"), "{refused}");
}

#[test]
fn an_order_stays_with_its_owner() {
    let (mut world, seq) = bought();
    let heir = world.on_b("heir").to_string();
    let transfer = Outpost::TransferOrder { seq, new_owner: heir };
    let refused = world.outpost("dao", &transfer, &[]).unwrap_err().to_string();
    assert!(refused.contains("do not change hands"), "{refused}");
}
