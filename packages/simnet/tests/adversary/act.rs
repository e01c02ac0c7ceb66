//! What can happen, and how likely it is.

use super::deeds::{Deed, deeds};
use super::errands::{Errand, errands};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

/// Which of the things there are: taken modulo their number.
pub(crate) type Pick = u8;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Choice {
    OfferOrRefund,
    OfferOrOrder,
    Manual,
    Lowest,
}

/// One step.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    // Owners of B.
    Buy {
        owner: Pick,
        choice: Choice,
        units: u128,
        max_rate_percent: u128,
    },
    TopUp {
        payer: Pick,
        order: Pick,
        units: u128,
    },
    AcceptBid {
        order: Pick,
        bid: Pick,
    },
    Close {
        order: Pick,
    },
    CloseWithCoin {
        order: Pick,
    },
    Status {
        order: Pick,
    },
    Claim {
        owner: Pick,
    },
    Reconcile {
        flight: Pick,
    },
    Cancel {
        order: Pick,
    },
    Send {
        order: Pick,
    },
    // Wallets of B without an outpost: their numbers collide on purpose.
    WalletOpen {
        n: u64,
        seq: u64,
        units: u128,
    },
    WalletClose {
        n: u64,
        seq: u64,
    },
    Stray {
        units: u128,
    },
    // Providers of A.
    Bid {
        provider: Pick,
        deployment: Pick,
        rate_percent: u128,
    },
    Beat {
        provider: Pick,
        deployment: Pick,
    },
    Withdraw {
        deployment: Pick,
    },
    Leave {
        provider: Pick,
        deployment: Pick,
    },
    /// Anything that is done on A.
    Deed(Deed),
    /// Anything else that is done on B.
    Errand(Errand),
    // Anyone.
    Knock,
    Pass {
        seconds: u64,
    },
    // The relayer.
    RelayAll,
    RelayOne {
        which: Pick,
    },
    Repeat {
        which: Pick,
    },
    Withhold {
        which: Pick,
    },
    ReleaseAll,
    Forge {
        which: Pick,
    },
    // Chains and owners of the contracts.
    Starve {
        which: Pick,
    },
    FeedAll,
    Freeze {
        which: Pick,
    },
    ThawAll,
    CloseControl,
    OpenControl,
    PauseMarket,
    PauseOutpost,
    UnpauseAll,
}

/// A run of `steps` steps.
pub(crate) fn acts(steps: usize) -> impl Strategy<Value = Vec<Act>> {
    vec(act(), steps)
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => tenants(),
        3 => wallets(),
        4 => providers(),
        12 => deeds().prop_map(Act::Deed),
        7 => errands().prop_map(Act::Errand),
        8 => relayer(),
        5 => time(),
        3 => faults(),
    ]
}

pub(crate) fn units() -> impl Strategy<Value = u128> {
    prop_oneof![
        1 => Just(1),
        1 => Just(9_999),
        1 => Just(10_000),
        3 => 30_000_u128..200_000,
        6 => 200_000_u128..200_000_000,
    ]
}

pub(crate) fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        3 => Just(Choice::OfferOrRefund),
        1 => Just(Choice::OfferOrOrder),
        3 => Just(Choice::Manual),
        1 => Just(Choice::Lowest),
    ]
}

fn tenants() -> impl Strategy<Value = Act> {
    let pick = any::<Pick>;
    prop_oneof![
        5 => (pick(), choice(), units(), 90_u128..150).prop_map(
            |(owner, choice, units, max_rate_percent)| Act::Buy {
                owner, choice, units, max_rate_percent
            }),
        2 => (pick(), pick(), units())
            .prop_map(|(payer, order, units)| Act::TopUp { payer, order, units }),
        3 => (pick(), pick()).prop_map(|(order, bid)| Act::AcceptBid { order, bid }),
        3 => pick().prop_map(|order| Act::Close { order }),
        1 => pick().prop_map(|order| Act::CloseWithCoin { order }),
        2 => pick().prop_map(|order| Act::Status { order }),
        1 => pick().prop_map(|owner| Act::Claim { owner }),
        2 => pick().prop_map(|flight| Act::Reconcile { flight }),
        1 => pick().prop_map(|order| Act::Cancel { order }),
        1 => pick().prop_map(|order| Act::Send { order }),
    ]
}

fn wallets() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0_u64..4, 0_u64..3, units())
            .prop_map(|(n, seq, units)| Act::WalletOpen { n, seq, units }),
        1 => (0_u64..4, 0_u64..3).prop_map(|(n, seq)| Act::WalletClose { n, seq }),
        1 => units().prop_map(|units| Act::Stray { units }),
    ]
}

fn providers() -> impl Strategy<Value = Act> {
    let pick = any::<Pick>;
    prop_oneof![
        3 => (pick(), pick(), 40_u128..140).prop_map(|(provider, deployment, rate_percent)| {
            Act::Bid { provider, deployment, rate_percent }
        }),
        4 => (pick(), pick()).prop_map(|(provider, deployment)| Act::Beat { provider, deployment }),
        2 => pick().prop_map(|deployment| Act::Withdraw { deployment }),
        1 => (pick(), pick())
            .prop_map(|(provider, deployment)| Act::Leave { provider, deployment }),
    ]
}

fn relayer() -> impl Strategy<Value = Act> {
    let pick = any::<Pick>;
    prop_oneof![
        4 => Just(Act::RelayAll),
        4 => pick().prop_map(|which| Act::RelayOne { which }),
        2 => pick().prop_map(|which| Act::Repeat { which }),
        1 => pick().prop_map(|which| Act::Withhold { which }),
        1 => Just(Act::ReleaseAll),
        1 => pick().prop_map(|which| Act::Forge { which }),
    ]
}

fn time() -> impl Strategy<Value = Act> {
    let spans = prop_oneof![
        Just(1_u64),
        Just(599),
        Just(3_600),
        Just(4 * 3_600),
        Just(7 * 3_600),
        Just(86_400),
        Just(8 * 86_400)
    ];
    prop_oneof![
        4 => spans.prop_map(|seconds| Act::Pass { seconds }),
        1 => Just(Act::Knock),
    ]
}

fn faults() -> impl Strategy<Value = Act> {
    let pick = any::<Pick>;
    prop_oneof![
        6 => pick().prop_map(|which| Act::Starve { which }),
        2 => Just(Act::FeedAll),
        1 => pick().prop_map(|which| Act::Freeze { which }),
        3 => Just(Act::ThawAll),
        1 => Just(Act::CloseControl),
        2 => Just(Act::OpenControl),
        1 => Just(Act::PauseMarket),
        1 => Just(Act::PauseOutpost),
        2 => Just(Act::UnpauseAll),
    ]
}
