//! `ferry costs`: what was paid, for what, and what came of it.

use std::collections::BTreeMap;
use std::fmt;

use clap::ValueEnum;
use serde::Serialize;
use tendermint::Time as Calendar;

use super::Place;
use crate::model::cost::{self, Paid, Purpose, Sum};
use crate::model::ids::{ChainId, PathId};
use crate::store::Store as _;

const SECONDS_OF_A_DAY: i64 = 86_400;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this path.
    path: Option<PathId>,
    /// Only the last so many days, counted back from the last block read.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    days: u64,
    /// What each line sums up.
    #[arg(long, value_enum, default_value_t = By::Channel)]
    by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// All packets that a channel end sent.
    Channel,
    /// The same, for each day.
    Day,
    /// Each packet, as far back as `cost_packet_days` of the configuration says; what is older stays one line for each
    /// channel end.
    Packet,
}

#[derive(Serialize)]
struct Costs {
    /// The first day, in UTC.
    since: String,
    lines: Vec<Line>,
}

/// What was paid on one chain for one thing.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    about: About,
    #[serde(flatten)]
    sum: Sum,
    /// With the denom.
    fee: String,
}

/// What a line is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct About {
    path: PathId,
    /// As [`Purpose::name`] has it.
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// The chain that was paid.
    on: ChainId,
    #[serde(skip)]
    denom: String,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let file = place.read_config()?;
    let store = place.store(&file).open_to_read().await?;
    let rows = store.load().await?;
    if let Some(path) = &args.path {
        let is_known = rows.paths.iter().any(|row| row.path == *path);
        anyhow::ensure!(is_known, "there is no path `{path}`; see `ferry status`");
    }
    let today = rows.cursors.iter().map(|row| row.tip.time.day()).max().unwrap_or(0);
    let first = today.saturating_sub(args.days.saturating_sub(1));
    let mut sums = BTreeMap::<About, Sum>::new();
    let mut add = |paid: Paid| {
        let about = About::of(&paid, args.by);
        if args.path.as_ref().is_none_or(|path| about.path == *path) {
            sums.entry(about).or_default().take(&paid);
        }
    };
    store.each_cost(first, &mut add).await?;
    let lines = sums.into_iter().map(|(about, sum)| {
        let fee = format!("{}{}", sum.fee, about.denom);
        Line { about, sum, fee }
    });
    place.print(&Costs { since: date(first), lines: lines.collect() })
}

impl About {
    fn of(paid: &Paid, by: By) -> Self {
        let sequence = match paid {
            Paid::Message(row) => match row.purpose {
                Purpose::Packet { seq, .. } => Some(seq),
                Purpose::Handshake | Purpose::Client => None,
            },
            Paid::Day(_) => None,
        };
        let cost::About { path, what, on, denom } = paid.about();
        let day = (by == By::Day).then(|| date(paid.day()));
        Self { path, what, sequence: sequence.filter(|_| by == By::Packet), day, on, denom }
    }
}

fn date(day: u64) -> String {
    let seconds = i64::try_from(day).unwrap_or_default().saturating_mul(SECONDS_OF_A_DAY);
    let time = Calendar::from_unix_timestamp(seconds, 0).unwrap_or_else(|_| Calendar::unix_epoch());
    time.to_rfc3339().chars().take_while(|c| *c != 'T').collect()
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lines.is_empty() {
            return write!(f, "nothing was paid since {}", self.since);
        }
        write!(f, "since {}", self.since)?;
        for Line { about, sum, fee } in &self.lines {
            let About { path, what, sequence, day, on, .. } = about;
            write!(f, "\n{path}: ")?;
            if let Some(day) = day {
                write!(f, "{day} ")?;
            }
            write!(f, "{what}")?;
            if let Some(sequence) = sequence {
                write!(f, " {sequence}")?;
            }
            write!(f, ", paid on {on}: {fee} for {} messages", sum.effected)?;
            if sum.redundant + sum.failed > 0 {
                write!(f, ", {} redundant, {} failed", sum.redundant, sum.failed)?;
            }
        }
        Ok(())
    }
}
