//! Property: a control channel opens only between the route's two contracts, on its connection,
//! unordered and in our version; each check alone refuses.

use cosmwasm_std::{IbcChannel, IbcEndpoint, IbcOrder};
use protocol::handshake::{
    Expected, HandshakeError, ORDER, Role, VERSION, check_role, check_route, check_terms, port_of,
};

use crate::samples::{MARKET, OUTPOST};

const EXPECTED: Expected<'_> =
    Expected { connection: "connection-4", counterparty_port: "wasm.home1outpost" };

/// The channel as the market sees it.
fn channel() -> IbcChannel {
    IbcChannel::new(
        IbcEndpoint { port_id: port_of(MARKET), channel_id: "channel-9".into() },
        IbcEndpoint { port_id: port_of(OUTPOST), channel_id: "channel-2".into() },
        ORDER,
        VERSION,
        "connection-4",
    )
}

#[test]
fn the_routes_own_channel_passes_every_check() {
    check_terms(&channel(), Some(VERSION)).unwrap();
    check_terms(&channel(), None).unwrap();
    check_route(&channel(), EXPECTED).unwrap();
}

#[test]
fn an_ordered_channel_is_refused() {
    let mut ordered = channel();
    ordered.order = IbcOrder::Ordered;
    let error = check_terms(&ordered, Some(VERSION)).unwrap_err();
    assert_eq!(error, HandshakeError::Order { got: "ordered".into() });
    assert_eq!(error.to_string(), "the channel is `ordered`, it must be `unordered`");
}

#[test]
fn another_version_of_ours_is_refused() {
    for got in ["", "entrepot-2", "entrepot-1 ", "Entrepot-1", "ics20-1"] {
        let mut other = channel();
        other.version = got.into();
        let error = check_terms(&other, Some(VERSION)).unwrap_err();
        assert_eq!(error, HandshakeError::Version { side: "own", got: got.into() });
    }
}

#[test]
fn another_version_of_the_counterparty_is_refused() {
    for got in ["", "entrepot-2", "entrepot-1\0", "ics20-1"] {
        let error = check_terms(&channel(), Some(got)).unwrap_err();
        assert_eq!(error, HandshakeError::Version { side: "counterparty's", got: got.into() });
    }
}

#[test]
fn each_end_takes_its_own_steps_only() {
    check_role(Role::Initiator, Role::Initiator).unwrap();
    check_role(Role::Responder, Role::Responder).unwrap();
    assert_eq!(
        check_role(Role::Initiator, Role::Responder),
        Err(HandshakeError::Role { got: "try", expected: "outpost" })
    );
    assert_eq!(
        check_role(Role::Responder, Role::Initiator),
        Err(HandshakeError::Role { got: "init", expected: "market" })
    );
}

#[test]
fn another_connection_is_refused() {
    for got in ["connection-40", "connection-", "connection-04", ""] {
        let mut other = channel();
        other.connection_id = got.into();
        assert_eq!(
            check_route(&other, EXPECTED),
            Err(HandshakeError::Connection { got: got.into(), expected: "connection-4".into() })
        );
    }
}

#[test]
fn another_counterparty_is_refused() {
    for got in ["wasm.home1outpostx", "home1outpost", "transfer", "WASM.home1outpost", ""] {
        let mut other = channel();
        other.counterparty_endpoint.port_id = got.into();
        assert_eq!(
            check_route(&other, EXPECTED),
            Err(HandshakeError::Counterparty {
                got: got.into(),
                expected: "wasm.home1outpost".into()
            })
        );
    }
}

#[test]
fn the_port_of_a_contract_is_its_address_behind_wasm() {
    assert_eq!(port_of("home1outpost"), "wasm.home1outpost");
}
