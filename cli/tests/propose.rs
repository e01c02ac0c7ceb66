//! Proposals as each kind of DAO takes them; the files in `propose` fix the forms. With
//! `UPDATE_PROPOSALS` set the test writes them anew.

use std::path::PathBuf;

use cosmos::keys::module_address;
use cosmos::wire::gov::PoolModule;
use cosmwasm_std::Uint128;
use entrepot::propose::{Dao, Entrance, Proposal, Purchase, Source, Vote, execute, explain, vote};
use outpost::msg::{Buy, ExecuteMsg, Operator};
use protocol::deployment::Scope;
use protocol::{Otherwise, Selection};
use serde_json::Value;
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
    same("cw3-buy", &cw3(), &buy());
    same("cw3-accept", &cw3(), &accept());
    same("daodao-buy", &daodao(), &buy());
    same("daodao-accept", &daodao(), &accept());
    same("pre-propose-buy", &pre_propose(), &buy());
    same("gov-buy", &gov(Source::Account), &buy());
    let pool = Source::CommunityPool(PoolModule::ProtocolPool);
    same("gov-buy-from-the-pool", &gov(pool), &buy());
    same("gov-accept-from-the-pool", &gov(pool), &accept());
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

#[test]
fn it_is_said_to_whom_money_may_go_when_it_cannot_go_home() {
    let mut proposal = buy();
    let ExecuteMsg::Buy(buy) = &mut proposal.msg else { panic!("it buys") };
    buy.local_refund = Some("wasm1else".into());
    let said = explain(&cw3(), &proposal, Purchase { default_timeout_seconds: 3_600 }).join("\n");
    assert!(said.contains("paid to wasm1else on the market's chain"), "{said}");
}

#[test]
fn it_is_said_in_plain_words_what_it_does_and_costs() {
    let purchase = Purchase { default_timeout_seconds: 3_600 };
    let mut said = String::new();
    for (dao, proposal) in [
        (cw3(), buy()),
        (pre_propose(), buy()),
        (gov(Source::CommunityPool(PoolModule::ProtocolPool)), buy()),
        (daodao(), accept()),
        (cw3(), Proposal { msg: ExecuteMsg::TopUp { seq: 7 }, ..buy() }),
        (cw3(), Proposal { msg: ExecuteMsg::Close { seq: 7 }, coin: None, ..buy() }),
    ] {
        said.push_str(&explain(&dao, &proposal, purchase).join("\n"));
        said.push_str("\n\n");
    }
    insta::assert_snapshot!("explanations", said);
}
