//! `entrepot reconcile`

use std::io::Write as _;

use anyhow::{Context as _, ensure};
use cosmos::chain::TxOutcome;
use market::msg::{AcceptedResponse, ExecuteMsg as Market, QueryMsg as AskMarket};
use outpost::msg::ExecuteMsg;
use outpost::msg::responses::{FlightResponse, RouteResponse};

use super::errand::Errand;
use super::sent::Sent;
use super::{Place, rehearsal};
use crate::figures;
use crate::session::{Actor, Books, route};

const EXAMPLES: &str = "\
Examples:
  entrepot reconcile 7
  entrepot reconcile 7 --attest --key me       while the control channel is closed

Anyone may. The outpost asks the market what became of each of the order's packets that is under way: from the
packet's timeout on, on a plain route at any time. Run it again if the coin was not back when the answer came.
With --attest somebody on the market's chain has it say the same with one unit of the order's money.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    errand: Errand,
    /// Have the market say it with a unit of money, which needs no control channel. The key signs on the market's chain
    /// and gives the unit to the outpost's owner.
    #[arg(long)]
    attest: bool,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let Args { errand: Errand { seq, key, output }, attest } = args;
    let session = place.session()?;
    let books = session.books().await?;
    let order = books.order(seq).await?;
    let flights = books.outpost.flights(seq).await?;
    ensure!(
        !flights.is_empty(),
        "nothing of order {seq} is under way, so there is nothing to repair; see `entrepot status {seq}`"
    );
    let route = route(&books.outpost, &order.route).await?;
    let actor = if attest {
        session.market_actor(key.as_deref()).await?
    } else {
        session.outpost_actor(key.as_deref()).await?
    };
    let (mut later, mut sent) = (Vec::new(), 0);
    for flight in flights {
        let (outcome, carried) = if attest {
            match had_attested(&books, &actor, (&route, &flight)).await? {
                Attested::Sent(outcome) => (outcome, "the market's word"),
                // Another one may be final: its packet came, or its time was shorter.
                Attested::NotFinal(why) => {
                    later.push(why);
                    continue;
                }
            }
        } else {
            let asked = actor.send(&ExecuteMsg::Reconcile { n: flight.n }, &[]).await;
            let hint = || {
                format!(
                    "the route `{}` has no open control channel to ask the market over; with --attest the market \
                     answers all the same",
                    route.name
                )
            };
            let asked =
                if route.control_channel.is_none() { asked.with_context(hint) } else { asked };
            (asked?, "question and answer")
        };
        let done = format!("had packet {} on `{}` looked into", flight.sequence, flight.channel);
        let next = format!("a relayer carries {carried}; entrepot status {seq} --watch");
        output.print(&Sent::new(&outcome, done, next))?;
        sent += 1;
    }
    ensure!(sent > 0, "{}", later.join("\n"));
    for why in later {
        writeln!(std::io::stderr(), "warning: {why}")?;
    }
    Ok(())
}

/// What came of having a packet attested.
enum Attested {
    /// The market says what became of it.
    Sent(TxOutcome),
    /// It cannot say yet, for this reason.
    NotFinal(String),
}

/// Has the market say with a unit of money what became of a packet, once that is final.
async fn had_attested(
    books: &Books,
    actor: &Actor,
    (by, flight): (&RouteResponse, &FlightResponse),
) -> anyhow::Result<Attested> {
    let (route, denom) = rehearsal::arrival(&books.outpost, by, &flight.coin.denom).await?;
    let (sender, n) = (books.outpost.address.clone(), flight.n);
    let ask = AskMarket::Accepted { route: route.clone(), sender: sender.clone(), n };
    let AcceptedResponse { accepted, at } = books.market.ask(&ask).await?;
    if !accepted && at < flight.timeout_at {
        return Ok(Attested::NotFinal(format!(
            "packet {} on `{}` may still arrive until {}, so the market cannot say yet that it never will; try again then",
            flight.sequence,
            flight.channel,
            figures::moment(flight.timeout_at)
        )));
    }
    actor.send(&Market::Attest { route, sender, n }, &[(1, &denom)]).await.map(Attested::Sent)
}
