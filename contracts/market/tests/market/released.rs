//! From each released version: all that it stored is found again after the migration, and every
//! unit finds its way out.
//!
//! `tests/released/VERSION.json` holds the storage of a market of that version on a real chain and
//! its answers there; `scripts/record-release` made it.

use std::collections::BTreeSet;

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{Addr, HexBinary, Order, Timestamp, coin};
use cw_multi_test::{App, AppBuilder, ContractWrapper, Executor};
use market::msg::{
    DeploymentsResponse, ExecuteMsg, LeaseId, MigrateMsg, QueryMsg, SolvencyResponse,
};
use protocol::control::DeploymentState;
use protocol::{DeploymentId, Tenant};
use released::{Answered, Recorded, losses};
use serde_json::{Value, json};

const DAY: u64 = 86_400;

struct Migrated {
    app: App,
    market: Addr,
    recorded: Recorded,
}

impl Migrated {
    /// A market that stores and holds what was recorded, migrated.
    fn from(recorded: &str) -> Self {
        let recorded: Recorded = serde_json::from_str(recorded).unwrap();
        let api = MockApi::default().with_prefix("wasm");
        let mut app = AppBuilder::new().with_api(api).build(|_, _, _| ());
        let code =
            ContractWrapper::new(market::contract::execute, instantiate, market::contract::query);
        let code = code.with_reply(market::contract::reply).with_migrate(migrate);
        let code = app.store_code(Box::new(code));
        let owner = app.api().addr_make("owner");
        let admin = Some(owner.to_string());
        let market = app
            .instantiate_contract(code, owner.clone(), &json!({}), &[], "market", admin)
            .unwrap();
        let mut storage = app.contract_storage_mut(&market);
        for (key, value) in &recorded.state {
            storage.set(HexBinary::from_hex(key).unwrap().as_slice(), value.as_bytes());
        }
        drop(storage);
        let held = recorded.of("solvency").map(|(ask, answer)| {
            let books: SolvencyResponse = serde_json::from_value(answer.clone()).unwrap();
            coin(books.bank.u128(), ask["denom"].as_str().unwrap())
        });
        let held: Vec<_> = held.collect();
        app.init_modules(|router, _, storage| {
            router.bank.init_balance(storage, &market, held).unwrap();
        });
        app.update_block(|block| block.time = Timestamp::from_seconds(recorded.time));
        app.migrate_contract(owner, market.clone(), &MigrateMsg {}, code).unwrap();
        let migrated = Self { app, market, recorded };
        migrated.check();
        migrated
    }

    fn check(&self) {
        let env = cosmwasm_std::testing::mock_env();
        let env = cosmwasm_std::Env {
            contract: cosmwasm_std::ContractInfo { address: self.market.clone() },
            block: self.app.block_info(),
            ..env
        };
        let storage = self.app.contract_storage(&self.market);
        let querier = self.app.wrap();
        let deps = cosmwasm_std::Deps { storage: &*storage, api: self.app.api(), querier };
        market::sanity::check(deps, &env).unwrap();
    }

    fn ask<T: serde::de::DeserializeOwned>(&self, ask: &impl serde::Serialize) -> T {
        self.app.wrap().query_wasm_smart(&self.market, ask).unwrap()
    }

    fn tenants(&self) -> Vec<Tenant> {
        let asked = self.recorded.of("deployments");
        asked.map(|(ask, _)| serde_json::from_value(ask["tenant"].clone()).unwrap()).collect()
    }

    /// Every deployment that is open.
    fn live(&self) -> Vec<DeploymentId> {
        let mut live = Vec::new();
        for tenant in self.tenants() {
            let mut start_after = None;
            loop {
                let (tenant, limit) = (tenant.clone(), Some(50));
                let ask = QueryMsg::Deployments {
                    tenant: tenant.clone(),
                    denom: None,
                    state: None,
                    start_after,
                    limit,
                };
                let page: DeploymentsResponse = self.ask(&ask);
                let Some(last) = page.deployments.last() else { break };
                start_after = Some(last.seq);
                let open = page.deployments.iter().filter(|one| one.state == DeploymentState::Open);
                live.extend(open.map(|one| DeploymentId { tenant: tenant.clone(), seq: one.seq }));
            }
        }
        live
    }

    fn denoms(&self) -> Vec<String> {
        let asked = self.recorded.of("solvency");
        asked.map(|(ask, _)| ask["denom"].as_str().unwrap().to_owned()).collect()
    }

    /// Tries a message as a stranger; a refusal is an answer.
    fn knock(&mut self, msg: &ExecuteMsg) {
        let anyone = self.app.api().addr_make("anyone");
        let _ = self.app.execute_contract(anyone, self.market.clone(), msg, &[]);
        self.check();
    }

    /// Has a stranger send a message, and gives the reason of a refusal.
    fn tried(&mut self, msg: &ExecuteMsg) -> Result<(), String> {
        let anyone = self.app.api().addr_make("anyone");
        let sent = self.app.execute_contract(anyone, self.market.clone(), msg, &[]);
        self.check();
        sent.map(drop).map_err(|error| format!("{error:?}"))
    }

    /// The one lease that stops at this second.
    fn stopping_at(&self, stop: u64) -> LeaseId {
        let stops = |id: &DeploymentId| {
            let lease = LeaseId { deployment: id.clone(), group: 0 };
            let ask = QueryMsg::Lease { id: lease.clone() };
            let told: Option<Value> = self.app.wrap().query_wasm_smart(&self.market, &ask).ok();
            told.filter(|told| told["stops_at"] == stop).map(|_| lease)
        };
        self.live().iter().find_map(stops).expect("a lease stops then")
    }

    fn pass(&mut self, seconds: u64) {
        self.app.update_block(|block| block.time = block.time.plus_seconds(seconds));
    }
}

/// The storage comes from the record.
fn instantiate(
    _: cosmwasm_std::DepsMut<'_>,
    _: cosmwasm_std::Env,
    _: cosmwasm_std::MessageInfo,
    _: Value,
) -> Result<cosmwasm_std::Response, market::ContractError> {
    Ok(cosmwasm_std::Response::new())
}

fn migrate(
    deps: cosmwasm_std::DepsMut<'_>,
    env: cosmwasm_std::Env,
    msg: MigrateMsg,
    _: cosmwasm_std::MigrateInfo,
) -> Result<cosmwasm_std::Response, market::ContractError> {
    market::contract::migrate(deps, env, msg)
}

fn everything_is_found_again(recorded: &str) {
    let migrated = Migrated::from(recorded);
    let mut kinds = BTreeSet::new();
    for Answered { ask, answer } in &migrated.recorded.answers {
        kinds.extend(ask.as_object().unwrap().keys().cloned());
        let now: Value = migrated.ask(ask);
        assert_eq!(losses(&ask.to_string(), (answer, &now), &[]), [""; 0]);
    }
    for kind in ["status", "lease", "order", "bids", "offers", "providers", "claimable"] {
        assert!(kinds.contains(kind), "nothing was recorded of {kind}: {kinds:?}");
    }
    assert!(migrated.live().len() > 5, "{:?}", migrated.live());
}

/// Only time passes, and anybody does what anybody may do.
fn every_unit_finds_its_way_out(recorded: &str) {
    let mut migrated = Migrated::from(recorded);
    let (live, tenants, denoms) = (migrated.live(), migrated.tenants(), migrated.denoms());
    let offers = migrated.recorded.of("offers");
    let offers: Vec<u64> = offers
        .flat_map(|(_, answer)| answer["offers"].as_array().unwrap().clone())
        .map(|offer| offer["id"].as_u64().unwrap())
        .collect();
    for days in [0, 1, 1, 30, 1, 1, 100, 1] {
        migrated.pass(days * DAY);
        for id in &live {
            for group in 0..8 {
                let lease = LeaseId { deployment: id.clone(), group };
                migrated.knock(&ExecuteMsg::ExpireOrder { order: lease.clone() });
                migrated.knock(&ExecuteMsg::CloseUnready { lease: lease.clone() });
                migrated.knock(&ExecuteMsg::CloseSilent { lease: lease.clone() });
                migrated.knock(&ExecuteMsg::EndLease { lease: lease.clone() });
                migrated.knock(&ExecuteMsg::ReportSilent { lease: lease.clone() });
                for provider in &tenants {
                    let Tenant::Local { address } = provider else { continue };
                    let provider = Some(address.clone());
                    let order = lease.clone();
                    migrated.knock(&ExecuteMsg::WithdrawBid { order, provider });
                }
            }
            migrated.knock(&ExecuteMsg::CloseShort { deployment: id.clone() });
            migrated.knock(&ExecuteMsg::Finish { deployment: id.clone() });
        }
        for offer in &offers {
            migrated.knock(&ExecuteMsg::CancelOffer { offer: *offer });
        }
    }
    for claimant in tenants.iter().filter(|tenant| matches!(tenant, Tenant::Local { .. })) {
        for denom in &denoms {
            let (claimant, denom) = (claimant.clone(), denom.clone());
            migrated.knock(&ExecuteMsg::Claim { claimant, denom });
        }
    }
    // What is left: the providers' stakes, and what remote tenants may claim once the way home works.
    let providers: Value = migrated.ask(&json!({ "providers": { "limit": 50 } }));
    let stakes = providers["providers"].as_array().unwrap().iter().map(|provider| {
        let stake: cosmwasm_std::Coin = serde_json::from_value(provider["stake"].clone()).unwrap();
        (stake.denom, stake.amount.to_string().parse::<u128>().unwrap())
    });
    let stakes: Vec<_> = stakes.collect();
    for denom in &denoms {
        let ask = QueryMsg::Solvency { denom: denom.clone() };
        let books: SolvencyResponse = migrated.ask(&ask);
        let staked: u128 =
            stakes.iter().filter(|(of, _)| of == denom).map(|(_, units)| units).sum();
        let mut claimable = 0;
        for claimant in &tenants {
            let ask = json!({ "claimable": { "claimant": claimant, "denom": denom } });
            let answer: Value = migrated.ask(&ask);
            claimable += answer["amount"].as_str().unwrap().parse::<u128>().unwrap();
        }
        assert_eq!(books.liabilities.u128(), staked + claimable, "{books:?}");
    }
    let keys = migrated.app.contract_storage(&migrated.market);
    let accounts = keys.range(Some(b"\0\x07account"), Some(b"\0\x07accounu"), Order::Ascending);
    assert_eq!(accounts.count(), 0, "no account is left");
}

// Rule 42: a migration takes over what a release has stored.
#[test]
fn all_that_0_1_0_stored_is_found_again() {
    everything_is_found_again(include_str!("../released/0.1.0.json"));
}

#[test]
fn every_unit_in_0_1_0_finds_its_way_out() {
    every_unit_finds_its_way_out(include_str!("../released/0.1.0.json"));
}

/// When the recorded deployments 3, 4 and 5 began, each with a lease that nobody has served yet.
const BEGUN: u64 = 1_795_377_263;
/// How long a heartbeat of theirs lasts.
const WINDOW: u64 = 21_600;
/// When a stranger says that two of them are silent, and until when they may break it.
const REPORTED: u64 = BEGUN + WINDOW + 500;
const DEADLINE: u64 = REPORTED + WINDOW;
/// When they stop: never served; reported with the deadline before the stop; reported with the deadline after it.
const STOPS: [u64; 3] = [BEGUN + 900, DEADLINE + 1_000, DEADLINE - 1_000];

/// Leases with a term as 0.1.0 stored them, which are not among those recorded: the stop stands in the stream from the
/// start on, a provider is late at the stop at the latest, and a report does not look at the stop.
fn with_terms(recorded: &str) -> String {
    let mut recorded: Value = serde_json::from_str(recorded).unwrap();
    recorded["time"] = json!(REPORTED + 100);
    let mut edit = |name: &str, key: &[u8], change: &dyn Fn(&mut Value)| {
        let prefix = [&[0, name.len() as u8][..], name.as_bytes()].concat();
        let key = HexBinary::from([prefix, key.to_vec()].concat()).to_hex();
        let text = recorded["state"][&key].as_str().expect("it is recorded");
        let mut value: Value = serde_json::from_str(text).unwrap();
        change(&mut value);
        recorded["state"][&key] = json!(value.to_string());
    };
    for (number, stop) in (3_u64..).zip(STOPS) {
        let is_served = stop > REPORTED;
        // A stream is an array: its cap, its stop, and how many heartbeats it had last.
        edit("account", &number.to_be_bytes(), &|account| {
            let stream = &mut account[6][0];
            stream[4] = json!(stop);
            if is_served {
                (stream[3], stream[9]) = (json!(BEGUN + WINDOW), json!(1));
            }
        });
        let group = [&[0, 8][..], &number.to_be_bytes(), &0_u32.to_be_bytes()].concat();
        edit("lease", &group, &|lease| {
            if is_served {
                lease["silent_deadline"] = json!(DEADLINE);
            } else {
                lease["ready_by"] = json!(stop);
            }
        });
    }
    recorded.to_string()
}

/// Whatever a term of 0.1.0 has led to by the migration, there is one exit from it, and one only.
#[test]
fn a_term_of_0_1_0_has_one_exit() {
    let recorded = with_terms(include_str!("../released/0.1.0.json"));
    let mut migrated = Migrated::from(&recorded);
    let [never, forfeits, ends] = STOPS.map(|stop| migrated.stopping_at(stop));
    let end = |lease: &LeaseId| ExecuteMsg::EndLease { lease: lease.clone() };
    let silent = |lease: &LeaseId| ExecuteMsg::CloseSilent { lease: lease.clone() };
    let is_refused = |tried: Result<(), String>, reason: &str| {
        let why = tried.expect_err("there is another exit");
        assert!(why.contains(reason), "{why}");
    };
    is_refused(migrated.tried(&end(&never)), "was never active");
    migrated.tried(&ExecuteMsg::ReportSilent { lease: never.clone() }).unwrap();
    migrated.pass(STOPS[1] - REPORTED);
    is_refused(migrated.tried(&end(&forfeits)), "was silent for its last time");
    migrated.tried(&silent(&forfeits)).unwrap();
    is_refused(migrated.tried(&silent(&ends)), "comes to its end before its silence");
    migrated.tried(&end(&ends)).unwrap();
    migrated.tried(&ExecuteMsg::CloseUnready { lease: never }).unwrap();
    every_unit_finds_its_way_out(&recorded);
}
