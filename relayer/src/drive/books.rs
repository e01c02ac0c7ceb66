//! What was paid, day by day: what `ferry costs` reads from the store, kept in memory for those who look every other second.

use std::collections::BTreeMap;

use crate::model::cost::{About, CostRow, Paid, Sum};
use crate::model::ids::ChainId;
use crate::model::rows::CursorRow;
use crate::store::{Store, StoreError};

/// How many days are kept, today included: no longer period is shown.
pub const DAYS: u64 = 30;
/// Lines that are kept, some 200 bytes each; what needs one more is counted with others.
const MAX_LINES: usize = 10_000;
/// What a line is about that several have to share.
const OTHERS: &str = "others";

/// Sums by day and by what was paid for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books(BTreeMap<(u64, About), Sum>);

impl Books {
    /// Reads what was paid in blocks up to these cursors; what later blocks take, whoever applies them adds.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn read(store: &impl Store, cursors: &[CursorRow]) -> Result<Self, StoreError> {
        let upto = |chain: &ChainId| cursors.iter().find(|row| row.chain == *chain);
        let today = cursors.iter().map(|row| row.tip.time.day()).max().unwrap_or(0);
        let mut books = Self::default();
        let mut add = |paid: Paid| {
            let is_before = match &paid {
                Paid::Message(row) => {
                    upto(&row.lane.chain).is_some_and(|cursor| row.height <= cursor.tip.height)
                }
                // Nothing is summed up so soon after a start.
                Paid::Day(_) => true,
            };
            if is_before {
                books.sum_of(paid.day(), paid.about()).take(&paid);
            }
        };
        store.each_cost(first_of(DAYS, today), &mut add).await?;
        Ok(books)
    }

    /// Adds what a message cost.
    pub fn add(&mut self, row: &CostRow) {
        self.sum_of(row.time.day(), About::of(row)).add(row);
    }

    /// The sum to which something is to be added. The days that are over for too long by then are forgotten.
    fn sum_of(&mut self, day: u64, about: About) -> &mut Sum {
        if self.0.last_key_value().is_some_and(|((newest, _), _)| day > *newest) {
            self.0.retain(|(kept, _), _| *kept >= first_of(DAYS, day));
        }
        let mut key = (day, about);
        if self.0.len() >= MAX_LINES && !self.0.contains_key(&key) {
            key.1.what = OTHERS.to_owned();
        }
        self.0.entry(key).or_default()
    }

    /// What several books have of the last so many days up to `today`, by what it was paid for.
    pub fn last(days: u64, today: u64, books: &[&Self]) -> BTreeMap<About, Sum> {
        let mut sums = BTreeMap::<About, Sum>::new();
        let first = first_of(days, today);
        for ((_, about), sum) in
            books.iter().flat_map(|books| &books.0).filter(|((day, _), _)| *day >= first)
        {
            sums.entry(about.clone()).or_default().merge(sum);
        }
        sums
    }
}

/// The first of the last so many days up to `today`, which is one of them.
pub fn first_of(days: u64, today: u64) -> u64 {
    today.saturating_sub(days.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cost::{Purpose, Spent};
    use crate::model::facts::Tip;
    use crate::model::ids::{Address, End, LaneId, Span, Time};
    use crate::model::rows::{Leg, Write};
    use crate::store::sqlite::Sqlite;

    fn at(day: u64) -> Time {
        Time::default().plus(Span::seconds(86_400 * day + 7))
    }

    /// A packet's acknowledgement at this height of `a`.
    fn row(day: u64, height: u64, channel: u64) -> CostRow {
        let src =
            End { port: "transfer".into(), channel: format!("channel-{channel}").as_str().into() };
        CostRow {
            lane: LaneId { chain: "a".into(), address: Address::from("x") },
            sequence: height,
            place: 0,
            path: "a-b".into(),
            purpose: Purpose::Packet { from: "a".into(), src, seq: height, leg: Leg::Ack },
            result: Spent::Effected,
            height,
            time: at(day),
            fee: 10,
            denom: "stake".into(),
            gas: 3,
        }
    }

    fn fees(days: u64, today: u64, books: &[&Books]) -> Vec<(String, u128, u64)> {
        let sums = Books::last(days, today, books).into_iter();
        sums.map(|(about, sum)| (about.what, sum.fee, sum.ended)).collect()
    }

    /// What the store has of before this start, and what was counted since, are added up once each.
    #[tokio::test]
    async fn books_go_on_where_the_stored_ones_end() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&dir.path().join("ferry.db")).await.unwrap();
        let stored = [row(60, 1, 0), row(85, 2, 0), row(90, 3, 0), row(90, 4, 1), row(90, 5, 0)];
        store.commit(&stored.map(Write::Cost)).await.unwrap();
        let tip = Tip { height: 4, hash: [0; 32], time: at(90) };
        let cursor = CursorRow { chain: "a".into(), tip };
        let before = Books::read(&store, &[cursor]).await.unwrap();
        let mut since = Books::default();
        since.add(&row(90, 5, 0));
        let (zero, one) = ("a transfer/channel-0", "a transfer/channel-1");
        let of = |what: &str, fee, ended| (what.to_owned(), fee, ended);
        assert_eq!(fees(1, 90, &[&before, &since]), [of(zero, 20, 2), of(one, 10, 1)]);
        assert_eq!(fees(6, 90, &[&before, &since]), [of(zero, 30, 3), of(one, 10, 1)]);
        assert_eq!(fees(5, 90, &[&before, &since]), [of(zero, 20, 2), of(one, 10, 1)], "day 85");
        assert_eq!(fees(DAYS, 90, &[&before]), [of(zero, 20, 2), of(one, 10, 1)], "not day 60");
    }

    #[test]
    fn books_stay_small() {
        let mut books = Books::default();
        let lines = MAX_LINES as u64;
        (0..lines + 5).for_each(|channel| books.add(&row(90, channel, channel)));
        books.add(&row(90, 1, 7));
        assert_eq!(books.0.len(), MAX_LINES + 1);
        let others = fees(1, 90, &[&books]).into_iter().find(|(what, ..)| what == OTHERS);
        assert_eq!(others, Some((OTHERS.to_owned(), 50, 5)));
        books.add(&row(90 + DAYS - 1, 9, 1));
        assert_eq!(books.0.len(), MAX_LINES + 2, "day 90 is the first of thirty");
        books.add(&row(90 + DAYS, 9, 1));
        assert_eq!(books.0.len(), 2);
    }
}
