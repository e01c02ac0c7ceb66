//! What is offered and ordered in the story: a small web server.

use cosmwasm_std::Uint128;
use market::msg::{OfferTerms, Prices, StoragePrice};
use outpost::msg::Buy;
use protocol::deployment::{Endpoint, Requirements, ResourceUnit, Volume};
use protocol::{Deployment, Group, Manifest, Otherwise, Selection};

const GIB: u64 = 1 << 30;
const DAY: u64 = 86_400;
/// What the web server costs by [`offer`]: nano-units per second, 0.95 USDX a day.
const RATE: u128 = 11_000_000_000;

/// A provider's standing offer, at `factor` times the price.
pub(super) fn offer(denom: String, factor: u128) -> OfferTerms {
    let price = |nano: u128| Uint128::new(nano * factor);
    OfferTerms {
        denom,
        prices: Prices {
            cpu_milli: price(5_000_000),
            memory_gib: price(2_000_000_000),
            storage: vec![StoragePrice { class: "default".into(), gib: price(100_000_000) }],
            gpus: Vec::new(),
            endpoint: price(1_000_000_000),
        },
        attributes: Vec::new(),
        capacity: 10,
        min_charge: Uint128::zero(),
        expires_in_seconds: 90 * DAY,
    }
}

/// What an offer must put up for a day of the web server, and a little more.
pub(super) fn bond(factor: u128) -> Uint128 {
    Uint128::new((RATE * factor * u128::from(DAY)).div_ceil(1_000_000_000) * 2)
}

/// A purchase of the web server by that offer, for at most 1.2 times its price; if the offer is
/// gone the money is to come back.
pub(super) fn buy(route: String, offer: u64, factor: u128) -> Buy {
    let volume = Volume { class: "default".into(), bytes: 10 * GIB, persistent: false };
    let group = Group {
        name: "web".into(),
        resources: vec![ResourceUnit {
            count: 1,
            cpu_milli: 1_000,
            memory_bytes: 2 * GIB,
            volumes: vec![volume],
            gpu: None,
            endpoints: vec![Endpoint::SharedHttp],
        }],
        requirements: Requirements::default(),
        max_rate: Uint128::new(RATE * factor * 12 / 10),
        selection: Selection::Offer { offer, otherwise: Otherwise::Refund, max_charge: None },
        expires_in_seconds: 7 * DAY,
        heartbeat_window_seconds: None,
        ready_within_seconds: None,
        notice_seconds: None,
        term_seconds: None,
        min_stake: None,
        allow: Vec::new(),
        deny: Vec::new(),
    };
    Buy {
        route,
        deployment: Deployment {
            manifest: Manifest { hash: "5e".repeat(32), uri: None },
            groups: vec![group],
            runway_seconds: 3_600,
            local_operators: Vec::new(),
            access_keys: Vec::new(),
        },
        refund_to: None,
        local_refund: None,
        operators: Vec::new(),
        timeout_seconds: None,
    }
}
