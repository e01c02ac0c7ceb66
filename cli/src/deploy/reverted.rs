//! Whether the chains give back what the contracts refuse.
//!
//! A contract that is told of a transfer refuses it by an error, for which ibc-go reverts the transfer since 10.1.
//! Before, the transfer stands, so that a refused purchase would take the money. Neither a proof of the route nor
//! the contract itself sees that. So each contract that ibc-go calls is sent one unit that it must refuse, and what
//! its chain acknowledges is looked at. ibc-hooks has always reverted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use cosmos::chain::ibc::Transfer;
use cosmos::wire::height::Height;
use protocol::ics20::{SUCCESS_ACK, TRANSFER_PORT};
use protocol::memo::Callback;
use protocol::money::{Settle, SettleKind};
use protocol::{Action, Memo, Message};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use super::probe::POLL;
use super::{Deployment, Site, State};
use crate::ferry::Running;
use crate::{figures, why};

/// What is sent: lost if it is not given back.
const UNITS: u128 = 1;
/// How long it may travel, in seconds.
const TIMEOUT: u64 = 3_600;

/// Whose refusal is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The market's.
    Market,
    /// The outpost's.
    Outpost,
}

/// A transfer that a contract must refuse.
#[derive(Debug)]
struct Trial<'a> {
    whose: Whose,
    contract: &'a str,
    from: &'a Site,
    to: &'a Site,
    /// The transfer channel at its start and at its end.
    channel: (&'a str, &'a str),
    denom: &'a str,
}

/// The memo of a transfer that `contract` refuses, be it a market or an outpost: a settlement, which no market takes,
/// and an outpost from its market alone.
///
/// # Errors
/// `sender` is too long for an account.
pub fn refused_memo(contract: &str, sender: &str) -> anyhow::Result<String> {
    let settle = Settle {
        account: sender.into(),
        seq: None,
        kind: SettleKind::Refund,
        nonce: None,
        statement: None,
    };
    let memo = Memo {
        src_callback: None,
        dest_callback: Some(Callback { address: contract.into(), gas_limit: None }),
        entrepot: Message { n: 0, action: Action::Settle(settle) },
    };
    Ok(memo.encode()?)
}

/// What it means that a chain took what its contract refuses, and what to do. `reason` is what the contract said, as far
/// as an event tells.
#[must_use]
pub fn taken(whose: Whose, chain: &str, coin: &str, reason: Option<&str>) -> String {
    let name = match whose {
        Whose::Market => "market",
        Whose::Outpost => "outpost",
    };
    let cause = match reason {
        Some(reason) => format!(
            "`{chain}` keeps what its {name} refuses: {coin} stayed there, though the {name} said: {reason}. That is \
             ibc-go before 10.1"
        ),
        None => format!(
            "`{chain}` did not ask its {name} about {coin} that it must refuse: it has no callbacks of ibc-go, or an \
             ibc-go before 10.1"
        ),
    };
    let cure = match whose {
        Whose::Market => {
            "A refused purchase would lose the money, so the route is not proved. Put the market onto a chain with \
             ibc-go 10.1 or later; if this one has ibc-hooks, deploy anew with `route.style = \"hooks\"`"
        }
        Whose::Outpost => {
            "The probe would never come home there, so it is not sent. Deploy anew with `route.style = \"plain\"`, or \
             \"hooks\" if the chain has ibc-hooks, and another --state FILE; or put the outpost onto a chain with \
             ibc-go 10.1 or later"
        }
    };
    format!("{cause}. {cure}")
}

impl Deployment<'_> {
    /// Sees that what the contracts refuse comes back.
    ///
    /// # Errors
    /// It does not, or nobody carries it.
    pub(super) async fn see_refusals(
        &self,
        state: &State,
        mut child: Option<&mut Running>,
    ) -> anyhow::Result<()> {
        let [market, outpost] = self.trials(state)?;
        let (at_market, at_outpost) =
            tokio::try_join!(send(market.as_ref()), send(outpost.as_ref()))?;
        for (trial, sequence) in [(market, at_market), (outpost, at_outpost)] {
            if let (Some(trial), Some(sequence)) = (trial, sequence) {
                self.see_reverted(&trial, sequence, child.as_deref_mut()).await?;
            }
        }
        Ok(())
    }

    /// One for each contract that ibc-go calls.
    fn trials<'a>(&'a self, state: &'a State) -> anyhow::Result<[Option<Trial<'a>>; 2]> {
        let (sites, style) = (self.sites, self.spec.route.style());
        let ends = state.transfer()?;
        let market = Trial {
            whose: Whose::Market,
            contract: state.market.address()?,
            from: &sites.outpost,
            to: &sites.market,
            channel: (&ends.outpost, &ends.market),
            denom: &self.spec.route.denom,
        };
        let outpost = Trial {
            whose: Whose::Outpost,
            contract: state.outpost.address()?,
            from: &sites.market,
            to: &sites.outpost,
            channel: (&ends.market, &ends.outpost),
            denom: sites.market.chain.config().gas_price.denom(),
        };
        let is_told = !style.hooks_at_outpost() && !style.leaves_outpost_deaf();
        Ok([(!style.hooks_at_market()).then_some(market), is_told.then_some(outpost)])
    }

    async fn see_reverted(
        &self,
        trial: &Trial<'_>,
        sequence: u64,
        mut child: Option<&mut Running>,
    ) -> anyhow::Result<()> {
        let Trial { whose, to, channel: (from_channel, to_channel), denom, .. } = trial;
        let seconds = self.spec.route.wait_seconds;
        let deadline = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < deadline {
            let written =
                to.chain.acknowledgement_hash(TRANSFER_PORT, to_channel, sequence).await?;
            let Some(hash) = written else {
                if let Some(child) = child.as_deref_mut() {
                    child.check()?;
                }
                sleep(POLL).await;
                continue;
            };
            if hash != Sha256::digest(SUCCESS_ACK).to_vec() {
                return Ok(());
            }
            // A node without an index of transactions leaves the reason out, and nothing else.
            let received = why::received(&to.chain, to_channel, sequence).await.ok().flatten();
            let reason = received.and_then(|received| received.refusal);
            let coin = figures::units(UNITS, denom);
            bail!("{}", taken(*whose, to.chain_id(), &coin, reason.as_deref()));
        }
        bail!(
            "nobody carried packet {sequence} on `{from_channel}` to `{}` within {seconds} s: check that a relayer \
             serves that channel, then run this again",
            to.chain_id()
        )
    }
}

async fn send(trial: Option<&Trial<'_>>) -> anyhow::Result<Option<u64>> {
    let Some(Trial { contract, from, channel, denom, .. }) = trial else { return Ok(None) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock")?;
    let timeout = now + Duration::from_secs(TIMEOUT);
    let transfer = Transfer {
        channel: channel.0,
        amount: UNITS,
        denom,
        receiver: contract,
        memo: &refused_memo(contract, &from.address)?,
        timeout_height: Height::default(),
        timeout_timestamp: u64::try_from(timeout.as_nanos()).context("the clock")?,
    };
    let sent = from.chain.transfer(&from.key, transfer).await;
    let (sequence, _) = sent.with_context(|| {
        let coin = figures::units(UNITS, denom);
        format!("cannot send {coin} over `{}` of `{}`", channel.0, from.chain_id())
    })?;
    Ok(Some(sequence))
}
