//! Arbitrary valid messages. Lists are mostly short: an order must fit its four kibibytes.

use cosmwasm_std::{Binary, Uint128};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use protocol::control::{
    Answer, Command, ControlAck, ControlBody, ControlPacket, DeploymentState, DeploymentStatus,
    GroupState, GroupStatus, Instruction, Notice, SettledQuery,
};
use protocol::deployment::{AccessKey, LocalOperator, Scope};
use protocol::limits;
use protocol::memo::Callback;
use protocol::money::{Open, Probe, Settle, SettleKind, Statement, TopUp};
use protocol::{Action, Code, Manifest, Memo, Message, Tenant};

use crate::orders::deployment;

/// Integers that JSON keeps exact, both ends included now and then.
pub(crate) fn integer() -> impl Strategy<Value = u64> {
    let last = limits::JSON_INTEGER - 1;
    prop_oneof![8 => 0..=last, 1 => Just(0), 1 => Just(last)]
}

pub(crate) fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-z]{2,8}1[02-9ac-hj-np-z]{8,40}",
        1 => "[!-@\\[-~]{1,128}",
        1 => "[0-9a-z]{128}",
    ]
}

/// Any text of 1 to `max` bytes: quotes, control characters and wide characters included.
pub(crate) fn text(max: usize) -> impl Strategy<Value = String> {
    let cut = move |text: String| {
        let fits = |end: usize| end <= max && text.is_char_boundary(end);
        let end = (0..=text.len()).rev().find(|end| fits(*end)).unwrap();
        text[..end].to_owned()
    };
    let any_text = vec(any::<char>(), 1..24).prop_map(String::from_iter);
    prop_oneof![4 => "[a-z0-9-]{1,16}".boxed(), 1 => any_text.boxed()]
        .prop_map(cut)
        .prop_filter("empty", |text| !text.is_empty())
}

pub(crate) fn account() -> impl Strategy<Value = String> {
    prop_oneof![address().boxed(), text(limits::ADDRESS_BYTES).boxed()]
}

pub(crate) fn manifest() -> impl Strategy<Value = Manifest> {
    ("[0-9a-f]{64}", option::of(text(limits::URI_BYTES)))
        .prop_map(|(hash, uri)| Manifest { hash, uri })
}

pub(crate) fn operators() -> impl Strategy<Value = Vec<LocalOperator>> {
    let scopes = [Scope::BidAccept, Scope::Close, Scope::Manifest, Scope::Withdraw, Scope::Terms];
    let scopes = btree_set(select(scopes.to_vec()), 1..=5);
    btree_set(address(), 0..=limits::OPERATORS).prop_flat_map(move |addresses| {
        let count = addresses.len();
        (Just(addresses), vec((scopes.clone(), option::of(integer())), count)).prop_map(
            |(addresses, rest)| {
                let operator = |(address, (scopes, expires_in_seconds)): (_, (_, _))| {
                    let scopes = std::collections::BTreeSet::into_iter(scopes).collect();
                    LocalOperator { address, scopes, expires_in_seconds }
                };
                addresses.into_iter().zip(rest).map(operator).collect()
            },
        )
    })
}

pub(crate) fn access_keys() -> impl Strategy<Value = Vec<AccessKey>> {
    let secp = vec(any::<u8>(), 33).prop_map(|key| AccessKey::Secp256k1(Binary::new(key)));
    let ed = vec(any::<u8>(), 32).prop_map(|key| AccessKey::Ed25519(Binary::new(key)));
    vec(prop_oneof![secp, ed], 0..=limits::OPERATORS)
}

fn tenant() -> impl Strategy<Value = Tenant> {
    prop_oneof![
        address().prop_map(|address| Tenant::Local { address }),
        ("channel-[0-9]{1,5}", address(), account())
            .prop_map(|(route, sender, account)| Tenant::Remote { route, sender, account }),
    ]
}

fn open() -> BoxedStrategy<Open> {
    (account(), integer(), option::of(address()), option::of(address()), deployment())
        .prop_map(|(account, seq, refund_to, local_refund, deployment)| Open {
            account,
            seq,
            refund_to,
            local_refund,
            deployment,
        })
        .prop_filter("larger than an order may be", |open| open.validate().is_ok())
        .boxed()
}

fn command() -> impl Strategy<Value = Command> {
    let group = || 0..8_u32;
    prop_oneof![
        (group(), address(), integer(), 1..=limits::RATE).prop_map(
            |(group, provider, bid_no, max_rate)| {
                Command::AcceptBid { group, provider, bid_no, max_rate: Uint128::new(max_rate) }
            }
        ),
        (group(), integer()).prop_map(|(group, terms_no)| Command::AcceptTerms { group, terms_no }),
        Just(Command::CloseDeployment {}),
        group().prop_map(|group| Command::CloseLease { group }),
        (integer(), manifest())
            .prop_map(|(rev, manifest)| Command::UpdateManifest { rev, manifest }),
        (integer(), operators(), access_keys()).prop_map(|(rev, local_operators, access_keys)| {
            Command::SetOperators { rev, local_operators, access_keys }
        }),
        (integer(), address()).prop_map(|(rev, refund_to)| Command::SetRefundTo { rev, refund_to }),
        Just(Command::WithdrawSurplus {}),
        option::of(integer()).prop_map(|n| Command::Status { n }),
    ]
}

fn instruction() -> BoxedStrategy<Instruction> {
    (account(), integer(), command())
        .prop_map(|(account, seq, command)| Instruction { account, seq, command })
        .boxed()
}

fn group_status() -> impl Strategy<Value = GroupStatus> {
    let state = select(vec![
        GroupState::Open,
        GroupState::Pending,
        GroupState::Active,
        GroupState::Reclaiming,
        GroupState::Closed,
    ]);
    (state, option::of(address()), option::of(any::<u128>())).prop_map(|(state, provider, rate)| {
        GroupStatus { state, provider, rate: rate.map(Uint128::new) }
    })
}

fn status() -> BoxedStrategy<DeploymentStatus> {
    let state = select(vec![DeploymentState::Open, DeploymentState::Closed]);
    let money = (any::<u128>(), any::<u128>());
    let times = (integer(), option::of(integer()));
    (integer(), integer(), state, money, times, vec(group_status(), 0..=limits::GROUPS))
        .prop_map(|(seq, revision, state, (free, rate), (at, runs_out_at), groups)| {
            DeploymentStatus {
                seq,
                revision,
                state,
                at,
                free: Uint128::new(free),
                rate: Uint128::new(rate),
                runs_out_at,
                groups,
            }
        })
        .boxed()
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Done {}),
        integer().prop_map(|rev| Answer::Stale { rev }),
        integer().prop_map(|at| Answer::Never { at }),
        status().prop_map(Answer::Deployment),
        (any::<bool>(), integer()).prop_map(|(credited, at)| Answer::Settled { credited, at }),
    ]
}

fn settle() -> BoxedStrategy<Settle> {
    let kind = select(vec![
        SettleKind::Closed,
        SettleKind::Refund,
        SettleKind::Surplus,
        SettleKind::Status,
        SettleKind::Probe,
    ]);
    let account = prop_oneof![Just(String::new()).boxed(), account().boxed()];
    let statement = (integer(), answer()).prop_map(|(n, answer)| Statement { n, answer });
    (account, option::of(integer()), kind, option::of(integer()), option::of(statement))
        .prop_map(|(account, seq, kind, nonce, statement)| Settle {
            account,
            seq,
            kind,
            nonce,
            statement,
        })
        .boxed()
}

fn action() -> BoxedStrategy<Action> {
    prop_oneof![
        4 => open().prop_map(Action::Open),
        1 => (account(), option::of(tenant()), integer())
            .prop_map(|(account, tenant, seq)| Action::TopUp(TopUp { account, tenant, seq })),
        2 => instruction().prop_map(Action::Do),
        1 => integer().prop_map(|nonce| Action::Probe(Probe { nonce, refund_to: None })),
        2 => settle().prop_map(Action::Settle),
    ]
    .boxed()
}

pub(crate) fn memo() -> BoxedStrategy<Memo> {
    let callback = || {
        let callback = (address(), option::of(any::<u64>()));
        option::of(callback.prop_map(|(address, gas)| Callback {
            gas_limit: gas.map(|gas| gas.to_string()),
            address,
        }))
    };
    (callback(), callback(), integer(), action())
        .prop_map(|(src_callback, dest_callback, n, action)| Memo {
            src_callback,
            dest_callback,
            entrepot: Message { n, action },
        })
        .boxed()
}

pub(crate) fn packet() -> BoxedStrategy<ControlPacket> {
    let notice = (account(), status()).prop_map(|(account, status)| Notice {
        account,
        seq: status.seq,
        status,
    });
    let body = prop_oneof![
        3 => instruction().prop_map(ControlBody::Do),
        1 => notice.prop_map(ControlBody::Notice),
        1 => integer().prop_map(|n| ControlBody::Settled(SettledQuery { n })),
    ];
    (integer(), body).prop_map(|(id, body)| ControlPacket { id, body }).boxed()
}

pub(crate) fn acknowledgement() -> impl Strategy<Value = ControlAck> {
    prop_oneof![
        3 => answer().prop_map(ControlAck::Answer),
        2 => (select(Code::ALL.to_vec()), any::<String>())
            .prop_map(|(code, detail)| ControlAck::refused(code, &detail)),
        1 => Just(ControlAck::Internal {}),
    ]
}
