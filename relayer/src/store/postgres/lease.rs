//! The lease: which of the replicas relays.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use sqlx::{PgConnection, PgPool, Row as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::within;
use crate::store::StoreError;

/// So often is a lease renewed while it holds, and so often an heir looks whether it is free.
pub(super) const LOOKS: u32 = 3;
/// There is one: all paths may share keys, and a key is nobody else's while it is in use.
const NAME: &str = "ferry";

/// What to do while another replica holds the lease.
#[derive(Debug)]
pub enum Held {
    /// Wait until it is free, as the heir, and tell who has it meanwhile.
    Wait(watch::Sender<Option<Holder>>),
    /// Say so.
    Refuse,
}

impl Held {
    /// Whether another replica was waited for already.
    pub(super) fn has_waited(&self) -> bool {
        matches!(self, Self::Wait(waiting) if waiting.borrow().is_some())
    }
}

/// A replica that relays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replica {
    /// Its host and process.
    pub holder: String,
    /// How many replicas have held the lease, it included.
    pub fence: i64,
}

/// The replica that relays, as the database has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// Which it is.
    #[serde(flatten)]
    pub replica: Replica,
    /// For how long its lease holds if it is not renewed.
    pub seconds_left: u64,
}

/// The right to write, until somebody else has it.
#[derive(Debug)]
pub(super) struct Lease {
    replica: Replica,
    renewal: JoinHandle<()>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Who holds the lease.
pub(super) async fn holder(pool: &PgPool) -> Result<Option<Holder>, StoreError> {
    let row = sqlx::query(
        "SELECT holder, fence, ceil(extract(epoch FROM expires - now()))::bigint AS seconds \
         FROM lease WHERE name = $1 AND expires > now()",
    )
    .bind(NAME)
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let replica = Replica { holder: row.try_get("holder")?, fence: row.try_get("fence")? };
    let seconds_left = row.try_get::<i64, _>("seconds")?.unsigned_abs();
    Ok(Some(Holder { replica, seconds_left }))
}

/// Takes the lease if it is free.
async fn try_take(pool: &PgPool, ttl: Duration) -> Result<Option<Replica>, StoreError> {
    let holder = own_name();
    let fence: Option<i64> = sqlx::query_scalar(
        "INSERT INTO lease (name, holder, fence, expires) \
         VALUES ($1, $2, 1, now() + make_interval(secs => $3)) \
         ON CONFLICT (name) DO UPDATE \
         SET holder = excluded.holder, fence = lease.fence + 1, expires = excluded.expires \
         WHERE lease.expires <= now() RETURNING fence",
    )
    .bind(NAME)
    .bind(&holder)
    .bind(ttl.as_secs_f64())
    .fetch_optional(pool)
    .await?;
    Ok(fence.map(|fence| Replica { holder, fence }))
}

/// Names this process for those who wait for it: by host and process.
pub fn own_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}:{}", host.trim(), std::process::id())
}

impl Lease {
    /// Takes the lease, at once or when it is free.
    pub(super) async fn take(
        pool: &PgPool,
        name: &Path,
        (ttl, held): (Duration, &Held),
    ) -> Result<Self, StoreError> {
        let mut looks = interval(ttl / LOOKS);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Some(replica) = within(ttl, try_take(pool, ttl)).await? {
                let Replica { holder, fence } = &replica;
                tracing::info!(store = %name.display(), holder, fence, "this replica relays");
                let renewal = tokio::spawn(renew(pool.clone(), (*fence, ttl)));
                return Ok(Self { replica, renewal });
            }
            let Some(holder) = within(ttl, holder(pool)).await? else { continue };
            let Held::Wait(waiting) = held else {
                let Holder { replica, seconds_left } = holder;
                let path = name.into();
                return Err(StoreError::Leased { path, holder: replica.holder, seconds_left });
            };
            let is_news =
                waiting.borrow().as_ref().map(|known| &known.replica) != Some(&holder.replica);
            if is_news {
                let Replica { holder, fence } = &holder.replica;
                tracing::info!(store = %name.display(), holder, fence, "another replica relays, this one stands by");
            }
            waiting.send_replace(Some(holder));
        }
    }

    /// Whose it is.
    pub(super) fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Makes sure that nobody else has taken the lease; in a transaction, that nobody takes it until that ends.
    pub(super) async fn check(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let held: Option<i32> =
            sqlx::query_scalar("SELECT 1 FROM lease WHERE name = $1 AND fence = $2 FOR SHARE")
                .bind(NAME)
                .bind(self.replica.fence)
                .fetch_optional(connection)
                .await?;
        held.map(|_| ()).ok_or(StoreError::LeaseLost)
    }

    /// Ends the lease.
    pub(super) async fn give_back(&self, pool: &PgPool) -> Result<(), StoreError> {
        self.renewal.abort();
        let query = "UPDATE lease SET expires = now() WHERE name = $1 AND fence = $2";
        sqlx::query(query).bind(NAME).bind(self.replica.fence).execute(pool).await?;
        Ok(())
    }
}

/// Renews a lease for as long as this process lives. A failure is tried again: whether the lease is lost
/// shows at the next write.
async fn renew(pool: PgPool, (fence, ttl): (i64, Duration)) {
    let mut ticks = interval(ttl / LOOKS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match within(ttl, renew_once(&pool, (fence, ttl))).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "lease is not renewed"),
        }
    }
}

/// Renews a lease, if it is not lost.
async fn renew_once(pool: &PgPool, (fence, ttl): (i64, Duration)) -> Result<bool, StoreError> {
    let renewed = sqlx::query(
        "UPDATE lease SET expires = now() + make_interval(secs => $3) \
         WHERE name = $1 AND fence = $2",
    )
    .bind(NAME)
    .bind(fence)
    .bind(ttl.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(renewed.rows_affected() > 0)
}
