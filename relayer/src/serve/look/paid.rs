//! What was paid in a day, a week and a month.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::Fee;
use crate::drive::books::{Books, DAYS, first_of};
use crate::model::cost::{About, Sum};
use crate::model::ids::{PathId, Time};

/// The periods, in days up to today.
const PERIODS: [u64; 3] = [1, 7, DAYS];
/// Lines of a period that are listed.
const MAX_LINES: usize = 100;

/// What was paid, by period.
#[derive(Clone, Debug, Serialize)]
pub struct PaidLook {
    /// Whether what was paid before this start is read by now.
    pub complete: bool,
    /// The periods, the shortest first.
    pub periods: Vec<PeriodLook>,
}

/// What was paid in a period.
#[derive(Clone, Debug, Serialize)]
pub struct PeriodLook {
    /// How many days it has, today included.
    pub days: u64,
    /// Its first day in UTC, counted from 1970.
    pub first_day: u64,
    /// What was paid for, that with the most messages first.
    pub lines: Vec<PaidFor>,
    /// How many lines there are.
    pub lines_total: usize,
}

/// What was paid for one thing.
#[derive(Clone, Debug, Serialize)]
pub struct PaidFor {
    /// The path.
    pub path: PathId,
    /// The end that sent the packets, as `CHAIN PORT/CHANNEL`; `handshakes`; `clients`; `others` where there are too many.
    pub what: String,
    /// What was had for it.
    #[serde(flatten)]
    pub sum: Sum,
    /// What was paid, by the chain that took it.
    pub fees: Vec<Fee>,
}

impl PaidLook {
    /// Looks at what was paid before this start, if that is read by now, and since.
    pub fn of(before: Option<&Books>, since: &Books, now: Time) -> Self {
        let books: Vec<&Books> = before.into_iter().chain([since]).collect();
        let periods = PERIODS.iter().map(|days| period(*days, now.day(), &books));
        Self { complete: before.is_some(), periods: periods.collect() }
    }
}

fn period(days: u64, today: u64, books: &[&Books]) -> PeriodLook {
    let mut lines = BTreeMap::<(PathId, String), (Sum, Vec<Fee>)>::new();
    for (About { path, what, on, denom }, paid) in Books::last(days, today, books) {
        let (sum, fees) = lines.entry((path, what)).or_default();
        sum.merge(&paid);
        fees.push(Fee { chain: on, amount: paid.fee.to_string(), denom });
    }
    let lines_total = lines.len();
    let mut lines: Vec<PaidFor> = lines
        .into_iter()
        .map(|((path, what), (sum, fees))| PaidFor { path, what, sum, fees })
        .collect();
    lines.sort_by_key(|line| Reverse(line.sum.effected + line.sum.redundant + line.sum.failed));
    lines.truncate(MAX_LINES);
    PeriodLook { days, first_day: first_of(days, today), lines, lines_total }
}
