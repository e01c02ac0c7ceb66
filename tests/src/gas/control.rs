//! Packets of the control channel: what receiving them takes as a whole.

use cosmwasm_std::Uint128;
use market::msg::LeaseId;
use outpost::msg::ExecuteMsg as Outpost;
use protocol::Selection;
use simnet::world::orders::{WEB_RATE, purchase, web_server};

use super::local::{beat, bid};
use super::loopback::{carry, packet_of, receive};
use super::market::{DEPOSIT, Market, first_group, number};
use super::table::{Row, Tape};

/// A purchase through the outpost; its number there, and what the market has of it.
async fn buy(market: &Market<'_>, selection: Selection) -> anyhow::Result<(u64, LeaseId)> {
    let buy = purchase(web_server(selection));
    let coin = Some((DEPOSIT, market.stage.token.as_str()));
    let bought = market.tell_outpost(&market.wallet, &Outpost::Buy(Box::new(buy)), coin).await?;
    let seq = number(&bought, "outpost_sent", "seq")?;
    carry(market.stage, &bought).await?;
    let tenant = market.remote(&market.outpost, &market.wallet.address);
    Ok((seq, first_group(tenant, seq)))
}

/// An order is asked about, matched and closed from elsewhere.
pub(super) async fn packets(market: &Market<'_>, tape: &mut Tape) -> anyhow::Result<()> {
    let (seq, order) = buy(market, Selection::Manual {}).await?;
    command(market, Outpost::Status { seq }, Row::ControlStatus, tape).await?;
    let bid = bid(market, &market.provider, &order).await?;
    let accept = Outpost::AcceptBid {
        seq,
        group: 0,
        provider: market.provider.address.clone(),
        bid_no: number(&bid, "bid_placed", "bid_no")?,
        max_rate: Uint128::new(WEB_RATE),
    };
    command(market, accept, Row::ControlAcceptBid, tape).await?;
    beat(market, std::slice::from_ref(&order)).await?;
    command(market, Outpost::Close { seq }, Row::ControlClose, tape).await
}

async fn command(
    market: &Market<'_>,
    command: Outpost,
    row: Row,
    tape: &mut Tape,
) -> anyhow::Result<()> {
    let sent = market.tell_outpost(&market.wallet, &command, None).await?;
    let received = receive(market.stage, packet_of(&sent)?).await?;
    tape.note(row, &received);
    carry(market.stage, &received).await
}

/// An order that is closed, and whose money nobody brings home: the sequence of its packet.
pub(super) async fn lose(market: &Market<'_>) -> anyhow::Result<u64> {
    let (seq, _) = buy(market, Selection::Manual {}).await?;
    let sent = market.tell_outpost(&market.wallet, &Outpost::Close { seq }, None).await?;
    let received = receive(market.stage, packet_of(&sent)?).await?;
    Ok(packet_of(&received)?.id.sequence)
}
