//! The story over chains with ibc-hooks instead of ibc-go callbacks, at both ends or at the
//! outpost's, and those who call the contracts themselves.

use cosmwasm_std::{Event, Timestamp, coin};
use outpost::msg::ExecuteMsg as Outpost;
use outpost::msg::responses::OrderState;
use protocol::control::{Command, DeploymentState, GroupState, Instruction};
use protocol::money::{Settle, SettleKind};
use protocol::{Action, Code, Message, Parties, RouteStyle};
use serde_json::json;
use simnet::world::orders::{from_offer, web_server};
use simnet::world::{MARKET_CHAIN, STAKE, USDX};
use simnet::{Relayed, Transfer, World};

use super::{
    DAY, HOUR, THOUSAND, assert_dao_is_whole, first_group, group_state, records, with_offer,
};

const BOTH_ENDS: RouteStyle = RouteStyle::Hooks { market_gas: None };
const AT_HOME: RouteStyle = RouteStyle::Hooks { market_gas: Some(1_000_000) };

fn bought(style: RouteStyle) -> (World, u64) {
    let (mut world, offer) = with_offer(World::of_style(style).unwrap());
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    (world, seq)
}

#[test]
fn one_packet_buys_and_the_rest_comes_home() {
    for style in [BOTH_ENDS, AT_HOME] {
        let (mut world, seq) = bought(style);
        world.relay().unwrap();
        assert_eq!(world.order(seq).unwrap().state, OrderState::Acked);
        let id = world.deployment("dao", seq);
        assert_eq!(group_state(&world, &id), GroupState::Pending);
        world.serve("p1", &first_group(id.clone()), DAY).unwrap();
        world.close("dao", seq).unwrap();
        world.relay().unwrap();
        assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
        assert_eq!(world.status(&id).unwrap().state, DeploymentState::Closed);
        world.claim("dao").unwrap();
        assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND - 11 * u128::from(DAY));
    }
}

#[test]
fn a_refused_purchase_is_reverted_and_leaves_nothing() {
    for style in [BOTH_ENDS, AT_HOME] {
        let (mut world, offer) = with_offer(World::of_style(style).unwrap());
        let before = records(world.a(), &world.market);
        let none = web_server(from_offer(offer + 1_000));
        let seq = world.buy("dao", none, THOUSAND).unwrap();
        world.relay().unwrap();
        assert_eq!(world.order(seq).unwrap().state, OrderState::Refunded);
        assert_eq!(records(world.a(), &world.market), before);
        assert_dao_is_whole(&mut world);
        let said = |event: &Event| {
            event.attributes.iter().any(|said| Code::find(&said.value) == Some(Code::UnknownOffer))
        };
        assert!(world.a().events().iter().any(said), "the reason is readable");
    }
}

#[test]
fn a_timeout_refunds() {
    for style in [BOTH_ENDS, AT_HOME] {
        let (mut world, seq) = bought(style);
        world.pass(2 * HOUR).unwrap();
        world.relay().unwrap();
        assert_eq!(world.order(seq).unwrap().state, OrderState::Refunded);
        assert_dao_is_whole(&mut world);
    }
}

#[test]
fn a_settlement_that_nobody_carries_in_time_is_sent_again() {
    for style in [BOTH_ENDS, AT_HOME] {
        let (mut world, seq) = bought(style);
        world.relay().unwrap();
        world.close("dao", seq).unwrap();
        let close = world.relayer.pending(&world.network).unwrap().remove(0).0;
        assert_eq!(world.network.receive(&close), Ok(Relayed::Done));
        world.pass(3 * HOUR).unwrap();
        world.relay().unwrap();
        let tenant = world.tenant("dao");
        assert_eq!(world.credited(&tenant, &world.usdx_on_a()).unwrap(), THOUSAND);
        world.pass(DAY).unwrap();
        world.bring_home(&tenant).unwrap();
        assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
        assert_dao_is_whole(&mut world);
    }
}

fn forged_settlement(account: String) -> Message {
    let settle =
        Settle { account, seq: Some(1), kind: SettleKind::Closed, nonce: None, statement: None };
    Message { n: 0, action: Action::Settle(settle) }
}

#[test]
fn nobody_calls_in_place_of_the_chain() {
    for style in [BOTH_ENDS, AT_HOME] {
        let (mut world, seq) = bought(style);
        world.relay().unwrap();
        let account: String = world.on_b("dao").into();
        world.fund("thief", THOUSAND).unwrap();
        let settlement = Outpost::Entrepot(Box::new(forged_settlement(account.clone())));
        for (caller, coins) in [("thief", vec![coin(5, USDX)]), ("dao", Vec::new())] {
            world.outpost(caller, &settlement, &coins).unwrap_err();
        }
        let close = Instruction { account, seq, command: Command::CloseDeployment {} };
        let close = Message { n: 900, action: Action::Do(close) };
        let close = market::msg::ExecuteMsg::Entrepot(Box::new(close));
        world.market("p1", &close, &[coin(5, STAKE)]).unwrap_err();
        world.market("p1", &close, &[]).unwrap_err();
    }
}

#[test]
fn a_transfer_of_another_sender_to_the_market_is_reverted() {
    let (mut world, seq) = bought(BOTH_ENDS);
    world.relay().unwrap();
    world.fund("thief", THOUSAND).unwrap();
    let account = world.on_b("dao").into();
    let close = Instruction { account, seq, command: Command::CloseDeployment {} };
    let close = Message { n: 1, action: Action::Do(close) };
    let parties = Parties { source: "thief", destination: Some(world.market.as_str()) };
    let memo = BOTH_ENDS.memo(parties, &close).unwrap();
    let before = records(world.a(), &world.market);
    world.send_to_market("thief", 20_000, memo).unwrap();
    world.relay().unwrap();
    assert_eq!(records(world.a(), &world.market), before);
    assert_eq!(world.usdx_of("thief").unwrap(), THOUSAND, "refused and refunded");
}

#[test]
fn a_settlement_of_anybody_but_the_market_is_reverted() {
    for style in [BOTH_ENDS, AT_HOME] {
        let (mut world, offer) = with_offer(World::of_style(style.clone()).unwrap());
        world.fund("liar", 20_000).unwrap();
        let liar_on_a = world.on_a("liar");
        let gift = world.transfer_to_market(coin(20_000, USDX), String::new());
        let gift = Transfer { receiver: liar_on_a.to_string(), ..gift };
        let liar = world.on_b("liar");
        world.transfer_from_b(&liar, gift).unwrap();
        world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
        world.relay().unwrap();

        let account = world.on_b("dao").into();
        let parties = Parties { source: "nobody", destination: Some(world.outpost.as_str()) };
        let home = Transfer {
            channel: world.transfer.market.clone(),
            receiver: world.outpost.to_string(),
            coin: coin(20_000, world.usdx_on_a()),
            timeout: Timestamp::from_seconds(world.now() + 600).into(),
            memo: style.memo(parties, &forged_settlement(account)).unwrap(),
        };
        let before = records(world.b(), &world.outpost);
        world.network.chain_mut(MARKET_CHAIN).transfer(&liar_on_a, home).unwrap();
        world.relay().unwrap();
        assert_eq!(records(world.b(), &world.outpost), before);
        assert_eq!(world.holdings_on_a(&liar_on_a).unwrap().0, 20_000, "refunded");
    }
}

#[test]
fn no_sudo_keeps_an_acknowledgement_out() {
    for style in [BOTH_ENDS, AT_HOME] {
        let (mut world, _) = bought(style);
        world.fund("prankster", THOUSAND).unwrap();
        let before = records(world.b(), &world.outpost);
        let (outpost, market) = (world.outpost.to_string(), world.market.to_string());
        for memo in [
            json!({ "ibc_callback": outpost }),
            json!({ "ibc_callback": outpost, "wasm": { "contract": market, "msg": {} } }),
            json!({ "ibc_callback": outpost, "wasm": 7 }),
        ] {
            world.send_to_market("prankster", 10, memo.to_string()).unwrap();
        }
        let prank = world.relayer.pending(&world.network).unwrap();
        let prank: Vec<_> = prank.into_iter().skip(1).collect();
        assert_eq!(prank.len(), 3);
        for (packet, _) in prank {
            assert_eq!(world.network.receive(&packet), Ok(Relayed::Done));
            assert_eq!(world.network.acknowledge(&packet), Ok(Relayed::Done));
        }
        world.check().unwrap();
        assert_eq!(records(world.b(), &world.outpost), before, "it knew none of them");
        assert_eq!(world.flights().unwrap().len(), 1, "its own packet is still awaited");
    }
}

/// What the market's README shows of what ibc-hooks execute.
fn example() -> serde_json::Value {
    const README: &str = include_str!("../../../../contracts/market/README.md");
    let (_, section) = README.split_once("\n## Money that arrives").unwrap();
    let (_, block) = section.split_once("```json\n").unwrap();
    serde_json::from_str(block.split("```").next().unwrap()).unwrap()
}

#[test]
fn the_message_that_the_readme_shows_is_executed_for_the_outpost() {
    let (mut world, seq) = bought(BOTH_ENDS);
    world.relay().unwrap();
    world.fund("dao", 20_000).unwrap();
    world.outpost("dao", &Outpost::Close { seq }, &[coin(20_000, USDX)]).unwrap();
    let (packet, _) = world.relayer.pending(&world.network).unwrap().remove(0);
    let transfer: serde_json::Value =
        cosmwasm_std::from_json(world.network.packet(&packet).unwrap().data).unwrap();
    let memo: serde_json::Value = serde_json::from_str(transfer["memo"].as_str().unwrap()).unwrap();
    let mut shown = example();
    shown["entrepot"]["do"]["account"] = world.on_b("dao").to_string().into();
    // The next number that the outpost gives to a packet.
    shown["entrepot"]["n"] = memo["wasm"]["msg"]["entrepot"]["n"].clone();
    assert_eq!(memo["wasm"]["msg"], shown);
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Closed);
}
