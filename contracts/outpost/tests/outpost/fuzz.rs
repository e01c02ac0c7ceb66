//! Any bytes: no entry point that must not fail does, and the books stay whole.

use cosmwasm_std::Binary;
use outpost::msg::ExecuteMsg;
use proptest::prelude::*;
use protocol::ics20::{self, TransferOutcome};

use crate::suite::{CONTROL, Suite};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Rule 10: acknowledgements never fail, for any bytes.
    #[test]
    fn any_bytes_end_a_packet_well(data in bytes()) {
        let mut suite = Suite::connected();
        let seq = suite.bought("dao", 1_000);
        let (_, sent) = suite.buy("dao", 500);
        if let TransferOutcome::Reverted { .. } = ics20::outcome(&data) {
            suite.receive_coins(std::slice::from_ref(&sent.coin));
        }
        suite.source_callback(&sent, Some(&data));
        suite.execute("dao", &ExecuteMsg::Close { seq }, &[]).unwrap();
        let posted = suite.last_posted();
        suite.answer_bytes(&posted, &data);
        suite.answer_bytes(&posted, &data);
    }

    // Rule 9: a packet of the market is always answered.
    #[test]
    fn any_bytes_are_answered(data in bytes()) {
        let mut suite = Suite::connected();
        suite.bought("dao", 1_000);
        suite.tell_bytes(CONTROL, Binary::from(data));
    }
}

/// Arbitrary bytes, and bytes that look like what is expected.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let near = prop::sample::select(vec![
        r#"{"result":"AQ=="}"#,
        r#"{"result":5}"#,
        r#"{"error":"ABCI code: 6"}"#,
        r#"{"answer":{"done":{}}}"#,
        r#"{"answer":{"never":{"at":18446744073709551615}}}"#,
        r#"{"answer":{"deployment":{"seq":1,"revision":1,"state":"open","at":1,"free":"1","rate":"1"}}}"#,
        r#"{"refused":{"code":"not_found","detail":"x"}}"#,
        r#"{"v":1,"id":1,"settled":{"n":1}}"#,
        r#"{"v":1,"id":1,"notice":{"account":"a","seq":1}}"#,
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        near.prop_map(|text| text.as_bytes().to_vec()),
        Just(vec![b'['; 10_000]),
    ]
}
