//! The store that the configuration names, whatever it is made of.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::postgres::{Held, Holder, Postgres, Replica};
use super::sqlite::{Sqlite, Writer};
use super::{Store, StoreError};
use crate::model::cost::Paid;
use crate::model::facts::PacketData;
use crate::model::ids::{PacketKey, SlotId};
use crate::model::rows::{PacketDataRow, Rows, SlotBytes, Write};

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database, by URL, and for how long its lease holds.
    Database(String, Duration),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Database(..) => f.write_str("the database of `[store]`"),
        }
    }
}

impl fmt::Debug for Location {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Location {
    /// Opens the store for the one process that writes, making it if it is not there.
    ///
    /// # Errors
    /// As [`Sqlite::open`] and [`Postgres::open`]; `held` concerns only the latter.
    pub async fn open(&self, held: Held) -> Result<AnyStore, StoreError> {
        match self {
            Self::File(path) => Sqlite::open(path).await.map(AnyStore::Sqlite),
            Self::Database(url, lease) => {
                Postgres::open(url, *lease, held).await.map(AnyStore::Postgres)
            }
        }
    }

    /// Opens the store to read, also while another process writes.
    ///
    /// # Errors
    /// As [`Sqlite::open_to_read`] and [`Postgres::open_to_read`].
    pub async fn open_to_read(&self) -> Result<AnyStore, StoreError> {
        match self {
            Self::File(path) => Sqlite::open_to_read(path).await.map(AnyStore::Sqlite),
            Self::Database(url, _) => Postgres::open_to_read(url).await.map(AnyStore::Postgres),
        }
    }

    /// Keeps every other process from writing, for one that signs without a store.
    ///
    /// # Errors
    /// As [`Sqlite::keep`] and [`Postgres::open`].
    pub async fn keep(&self) -> Result<Kept, StoreError> {
        match self {
            Self::File(path) => Sqlite::keep(path).await.map(Kept::File),
            Self::Database(url, lease) => {
                Postgres::open(url, *lease, Held::Refuse).await.map(Kept::Database)
            }
        }
    }

    /// Whether a process writes to the store.
    ///
    /// # Errors
    /// [`StoreError`] if that cannot be found out.
    pub async fn is_in_use(&self) -> Result<bool, StoreError> {
        match self {
            Self::File(path) => Sqlite::is_in_use(path).await,
            Self::Database(url, _) => match Postgres::open_to_read(url).await {
                Ok(store) => Ok(store.holder().await?.is_some()),
                Err(StoreError::Missing { .. }) => Ok(false),
                Err(error) => Err(error),
            },
        }
    }
}

/// What keeps other processes from writing to a store.
#[derive(Debug)]
pub enum Kept {
    /// To a file.
    File(Writer),
    /// To a database.
    Database(Postgres),
}

impl Kept {
    /// Lets others write again.
    ///
    /// # Errors
    /// [`StoreError`] if they have to wait until the lease ends.
    pub async fn release(self) -> Result<(), StoreError> {
        match self {
            Self::File(writer) => writer.close().await,
            Self::Database(store) => store.release().await,
        }
    }
}

/// A store of one of the kinds.
#[derive(Debug)]
pub enum AnyStore {
    /// In a file.
    Sqlite(Sqlite),
    /// In a database.
    Postgres(Postgres),
}

impl AnyStore {
    /// The replica that relays, whichever that is; none of a store that has none.
    ///
    /// # Errors
    /// As [`Postgres::holder`].
    pub async fn holder(&self) -> Result<Option<Holder>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(store) => store.holder().await,
        }
    }

    /// This replica, if the store has some and this one relays.
    pub fn replica(&self) -> Option<&Replica> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store) => store.replica(),
        }
    }

    /// Copies what a model needs into a new file; what was paid is left out.
    ///
    /// # Errors
    /// [`StoreError`] if one cannot be read or the other not be written.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        if let Self::Sqlite(store) = self {
            return store.copy_to(file).await;
        }
        let rows = self.load().await?;
        let mut writes: Vec<Write> = rows.cursors.into_iter().map(Write::Cursor).collect();
        writes.extend(rows.paths.into_iter().map(Write::Path));
        writes.extend(rows.channels.into_iter().map(Write::Channel));
        writes.extend(rows.gaps.into_iter().map(Write::Gap));
        writes.extend(rows.leads.into_iter().map(Write::Lead));
        for slot in rows.slots {
            match self.slot_bytes(&slot.id).await {
                Ok(bytes) => writes.push(Write::Slot(slot, SlotBytes(bytes))),
                // It was decided since the rows were read.
                Err(StoreError::NoSlot { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let keys: Vec<PacketKey> = rows.packets.iter().map(|row| row.key.clone()).collect();
        let data = self.packet_data(&keys).await?.into_iter();
        writes.extend(
            data.map(|PacketData { key, data, ack }| Write::Data(PacketDataRow { key, data, ack })),
        );
        writes.extend(rows.packets.into_iter().map(Write::Packet));
        let copy = Sqlite::open(file).await?;
        copy.commit(&writes).await?;
        copy.close().await
    }
}

impl Store for AnyStore {
    async fn load(&self) -> Result<Rows, StoreError> {
        match self {
            Self::Sqlite(store) => store.load().await,
            Self::Postgres(store) => store.load().await,
        }
    }

    async fn commit(&self, writes: &[Write]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.commit(writes).await,
            Self::Postgres(store) => store.commit(writes).await,
        }
    }

    async fn packet_data(&self, keys: &[PacketKey]) -> Result<Vec<PacketData>, StoreError> {
        match self {
            Self::Sqlite(store) => store.packet_data(keys).await,
            Self::Postgres(store) => store.packet_data(keys).await,
        }
    }

    async fn each_cost(
        &self,
        day: u64,
        each: &mut (dyn FnMut(Paid) + Send),
    ) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.each_cost(day, each).await,
            Self::Postgres(store) => store.each_cost(day, each).await,
        }
    }

    async fn fold_costs(&self, day: u64, most: u32) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(store) => store.fold_costs(day, most).await,
            Self::Postgres(store) => store.fold_costs(day, most).await,
        }
    }

    async fn forget_costs(&self, day: u64) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.forget_costs(day).await,
            Self::Postgres(store) => store.forget_costs(day).await,
        }
    }

    async fn slot_bytes(&self, id: &SlotId) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Sqlite(store) => store.slot_bytes(id).await,
            Self::Postgres(store) => store.slot_bytes(id).await,
        }
    }

    async fn release(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.release().await,
            Self::Postgres(store) => store.release().await,
        }
    }
}
