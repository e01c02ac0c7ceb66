//! The writes of one step, in one transaction: what comes in thousands in one statement for each table.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::PgConnection;

use super::costs;
use crate::model::ids::{PacketKey, Route, SlotId};
use crate::model::rows::{PacketDataRow, SlotBytes, SlotRow, Write};
use crate::store::{StoreError, encode, integer};

/// Applies writes. A later write of the same row takes the place of an earlier one before either is sent.
pub(super) async fn all(tx: &mut PgConnection, writes: &[Write]) -> Result<(), StoreError> {
    let mut packets = Packets::default();
    for write in writes {
        match write {
            Write::Packet(row) => {
                let json = row.live.then(|| encode("packet", row)).transpose()?;
                packets.rows.insert(row.key.clone(), json);
            }
            Write::Data(row) => packets.put_data(row),
            Write::Slot(row, bytes) => put_slot(tx, row, bytes).await?,
            Write::Decided(id, _) => forget_slots(tx, id, None).await?,
            Write::Dropped(id) => forget_slots(tx, id, Some(id.attempt)).await?,
            Write::Cost(row) => costs::put(tx, row).await?,
            Write::Forgotten(path) => {
                for delete in
                    ["DELETE FROM channel WHERE path = $1", "DELETE FROM pair WHERE path = $1"]
                {
                    sqlx::query(delete).bind(path.as_str()).execute(&mut *tx).await?;
                }
            }
            Write::Channel(row) => {
                sqlx::query(
                    "INSERT INTO channel (path, idx, row) VALUES ($1, $2, $3) \
                     ON CONFLICT (path, idx) DO UPDATE SET row = excluded.row",
                )
                .bind(row.path.as_str())
                .bind(i64::from(row.index))
                .bind(encode("channel", row)?)
                .execute(&mut *tx)
                .await?;
            }
            Write::Cursor(row) => {
                let json = encode("chain_cursor", row)?;
                put(tx, PUT_CURSOR, row.chain.as_str(), json).await?;
            }
            Write::Path(row) => put(tx, PUT_PATH, row.path.as_str(), encode("pair", row)?).await?,
            Write::Gap(row) => {
                put(tx, PUT_GAP, &encode("gap", &row.id)?, encode("gap", row)?).await?;
            }
            Write::Lead(row) => {
                put(tx, PUT_LEAD, &encode("lead", &row.id)?, encode("lead", row)?).await?;
            }
            Write::Closed(id) => {
                let delete = sqlx::query("DELETE FROM gap WHERE id = $1").bind(encode("gap", id)?);
                delete.execute(&mut *tx).await?;
            }
        }
    }
    packets.write(tx).await
}

const PUT_CURSOR: &str = "INSERT INTO chain_cursor (chain, row) VALUES ($1, $2) \
     ON CONFLICT (chain) DO UPDATE SET row = excluded.row";
const PUT_PATH: &str = "INSERT INTO pair (path, row) VALUES ($1, $2) \
     ON CONFLICT (path) DO UPDATE SET row = excluded.row";
const PUT_GAP: &str = "INSERT INTO gap (id, row) VALUES ($1, $2) \
     ON CONFLICT (id) DO UPDATE SET row = excluded.row";
const PUT_LEAD: &str = "INSERT INTO lead (id, row) VALUES ($1, $2) \
     ON CONFLICT (id) DO UPDATE SET row = excluded.row";

async fn put(
    tx: &mut PgConnection,
    query: &'static str,
    id: &str,
    row: String,
) -> Result<(), StoreError> {
    sqlx::query(query).bind(id).bind(row).execute(tx).await?;
    Ok(())
}

async fn put_slot(
    tx: &mut PgConnection,
    row: &SlotRow,
    bytes: &SlotBytes,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO slot (chain, address, sequence, attempt, row, bytes) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (chain, address, sequence, attempt) \
         DO UPDATE SET row = excluded.row, bytes = excluded.bytes",
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

/// Forgets one attempt at a sequence, or all of them.
async fn forget_slots(
    tx: &mut PgConnection,
    id: &SlotId,
    attempt: Option<u16>,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM slot WHERE chain = $1 AND address = $2 AND sequence = $3 \
         AND attempt = coalesce($4, attempt)",
    )
    .bind(id.lane.chain.as_str())
    .bind(id.lane.address.as_str())
    .bind(integer("sequence", id.sequence)?)
    .bind(attempt.map(i64::from))
    .execute(tx)
    .await?;
    Ok(())
}

/// What a step writes of packets.
#[derive(Default)]
struct Packets {
    /// Their rows; none for those that are over.
    rows: BTreeMap<PacketKey, Option<String>>,
    data: BTreeMap<PacketKey, PacketDataRow>,
}

/// A table's rows by column.
#[derive(Default)]
struct Columns<T> {
    routes: Vec<i64>,
    sequences: Vec<i64>,
    values: Vec<T>,
}

impl<T> Columns<T> {
    fn push(&mut self, (route, sequence): (i64, i64), value: T) {
        self.routes.push(route);
        self.sequences.push(sequence);
        self.values.push(value);
    }
}

impl Packets {
    fn put_data(&mut self, row: &PacketDataRow) {
        let known = self.data.entry(row.key.clone()).or_insert_with(|| row.clone());
        if row.ack.is_some() {
            known.ack.clone_from(&row.ack);
        }
    }

    async fn write(self, tx: &mut PgConnection) -> Result<(), StoreError> {
        let mut routes = BTreeMap::new();
        for key in self.rows.keys().chain(self.data.keys()) {
            if !routes.contains_key(&key.route) {
                routes.insert(Arc::clone(&key.route), route_id(tx, &key.route).await?);
            }
        }
        let place = |key: &PacketKey| {
            let route = routes.get(&key.route).copied().unwrap_or_default();
            integer("seq", key.seq).map(|seq| (route, seq))
        };
        let (mut live, mut over) = (Columns::default(), Columns::default());
        for (key, row) in &self.rows {
            match row {
                Some(row) => live.push(place(key)?, row.as_str()),
                None => over.push(place(key)?, ()),
            }
        }
        let mut bytes = Columns::default();
        for (key, row) in &self.data {
            bytes.push(place(key)?, (row.data.as_slice(), row.ack.as_deref()));
        }
        put_data(tx, bytes).await?;
        put_rows(tx, live).await?;
        forget(tx, over).await
    }
}

/// The number of a route, given to it at first use.
async fn route_id(tx: &mut PgConnection, route: &Route) -> Result<i64, StoreError> {
    let row = encode("route", route)?;
    let known = sqlx::query_scalar("SELECT id FROM route WHERE row = $1")
        .bind(&row)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(id) = known {
        return Ok(id);
    }
    let insert = sqlx::query_scalar("INSERT INTO route (row) VALUES ($1) RETURNING id");
    Ok(insert.bind(row).fetch_one(tx).await?)
}

async fn put_rows(tx: &mut PgConnection, rows: Columns<&str>) -> Result<(), StoreError> {
    if rows.values.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO packet (route, seq, row) \
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[]) \
         ON CONFLICT (route, seq) DO UPDATE SET row = excluded.row",
    )
    .bind(rows.routes)
    .bind(rows.sequences)
    .bind(rows.values)
    .execute(tx)
    .await?;
    Ok(())
}

async fn put_data(
    tx: &mut PgConnection,
    rows: Columns<(&[u8], Option<&[u8]>)>,
) -> Result<(), StoreError> {
    if rows.values.is_empty() {
        return Ok(());
    }
    let (data, acks): (Vec<&[u8]>, Vec<Option<&[u8]>>) = rows.values.into_iter().unzip();
    sqlx::query(
        "INSERT INTO packet_data (route, seq, data, ack) \
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[]) \
         ON CONFLICT (route, seq) DO UPDATE SET ack = coalesce(excluded.ack, packet_data.ack)",
    )
    .bind(rows.routes)
    .bind(rows.sequences)
    .bind(data)
    .bind(acks)
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets packets that are over, and their bytes.
async fn forget(tx: &mut PgConnection, rows: Columns<()>) -> Result<(), StoreError> {
    if rows.values.is_empty() {
        return Ok(());
    }
    for delete in [
        "DELETE FROM packet WHERE (route, seq) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))",
        "DELETE FROM packet_data WHERE (route, seq) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))",
    ] {
        sqlx::query(delete).bind(&rows.routes).bind(&rows.sequences).execute(&mut *tx).await?;
    }
    Ok(())
}
