//! What is stored is what `cw-storage-plus` stores, byte for byte, and is read in the same order.

use cosmwasm_std::testing::MockStorage;
use cosmwasm_std::{Order, Storage, Uint128};
use cw_storage_plus::{Bound, Item as TheirItem, Map as TheirMap};
use store::{Item, Map, Version};

type Key<'a> = (&'a str, u16, u64);

const OURS: Map<Key<'static>, Uint128> = Map::new("amount");
const THEIRS: TheirMap<Key<'static>, Uint128> = TheirMap::new("amount");

/// Keys next to each other in every part, and ends of ranges.
const KEYS: [Key<'static>; 7] = [
    ("a", 0, 1),
    ("a", 255, 0),
    ("a", 256, u64::MAX),
    ("a", 256, 0),
    ("b", 0, 0),
    ("", 1, 1),
    ("ab", 0, 1),
];

fn filled() -> (MockStorage, MockStorage) {
    let (mut ours, mut theirs) = (MockStorage::new(), MockStorage::new());
    for (key, amount) in KEYS.into_iter().zip(5_u128..) {
        OURS.save(&mut ours, key, &Uint128::new(amount)).unwrap();
        THEIRS.save(&mut theirs, key, &Uint128::new(amount)).unwrap();
    }
    // Neighbours that no range may show.
    for storage in [&mut ours, &mut theirs] {
        storage.set(b"\0\x06amoun", b"1");
        storage.set(b"\0\x07amount", b"1");
        storage.set(b"\0\x06amounu", b"1");
    }
    (ours, theirs)
}

fn bytes(storage: &MockStorage) -> Vec<(Vec<u8>, Vec<u8>)> {
    storage.range(None, None, Order::Ascending).collect()
}

#[test]
fn keys_and_values_are_the_same_bytes() {
    let (mut ours, mut theirs) = filled();
    Item::new("last").save(&mut ours, &7_u64).unwrap();
    TheirItem::new("last").save(&mut theirs, &7_u64).unwrap();
    assert_eq!(bytes(&ours), bytes(&theirs));
    OURS.remove(&mut ours, KEYS[0]);
    THEIRS.remove(&mut theirs, KEYS[0]);
    assert_eq!(bytes(&ours), bytes(&theirs));
}

#[test]
fn the_version_is_where_cw2_looks_for_it() {
    let (mut ours, mut theirs) = (MockStorage::new(), MockStorage::new());
    Version::save(&mut ours, "crates.io:some", "1.2.3").unwrap();
    cw2::set_contract_version(&mut theirs, "crates.io:some", "1.2.3").unwrap();
    assert_eq!(bytes(&ours), bytes(&theirs));
    let Version { contract, version } = Version::load(&theirs).unwrap();
    assert_eq!((contract.as_str(), version.as_str()), ("crates.io:some", "1.2.3"));
}

#[test]
fn values_are_read_back() {
    let (storage, _) = filled();
    assert_eq!(OURS.load(&storage, KEYS[3]).unwrap(), Uint128::new(8));
    assert!(OURS.has(&storage, KEYS[3]) && !OURS.has(&storage, ("c", 0, 0)));
    assert_eq!(OURS.may_load(&storage, ("c", 0, 0)).unwrap(), None);
    assert!(
        OURS.load(&storage, ("c", 0, 0)).unwrap_err().to_string().contains("nothing is stored")
    );
    assert!(Item::<u64>::new("last").load(&storage).is_err());
    assert!(!Item::<u64>::new("last").exists(&storage));
    assert_eq!(Item::<u64>::new("last").may_load(&storage).unwrap(), None);
}

#[test]
fn a_value_that_does_not_decode_is_an_error_and_not_absent() {
    let mut storage = MockStorage::new();
    storage.set(b"last", b"\"7\"");
    assert!(Item::<u64>::new("last").may_load(&storage).is_err());
}

#[test]
fn ranges_are_the_same_in_both_orders_and_between_all_bounds() {
    let (ours, theirs) = filled();
    let bounds = || {
        let ends = KEYS.into_iter().chain([("a", 300, 3)]);
        let both = ends.flat_map(|key| [Some(Bound::inclusive(key)), Some(Bound::exclusive(key))]);
        both.chain([None])
    };
    let mut seen = 0;
    for (min, max) in bounds().flat_map(|min| bounds().map(move |max| (min.clone(), max))) {
        for order in [Order::Ascending, Order::Descending] {
            let expected: Vec<_> = THEIRS
                .range(&theirs, min.clone(), max.clone(), order)
                .map(Result::unwrap)
                .collect();
            let got: Vec<_> =
                OURS.range(&ours, min.clone(), max.clone(), order).map(Result::unwrap).collect();
            assert_eq!(got, expected);
            let keys: Vec<_> =
                OURS.keys(&ours, min.clone(), max.clone(), order).map(Result::unwrap).collect();
            assert_eq!(keys, expected.into_iter().map(|(key, _)| key).collect::<Vec<_>>());
            seen += keys.len();
        }
    }
    assert!(seen > 500, "saw only {seen}");
}

#[test]
fn prefixes_show_the_same() {
    let (ours, theirs) = filled();
    for first in ["", "a", "ab", "b", "c"] {
        let expected: Vec<_> = THEIRS
            .sub_prefix(first)
            .range(&theirs, None, None, Order::Ascending)
            .map(Result::unwrap)
            .collect();
        let prefix = OURS.sub_prefix(first);
        let got: Vec<_> =
            prefix.range(&ours, None, None, Order::Ascending).map(Result::unwrap).collect();
        assert_eq!(got, expected);
        assert_eq!(prefix.is_empty(&ours), expected.is_empty());
        let min = Some(Bound::exclusive(0_u64));
        let expected: Vec<_> = THEIRS
            .prefix((first, 256))
            .keys(&theirs, min.clone(), None, Order::Descending)
            .map(Result::unwrap)
            .collect();
        let prefix = OURS.prefix((first, 256));
        let got: Vec<_> =
            prefix.keys(&ours, min, None, Order::Descending).map(Result::unwrap).collect();
        assert_eq!(got, expected);
    }
}
