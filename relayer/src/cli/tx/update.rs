//! An update of a client.

use std::fmt;

use cosmos::wire::tx::any;
use ibc_proto::ibc::core::client::v1::MsgUpdateClient;
use serde::Serialize;

use super::one::Sender;
use crate::cli::hand::{Manner, Sent};
use crate::drive::{client as look, setup};

#[derive(Serialize)]
pub(super) struct Updated {
    client: String,
    /// The newest height that it knows then.
    height: u64,
    /// None when it knew that height before.
    #[serde(flatten)]
    sent: Option<Sent>,
}

pub(super) async fn run(
    sender: &Sender<'_>,
    (chain, client): (&str, &str),
    height: Option<u64>,
    manner: &Manner,
) -> anyhow::Result<Updated> {
    let hand = sender.hand(chain, manner).await?;
    let state = look::state(&hand.chain, client).await?;
    let of = setup::follow(sender.file.chain(&state.chain_id)?).await?;
    let known = state.latest_height.block;
    let height = match height {
        Some(height) => height,
        None => of.chain().height().await?,
    };
    let client = client.to_owned();
    if height <= known {
        return Ok(Updated { client, height: known, sent: None });
    }
    let update = |header| {
        any(&MsgUpdateClient {
            client_id: client.clone(),
            client_message: Some(header),
            signer: hand.signer.clone(),
        })
    };
    let headers = look::updates(&of, height, look::trusted(&state)).await?;
    let sent = hand.send(&headers.into_iter().map(update).collect::<Vec<_>>()).await?;
    Ok(Updated { client, height, sent: Some(sent) })
}

impl fmt::Display for Updated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, height, sent } = self;
        match sent {
            Some(sent) => write!(f, "{client} to height {height}\n{sent}"),
            None => write!(f, "{client} knows height {height} already; nothing was sent"),
        }
    }
}
