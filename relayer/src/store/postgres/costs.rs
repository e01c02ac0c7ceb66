//! What was paid: message by message at first, summed up by day later.

use futures_util::TryStreamExt as _;
use sqlx::{PgConnection, PgPool};

use super::SNAPSHOT;
use crate::model::cost::{CostRow, DayRow, Paid};
use crate::store::{StoreError, decode, encode, fold, integer};

pub(super) async fn put(tx: &mut PgConnection, row: &CostRow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cost (chain, address, sequence, place, day, row) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (chain, address, sequence, place) \
         DO UPDATE SET day = excluded.day, row = excluded.row",
    )
    .bind(row.lane.chain.as_str())
    .bind(row.lane.address.as_str())
    .bind(integer("sequence", row.sequence)?)
    .bind(i64::from(row.place))
    .bind(integer("day", row.time.day())?)
    .bind(encode("cost", row)?)
    .execute(tx)
    .await?;
    Ok(())
}

/// Reads both tables as they were at one moment: what is summed up meanwhile would be missed, or counted twice.
pub(super) async fn read(
    pool: &PgPool,
    day: u64,
    each: &mut (dyn FnMut(Paid) + Send),
) -> Result<(), StoreError> {
    let day = integer("day", day)?;
    let mut tx = pool.begin().await?;
    sqlx::query(SNAPSHOT).execute(&mut *tx).await?;
    let query = "SELECT row FROM cost_sum WHERE day >= $1 ORDER BY day, path, what, chain, denom";
    let mut rows = sqlx::query_scalar::<_, String>(query).bind(day).fetch(&mut *tx);
    while let Some(row) = rows.try_next().await? {
        each(Paid::Day(decode("cost_sum", &row)?));
    }
    drop(rows);
    let query =
        "SELECT row FROM cost WHERE day >= $1 ORDER BY day, chain, address, sequence, place";
    let mut rows = sqlx::query_scalar::<_, String>(query).bind(day).fetch(&mut *tx);
    while let Some(row) = rows.try_next().await? {
        each(Paid::Message(decode("cost", &row)?));
    }
    Ok(())
}

pub(super) async fn sum_up(tx: &mut PgConnection, day: u64, most: u32) -> Result<bool, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar(
        "DELETE FROM cost WHERE (chain, address, sequence, place) IN (\
         SELECT chain, address, sequence, place FROM cost WHERE day < $1 ORDER BY day LIMIT $2) \
         RETURNING row",
    )
    .bind(integer("day", day)?)
    .bind(i64::from(most))
    .fetch_all(&mut *tx)
    .await?;
    for row in fold(&rows)? {
        add(tx, row).await?;
    }
    Ok(rows.len() >= usize::try_from(most).unwrap_or(usize::MAX))
}

/// Adds to what is summed up of a day already.
async fn add(tx: &mut PgConnection, mut row: DayRow) -> Result<(), StoreError> {
    let day = integer("day", row.day)?;
    let about = row.about.clone();
    let known: Option<String> = sqlx::query_scalar(
        "SELECT row FROM cost_sum \
         WHERE day = $1 AND path = $2 AND what = $3 AND chain = $4 AND denom = $5",
    )
    .bind(day)
    .bind(about.path.as_str())
    .bind(&about.what)
    .bind(about.on.as_str())
    .bind(&about.denom)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(known) = known {
        let known: DayRow = decode("cost_sum", &known)?;
        row.sum.merge(&known.sum);
    }
    sqlx::query(
        "INSERT INTO cost_sum (day, path, what, chain, denom, row) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (day, path, what, chain, denom) DO UPDATE SET row = excluded.row",
    )
    .bind(day)
    .bind(about.path.as_str())
    .bind(&about.what)
    .bind(about.on.as_str())
    .bind(&about.denom)
    .bind(encode("cost_sum", &row)?)
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn forget(tx: &mut PgConnection, day: u64) -> Result<(), StoreError> {
    for delete in ["DELETE FROM cost_sum WHERE day < $1", "DELETE FROM cost WHERE day < $1"] {
        sqlx::query(delete).bind(integer("day", day)?).execute(&mut *tx).await?;
    }
    Ok(())
}
