//! Whether a file is a store: a path of the configuration may name anything.

use std::path::Path;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::READERS;
use crate::store::StoreError;

/// SQLite's code for a file that it did not write.
///
/// Source: <https://www.sqlite.org/rescode.html>, `SQLITE_NOTADB`.
const NOT_A_DATABASE: &str = "26";
/// Where it stands which version's tables there are.
const VERSIONS: &str = "_sqlx_migrations";

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing yet.
    Nothing,
    /// Tables of some version of ferry.
    Tables,
}

/// Opens a file, unless it is something else than a store.
pub(super) async fn open(
    path: &Path,
    options: SqliteConnectOptions,
) -> Result<(SqlitePool, Content), StoreError> {
    let wrong = |error: sqlx::Error| {
        let code = error.as_database_error().and_then(|error| error.code());
        match code.as_deref() {
            Some(NOT_A_DATABASE) => StoreError::NoStore { path: path.into() },
            _ => StoreError::Unopened { path: path.into(), source: error },
        }
    };
    let pool = SqlitePoolOptions::new().max_connections(READERS);
    let pool = pool.connect_with(options).await.map_err(wrong)?;
    let query = "SELECT name FROM sqlite_master WHERE type = 'table'";
    let tables: Vec<String> = sqlx::query_scalar(query).fetch_all(&pool).await.map_err(wrong)?;
    let content = if tables.is_empty() { Content::Nothing } else { Content::Tables };
    if content == Content::Tables && !tables.iter().any(|table| table == VERSIONS) {
        return Err(StoreError::NoStore { path: path.into() });
    }
    Ok((pool, content))
}
