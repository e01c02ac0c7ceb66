//! What the chain tells of our transfers home. Nothing here fails, whatever the bytes are: an error
//! would be swallowed, or block the packet for ever.

use cosmwasm_std::{Event, IbcSourceCallbackMsg};
use protocol::hooks::Lifecycle;
use protocol::ics20::{TRANSFER_PORT, TransferOutcome, outcome};

use crate::context::Context;
use crate::msg::Outcome;
use crate::settle;

/// Takes the acknowledgement or timeout of a transfer of ours from ibc-go.
pub(crate) fn on_source(ctx: &mut Context<'_>, message: &IbcSourceCallbackMsg) {
    let (packet, outcome) = match message {
        IbcSourceCallbackMsg::Acknowledgement(callback) => {
            let bytes = callback.acknowledgement.data.as_slice();
            (&callback.original_packet, outcome(bytes))
        }
        IbcSourceCallbackMsg::Timeout(callback) => {
            (&callback.packet, TransferOutcome::Reverted { error: "timeout".into() })
        }
    };
    if packet.src.port_id == TRANSFER_PORT {
        end(ctx, (&packet.src.channel_id, packet.sequence), &outcome);
    }
}

/// Takes the acknowledgement or timeout of a transfer of ours from ibc-hooks, which knows no others.
pub(crate) fn on_lifecycle(ctx: &mut Context<'_>, lifecycle: &Lifecycle) {
    end(ctx, lifecycle.packet(), &lifecycle.outcome());
}

fn end(ctx: &mut Context<'_>, packet: (&str, u64), outcome: &TransferOutcome) {
    match outcome {
        TransferOutcome::Arrived => resolve(ctx, packet, Outcome::Arrived),
        TransferOutcome::Reverted { .. } => resolve(ctx, packet, Outcome::Returned),
        // The transfer module reads the same bytes before us, so this does not happen; if it does,
        // the record stays, to be recovered.
        TransferOutcome::Unreadable => {}
    }
}

/// Resolves the record of a packet as a whole or not at all.
fn resolve(ctx: &mut Context<'_>, (channel, sequence): (&str, u64), outcome: Outcome) {
    let resolved = ctx.attempt(|ctx| settle::resolve(ctx, channel, sequence, outcome));
    if let Err(error) = resolved {
        ctx.emit(
            Event::new("callback_failed")
                .add_attribute("channel", channel)
                .add_attribute("sequence", sequence.to_string())
                .add_attribute("reason", error.to_string()),
        );
    }
}
