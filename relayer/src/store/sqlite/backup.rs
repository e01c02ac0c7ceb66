//! Copies of the store.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Sqlite, StoreError, lock};

impl Sqlite {
    /// Writes the store as it is at one moment to a file that does not exist yet. A writer is not disturbed.
    ///
    /// # Errors
    /// [`StoreError::Exists`], or the file cannot be written.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        if file.try_exists().map_err(sqlx::Error::Io)? {
            return Err(StoreError::Exists { path: file.into() });
        }
        let target = file.to_string_lossy().into_owned();
        tracing::info!(to = target, "copying the store");
        sqlx::query("VACUUM INTO ?").bind(target).execute(&self.pool).await?;
        Ok(())
    }

    /// Puts a copy in the place of the store, and says where the store of before is now.
    ///
    /// # Errors
    /// [`StoreError::InUse`] while a process writes to the store. Until the last step nothing is changed.
    pub async fn replace(store: &Path, copy: &Path) -> Result<Option<PathBuf>, StoreError> {
        let io = |error| StoreError::from(sqlx::Error::Io(error));
        let fresh = beside(store, ".restoring");
        let bytes = fs::metadata(copy).map_err(io)?.len();
        tracing::info!(from = %copy.display(), bytes, "copying the backup");
        fs::copy(copy, &fresh).map_err(io)?;
        tracing::info!("checking the copy");
        // Opened once as a writer does, so that a copy of another version is refused before anything is changed.
        Self::open(&fresh).await?.close().await?;
        let before = match store.try_exists().map_err(io)? {
            false => None,
            true => {
                let before = unused(store).map_err(io)?;
                let old = Self::open(store).await?;
                old.copy_to(&before).await?;
                old.close().await?;
                Some(before)
            }
        };
        let _writer = lock(store).await?;
        for part in ["-wal", "-shm"] {
            let _ = fs::remove_file(beside(store, part));
        }
        fs::rename(&fresh, store).map_err(io)?;
        let _ = fs::remove_file(beside(&fresh, ".lock"));
        Ok(before)
    }

    /// Closes the file; the lock of writers is free after that.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        self.pool.close().await;
        if let Some(writer) = self._writer {
            writer.close().await?;
        }
        Ok(())
    }
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A name beside the store that no file has.
fn unused(store: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let name = beside(store, &format!(".before-{number}"));
        if !name.try_exists()? {
            return Ok(name);
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::Tip;
    use crate::model::ids::{ChainId, Time};
    use crate::model::rows::{CursorRow, Write};
    use crate::store::Store as _;

    async fn read_to(store: &Sqlite, height: u64) {
        let tip = Tip { height, hash: [0; 32], time: Time(height) };
        let row = CursorRow { chain: ChainId::from("a-1"), tip };
        store.commit(&[Write::Cursor(row)]).await.unwrap();
    }

    async fn height(file: &Path) -> u64 {
        Sqlite::open_to_read(file).await.unwrap().load().await.unwrap().cursors[0].tip.height
    }

    #[tokio::test]
    async fn a_backup_of_a_running_store_is_restored_and_the_old_one_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (path, copy) = (dir.path().join("ferry.db"), dir.path().join("copy"));
        let store = Sqlite::open(&path).await.unwrap();
        read_to(&store, 7).await;
        Sqlite::open_to_read(&path).await.unwrap().copy_to(&copy).await.unwrap();
        read_to(&store, 8).await;
        assert!(matches!(store.copy_to(&copy).await, Err(StoreError::Exists { .. })));
        let refused = Sqlite::replace(&path, &copy).await;
        assert!(matches!(refused, Err(StoreError::InUse { .. })), "{refused:?}");
        store.close().await.unwrap();

        let before = Sqlite::replace(&path, &copy).await.unwrap().unwrap();
        assert_eq!((height(&path).await, height(&before).await), (7, 8));
        let again = Sqlite::replace(&path, &copy).await.unwrap().unwrap();
        assert_ne!(again, before, "no old store is overwritten");
        Sqlite::open(&path).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_no_store_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (path, copy) = (dir.path().join("ferry.db"), dir.path().join("copy"));
        let store = Sqlite::open(&path).await.unwrap();
        read_to(&store, 7).await;
        store.close().await.unwrap();
        fs::write(&copy, "a text").unwrap();
        assert!(Sqlite::replace(&path, &copy).await.is_err());
        assert_eq!(height(&path).await, 7);
    }
}
