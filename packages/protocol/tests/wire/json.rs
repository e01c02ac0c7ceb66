//! Decoding with little code: same values, stricter forms, errors that name the field.

use cosmwasm_std::Uint128;
use protocol::deployment::{GpuModel, Volume};
use protocol::json::{Decode, from_slice};
use protocol::{Otherwise, Selection};

fn refused<T: Decode + std::fmt::Debug>(json: &str) -> String {
    from_slice::<T>(json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn fields_may_come_in_any_order_and_defaults_may_be_absent() {
    let model: GpuModel = from_slice(br#"{"model":"a100","vendor":"nvidia"}"#).unwrap();
    let expected = GpuModel { vendor: "nvidia".into(), model: Some("a100".into()), ram_gib: None };
    assert_eq!(model, expected);
    let volume: Volume = from_slice(br#"{"bytes":5,"class":"ram"}"#).unwrap();
    assert!(!volume.persistent);
    let selection: Selection = from_slice(br#"{"offer":{"offer":7}}"#).unwrap();
    assert_eq!(
        selection,
        Selection::Offer { offer: 7, otherwise: Otherwise::Order, max_charge: None }
    );
}

#[test]
fn an_absent_field_is_named() {
    assert_eq!(refused::<GpuModel>(r#"{"model":"a100"}"#), "missing field `vendor`");
    assert_eq!(refused::<Volume>(r#"{"class":"ram"}"#), "missing field `bytes`");
}

#[test]
fn an_unknown_or_repeated_field_is_named() {
    let unknown = refused::<Volume>(r#"{"class":"ram","bytes":5,"size":6}"#);
    assert_eq!(unknown, "unknown field `size`, expected one of `class`, `bytes`, `persistent`");
    let twice = refused::<Volume>(r#"{"class":"ram","bytes":5,"bytes":6}"#);
    assert_eq!(twice, "duplicate field `bytes`");
    assert!(refused::<Selection>(r#"{"manual":{"x":1}}"#).contains("there are no fields"));
}

#[test]
fn a_struct_has_no_second_form_as_a_list() {
    assert!(refused::<Volume>(r#"["ram",5,true]"#).contains("expected an object"));
}

#[test]
fn other_types_in_place_are_refused_with_what_was_expected() {
    for (json, part) in [
        (r#"{"class":5,"bytes":5}"#, "expected a string"),
        (r#"{"class":"ram","bytes":-5}"#, "expected a number from zero up"),
        (r#"{"class":"ram","bytes":"5"}"#, "expected a number from zero up"),
        (r#"{"class":"ram","bytes":5.5}"#, "found `5.5`"),
        (r#"{"class":"ram","bytes":5,"persistent":1}"#, "expected true or false"),
    ] {
        let reason = refused::<Volume>(json);
        assert!(reason.contains(part), "{json}: {reason}");
    }
}

#[test]
fn the_path_to_a_wrong_value_is_named() {
    for (json, expected) in [
        (r#"{"offer":{"offer":true}}"#, "offer.offer: expected a number from zero up"),
        (r#"{"lowest":{}}"#, "lowest: missing field `bidding_seconds`"),
        (r#"{"auction":{}}"#, "unknown variant `auction`, expected one of `manual`"),
    ] {
        let reason = refused::<Selection>(json);
        assert!(reason.starts_with(expected), "{reason}");
    }
    let lists = refused::<Vec<(u64, Option<Uint128>)>>(r#"[[1,null],[2,"3"],[4,"five"]]"#);
    assert!(lists.starts_with("[2][1]: expected a number in a string, found `five`"), "{lists}");
    assert_eq!(refused::<Vec<u64>>("[1,]"), "expected value at byte 3");
}

#[test]
fn numbers_above_two_to_the_64_are_read_where_they_are_expected() {
    let largest: u128 = from_slice(b"340282366920938463463374607431768211455").unwrap();
    assert_eq!(largest, u128::MAX);
    assert!(refused::<u128>("340282366920938463463374607431768211456").contains("2^128"));
    let list: Vec<(u64, Option<Uint128>)> =
        from_slice(br#"[[1,"340282366920938463463374607431768211455"],[2,null]]"#).unwrap();
    assert_eq!(list, [(1, Some(Uint128::MAX)), (2, None)]);
}
