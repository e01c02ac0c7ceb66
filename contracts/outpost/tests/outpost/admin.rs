//! Owner, limits, pause, migration.

use cosmwasm_std::testing::message_info;
use cosmwasm_std::{Timestamp, coin, from_json, to_json_string};
use outpost::msg::responses::{ConfigResponse, OwnershipResponse};
use outpost::msg::{
    ConfigChanges, ExecuteMsg, InstantiateMsg, MigrateMsg, OwnershipAction, QueryMsg,
};
use outpost::{ContractError, contract};
use protocol::limits;

use crate::suite::{Suite, USDX, purchase};

impl Suite {
    fn change_owner(
        &mut self,
        sender: &str,
        action: OwnershipAction,
    ) -> Result<OwnershipResponse, ContractError> {
        self.execute(sender, &ExecuteMsg::UpdateOwnership(action), &[])?;
        Ok(self.ask(QueryMsg::Ownership {}))
    }

    fn propose(&self, name: &str, seconds: u64) -> OwnershipAction {
        let at = Timestamp::from_seconds(self.now() + seconds);
        let expiry = Some(cw_utils::Expiration::AtTime(at));
        OwnershipAction::TransferOwnership { new_owner: self.who(name).into(), expiry }
    }
}

// Rule 31: the owner changes in two steps.
#[test]
fn an_owner_is_replaced_by_who_accepts() {
    let mut suite = Suite::bare();
    let proposal = suite.propose("heir", 10);
    let stranger = suite.change_owner("stranger", proposal.clone());
    assert!(matches!(stranger, Err(ContractError::Unauthorized { .. })));
    let proposed = suite.change_owner("keeper", proposal).unwrap();
    assert_eq!(proposed.owner, Some(suite.who("keeper")));
    let other = suite.change_owner("stranger", OwnershipAction::AcceptOwnership);
    assert!(matches!(other, Err(ContractError::NotProposed { .. })));
    let accepted = suite.change_owner("heir", OwnershipAction::AcceptOwnership).unwrap();
    assert_eq!((accepted.owner, accepted.pending_owner), (Some(suite.who("heir")), None));
    assert!(suite.execute("keeper", &ExecuteMsg::Pause {}, &[]).is_err());
}

#[test]
fn a_proposal_expires() {
    let mut suite = Suite::bare();
    let proposal = suite.propose("heir", 10);
    suite.change_owner("keeper", proposal).unwrap();
    suite.pass(10);
    let late = suite.change_owner("heir", OwnershipAction::AcceptOwnership);
    assert!(matches!(late, Err(ContractError::NotProposed { .. })));
}

#[test]
fn who_renounced_has_no_say() {
    let mut suite = Suite::bare();
    let left = suite.change_owner("keeper", OwnershipAction::RenounceOwnership).unwrap();
    assert_eq!(left.owner, None);
    let refused = suite.execute("keeper", &ExecuteMsg::Pause {}, &[]);
    assert!(matches!(refused, Err(ContractError::Unauthorized { .. })));
}

#[test]
fn the_json_is_that_of_cw_ownable() {
    use cw_ownable::{Action, Expiration};
    let new_owner = || "x".to_string();
    let transfer = |expiry| Action::TransferOwnership { new_owner: new_owner(), expiry };
    for action in [
        transfer(None),
        transfer(Some(Expiration::AtHeight(5))),
        Action::AcceptOwnership,
        Action::RenounceOwnership,
    ] {
        let theirs = serde_json::to_string(&action).unwrap();
        let ours: OwnershipAction = from_json(&theirs).unwrap();
        assert_eq!(to_json_string(&ours).unwrap(), theirs);
    }
    let suite = Suite::bare();
    let ours: OwnershipResponse = suite.ask(QueryMsg::Ownership {});
    let ours = to_json_string(&ours).unwrap();
    let theirs: cw_ownable::Ownership<String> = serde_json::from_str(&ours).unwrap();
    assert_eq!(serde_json::to_string(&theirs).unwrap(), ours);
    let short = r#"{"update_ownership":{"transfer_ownership":{"new_owner":"x"}}}"#;
    from_json::<ExecuteMsg>(short.as_bytes()).unwrap();
}

#[test]
fn a_pause_stops_purchases_and_nothing_else() {
    let mut suite = Suite::connected();
    let seq = suite.bought("dao", 10);
    let (_, waiting) = suite.buy("dao", 10);
    assert!(suite.execute("dao", &ExecuteMsg::Pause {}, &[]).is_err());
    suite.execute("keeper", &ExecuteMsg::Pause {}, &[]).unwrap();
    let refused = suite.execute("dao", &purchase(), &[coin(1, USDX)]);
    assert!(matches!(refused, Err(ContractError::Paused)));
    suite.execute("dao", &ExecuteMsg::TopUp { seq }, &[coin(1, USDX)]).unwrap();
    suite.execute("dao", &ExecuteMsg::Status { seq }, &[]).unwrap();
    suite.execute("dao", &ExecuteMsg::Close { seq }, &[]).unwrap();
    suite.time_out(&waiting);
    suite.claim("dao").unwrap();
    suite.execute("keeper", &ExecuteMsg::Unpause {}, &[]).unwrap();
    suite.buy("dao", 1);
}

// Rule 33: limits are checked whenever they are set.
#[test]
fn limits_are_changed_within_their_own() {
    let mut suite = Suite::bare();
    let none = ConfigChanges::default();
    let least = limits::TIMEOUT_FLOOR_SECONDS;
    let good = ConfigChanges { min_timeout_seconds: Some(least), ..none };
    suite.execute("keeper", &ExecuteMsg::UpdateConfig(good), &[]).unwrap();
    let config: ConfigResponse = suite.ask(QueryMsg::Config {});
    assert_eq!((config.min_timeout_seconds, config.default_timeout_seconds), (least, 100));
    for bad in [
        ConfigChanges { min_timeout_seconds: Some(least - 1), ..none },
        ConfigChanges { min_timeout_seconds: Some(101), ..none },
        ConfigChanges { default_timeout_seconds: Some(limits::TIMEOUT_MAX_SECONDS + 1), ..none },
        ConfigChanges { send_window_seconds: Some(91 * 86_400), ..none },
    ] {
        let refused = suite.execute("keeper", &ExecuteMsg::UpdateConfig(bad), &[]);
        assert!(matches!(refused, Err(ContractError::Limit(_))));
    }
    let stranger = suite.execute("dao", &ExecuteMsg::UpdateConfig(good), &[]);
    assert!(matches!(stranger, Err(ContractError::Unauthorized { .. })));
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let mut suite = Suite::bare();
    let msg: InstantiateMsg = from_json(b"{}").unwrap();
    let (env, info) = (suite.env.clone(), message_info(&suite.who("deployer"), &[]));
    contract::instantiate(suite.deps.as_mut(), env, info, msg).unwrap();
    let config: ConfigResponse = suite.ask(QueryMsg::Config {});
    assert_eq!(config.min_timeout_seconds, 600);
    assert_eq!(config.send_window_seconds, 7 * 86_400);
    let ownership: OwnershipResponse = suite.ask(QueryMsg::Ownership {});
    assert_eq!(ownership.owner, Some(suite.who("deployer")));
}

// Rule 21: a message that takes no coin keeps none.
#[test]
fn messages_that_take_no_coin_refuse_one() {
    let mut suite = Suite::connected();
    for msg in [
        ExecuteMsg::Pause {},
        ExecuteMsg::Claim { owner: suite.who("dao").into(), denom: USDX.into() },
        ExecuteMsg::Reconcile { n: 1 },
        ExecuteMsg::Send { seq: 1 },
        ExecuteMsg::Cancel { seq: 1 },
        ExecuteMsg::ArmControl { route: "akash".into() },
    ] {
        let refused = suite.execute("keeper", &msg, &[coin(1, USDX)]);
        assert!(matches!(refused, Err(ContractError::UnwantedCoins { got: 1 })), "{msg:?}");
    }
}

// Rule 42: a migration takes over its own state only.
#[test]
fn a_migration_is_refused_over_another_contract_or_a_newer_version() {
    let mut suite = Suite::bare();
    let env = suite.env.clone();
    contract::migrate(suite.deps.as_mut(), env.clone(), MigrateMsg {}).unwrap();
    for (name, version) in [("crates.io:other", "0.0.1"), (contract::CONTRACT_NAME, "99.0.0")] {
        cw2::set_contract_version(&mut suite.deps.storage, name, version).unwrap();
        assert!(contract::migrate(suite.deps.as_mut(), env.clone(), MigrateMsg {}).is_err());
    }
}
