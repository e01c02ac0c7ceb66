//! Wallets without an outpost, and those who lie.

use cosmwasm_std::{Timestamp, coin};
use outpost::msg::responses::OrderState;
use protocol::control::{Command, DeploymentState, Instruction};
use protocol::deployment::Selection;
use protocol::memo::Callback;
use protocol::money::{Open, Probe, Settle, SettleKind};
use protocol::{Action, Memo, Message};
use simnet::world::orders::{from_offer, web_server};
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, USDX, World};
use simnet::{Chain, End, MAX_CALLBACK_GAS, TRANSFER_PORT, TRANSFER_VERSION, Transfer};

use super::{DAY, THOUSAND, first_group, records, world_with_offer};

#[test]
fn a_wallet_without_an_outpost_buys_with_one_transfer_and_closes_with_another() {
    let (mut world, offer) = world_with_offer();
    world.fund("wallet", THOUSAND).unwrap();
    let account: String = world.on_b("wallet").into();
    let open = Open {
        account: account.clone(),
        seq: 7,
        refund_to: None,
        local_refund: None,
        deployment: web_server(from_offer(offer)),
    };
    let memo = world.memo(1, Action::Open(open)).unwrap();
    world.send_to_market("wallet", THOUSAND - 20_000, memo).unwrap();
    world.relay().unwrap();
    let tenant = world.wallet_tenant("wallet");
    let (id, _) = world.deployments_of(&tenant).unwrap().remove(0);
    assert_eq!(id.seq, 7);
    world.serve("p1", &first_group(id.clone()), DAY).unwrap();

    let close = Instruction { account, seq: 7, command: Command::CloseDeployment {} };
    let memo = world.memo(2, Action::Do(close)).unwrap();
    world.send_to_market("wallet", 20_000, memo).unwrap();
    world.relay().unwrap();
    world.bring_home(&tenant).unwrap();
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Closed);
    assert_eq!(world.usdx_of("wallet").unwrap(), THOUSAND - 11 * u128::from(DAY));
}

#[test]
fn a_wallet_cannot_command_the_deployment_of_another_by_naming_its_account() {
    let (mut world, offer) = world_with_offer();
    world.fund("thief", THOUSAND).unwrap();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();
    let account = world.on_b("dao").into();
    let close = Instruction { account, seq, command: Command::CloseDeployment {} };
    let memo = world.memo(1, Action::Do(close)).unwrap();
    world.send_to_market("thief", 20_000, memo).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Open);
    assert_eq!(world.usdx_of("thief").unwrap(), THOUSAND, "refused and refunded");
}

#[test]
fn coins_that_nobody_explains_are_nobodys_and_hurt_nobody() {
    let (mut world, offer) = world_with_offer();
    world.fund("stray", 3 * 20_000).unwrap();
    let before = records(world.a(), &world.market);
    world.send_to_market("stray", 20_000, String::new()).unwrap();
    world.send_to_market("stray", 20_000, "thanks".into()).unwrap();
    world.relay().unwrap();
    assert_eq!(records(world.a(), &world.market), before);
    assert_eq!(world.stray_at_market().unwrap(), [coin(40_000, world.usdx_on_a())]);
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    world.claim("dao").unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND);
}

/// A settlement as the market writes it, from somebody who is not the market.
fn forged_settlement(outpost: &str, account: String) -> String {
    let settle =
        Settle { account, seq: Some(1), kind: SettleKind::Closed, nonce: None, statement: None };
    let memo = Memo {
        src_callback: None,
        dest_callback: Some(Callback::new(outpost, MAX_CALLBACK_GAS)),
        entrepot: Message { n: 0, action: Action::Settle(settle) },
    };
    memo.encode().unwrap()
}

#[test]
fn a_settlement_of_anybody_but_the_market_is_refused() {
    let (mut world, offer) = world_with_offer();
    world.fund("liar", 20_000).unwrap();
    let liar_on_a = world.on_a("liar");
    let gift = Transfer {
        receiver: liar_on_a.to_string(),
        ..world.transfer_to_market(coin(20_000, USDX), String::new())
    };
    let liar = world.on_b("liar");
    world.transfer_from_b(&liar, gift).unwrap();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();

    let before = records(world.b(), &world.outpost);
    let home = Transfer {
        channel: world.transfer.market.clone(),
        receiver: world.outpost.to_string(),
        coin: coin(20_000, world.usdx_on_a()),
        timeout: Timestamp::from_seconds(world.now() + 600).into(),
        memo: forged_settlement(world.outpost.as_str(), world.address(OUTPOST_CHAIN, "dao").into()),
    };
    world.network.chain_mut(MARKET_CHAIN).transfer(&liar_on_a, home).unwrap();
    world.relay().unwrap();
    assert_eq!(records(world.b(), &world.outpost), before);
    assert_eq!(world.order(seq).unwrap().state, OrderState::Acked);
    assert_eq!(world.holdings_on_a(&liar_on_a).unwrap().0, 20_000, "refunded");
}

#[test]
fn a_chain_that_lies_about_its_senders_reaches_only_its_own_channel() {
    let (mut world, offer) = world_with_offer();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();
    world.network.add(Chain::new("gamma-1", "beta"));
    let (on_a, on_c) = world.network.connect(MARKET_CHAIN, "gamma-1").unwrap();
    let a = End { connection: on_a, ..world.end_on_a(TRANSFER_PORT) };
    let c = End { chain: "gamma-1".into(), port: TRANSFER_PORT.into(), connection: on_c };
    let (channel, _) = world
        .network
        .open_channel(&c, &a, cosmwasm_std::IbcOrder::Unordered, TRANSFER_VERSION)
        .unwrap();
    // On the lying chain the outpost's own address is an account like any other.
    let outpost = world.outpost.clone();
    let gamma = world.network.chain_mut("gamma-1");
    gamma.mint(&outpost, coin(20_000, USDX)).unwrap();
    let account = world.address(OUTPOST_CHAIN, "dao").into();
    let close = Instruction { account, seq, command: Command::CloseDeployment {} };
    let transfer = Transfer {
        channel,
        receiver: world.market.to_string(),
        coin: coin(20_000, USDX),
        timeout: Timestamp::from_seconds(world.now() + 600).into(),
        memo: world.memo(99, Action::Do(close)).unwrap(),
    };
    world.network.chain_mut("gamma-1").transfer(&outpost, transfer).unwrap();
    world.relay().unwrap();
    let id = world.deployment("dao", seq);
    assert_eq!(world.status(&id).unwrap().state, DeploymentState::Open);
    let gamma = world.network.chain("gamma-1");
    assert_eq!(gamma.balance(&outpost, USDX).unwrap(), 20_000, "refused and refunded");
}

/// A wallet sends the market what it likes, naming the outpost as where its money goes.
fn refused_with_refund_to_the_outpost(world: &mut World, action: Action) {
    let (market, outpost) = (records(world.a(), &world.market), records(world.b(), &world.outpost));
    let memo = world.memo(1, action).unwrap();
    world.send_to_market("thief", 20_000, memo).unwrap();
    world.relay().unwrap();
    assert_eq!(world.usdx_of("thief").unwrap(), THOUSAND, "refused and refunded");
    assert_eq!(records(world.a(), &world.market), market);
    assert_eq!(records(world.b(), &world.outpost), outpost);
}

#[test]
fn a_wallet_cannot_close_the_order_of_another_by_sending_its_own_money_to_the_outpost() {
    let (mut world, offer) = world_with_offer();
    world.fund("thief", THOUSAND).unwrap();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    world.relay().unwrap();
    let account: String = world.on_b("dao").into();
    let refund_to = Some(world.outpost.to_string());
    let open = Open {
        account,
        seq,
        refund_to: refund_to.clone(),
        local_refund: None,
        deployment: web_server(Selection::Manual {}),
    };
    refused_with_refund_to_the_outpost(&mut world, Action::Open(open));
    let probe = Probe { nonce: 1, refund_to };
    refused_with_refund_to_the_outpost(&mut world, Action::Probe(probe));
    world.close("dao", seq).unwrap();
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Closed);
}

#[test]
fn a_wallet_cannot_say_so_later_either() {
    let (mut world, offer) = world_with_offer();
    world.fund("thief", THOUSAND).unwrap();
    let seq = world.buy("dao", web_server(from_offer(offer)), THOUSAND).unwrap();
    let account: String = world.on_b("dao").into();
    let open = Open {
        account: account.clone(),
        seq,
        refund_to: None,
        local_refund: None,
        deployment: web_server(Selection::Manual {}),
    };
    let memo = world.memo(0, Action::Open(open)).unwrap();
    world.send_to_market("thief", 20_000, memo).unwrap();
    world.relay().unwrap();
    world.fund("thief", 20_000).unwrap();
    let command = Command::SetRefundTo { refund_to: world.outpost.to_string(), rev: 1 };
    let say = Action::Do(Instruction { account, seq, command });
    refused_with_refund_to_the_outpost(&mut world, say);
}
