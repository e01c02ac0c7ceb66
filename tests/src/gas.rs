//! What each message of the market costs in gas on a real node, and whether it costs the same
//! however much the market holds.
//!
//! Three markets on one chain hold 1, 100 and 10,000 deployments, leases, orders and bids. Every
//! message is sent to each of them, once while its code is pinned and once while it is not; gas is
//! what the chain says that the transaction used.

mod fill;
mod local;
mod loopback;
mod market;
mod remote;
mod stage;
pub mod table;

use std::path::PathBuf;

use ::market::msg::LeaseId;
use anyhow::ensure;
use entrepot::localnet::Localnet;
use protocol::Selection;
use protocol::control::Command;
use protocol::limits::HEARTBEAT_MIN_SECONDS;
use simnet::world::orders::web_server;

use self::loopback::Loopback;
use self::market::{Market, kind};
use self::stage::{Code, Stage};
use self::table::{Table, Tape};
use crate::clock;

/// What everybody has whose messages are measured.
const MEASURED_UNITS: u64 = 20_000_000_000;

/// What is measured, and where.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The description of the local nodes.
    pub localnet: PathBuf,
    /// The market's artifact.
    pub wasm: PathBuf,
    /// How many deployments, leases, orders and bids the stores hold.
    pub sizes: Vec<u32>,
    /// Whether to leave out what takes a quarter of an hour.
    pub quick: bool,
}

/// Measures everything.
///
/// # Errors
/// A node does not answer, or refuses what it should take.
pub async fn measure(setup: &Setup) -> anyhow::Result<Table> {
    let sizes = &setup.sizes;
    ensure!(sizes.is_sorted() && !sizes.is_empty(), "sizes must ascend, got {sizes:?}");
    let net = Localnet::read(&setup.localnet)?;
    let stage = Stage::set(&net, &setup.wasm).await?;
    let largest = sizes.last().copied().unwrap_or_default();
    fill::fund(&stage, largest).await?;
    for index in 0..4 {
        let measured = stage.person(kind::MEASURED, index)?;
        stage.fund(&[measured], MEASURED_UNITS).await?;
    }
    for index in 0..2 {
        let fresh = stage.person(kind::FRESH, index)?;
        stage.fund(std::slice::from_ref(&fresh), MEASURED_UNITS).await?;
        stage.introduce(&fresh).await?;
    }
    stage.say("the code is stored and pinned, accounts have money");
    let loopback = Loopback::open(&stage).await?;
    let mut markets = Vec::new();
    for size in sizes {
        markets.push(Market::make(&stage, &loopback, *size).await?);
    }
    let mut quiet = Vec::new();
    for market in &mut markets {
        introduce(market).await?;
        if !setup.quick {
            quiet.push(quieten(market).await?);
        }
    }
    let silent_at = clock::now(&stage.chain).await? + HEARTBEAT_MIN_SECONDS + 1;
    let mut table = Table::new(sizes.clone());
    for market in &mut markets {
        stage.say(&format!("filling a market with {} of everything", market.size));
        fill::fill(market).await?;
        for code in Code::BOTH {
            stage.say(&format!("measuring at {}, {code:?}", market.size));
            market.run_by(code).await?;
            table.add(messages(market, code).await?);
        }
    }
    if !setup.quick {
        stage.say("waiting until providers are silent");
        clock::pass_until(&stage.chain, silent_at).await?;
        for (market, leases) in markets.iter().zip(quiet) {
            for (code, lease) in Code::BOTH.into_iter().zip(leases) {
                market.run_by(code).await?;
                let mut tape = Tape::new(market.size, code);
                local::report(market, lease, &mut tape).await?;
                table.add(tape);
            }
        }
    }
    stage.say("done");
    Ok(table)
}

/// Has everybody known who is met again by what is measured: a first time costs more.
async fn introduce(market: &mut Market<'_>) -> anyhow::Result<()> {
    let (ordered, _) = local::open(market, web_server(Selection::Manual {})).await?;
    local::act(market, &ordered, Command::CloseDeployment {}).await?;
    remote::introduce(market).await
}

/// A lease for each code, whose provider is never heard of again.
async fn quieten(market: &mut Market<'_>) -> anyhow::Result<[LeaseId; 2]> {
    Ok([local::silent(market).await?, local::silent(market).await?])
}

/// All messages of one market, run by one code.
async fn messages(market: &mut Market<'_>, code: Code) -> anyhow::Result<Tape> {
    let mut tape = Tape::new(market.size, code);
    local::providers(market, &mut tape).await?;
    let ordered = local::orders(market, &mut tape).await?;
    local::leases(market, ordered, &mut tape).await?;
    remote::packets(market, &mut tape).await?;
    remote::settle(market, &mut tape).await?;
    local::batch(market, &mut tape).await?;
    Ok(tape)
}
