//! What a tenant replaces while its deployment lives, by each of the three ways in, and that a command
//! which was held back does not undo what came after it.

use cosmwasm_std::{Binary, SubMsgResult, coins, from_json};
use market::msg::{DeploymentInfo, ExecuteMsg, QueryMsg};
use protocol::control::{Answer, Command, ControlAck};
use protocol::deployment::{AccessKey, LocalOperator, Scope};
use protocol::{Code, Manifest};

use crate::control::{acknowledgement, command, connected};
use crate::far::{Far, OUTPOST, VOUCHER, WALLET, id, instruct, open, tenant, transfer_of};
use crate::suite::{Suite, USD, deployment, manual};

fn manifest(rev: u64) -> Command {
    let hash = rev.to_string().repeat(64);
    Command::UpdateManifest { rev, manifest: Manifest { hash, uri: None } }
}

fn operators(rev: u64, address: &str, key: u8) -> Command {
    let operator = LocalOperator {
        address: address.into(),
        scopes: vec![Scope::Close],
        expires_in_seconds: Some(100),
    };
    let access_keys = vec![AccessKey::Ed25519(Binary::from(vec![key; 32]))];
    Command::SetOperators { rev, local_operators: vec![operator], access_keys }
}

fn refund_to(rev: u64, to: &str) -> Command {
    Command::SetRefundTo { rev, refund_to: to.into() }
}

/// What a command of the tenant is answered here.
fn answer(suite: &mut Suite, command: Command) -> Answer {
    from_json(suite.act(command).data.unwrap()).unwrap()
}

#[test]
fn a_greater_revision_replaces_and_a_lesser_is_stale() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 1_000);
    let (alice, bob) = (suite.address("alice").to_string(), suite.address("bob").to_string());
    let newer = [manifest(5), operators(5, &bob, 5), refund_to(5, &bob)];
    for command in newer {
        assert_eq!(answer(&mut suite, command), Answer::Done {});
    }
    let held_back = [manifest(4), operators(5, &alice, 4), refund_to(3, &alice)];
    for command in held_back {
        assert_eq!(answer(&mut suite, command), Answer::Stale { rev: 5 });
    }
    let info = suite.deployment(1);
    assert_eq!(info.deployment.manifest.hash, "5".repeat(64));
    assert_eq!(info.local_operators[0].address, bob);
    assert_eq!(info.deployment.access_keys, [AccessKey::Ed25519(vec![5; 32].into())]);
    assert_eq!(info.refund_to, bob);

    suite.act(Command::CloseDeployment {});
    assert_eq!(suite.claimable("bob", USD), 1_000, "what is unspent goes where it was said");
    let late = ExecuteMsg::Act { deployment: suite.id(1), command: manifest(6) };
    suite.refused("tenant", &late, &[], Code::WrongState);
}

#[test]
fn a_revoked_operator_stays_revoked_when_its_appointment_comes_late() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 1_000);
    let operator = suite.address("operator").to_string();
    let none = Command::SetOperators { rev: 2, local_operators: vec![], access_keys: vec![] };
    suite.act(none);
    assert_eq!(answer(&mut suite, operators(1, &operator, 1)), Answer::Stale { rev: 2 });
    let close = ExecuteMsg::Act { deployment: suite.id(1), command: Command::CloseDeployment {} };
    suite.refused("operator", &close, &[], Code::Unauthorized);
}

#[test]
fn a_new_operator_acts_until_its_time_is_over_counted_from_the_command() {
    let mut suite = Suite::new();
    suite.open(1, manual(), 1_000);
    let operator = suite.address("operator").to_string();
    suite.pass(1_000);
    suite.act(operators(1, &operator, 1));
    let close =
        ExecuteMsg::Act { deployment: suite.id(1), command: Command::CloseLease { group: 0 } };
    suite.pass(99);
    suite.just("operator", &close);
    suite.pass(1);
    suite.refused("operator", &close, &[], Code::Unauthorized);
}

#[test]
fn scopes_and_the_tenants_own_matters() {
    let mut suite = Suite::new();
    let mut wanted = deployment(manual());
    wanted.local_operators = vec![LocalOperator {
        address: suite.address("operator").into(),
        scopes: vec![Scope::Manifest],
        expires_in_seconds: None,
    }];
    let open = ExecuteMsg::Open { seq: 1, refund_to: None, deployment: wanted };
    suite.run("tenant", &open, &coins(1_000, USD));
    let act = |suite: &Suite, command| ExecuteMsg::Act { deployment: suite.id(1), command };
    let own = suite.address("operator").to_string();
    suite.just("operator", &act(&suite, manifest(1)));
    for command in [
        operators(1, &own, 1),
        refund_to(1, &own),
        Command::AcceptTerms { group: 0, terms_no: 1 },
        Command::CloseDeployment {},
    ] {
        suite.refused("operator", &act(&suite, command), &[], Code::Unauthorized);
    }
    let bad = act(&suite, refund_to(1, "nowhere"));
    suite.refused("tenant", &bad, &[], Code::Malformed);
}

fn told(far: &Far) -> DeploymentInfo {
    far.ask(QueryMsg::Deployment { id: id(1) })
}

#[test]
fn a_remote_tenant_replaces_over_the_control_channel_and_with_a_coin() {
    let mut far = connected();
    let operator = far.address("operator").to_string();
    for sent in [manifest(2), operators(2, &operator, 2), refund_to(2, WALLET)] {
        let ack = acknowledgement(&mut far, command(sent));
        assert_eq!(ack, ControlAck::Answer(Answer::Done {}));
    }
    let ack = acknowledgement(&mut far, command(manifest(1)));
    assert_eq!(ack, ControlAck::Answer(Answer::Stale { rev: 2 }));
    let info = told(&far);
    assert_eq!(info.deployment.manifest.hash, "2".repeat(64));
    assert_eq!(
        (info.local_operators[0].address.as_str(), info.refund_to.as_str()),
        (&*operator, WALLET)
    );

    let none = Command::SetOperators { rev: 3, local_operators: vec![], access_keys: vec![] };
    far.say(OUTPOST, (2, instruct(1, none)), 100).unwrap();
    far.say(OUTPOST, (3, instruct(1, operators(1, &operator, 1))), 100).unwrap();
    let info = told(&far);
    assert_eq!((info.local_operators.len(), info.deployment.access_keys.len()), (0, 0));
    assert_eq!(info.status.free.u128(), 1_200, "the coins are credited, stale or not");
}

#[test]
fn a_purchase_that_was_held_back_does_not_undo_where_credits_go() {
    let mut far = connected();
    let ack = acknowledgement(&mut far, command(refund_to(1, WALLET)));
    assert_eq!(ack, ControlAck::Answer(Answer::Done {}));
    far.say(OUTPOST, (2, open(2, deployment(manual()))), 1_000).unwrap();
    let close = instruct(2, Command::CloseDeployment {});
    let closed = far.say(OUTPOST, (3, close), 100).unwrap();
    let home = &closed.messages[0];
    assert_eq!(transfer_of(home).0, OUTPOST, "the purchase named nobody else");
    far.reply(home, SubMsgResult::Err("no way".into()));
    far.pass(600);
    let claim = ExecuteMsg::Claim { claimant: tenant(OUTPOST), denom: VOUCHER.into() };
    let claimed = far.run("alice", claim);
    assert_eq!(transfer_of(&claimed.messages[0]).0, WALLET);
}
