//! `entrepot provider close`

use super::super::Place;
use super::super::sent::Sent;
use super::Common;
use crate::provider::parse_order;

const EXAMPLES: &str = "\
Examples:
  entrepot provider close channel-0/wasm1outpost.../wasm1dao.../7/0

Before the first heartbeat it costs a tenth of the bond. While the deployment is out of money it costs nothing.
Otherwise the lease ends after the notice that the order asks for, and its minimum charge is not paid.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The lease's name, as `entrepot provider leases` prints it.
    lease: String,
    #[command(flatten)]
    common: Common,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let id = parse_order(&args.lease)?;
    let outcome = args.common.desk(place).await?.close(&id).await?;
    let next = "if it has a notice, serve it until then: entrepot provider leases; then entrepot provider withdraw";
    args.common.output.print(&Sent::new(&outcome, format!("leaving {id}"), next))
}
