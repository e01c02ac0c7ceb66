//! The store in a PostgreSQL database that replicas share; one of them relays, by a lease.
//!
//! What makes a takeover harmless is the same as for a restart: transactions are written before they are
//! offered, and the heir offers the same bytes. The lease sees to it that no two sign at once. It is
//! checked in every transaction that writes and before each offer, so that a replica that was taken for
//! dead and wakes again can store nothing, hence sign nothing, and offers nothing.

mod costs;
mod lease;
mod tables;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Row as _};
use tokio::time::{sleep, timeout};

use super::{Store, StoreError, decode, encode, integer};
use crate::model::cost::Paid;
use crate::model::facts::PacketData;
use crate::model::ids::{PacketKey, Route, SlotId};
use crate::model::rows::{Rows, Write};
pub use lease::{Held, Holder, Replica, own_name};
use lease::{LOOKS, Lease};

/// Connections at once: one writes, one renews the lease, the others read.
const CONNECTIONS: u32 = 6;
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to read everything, or to change the tables.
const LONGEST: Duration = Duration::from_secs(300);
/// A write may take so many times the lease: who waits longer has lost it.
const LEASES: u32 = 2;
/// The pause before something is written again after the connection was lost: a server restarts in a second or two.
const AGAIN: Duration = Duration::from_millis(200);
/// The server ends a transaction in which its client says nothing for so long: one that was frozen amid a write
/// would otherwise hold the lease's row for ever.
const SILENCE: &str = "5s";
/// The reader of several tables sees them as they were at one moment.
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// All tables, as this version has them.
static TABLES: Migrator = sqlx::migrate!("migrations/postgres");

/// A store in a database.
#[derive(Debug)]
pub struct Postgres {
    pool: PgPool,
    /// Held by the one replica that writes.
    lease: Option<Lease>,
    /// How long a write, or a question of the one that writes, may take. A server that is cut off does not say so.
    patience: Duration,
}

impl Postgres {
    /// Opens the store to write, making its tables if they are not there, and takes the lease, which holds
    /// for so long without being renewed. A replica that stands by does so also while the database is away.
    ///
    /// # Errors
    /// [`StoreError::Leased`] if another replica holds it and `held` says to refuse,
    /// [`StoreError::Foreign`] for tables of another version.
    pub async fn open(url: &str, lease: Duration, held: Held) -> Result<Self, StoreError> {
        Self::open_with(url, (lease, held), &TABLES).await
    }

    async fn open_with(
        url: &str,
        (lease, held): (Duration, Held),
        tables: &Migrator,
    ) -> Result<Self, StoreError> {
        loop {
            // Anew each time: a connection that is cut off stays silent for a quarter of an hour.
            match Self::take(url, (lease, &held), tables).await {
                Err(error @ (StoreError::Database(_) | StoreError::Silent { .. }))
                    if held.has_waited() =>
                {
                    tracing::warn!(%error, "this replica stands by and cannot ask the database");
                    pause(lease / LOOKS).await;
                }
                done => return done,
            }
        }
    }

    async fn take(
        url: &str,
        (ttl, held): (Duration, &Held),
        tables: &Migrator,
    ) -> Result<Self, StoreError> {
        let (pool, name) = connect(url).await?;
        tables::begin(&pool, &name, tables).await?;
        let lease = Lease::take(&pool, &name, (ttl, held)).await?;
        // Whoever held it until now may have needed the tables as they were.
        if let Err(error) = tables::complete(&pool, &name, tables).await {
            if let Err(kept) = lease.give_back(&pool).await {
                tracing::warn!(error = %kept, "the lease cannot be given back, and ends by itself");
            }
            return Err(error);
        }
        Ok(Self { pool, lease: Some(lease), patience: ttl * LEASES })
    }

    /// Opens the store to read, also while a replica writes.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the database holds none.
    pub async fn open_to_read(url: &str) -> Result<Self, StoreError> {
        let (pool, name) = connect(url).await?;
        let is_there: bool =
            sqlx::query_scalar("SELECT to_regclass('lease') IS NOT NULL").fetch_one(&pool).await?;
        if !is_there {
            return Err(StoreError::Missing { path: name });
        }
        Ok(Self { pool, lease: None, patience: LONGEST })
    }

    /// The replica that relays, whichever that is.
    ///
    /// # Errors
    /// [`StoreError::Database`] or [`StoreError::Silent`] if that cannot be read.
    pub async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        within(PATIENCE, lease::holder(&self.pool)).await
    }

    /// This replica, if it holds the lease.
    pub fn replica(&self) -> Option<&Replica> {
        self.lease.as_ref().map(Lease::replica)
    }

    /// Begins to write, as long as nobody else has the lease.
    async fn begin(&self) -> Result<sqlx::Transaction<'_, sqlx::Postgres>, StoreError> {
        let lease = self.lease.as_ref().ok_or(StoreError::LeaseLost)?;
        let mut tx = self.pool.begin().await?;
        lease.check(&mut tx).await?;
        Ok(tx)
    }

    async fn read_all(&self) -> Result<Rows, StoreError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query(SNAPSHOT).execute(&mut *tx).await?;
        let slots = "SELECT row FROM slot ORDER BY chain, address, sequence, attempt";
        let cursors = "SELECT row FROM chain_cursor ORDER BY chain";
        Ok(Rows {
            cursors: rows(&mut tx, "chain_cursor", cursors).await?,
            paths: rows(&mut tx, "pair", "SELECT row FROM pair ORDER BY path").await?,
            channels: rows(&mut tx, "channel", "SELECT row FROM channel ORDER BY path, idx")
                .await?,
            packets: rows(&mut tx, "packet", "SELECT row FROM packet ORDER BY route, seq").await?,
            slots: rows(&mut tx, "slot", slots).await?,
            gaps: rows(&mut tx, "gap", "SELECT row FROM gap ORDER BY id").await?,
            leads: rows(&mut tx, "lead", "SELECT row FROM lead ORDER BY id").await?,
        })
    }

    /// Writes, and again where the connection was lost: a write says what a row is to be, so that twice is as good as
    /// once. Whoever lost the lease meanwhile hears of that instead.
    async fn write_anyhow(&self, writes: &[Write]) -> Result<(), StoreError> {
        loop {
            let done = self.write(writes).await;
            if !is_to_be_done_again(&done).await {
                return done;
            }
        }
    }

    async fn write(&self, writes: &[Write]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        write::all(&mut tx, writes).await?;
        Ok(tx.commit().await?)
    }

    async fn read_data(&self, keys: &[PacketKey]) -> Result<Vec<PacketData>, StoreError> {
        let mut by_route = BTreeMap::<&Arc<Route>, Vec<i64>>::new();
        for key in keys {
            by_route.entry(&key.route).or_default().push(integer("seq", key.seq)?);
        }
        let mut found = Vec::with_capacity(keys.len());
        for (route, sequences) in by_route {
            let rows = sqlx::query(
                "SELECT seq, data, ack FROM packet_data \
                 WHERE route = (SELECT id FROM route WHERE row = $1) AND seq = ANY($2)",
            )
            .bind(encode("route", &**route)?)
            .bind(sequences)
            .fetch_all(&self.pool)
            .await?;
            for row in rows {
                let seq = row.try_get::<i64, _>("seq")?.unsigned_abs();
                let key = PacketKey { route: Arc::clone(route), seq };
                let (data, ack) = (row.try_get("data")?, row.try_get("ack")?);
                found.push(PacketData { key, data, ack });
            }
        }
        Ok(found)
    }

    /// Sums up, and again where the connection was lost: what is summed up already is not there any more.
    async fn fold_anyhow(&self, day: u64, most: u32) -> Result<bool, StoreError> {
        loop {
            let done = self.fold(day, most).await;
            if !is_to_be_done_again(&done).await {
                return done;
            }
        }
    }

    async fn fold(&self, day: u64, most: u32) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let is_left = costs::sum_up(&mut tx, day, most).await?;
        tx.commit().await?;
        Ok(is_left)
    }

    async fn prune_costs(&self, day: u64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        costs::forget(&mut tx, day).await?;
        Ok(tx.commit().await?)
    }

    async fn read_bytes(&self, id: &SlotId) -> Result<Vec<u8>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let bytes: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT bytes FROM slot \
             WHERE chain = $1 AND address = $2 AND sequence = $3 AND attempt = $4",
        )
        .bind(id.lane.chain.as_str())
        .bind(id.lane.address.as_str())
        .bind(integer("sequence", id.sequence)?)
        .bind(i64::from(id.attempt))
        .fetch_optional(&mut *connection)
        .await?;
        if let Some(lease) = &self.lease {
            lease.check(&mut connection).await?;
        }
        bytes.ok_or_else(|| StoreError::NoSlot { id: id.clone() })
    }
}

async fn rows<T: DeserializeOwned>(
    from: &mut PgConnection,
    table: &'static str,
    query: &'static str,
) -> Result<Vec<T>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar(query).fetch_all(from).await?;
    rows.iter().map(|row| decode(table, row)).collect()
}

/// Connects, and names the database without the password.
async fn connect(url: &str) -> Result<(PgPool, PathBuf), StoreError> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("ferry")
        .options([("idle_in_transaction_session_timeout", SILENCE)]);
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    let name = PathBuf::from(options.get_host()).join(database);
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
    Ok((pool.connect_with(options).await?, name))
}

/// Whether something was not done as the connection was lost; if so, a moment has passed since.
async fn is_to_be_done_again<T: Sync>(done: &Result<T, StoreError>) -> bool {
    let Err(StoreError::Database(error)) = done else { return false };
    if !is_lost(error) {
        return false;
    }
    tracing::warn!(%error, "the connection to the database was lost");
    pause(AGAIN).await;
    true
}

/// Whether a connection was lost, or none could be had: the server restarts, or ended what was idle for too long.
///
/// Source: <https://www.postgresql.org/docs/15/errcodes-appendix.html>, classes 08 and 57P, and 25P03.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08") || code.starts_with("57P") || code == "25P03"
        }),
        _ => false,
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing tells when a database is back")]
async fn pause(time: Duration) {
    sleep(time).await;
}

/// Does not wait for ever for a database that says nothing.
async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let seconds = patience.as_secs();
    timeout(patience, work).await.unwrap_or(Err(StoreError::Silent { seconds }))
}

impl Store for Postgres {
    async fn load(&self) -> Result<Rows, StoreError> {
        within(LONGEST, self.read_all()).await
    }

    async fn commit(&self, writes: &[Write]) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        within(self.patience, self.write_anyhow(writes)).await
    }

    async fn packet_data(&self, keys: &[PacketKey]) -> Result<Vec<PacketData>, StoreError> {
        within(self.patience, self.read_data(keys)).await
    }

    async fn each_cost(
        &self,
        day: u64,
        each: &mut (dyn FnMut(Paid) + Send),
    ) -> Result<(), StoreError> {
        within(LONGEST, costs::read(&self.pool, day, each)).await
    }

    async fn fold_costs(&self, day: u64, most: u32) -> Result<bool, StoreError> {
        within(self.patience, self.fold_anyhow(day, most)).await
    }

    async fn forget_costs(&self, day: u64) -> Result<(), StoreError> {
        within(self.patience, self.prune_costs(day)).await
    }

    /// To be offered: a writer that has lost the lease gets nothing.
    async fn slot_bytes(&self, id: &SlotId) -> Result<Vec<u8>, StoreError> {
        within(self.patience, self.read_bytes(id)).await
    }

    /// Gives the lease back, so that another replica need not wait until it ends.
    async fn release(&self) -> Result<(), StoreError> {
        match &self.lease {
            Some(lease) => within(self.patience, lease.give_back(&self.pool)).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
