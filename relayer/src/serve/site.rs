//! What all answers are made of.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::look::{Look, PaidLook};
use super::token::Token;
use super::wallets::{Wallet, Wallets};
use crate::drive::books::Books;
use crate::drive::desk::{Desk, DeskError};
use crate::drive::now;
use crate::drive::tally::Tally;
use crate::model::Model;
use crate::store::postgres::Replica;

/// Looks that are younger than this are shown again: many who look cost no more than one.
const FRESH: Duration = Duration::from_millis(500);
const FRESH_LONG: Duration = Duration::from_secs(2);
/// Packets that a look lists.
const PACKETS: usize = 50;
/// The most packets that any look lists.
pub(super) const MANY_PACKETS: usize = 500;

/// Everything that is shown.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// What the loop knows.
    #[serde(flatten)]
    pub look: Look,
    /// What was paid, by period.
    pub paid: PaidLook,
    /// The accounts that pay.
    pub wallets: Vec<Wallet>,
    /// This replica, which holds the lease, where there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseLook>,
}

/// The lease that this replica holds.
#[derive(Clone, Debug, Serialize)]
pub struct LeaseLook {
    /// This replica.
    #[serde(flatten)]
    pub replica: Replica,
    /// Since when it relays, in milliseconds since 1970.
    pub since_ms: u64,
}

/// What answers are made of.
#[derive(Clone, Debug)]
pub struct Site {
    pub(super) desk: Desk,
    wallets: Wallets,
    /// What was paid before this start, once it is read.
    before: Arc<OnceLock<Books>>,
    lease: Option<LeaseLook>,
    pub(super) token: Option<Token>,
    /// What was shown last, with few packets and with many.
    last: Arc<Mutex<Option<Last>>>,
    last_long: Arc<Mutex<Option<Last>>>,
}

/// The last look, and when it was taken.
type Last = (Instant, Arc<Shown>);

impl Site {
    /// A site that asks at this desk; without a token nothing can be changed.
    pub fn new(desk: Desk, wallets: Wallets, token: Option<Token>) -> Self {
        let (last, last_long) = (Arc::default(), Arc::default());
        Self { desk, wallets, before: Arc::default(), lease: None, token, last, last_long }
    }

    /// With what was paid before this start, once that is read.
    #[must_use]
    pub fn with_books(self, before: Arc<OnceLock<Books>>) -> Self {
        Self { before, ..self }
    }

    /// The site of one of several replicas, which relays from now on.
    #[must_use]
    pub fn of_replica(self, replica: Option<Replica>) -> Self {
        let since_ms = now().0 / 1_000_000;
        Self { lease: replica.map(|replica| LeaseLook { replica, since_ms }), ..self }
    }

    /// What is shown now. Those who ask at once share one look.
    pub(super) async fn shown(&self) -> Result<Arc<Shown>, DeskError> {
        self.shared(&self.last, PACKETS, FRESH).await
    }

    /// The same with many packets, which costs more and is taken less often.
    pub(super) async fn shown_long(&self) -> Result<Arc<Shown>, DeskError> {
        self.shared(&self.last_long, MANY_PACKETS, FRESH_LONG).await
    }

    #[expect(clippy::disallowed_methods, reason = "how old a look is, is a matter of the clock")]
    async fn shared(
        &self,
        last: &Mutex<Option<Last>>,
        packets: usize,
        fresh: Duration,
    ) -> Result<Arc<Shown>, DeskError> {
        let mut last = last.lock().await;
        if let Some((_, shown)) = last.as_ref().filter(|(at, _)| at.elapsed() < fresh) {
            return Ok(Arc::clone(shown));
        }
        let shown = Arc::new(self.look(packets).await?);
        *last = Some((Instant::now(), Arc::clone(&shown)));
        Ok(shown)
    }

    /// Looks anew, with so many packets.
    pub(super) async fn look(&self, packets: usize) -> Result<Shown, DeskError> {
        let before = Arc::clone(&self.before);
        let look = move |model: &Model, tally: &Tally| {
            let now = now();
            let paid = PaidLook::of(before.get(), &tally.books, now);
            (Look::of(model, tally, now, packets), paid)
        };
        let (look, paid) = self.desk.read(look).await?;
        Ok(Shown { look, paid, wallets: self.wallets.list(), lease: self.lease.clone() })
    }
}
