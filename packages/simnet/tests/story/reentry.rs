//! Rule 48 of the contracts: a contract that they call calls back, and gets nothing by it.

use cosmwasm_std::{
    Binary, Coin, Deps, DepsMut, Empty, Env, MessageInfo, Reply, Response, StdResult, SubMsg,
    WasmMsg, coin, to_json_binary,
};
use cw_multi_test::{Contract, ContractWrapper};
use cw_storage_plus::Item;
use outpost::msg::ExecuteMsg as Outpost;
use outpost::msg::responses::OrderState;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use simnet::world::orders::{from_offer, purchase, web_server};
use simnet::world::{OUTPOST_CHAIN, USDX};

use super::{THOUSAND, world_with_offer};

/// What an owner says to the outpost, and what the outpost says to it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tell {
    Say { msg: Binary, funds: Vec<Coin> },
    EntrepotOrder { order: Value },
}

/// The outpost.
const OUTPOST: Item<String> = Item::new("outpost");

fn instantiate(deps: DepsMut<'_>, _: Env, _: MessageInfo, outpost: String) -> StdResult<Response> {
    OUTPOST.save(deps.storage, &outpost)?;
    Ok(Response::new())
}

fn execute(deps: DepsMut<'_>, env: Env, _: MessageInfo, msg: Tell) -> StdResult<Response> {
    let outpost = OUTPOST.load(deps.storage)?;
    let call = |msg, funds| WasmMsg::Execute { contract_addr: outpost.clone(), msg, funds };
    match msg {
        Tell::Say { msg, funds } => Ok(Response::new().add_message(call(msg, funds))),
        Tell::EntrepotOrder { .. } => {
            let owner = env.contract.address.to_string();
            let claim = Outpost::Claim { owner, denom: USDX.into() };
            let withdraw = Outpost::WithdrawBudget { denom: USDX.into(), amount: None, to: None };
            let cancel = Outpost::Cancel { seq: 1 };
            let mut response = Response::new();
            for msg in [&claim, &withdraw, &claim, &withdraw, &cancel] {
                let call = call(to_json_binary(msg)?, Vec::new());
                response = response.add_submessage(SubMsg::reply_on_error(call, 1));
            }
            Ok(response)
        }
    }
}

/// What the outpost refuses is no reason to stop.
fn reply(_: DepsMut<'_>, _: Env, _: Reply) -> StdResult<Response> {
    Ok(Response::new())
}

fn query(_: Deps<'_>, _: Env, _: Empty) -> StdResult<Binary> {
    Ok(Binary::default())
}

fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query).with_reply(reply))
}

/// Has the contract that owns orders say something to the outpost.
fn say(world: &mut simnet::World, msg: &Outpost, funds: Vec<Coin>) {
    let robber = world.address(OUTPOST_CHAIN, "robber");
    let tell = Tell::Say { msg: to_json_binary(msg).unwrap(), funds };
    let anyone = world.on_b("anyone");
    world.network.chain_mut(OUTPOST_CHAIN).execute(&anyone, &robber, &tell, &[]).unwrap();
    world.check().unwrap();
}

#[test]
fn an_owner_that_calls_back_when_it_is_notified_is_paid_once() {
    let (mut world, offer) = world_with_offer();
    let (seq, spare) = (1, 5_000);
    world.deploy_on_b("robber", code(), &world.outpost.to_string()).unwrap();
    world.fund("robber", THOUSAND).unwrap();

    // The DAO has credits and a budget as well, which would pay for what is paid twice.
    world.outpost("dao", &Outpost::Deposit { owner: None }, &[coin(100_000_000, USDX)]).unwrap();
    let mut refused = web_server(from_offer(offer));
    refused.groups[0].max_rate = 1_u64.into();
    let buy = Outpost::Buy(Box::new(purchase(refused)));
    say(&mut world, &buy, vec![coin(THOUSAND - spare, USDX)]);
    say(&mut world, &Outpost::Deposit { owner: None }, vec![coin(spare, USDX)]);
    world.relay().unwrap();
    assert_eq!(world.order(seq).unwrap().state, OrderState::Refunded);
    assert_eq!(world.usdx_of("robber").unwrap(), 0);

    world.outpost("anyone", &Outpost::NotifyOwner { seq }, &[]).unwrap();
    assert_eq!(world.usdx_of("robber").unwrap(), THOUSAND, "its credit and its budget, once");
    let outpost = world.outpost.clone();
    assert_eq!(world.b().balance(&outpost, USDX).unwrap(), 100_000_000, "what is the DAO's");
}
