//! The store in one SQLite file.
//!
//! Write-ahead log with `synchronous = NORMAL`: a kill loses nothing; a power cut may lose the last
//! transactions, which the chains' own sequences repair.

mod backup;
mod check;
mod costs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Row, SqliteConnection, SqlitePool};
use tokio::sync::Mutex;

use super::{Store, StoreError, decode, encode, integer};
use crate::model::cost::Paid;
use crate::model::facts::PacketData;
use crate::model::ids::{PacketKey, PathId, Route, SlotId};
use crate::model::rows::{PacketDataRow, PacketRow, Rows, SlotBytes, SlotRow, Write};
use check::Content;

/// How long a statement waits for a reader of the same file.
const BUSY: Duration = Duration::from_secs(5);
/// How long a writer waits for its lock: longer than one who only looks whether it is taken.
const GLANCE: Duration = Duration::from_millis(200);
/// Connections that may read at once.
const READERS: u32 = 4;

/// Holds the lock that keeps other writers out for as long as this value lives.
#[derive(Debug)]
pub struct Writer {
    lock: Mutex<SqliteConnection>,
}

impl Writer {
    /// Lets others write; they can once this has returned.
    ///
    /// # Errors
    /// [`StoreError::Database`] if the lock cannot be closed.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.lock.into_inner().close().await?)
    }
}

/// A store in a file.
#[derive(Debug)]
pub struct Sqlite {
    pool: SqlitePool,
    /// Of the one process that writes.
    _writer: Option<Writer>,
}

impl Sqlite {
    /// Opens the store for the one process that writes, making the file if it is not there.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while another process writes, [`StoreError::NoStore`] for a file that is something
    /// else, [`StoreError::Foreign`] for one of another version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let writer = Self::keep(path).await?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let (pool, _) = check::open(path, options).await?;
        sqlx::migrate!()
            .run(&pool)
            .await
            .map_err(|source| StoreError::Foreign { path: path.into(), source })?;
        Ok(Self { pool, _writer: Some(writer) })
    }

    /// Opens the store to read, also while another process writes.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no file, or nothing in it; [`StoreError::NoStore`] if it is something else.
    pub async fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        if !path.try_exists().map_err(sqlx::Error::Io)? {
            return Err(StoreError::Missing { path: path.into() });
        }
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY);
        let (pool, content) = check::open(path, options).await?;
        if content == Content::Nothing {
            return Err(StoreError::Missing { path: path.into() });
        }
        Ok(Self { pool, _writer: None })
    }

    /// Keeps writers from the store at this path, whether it is there or not, for as long as the value lives.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while another process writes.
    pub async fn keep(path: &Path) -> Result<Writer, StoreError> {
        Ok(Writer { lock: Mutex::new(lock(path).await?) })
    }

    /// Whether a process writes to the store at this path.
    ///
    /// # Errors
    /// [`StoreError::Database`] if its lock cannot be tried.
    pub async fn is_in_use(path: &Path) -> Result<bool, StoreError> {
        match Self::keep(path).await {
            Ok(_released_at_once) => Ok(false),
            Err(StoreError::InUse { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn rows<T: DeserializeOwned>(
        &self,
        table: &'static str,
        query: &'static str,
    ) -> Result<Vec<T>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar(query).fetch_all(&self.pool).await?;
        rows.iter().map(|row| decode(table, row)).collect()
    }
}

/// Takes the lock of writers: an exclusive transaction on a file of its own, so that readers of
/// the store itself are not kept out, and so that the lock is gone when the process is.
async fn lock(path: &Path) -> Result<SqliteConnection, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let options = SqliteConnectOptions::new()
        .filename(PathBuf::from(name))
        .create_if_missing(true)
        .busy_timeout(GLANCE);
    let in_use = |_| StoreError::InUse { path: path.into() };
    let mut writer = SqliteConnection::connect_with(&options).await?;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut writer).await.map_err(in_use)?;
    Ok(writer)
}

impl Store for Sqlite {
    async fn load(&self) -> Result<Rows, StoreError> {
        Ok(Rows {
            cursors: self
                .rows("chain_cursor", "SELECT row FROM chain_cursor ORDER BY chain")
                .await?,
            paths: self.rows("pair", "SELECT row FROM pair ORDER BY path").await?,
            channels: self.rows("channel", "SELECT row FROM channel ORDER BY path, idx").await?,
            packets: self.rows("packet", "SELECT row FROM packet ORDER BY route, seq").await?,
            slots: self
                .rows("slot", "SELECT row FROM slot ORDER BY chain, address, sequence, attempt")
                .await?,
            gaps: self.rows("gap", "SELECT row FROM gap ORDER BY id").await?,
            leads: self.rows("lead", "SELECT row FROM lead ORDER BY id").await?,
        })
    }

    async fn commit(&self, writes: &[Write]) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let mut tx = self.pool.begin().await?;
        let mut routes = Routes::new();
        for write in writes {
            apply(&mut tx, &mut routes, write).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn packet_data(&self, keys: &[PacketKey]) -> Result<Vec<PacketData>, StoreError> {
        let mut by_route = BTreeMap::<&Arc<Route>, Vec<u64>>::new();
        for key in keys {
            by_route.entry(&key.route).or_default().push(key.seq);
        }
        let mut found = Vec::with_capacity(keys.len());
        for (route, sequences) in by_route {
            let rows = sqlx::query(
                "SELECT seq, data, ack FROM packet_data \
                 WHERE route = (SELECT id FROM route WHERE row = ?) \
                 AND seq IN (SELECT value FROM json_each(?))",
            )
            .bind(encode("route", &**route)?)
            .bind(encode("packet_data", &sequences)?)
            .fetch_all(&self.pool)
            .await?;
            for row in rows {
                let (data, ack) = (row.try_get("data")?, row.try_get("ack")?);
                let seq = row.try_get::<i64, _>("seq")?.unsigned_abs();
                found.push(PacketData {
                    key: PacketKey { route: Arc::clone(route), seq },
                    data,
                    ack,
                });
            }
        }
        Ok(found)
    }

    async fn each_cost(
        &self,
        day: u64,
        each: &mut (dyn FnMut(Paid) + Send),
    ) -> Result<(), StoreError> {
        costs::read(&self.pool, day, each).await
    }

    async fn fold_costs(&self, day: u64, most: u32) -> Result<bool, StoreError> {
        costs::sum_up(&self.pool, day, most).await
    }

    async fn forget_costs(&self, day: u64) -> Result<(), StoreError> {
        costs::forget(&self.pool, day).await
    }

    async fn slot_bytes(&self, id: &SlotId) -> Result<Vec<u8>, StoreError> {
        sqlx::query_scalar(
            "SELECT bytes FROM slot WHERE chain = ? AND address = ? AND sequence = ? AND attempt = ?",
        )
        .bind(id.lane.chain.as_str())
        .bind(id.lane.address.as_str())
        .bind(integer("sequence", id.sequence)?)
        .bind(i64::from(id.attempt))
        .fetch_optional(&self.pool)
        .await?
        .ok_or_else(|| StoreError::NoSlot { id: id.clone() })
    }

    /// The lock of writers is gone when the process is.
    async fn release(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

async fn apply(
    tx: &mut SqliteConnection,
    routes: &mut Routes,
    write: &Write,
) -> Result<(), StoreError> {
    match write {
        Write::Cursor(row) => {
            sqlx::query("INSERT OR REPLACE INTO chain_cursor (chain, row) VALUES (?, ?)")
                .bind(row.chain.as_str())
                .bind(encode("chain_cursor", row)?)
                .execute(tx)
                .await?;
        }
        Write::Path(row) => {
            sqlx::query("INSERT OR REPLACE INTO pair (path, row) VALUES (?, ?)")
                .bind(row.path.as_str())
                .bind(encode("pair", row)?)
                .execute(tx)
                .await?;
        }
        Write::Forgotten(path) => forget(tx, path).await?,
        Write::Channel(row) => {
            sqlx::query("INSERT OR REPLACE INTO channel (path, idx, row) VALUES (?, ?, ?)")
                .bind(row.path.as_str())
                .bind(i64::from(row.index))
                .bind(encode("channel", row)?)
                .execute(tx)
                .await?;
        }
        Write::Packet(row) if row.live => put_packet(tx, routes, row).await?,
        Write::Packet(row) => drop_packet(tx, routes, &row.key).await?,
        Write::Data(row) => put_data(tx, routes, row).await?,
        Write::Slot(row, bytes) => put_slot(tx, row, bytes).await?,
        Write::Decided(id, _) => decide(tx, id).await?,
        Write::Dropped(id) => drop_slot(tx, id).await?,
        Write::Cost(row) => costs::put(tx, row).await?,
        Write::Gap(row) => {
            sqlx::query("INSERT OR REPLACE INTO gap (id, row) VALUES (?, ?)")
                .bind(encode("gap", &row.id)?)
                .bind(encode("gap", row)?)
                .execute(tx)
                .await?;
        }
        Write::Lead(row) => {
            sqlx::query("INSERT OR REPLACE INTO lead (id, row) VALUES (?, ?)")
                .bind(encode("lead", &row.id)?)
                .bind(encode("lead", row)?)
                .execute(tx)
                .await?;
        }
        Write::Closed(id) => {
            sqlx::query("DELETE FROM gap WHERE id = ?")
                .bind(encode("gap", id)?)
                .execute(tx)
                .await?;
        }
    }
    Ok(())
}

/// Forgets a path and its channels.
async fn forget(tx: &mut SqliteConnection, path: &PathId) -> Result<(), StoreError> {
    for delete in ["DELETE FROM channel WHERE path = ?", "DELETE FROM pair WHERE path = ?"] {
        sqlx::query(delete).bind(path.as_str()).execute(&mut *tx).await?;
    }
    Ok(())
}

/// The numbers of the routes that one transaction has met.
type Routes = BTreeMap<Arc<Route>, i64>;

/// The number of a route, given to it at first use.
async fn route_id(
    tx: &mut SqliteConnection,
    routes: &mut Routes,
    route: &Arc<Route>,
) -> Result<i64, StoreError> {
    if let Some(id) = routes.get(route) {
        return Ok(*id);
    }
    let row = encode("route", &**route)?;
    let known = sqlx::query_scalar("SELECT id FROM route WHERE row = ?")
        .bind(&row)
        .fetch_optional(&mut *tx)
        .await?;
    let insert = sqlx::query("INSERT INTO route (row) VALUES (?)").bind(row);
    let id = match known {
        Some(id) => id,
        None => insert.execute(&mut *tx).await?.last_insert_rowid(),
    };
    routes.insert(Arc::clone(route), id);
    Ok(id)
}

async fn put_packet(
    tx: &mut SqliteConnection,
    routes: &mut Routes,
    row: &PacketRow,
) -> Result<(), StoreError> {
    let route = route_id(tx, routes, &row.key.route).await?;
    sqlx::query("INSERT OR REPLACE INTO packet (route, seq, row) VALUES (?, ?, ?)")
        .bind(route)
        .bind(integer("seq", row.key.seq)?)
        .bind(encode("packet", row)?)
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets a packet that is over, and its bytes.
async fn drop_packet(
    tx: &mut SqliteConnection,
    routes: &mut Routes,
    key: &PacketKey,
) -> Result<(), StoreError> {
    let route = route_id(tx, routes, &key.route).await?;
    for delete in [
        "DELETE FROM packet WHERE route = ? AND seq = ?",
        "DELETE FROM packet_data WHERE route = ? AND seq = ?",
    ] {
        sqlx::query(delete).bind(route).bind(integer("seq", key.seq)?).execute(&mut *tx).await?;
    }
    Ok(())
}

async fn put_data(
    tx: &mut SqliteConnection,
    routes: &mut Routes,
    row: &PacketDataRow,
) -> Result<(), StoreError> {
    let route = route_id(tx, routes, &row.key.route).await?;
    sqlx::query(
        "INSERT INTO packet_data (route, seq, data, ack) VALUES (?, ?, ?, ?) \
         ON CONFLICT (route, seq) DO UPDATE SET ack = coalesce(excluded.ack, ack)",
    )
    .bind(route)
    .bind(integer("seq", row.key.seq)?)
    .bind(&row.data)
    .bind(row.ack.as_deref())
    .execute(tx)
    .await?;
    Ok(())
}

async fn put_slot(
    tx: &mut SqliteConnection,
    row: &SlotRow,
    bytes: &SlotBytes,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT OR REPLACE INTO slot (chain, address, sequence, attempt, row, bytes) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(row.id.lane.chain.as_str())
    .bind(row.id.lane.address.as_str())
    .bind(integer("sequence", row.id.sequence)?)
    .bind(i64::from(row.id.attempt))
    .bind(encode("slot", row)?)
    .bind(&bytes.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets a sequence that ended; every attempt at it is decided by that.
async fn decide(tx: &mut SqliteConnection, id: &SlotId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM slot WHERE chain = ? AND address = ? AND sequence = ?")
        .bind(id.lane.chain.as_str())
        .bind(id.lane.address.as_str())
        .bind(integer("sequence", id.sequence)?)
        .execute(tx)
        .await?;
    Ok(())
}

async fn drop_slot(tx: &mut SqliteConnection, id: &SlotId) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM slot WHERE chain = ? AND address = ? AND sequence = ? AND attempt = ?",
    )
    .bind(id.lane.chain.as_str())
    .bind(id.lane.address.as_str())
    .bind(integer("sequence", id.sequence)?)
    .bind(i64::from(id.attempt))
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
