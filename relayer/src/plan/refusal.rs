//! What the codes mean with which a chain turns a transaction away.

use crate::model::facts::Refusal;

/// The SDK's code of a transaction that is too large.
pub(crate) const TOO_LARGE: u32 = 21;

/// What a refusal says about the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing: the mempool has no room.
    Full,
    /// The endpoint has not seen an earlier sequence.
    Behind,
    /// A block that we have not read yet used the sequence, or ended the transaction's time.
    Ahead,
    /// Others did all of it; nothing was paid.
    Redundant,
    /// The transaction is not acceptable whatever is in it: fee, funds, gas, signature.
    Transaction,
    /// One of the messages is bad, or too large; `CheckTx` does not say which.
    Message,
}

/// Reads a refusal.
///
/// Before a block, the SDK's own codes come from the ante handlers, which look at no message; but for a
/// panic, and what a transaction has too much of, a message is to blame.
///
/// Source: cosmos-sdk v0.50 `types/errors/errors.go` (4 signature, 5 funds, 11 out of gas, 13 fee,
/// 20 mempool full, 21 size, 30 timeout height, 32 sequence, 41 gas limit beyond a block's, 111222
/// panic); ibc-go v10.5 `modules/core/04-channel/types/errors.go` (22 redundant).
pub(crate) fn meaning(refusal: &Refusal) -> Meaning {
    match (refusal.codespace.as_str(), refusal.code) {
        ("sdk", 20) => Meaning::Full,
        ("sdk", 30) => Meaning::Ahead,
        ("sdk", 32) => match sequences(&refusal.log) {
            Some((expected, got)) if expected > got => Meaning::Ahead,
            _ => Meaning::Behind,
        },
        ("channel", 22) => Meaning::Redundant,
        ("sdk", TOO_LARGE | 41 | 111_222) => Meaning::Message,
        ("sdk" | "feegrant", _) => Meaning::Transaction,
        _ => Meaning::Message,
    }
}

/// Whether the account that was to pay could not, or did not want to.
///
/// Source: cosmos-sdk v0.53 `x/auth/ante/fee.go` (5 funds, 9 no such account); `x/feegrant/keeper/keeper.go`,
/// `UseGrantedFees` (38 no grant; codespace `feegrant`: limit, end, messages).
pub(crate) fn is_unpaid(codespace: &str, code: u32) -> bool {
    codespace == "feegrant" || (codespace == "sdk" && matches!(code, 5 | 9 | 38))
}

/// Whether it is the grant that does not pay: that account and key have money is no matter.
pub(crate) fn is_grant_refused(codespace: &str, code: u32) -> bool {
    codespace == "feegrant" || (codespace == "sdk" && code == 38)
}

/// Whether a transaction failed because its gas limit was too low.
pub(crate) fn is_out_of_gas(codespace: &str, code: u32) -> bool {
    codespace == "sdk" && code == 11
}

/// The two numbers of `account sequence mismatch, expected 5, got 7`.
fn sequences(log: &str) -> Option<(u64, u64)> {
    let rest = log.split_once("expected ")?.1;
    let (expected, rest) = rest.split_once(", got ")?;
    let got: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((expected.parse().ok()?, got.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(codespace: &str, code: u32, log: &str) -> Meaning {
        meaning(&Refusal { codespace: codespace.into(), code, index: None, log: log.into() })
    }

    #[test]
    fn sequence_mismatch_tells_which_side_is_behind() {
        let text = |expected, got| {
            format!(
                "account sequence mismatch, expected {expected}, got {got}: incorrect account sequence"
            )
        };
        assert_eq!(read("sdk", 32, &text(5, 7)), Meaning::Behind);
        assert_eq!(read("sdk", 32, &text(9, 7)), Meaning::Ahead);
        assert_eq!(read("sdk", 32, "changed text"), Meaning::Behind);
    }

    #[test]
    fn what_is_wrong_with_all_of_it_is_told_from_a_bad_message() {
        assert_eq!(read("sdk", 5, "spendable balance 1stake is smaller"), Meaning::Transaction);
        assert_eq!(read("sdk", 41, "tx gas limit exceeds block max gas"), Meaning::Message);
        assert_eq!(read("client", 8, "consensus state not found"), Meaning::Message);
        assert_eq!(read("channel", 22, "packet messages are redundant"), Meaning::Redundant);
    }
}
