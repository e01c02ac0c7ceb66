use std::time::Duration;

use anyhow::ensure;
use e2e::clock;
use e2e::operator::Operator;
use protocol::ics20::TRANSFER_PORT;
use tokio::time::timeout;

/// How often ferry is killed amid what it does.
const KILLS: u32 = 10;
/// So much later after its start each time: at first it has not opened its store, at last it relays.
const LATER: Duration = Duration::from_millis(90);
/// Packets that wait when it is started first.
const WAITING: usize = 60;
/// Packets of which it has heard when its store is deleted.
const PENDING: usize = 10;
/// What SQLite keeps a store in.
const STORE: [&str; 3] = ["ferry.db", "ferry.db-wal", "ferry.db-shm"];

/// While packets are under way ferry is killed over and over. Then it loses its store, with packets pending: told of the
/// connection, a new one brings what is left. Gives how many packets that were; they have all arrived.
pub(crate) async fn killed_and_robbed(
    operator: &Operator,
    connection: &str,
    channel: &str,
) -> anyhow::Result<usize> {
    let (a, b) = (&operator.a, &operator.b);
    operator.send(a, channel, WAITING).await?;
    for kill in 1..=KILLS {
        let mut ferry = operator.start()?;
        let ended = timeout(LATER * kill, ferry.wait()).await;
        ensure!(ended.is_err(), "it has ended by itself: {}", operator.log()?);
        ferry.kill().await?;
    }
    let mut ferry = operator.start()?;
    operator.send(a, channel, PENDING).await?;
    ferry.kill().await?;
    // Nobody remembers what it has sent: until that is in a block, a new one would send it again.
    for site in [a, b] {
        clock::pass(&site.chain, 2).await?;
    }
    let left = async || a.chain.packet_commitments(TRANSFER_PORT, channel).await;
    ensure!(!left().await?.is_empty(), "nothing was pending any more");
    for file in STORE {
        let file = operator.file(file);
        if file.exists() {
            std::fs::remove_file(file)?;
        }
    }

    let complaint = operator.refused(&["status"]).await?;
    ensure!(complaint.contains("there is no store"), "{complaint}");
    let verb = ["link", a.chain_id(), b.chain_id(), "--connection", connection];
    let adopted = operator.ferry(&verb).await?;
    ensure!(adopted["pending"] == 0, "{adopted}");
    let left = left().await?;
    ensure!(left.is_empty(), "{left:?} are not acknowledged");
    Ok(WAITING + PENDING)
}
