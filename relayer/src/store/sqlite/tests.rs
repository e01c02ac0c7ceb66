use super::super::contract;
use super::*;

async fn open(dir: &tempfile::TempDir) -> Result<Sqlite, StoreError> {
    Sqlite::open(&dir.path().join("ferry.db")).await
}

/// Waits until the file is closed and the lock of writers is gone.
async fn close(store: Sqlite) {
    store.pool.close().await;
    store._writer.unwrap().close().await.unwrap();
}

#[tokio::test]
async fn sqlite_is_a_store() {
    let dir = tempfile::tempdir().unwrap();
    contract::check(&open(&dir).await.unwrap()).await;
}

#[tokio::test]
async fn what_is_committed_survives_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    contract::check(&store).await;
    let before = store.load().await.unwrap();
    close(store).await;
    assert_eq!(open(&dir).await.unwrap().load().await.unwrap(), before);
}

#[tokio::test]
async fn a_second_writer_is_told_and_a_reader_is_not_kept_out() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(&dir).await.unwrap();
    assert!(matches!(open(&dir).await, Err(StoreError::InUse { .. })));
    let path = dir.path().join("ferry.db");
    Sqlite::open_to_read(&path).await.unwrap().load().await.unwrap();
}

/// One who signs by hand, and needs no store, keeps out whoever would sign with the same key, and the other way round.
#[tokio::test]
async fn a_store_can_be_kept_from_others_without_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ferry.db");
    let kept = Sqlite::keep(&path).await.unwrap();
    assert!(!path.try_exists().unwrap(), "no store is made");
    assert!(matches!(open(&dir).await, Err(StoreError::InUse { .. })));
    kept.close().await.unwrap();
    let _first = open(&dir).await.unwrap();
    assert!(matches!(Sqlite::keep(&path).await, Err(StoreError::InUse { .. })));
}

#[tokio::test]
async fn reading_makes_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ferry.db");
    assert!(matches!(Sqlite::open_to_read(&path).await, Err(StoreError::Missing { .. })));
    assert!(!path.try_exists().unwrap());
}

#[tokio::test]
async fn a_file_of_another_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'").execute(&store.pool).await.unwrap();
    close(store).await;
    assert!(matches!(open(&dir).await, Err(StoreError::Foreign { .. })));
}
