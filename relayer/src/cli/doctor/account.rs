//! The accounts that sign on a chain, and those that pay.

use cosmos::chain::Chain;

use super::Findings;
use crate::config::Chain as ChainFile;
use crate::config::value::format_duration;
use crate::drive::now;

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

/// Looks at what one account grants another; `true` when it pays.
async fn grant(
    chain: &Chain,
    (granter, address): (&str, &str),
    file: &ChainFile,
    findings: &mut Findings,
) -> bool {
    const CHECK: &str = "fee grant";
    let cure = format!("the granter sends `tx feegrant grant {granter} {address}`");
    let now = now().0;
    let allowance = match chain.allowance(granter, address, now).await {
        Ok(Some(allowance)) => allowance,
        Ok(None) => {
            let finding = format!("{granter} pays nothing for {address}");
            findings.warning(CHECK, finding, cure);
            return false;
        }
        Err(error) => {
            findings.warning(CHECK, error.to_string(), "try again");
            return false;
        }
    };
    let left = allowance.left(file.gas_price.denom());
    let enough = left.is_none_or(|left| left >= file.gas_price.fee(PACKET_GAS));
    let has_ended = allowance.expires.is_some_and(|end| end <= now);
    let mut terms = match left {
        Some(left) => format!("{left}{} left", file.gas_price.denom()),
        None => "without limit".to_owned(),
    };
    if let Some(end) = allowance.expires {
        let rest = std::time::Duration::from_secs(end.saturating_sub(now) / 1_000_000_000);
        terms.push_str(&format!(", ends in {}", format_duration(rest)));
    }
    if let Some(messages) = &allowance.messages {
        terms.push_str(&format!(", for {} types of messages", messages.len()));
    }
    let pays = allowance.unknown.is_none() && enough && !has_ended;
    if let Some(kind) = &allowance.unknown {
        let finding = format!("the grant of {granter} to {address} is of the kind `{kind}`");
        findings.warning(CHECK, finding, "ferry does not use it; grant a basic or periodic one");
    } else if pays {
        findings.ok(CHECK, format!("{granter} pays for {address}: {terms}"));
    } else {
        findings.warning(CHECK, format!("{granter} pays no more for {address}: {terms}"), cure);
    }
    pays
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
