//! What time alone brings about, and that everything comes back to whom it belongs.

use cosmwasm_std::Uint128;
use market::msg::ExecuteMsg as Market;
use outpost::msg::ExecuteMsg as Outpost;
use outpost::msg::responses::OrderState;
use protocol::control::{DeploymentState, GroupState};
use protocol::{Code, Selection};
use simnet::world::orders::{WEB_RATE, from_offer, web_server};
use simnet::world::{OUTPOST_CHAIN, People, STAKE, USDX};
use simnet::{Error, World};

use super::{DAY, HOUR, THOUSAND, first_group, group_state, world_with_offer};

const PEOPLE: People<'_> =
    People { owners: &["dao"], wallets: &[], locals: &[], providers: &["p1", "p2"] };

/// What a named account of A holds in the stake denom.
fn stake_of(world: &mut World, name: &str) -> u128 {
    let account = world.on_a(name);
    world.a().balance(&account, STAKE).unwrap()
}

#[test]
fn when_the_money_is_out_the_provider_keeps_what_it_earned_and_grace_ends_the_lease() {
    let (mut world, offer) = world_with_offer();
    let deposit = 11 * 2 * u128::from(HOUR);
    let seq = world.buy("dao", web_server(from_offer(offer)), deposit).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    let lease = first_group(id.clone());
    world.beat("p1", &lease).unwrap();
    let end = world.status(&id).unwrap().runs_out_at.unwrap();
    assert_eq!(end, world.now() + 2 * HOUR);
    world.pass(3 * HOUR).unwrap();
    world.beat("p1", &lease).unwrap();
    let close = Market::CloseShort { deployment: id.clone() };
    assert!(world.market("anyone", &close, &[]).is_err(), "grace is a day from the last second");
    world.pass(DAY - HOUR - 1).unwrap();
    assert!(world.market("anyone", &close, &[]).is_err());
    world.pass(1).unwrap();
    world.market("anyone", &close, &[]).unwrap();
    world.relay().unwrap();
    let p1 = protocol::Tenant::Local { address: world.on_a("p1").into() };
    world.bring_home(&p1).unwrap();
    let p1 = world.on_a("p1");
    assert_eq!(world.holdings_on_a(&p1).unwrap().0, deposit - deposit * 200 / 10_000);
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Closed);
}

#[test]
fn a_top_up_within_grace_revives_and_dust_does_not() {
    let (mut world, offer) = world_with_offer();
    let deposit = 11 * 2 * u128::from(HOUR);
    let seq = world.buy("dao", web_server(from_offer(offer)), deposit).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    let lease = first_group(id.clone());
    world.beat("p1", &lease).unwrap();
    world.pass(3 * HOUR).unwrap();
    world.top_up("dao", seq, 10_000).unwrap();
    world.relay().unwrap();
    assert_eq!(world.status(&id).unwrap().runs_out_at, Some(world.now() - HOUR), "still short");
    world.top_up("dao", seq, deposit).unwrap();
    world.relay().unwrap();
    world.beat("p1", &lease).unwrap();
    assert!(world.status(&id).unwrap().runs_out_at.unwrap() >= world.now() + 2 * HOUR);
    world.pass(2 * DAY).unwrap();
    assert_eq!(group_state(&world, &id), GroupState::Active);
}

#[test]
fn a_provider_that_is_never_ready_loses_its_bond_to_the_tenant() {
    let (mut world, offer) = world_with_offer();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    let lease = first_group(id.clone());
    let bond = world.lease(&lease).unwrap().bond;
    assert_eq!(bond.denom, STAKE);
    let report = Market::ReportSilent { lease: lease.clone() };
    let close = Market::CloseUnready { lease };
    assert!(world.market("anyone", &report, &[]).is_err());
    world.pass(DAY + 1).unwrap();
    assert!(world.market("anyone", &close, &[]).is_err(), "it was not reported");
    world.market("anyone", &report, &[]).unwrap();
    assert!(world.market("anyone", &close, &[]).is_err(), "its time runs");
    world.pass(DAY).unwrap();
    world.market("anyone", &close, &[]).unwrap();
    let tenant = world.tenant("dao");
    world.bring_home(&tenant).unwrap();
    world.pass(DAY + 1).unwrap();
    world.market("anyone", &Market::Finish { deployment: id }, &[]).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
    world.claim("dao").unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND);
    let dao = world.on_b("dao");
    let forfeit = world.b().balance(&dao, &world.stake_on_b()).unwrap();
    assert_eq!(forfeit, bond.amount.u128());
}

#[test]
fn a_silent_provider_is_reported_and_may_still_beat() {
    let (mut world, offer) = world_with_offer();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    let lease = first_group(id.clone());
    let (report, close) = (
        Market::ReportSilent { lease: lease.clone() },
        Market::CloseSilent { lease: lease.clone() },
    );
    world.beat("p1", &lease).unwrap();
    assert!(world.market("anyone", &report, &[]).is_err(), "it is not silent");
    world.pass(7 * HOUR).unwrap();
    world.market("anyone", &report, &[]).unwrap();
    world.beat("p1", &lease).unwrap();
    world.pass(7 * HOUR).unwrap();
    assert!(world.market("anyone", &close, &[]).is_err(), "the report was answered");
    world.market("anyone", &report, &[]).unwrap();
    assert!(world.market("anyone", &close, &[]).is_err(), "it has time to answer");
    world.pass(7 * HOUR).unwrap();
    world.market("anyone", &close, &[]).unwrap();
    assert_eq!(group_state(&world, &id), GroupState::Closed);
}

#[test]
fn an_order_nobody_bids_for_expires_and_the_coin_comes_home() {
    let (mut world, _) = world_with_offer();
    let seq = world.buy("dao", web_server(Selection::Manual {}), THOUSAND).unwrap();
    world.relay().unwrap();
    let order = first_group(world.deployment("dao", seq));
    assert!(world.market("anyone", &Market::ExpireOrder { order }, &[]).is_err());
    world.wait_for_every_exit(&PEOPLE).unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND);
}

#[test]
fn pause_stops_new_business_and_nothing_that_ends_or_pays() {
    let (mut world, offer) = world_with_offer();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND / 2).unwrap();
    world.relay().unwrap();
    let lease = first_group(world.deployment("dao", seq));
    world.market("market-owner", &Market::Pause {}, &[]).unwrap();
    world.outpost("outpost-owner", &Outpost::Pause {}, &[]).unwrap();
    let refused = world.buy("dao", web_server(from_offer(offer)), THOUSAND / 2);
    assert!(matches!(refused, Err(Error::Transaction { .. })));
    let terms = simnet::world::orders::web_offer(&world.usdx_on_a());
    let Err(Error::Transaction { reason }) = world.post_offer("p1", terms) else {
        panic!("a paused market takes no offers");
    };
    assert_eq!(Code::find(&reason), Some(Code::Paused), "{reason}");

    world.serve("p1", &lease, DAY).unwrap();
    world.withdraw("p1", &lease).unwrap();
    world.top_up("dao", seq, 20_000).unwrap();
    world.relay().unwrap();
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    world.claim("dao").unwrap();
    let spent = WEB_RATE * u128::from(DAY) / 1_000_000_000;
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND - spent);
}

#[test]
fn whatever_is_left_alone_comes_back_to_whom_it_belongs() {
    let (mut world, offer) = world_with_offer();
    world.register_provider("p2").unwrap();
    let first = world.buy("dao", web_server(from_offer(offer)), THOUSAND / 4).unwrap();
    let second = world.buy("dao", web_server(Selection::Manual {}), THOUSAND / 4).unwrap();
    world.relay().unwrap();
    let leased = first_group(world.deployment("dao", first));
    let open = first_group(world.deployment("dao", second));
    world.serve("p1", &leased, HOUR).unwrap();
    world.bid("p2", open, WEB_RATE).unwrap();
    world.buy("dao", web_server(from_offer(offer)), THOUSAND / 4).unwrap();
    world.wait_for_every_exit(&PEOPLE).unwrap();

    for name in ["p1", "p2"] {
        world.market(name, &Market::DeregisterProvider {}, &[]).unwrap();
    }
    world.pass(8 * DAY).unwrap();
    for name in ["p1", "p2"] {
        let provider = world.on_a(name).into();
        world.market("anyone", &Market::ReleaseStake { provider }, &[]).unwrap();
    }
    world.knock_at_every_exit(&PEOPLE).unwrap();
    let market = world.market.clone();
    assert_eq!(world.holdings_on_a(&market).unwrap(), (0, 0), "the market owes nothing");
    let outpost = world.outpost.clone();
    assert_eq!(world.b().balance(&outpost, USDX).unwrap(), 0, "nor does the outpost");
    let total: u128 = ["p1", "p2", "treasury"]
        .map(|name| {
            let account = world.on_a(name);
            world.holdings_on_a(&account).unwrap().0
        })
        .iter()
        .sum();
    assert_eq!(world.usdx_of("dao").unwrap() + total, THOUSAND);
    assert!(stake_of(&mut world, "p2") == 101_000_000, "the loser of nothing has everything");
    let dao = world.address(OUTPOST_CHAIN, "dao");
    let forfeits = world.b().balance(&dao, &world.stake_on_b()).unwrap();
    assert_eq!(stake_of(&mut world, "p1") + forfeits, 101_000_000);
    assert!(Uint128::new(forfeits) > Uint128::zero(), "silence cost the bond");
}
