use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tokio::sync::watch;

use super::super::contract;
use super::*;
use crate::model::facts::Tip;
use crate::model::ids::{ChainId, Time};
use crate::model::rows::{CursorRow, SlotBytes};

/// Longer than the test.
const TTL: Duration = Duration::from_secs(60);

/// A database server of its own, in a directory of its own.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres");
        let mut child = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/postgres runs");
        let mut url = String::new();
        let out = child.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut url).expect("it prints a URL");
        let url = url.trim().to_owned();
        assert!(url.starts_with("postgres://"), "scripts/postgres says why it does not run: {url}");
        Self { child, url }
    }
}

impl Drop for Server {
    /// The script ends, and the server with it, when nobody holds its input open.
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn cursor(height: u64) -> [Write; 1] {
    let tip = Tip { height, hash: [7; 32], time: Time(height) };
    [Write::Cursor(CursorRow { chain: ChainId::from("z"), tip })]
}

/// One server for all of it: it takes a second to start.
#[tokio::test]
#[ignore = "needs PostgreSQL; scripts/test runs it"]
async fn postgres_is_a_store_that_one_of_many_writes() {
    let server = Server::start();
    let missing = Postgres::open_to_read(&server.url).await;
    assert!(matches!(missing, Err(StoreError::Missing { .. })), "{missing:?}");
    let first = Postgres::open(&server.url, TTL, Held::Refuse).await.unwrap();
    contract::check(&first).await;
    let before = first.load().await.unwrap();
    let reader = Postgres::open_to_read(&server.url).await.unwrap();
    assert_eq!(reader.load().await.unwrap(), before);
    assert!(matches!(reader.commit(&cursor(1)).await, Err(StoreError::LeaseLost)));
    let holder = reader.holder().await.unwrap().map(|holder| holder.replica);
    assert_eq!(holder.as_ref(), first.replica());
    let second = Postgres::open(&server.url, TTL, Held::Refuse).await;
    let Err(StoreError::Leased { seconds_left, .. }) = second else { panic!("{second:?}") };
    assert!((1..=60).contains(&seconds_left), "{seconds_left}");
    a_lease_that_ended_is_lost(&server.url, &first, &reader.pool).await;
}

/// A replica that froze amid a write and wakes when another has the lease can write nothing, have nothing to offer,
/// and not renew it; the heir has the bytes that it signed.
async fn a_lease_that_ended_is_lost(url: &str, first: &Postgres, pool: &PgPool) {
    let signed = contract::slot(9, 0);
    let bytes = vec![1, 2, 3];
    let write = [Write::Slot(signed.clone(), SlotBytes(bytes.clone()))];
    first.commit(&write).await.unwrap();
    let frozen = first.begin().await.unwrap();
    sqlx::query("UPDATE lease SET expires = now()").execute(pool).await.unwrap();
    frozen.commit().await.expect_err("the server has ended it");
    first.commit(&cursor(3)).await.expect("nobody else has it yet");

    let (waiting, _) = watch::channel(None);
    let heir = Postgres::open(url, TTL, Held::Wait(waiting)).await.unwrap();
    let fences = [first, &heir].map(|store| store.replica().unwrap().fence);
    assert_eq!(fences[0] + 1, fences[1]);
    for lost in [
        first.commit(&cursor(4)).await,
        first.forget_costs(20_000).await,
        first.slot_bytes(&signed.id).await.map(|_| ()),
    ] {
        assert!(matches!(lost, Err(StoreError::LeaseLost)), "{lost:?}");
    }
    assert_eq!(heir.load().await.unwrap().slots, std::slice::from_ref(&signed));
    assert_eq!(heir.slot_bytes(&signed.id).await.unwrap(), bytes);
    first.release().await.unwrap();
    heir.commit(&cursor(5)).await.expect("what the first gives back is not its own any more");
    let cursors = heir.load().await.unwrap().cursors;
    assert!(cursors.iter().any(|row| row.tip.height == 5), "{cursors:?}");
    heir.release().await.unwrap();
    Postgres::open(url, TTL, Held::Refuse).await.expect("the lease was given back");
}
