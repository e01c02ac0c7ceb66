//! `ferry transfer`: coins over a channel, to try a path or to move what a relayer has.

use std::fmt;
use std::time::Duration;

use cosmos::chain::ibc::Transfer;
use cosmos::wire::height::Height;
use serde::Serialize;

use super::Place;
use super::hand::{Hand, Manner, Sent};
use crate::config::value::parse_duration;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The chain that sends.
    chain: String,
    /// Its end of the channel, of port `transfer`, such as `channel-0`.
    channel: String,
    /// How much of what, such as `1000stake`.
    amount: String,
    /// The account on the other chain.
    receiver: String,
    /// A text that goes with it, which may carry commands to the receiver.
    #[arg(long, default_value = "")]
    memo: String,
    /// When it comes back if nobody carries it, counted from the newest block.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_duration)]
    timeout: Duration,
    /// So many packets, in one transaction.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    count: u16,
    #[command(flatten)]
    manner: Manner,
}

#[derive(Serialize)]
struct Transferred {
    channel: String,
    /// The sequences of the packets; none after a dry run.
    sequences: Vec<u64>,
    #[serde(flatten)]
    sent: Sent,
}

pub(super) async fn run(place: &Place, args: Args) -> anyhow::Result<()> {
    let (amount, denom) = coin(&args.amount)?;
    let file = place.read_config()?;
    let hand = Hand::open(place, &file, &args.chain, &args.manner).await?;
    let newest = hand.chain.rpc().status().await?.sync_info.latest_block_time;
    let late = newest.unix_timestamp_nanos() + i128::try_from(args.timeout.as_nanos())?;
    let transfer = Transfer {
        channel: &args.channel,
        amount,
        denom,
        receiver: &args.receiver,
        memo: &args.memo,
        timeout_height: Height::default(),
        timeout_timestamp: u64::try_from(late)?,
    };
    let message = hand.transfer(transfer)?;
    let sent = hand.send(&vec![message; args.count.into()]).await?;
    let sequences = sent.attributes("send_packet", "packet_sequence");
    let sequences = sequences.iter().filter_map(|sequence| sequence.parse().ok()).collect();
    place.print(&Transferred { channel: args.channel, sequences, sent })
}

/// An amount and its denom.
fn coin(text: &str) -> anyhow::Result<(u128, &str)> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (amount, denom) = text.split_at(split);
    match amount.parse() {
        Ok(amount) if amount > 0 && denom.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            Ok((amount, denom))
        }
        _ => anyhow::bail!("`{text}` is no coin; write an amount and a denom, as in `1000stake`"),
    }
}

impl fmt::Display for Transferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sequence in &self.sequences {
            writeln!(f, "transfer/{} {sequence}", self.channel)?;
        }
        write!(f, "{}", self.sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coin_is_an_amount_and_a_denom() {
        assert_eq!(coin("1000stake").unwrap(), (1_000, "stake"));
        assert_eq!(coin("5ibc/27A6").unwrap(), (5, "ibc/27A6"));
        for wrong in ["", "stake", "7", "0stake", "-1stake", "1.5stake"] {
            assert!(coin(wrong).is_err_and(|error| error.to_string().contains("1000stake")));
        }
    }
}
