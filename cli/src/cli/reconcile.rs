//! `entrepot reconcile`

use anyhow::ensure;
use outpost::msg::ExecuteMsg;

use super::Place;
use super::errand::Errand;
use super::sent::Sent;

pub(super) const EXAMPLES: &str = "\
Examples:
  entrepot reconcile 7

Anyone may. The outpost asks the market what became of each of the order's packets that is under way: from the
packet's timeout on, on a plain route at any time. Run it again if the coin was not back when the answer came.";

pub(super) async fn run(place: &Place, args: Errand) -> anyhow::Result<()> {
    let Errand { seq, key, output } = args;
    let session = place.session()?;
    let books = session.books().await?;
    books.order(seq).await?;
    let flights = books.outpost.flights(seq).await?;
    ensure!(
        !flights.is_empty(),
        "nothing of order {seq} is under way, so there is nothing to repair; see `entrepot status {seq}`"
    );
    let actor = session.outpost_actor(key.as_deref()).await?;
    for flight in flights {
        let n = flight.n;
        let outcome = actor.send(&ExecuteMsg::Reconcile { n }, &[]).await?;
        let done = format!("had packet {} on `{}` looked into", flight.sequence, flight.channel);
        let next = format!("a relayer carries question and answer; entrepot status {seq} --watch");
        output.print(&Sent::new(&outcome, done, next))?;
    }
    Ok(())
}
