//! What the chain says, as its own types write it.

use std::fmt::Debug;

use cosmwasm_std::{
    Addr, BalanceResponse, Binary, ChannelResponse, Coin, ContractResult, IbcAckCallbackMsg,
    IbcAcknowledgement, IbcDestinationCallbackMsg, IbcEndpoint, IbcPacket, IbcPacketAckMsg,
    IbcPacketReceiveMsg, IbcPacketTimeoutMsg, IbcSourceCallbackMsg, IbcTimeout, IbcTimeoutBlock,
    IbcTimeoutCallbackMsg, IbcTransferCallback, MessageInfo, SystemError, SystemResult, Timestamp,
    coin, to_json_vec,
};
use protocol::json::{Decode, from_slice};
use serde::Serialize;

/// Encodes with serde, decodes with ours, with a field more that a later chain may send.
fn same<T: Serialize + Decode + PartialEq + Debug>(value: &T) {
    let json = to_json_vec(value).unwrap();
    assert_eq!(&from_slice::<T>(&json).unwrap(), value);
    let text = String::from_utf8(json).unwrap();
    let more = text.replacen("{\"", "{\"\":[{}],\"", 1);
    let is_struct =
        !["{\"ok\"", "{\"error\"", "{\"ack", "{\"timeout\""].iter().any(|v| text.starts_with(v));
    if is_struct {
        assert_eq!(&from_slice::<T>(more.as_bytes()).unwrap(), value);
    }
}

fn packets() -> Vec<IbcPacket> {
    let block = IbcTimeoutBlock { revision: 1, height: u64::MAX };
    let time = Timestamp::from_nanos(u64::MAX);
    let end = |port: &str| IbcEndpoint { port_id: port.into(), channel_id: "channel-0".into() };
    [block.into(), time.into(), IbcTimeout::with_both(block, time)]
        .map(|timeout| IbcPacket::new(b"\xff\x00", end("transfer"), end("wasm.x"), 7, timeout))
        .into()
}

#[test]
fn packets_and_callbacks() {
    let relayer = Addr::unchecked("relayer");
    let ack = IbcAcknowledgement::new(b"{}");
    for packet in packets() {
        same(&IbcPacketReceiveMsg::new(packet.clone(), relayer.clone()));
        same(&IbcPacketTimeoutMsg::new(packet.clone(), relayer.clone()));
        same(&IbcPacketAckMsg::new(ack.clone(), packet.clone(), relayer.clone()));
        same(&IbcSourceCallbackMsg::Acknowledgement(IbcAckCallbackMsg::new(
            ack.clone(),
            packet.clone(),
            relayer.clone(),
        )));
        let timeout = IbcTimeoutCallbackMsg::new(packet.clone(), relayer.clone());
        same(&IbcSourceCallbackMsg::Timeout(timeout));
        let funds = vec![coin(u128::MAX, "uusdc"), coin(0, "ibc/AB")];
        let arrived =
            IbcTransferCallback { sender: "far".into(), receiver: Addr::unchecked("us"), funds };
        for transfer in [None, Some(arrived)] {
            same(&IbcDestinationCallbackMsg { packet: packet.clone(), ack: ack.clone(), transfer });
        }
    }
}

#[test]
fn senders_and_answers() {
    same(&MessageInfo { sender: Addr::unchecked("me"), funds: vec![coin(5, "u")] });
    let largest = Coin { denom: "u".into(), amount: cosmwasm_std::Uint256::MAX };
    same(&BalanceResponse::new(largest));
    same(&ChannelResponse::new(None));
    type Answer = SystemResult<ContractResult<Binary>>;
    let good: Answer = SystemResult::Ok(ContractResult::Ok(Binary::new(vec![1, 2])));
    let bad: Answer = SystemResult::Ok(ContractResult::Err("no".into()));
    same(&good);
    same(&bad);
    for error in [
        SystemError::InvalidRequest { error: "e".into(), request: Binary::new(vec![1]) },
        SystemError::InvalidResponse { error: "e".into(), response: Binary::new(vec![2]) },
        SystemError::NoSuchContract { addr: "a".into() },
        SystemError::NoSuchCode { code_id: u64::MAX },
        SystemError::Unknown {},
        SystemError::UnsupportedRequest { kind: "k".into() },
    ] {
        let answer: Answer = SystemResult::Err(error);
        same(&answer);
    }
}
