//! A call in bytes: what is decoded, and how its end is told.

use cosmwasm_std::testing::{MockApi, MockQuerier, MockStorage, mock_env};
use cosmwasm_std::{
    Binary, Deps, DepsMut, Env, MessageInfo, QuerierWrapper, Response, StdError, coin, to_json_vec,
};
use entry::{ask, call};

const INFO: &[u8] = br#"{"sender":"alice","funds":[{"denom":"u","amount":"5"}]}"#;

fn execute(deps: DepsMut<'_>, env: Env, info: MessageInfo, n: u64) -> Result<Response, StdError> {
    assert_eq!(env, mock_env());
    assert_eq!((info.sender.as_str(), info.funds), ("alice", vec![coin(5, "u")]));
    deps.storage.set(b"n", &n.to_be_bytes());
    if n > 5 { Err(StdError::msg("too many")) } else { Ok(Response::new().add_attribute("n", "5")) }
}

fn reply(_deps: DepsMut<'_>, _env: Env, text: String) -> Result<Response, String> {
    Err(text)
}

fn query(deps: Deps<'_>, env: Env, denom: String) -> Result<Binary, StdError> {
    let held = ask::balance(deps.querier, env.contract.address.as_str(), &denom)?;
    Ok(Binary::new(held.to_string().into_bytes()))
}

fn run(msg: &[u8]) -> String {
    let (mut storage, api, querier) =
        (MockStorage::new(), MockApi::default(), MockQuerier::default());
    let deps = DepsMut { storage: &mut storage, api: &api, querier: QuerierWrapper::new(&querier) };
    let env = to_json_vec(&mock_env()).unwrap();
    String::from_utf8(call::sent(execute, deps, &env, INFO, msg)).unwrap()
}

#[test]
fn a_response_and_an_error_are_told_as_the_chain_expects() {
    let good = run(b"5");
    let response = Response::<cosmwasm_std::Empty>::new().add_attribute("n", "5");
    let expected = format!(r#"{{"ok":{}}}"#, cosmwasm_std::to_json_string(&response).unwrap());
    assert_eq!(good, expected);
    assert!(run(b"6").starts_with(r#"{"error":"#) && run(b"6").contains("too many"));
}

#[test]
fn a_message_that_does_not_decode_is_an_error_that_says_why() {
    assert_eq!(
        run(b"-1"),
        r#"{"error":"malformed: expected a number from zero up to 18446744073709551615, found `-1`"}"#
    );
    assert_eq!(run(b"{"), r#"{"error":"malformed: expected value: a key at byte 1"}"#);
}

#[test]
fn what_the_chain_tells_and_asks_goes_the_same_way() {
    let env = to_json_vec(&mock_env()).unwrap();
    let contract = mock_env().contract.address;
    let querier: MockQuerier = MockQuerier::new(&[(contract.as_str(), &[coin(7, "u")])]);
    let (mut storage, api) = (MockStorage::new(), MockApi::default());
    let deps = DepsMut { storage: &mut storage, api: &api, querier: QuerierWrapper::new(&querier) };
    assert_eq!(call::told(reply, deps, &env, br#""no \"way\"""#), br#"{"error":"no \"way\""}"#);
    let deps = Deps { storage: &storage, api: &api, querier: QuerierWrapper::new(&querier) };
    assert_eq!(call::asked(query, deps, &env, br#""u""#), br#"{"ok":"N3U="}"#);
}
