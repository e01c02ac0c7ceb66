//! Tokens of this chain by the cw20 interface, for tenants of this chain.

use cosmwasm_std::{
    Addr, Binary, Coin, Deps, DepsMut, Env, MessageInfo, Reply, Response, StdError, StdResult,
    SubMsg, Uint128, coins, to_json_binary, to_json_string,
};
use cw_multi_test::{AppResponse, ContractWrapper, Executor};
use cw_storage_plus::Map;
use market::msg::{
    CheckResponse, ExecuteMsg, Money, NewDenom, OfferTerms, Params, QueryMsg, Received,
    SolvencyResponse,
};
use protocol::Code;
use protocol::control::Command;
use serde::{Deserialize, Serialize};

use crate::suite::{
    BOND, RATE, STAKE, Suite, USD, by_offer, group, manual, offer_terms, open_msg, params, usd,
};

const BALANCES: Map<&Addr, Uint128> = Map::new("balance");
/// Units each account has at the start.
const MINTED: u128 = 1_000_000;

/// As much of cw20 as there is to be met here, and one token that keeps a part of what is sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Token {
    Transfer {
        recipient: String,
        amount: Uint128,
    },
    Send {
        contract: String,
        amount: Uint128,
        msg: Binary,
    },
    Pretend {
        contract: String,
        received: Received,
    },
    /// From now on each transfer calls the market back.
    Arm {
        market: String,
        msgs: Vec<Binary>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ask {
    Balance { address: String },
}

#[derive(Debug, Serialize, Deserialize)]
struct Balance {
    balance: Uint128,
}

#[derive(Debug, Serialize, Deserialize)]
struct Setup {
    holders: Vec<String>,
    fee: Uint128,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ToMarket {
    Receive(Received),
}

const FEE: cw_storage_plus::Item<Uint128> = cw_storage_plus::Item::new("fee");
/// The market, and what is said to it in the midst of each transfer.
const ARMED: cw_storage_plus::Item<(String, Vec<Binary>)> = cw_storage_plus::Item::new("armed");

fn instantiate(deps: DepsMut<'_>, _: Env, _: MessageInfo, setup: Setup) -> StdResult<Response> {
    for holder in setup.holders {
        BALANCES.save(deps.storage, &Addr::unchecked(holder), &Uint128::new(MINTED))?;
    }
    FEE.save(deps.storage, &setup.fee)?;
    Ok(Response::new())
}

fn execute(deps: DepsMut<'_>, _: Env, info: MessageInfo, msg: Token) -> StdResult<Response> {
    let (to, amount, message) = match msg {
        Token::Transfer { recipient, amount } => (recipient, amount, None),
        Token::Send { contract, amount, msg } => {
            let received = Received { sender: info.sender.to_string(), amount, msg };
            (contract, amount, Some(received))
        }
        Token::Pretend { contract, received } => (contract, Uint128::zero(), Some(received)),
        Token::Arm { market, msgs } => {
            ARMED.save(deps.storage, &(market, msgs))?;
            return Ok(Response::new());
        }
    };
    let to = Addr::unchecked(to);
    let fee = FEE.load(deps.storage)?.min(amount);
    let less = |held: Option<Uint128>| -> StdResult<_> {
        held.unwrap_or_default().checked_sub(amount).map_err(StdError::from)
    };
    BALANCES.update(deps.storage, &info.sender, less)?;
    let more =
        |held: Option<Uint128>| -> StdResult<_> { Ok(held.unwrap_or_default() + amount - fee) };
    BALANCES.update(deps.storage, &to, more)?;
    let response = calls(deps.as_ref())?;
    Ok(match message {
        Some(received) => {
            let msg = to_json_binary(&ToMarket::Receive(received))?;
            response.add_message(cosmwasm_std::WasmMsg::Execute {
                contract_addr: to.into(),
                msg,
                funds: vec![],
            })
        }
        None => response,
    })
}

/// What the token says to the market on its way; that it is refused does not stop it.
fn calls(deps: Deps<'_>) -> StdResult<Response> {
    let Some((contract_addr, msgs)) = ARMED.may_load(deps.storage)? else {
        return Ok(Response::new());
    };
    let calls = msgs.into_iter().map(|msg| {
        let contract_addr = contract_addr.clone();
        let call = cosmwasm_std::WasmMsg::Execute { contract_addr, msg, funds: vec![] };
        SubMsg::reply_on_error(call, 1)
    });
    Ok(Response::new().add_submessages(calls))
}

fn reply(_: DepsMut<'_>, _: Env, _: Reply) -> StdResult<Response> {
    Ok(Response::new())
}

fn query(deps: Deps<'_>, _: Env, Ask::Balance { address }: Ask) -> StdResult<Binary> {
    let held = BALANCES.may_load(deps.storage, &Addr::unchecked(address))?;
    to_json_binary(&Balance { balance: held.unwrap_or_default() })
}

/// A market with a token of `fee` units per transfer.
fn with_token(fee: u128) -> (Suite, Addr, String) {
    let mut suite = Suite::new();
    let code = ContractWrapper::new(execute, instantiate, query).with_reply(reply);
    let code = suite.app.store_code(Box::new(code));
    let holders = ["tenant", "alice", "bob"].map(|name| suite.address(name).to_string()).into();
    let setup = Setup { holders, fee: Uint128::new(fee) };
    let owner = suite.address("owner");
    let token = suite.app.instantiate_contract(code, owner, &setup, &[], "token", None).unwrap();
    let denom = format!("cw20:{token}");
    suite.just("owner", &ExecuteMsg::AddDenom(NewDenom { denom: denom.clone(), ..usd() }));
    (suite, token, denom)
}

fn send(
    suite: &mut Suite,
    from: &str,
    token: &Addr,
    (amount, msg): (u128, &ExecuteMsg),
) -> Result<AppResponse, String> {
    let msg = Token::Send {
        contract: suite.market.to_string(),
        amount: Uint128::new(amount),
        msg: to_json_binary(msg).unwrap(),
    };
    let from = suite.address(from);
    let result = suite.app.execute_contract(from, token.clone(), &msg, &[]);
    suite.check();
    result.map_err(|error| error.to_string())
}

fn held(suite: &Suite, token: &Addr, who: &Addr) -> u128 {
    let ask = Ask::Balance { address: who.to_string() };
    suite.app.wrap().query_wasm_smart::<Balance>(token, &ask).unwrap().balance.u128()
}

fn refused(result: Result<AppResponse, String>, code: Code) {
    let error = result.unwrap_err();
    assert_eq!(Code::find(&error), Some(code), "{error}");
}

fn solvency(suite: &Suite, denom: &str) -> (u128, u128) {
    let answer: SolvencyResponse = suite.ask(&QueryMsg::Solvency { denom: denom.into() });
    assert!(answer.solvent);
    (answer.bank.u128(), answer.liabilities.u128())
}

#[test]
fn a_lease_is_paid_in_tokens_from_opening_to_the_last_unit() {
    let (mut suite, token, denom) = with_token(0);
    let terms = OfferTerms { denom: denom.clone(), ..offer_terms() };
    let post = ExecuteMsg::PostOffer { terms };
    send(&mut suite, "alice", &token, (200_000, &post)).unwrap();
    let open = open_msg(1, vec![group("web", by_offer(1))]);
    send(&mut suite, "tenant", &token, (5_000, &open)).unwrap();
    let top_up = ExecuteMsg::TopUp { tenant: Some(suite.tenant("tenant")), seq: 1 };
    send(&mut suite, "bob", &token, (500, &top_up)).unwrap();
    assert_eq!(solvency(&suite, &denom), (205_500, 205_500));

    let lease = suite.lease_id(1, 0);
    assert_eq!(suite.lease(&lease).rate.u128(), RATE);
    suite.beat("alice", &lease);
    suite.pass(1_000);
    suite.just("bob", &ExecuteMsg::Withdraw { lease });
    let alice = suite.address("alice");
    assert_eq!(held(&suite, &token, &alice), MINTED - 200_000 + 980);
    suite.act(Command::CloseDeployment {});
    assert_eq!(suite.claimable("tenant", &denom), 4_500, "no close depends on the token");
    suite.claim("tenant", &denom);
    suite.claim("treasury", &denom);
    let tenant = suite.address("tenant");
    assert_eq!(held(&suite, &token, &tenant), MINTED - 5_000 + 4_500);
    let cancel = ExecuteMsg::CancelOffer { offer: 1 };
    suite.just("alice", &cancel);
    suite.claim("alice", &denom);
    assert_eq!(solvency(&suite, &denom), (0, 0));
}

// Rule 23: the caller is an accepted token.
#[test]
fn only_accepted_tokens_and_only_messages_that_take_coins() {
    let (mut suite, token, denom) = with_token(0);
    let code = suite.app.store_code(Box::new(ContractWrapper::new(execute, instantiate, query)));
    let holders = vec![suite.address("tenant").to_string()];
    let setup = Setup { holders, fee: Uint128::zero() };
    let owner = suite.address("owner");
    let other = suite.app.instantiate_contract(code, owner, &setup, &[], "other", None).unwrap();
    let open = open_msg(1, manual());
    refused(send(&mut suite, "tenant", &other, (1_000, &open)), Code::UnknownDenom);
    refused(send(&mut suite, "tenant", &token, (99, &open)), Code::InsufficientDeposit);
    let pause = ExecuteMsg::Pause {};
    refused(send(&mut suite, "tenant", &token, (1_000, &pause)), Code::WrongCoin);
    let nested = ExecuteMsg::Receive(Received {
        sender: suite.address("tenant").into(),
        amount: Uint128::new(9),
        msg: to_json_binary(&open).unwrap(),
    });
    refused(send(&mut suite, "tenant", &token, (1_000, &nested)), Code::WrongCoin);
    suite.refused("tenant", &nested, &[], Code::UnknownDenom);

    suite.just("owner", &ExecuteMsg::RemoveDenom { denom, route: None });
    refused(send(&mut suite, "tenant", &token, (1_000, &open)), Code::UnknownDenom);
}

#[test]
fn a_removed_token_still_serves_what_was_opened_in_it() {
    let (mut suite, token, denom) = with_token(0);
    send(&mut suite, "tenant", &token, (1_000, &open_msg(1, manual()))).unwrap();
    suite.just("owner", &ExecuteMsg::RemoveDenom { denom: denom.clone(), route: None });
    let top_up = ExecuteMsg::TopUp { tenant: None, seq: 1 };
    send(&mut suite, "tenant", &token, (100, &top_up)).unwrap();
    // A coin does not fund what tokens fund, and tokens do not fund what coins do.
    suite.refused("tenant", &top_up, &coins(100, USD), Code::UnknownDenom);
    suite.open(2, manual(), 1_000);
    let bid = suite.bid_msg(RATE, 60);
    refused(send(&mut suite, "alice", &token, (2 * BOND, &bid)), Code::UnknownDenom);
    let foreseen = suite.ask::<CheckResponse>(&QueryMsg::Check {
        route: None,
        sender: suite.address("alice").into(),
        coin: Some(Money { denom: denom.clone(), amount: Uint128::new(2 * BOND) }),
        message: to_json_string(&bid).unwrap(),
    });
    assert_eq!(foreseen.code, Some(Code::UnknownDenom), "{foreseen:?}");
    let second = ExecuteMsg::TopUp { tenant: None, seq: 2 };
    refused(send(&mut suite, "tenant", &token, (100, &second)), Code::UnknownDenom);
    suite.act(Command::CloseDeployment {});
    suite.claim("tenant", &denom);
    assert_eq!(held(&suite, &token, &suite.address("tenant")), MINTED);
}

#[test]
fn a_token_that_providers_stake_needs_no_listing() {
    let (mut suite, token, denom) = with_token(0);
    suite.just("owner", &ExecuteMsg::RemoveDenom { denom: denom.clone(), route: None });
    let register = ExecuteMsg::RegisterProvider {
        host_uri: "https://provider.example".into(),
        attributes: vec![],
    };
    refused(send(&mut suite, "tenant", &token, (1_000, &register)), Code::UnknownDenom);
    let params = params(&suite.address("treasury"), &suite.address("pauser"));
    let params = Params { stake_denom: denom, ..params };
    suite.just("owner", &ExecuteMsg::SetParams { params });
    send(&mut suite, "tenant", &token, (1_000, &register)).unwrap();
}

// Rule 23: no token's name is a coin's.
#[test]
fn a_coin_of_a_tokens_name_is_no_token() {
    let (mut suite, _, denom) = with_token(0);
    let tenant = suite.address("tenant");
    let forged: Vec<Coin> = coins(1_000, &denom);
    suite.app.init_modules(|router, _, storage| {
        router.bank.init_balance(storage, &tenant, forged.clone()).unwrap();
    });
    let open = open_msg(1, manual());
    suite.refused("tenant", &open, &forged, Code::WrongCoin);
}

// Rule 19: the bank covers what is owed, whatever a token says.
#[test]
fn a_token_that_takes_a_fee_on_its_way_cannot_make_the_market_owe_more_than_it_holds() {
    let (mut suite, token, denom) = with_token(1);
    let open = open_msg(1, manual());
    refused(send(&mut suite, "tenant", &token, (1_000, &open)), Code::Insolvent);
    let lie = Received {
        sender: suite.address("tenant").into(),
        amount: Uint128::new(1_000),
        msg: to_json_binary(&open).unwrap(),
    };
    let msg = Token::Pretend { contract: suite.market.to_string(), received: lie };
    let tenant = suite.address("tenant");
    let result = suite.app.execute_contract(tenant, token, &msg, &[]);
    refused(result.map_err(|error| error.to_string()), Code::Insolvent);
    assert_eq!(solvency(&suite, &denom), (0, 0));
}

#[test]
fn a_token_is_named_by_a_contract_and_has_no_route() {
    let mut suite = Suite::new();
    let new = |denom: &str, route: Option<&str>| {
        let route = route.map(Into::into);
        ExecuteMsg::AddDenom(NewDenom { denom: denom.into(), route, ..usd() })
    };
    suite.refused("owner", &new("cw20:nobody", None), &[], Code::Malformed);
    let remote = format!("cw20:{}", suite.market);
    suite.refused("owner", &new(&remote, Some("channel-0")), &[], Code::Unsupported);
    suite.refused("tenant", &new(STAKE, None), &[], Code::Unauthorized);
}

// Rules 17, 48: a token that calls back in the midst of its transfer finds everything settled.
#[test]
fn a_token_that_calls_back_is_paid_nothing_twice() {
    let (mut suite, token, denom) = with_token(0);
    for (seq, payer) in [(1, "tenant"), (2, "tenant")] {
        send(&mut suite, payer, &token, (5_000, &open_msg(seq, manual()))).unwrap();
    }
    suite.act(Command::CloseDeployment {});
    assert_eq!(suite.claimable("tenant", &denom), 5_000);
    let claim = ExecuteMsg::Claim { claimant: suite.tenant("tenant"), denom: denom.clone() };
    let forged = ExecuteMsg::Receive(Received {
        sender: suite.address("tenant").into(),
        amount: Uint128::new(5_000),
        msg: to_json_binary(&open_msg(3, manual())).unwrap(),
    });
    let finish = ExecuteMsg::Finish { deployment: suite.id(2) };
    let msgs = [&claim, &forged, &finish, &claim].map(|msg| to_json_binary(msg).unwrap()).into();
    let arm = Token::Arm { market: suite.market.to_string(), msgs };
    let owner = suite.address("owner");
    suite.app.execute_contract(owner, token.clone(), &arm, &[]).unwrap();

    suite.claim("tenant", &denom);
    let tenant = suite.address("tenant");
    assert_eq!(held(&suite, &token, &tenant), MINTED - 5_000, "once, the other order stands");
    assert_eq!(solvency(&suite, &denom), (5_000, 5_000));
    suite.refused("owner", &claim, &[], Code::BelowMinimum);
}
