use std::borrow::Cow;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use sqlx::Connection as _;
use sqlx::migrate::{Migration, MigrationType};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::super::any::Location;
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
    let paid = contract::costs(&first, 0).await;
    assert_eq!((contract::costs(&reader, 0).await, paid.is_empty()), (paid, false));
    assert!(matches!(reader.commit(&cursor(1)).await, Err(StoreError::LeaseLost)));
    let holder = reader.holder().await.unwrap().map(|holder| holder.replica);
    assert_eq!(holder.as_ref(), first.replica());
    let second = Postgres::open(&server.url, TTL, Held::Refuse).await;
    let Err(StoreError::Leased { seconds_left, .. }) = second else { panic!("{second:?}") };
    assert!((1..=60).contains(&seconds_left), "{seconds_left}");
    a_lease_that_ended_is_lost(&server.url, &first, &reader.pool).await;
    a_silent_database_ends_the_holder_and_not_the_heir(&server.url).await;
    a_restart_of_the_database_is_survived(&server.url).await;
    who_signs_by_hand_keeps_replicas_out(&server.url).await;
    an_heir_changes_no_tables(&server.url).await;
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
        first.fold_costs(20_000, 10).await.map(|_| ()),
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
    let next = Postgres::open(url, TTL, Held::Refuse).await.expect("the lease was given back");
    next.release().await.unwrap();
}

/// The way to a server, which may fall silent: then nothing comes through, and nobody is told.
struct Gate {
    url: String,
    /// How often it fell silent: connections of before stay so.
    silences: watch::Sender<u32>,
    /// Whether new connections are silent too.
    is_shut: watch::Sender<bool>,
}

impl Gate {
    async fn before(url: &str) -> Self {
        let (head, tail) = url.split_once("127.0.0.1:").expect("it is on loopback");
        let (port, path) = tail.split_once('/').expect("it names a database");
        let there = format!("127.0.0.1:{port}");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{head}{}/{path}", listener.local_addr().unwrap());
        let gate =
            Self { url, silences: watch::Sender::new(0), is_shut: watch::Sender::new(false) };
        let (silences, is_shut) = (gate.silences.subscribe(), gate.is_shut.subscribe());
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                let there = TcpStream::connect(&there).await.unwrap();
                let silences = (!*is_shut.borrow()).then(|| silences.clone());
                tokio::spawn(Self::pass((here, there), silences));
            }
        });
        gate
    }

    async fn pass(
        (mut here, mut there): (TcpStream, TcpStream),
        silences: Option<watch::Receiver<u32>>,
    ) {
        if let Some(mut silences) = silences {
            let now = *silences.borrow();
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut here, &mut there) => return,
                _ = silences.wait_for(|count| *count > now) => {}
            }
        }
        std::future::pending().await
    }

    /// Nothing comes through connections of before any more; through new ones it does.
    fn fall_silent(&self) {
        self.silences.send_modify(|count| *count += 1);
    }

    /// The same, for ever.
    fn shut(&self) {
        self.is_shut.send_replace(true);
        self.fall_silent();
    }
}

/// Waits for the lease of whoever holds it, and gives the store once it does.
async fn heir(
    url: &str,
    lease: Duration,
    tables: Migrator,
) -> tokio::task::JoinHandle<Result<Postgres, StoreError>> {
    let (told, mut waiting) = watch::channel(None);
    let url = url.to_owned();
    let heir =
        tokio::spawn(
            async move { Postgres::open_with(&url, (lease, Held::Wait(told)), &tables).await },
        );
    waiting.wait_for(Option::is_some).await.expect("it stands by");
    heir
}

fn tables() -> Migrator {
    Migrator { migrations: TABLES.migrations.clone(), ..Migrator::DEFAULT }
}

/// A firewall forgets connections, or a server's address moves: no end of a connection hears of it.
async fn a_silent_database_ends_the_holder_and_not_the_heir(url: &str) {
    let lease = Duration::from_secs(1);
    let (to_holder, to_heir) = (Gate::before(url).await, Gate::before(url).await);
    let holder = Postgres::open(&to_holder.url, lease, Held::Refuse).await.unwrap();
    let heir = heir(&to_heir.url, lease, tables()).await;
    to_heir.fall_silent();
    to_holder.shut();
    let lost = timeout(lease * (LEASES + 1), holder.commit(&cursor(6))).await;
    let lost = lost.expect("the holder waits for ever");
    assert!(matches!(lost, Err(StoreError::Silent { .. })), "{lost:?}");
    let heir = timeout(Duration::from_secs(10), heir).await.expect("nobody takes over");
    let heir = heir.unwrap().unwrap();
    heir.commit(&cursor(7)).await.unwrap();
    heir.release().await.unwrap();
}

/// A server that restarts ends all connections, whatever they are amid. What was to be written then is, and the
/// replica that stands by does so still.
async fn a_restart_of_the_database_is_survived(url: &str) {
    const RESTARTS: u32 = 10;
    let holder = Postgres::open(url, TTL, Held::Refuse).await.unwrap();
    let heir = heir(url, Duration::from_secs(3), tables()).await;
    let mut server = PgConnection::connect(url).await.unwrap();
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE application_name = 'ferry'";
    let restarts = tokio::spawn(async move {
        let mut ended: i64 = 0;
        for _ in 0..RESTARTS {
            pause(Duration::from_millis(50)).await;
            ended += sqlx::query_scalar::<_, i64>(end).fetch_one(&mut server).await.unwrap();
        }
        ended
    });
    let mut height = 100;
    while !restarts.is_finished() {
        height += 1;
        holder.commit(&cursor(height)).await.unwrap();
    }
    assert!(restarts.await.unwrap() > i64::from(RESTARTS), "connections were ended");
    let cursors = holder.load().await.unwrap().cursors;
    assert!(cursors.iter().any(|row| row.tip.height == height), "{cursors:?}");
    assert!(!heir.is_finished(), "it stands by");
    holder.release().await.unwrap();
    heir.await.unwrap().unwrap().release().await.unwrap();
}

async fn who_signs_by_hand_keeps_replicas_out(url: &str) {
    let location = Location::Database(url.to_owned(), TTL);
    let kept = location.keep().await.unwrap();
    let replica = Postgres::open(url, TTL, Held::Refuse).await;
    assert!(matches!(replica, Err(StoreError::Leased { .. })), "{replica:?}");
    kept.release().await.unwrap();
    let replica = Postgres::open(url, TTL, Held::Refuse).await.unwrap();
    let kept = location.keep().await;
    assert!(matches!(kept, Err(StoreError::Leased { .. })), "{kept:?}");
    replica.release().await.unwrap();
}

/// A newer version changes a table while it is upgraded: not before the older one is done with it.
async fn an_heir_changes_no_tables(url: &str) {
    let lease = Duration::from_secs(3);
    let holder = Postgres::open(url, lease, Held::Refuse).await.unwrap();
    let rename = "ALTER TABLE chain_cursor RENAME TO newer".into();
    let newer = Migration::new(99, "newer".into(), MigrationType::Simple, rename, false);
    let migrations = TABLES.iter().cloned().chain([newer]).collect();
    let newer = Migrator { migrations: Cow::Owned(migrations), ..Migrator::DEFAULT };
    let heir = heir(url, lease, newer).await;
    holder.commit(&cursor(8)).await.expect("the tables are as they were");
    holder.release().await.unwrap();
    let heir = heir.await.unwrap().unwrap();
    let is_newer = sqlx::query("SELECT row FROM newer").fetch_all(&heir.pool).await;
    assert!(!is_newer.expect("the heir changes them").is_empty());
    heir.release().await.unwrap();
    let older = Postgres::open(url, lease, Held::Refuse).await;
    assert!(matches!(older, Err(StoreError::Foreign { .. })), "{older:?}");
}
