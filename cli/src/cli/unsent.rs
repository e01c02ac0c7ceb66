//! `entrepot send` and `entrepot cancel`: what becomes of a purchase that the chain did not take.

use anyhow::ensure;
use outpost::msg::ExecuteMsg;
use outpost::msg::responses::OrderState;

use super::Place;
use super::errand::Errand;
use super::sent::Sent;
use crate::figures;

pub(super) const SEND: &str = "\
Examples:
  entrepot send 7

Anyone may, until the order's `send_by`, which `entrepot why` tells.";

pub(super) const CANCEL: &str = "\
Examples:
  entrepot cancel 7

The owner at once, anyone after the order's `send_by`. `entrepot claim` then pays the coin.";

pub(super) async fn send(place: &Place, args: Errand) -> anyhow::Result<()> {
    let seq = args.seq;
    let next = format!("a relayer carries it; entrepot status {seq} --watch");
    let words = (format!("sent order {seq}"), next);
    tell(place, &args, &ExecuteMsg::Send { seq }, words).await
}

pub(super) async fn cancel(place: &Place, args: Errand) -> anyhow::Result<()> {
    let seq = args.seq;
    let words = (format!("gave up order {seq}"), "entrepot claim".to_owned());
    tell(place, &args, &ExecuteMsg::Cancel { seq }, words).await
}

async fn tell(
    place: &Place,
    args: &Errand,
    msg: &ExecuteMsg,
    (done, next): (String, String),
) -> anyhow::Result<()> {
    let Errand { seq, key, output } = args;
    let session = place.session()?;
    let order = session.books().await?.order(*seq).await?;
    ensure!(
        order.state == OrderState::Unsent,
        "order {seq} is {}: it has left already; see `entrepot status {seq}`",
        figures::order_state(order.state)
    );
    let outcome = session.outpost_actor(key.as_deref()).await?.send(msg, &[]).await?;
    output.print(&Sent::new(&outcome, done, next))
}
