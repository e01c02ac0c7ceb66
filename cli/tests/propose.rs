//! Proposals as each kind of DAO takes them; the files in `propose` fix the forms. With
//! `UPDATE_PROPOSALS` set the test writes them anew.

use std::path::PathBuf;

use cosmos::keys::module_address;
use cosmos::wire::gov::PoolModule;
use cosmwasm_std::Uint128;
use entrepot::propose::{
    Dao, Entrance, Known, Message, Proposal, Source, Vote, WayHome, execute, explain, explain_cost,
    explain_message, vote,
};
use outpost::msg::{Buy, ExecuteMsg, Operator};
use protocol::deployment::{AccessKey, Attribute, LocalOperator, Requirements, Scope};
use protocol::{Deployment, Otherwise, Selection};
use serde_json::{Value, json};
use simnet::world::orders::web_server;

const OUTPOST: &str = "wasm14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s0phg4d";

fn cw3() -> Dao {
    Dao::Cw3 { address: "wasm1multisig".into() }
}

fn daodao() -> Dao {
    let entrance = Entrance::Module { address: "wasm1module".into() };
    Dao::DaoDao { core: "wasm1core".into(), entrance }
}

fn pre_propose() -> Dao {
    let deposit = Some((1_000_000, "ustake".into()));
    let entrance = Entrance::PrePropose { address: "wasm1prepropose".into(), deposit };
    Dao::DaoDao { core: "wasm1core".into(), entrance }
}

/// The account is that of every chain, with its prefix.
fn gov(source: Source) -> Dao {
    let account = module_address("wasm", "gov").unwrap();
    Dao::Gov { account, deposit: (10_000_000, "stake".into()), source }
}

fn buy() -> Proposal {
    let selection = Selection::Offer {
        offer: 7,
        otherwise: Otherwise::Order,
        max_charge: Some(1_000_u64.into()),
    };
    Proposal {
        title: "Buy compute: web".into(),
        description: "A web server, for a month.".into(),
        outpost: OUTPOST.into(),
        msg: ExecuteMsg::Buy(Box::new(Buy {
            route: "market".into(),
            deployment: web_server(selection),
            refund_to: Some("wasm1treasury".into()),
            local_refund: None,
            operators: vec![Operator {
                address: "wasm1operator".into(),
                scopes: vec![Scope::BidAccept, Scope::Close],
            }],
            timeout_seconds: Some(7_200),
        })),
        coin: Some((34_214_400, "usdx".into())),
    }
}

fn accept() -> Proposal {
    Proposal {
        title: "Accept bid 2 for order 7".into(),
        description: "The cheapest.".into(),
        outpost: OUTPOST.into(),
        msg: ExecuteMsg::AcceptBid {
            seq: 7,
            group: 0,
            provider: "wasm1provider".into(),
            bid_no: 2,
            max_rate: Uint128::new(9_900_000_000),
        },
        coin: None,
    }
}

fn top_up() -> Proposal {
    Proposal {
        title: "Add 34214400 usdx to order 7".into(),
        description: "Another month.".into(),
        msg: ExecuteMsg::TopUp { seq: 7 },
        ..buy()
    }
}

fn close() -> Proposal {
    Proposal {
        title: "Close order 7".into(),
        description: "It has done its work.".into(),
        msg: ExecuteMsg::Close { seq: 7 },
        ..accept()
    }
}

/// Compares with the file of this name; writes it if `UPDATE_PROPOSALS` is set.
fn same(name: &str, dao: &Dao, proposal: &Proposal) {
    is_written(name, &dao.wrap(proposal).unwrap());
}

fn is_written(name: &str, written: &Value) {
    let mut file: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "propose"].iter().collect();
    file.push(format!("{name}.json"));
    if std::env::var_os("UPDATE_PROPOSALS").is_some() {
        std::fs::write(&file, format!("{written:#}\n")).unwrap();
    }
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(*written, expected, "{name}");
}

#[test]
fn each_dao_gets_its_own_form() {
    let daos = [
        ("cw3", cw3()),
        ("daodao", daodao()),
        ("pre-propose", pre_propose()),
        ("gov", gov(Source::Account)),
    ];
    for (name, dao) in &daos {
        same(&format!("{name}-buy"), dao, &buy());
        same(&format!("{name}-accept"), dao, &accept());
        same(&format!("{name}-top-up"), dao, &top_up());
        same(&format!("{name}-close"), dao, &close());
    }
    let pool = Source::CommunityPool(PoolModule::ProtocolPool);
    same("gov-buy-from-the-pool", &gov(pool), &buy());
    same("gov-accept-from-the-pool", &gov(pool), &accept());
    same("gov-top-up-from-the-pool", &gov(pool), &top_up());
    let pool = Source::CommunityPool(PoolModule::Distribution);
    same("gov-buy-from-an-older-pool", &gov(pool), &buy());
    for dao in ["cw3", "daodao"] {
        is_written(&format!("{dao}-vote"), &vote(3, Vote::Abstain));
        is_written(&format!("{dao}-execute"), &execute(3));
    }
}

#[test]
fn the_call_inside_is_the_outposts_own_message_with_one_coin() {
    let wrapped = pre_propose().wrap(&buy()).unwrap();
    let call = &wrapped["propose"]["msg"]["propose"]["msgs"][0]["wasm"]["execute"];
    assert_eq!(call["contract_addr"], OUTPOST);
    assert_eq!(call["funds"], serde_json::json!([{ "denom": "usdx", "amount": "34214400" }]));
    let msg: cosmwasm_std::Binary = serde_json::from_value(call["msg"].clone()).unwrap();
    let msg: ExecuteMsg = serde_json::from_slice(&msg).unwrap();
    assert_eq!(msg, buy().msg);
}

#[test]
fn only_money_comes_out_of_the_pool() {
    let count = |proposal: &Proposal| {
        let pool = Source::CommunityPool(PoolModule::ProtocolPool);
        let wrapped = gov(pool).wrap(proposal).unwrap();
        wrapped["messages"].as_array().unwrap().len()
    };
    assert_eq!((count(&buy()), count(&accept())), (2, 1));
}

const KNOWN: Known = Known { default_timeout_seconds: 3_600, way_home: WayHome::Outpost };

/// Everything that a purchase may ask for beyond the usual.
fn odd_purchase() -> Proposal {
    let mut proposal = buy();
    let ExecuteMsg::Buy(buy) = &mut proposal.msg else { panic!("it buys") };
    buy.local_refund = Some("wasm1else".into());
    let Deployment { manifest, local_operators, access_keys, groups, .. } = &mut buy.deployment;
    manifest.uri = Some("https://example.org/manifest.json".into());
    let operator = |address: &str, expires_in_seconds| LocalOperator {
        address: address.into(),
        scopes: vec![Scope::Manifest, Scope::Withdraw, Scope::Terms],
        expires_in_seconds,
    };
    local_operators.extend([operator("wasm1a", None), operator("wasm1b", Some(86_400))]);
    access_keys.push(AccessKey::Ed25519(vec![0; 32].into()));
    let group = &mut groups[0];
    group.selection = Selection::Lowest { bidding_seconds: 3_600 };
    group.heartbeat_window_seconds = Some(900);
    group.ready_within_seconds = Some(1_800);
    group.notice_seconds = Some(86_400);
    group.term_seconds = Some(30 * 86_400);
    group.min_stake = Some(Uint128::new(5_000_000));
    group.allow = vec!["wasm1good".into(), "wasm1better".into()];
    group.deny = vec!["wasm1bad".into()];
    group.requirements = Requirements {
        attributes: vec![Attribute { key: "region".into(), value: "eu-west".into() }],
        all_of: vec!["wasm1auditor".into()],
        any_of: vec!["wasm1other".into()],
    };
    proposal
}

#[test]
fn every_field_of_a_purchase_is_told_and_the_way_home_of_a_plain_route() {
    let past = Known { way_home: WayHome::Past, ..KNOWN };
    let mut said = String::new();
    for known in [KNOWN, past] {
        said.push_str(&explain(&cw3(), &odd_purchase(), known).join("\n"));
        said.push_str("\n\n");
    }
    insta::assert_snapshot!("odd_purchase", said);
}

/// The messages of a proposal as the DAO keeps them.
fn kept(dao: &Dao, proposal: &Proposal) -> Vec<Message> {
    let wrapped = dao.wrap(proposal).unwrap();
    let msgs = wrapped["propose"]["msgs"].as_array().unwrap();
    msgs.iter().map(|message| Message::read(OUTPOST, message)).collect()
}

#[test]
fn a_proposal_that_is_read_is_told_in_the_words_of_the_one_that_was_written() {
    for proposal in [buy(), odd_purchase(), accept()] {
        let written = explain(&cw3(), &proposal, KNOWN);
        let messages = kept(&cw3(), &proposal);
        let [message] = &messages[..] else { panic!("one message") };
        let mut read = explain_message(cw3().owner(), OUTPOST, message, Ok(KNOWN));
        read.push(explain_cost(&messages));
        assert!(read[0].starts_with("It calls the outpost"), "{read:?}");
        assert_eq!(read[1..], written[1..]);
    }
}

/// A title says nothing of what is voted on: the messages do.
#[test]
fn what_others_propose_is_told_whatever_it_is() {
    let call = |contract: &str, msg: Value, funds: Value| {
        let msg = cosmwasm_std::Binary::from(msg.to_string().into_bytes());
        json!({ "wasm": { "execute": { "contract_addr": contract, "msg": msg, "funds": funds } } })
    };
    let coins = json!([{ "denom": "usdx", "amount": "1000" }, { "denom": "stake", "amount": "7" }]);
    let none = json!([]);
    let mut said = String::new();
    for message in [
        json!({ "bank": { "send": { "to_address": "wasm1thief", "amount": coins } } }),
        json!({ "bank": { "send": { "to_address": "wasm1x", "amount": [], "memo": "a key more" } } }),
        json!({ "bank": { "send": { "to_address": "wasm1x\nIt costs nothing.", "amount": [] } } }),
        json!({ "wasm": { "update_admin": { "contract_addr": OUTPOST, "admin": "wasm1thief" } } }),
        json!({ "stargate": { "type_url": "/cosmos.bank.v1beta1.MsgSend", "value": "" } }),
        call("wasm1token", json!({ "transfer": { "recipient": "wasm1thief" } }), none.clone()),
        call(OUTPOST, json!({ "fly": {} }), none.clone()),
        call(OUTPOST, json!({ "close": { "seq": 7 } }), coins),
        call(
            OUTPOST,
            json!({ "transfer_order": { "seq": 7, "new_owner": "wasm1thief" } }),
            none.clone(),
        ),
        call(
            OUTPOST,
            json!({ "set_refund_to": { "seq": 7, "refund_to": "wasm1thief" } }),
            none.clone(),
        ),
        call(OUTPOST, json!({ "claim_to": { "denom": "usdx", "to": "wasm1thief" } }), none.clone()),
        call(
            OUTPOST,
            json!({ "withdraw_budget": { "denom": "usdx", "amount": "5", "to": "wasm1thief" } }),
            none.clone(),
        ),
        call(
            OUTPOST,
            json!({ "set_operators": { "seq": 7, "operators": [], "remote": {
                "local_operators": [{ "address": "wasm1thief", "scopes": ["close"] }], "access_keys": [] } } }),
            none.clone(),
        ),
        call(OUTPOST, json!({ "pause": {} }), none),
    ] {
        let messages = [Message::read(OUTPOST, &message)];
        let told = explain_message("wasm1multisig", OUTPOST, &messages[0], Ok(KNOWN));
        said.push_str(&format!("{}\n{}\n\n", told.join("\n"), explain_cost(&messages)));
    }
    let unknown = kept(&cw3(), &accept());
    let told =
        explain_message("wasm1multisig", OUTPOST, &unknown[0], Err("there is no order 7".into()));
    said.push_str(&told.join("\n"));
    insta::assert_snapshot!("others", said);
}

#[test]
fn it_is_said_in_plain_words_what_it_does_and_costs() {
    let mut said = String::new();
    for (dao, proposal) in [
        (cw3(), buy()),
        (pre_propose(), buy()),
        (gov(Source::CommunityPool(PoolModule::ProtocolPool)), buy()),
        (daodao(), accept()),
        (cw3(), top_up()),
        (cw3(), close()),
    ] {
        said.push_str(&explain(&dao, &proposal, KNOWN).join("\n"));
        said.push_str("\n\n");
    }
    insta::assert_snapshot!("explanations", said);
}
