//! Whether a client lets ferry relay: since ibc-go v10.1 its creator may name those who alone may.

use cosmos::chain::Chain;

use super::{Findings, Reached};
use crate::cli::Place;
use crate::cli::password;
use crate::config::Config;
use crate::drive::setup;

/// Looks whether a client lets every account of ours relay: those that sign, and the one in whose name ferry simulates.
pub(super) async fn look(
    (place, file): (&Place, &Config),
    here: &Reached,
    client: &str,
    findings: &mut Findings,
) {
    let allowed = match here.chain.allowed_relayers(client).await {
        Ok(allowed) => allowed,
        Err(error) => return findings.warning("permission", error.to_string(), "try again"),
    };
    if allowed.is_empty() {
        return;
    }
    let chain = here.chain.config().chain_id.as_str();
    for address in &here.addresses {
        permitted((address, "signs"), &allowed, (client, chain), findings);
    }
    match probe((place, file), &here.chain).await {
        Some(address) => {
            permitted((&address, "simulates"), &allowed, (client, chain), findings);
        }
        None => findings.warning(
            "permission",
            format!("`{client}` of `{chain}` lets only {} relay", allowed.join(", ")),
            "the account in whose name ferry simulates must be among them: set FERRY_PASSWORD, and `ferry doctor` \
             says whether it is",
        ),
    }
}

/// The account in whose name ferry simulates, unless somebody would have to type the password.
async fn probe((place, file): (&Place, &Config), chain: &Chain) -> Option<String> {
    let password = password::at_hand(place)?;
    let section = file.chain(&chain.config().chain_id).ok()?;
    let unlocked = setup::Keys::new(place.keys(), &password).unlock(section).ok()?;
    for address in unlocked.probes() {
        if chain.account(address.as_str()).await.is_ok() {
            return Some(address.to_string());
        }
    }
    unlocked.probes().first().map(ToString::to_string)
}

fn permitted(
    (address, does): (&str, &str),
    allowed: &[String],
    (client, chain): (&str, &str),
    findings: &mut Findings,
) {
    if allowed.iter().any(|allowed| allowed == address) {
        let finding = format!("{address}, which {does}, may relay to `{client}` of `{chain}`");
        return findings.ok("permission", finding);
    }
    let finding = format!(
        "`{client}` of `{chain}` lets only {} relay, not {address}, which {does}",
        allowed.join(", ")
    );
    let cure = format!(
        "who created the client, or the governance of `{chain}`, adds {address} with \
         `MsgUpdateClientConfig`; or make a path of your own with `ferry link`"
    );
    findings.fault("permission", finding, cure);
}
