//! What is ordered in the stories: a small web server.

use cosmwasm_std::Uint128;
use market::msg::{OfferTerms, Prices, StoragePrice};
use outpost::msg::Buy;
use protocol::deployment::{Endpoint, Requirements, ResourceUnit, Volume};
use protocol::{Deployment, Group, Manifest, Otherwise, Selection};

use super::ROUTE;

const GIB: u64 = 1 << 30;

/// What the web server costs by [`web_prices`]: nano-units of USDX per second, 0.95 USDX a day.
pub const WEB_RATE: u128 = 11_000_000_000;

/// A deployment of one web server, chosen by `selection`, for at most 1.2 × [`WEB_RATE`].
#[must_use]
pub fn web_server(selection: Selection) -> Deployment {
    deployment_of(vec![web_group("web", selection)])
}

/// A deployment of any groups.
#[must_use]
pub fn deployment_of(groups: Vec<Group>) -> Deployment {
    Deployment {
        manifest: Manifest { hash: "5e".repeat(32), uri: None },
        groups,
        runway_seconds: 3_600,
        local_operators: Vec::new(),
        access_keys: Vec::new(),
    }
}

/// The web server's group: a cpu, 2 GiB of memory, 10 GiB of storage, one endpoint.
#[must_use]
pub fn web_group(name: &str, selection: Selection) -> Group {
    let volume = Volume { class: "default".into(), bytes: 10 * GIB, persistent: false };
    Group {
        name: name.into(),
        resources: vec![ResourceUnit {
            count: 1,
            cpu_milli: 1_000,
            memory_bytes: 2 * GIB,
            volumes: vec![volume],
            gpu: None,
            endpoints: vec![Endpoint::SharedHttp],
        }],
        requirements: Requirements::default(),
        max_rate: Uint128::new(WEB_RATE * 12 / 10),
        selection,
        expires_in_seconds: 7 * 86_400,
        heartbeat_window_seconds: None,
        ready_within_seconds: None,
        notice_seconds: None,
        term_seconds: None,
        min_stake: None,
        allow: Vec::new(),
        deny: Vec::new(),
    }
}

/// Take this standing offer, and if it is not there be refunded.
#[must_use]
pub const fn from_offer(offer: u64) -> Selection {
    Selection::Offer { offer, otherwise: Otherwise::Refund, max_charge: None }
}

/// The terms of an offer for web servers in `denom`.
#[must_use]
pub fn web_offer(denom: &str) -> OfferTerms {
    OfferTerms {
        denom: denom.into(),
        prices: web_prices(),
        attributes: Vec::new(),
        capacity: 10,
        min_charge: Uint128::zero(),
        expires_in_seconds: 90 * 86_400,
    }
}

/// A purchase on the route with nothing out of the ordinary.
#[must_use]
pub fn purchase(deployment: Deployment) -> Buy {
    Buy {
        route: ROUTE.into(),
        deployment,
        refund_to: None,
        local_refund: None,
        operators: Vec::new(),
        timeout_seconds: None,
    }
}

/// Prices by which the web server costs [`WEB_RATE`].
#[must_use]
pub fn web_prices() -> Prices {
    Prices {
        cpu_milli: Uint128::new(5_000_000),
        memory_gib: Uint128::new(2_000_000_000),
        storage: vec![StoragePrice { class: "default".into(), gib: Uint128::new(100_000_000) }],
        gpus: Vec::new(),
        endpoint: Uint128::new(1_000_000_000),
    }
}
