//! Property: what the contracts compute themselves about transfers is what the chains compute.

use protocol::hooks::intermediary;
use protocol::ics20::{
    End, FungibleTokenPacketData, SUCCESS_ACK, TransferOutcome, outcome, received_denom, voucher,
};
use sha2::{Digest, Sha256};

const HOME: End<'_> = End { port: "transfer", channel: "channel-141" };
const AWAY: End<'_> = End { port: "transfer", channel: "channel-0" };

fn received(denom: &str) -> String {
    received_denom(HOME, AWAY, denom)
}

/// Hashes are those of `printf PATH | sha256sum`; the first two are known from public chains.
#[test]
fn vouchers_are_the_hash_of_their_path() {
    for (path, hash) in [
        (
            "transfer/channel-0/uatom",
            "27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2",
        ),
        (
            "transfer/channel-0/uosmo",
            "ED07A3391A112B175915CD8FAF43A2DA8E4790EDE12566649D0C2F97716B8518",
        ),
        (
            "transfer/channel-1/uatom",
            "C4CFF46FD6DE35CA4CF4CE031E643C8FDC9BA4B99AE598E9B0ED98FE3A2319F9",
        ),
    ] {
        assert_eq!(voucher(path), format!("ibc/{hash}"));
    }
}

#[test]
fn a_coin_from_its_own_chain_gains_a_hop() {
    assert_eq!(
        received("uatom"),
        "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2"
    );
}

#[test]
fn a_coin_that_came_another_way_gains_a_hop_on_top() {
    for denom in
        ["transfer/channel-3/uatom", "transfer/channel-141x/uatom", "other/channel-141/uatom"]
    {
        assert_eq!(received(denom), voucher(&format!("transfer/channel-0/{denom}")), "{denom}");
    }
}

#[test]
fn a_coin_that_comes_back_loses_its_last_hop() {
    for native in [
        "uusdx",
        "factory/home1abc/sub",
        "factory/home1abc/sub/with/slashes",
        "gamm/pool/1",
        "erc20/0xdac17f958d2ee523a2206f994597c13d831ec7",
        "a/channel-5",
    ] {
        assert_eq!(received(&format!("transfer/channel-141/{native}")), native);
    }
}

#[test]
fn a_coin_that_comes_back_from_further_away_stays_a_voucher() {
    assert_eq!(
        received("transfer/channel-141/transfer/channel-1/uatom"),
        "ibc/C4CFF46FD6DE35CA4CF4CE031E643C8FDC9BA4B99AE598E9B0ED98FE3A2319F9"
    );
    for path in [
        "transfer/channel-1/transfer/channel-2/uatom",
        "transfer/channel-18446744073709551615/uatom",
        "transfer/07-tendermint-3/uatom",
        "transfer/09-localhost/uatom",
        "factory/channel-0/x",
        "gamm/pool-1/x",
    ] {
        assert_eq!(received(&format!("transfer/channel-141/{path}")), voucher(path), "{path}");
    }
}

#[test]
fn what_only_looks_like_a_hop_is_part_of_the_name() {
    for native in [
        "x/channel-/y",
        "x/channel/y",
        "x/-1/y",
        "x/channel--1/y",
        "x/channel-1a/y",
        "x/channel-+1/y",
        "x/chan nel-1/y",
        "x/channel-18446744073709551616/y",
        "x/channel-000000000000000000001/y",
        "x/y/channel-1/z",
    ] {
        assert_eq!(received(&format!("transfer/channel-141/{native}")), native);
    }
}

#[test]
fn acknowledgements_of_transfers_are_told_apart() {
    assert_eq!(outcome(SUCCESS_ACK), TransferOutcome::Arrived);
    let error = "ABCI code: 6: error handling packet: see events for details";
    assert_eq!(
        outcome(format!(r#"{{"error":"{error}"}}"#).as_bytes()),
        TransferOutcome::Reverted { error: error.into() }
    );
    for unreadable in [
        "",
        "{}",
        "null",
        r#"{"result":1}"#,
        r#"{"result":"not base64!"}"#,
        r#"{"result":"AQ==","error":"x"}"#,
        r#"{"error":"x","error":"y"}"#,
        r#"{"result":"AQ=="}x"#,
        "\u{0}",
    ] {
        assert_eq!(outcome(unreadable.as_bytes()), TransferOutcome::Unreadable, "{unreadable}");
    }
    assert_eq!(outcome(&[0xff, 0xfe]), TransferOutcome::Unreadable);
}

#[test]
fn packet_data_without_memo_is_read_and_additions_are_ignored() {
    let text = r#"{"amount":"5","denom":"uatom","later":{},"receiver":"b","sender":"a"}"#;
    let data: FungibleTokenPacketData = serde_json::from_str(text).unwrap();
    let expected = FungibleTokenPacketData {
        denom: "uatom".into(),
        amount: "5".into(),
        sender: "a".into(),
        receiver: "b".into(),
        memo: String::new(),
    };
    assert_eq!(data, expected);
    let twice = text.replace("\"sender\"", "\"sender\":\"x\",\"sender\"");
    serde_json::from_str::<FungibleTokenPacketData>(&twice).unwrap_err();
}

/// The account that Osmosis derives for this sender, as other projects have published it:
/// `osmo1nt0pudh879m6enw4j6z4mvyu3vmwawjv5gr7xw6lvhdsdpn3m0qs74xdjl`, without its bech32 clothes.
#[test]
fn the_intermediary_of_hooks_is_the_one_that_osmosis_derives() {
    let derived = intermediary("channel-0", "juno12smx2wdlyttvyzvzg54y2vnqwq2qjatezqwqxu");
    let hex: String = derived.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "9ade1e36e7f177accdd596855db09c8b36eeba4ca207e33b5f65db068671dbc1");
}

#[test]
fn the_intermediary_of_hooks_is_the_sdks_address_hash() {
    let mut preimage = Sha256::digest("ibc-wasm-hook-intermediary").to_vec();
    preimage.extend_from_slice(b"channel-7/home1dao");
    let expected: [u8; 32] = Sha256::digest(preimage).into();
    assert_eq!(intermediary("channel-7", "home1dao"), expected);
    assert_ne!(intermediary("channel-7", "home1dap"), expected);
}
