//! What goes wrong on the way: timeouts, lost callbacks, a relayer that does as it likes.

use cosmwasm_std::coin;
use outpost::msg::ExecuteMsg as Outpost;
use outpost::msg::responses::{FlightState, OrderState};
use protocol::Selection;
use protocol::control::DeploymentState;
use simnet::world::orders::{from_offer, web_server};
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, USDX};
use simnet::{CallbackKind, CallbackSupport, ClientStatus, Error, Relayed, Sequence, Stage, World};

use super::{DAY, HOUR, THOUSAND, assert_dao_is_whole, first_group, world_with_offer};

/// A world in which the DAO's purchase is under way, not relayed.
fn world_with_purchase() -> (World, u64) {
    let (mut world, offer) = world_with_offer();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    (world, seq)
}

fn lose_source_callbacks(world: &mut World) {
    world.network.chain_mut(OUTPOST_CHAIN).starve_callbacks(CallbackKind::Source);
}

fn hear_source_callbacks(world: &mut World) {
    world.network.chain_mut(OUTPOST_CHAIN).feed_callbacks(CallbackKind::Source);
}

#[test]
fn a_timeout_refunds() {
    let (mut world, seq) = world_with_purchase();
    world.pass(2 * HOUR).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Refunded);
    assert_dao_is_whole(&mut world);
}

#[test]
fn a_packet_that_is_delivered_twice_opens_once() {
    let (mut world, seq) = world_with_purchase();
    let (packet, stage) = world.relayer.pending(&world.network).unwrap().remove(0);
    assert_eq!(stage, Stage::Receive);
    assert_eq!(world.network.receive(&packet), Ok(Relayed::Done));
    assert_eq!(world.network.receive(&packet), Ok(Relayed::Repeated));
    world.relay().unwrap();
    assert_eq!(world.network.acknowledge(&packet), Ok(Relayed::Repeated));
    let id = world.deployment("dao", seq);
    assert_eq!(world.status(&id).unwrap().free.u128(), THOUSAND);
}

#[test]
fn purchases_may_arrive_in_any_order() {
    let (mut world, first) = world_with_purchase();
    world.fund("dao", THOUSAND).unwrap();
    let second = world.buy("dao", web_server(Selection::Manual {}), THOUSAND).unwrap();
    world.relayer.set_sequence(Sequence::Reversed);
    world.relay().unwrap();
    for seq in [first, second] {
        let id = world.deployment("dao", seq);
        assert_eq!(world.status(&id).unwrap().state, DeploymentState::Open);
        assert_eq!(world.order(seq).unwrap().state, OrderState::Acked);
    }
}

#[test]
fn a_lost_callback_of_a_timeout_is_repaired_by_the_markets_word() {
    let (mut world, seq) = world_with_purchase();
    lose_source_callbacks(&mut world);
    world.pass(2 * HOUR).unwrap();
    world.relay().unwrap();
    hear_source_callbacks(&mut world);
    assert_eq!(world.order(seq).unwrap().state, OrderState::InFlight);
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0, "the coin is back, nobody's yet");
    let n = world.order(seq).unwrap().n;
    world.reconcile(n).unwrap();
    assert!(world.reconcile(n).is_err(), "one question at a time");
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Refunded);
    assert_dao_is_whole(&mut world);
    assert!(world.reconcile(n).is_err(), "credited once");
}

#[test]
fn a_lost_callback_of_a_refusal_is_repaired_after_the_timeout() {
    let (mut world, offer) = world_with_offer();
    let mut deployment = web_server(from_offer(offer));
    deployment.groups[0].max_rate = 1_000_u64.into();
    let seq = world.buy("dao", deployment, THOUSAND).unwrap();
    lose_source_callbacks(&mut world);
    world.relay().unwrap();
    hear_source_callbacks(&mut world);
    let n = world.order(seq).unwrap().n;
    assert!(world.reconcile(n).is_err(), "before its timeout nothing is final");
    world.pass(2 * HOUR).unwrap();
    world.reconcile(n).unwrap();
    world.relay().unwrap();
    assert_dao_is_whole(&mut world);
}

#[test]
fn a_lost_callback_of_a_success_is_repaired_and_nothing_is_credited() {
    let (mut world, seq) = world_with_purchase();
    lose_source_callbacks(&mut world);
    world.relay().unwrap();
    hear_source_callbacks(&mut world);
    assert_eq!(world.order(seq).unwrap().state, OrderState::InFlight);
    world.pass(2 * HOUR).unwrap();
    let n = world.order(seq).unwrap().n;
    world.reconcile(n).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Leased);
    assert_eq!(world.flights().unwrap(), []);
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0);
}

#[test]
fn a_never_before_the_coin_is_back_waits_for_the_coin() {
    let (mut world, seq) = world_with_purchase();
    let (packet, _) = world.relayer.pending(&world.network).unwrap().remove(0);
    world.relayer.withhold(packet.clone());
    world.pass(2 * HOUR).unwrap();
    let n = world.order(seq).unwrap().n;
    world.reconcile(n).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::RefundDue);
    assert_eq!(world.flights().unwrap()[0].state, FlightState::RefundDue);
    assert!(world.reconcile(n).is_err(), "the coin is not back");
    world.relayer.release(&packet);
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Refunded);
    assert_dao_is_whole(&mut world);
}

#[test]
fn a_lost_callback_of_a_top_up_is_repaired_whether_it_arrived_or_not() {
    let (mut world, seq) = world_with_purchase();
    world.fund("friend", 2 * 50_000_000).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    lose_source_callbacks(&mut world);
    world.top_up("friend", seq, 50_000_000).unwrap();
    world.relay().unwrap();
    world.top_up("friend", seq, 50_000_000).unwrap();
    world.pass(2 * HOUR).unwrap();
    world.relay().unwrap();
    hear_source_callbacks(&mut world);
    assert_eq!(world.status(&id).unwrap().free.u128(), THOUSAND + 50_000_000);
    for flight in world.flights().unwrap() {
        world.reconcile(flight.n).unwrap();
    }
    world.relay().unwrap();
    assert_eq!(world.flights().unwrap(), []);
    world.claim("friend").unwrap();
    assert_eq!(world.usdx_of("friend").unwrap(), 50_000_000, "one arrived, one is back");
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0);
}

#[test]
fn what_the_chain_does_not_take_is_kept_and_can_be_sent() {
    let (mut world, offer) = world_with_offer();
    let connection = world.connection.outpost.clone();
    let b = world.network.chain_mut(OUTPOST_CHAIN);
    b.set_client(&connection, ClientStatus::Frozen).unwrap();
    let first = world.buy("dao", web_server(from_offer(offer)), THOUSAND / 2).unwrap();
    let second = world.buy("dao", web_server(from_offer(offer)), THOUSAND / 2).unwrap();
    assert_eq!(world.order(first).unwrap().state, OrderState::Unsent);
    world.outpost("dao", &Outpost::Cancel { seq: second }, &[]).unwrap();
    world.claim("dao").unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND / 2);

    let b = world.network.chain_mut(OUTPOST_CHAIN);
    b.set_client(&connection, ClientStatus::Active).unwrap();
    world.outpost("anyone", &Outpost::Send { seq: first }, &[]).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(first).unwrap().state, OrderState::Acked);
}

#[test]
fn what_nobody_sends_in_time_anyone_may_cancel() {
    let (mut world, offer) = world_with_offer();
    let connection = world.connection.outpost.clone();
    let b = world.network.chain_mut(OUTPOST_CHAIN);
    b.set_client(&connection, ClientStatus::Frozen).unwrap();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    let cancel = Outpost::Cancel { seq };
    assert!(world.outpost("anyone", &cancel, &[]).is_err());
    world.pass(8 * DAY).unwrap();
    assert!(world.outpost("anyone", &Outpost::Send { seq }, &[]).is_err());
    world.outpost("anyone", &cancel, &[]).unwrap();
    assert_dao_is_whole(&mut world);
}

#[test]
fn a_settlement_that_overtakes_the_acknowledgement_is_credited() {
    let (mut world, seq) = world_with_purchase();
    let (packet, _) = world.relayer.pending(&world.network).unwrap().remove(0);
    world.network.receive(&packet).unwrap();
    world.relayer.withhold(packet.clone());
    let id = world.deployment("dao", seq);
    let lease = first_group(id.clone());
    world.pass(DAY + 1).unwrap();
    let report = market::msg::ExecuteMsg::ReportSilent { lease: lease.clone() };
    world.market("anyone", &report, &[]).unwrap();
    world.pass(DAY).unwrap();
    let unready = market::msg::ExecuteMsg::CloseUnready { lease };
    world.market("anyone", &unready, &[]).unwrap();
    world.pass(DAY + 1).unwrap();
    let finish = market::msg::ExecuteMsg::Finish { deployment: id };
    world.market("anyone", &finish, &[]).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
    assert_dao_is_whole(&mut world);
    world.relayer.release(&packet);
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed, "states move forward only");
    assert_eq!(world.flights().unwrap(), []);
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0);
}

#[test]
fn a_settlement_that_fails_stays_with_the_market_and_can_be_sent_again() {
    let (mut world, seq) = world_with_purchase();
    world.relay().unwrap();
    world.network.chain_mut(OUTPOST_CHAIN).starve_callbacks(CallbackKind::Destination);
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
    let tenant = world.tenant("dao");
    let denom = world.usdx_on_a();
    assert_eq!(world.credited(&tenant, &denom).unwrap(), THOUSAND);
    world.network.chain_mut(OUTPOST_CHAIN).feed_callbacks(CallbackKind::Destination);
    world.pass(2 * HOUR).unwrap();
    world.bring_home(&tenant).unwrap();
    assert_eq!(world.credited(&tenant, &denom).unwrap(), 0);
    assert_dao_is_whole(&mut world);
}

#[test]
fn a_settlement_that_times_out_stays_with_the_market() {
    let (mut world, seq) = world_with_purchase();
    world.relay().unwrap();
    world.close("dao", seq).unwrap();
    let (control, _) = world.relayer.pending(&world.network).unwrap().remove(0);
    world.network.receive(&control).unwrap();
    world.pass(2 * HOUR).unwrap();
    world.relay().unwrap();
    let (tenant, denom) = (world.tenant("dao"), world.usdx_on_a());
    assert_eq!(world.credited(&tenant, &denom).unwrap(), THOUSAND);
    world.pass(2 * HOUR).unwrap();
    world.bring_home(&tenant).unwrap();
    assert_dao_is_whole(&mut world);
}

#[test]
fn a_settlement_whose_own_callback_was_lost_is_recovered_after_a_week() {
    let (mut world, seq) = world_with_purchase();
    world.relay().unwrap();
    world.network.chain_mut(MARKET_CHAIN).starve_callbacks(CallbackKind::Source);
    world.network.chain_mut(OUTPOST_CHAIN).starve_callbacks(CallbackKind::Destination);
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    world.network.chain_mut(MARKET_CHAIN).feed_callbacks(CallbackKind::Source);
    world.network.chain_mut(OUTPOST_CHAIN).feed_callbacks(CallbackKind::Destination);
    let (tenant, denom) = (world.tenant("dao"), world.usdx_on_a());
    assert_eq!(world.credited(&tenant, &denom).unwrap(), 0);
    let settlements = world.settlements().unwrap();
    let [settlement] = settlements.as_slice() else {
        panic!("expected one settlement under way, got {settlements:?}");
    };
    let recover = market::msg::ExecuteMsg::RecoverSettle {
        route: world.transfer.market.clone(),
        sequence: settlement.sequence,
    };
    assert!(world.market("anyone", &recover, &[]).is_err(), "too early");
    world.pass(8 * DAY).unwrap();
    world.market("anyone", &recover, &[]).unwrap();
    assert_eq!(world.credited(&tenant, &denom).unwrap(), THOUSAND);
    world.pass(HOUR).unwrap();
    world.bring_home(&tenant).unwrap();
    assert_dao_is_whole(&mut world);
}

#[test]
fn a_route_over_a_chain_without_callbacks_is_never_proved() {
    let mut world = World::unproved().unwrap();
    world.network.chain_mut(MARKET_CHAIN).set_callback_support(CallbackSupport::Absent);
    world.prove_route().unwrap();
    world.fund("dao", THOUSAND).unwrap();
    let bought = world.buy("dao", web_server(Selection::Manual {}), THOUSAND);
    let Err(Error::Transaction { reason }) = bought else {
        panic!("expected a refusal, got {bought:?}");
    };
    assert!(reason.contains("proved"), "{reason}");
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND);
    assert_eq!(world.stray_at_market().unwrap().len(), 1, "the probe's coin belongs to nobody");
}

#[test]
fn arrived_is_not_opened() {
    let (mut world, offer) = world_with_offer();
    world.network.chain_mut(MARKET_CHAIN).set_callback_support(CallbackSupport::Absent);
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Acked);
    world.ask_status(seq).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Acked, "the market knows of nothing");
    assert_eq!(world.claimable("dao", USDX).unwrap(), 0, "what arrived is never credited on B");
    assert_eq!(world.stray_at_market().unwrap(), [coin(THOUSAND, world.usdx_on_a())]);
}

#[test]
fn a_probe_whose_way_home_fails_is_not_lost() {
    let mut world = World::unproved().unwrap();
    world.network.chain_mut(OUTPOST_CHAIN).starve_callbacks(CallbackKind::Destination);
    world.prove_route().unwrap();
    world.network.chain_mut(OUTPOST_CHAIN).feed_callbacks(CallbackKind::Destination);
    world.pass(HOUR).unwrap();
    // The market knows the coin by the packet's sender only; the outpost knows who probed.
    let owners = ["outpost-owner"];
    let people =
        simnet::world::People { owners: &owners, wallets: &[], locals: &[], providers: &[] };
    let sender = protocol::Tenant::Remote {
        route: world.transfer.market.clone(),
        sender: world.outpost.to_string(),
        account: String::new(),
    };
    world.bring_home(&sender).unwrap();
    world.knock_at_every_exit(&people).unwrap();
    assert_eq!(world.usdx_of("outpost-owner").unwrap(), simnet::world::PROBE_UNITS);
}
