//! The accounts that sign on a chain, and those that pay.

use std::time::Duration;

use cosmos::chain::Chain;
use ibc_proto::ibc::core::channel::v1::{MsgAcknowledgement, MsgRecvPacket, MsgTimeout};
use ibc_proto::ibc::core::client::v1::MsgUpdateClient;
use prost::Name as _;

use super::Findings;
use crate::config::Chain as ChainFile;
use crate::config::value::format_duration;
use crate::drive::{funds, now};
use crate::model::ids::Time;
use crate::model::state::Grant;

/// The gas of a packet's receipt and its acknowledgement, with their share of updates.
const PACKET_GAS: u64 = 120_000;
/// A balance that pays for fewer packets than this is low.
const FEW_PACKETS: u128 = 1_000;

/// Looks at every key's account, and at those that grant it fees.
pub(super) async fn look(
    chain: &Chain,
    file: &ChainFile,
    addresses: &[String],
    findings: &mut Findings,
) {
    for address in addresses {
        let mut is_granted = false;
        for granter in file.fee_granter.iter() {
            is_granted |= grant(chain, (granter.as_str(), address.as_str()), file, findings).await;
        }
        if is_granted {
            known(chain, address, findings).await;
        } else {
            balance(chain, file, address, findings).await;
        }
    }
    for granter in file.fee_granter.iter() {
        balance(chain, file, granter, findings).await;
    }
}

/// Looks at an account that need not have money.
///
/// A key without money signs all the same where others pay, but a chain must have heard of it.
async fn known(chain: &Chain, address: &str, findings: &mut Findings) {
    if let Err(error) = chain.account(address).await {
        let cure = format!("send {address} one unit of anything, once");
        findings.fault("account", error.to_string(), cure);
    }
}

/// Looks at what one account grants another; `true` when it pays for what relaying takes.
async fn grant(
    chain: &Chain,
    (granter, address): (&str, &str),
    file: &ChainFile,
    findings: &mut Findings,
) -> bool {
    const CHECK: &str = "fee grant";
    let (denom, now) = (file.gas_price.denom(), now());
    let grant = match funds::grant(chain, address, denom, granter.into()).await {
        Ok(grant) => grant,
        Err(error) => {
            findings.warning(CHECK, error.to_string(), "try again");
            return false;
        }
    };
    let wanted = file.gas_price.fee(PACKET_GAS.saturating_add(grant.gas));
    let urls = messages();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    match grant.objection(wanted, &urls, now) {
        None => {
            let terms = terms(&grant, denom, now);
            findings.ok(CHECK, format!("{granter} pays for {address}: {terms}"));
            true
        }
        Some(why) => {
            let finding = format!("{granter} pays nothing for {address}: {why}");
            let cure = format!(
                "the granter sends `tx feegrant grant {granter} {address}`, or some `{denom}` if that is what it lacks"
            );
            findings.warning(CHECK, finding, cure);
            false
        }
    }
}

/// The types of the messages that relaying packets takes.
fn messages() -> [String; 4] {
    [
        MsgUpdateClient::type_url(),
        MsgRecvPacket::type_url(),
        MsgAcknowledgement::type_url(),
        MsgTimeout::type_url(),
    ]
}

fn terms(grant: &Grant, denom: &str, now: Time) -> String {
    let mut terms = match grant.left {
        Some(left) => format!("{left}{denom} left"),
        None => "without limit".to_owned(),
    };
    if let Some(end) = grant.expires {
        let rest = Duration::from_secs(end.0.saturating_sub(now.0) / 1_000_000_000);
        terms.push_str(&format!(", ends in {}", format_duration(rest)));
    }
    if let Some(messages) = &grant.messages {
        terms.push_str(&format!(", for {} types of messages", messages.len()));
    }
    terms
}

async fn balance(chain: &Chain, file: &ChainFile, payer: &str, findings: &mut Findings) {
    let price = &file.gas_price;
    let denom = price.denom();
    match chain.balance(payer, denom).await {
        Ok(balance) => {
            let packets = balance / price.fee(PACKET_GAS).max(1);
            let finding =
                format!("{payer} has {balance}{denom}, enough for some {packets} packets");
            let cure = format!("send `{denom}` to {payer}");
            if balance == 0 {
                findings.fault("balance", format!("{payer} has no `{denom}`"), cure);
            } else if packets < FEW_PACKETS || balance < u128::from(file.low_balance) {
                findings.warning("balance", finding, cure);
            } else {
                findings.ok("balance", finding);
            }
        }
        Err(error) => findings.warning("balance", error.to_string(), "try again"),
    }
}
