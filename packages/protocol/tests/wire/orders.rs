//! Arbitrary valid deployments, for the generators of messages. Large strategies are boxed: unboxed
//! they overflow the stack of a test's thread.

use std::collections::BTreeSet;

use cosmwasm_std::Uint128;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use protocol::deployment::{
    Attribute, Endpoint, Gpu, GpuModel, Requirements, ResourceUnit, Volume,
};
use protocol::limits::{self, NAME_BYTES, STRING_BYTES};
use protocol::{Deployment, Group, Otherwise, Selection};

use crate::generators::{access_keys, address, integer, manifest, operators, text};

fn volume() -> impl Strategy<Value = Volume> {
    (text(NAME_BYTES), 1..limits::JSON_INTEGER, any::<bool>())
        .prop_map(|(class, bytes, persistent)| Volume { class, bytes, persistent })
}

fn gpu() -> impl Strategy<Value = Gpu> {
    let model = (text(NAME_BYTES), option::of(text(NAME_BYTES)), option::of(any::<u32>()))
        .prop_map(|(vendor, model, ram_gib)| GpuModel { vendor, model, ram_gib });
    (1..=10_000_u32, vec(model, 0..=3))
        .prop_map(|(units, alternatives)| Gpu { units, alternatives })
}

fn unit() -> impl Strategy<Value = ResourceUnit> {
    let endpoint = select(vec![Endpoint::SharedHttp, Endpoint::RandomPort, Endpoint::LeasedIp]);
    let size = (1..=1_000_u32, 1..=1_000_000_000_u64, 1..limits::JSON_INTEGER);
    (
        size,
        vec(volume(), 0..=limits::VOLUMES),
        option::of(gpu()),
        vec(endpoint, 0..=limits::ENDPOINTS),
    )
        .prop_map(|((count, cpu_milli, memory_bytes), volumes, gpu, endpoints)| ResourceUnit {
            count,
            cpu_milli,
            memory_bytes,
            volumes,
            gpu,
            endpoints,
        })
}

fn requirements() -> impl Strategy<Value = Requirements> {
    let key = text(STRING_BYTES).prop_filter("control", |key| !key.chars().any(char::is_control));
    let attributes = btree_set(key, 0..4).prop_flat_map(|keys| {
        let count = keys.len();
        (Just(keys), vec("[ -~]{0,32}", count)).prop_map(|(keys, values)| {
            let pairs = keys.into_iter().zip(values);
            pairs.map(|(key, value)| Attribute { key, value }).collect::<Vec<_>>()
        })
    });
    (attributes, auditors(), auditors()).prop_map(|(attributes, all_of, any_of)| Requirements {
        attributes,
        all_of,
        any_of,
    })
}

fn auditors() -> impl Strategy<Value = Vec<String>> {
    btree_set(address(), 0..=2).prop_map(BTreeSet::into_iter).prop_map(Iterator::collect)
}

fn selection(expires_in_seconds: u64) -> impl Strategy<Value = Selection> {
    let otherwise = select(vec![Otherwise::Order, Otherwise::Refund]);
    prop_oneof![
        Just(Selection::Manual {}),
        (1..=expires_in_seconds).prop_map(|bidding_seconds| Selection::Lowest { bidding_seconds }),
        (integer(), otherwise, option::of(0..=limits::AMOUNT)).prop_map(
            |(offer, otherwise, units)| {
                Selection::Offer { offer, otherwise, max_charge: units.map(Uint128::new) }
            }
        ),
    ]
}

fn group() -> BoxedStrategy<Group> {
    let times = (
        option::of(limits::HEARTBEAT_MIN_SECONDS..=limits::HEARTBEAT_MAX_SECONDS),
        option::of(1..=limits::READY_SECONDS),
        option::of(0..=limits::NOTICE_SECONDS),
        option::of(1..=limits::TERM_SECONDS),
    );
    let money = (1..=limits::RATE, option::of(0..=limits::AMOUNT));
    let order =
        (1..=limits::ORDER_SECONDS).prop_flat_map(|expires| (Just(expires), selection(expires)));
    let lists = (auditors(), auditors());
    let wanted = (vec(unit(), 1..=2), requirements());
    (text(NAME_BYTES), wanted, money, order, times, lists)
        .prop_map(|(name, (resources, requirements), money, order, times, (allow, deny))| Group {
            name,
            resources,
            requirements,
            max_rate: Uint128::new(money.0),
            selection: order.1,
            expires_in_seconds: order.0,
            heartbeat_window_seconds: times.0,
            ready_within_seconds: times.1,
            notice_seconds: times.2,
            term_seconds: times.3,
            min_stake: money.1.map(Uint128::new),
            allow,
            deny,
        })
        .boxed()
}

/// A deployment of one to three groups with names of their own.
pub(crate) fn deployment() -> BoxedStrategy<Deployment> {
    let groups = vec(group(), 1..=3).prop_map(|mut groups| {
        let mut names = BTreeSet::new();
        groups.retain(|group| names.insert(group.name.clone()));
        groups
    });
    let runway = limits::RUNWAY_MIN_SECONDS..=limits::RUNWAY_MAX_SECONDS;
    (manifest(), groups, runway, operators(), access_keys())
        .prop_map(|(manifest, groups, runway_seconds, local_operators, access_keys)| Deployment {
            manifest,
            groups,
            runway_seconds,
            local_operators,
            access_keys,
        })
        .boxed()
}
