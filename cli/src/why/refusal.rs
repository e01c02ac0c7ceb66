//! The market's codes in plain words.

use protocol::Code;

/// What a code means.
#[must_use]
pub const fn meaning(code: Code) -> &'static str {
    match code {
        Code::Malformed => "the memo or the order has a missing, unknown or repeated key",
        Code::UnsupportedVersion => "the message is of a version that the market does not speak",
        Code::LimitExceeded => "something in the order is beyond a limit",
        Code::WrongPort => "the packet did not come over the transfer port",
        Code::WrongRoute => "the channel is no route of the market, or takes no new business",
        Code::WrongReceiver => "the transfer went to somebody other than the market",
        Code::WrongCallback => "the memo calls another contract than the market",
        Code::WrongCoin => "not exactly one coin came, or of an amount out of range",
        Code::UnknownDenom => "the market does not accept this denom on this route",
        Code::BadSender => "the sender's address is empty, too long, or has capitals or spaces",
        Code::UsedNumber => "a packet with this number `n` was accepted before",
        Code::UsedSeq => "this `seq` was used before",
        Code::UnknownOffer => "there was never an offer with this number",
        Code::OfferUnavailable => "the offer is gone, full, or cannot serve the group",
        Code::RateAboveMax => "the price is above the order's `max_rate`",
        Code::ProviderIneligible => "the provider does not meet what the group requires",
        Code::InsufficientDeposit => "the coin is below the minimum, or does not pay the runway",
        Code::TooMany => "the buyer has too many open orders",
        Code::Paused => "the market takes no new business for now",
        Code::Unauthorized => "the sender may not do this",
        Code::NotFound => "what the message names does not exist",
        Code::WrongState => "what the message names is in a state that does not allow it",
        Code::TooEarly => "it is too early",
        Code::TooLate => "it is too late",
        Code::BelowMinimum => "the amount is below the minimum",
        Code::Insolvent => "the market's coins do not cover its ledger",
        Code::Unsupported => "the market does not offer this",
        Code::Internal => "the market had a defect or too little gas",
    }
}

/// What to change.
#[must_use]
pub const fn remedy(code: Code) -> &'static str {
    match code {
        Code::Malformed | Code::UnsupportedVersion | Code::WrongCallback | Code::WrongPort => {
            "buy through an outpost of this version, or write the memo as it does"
        }
        Code::LimitExceeded => "make the field named in the market's words smaller and buy again",
        Code::WrongRoute => {
            "ask the market's owner to enable the route, or buy over another that `routes` lists"
        }
        Code::WrongReceiver => "send the transfer to the market's address itself",
        Code::WrongCoin => "attach exactly one coin of at most 2^90 units",
        Code::UnknownDenom => "pay with a denom that `entrepot market` lists for the route",
        Code::BadSender => "send from an address in lower case",
        Code::UsedNumber | Code::UsedSeq => "use a number that was never used, and buy again",
        Code::UnknownOffer => "name an offer that `entrepot offers` lists",
        Code::OfferUnavailable => {
            "name another that `entrepot offers` lists, or `offer:NUMBER` without `:refund`, so that the group goes to bids"
        }
        Code::RateAboveMax => {
            "raise `max_rate`, ask for less, or name a cheaper offer; the query `quote` tells the price"
        }
        Code::ProviderIneligible => "name another provider's offer, or require less",
        Code::InsufficientDeposit => {
            "attach more (`--days`, `--coin`), or ask for a shorter `--runway-seconds`; `entrepot market` tells the least"
        }
        Code::TooMany => "close or let expire some open orders first",
        Code::Paused => "wait until the market's owner resumes it, and buy again",
        Code::Unauthorized => "let the deployment's owner or an operator with that scope do it",
        Code::NotFound => "correct the number; the market's queries list what exists",
        Code::WrongState => "ask for `status` and act on what it says",
        Code::TooEarly => "try again later; the market's words say when",
        Code::TooLate => "buy anew: this can no longer be done",
        Code::BelowMinimum => "use a larger amount; the market's words name the least",
        Code::Insolvent | Code::Internal => "tell the market's owner; nothing was changed",
        Code::Unsupported => "use what this version offers; the market's `info` tells which it is",
    }
}
