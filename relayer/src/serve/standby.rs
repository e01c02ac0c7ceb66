//! What a replica answers that stands by while another relays.

use hyper::StatusCode;
use serde_json::json;
use tokio::sync::watch;

use super::answer::{Answer, failure, json as as_json, of_kind};
use super::metrics;
use crate::store::postgres::{Holder, own_name};

/// A replica that stands by.
#[derive(Clone, Debug)]
pub struct Standby {
    relays: watch::Receiver<Option<Holder>>,
}

impl Standby {
    /// Stands by for the replica that is told here.
    pub fn new(relays: watch::Receiver<Option<Holder>>) -> Self {
        Self { relays }
    }

    /// It is healthy, and not ready: a load balancer that asks does not send anybody here, and nobody
    /// restarts it.
    pub(super) fn answer(&self, path: &str) -> Answer {
        let why = match &*self.relays.borrow() {
            Some(Holder { replica, .. }) => {
                format!("`{}` relays, and this replica stands by", replica.holder)
            }
            None => "this replica begins".to_owned(),
        };
        let version = env!("CARGO_PKG_VERSION");
        match path {
            "/health" => {
                let body = json!({ "status": "ok", "version": version, "stands_by": why });
                as_json(StatusCode::OK, &body)
            }
            "/ready" => {
                let body = json!({ "ready": false, "obstacles": [why] });
                as_json(StatusCode::SERVICE_UNAVAILABLE, &body)
            }
            "/api/lease" => as_json(StatusCode::OK, &*self.relays.borrow()),
            "/metrics" => of_kind(metrics::KIND, metrics::standing_by(version, &own_name())),
            _ => failure(StatusCode::SERVICE_UNAVAILABLE, &why),
        }
    }
}
