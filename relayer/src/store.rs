//! Where the model's rows live between restarts.
//!
//! The rule that makes a kill at any moment harmless: what one step writes is one transaction, and
//! it is committed before anything that the step asks for is run.

pub mod any;
#[cfg(test)]
mod contract;
pub mod postgres;
pub mod sqlite;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::cost::{About, CostRow, DayRow, Paid, Sum};
use crate::model::facts::PacketData;
use crate::model::ids::{PacketKey, SlotId};
use crate::model::rows::{Rows, Write};

/// Keeps rows. One process writes; others may read at the same time.
pub trait Store {
    /// Reads what [`Model::load`](crate::model::Model::load) needs.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read or holds what this version cannot decode.
    fn load(&self) -> impl Future<Output = Result<Rows, StoreError>> + Send;

    /// Applies the writes of one step, in order, in one transaction.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was applied then.
    fn commit(&self, writes: &[Write]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reads the bytes of packets; those that are not there are left out.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn packet_data(
        &self,
        keys: &[PacketKey],
    ) -> impl Future<Output = Result<Vec<PacketData>, StoreError>> + Send;

    /// Reads what was paid on `day` and after, counted in days since 1970, one row after the other: there may be millions.
    /// What is summed up by day comes first; of that and of the rest the oldest day.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read; some rows were given by then.
    fn each_cost(
        &self,
        day: u64,
        each: &mut (dyn FnMut(Paid) + Send),
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Sums up by day what was paid for messages before `day`, counted in days since 1970, so many of them at a time;
    /// whether some are left.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was changed then.
    fn fold_costs(
        &self,
        day: u64,
        most: u32,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Forgets what was paid before `day`, counted in days since 1970.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be written.
    fn forget_costs(&self, day: u64) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reads the signed bytes of a slot that was written before, to be offered.
    ///
    /// # Errors
    /// [`StoreError::NoSlot`] if there is none, [`StoreError::LeaseLost`] if another process writes by now.
    fn slot_bytes(&self, id: &SlotId) -> impl Future<Output = Result<Vec<u8>, StoreError>> + Send;

    /// Leaves the store to others, who need not wait any more.
    ///
    /// # Errors
    /// [`StoreError`] if others have to find out by themselves.
    fn release(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// What can go wrong with the store. None of it is passed over: without its store ferry stops.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process writes to it.
    #[error("another ferry is using `{}`; stop it first, or choose another --home", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Another replica relays.
    #[error("`{holder}` relays from `{}`; stop it first, or wait {seconds_left} s if it has ended", path.display())]
    Leased {
        /// The server and the database.
        path: PathBuf,
        /// Host and process.
        holder: String,
        /// For how long its lease holds yet.
        seconds_left: u64,
    },
    /// Another replica has taken over.
    #[error("another replica has taken over; start again to stand by for it")]
    LeaseLost,
    /// The file does not exist, and was not to be made.
    #[error("there is no store at `{}`: `ferry link CHAIN --channel CHANNEL` takes up a channel that stands, \
             `ferry link CHAIN_A CHAIN_B` opens a new one", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A copy was to be written where a file is.
    #[error("`{}` exists already; name another file", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("`{}` is no store of ferry's; move it away, or name another file: `store` of [ferry] in the configuration, or --home", path.display())]
    NoStore {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened.
    #[error("the store `{}` cannot be opened", path.display())]
    Unopened {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        source: sqlx::Error,
    },
    /// The file was made by another version.
    #[error("`{}` cannot be used as a store; move it away, or use the ferry that made it", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What the migration found.
        source: sqlx::migrate::MigrateError,
    },
    /// A row does not decode.
    #[error("table `{table}` holds a row that this version cannot read")]
    Row {
        /// The table.
        table: &'static str,
        /// What the decoder found.
        source: serde_json::Error,
    },
    /// An offer names a slot that was never written: a defect, and the reason to stop.
    #[error("no transaction is stored for sequence {} (attempt {}) of `{}` on `{}`", id.sequence, id.attempt, id.lane.address, id.lane.chain)]
    NoSlot {
        /// The slot.
        id: SlotId,
    },
    /// A number does not fit the database's integers.
    #[error("`{field}` is {got}, beyond what the store can hold")]
    TooLarge {
        /// The field.
        field: &'static str,
        /// Its value.
        got: u64,
    },
    /// The database says nothing.
    #[error("the database has not answered for {seconds} s; another replica may have taken over")]
    Silent {
        /// For how long it was waited for.
        seconds: u64,
    },
    /// The database failed.
    #[error("the store failed")]
    Database(#[from] sqlx::Error),
}

/// What messages cost together, by day and by what they were for.
fn fold(rows: &[String]) -> Result<Vec<DayRow>, StoreError> {
    let mut sums = BTreeMap::<(u64, About), Sum>::new();
    for row in rows {
        let row: CostRow = decode("cost", row)?;
        sums.entry((row.time.day(), About::of(&row))).or_default().add(&row);
    }
    Ok(sums.into_iter().map(|((day, about), sum)| DayRow { day, about, sum }).collect())
}

fn encode(table: &'static str, row: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(row).map_err(|source| StoreError::Row { table, source })
}

fn decode<T: DeserializeOwned>(table: &'static str, row: &str) -> Result<T, StoreError> {
    serde_json::from_str(row).map_err(|source| StoreError::Row { table, source })
}

fn integer(field: &'static str, got: u64) -> Result<i64, StoreError> {
    i64::try_from(got).map_err(|_| StoreError::TooLarge { field, got })
}
