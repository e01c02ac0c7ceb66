//! What a chain or a contract said, without what nodes wrap around it.

use std::error::Error;

use cosmos::chain::ChainError;
use cosmos::rpc::QueryError;

/// What wasmd and the SDK put before the reason.
const BEFORE: [&str; 2] = ["failed to execute message; message index: ", "desc = "];
/// What they put behind it.
///
/// Source: wasmd v0.61 `x/wasm/types/errors.go`; SDK v0.53 `types/errors`, whose wrapped errors end
/// with the file that wrapped them.
const BEHIND: [&str; 6] = [
    ": execute wasm contract failed",
    ": query wasm contract failed",
    ": instantiate wasm contract failed",
    " [!cosm!wasm/",
    " [cosmos/",
    " with gas used: ",
];

/// An error with everything that led to it, in words that tell the reader what to change.
#[must_use]
pub fn said(error: &anyhow::Error) -> String {
    error.chain().map(cause).collect::<Vec<_>>().join(": ")
}

fn cause(cause: &(dyn Error + 'static)) -> String {
    let log = match cause.downcast_ref() {
        Some(
            ChainError::Query(QueryError::Refused { log, .. }) | ChainError::WouldFail { log, .. },
        ) => log,
        Some(ChainError::Refused { hash, log, .. }) => {
            return format!("transaction {hash} was not taken, nothing was paid: {}", reason(log));
        }
        Some(ChainError::Failed { hash, height, log, .. }) => {
            return format!("transaction {hash} failed in block {height}: {}", reason(log));
        }
        _ => return cause.to_string(),
    };
    reason(log)
}

/// The reason in a node's log, and what to do where the node does not say it.
fn reason(log: &str) -> String {
    let mut reason = log;
    for before in BEFORE {
        reason = reason.find(before).map_or(reason, |at| &reason[at + before.len()..]);
    }
    let numbered = reason.split_once(": ").filter(|(number, _)| number.parse::<u32>().is_ok());
    reason = numbered.map_or(reason, |(_, rest)| rest);
    for behind in BEHIND {
        reason = reason.find(behind).map_or(reason, |at| &reason[..at]);
    }
    // A list of everything that the contract knows, which helps nobody who has the wrong one.
    if reason.contains("unknown variant") {
        reason = reason.find(", expected ").map_or(reason, |at| &reason[..at]);
    }
    match advice(reason) {
        Some(advice) => format!("{reason}; {advice}"),
        None => reason.to_owned(),
    }
}

fn advice(reason: &str) -> Option<&'static str> {
    if reason.contains("Error parsing into type") || reason.contains("unknown variant") {
        Some(
            "the contract at this address is of another kind, or another version: check the address",
        )
    } else if reason.contains("bech32") {
        Some("this is no address of the chain: check each letter of it")
    } else if reason.contains("no such contract") {
        Some("there is no contract at this address: check the address and the chain")
    } else if reason.contains("insufficient fund") || reason.contains("spendable balance") {
        Some("send the account more of it, or pay with less")
    } else if reason.contains("not registered to vote") {
        Some("vote with the key of a member: --key NAME")
    } else if reason.contains("account sequence mismatch") {
        Some(
            "another transaction of this key is on its way: try again, and let no other program use the key",
        )
    } else if reason.contains("already voted") {
        Some("`entrepot proposal show` says how it stands")
    } else if reason.contains("no such proposal") {
        Some("check the number: `entrepot propose … --submit` has told it")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_without_its_wrapping() {
        for (log, wanted) in [
            (
                "rpc error: code = Unknown desc = failed to execute message; message index: 0: there is \
                 no order 99: execute wasm contract failed \
                 [!cosm!wasm/wasmd@v0.61.14/x/wasm/keeper/keeper.go:452] with gas used: '116433': unknown \
                 request",
                "there is no order 99",
            ),
            (
                "`timeout_seconds` is 1, it must be between 20 and 86400: query wasm contract failed: \
                 unknown request",
                "`timeout_seconds` is 1, it must be between 20 and 86400",
            ),
            (
                "rpc error: code = Unknown desc = failed to execute message; message index: 0: \
                 deposited 10utok, but gov accepts only the following denom(s): [stake]: invalid \
                 deposit denom [cosmos/cosmos-sdk@v0.53.6/x/gov/keeper/deposit.go:325] with gas \
                 used: '66604': unknown request",
                "deposited 10utok, but gov accepts only the following denom(s): [stake]: invalid \
                 deposit denom",
            ),
            ("7: seven: of them", "seven: of them"),
            ("tx already in mempool cache", "tx already in mempool cache"),
        ] {
            assert_eq!(reason(log), wanted);
        }
    }

    #[test]
    fn where_nodes_do_not_say_what_to_do_we_do() {
        let funds =
            reason("desc = spendable balance 0nope is smaller than 1nope: insufficient funds");
        assert!(funds.starts_with("spendable") && funds.ends_with("pay with less"), "{funds}");
        let kind = reason(
            "Error parsing into type dao_interface::msg::QueryMsg: unknown variant `x`, expected one of \
             `admin`, `config`",
        );
        assert!(!kind.contains("`config`"), "{kind}");
        assert!(kind.ends_with("check the address"), "{kind}");
        let typo = reason("decoding bech32 failed: invalid checksum: invalid request");
        assert!(typo.ends_with("each letter of it"), "{typo}");
    }

    #[test]
    fn what_was_added_on_the_way_stays_before_it() {
        let chain = ChainError::WouldFail {
            codespace: "sdk".into(),
            code: 6,
            log: "no: query wasm contract failed".into(),
        };
        let error = anyhow::Error::new(chain).context("cannot claim");
        assert_eq!(said(&error), "cannot claim: no");
    }
}
