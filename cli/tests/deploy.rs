//! What `entrepot deploy` finds out about chains before it proves a route.

use cosmwasm_std::{Timestamp, coin};
use entrepot::deploy::reverted::{Whose, refused_memo, taken};
use protocol::ics20::SUCCESS_ACK;
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, USDX, World};
use simnet::{CallbackSupport, Stage, Transfer};

const SUPPORT: [CallbackSupport; 3] =
    [CallbackSupport::Atomic, CallbackSupport::Swallowed, CallbackSupport::Absent];

/// Carries the only packet there is, and says whether its transfer came to stand.
fn stands(world: &mut World) -> bool {
    let (packet, stage) = world.network.in_flight().unwrap().remove(0);
    assert_eq!(stage, Stage::Receive);
    world.network.receive(&packet).unwrap();
    let ack = world.network.ack(&packet).unwrap().unwrap();
    world.network.acknowledge(&packet).unwrap();
    ack.as_slice() == SUCCESS_ACK
}

/// What `deploy` sends a market stands on the chains where a refused purchase would lose its money, and only there.
#[test]
fn a_refusal_by_the_market_tells_chains_that_keep_the_money_from_others() {
    for support in SUPPORT {
        let mut world = World::new().unwrap();
        world.fund("deployer", 1).unwrap();
        let deployer = world.on_b("deployer");
        world.network.chain_mut(MARKET_CHAIN).set_callback_support(support);
        let memo = refused_memo(world.market.as_str(), deployer.as_str()).unwrap();
        world.send_to_market("deployer", 1, memo).unwrap();
        let is_kept = support != CallbackSupport::Atomic;
        assert_eq!(stands(&mut world), is_kept, "{support:?}");
        assert_eq!(world.usdx_of("deployer").unwrap(), u128::from(!is_kept), "{support:?}");
    }
}

#[test]
fn a_refusal_by_the_outpost_tells_chains_that_keep_the_money_from_others() {
    for support in SUPPORT {
        let mut world = World::new().unwrap();
        let deployer = world.on_a("deployer");
        world.network.chain_mut(MARKET_CHAIN).mint(&deployer, coin(1, "stake")).unwrap();
        world.network.chain_mut(OUTPOST_CHAIN).set_callback_support(support);
        let transfer = Transfer {
            channel: world.transfer.market.clone(),
            receiver: world.outpost.to_string(),
            coin: coin(1, "stake"),
            timeout: Timestamp::from_seconds(world.now() + 600).into(),
            memo: refused_memo(world.outpost.as_str(), deployer.as_str()).unwrap(),
        };
        world.network.chain_mut(MARKET_CHAIN).transfer(&deployer, transfer).unwrap();
        let is_kept = support != CallbackSupport::Atomic;
        assert_eq!(stands(&mut world), is_kept, "{support:?}");
        let has = world.a().balance(&deployer, "stake").unwrap();
        assert_eq!(has, u128::from(!is_kept), "{support:?}");
    }
}

#[test]
fn a_chain_that_keeps_what_is_refused_is_told_with_cause_and_cure() {
    let coin = format!("1 {USDX}");
    let told = [
        taken(Whose::Market, "wasmdev-1", &coin, Some("unsupported: no settlement")),
        taken(Whose::Market, "wasmdev-1", &coin, None),
        taken(Whose::Outpost, "betanet", "1 stake", None),
    ];
    insta::assert_snapshot!(told.join("\n\n"));
}
