//! The accounts that sign on a chain, and those that pay.

use std::time::Duration;

use cosmos::chain::Chain;
use cosmos::wire::msg_v2;
use ibc_proto::ibc::core::channel::v1::{MsgAcknowledgement, MsgRecvPacket, MsgTimeout};
use ibc_proto::ibc::core::client::v1::MsgUpdateClient;
use prost::Name as _;

use super::Findings;
use crate::config::Chain as ChainFile;
use crate::config::value::format_duration;
use crate::drive::{funds, now};
use crate::model::ids::Time;
use crate::model::rows::Ibc;
use crate::model::state::Grant;

const GRANT: &str = "fee grant";
/// The gas of a packet's receipt and its acknowledgement, with their share of updates.
const PACKET_GAS: u64 = 120_000;
/// A balance that pays for fewer packets than this is low.
const FEW_PACKETS: u128 = 1_000;

/// Looks at every key's account, and at those that grant it fees; `versions` are those of the chain's paths.
pub(super) async fn look(
    chain: &Chain,
    (file, versions): (&ChainFile, &[Ibc]),
    addresses: &[String],
    findings: &mut Findings,
) {
    let messages = messages(versions);
    for address in addresses {
        let mut is_granted = false;
        for granter in file.fee_granter.iter() {
            let between = (granter.as_str(), address.as_str());
            is_granted |= grant(chain, between, (file, &messages), findings).await;
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

/// Looks at what one account grants another; `true` when it pays for all that relaying packets takes.
async fn grant(
    chain: &Chain,
    (granter, address): (&str, &str),
    (file, messages): (&ChainFile, &[String]),
    findings: &mut Findings,
) -> bool {
    let denom = file.gas_price.denom();
    match funds::grant(chain, address, denom, granter.into()).await {
        Ok(grant) => {
            let wanted = file.gas_price.fee(PACKET_GAS.saturating_add(grant.gas));
            judge(&grant, address, (wanted, denom, messages), findings)
        }
        Err(error) => {
            findings.warning(GRANT, error.to_string(), "try again");
            false
        }
    }
}

/// Says which of the messages that an account sends a grant pays for; `true` when that is all of them.
fn judge(
    grant: &Grant,
    address: &str,
    (wanted, denom, messages): (u128, &str, &[String]),
    findings: &mut Findings,
) -> bool {
    let (granter, now) = (&grant.granter, now());
    let objection = |url: &String| grant.objection(wanted, &[url.as_str()], now);
    let (paid, unpaid): (Vec<&String>, Vec<&String>) =
        messages.iter().partition(|url| objection(url).is_none());
    let Some(why) = unpaid.first().and_then(|url| objection(url)) else {
        let terms = terms(grant, denom, now);
        findings.ok(GRANT, format!("{granter} pays for {address}: {terms}"));
        return true;
    };
    if paid.is_empty() {
        let finding = format!("{granter} pays nothing for {address}: {why}");
        let cure = format!(
            "the granter sends `tx feegrant grant {granter} {address}`, or some `{denom}` if that is what it lacks"
        );
        findings.warning(GRANT, finding, cure);
        return false;
    }
    let types = unpaid.iter().map(|url| format!("`{url}`")).collect::<Vec<_>>().join(", ");
    let finding = format!("{granter} pays for {address}, but not for {types}: the key itself does");
    let cure = format!(
        "the granter sends `tx feegrant revoke {granter} {address}` and grants anew, with these types among \
         `--allowed-messages` or for all"
    );
    findings.warning(GRANT, finding, cure);
    false
}

/// The types of the messages that relaying packets takes, by the versions of IBC that the chain's paths have; of a
/// chain without a path by that which most have. That of a packet whose channel has closed is not among them: it is
/// seldom.
fn messages(versions: &[Ibc]) -> Vec<String> {
    let mut urls = vec![MsgUpdateClient::type_url()];
    if versions.contains(&Ibc::V1) || versions.is_empty() {
        urls.extend([
            MsgRecvPacket::type_url(),
            MsgAcknowledgement::type_url(),
            MsgTimeout::type_url(),
        ]);
    }
    if versions.contains(&Ibc::V2) {
        urls.extend([
            msg_v2::MsgRecvPacket::type_url(),
            msg_v2::MsgAcknowledgement::type_url(),
            msg_v2::MsgTimeout::type_url(),
        ]);
    }
    urls
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::Grade;
    use super::*;

    #[test]
    fn of_a_grant_for_some_messages_it_names_the_others() {
        let messages = messages(&[Ibc::V1, Ibc::V2]);
        let told = |granted: Option<&[String]>, left| {
            let grant = Grant {
                granter: "granter".into(),
                fault: None,
                left: Some(left),
                balance: 1_000,
                expires: None,
                messages: granted.map(|urls| urls.iter().cloned().collect::<BTreeSet<_>>()),
                gas: 0,
            };
            let mut findings = Findings::of("chain");
            let pays_all = judge(&grant, "key", (10, "stake", &messages), &mut findings);
            let found = findings.found.remove(0);
            assert_eq!(pays_all, found.grade == Grade::Ok, "{found:?}");
            found.finding
        };
        assert!(told(None, 10).contains("granter pays for key: 10stake left"));
        assert!(told(Some(&messages), 10).contains("for 7 types of messages"));
        let some = told(Some(&messages[..5]), 10);
        assert!(some.contains("pays for key, but not for"), "{some}");
        for (place, url) in messages.iter().enumerate() {
            assert_eq!(some.contains(&format!("`{url}`")), place >= 5, "{some}");
        }
        for nothing in [told(Some(&[]), 10), told(Some(&messages[..5]), 9)] {
            assert!(nothing.contains("pays nothing for key"), "{nothing}");
        }
    }

    #[test]
    fn what_relaying_takes_is_by_the_versions_of_the_paths() {
        let v2 = |urls: &[String]| urls.iter().filter(|url| url.contains(".v2.")).count();
        for (versions, all, of_v2) in [
            (&[][..], 4, 0),
            (&[Ibc::V1, Ibc::V1], 4, 0),
            (&[Ibc::V2], 4, 3),
            (&[Ibc::V1, Ibc::V2], 7, 3),
        ] {
            let urls = messages(versions);
            assert_eq!((urls.len(), v2(&urls)), (all, of_v2), "{urls:?}");
        }
    }
}
