//! What a chain or a contract said, without what nodes wrap around it.

use std::error::Error;

use cosmos::chain::ChainError;
use cosmos::rpc::QueryError;
use protocol::Code;

use crate::figures;

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

/// How contracts begin to tell of times.
const TIMES: [&str; 3] = [" (seconds since 1970)", "too_early: ", "too_late: "];
/// What to do when somebody else may do it.
const NOT_YOURS: &str =
    "sign with the key of who may, by --key NAME; a DAO does it by `entrepot propose`";
/// What chains and outposts say without what to do about it, by a part of it, and what to do.
const ADVICE: [(&str, &str); 18] = [
    (
        "Error parsing into type",
        "the contract at this address is of another kind, or another version: check the address",
    ),
    (
        "unknown variant",
        "the contract at this address is of another kind, or another version: check the address",
    ),
    ("bech32", "this is no address of the chain: check each letter of it"),
    ("an address of this chain was expected", "check each letter of it, and its prefix"),
    ("no such contract", "there is no contract at this address: check the address and the chain"),
    (
        "insufficient fee",
        "raise `gas_price` of this chain in the configuration, in a denom in which it takes fees",
    ),
    ("insufficient fund", "send the account more of it, or pay with less"),
    ("spendable balance", "send the account more of it, or pay with less"),
    ("not registered to vote", "vote with the key of a member: --key NAME"),
    (
        "account sequence mismatch",
        "another transaction of this key is on its way: try again, and let no other program use the key",
    ),
    ("already voted", "`entrepot proposal show` says how it stands"),
    ("no such proposal", "check the number: `entrepot propose … --submit` has told it"),
    ("there is no order", "`entrepot orders` lists yours, and those of any address that is given"),
    ("it must be `Unsent`", "`entrepot orders` says how it stands"),
    ("may not do this, only", NOT_YOURS),
    ("is claimable by", "`entrepot orders` with that address says what is still under way"),
    ("this is possible from", "try again then"),
    ("no money packet", "`entrepot orders` says how each order stands"),
];

/// The same of DAOs.
///
/// Source: `error.rs` of cw3-fixed-multisig and cw3-flex-multisig 2.0.0 and of dao-proposal-single 2.6.0,
/// `pre_propose.rs` of dao-voting 2.6.0.
const OF_DAOS: [(&str, &str); 9] = [
    ("Unauthorized", "sign with the key of a member: --key NAME"),
    ("not allowed to submit proposals", "sign with the key of who may propose: --key NAME"),
    ("Already voted", "`entrepot proposal show` says how it stands"),
    ("Proposal is not open", "`entrepot proposal show` says how it stands"),
    ("already been executed", "`entrepot orders` with the DAO's address lists what it has bought"),
    ("voting period has expired", "propose it anew with `entrepot propose`"),
    (") is expired", "propose it anew with `entrepot propose`"),
    ("proposal is closed", "propose it anew with `entrepot propose`"),
    (
        "DAO is currently inactive",
        "enough of its members must take part first: see the DAO's own page",
    ),
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
        Some(advice) => format!("{}; {advice}", dated(reason)),
        None => dated(reason),
    }
}

/// A reason whose seconds since 1970 are dates.
fn dated(reason: &str) -> String {
    let mut left = reason;
    let mut dated = String::new();
    while let Some(begin) = left.find(|c: char| c.is_ascii_digit()) {
        let end = left[begin..].find(|c: char| !c.is_ascii_digit());
        let end = end.map_or(left.len(), |length| begin + length);
        let (before, number) = (&left[..begin], &left[begin..end]);
        // Ten digits are a second between 2001 and 2286; contracts tell such numbers of nothing but times in these words.
        match number.parse() {
            Ok(second) if number.len() == 10 && TIMES.iter().any(|word| reason.contains(word)) => {
                dated += before.strip_suffix("second ").unwrap_or(before);
                dated += &figures::moment(second);
            }
            _ => {
                dated += before;
                dated += number;
            }
        }
        left = &left[end..];
    }
    (dated + left).replace(" (seconds since 1970)", "")
}

fn advice(reason: &str) -> Option<&'static str> {
    let said = |(part, advice): &(&str, &'static str)| reason.contains(part).then_some(*advice);
    let code = Code::find(reason).filter(|code| reason.starts_with(code.as_str()));
    code.and_then(advice_on).or_else(|| ADVICE.iter().chain(&OF_DAOS).find_map(said))
}

/// What to do about the codes at the start of what the market says, where the sentence after it leaves that open. Whoever
/// uses the tool may be a tenant or a provider.
const fn advice_on(code: Code) -> Option<&'static str> {
    match code {
        Code::Unauthorized => Some(NOT_YOURS),
        Code::NotFound => Some(
            "check the number: `entrepot orders`, `entrepot offers`, `entrepot provider orders` and `entrepot provider \
             leases` list what there is",
        ),
        Code::WrongState => Some(
            "see how it stands first: `entrepot lease` for a tenant, `entrepot provider leases` for a provider",
        ),
        Code::UnknownDenom => Some("`entrepot market` lists what the market takes"),
        Code::WrongCoin => Some("give exactly one coin, of a denom that `entrepot market` lists"),
        Code::InsufficientDeposit => Some("give more; `entrepot market` tells the least"),
        Code::BelowMinimum => {
            Some("there is nothing to be had now; try again when something was earned or came back")
        }
        Code::TooEarly => Some("try again then"),
        Code::TooLate => Some(
            "that can no longer be done; see how it stands with `entrepot lease` or `entrepot provider leases`",
        ),
        Code::Paused => Some("try again when the market's owner has resumed it; what runs goes on"),
        Code::ProviderIneligible => {
            Some("`entrepot provider register` changes what a provider says of itself")
        }
        Code::Insolvent | Code::Internal => Some("tell the market's owner; nothing was changed"),
        Code::UnsupportedVersion => Some("use an `entrepot` of the market's version"),
        Code::Malformed
        | Code::LimitExceeded
        | Code::WrongPort
        | Code::WrongRoute
        | Code::WrongReceiver
        | Code::WrongCallback
        | Code::BadSender
        | Code::UsedNumber
        | Code::UsedSeq
        | Code::UnknownOffer
        | Code::OfferUnavailable
        | Code::RateAboveMax
        | Code::TooMany
        | Code::Unsupported => None,
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
                "there is no order 99; `entrepot orders` lists yours, and those of any address that is given",
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

    /// What a contract says of a fault is followed by what to do, unless it says that itself.
    #[test]
    fn a_fault_that_a_contract_tells_is_followed_by_a_cure() {
        for (said, cure) in [
            ("there is no order 99", "`entrepot orders` lists yours"),
            ("an address of this chain was expected in `owner`, got `x`", "and its prefix"),
            ("`wasm1x` may not do this, only the order's owner may", "`entrepot propose`"),
            ("not_found: there is no offer `99`", "`entrepot offers`"),
            ("unauthorized: `wasm1x` may not do this, only the offer's provider", "--key NAME"),
            ("wrong_coin: got stake, expected utok", "`entrepot market` lists"),
            ("unknown_denom: `stake` is not accepted on bonds", "`entrepot market` lists"),
            ("insufficient_deposit: the bond is 5 units, expected at least 1000", "give more"),
            ("Unauthorized", "the key of a member"),
            ("You are not allowed to submit proposals", "who may propose"),
            ("Already voted on this proposal", "`entrepot proposal show`"),
            ("Proposal (3) is expired", "`entrepot propose`"),
            ("Proposal voting period has expired", "`entrepot propose`"),
        ] {
            let told = reason(said);
            assert!(told.starts_with(&format!("{said}; ")) && told.contains(cure), "{told}");
        }
        let cured = "limit_exceeded: `terms.capacity` is 0, it must be between 1 and 9";
        assert_eq!(reason(cured), cured);
    }

    #[test]
    fn times_are_told_as_dates_and_fees_with_their_key() {
        for (said, told) in [
            (
                "it is 1795436038, this is possible from 1796040832 on (seconds since 1970)",
                "it is 2026-11-23 12:13:58 UTC, this is possible from 2026-11-30 12:13:52 UTC on; try again then",
            ),
            (
                "too_early: `release_stake` only from second 1796040832, now is 1795436038",
                "too_early: `release_stake` only from 2026-11-30 12:13:52 UTC, now is 2026-11-23 12:13:58 UTC; try again then",
            ),
            ("spent 1796040832 units", "spent 1796040832 units"),
        ] {
            assert_eq!(reason(said), told);
        }
        let fee = reason("insufficient fees; got: 1stake required: 342stake: insufficient fee");
        assert!(fee.contains("raise `gas_price`"), "{fee}");
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
