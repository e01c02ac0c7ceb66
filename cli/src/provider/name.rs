//! Names of orders and leases.

use std::str::FromStr;

use anyhow::{Context as _, bail};
use market::msg::LeaseId;
use protocol::{DeploymentId, Tenant};

/// Reads the name of an order or lease as it is printed: `ROUTE/SENDER/ACCOUNT/SEQ/GROUP`, or
/// `ADDRESS/SEQ/GROUP` for a tenant of the market's chain.
///
/// # Errors
/// It is of another form.
pub fn parse_order(text: &str) -> anyhow::Result<LeaseId> {
    let wrong = || {
        format!("`{text}` names no order; `entrepot provider orders`, or `leases`, prints names")
    };
    // The numbers are last and the route and the sender first; an account between them may have any letters.
    let mut ends = text.rsplitn(3, '/');
    let (group, seq, tenant) = (ends.next(), ends.next(), ends.next());
    let group = group.and_then(|group| u32::from_str(group).ok()).with_context(wrong)?;
    let seq = seq.and_then(|seq| u64::from_str(seq).ok()).with_context(wrong)?;
    let tenant = match tenant.with_context(wrong)?.splitn(3, '/').collect::<Vec<_>>()[..] {
        [address] if !address.is_empty() => Tenant::Local { address: address.into() },
        [route, sender, account] if !route.is_empty() && !sender.is_empty() => {
            let (route, sender, account) = (route.into(), sender.into(), account.into());
            Tenant::Remote { route, sender, account }
        }
        _ => bail!(wrong()),
    };
    Ok(LeaseId { deployment: DeploymentId { tenant, seq }, group })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_orders_are_read_as_they_are_printed() {
        for name in ["wasm1x/7/0", "channel-0/wasm1outpost/wasm1dao/9007199254740991/3"] {
            assert_eq!(parse_order(name).unwrap().to_string(), name);
        }
        for account in ["a/b", "a b", "a\n", "/", "7/0", ""] {
            let (route, sender) = ("channel-0".into(), "wasm1outpost".into());
            let tenant = Tenant::Remote { route, sender, account: account.into() };
            let id = LeaseId { deployment: DeploymentId { tenant, seq: 7 }, group: 1 };
            assert_eq!(parse_order(&id.to_string()).unwrap(), id);
        }
        for wrong in ["", "7", "wasm1x/7", "wasm1x/7/x", "a/b/c/7", "/7/0", "a/b/c/d/e/f"] {
            let error = parse_order(wrong).unwrap_err().to_string();
            assert!(error.contains("names no order"), "{wrong}: {error}");
        }
    }
}
