//! JSON that others depend on: cw-ownable's, and the names of the messages.

use cosmwasm_std::{from_json, to_json_string};
use cw_utils::Expiration;
use market::msg::{ExecuteMsg, OwnershipAction, OwnershipResponse};

/// As cw-ownable 2.1 writes its messages.
#[test]
fn ownership_messages_are_those_of_cw_ownable() {
    let transfer = |expiry| OwnershipAction::TransferOwnership { new_owner: "bob".into(), expiry };
    for (action, json) in [
        (transfer(None), r#"{"transfer_ownership":{"new_owner":"bob","expiry":null}}"#),
        (
            transfer(Some(Expiration::AtHeight(7))),
            r#"{"transfer_ownership":{"new_owner":"bob","expiry":{"at_height":7}}}"#,
        ),
        (OwnershipAction::AcceptOwnership, r#""accept_ownership""#),
        (OwnershipAction::RenounceOwnership, r#""renounce_ownership""#),
    ] {
        assert_eq!(to_json_string(&action).unwrap(), json);
        let wrapped = format!(r#"{{"update_ownership":{json}}}"#);
        let parsed: ExecuteMsg = from_json(wrapped).unwrap();
        assert_eq!(parsed, ExecuteMsg::UpdateOwnership(action));
    }
    let short = r#"{"transfer_ownership":{"new_owner":"bob"}}"#;
    assert_eq!(from_json::<OwnershipAction>(short).unwrap(), transfer(None));
}

/// As cw-ownable 2.1 answers.
#[test]
fn ownership_answers_are_those_of_cw_ownable() {
    let answer = OwnershipResponse {
        owner: Some("alice".into()),
        pending_owner: None,
        pending_expiry: Some(Expiration::Never {}),
    };
    let json = r#"{"owner":"alice","pending_owner":null,"pending_expiry":{"never":{}}}"#;
    assert_eq!(to_json_string(&answer).unwrap(), json);
}

/// As the crate cw20 2.0 writes and reads them.
#[test]
fn token_messages_are_those_of_cw20() {
    let received = cw20::Cw20ReceiveMsg {
        sender: "alice".into(),
        amount: 7_u128.into(),
        msg: serde_json::from_str(r#""e30=""#).unwrap(),
    };
    // The crate wraps it in `receive`, as the enum of the receiver's messages has it.
    let json = serde_json::to_string(&received).unwrap();
    let parsed: ExecuteMsg = from_json(format!(r#"{{"receive":{json}}}"#)).unwrap();
    let ExecuteMsg::Receive(ours) = &parsed else { panic!("{parsed:?}") };
    assert_eq!((ours.sender.as_str(), ours.amount.u128()), ("alice", 7));
    assert_eq!(ours.msg.as_slice(), b"{}");
    assert_eq!(to_json_string(ours).unwrap(), json);
}

/// The crate's own types read what we write, and write what we read.
#[test]
fn ownership_types_are_those_of_cw_ownable() {
    let theirs: cw_ownable::Action =
        serde_json::from_str(&to_json_string(&OwnershipAction::AcceptOwnership).unwrap()).unwrap();
    assert_eq!(theirs, cw_ownable::Action::AcceptOwnership);
    let expiry = Some(Expiration::AtHeight(7));
    let ours = OwnershipAction::TransferOwnership { new_owner: "bob".into(), expiry };
    let theirs: cw_ownable::Action = serde_json::from_str(&to_json_string(&ours).unwrap()).unwrap();
    let back: OwnershipAction = from_json(serde_json::to_string(&theirs).unwrap()).unwrap();
    assert_eq!(back, ours);
}
