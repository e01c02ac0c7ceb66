//! Property: every string takes as many bytes as its limit says, and not one more.

use cosmwasm_std::{Binary, Uint128};
use protocol::control::{Command, ControlBody, Instruction, Notice};
use protocol::deployment::{
    AccessKey, Attribute, Gpu, GpuModel, LocalOperator, Requirements, Scope, Volume,
    validate_access_keys, validate_attributes, validate_operators,
};
use protocol::limits::{self, LimitError};
use protocol::money::{Open, Settle, SettleKind, TopUp};
use protocol::{Action, Group, Manifest, Selection, Tenant};

use crate::edges::{assert_bytes, assert_text};
use crate::samples::{
    group, instruction, manifest, message, packet, settle, small_open, status, unit,
};

const NAME: usize = limits::NAME_BYTES;
const STRING: usize = limits::STRING_BYTES;
const ADDRESS: usize = limits::ADDRESS_BYTES;

#[test]
fn names_in_a_group() {
    let manual = |name: String| group(&name, Selection::Manual {}).validate();
    assert_text("groups.name", NAME, manual);

    assert_text("resources.volumes.class", NAME, |class| {
        let mut group = group("web", Selection::Manual {});
        group.resources[0].volumes = vec![Volume { class, bytes: 1, persistent: false }];
        group.validate()
    });

    let gpu = |model: GpuModel| {
        let gpu = Some(Gpu { units: 1, alternatives: vec![model] });
        let resources = vec![protocol::deployment::ResourceUnit { gpu, ..unit() }];
        Group { resources, ..group("web", Selection::Manual {}) }.validate()
    };
    assert_text("resources.gpu.vendor", NAME, |vendor| {
        gpu(GpuModel { vendor, model: None, ram_gib: None })
    });
    assert_text("resources.gpu.model", NAME, |model| {
        gpu(GpuModel { vendor: "amd".into(), model: Some(model), ram_gib: None })
    });
}

#[test]
fn keys_and_values_of_attributes() {
    let check = |key: String, value: String| validate_attributes("a", &[Attribute { key, value }]);
    assert_text("a", STRING, |key| check(key, String::new()));
    assert_bytes("a", STRING, |value| check("region".into(), value));
    check("region".into(), String::new()).unwrap();
    check("r\u{e9}gion \u{1f5fa}".into(), "\"\\".into()).unwrap();
    for (key, value) in [("a\u{1}", ""), ("a", "b\n"), ("a", "\u{7f}")] {
        let error = check(key.into(), value.into()).unwrap_err();
        assert!(matches!(error, LimitError::BadForm { field: "a", .. }), "{error}");
    }
}

#[test]
fn uri_and_hash_of_a_manifest() {
    assert_text("manifest.uri", limits::URI_BYTES, |uri| {
        Manifest { uri: Some(uri), ..manifest() }.validate()
    });
    let hash = |hash: &str| Manifest { hash: hash.into(), uri: None }.validate();
    hash(&"0123456789abcdef".repeat(4)).unwrap();
    for bad in [
        "",
        "5e",
        &"a".repeat(63),
        &"a".repeat(65),
        &"A".repeat(64),
        &"é".repeat(32),
        &"g".repeat(64),
    ] {
        assert!(
            matches!(hash(bad), Err(LimitError::BadForm { field: "manifest.hash", .. })),
            "{bad}"
        );
    }
}

#[test]
fn accounts_of_every_message() {
    let account_of =
        |action: fn(String) -> Action| move |account| message(action(account)).validate();
    assert_text(
        "account",
        ADDRESS,
        account_of(|account| Action::Open(Open { account, ..small_open() })),
    );
    assert_text(
        "account",
        ADDRESS,
        account_of(|account| Action::TopUp(TopUp { account, tenant: None, seq: 1 })),
    );
    assert_text(
        "account",
        ADDRESS,
        account_of(|account| {
            Action::Do(Instruction { account, ..instruction(Command::CloseDeployment {}) })
        }),
    );
    // A statement about a packet that named nobody has no account.
    let settled =
        account_of(|account| Action::Settle(Settle { account, ..settle(SettleKind::Status) }));
    assert_eq!(settled(String::new()), Ok(()));
    assert_bytes("account", ADDRESS, settled);

    assert_text("account", ADDRESS, |account| {
        packet(ControlBody::Notice(Notice { account, seq: 7, status: status() })).validate()
    });
}

#[test]
fn tenants() {
    assert_text("tenant.address", ADDRESS, |address| Tenant::Local { address }.validate());
    let remote = |route: String, sender: String, account: String| {
        Tenant::Remote { route, sender, account }.validate()
    };
    assert_text("tenant.route", STRING, |route| remote(route, "s".into(), "a".into()));
    assert_text("tenant.sender", ADDRESS, |sender| remote("r".into(), sender, "a".into()));
    assert_text("tenant.account", ADDRESS, |account| remote("r".into(), "s".into(), account));

    let tenant = Some(Tenant::Local { address: "Away1x".into() });
    let top_up = message(Action::TopUp(TopUp { account: "a".into(), tenant, seq: 1 }));
    assert!(matches!(top_up.validate(), Err(LimitError::BadForm { .. })));
}

type Check = fn(String) -> Result<(), LimitError>;

/// Every place that takes an address, as a check of that place alone.
const PLACES: [(&str, Check); 10] = [
    ("x", |address| limits::address("x", &address)),
    ("refund_to", |a| Open { refund_to: Some(a), ..small_open() }.validate()),
    ("local_refund", |a| Open { local_refund: Some(a), ..small_open() }.validate()),
    ("refund_to", |refund_to| Command::SetRefundTo { rev: 1, refund_to }.validate()),
    ("provider", |provider| {
        let (group, bid_no, max_rate) = (0, 1, Uint128::one());
        Command::AcceptBid { group, provider, bid_no, max_rate }.validate()
    }),
    ("local_operators.address", |address| {
        let scopes = vec![Scope::Close];
        validate_operators(&[LocalOperator { address, scopes, expires_in_seconds: None }])
    }),
    ("requirements.all_of", |a| {
        Requirements { all_of: vec![a], ..Requirements::default() }.validate()
    }),
    ("requirements.any_of", |a| {
        Requirements { any_of: vec![a], ..Requirements::default() }.validate()
    }),
    ("groups.allow or groups.deny", |a| {
        Group { allow: vec![a], ..group("web", Selection::Manual {}) }.validate()
    }),
    ("groups.allow or groups.deny", |a| {
        Group { deny: vec![a], ..group("web", Selection::Manual {}) }.validate()
    }),
];

#[test]
fn addresses_wherever_they_stand() {
    for (field, check) in PLACES {
        assert_text(field, ADDRESS, check);
        for bad in [
            "Home1x",
            "HOME1X",
            "home1x ",
            " home1x",
            "home\t1x",
            "home1x\n",
            "home1\0",
            "hömé1x",
            "home1\u{200b}x",
        ] {
            let refused = check(bad.into());
            assert!(
                matches!(&refused, Err(LimitError::BadForm { field: f, .. }) if *f == field),
                "{field}: {bad:?}: {refused:?}"
            );
        }
    }
}

#[test]
fn access_keys_have_the_length_of_their_kind() {
    let check = |key| validate_access_keys(&[key]);
    let bytes = |length| Binary::new(vec![2; length]);
    check(AccessKey::Secp256k1(bytes(33))).unwrap();
    check(AccessKey::Ed25519(bytes(32))).unwrap();
    for length in [0, 32, 34, 65] {
        assert!(matches!(
            check(AccessKey::Secp256k1(bytes(length))),
            Err(LimitError::BadForm { .. })
        ));
    }
    for length in [0, 31, 33, 64] {
        assert!(matches!(
            check(AccessKey::Ed25519(bytes(length))),
            Err(LimitError::BadForm { .. })
        ));
    }
}
