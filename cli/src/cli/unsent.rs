//! `entrepot send` and `entrepot cancel`: what becomes of a purchase that the chain did not take.

use anyhow::{Context as _, ensure};
use outpost::msg::ExecuteMsg;
use outpost::msg::responses::{OrderResponse, OrderState};

use super::Place;
use super::errand::Errand;
use super::sent::Sent;
use crate::figures;
use crate::session::Actor;

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
    let (_, actor) = unsent(place, &args).await?;
    let outcome = actor.send(&ExecuteMsg::Send { seq }, &[]).await?;
    args.output.print(&Sent::new(&outcome, format!("sent order {seq}"), next))
}

pub(super) async fn cancel(place: &Place, args: Errand) -> anyhow::Result<()> {
    let seq = args.seq;
    let (order, actor) = unsent(place, &args).await?;
    let cancelled = actor.send(&ExecuteMsg::Cancel { seq }, &[]).await;
    let outcome = cancelled.with_context(|| match order.send_by {
        Some(send_by) if order.owner.as_str() != actor.address => format!(
            "order {seq} is of {}, who alone may give it up until {}",
            order.owner,
            figures::moment(send_by)
        ),
        _ => format!("order {seq} cannot be given up"),
    })?;
    args.output.print(&Sent::new(&outcome, format!("gave up order {seq}"), "entrepot claim"))
}

/// An order that the chain has not taken, and the key that acts on it.
async fn unsent(place: &Place, args: &Errand) -> anyhow::Result<(OrderResponse, Actor)> {
    let Errand { seq, key, .. } = args;
    let session = place.session()?;
    let order = session.books().await?.order(*seq).await?;
    ensure!(
        order.state == OrderState::Unsent,
        "order {seq} is {}, so nothing of it waits to be sent; see `entrepot status {seq}`",
        figures::order_state(order.state)
    );
    Ok((order, session.outpost_actor(key.as_deref()).await?))
}
