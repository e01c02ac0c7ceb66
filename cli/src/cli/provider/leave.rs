//! `entrepot provider leave`

use anyhow::{Context as _, ensure};
use market::msg::ExecuteMsg;

use super::super::Place;
use super::super::sent::Sent;
use super::Common;
use crate::figures;

pub(super) const EXAMPLES: &str = "\
Examples:
  entrepot provider leave
  entrepot provider leave --key provider1 --json

No new leases and no new bids from now on; what binds or lives goes on and wants its heartbeats. Once the stake is no
longer bound the same command releases it, and `entrepot provider withdraw` pays it. Stop `provider run` before
that: it would register again.";

pub(super) async fn run(place: &Place, common: Common) -> anyhow::Result<()> {
    let desk = common.desk(place).await?;
    let address = desk.address();
    let record = desk.record().await?;
    let record = record.with_context(|| {
        format!("{address} is no provider, so it has nothing to leave; `entrepot provider withdraw` pays what it is owed")
    })?;
    let Some(unbonds_at) = record.unbonds_at else {
        let outcome = desk.send(&ExecuteMsg::DeregisterProvider {}, &[]).await?;
        let next = "serve the leases that live: entrepot provider leases; when the stake is free, leave again";
        let done = format!("{address} takes no new leases, and its stake unbonds");
        return common.output.print(&Sent::new(&outcome, done, next));
    };
    let now = desk.now().await?;
    ensure!(
        now >= unbonds_at,
        "{address} is leaving, and its stake is bound until {}; try again then",
        figures::moment(unbonds_at)
    );
    ensure!(
        record.live_leases == 0,
        "{address} has leases that are not closed ({}); `entrepot provider leases` lists them, `entrepot provider close` \
         leaves one",
        record.live_leases
    );
    let release = ExecuteMsg::ReleaseStake { provider: address.to_owned() };
    let outcome = desk.send(&release, &[]).await?;
    let done = format!("released the stake of {address}");
    common.output.print(&Sent::new(&outcome, done, "entrepot provider withdraw"))
}
