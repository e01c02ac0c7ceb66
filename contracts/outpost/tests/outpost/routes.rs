//! Routes, and how they are proved.

use cosmwasm_std::{IbcChannel, IbcOrder, coin};
use outpost::ContractError;
use outpost::msg::responses::{RouteResponse, RoutesResponse};
use outpost::msg::{ExecuteMsg, QueryMsg};
use protocol::RouteStyle;

use crate::suite::market::probed;
use crate::suite::{
    CONNECTION, MARKET, ROUTE, Suite, TRANSFER, USDX, add_route, purchase, transfer_channel,
};

impl Suite {
    fn route(&self) -> RouteResponse {
        let routes: RoutesResponse = self.ask(QueryMsg::Routes { start_after: None, limit: None });
        routes.routes[0].clone()
    }
}

const CALLBACKS: RouteStyle =
    RouteStyle::Callbacks { source_gas: 500_000, destination_gas: 900_000 };

/// The message of [`add_route`] with another name, channel and market.
fn another(name: &str, channel: &str, market: &str) -> ExecuteMsg {
    styled(name, channel, market, CALLBACKS)
}

/// The same, with another style.
fn styled(name: &str, channel: &str, market: &str, style: RouteStyle) -> ExecuteMsg {
    ExecuteMsg::AddRoute {
        name: name.into(),
        channel: channel.into(),
        market: market.into(),
        style,
    }
}

#[test]
fn a_plain_route_is_alone() {
    for (first, second) in [
        (CALLBACKS, RouteStyle::Plain {}),
        (RouteStyle::Plain {}, CALLBACKS),
        (RouteStyle::Plain {}, RouteStyle::Plain {}),
    ] {
        let mut suite = Suite::bare();
        let mut other = transfer_channel();
        other.endpoint.channel_id = "channel-8".into();
        suite.deps.querier.ibc.update("wasm.outpost", &[transfer_channel(), other]);
        suite.execute("keeper", &styled("a", TRANSFER, MARKET, first), &[]).unwrap();
        let refused = suite.execute("keeper", &styled("b", "channel-8", "away1b", second), &[]);
        assert!(matches!(refused, Err(ContractError::PlainIsAlone { route }) if route == "a"));
    }
}

#[test]
fn the_chain_says_which_connection_a_route_is_on() {
    let mut suite = Suite::bare();
    suite.execute("keeper", &add_route(), &[]).unwrap();
    let route = suite.route();
    assert_eq!(route.connection, CONNECTION);
    assert_eq!(route.control_port, format!("wasm.{MARKET}"));
    assert!(route.proved.is_empty());
}

#[test]
fn only_the_owner_adds_and_probes() {
    let mut suite = Suite::bare();
    let refused = suite.execute("dao", &add_route(), &[]);
    assert!(matches!(refused, Err(ContractError::Unauthorized { .. })));
    suite.execute("keeper", &add_route(), &[]).unwrap();
    let probe = ExecuteMsg::ProbeRoute { route: ROUTE.into(), timeout_seconds: None };
    let refused = suite.execute("dao", &probe, &[coin(1, USDX)]);
    assert!(matches!(refused, Err(ContractError::Unauthorized { .. })));
}

#[test]
fn only_an_open_transfer_channel_to_the_transfer_module_is_a_route() {
    let faults: [fn(&mut IbcChannel); 4] = [
        |channel| channel.endpoint.port_id = "wasm.x".into(),
        |channel| channel.counterparty_endpoint.port_id = "wasm.x".into(),
        |channel| channel.order = IbcOrder::Ordered,
        |channel| channel.version = "ics20-2".into(),
    ];
    for spoil in faults {
        let mut suite = Suite::bare();
        let mut channel = transfer_channel();
        spoil(&mut channel);
        suite.deps.querier.ibc.update("wasm.outpost", &[channel]);
        let refused = suite.execute("keeper", &add_route(), &[]);
        assert!(matches!(refused, Err(ContractError::BadRouteChannel { .. })));
    }
}

#[test]
fn names_addresses_and_gas_are_checked() {
    let mut suite = Suite::bare();
    for bad in [
        another("", TRANSFER, MARKET),
        another("Akash", TRANSFER, MARKET),
        another(&"a".repeat(33), TRANSFER, MARKET),
        another("akash", TRANSFER, "AWAY1MARKET"),
        another("akash", TRANSFER, ""),
    ] {
        let refused = suite.execute("keeper", &bad, &[]);
        assert!(matches!(refused, Err(ContractError::Limit(_))));
    }
    suite.execute("keeper", &another(&"a".repeat(32), TRANSFER, MARKET), &[]).unwrap();
    for gas in [0, 100_000_001] {
        let style = RouteStyle::Hooks { market_gas: Some(gas) };
        let refused = suite.execute("keeper", &styled("b", TRANSFER, MARKET, style), &[]);
        assert!(matches!(refused, Err(ContractError::Limit(_))));
    }
}

#[test]
fn a_channel_or_a_market_belongs_to_one_route() {
    let mut suite = Suite::proved();
    let mut second = transfer_channel();
    second.endpoint.channel_id = "channel-8".into();
    suite.deps.querier.ibc.update("wasm.outpost", &[transfer_channel(), second]);
    for (add, taken) in [
        (another("other", TRANSFER, "away1other"), "channel"),
        (another("other", "channel-8", MARKET), "market"),
        (add_route(), "name"),
    ] {
        let refused = suite.execute("keeper", &add, &[]);
        assert!(matches!(refused, Err(ContractError::RouteExists { what, .. }) if what == taken));
    }
    suite.execute("keeper", &another("other", "channel-8", "away1other"), &[]).unwrap();
}

#[test]
fn a_route_is_corrected_until_something_travels_on_it() {
    let mut suite = Suite::bare();
    suite.execute("keeper", &another(ROUTE, TRANSFER, "away1typo"), &[]).unwrap();
    suite.execute("keeper", &add_route(), &[]).unwrap();
    assert_eq!(suite.route().market, MARKET);
    let probe = ExecuteMsg::ProbeRoute { route: ROUTE.into(), timeout_seconds: None };
    suite.execute("keeper", &probe, &[coin(1, USDX)]).unwrap();
    assert!(suite.execute("keeper", &add_route(), &[]).is_err());
    let sent = suite.last_sent();
    suite.time_out(&sent);
    suite.execute("keeper", &add_route(), &[]).unwrap();
}

#[test]
fn only_the_probes_coin_coming_home_proves_a_denom() {
    let mut suite = Suite::bare();
    suite.execute("keeper", &add_route(), &[]).unwrap();
    let probe = ExecuteMsg::ProbeRoute { route: ROUTE.into(), timeout_seconds: None };
    suite.execute("keeper", &probe, &[coin(5, USDX)]).unwrap();
    let sent = suite.last_sent();
    suite.acknowledge(&sent, protocol::ics20::SUCCESS_ACK);
    let early = suite.execute("dao", &purchase(), &[coin(1, USDX)]);
    assert!(matches!(early, Err(ContractError::UnprovedRoute { .. })));
    suite.settle(&probed(sent.message().n), coin(5, USDX)).unwrap();
    assert_eq!(suite.route().proved, vec![USDX.to_string()]);
    suite.execute("dao", &purchase(), &[coin(1, USDX)]).unwrap();
    suite.claim("keeper").unwrap();
    assert_eq!(suite.paid("keeper"), 5);
}

#[test]
fn a_probe_that_comes_home_as_another_denom_proves_nothing() {
    let mut suite = Suite::bare();
    suite.execute("keeper", &add_route(), &[]).unwrap();
    let probe = ExecuteMsg::ProbeRoute { route: ROUTE.into(), timeout_seconds: None };
    suite.execute("keeper", &probe, &[coin(5, "uatom")]).unwrap();
    let nonce = suite.last_sent().message().n;
    suite.settle(&probed(nonce), coin(5, USDX)).unwrap();
    assert!(suite.route().proved.is_empty());
    assert_eq!(suite.claimable("keeper"), 5);
}

#[test]
fn a_nonce_proves_once() {
    let mut suite = Suite::proved();
    let nonce = suite.chain.sent[0].message().n;
    suite.settle(&probed(nonce), coin(5, "uatom")).unwrap();
    assert_eq!(suite.route().proved, vec![USDX.to_string()]);
}
