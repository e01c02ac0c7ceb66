//! What the operator is told while ferry runs.

use crate::model::facts::{BlockFacts, Event, PacketChange};
use crate::model::ids::ChainId;
use crate::model::notice::Notice;

/// Tells of a block; those that moved packets are news.
pub(super) fn block(chain: &ChainId, block: &BlockFacts) {
    let height = block.tip.height;
    let (mut sent, mut received, mut acknowledged, mut timed_out) = (0u32, 0u32, 0u32, 0u32);
    for event in block.txs.iter().flat_map(|tx| &tx.events) {
        let Event::Packet(packet) = event else { continue };
        match packet.change {
            PacketChange::Sent { .. } => sent += 1,
            PacketChange::Received => received += 1,
            PacketChange::AckWritten { .. } => {}
            PacketChange::Acknowledged => acknowledged += 1,
            PacketChange::TimedOut => timed_out += 1,
        }
    }
    if sent + received + acknowledged + timed_out > 0 {
        tracing::info!(%chain, height, sent, received, acknowledged, timed_out, "packets moved");
    } else {
        tracing::debug!(%chain, height, "block read");
    }
    for used in block.txs.iter().flat_map(|tx| &tx.ours) {
        let (sequence, code, gas_used) = (used.sequence, used.code, used.gas_used);
        tracing::debug!(%chain, height, sequence, code, gas_used, "transaction included");
    }
}

/// Tells of what the model wants told.
pub(super) fn notice(notice: &Notice) {
    match notice {
        Notice::Delayed { path, reason } => {
            tracing::warn!(%path, reason, "path waits and is tried again");
        }
        Notice::TxFailed { address, sequence, height, log } => {
            tracing::warn!(%address, sequence, height, log, "paid transaction failed");
        }
        Notice::Refused { chain, address, log, .. } => {
            tracing::error!(%chain, %address, log, "transactions refused; check funds and gas price");
        }
        Notice::NoGasPrice { chain, reason } => {
            tracing::error!(%chain, reason, "chain does not say what gas costs; check dynamic_gas_price");
        }
        Notice::DearUpdate { path, price, max } => {
            tracing::error!(%path, price, max, "client update cannot wait and goes at more than max of dynamic_gas_price");
        }
        Notice::AbsurdGasPrice { chain, price, max } => {
            tracing::error!(%chain, price, max, "gas costs more than max_urgent, nothing is sent and clients that grow old expire");
        }
        Notice::Gap { chain, from, to } => {
            tracing::error!(%chain, from, to, "blocks are not kept any more, scanning the state instead");
        }
        Notice::BlockLimits { chain, gas, bytes } => {
            tracing::info!(%chain, gas, bytes, "chain has changed what a block may hold");
        }
        Notice::Found { from, count } => {
            tracing::info!(from, count, "scan found packets that were not known");
        }
        Notice::Lost { packet, reason } => {
            tracing::error!(packet, reason, "packet cannot be moved, its data cannot be had");
        }
        Notice::Failing { work, tries, reason } => {
            tracing::warn!(work, tries, reason, "message failed and is tried again");
        }
        Notice::GivenUp { work, tries, reason } => {
            tracing::error!(work, tries, reason, "message given up");
        }
        Notice::Misbehaviour { path, chain, client, of, height, proof } => {
            tracing::error!(
                %path, %chain, %client, %of, height, proof,
                "client was given a header that the chain did not make"
            );
        }
        Notice::ClientUnusable { path, chain, client, log } => {
            tracing::error!(%path, %chain, %client, log, "client refuses updates, path is parked");
        }
        Notice::LaneEmpty { .. }
        | Notice::Payer { .. }
        | Notice::NoFunds { .. }
        | Notice::ForeignTx { .. }
        | Notice::LaneResumed { .. } => of_lane(notice),
    }
}

/// Tells what concerns a key.
fn of_lane(notice: &Notice) {
    match notice {
        Notice::LaneEmpty { lane, reason } => {
            tracing::error!(
                chain = %lane.chain, address = %lane.address, reason,
                "key cannot pay, its clients go to other keys or wait for what it can pay; fund it"
            );
        }
        Notice::Payer { lane, payer, passed } => {
            for (granter, reason) in passed {
                let (chain, address) = (&lane.chain, &lane.address);
                tracing::warn!(%chain, %address, %granter, reason, "granter pays no fees");
            }
            tracing::info!(chain = %lane.chain, address = %lane.address, %payer, "fees are paid");
        }
        Notice::NoFunds { lane, reason } => {
            tracing::warn!(chain = %lane.chain, address = %lane.address, reason, "chain does not say who pays fees");
        }
        Notice::ForeignTx { lane, sequence } => {
            tracing::error!(
                chain = %lane.chain, address = %lane.address, sequence,
                "somebody else signs with this key, lane is paused until they leave it alone; give \
                 them another key"
            );
        }
        Notice::LaneResumed { lane } => {
            tracing::info!(chain = %lane.chain, address = %lane.address, "lane goes on");
        }
        _ => {}
    }
}
