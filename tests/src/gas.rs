//! What each message of the market costs in gas on a real node, and whether it costs the same
//! however much the market holds.
//!
//! Three markets on one chain hold 1, 100 and 10,000 deployments, leases, orders and bids. Every
//! message is sent to each of them, once while its code is pinned and once while it is not; gas is
//! what the chain says that the transaction used. What is only due after a month is sent after a month of
//! the chain's time: see [`crate::signer`].

mod control;
mod fill;
mod later;
mod local;
mod loopback;
mod market;
mod owner;
mod remote;
mod stage;
pub mod table;

use std::path::PathBuf;

use anyhow::ensure;
use entrepot::localnet::Localnet;
use protocol::Selection;
use protocol::control::Command;
use simnet::world::orders::web_server;

use self::later::{Stop, Waiting};
use self::loopback::Loopback;
use self::market::{Market, bidders, kind};
use self::stage::{Code, Person, Stage};
use self::table::{Table, Tape};
use crate::signer::Clock;

/// What everybody has whose messages are measured.
const MEASURED_UNITS: u64 = 20_000_000_000;

/// What is measured, and where.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The description of the local nodes.
    pub localnet: PathBuf,
    /// The clock of chain A.
    pub clock: Clock,
    /// The market's artifact.
    pub wasm: PathBuf,
    /// Where the other contracts are.
    pub artifacts: PathBuf,
    /// How many deployments, leases, orders and bids the stores hold.
    pub sizes: Vec<u32>,
}

/// Measures everything.
///
/// # Errors
/// A node does not answer, or refuses what it should take.
pub async fn measure(setup: &Setup) -> anyhow::Result<Table> {
    let Setup { localnet, clock, wasm, artifacts, sizes } = setup;
    ensure!(sizes.is_sorted() && !sizes.is_empty(), "sizes must ascend, got {sizes:?}");
    let net = Localnet::read(localnet)?;
    let stage = Stage::set(&net, clock.clone(), (wasm, artifacts)).await?;
    give(&stage, sizes).await?;
    stage.say("the code is stored and pinned, accounts have money");
    let loopback = Loopback::open(&stage).await?;
    let mut markets = Vec::new();
    for size in sizes {
        let mut market = Market::make(&stage, &loopback, *size).await?;
        introduce(&mut market).await?;
        markets.push(market);
    }
    let mut table = Table::new(sizes.clone());
    let mut strays = Vec::new();
    for market in &mut markets {
        stage.say(&format!("filling a market with {} of everything", market.size));
        fill::fill(market).await?;
        for code in Code::BOTH {
            stage.say(&format!("measuring at {}, {code:?}", market.size));
            market.run_by(code).await?;
            let (tape, stray) = messages(market, code).await?;
            table.add(tape);
            strays.push(stray);
        }
    }
    exits(&stage, &mut markets, &strays, &mut table).await?;
    stage.say("done");
    Ok(table)
}

/// Gives everybody money.
async fn give(stage: &Stage, sizes: &[u32]) -> anyhow::Result<()> {
    fill::fund(stage, sizes.last().copied().unwrap_or_default()).await?;
    let some = |kind: u8, count: u32| -> anyhow::Result<Vec<Person>> {
        (0..count).map(|index| stage.person(kind, index)).collect()
    };
    let fresh = some(kind::FRESH, 2)?;
    let people = [some(kind::MEASURED, 4)?, some(kind::AWAY, 6)?, fresh.clone(), bidders(stage)?];
    stage.fund(&people.concat(), MEASURED_UNITS).await?;
    for one in &fresh {
        stage.introduce(one).await?;
    }
    Ok(())
}

/// What is due after an hour, a day, a month: prepared in every market, then waited for.
async fn exits(
    stage: &Stage,
    markets: &mut [Market<'_>],
    strays: &[u64],
    table: &mut Table,
) -> anyhow::Result<()> {
    let mut waiting = Vec::new();
    let mut strays = strays.iter();
    for market in &mut *markets {
        stage.say(&format!("preparing exits at {}", market.size));
        let mut both = Vec::new();
        for (code, stray) in Code::BOTH.into_iter().zip(&mut strays) {
            both.push(Waiting::prepare(market, code, *stray).await?);
        }
        waiting.push(both);
    }
    for stop in Stop::ALL {
        stage.say(&format!("{} s later", stop.seconds()));
        stage.pass(stop.seconds()).await?;
        for (market, both) in markets.iter().zip(&mut waiting) {
            for waiting in both {
                market.run_by(waiting.code).await?;
                let mut tape = Tape::new(market.size, waiting.code);
                waiting.at(stop, market, &mut tape).await?;
                table.add(tape);
            }
        }
    }
    Ok(())
}

/// Has everybody known who is met again by what is measured: a first time costs more.
async fn introduce(market: &mut Market<'_>) -> anyhow::Result<()> {
    let (ordered, _) = local::open(market, web_server(Selection::Manual {})).await?;
    local::act(market, &ordered, Command::CloseDeployment {}).await?;
    remote::introduce(market).await
}

/// All messages of one market, run by one code, that are due at once; the number of an announcement.
async fn messages(market: &mut Market<'_>, code: Code) -> anyhow::Result<(Tape, u64)> {
    let mut tape = Tape::new(market.size, code);
    local::providers(market, &mut tape).await?;
    let ordered = local::orders(market, &mut tape).await?;
    local::evicting(market, &mut tape).await?;
    local::token(market, &mut tape).await?;
    let leased = local::leases(market, ordered, &mut tape).await?;
    local::terms(market, &leased, &mut tape).await?;
    owner::slash(market, &leased, &mut tape).await?;
    local::commands(market, leased, &mut tape).await?;
    remote::packets(market, &mut tape).await?;
    remote::settle(market, &mut tape).await?;
    control::packets(market, &mut tape).await?;
    owner::governance(market, &mut tape).await?;
    let stray = owner::announce(market, &mut tape).await?;
    local::batch(market, &mut tape).await?;
    Ok((tape, stray))
}
