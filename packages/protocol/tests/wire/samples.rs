//! Messages that the tests share: one small deployment, one that uses everything.

use cosmwasm_std::{Binary, Uint128};
use protocol::control::{
    Command, ControlBody, ControlPacket, DeploymentState, DeploymentStatus, GroupState,
    GroupStatus, Instruction,
};
use protocol::deployment::{
    AccessKey, Attribute, Endpoint, Gpu, GpuModel, LocalOperator, Requirements, ResourceUnit,
    Scope, Volume,
};
use protocol::memo::Callback;
use protocol::money::{Open, Settle, SettleKind};
use protocol::{Action, Deployment, Group, Manifest, Memo, Message, Otherwise, Selection};

pub(crate) const DAO: &str = "home1dao";
pub(crate) const OUTPOST: &str = "home1outpost";
pub(crate) const MARKET: &str = "away1market";
pub(crate) const PROVIDER: &str = "away1provider";

pub(crate) fn manifest() -> Manifest {
    Manifest { hash: "5e884898da28047151d0e56f8dc62927".repeat(2), uri: None }
}

pub(crate) fn unit() -> ResourceUnit {
    ResourceUnit {
        count: 1,
        cpu_milli: 500,
        memory_bytes: 536_870_912,
        volumes: Vec::new(),
        gpu: None,
        endpoints: Vec::new(),
    }
}

pub(crate) fn group(name: &str, selection: Selection) -> Group {
    Group {
        name: name.into(),
        resources: vec![unit()],
        requirements: Requirements::default(),
        max_rate: Uint128::new(1_500_000_000),
        selection,
        expires_in_seconds: 86_400,
        heartbeat_window_seconds: None,
        ready_within_seconds: None,
        notice_seconds: None,
        term_seconds: None,
        min_stake: None,
        allow: Vec::new(),
        deny: Vec::new(),
    }
}

pub(crate) fn deployment(groups: Vec<Group>) -> Deployment {
    Deployment {
        manifest: manifest(),
        groups,
        runway_seconds: 3_600,
        local_operators: Vec::new(),
        access_keys: Vec::new(),
    }
}

pub(crate) fn open(deployment: Deployment) -> Open {
    Open { account: DAO.into(), seq: 7, refund_to: None, local_refund: None, deployment }
}

pub(crate) fn small_open() -> Open {
    open(deployment(vec![group("web", Selection::Manual {})]))
}

pub(crate) fn operators() -> Vec<LocalOperator> {
    vec![LocalOperator {
        address: "away1operator".into(),
        scopes: vec![
            Scope::BidAccept,
            Scope::Close,
            Scope::Manifest,
            Scope::Withdraw,
            Scope::Terms,
        ],
        expires_in_seconds: Some(2_592_000),
    }]
}

pub(crate) fn access_keys() -> Vec<AccessKey> {
    vec![
        AccessKey::Secp256k1(Binary::new(vec![2; 33])),
        AccessKey::Ed25519(Binary::new(vec![7; 32])),
    ]
}

/// An order in which every field is present.
pub(crate) fn full_open() -> Open {
    let trainer = Group {
        resources: vec![ResourceUnit {
            count: 2,
            volumes: vec![Volume { class: "beta2".into(), bytes: 1 << 34, persistent: true }],
            gpu: Some(Gpu {
                units: 1,
                alternatives: vec![GpuModel {
                    vendor: "nvidia".into(),
                    model: Some("a100".into()),
                    ram_gib: Some(80),
                }],
            }),
            endpoints: vec![Endpoint::SharedHttp, Endpoint::RandomPort, Endpoint::LeasedIp],
            ..unit()
        }],
        requirements: Requirements {
            attributes: vec![Attribute { key: "region".into(), value: "eu-west".into() }],
            all_of: vec!["away1auditor".into()],
            any_of: vec!["away1second".into(), "away1third".into()],
        },
        heartbeat_window_seconds: Some(21_600),
        ready_within_seconds: Some(3_600),
        notice_seconds: Some(604_800),
        term_seconds: Some(31_536_000),
        min_stake: Some(Uint128::new(1_000_000)),
        allow: vec![PROVIDER.into()],
        deny: vec!["away1villain".into()],
        ..group("trainer", Selection::Lowest { bidding_seconds: 600 })
    };
    let max_charge = Some(Uint128::new(1_000));
    let offer = Selection::Offer { offer: 42, otherwise: Otherwise::Refund, max_charge };
    let front = group("front", offer);
    Open {
        refund_to: Some(OUTPOST.into()),
        local_refund: Some("away1friend".into()),
        deployment: Deployment {
            manifest: Manifest { uri: Some("https://example.org/m.json".into()), ..manifest() },
            local_operators: operators(),
            access_keys: access_keys(),
            ..deployment(vec![trainer, front, group("spare", Selection::Manual {})])
        },
        ..open(deployment(Vec::new()))
    }
}

pub(crate) fn message(action: Action) -> Message {
    Message { n: 12, action }
}

/// A memo of the outpost to the market.
pub(crate) fn memo(action: Action) -> Memo {
    Memo {
        src_callback: Some(Callback::new(OUTPOST, 500_000)),
        dest_callback: Some(Callback::new(MARKET, 900_000)),
        entrepot: message(action),
    }
}

/// A memo of the market to the outpost.
pub(crate) fn settlement(kind: SettleKind) -> Memo {
    Memo {
        src_callback: Some(Callback::new(MARKET, 300_000)),
        dest_callback: Some(Callback::new(OUTPOST, 400_000)),
        entrepot: message(Action::Settle(settle(kind))),
    }
}

pub(crate) fn settle(kind: SettleKind) -> Settle {
    Settle { account: DAO.into(), seq: Some(7), kind, nonce: None, statement: None }
}

pub(crate) fn instruction(command: Command) -> Instruction {
    Instruction { account: DAO.into(), seq: 7, command }
}

pub(crate) fn packet(body: ControlBody) -> ControlPacket {
    ControlPacket { id: 3, body }
}

pub(crate) fn status() -> DeploymentStatus {
    DeploymentStatus {
        seq: 7,
        revision: 5,
        state: DeploymentState::Open,
        at: 1_800_000_000,
        free: Uint128::new(990_000_000),
        rate: Uint128::new(1_200_000_000),
        runs_out_at: Some(1_800_825_000),
        groups: vec![
            GroupStatus {
                state: GroupState::Active,
                provider: Some(PROVIDER.into()),
                rate: Some(Uint128::new(1_200_000_000)),
            },
            GroupStatus { state: GroupState::Open, provider: None, rate: None },
        ],
    }
}

/// One of each command.
pub(crate) fn commands() -> Vec<(&'static str, Command)> {
    vec![
        (
            "accept_bid",
            Command::AcceptBid {
                group: 0,
                provider: PROVIDER.into(),
                bid_no: 3,
                max_rate: Uint128::new(1_200_000_000),
            },
        ),
        ("accept_terms", Command::AcceptTerms { group: 1, terms_no: 2 }),
        ("close_deployment", Command::CloseDeployment {}),
        ("close_lease", Command::CloseLease { group: 1 }),
        ("update_manifest", Command::UpdateManifest { rev: 4, manifest: manifest() }),
        (
            "set_operators",
            Command::SetOperators {
                rev: 5,
                local_operators: operators(),
                access_keys: access_keys(),
            },
        ),
        ("set_refund_to", Command::SetRefundTo { rev: 6, refund_to: OUTPOST.into() }),
        ("withdraw_surplus", Command::WithdrawSurplus {}),
        ("status", Command::Status { n: None }),
        ("status_of_packet", Command::Status { n: Some(12) }),
    ]
}
