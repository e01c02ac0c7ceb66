//! The tables, as each version of ferry needs them.

use std::borrow::Cow;
use std::path::Path;

use sqlx::PgPool;
use sqlx::migrate::{MigrateError, Migrator};

use super::{LONGEST, within};
use crate::store::StoreError;

/// Makes the tables of the first version unless they are there: that of the lease is among them, which later
/// versions leave as it is. More is not changed by one that does not hold the lease, as whoever holds it may be of
/// an older version.
pub(super) async fn begin(pool: &PgPool, name: &Path, tables: &Migrator) -> Result<(), StoreError> {
    let first = Cow::Owned(tables.iter().take(1).cloned().collect());
    let first = Migrator { migrations: first, ignore_missing: true, ..Migrator::DEFAULT };
    complete(pool, name, &first).await?;
    let newest = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations");
    let newest: i64 = within(LONGEST, async { Ok(newest.fetch_one(pool).await?) }).await?;
    if tables.version_exists(newest) {
        return Ok(());
    }
    Err(StoreError::Foreign { path: name.into(), source: MigrateError::VersionMissing(newest) })
}

/// Brings all tables to this version, for the one that holds the lease.
pub(super) async fn complete(
    pool: &PgPool,
    name: &Path,
    tables: &Migrator,
) -> Result<(), StoreError> {
    let run = async {
        tables.run(pool).await.map_err(|source| match source {
            MigrateError::Execute(error) => StoreError::Database(error),
            source => StoreError::Foreign { path: name.into(), source },
        })
    };
    within(LONGEST, run).await
}
