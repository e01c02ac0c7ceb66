//! A contract that does with IBC whatever a test tells it, and counts what it saw.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    Binary, Coin, Deps, DepsMut, Empty, Env, Ibc3ChannelOpenResponse, IbcAcknowledgement,
    IbcBasicResponse, IbcChannelCloseMsg, IbcChannelConnectMsg, IbcChannelOpenMsg,
    IbcChannelOpenResponse, IbcDestinationCallbackMsg, IbcMsg, IbcPacketAckMsg,
    IbcPacketReceiveMsg, IbcPacketTimeoutMsg, IbcReceiveResponse, IbcSourceCallbackMsg,
    MessageInfo, Reply, Response, StdError, StdResult, Storage, SubMsg, SubMsgResult, WasmMsg,
    from_json, to_json_binary,
};
use cw_multi_test::ContractWrapper;
use simnet::IbcContract;

pub(crate) const VERSION: &str = "probe-1";

#[cw_serde]
pub(crate) enum Execute {
    Send { channel: String, data: String, timeout_seconds: u64 },
    Transfer { channel: String, to: String, coin: Coin, timeout_seconds: u64, memo: String },
    Answer { channel: String, sequence: u64 },
    Close { channel: String },
    Fail {},
}

/// What the contract saw, by name.
#[cw_serde]
pub(crate) enum Query {
    Count { of: String },
    Last { of: String },
}

pub(crate) fn code() -> Box<IbcContract> {
    let ordinary = ContractWrapper::new(execute, instantiate, query).with_reply(reply);
    Box::new(
        IbcContract::new(Box::new(ordinary))
            .with_channel(open, connect, close)
            .with_packets(receive, ack, timeout)
            .with_callbacks(source_callback, destination_callback),
    )
}

fn note(storage: &mut dyn Storage, name: &str, what: &str) {
    let count = count(storage, name) + 1;
    storage.set(format!("count/{name}").as_bytes(), &[count]);
    storage.set(format!("last/{name}").as_bytes(), what.as_bytes());
}

fn count(storage: &dyn Storage, name: &str) -> u8 {
    storage.get(format!("count/{name}").as_bytes()).map_or(0, |value| value[0])
}

fn instantiate(_: DepsMut<'_>, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

fn execute(deps: DepsMut<'_>, env: Env, _: MessageInfo, msg: Execute) -> StdResult<Response> {
    let until = |seconds| env.block.time.plus_seconds(seconds).into();
    let ibc = match msg {
        Execute::Send { channel, data, timeout_seconds } => IbcMsg::SendPacket {
            channel_id: channel,
            data: data.into_bytes().into(),
            timeout: until(timeout_seconds),
        },
        Execute::Transfer { channel, to, coin, timeout_seconds, memo } => IbcMsg::Transfer {
            channel_id: channel,
            to_address: to,
            amount: coin,
            timeout: until(timeout_seconds),
            memo: Some(memo),
        },
        Execute::Answer { channel, sequence } => IbcMsg::WriteAcknowledgement {
            channel_id: channel,
            packet_sequence: sequence,
            ack: IbcAcknowledgement::new(b"late"),
        },
        Execute::Close { channel } => IbcMsg::CloseChannel { channel_id: channel },
        Execute::Fail {} => {
            note(deps.storage, "failed", "");
            return Err(StdError::msg("secret reason"));
        }
    };
    Ok(Response::new().add_submessage(SubMsg::reply_always(ibc, 1)))
}

fn reply(deps: DepsMut<'_>, _: Env, reply: Reply) -> StdResult<Response> {
    match reply.result {
        SubMsgResult::Ok(response) => {
            for answer in response.msg_responses.iter().filter(|answer| !answer.value.is_empty()) {
                note(
                    deps.storage,
                    "sent",
                    &format!("{}={:?}", answer.type_url, &answer.value[1..]),
                );
            }
        }
        SubMsgResult::Err(text) => note(deps.storage, "reply_error", &text),
    }
    Ok(match reply.id {
        2 => Response::new().set_data(b"from reply"),
        _ => Response::new(),
    })
}

fn query(deps: Deps<'_>, _: Env, msg: Query) -> StdResult<Binary> {
    match msg {
        Query::Count { of } => to_json_binary(&count(deps.storage, &of)),
        Query::Last { of } => {
            let last = deps.storage.get(format!("last/{of}").as_bytes()).unwrap_or_default();
            to_json_binary(&String::from_utf8_lossy(&last))
        }
    }
}

fn open(_: DepsMut<'_>, _: Env, msg: IbcChannelOpenMsg) -> StdResult<IbcChannelOpenResponse> {
    if msg.channel().version == VERSION {
        Ok(Some(Ibc3ChannelOpenResponse { version: VERSION.into() }))
    } else {
        Err(StdError::msg("unknown version"))
    }
}

fn connect(deps: DepsMut<'_>, _: Env, msg: IbcChannelConnectMsg) -> StdResult<IbcBasicResponse> {
    note(deps.storage, "connected", &msg.channel().counterparty_endpoint.channel_id);
    Ok(IbcBasicResponse::new())
}

fn close(deps: DepsMut<'_>, _: Env, msg: IbcChannelCloseMsg) -> StdResult<IbcBasicResponse> {
    note(deps.storage, "closed", &msg.channel().endpoint.channel_id);
    Ok(IbcBasicResponse::new())
}

fn receive(deps: DepsMut<'_>, env: Env, msg: IbcPacketReceiveMsg) -> StdResult<IbcReceiveResponse> {
    let data = String::from_utf8_lossy(&msg.packet.data).into_owned();
    note(deps.storage, "received", &data);
    let fail = WasmMsg::Execute {
        contract_addr: env.contract.address.into(),
        msg: to_json_binary(&Execute::Fail {})?,
        funds: vec![],
    };
    match data.as_str() {
        "error" => Err(StdError::msg("plain reason")),
        "submessage fails" => Ok(IbcReceiveResponse::new(b"unseen").add_message(fail)),
        "reply decides" => {
            let call = SubMsg::reply_always(fail, 2);
            Ok(IbcReceiveResponse::new(b"overridden").add_submessage(call))
        }
        "no ack" => Ok(IbcReceiveResponse::without_ack()),
        _ => Ok(IbcReceiveResponse::new(b"done")),
    }
}

fn ack(deps: DepsMut<'_>, _: Env, msg: IbcPacketAckMsg) -> StdResult<IbcBasicResponse> {
    note(deps.storage, "acked", &String::from_utf8_lossy(&msg.acknowledgement.data));
    Ok(IbcBasicResponse::new())
}

fn timeout(deps: DepsMut<'_>, _: Env, msg: IbcPacketTimeoutMsg) -> StdResult<IbcBasicResponse> {
    note(deps.storage, "timed_out", &msg.packet.sequence.to_string());
    Ok(IbcBasicResponse::new())
}

fn source_callback(
    deps: DepsMut<'_>,
    _: Env,
    msg: IbcSourceCallbackMsg,
) -> StdResult<IbcBasicResponse> {
    let (kind, packet) = match &msg {
        IbcSourceCallbackMsg::Acknowledgement(msg) => ("acknowledged", &msg.original_packet),
        IbcSourceCallbackMsg::Timeout(msg) => ("timeout", &msg.packet),
    };
    note(deps.storage, "source_callback", kind);
    if memo(&packet.data)?.contains("source fails") {
        return Err(StdError::msg("swallowed"));
    }
    Ok(IbcBasicResponse::new())
}

fn destination_callback(
    deps: DepsMut<'_>,
    env: Env,
    msg: IbcDestinationCallbackMsg,
) -> StdResult<IbcBasicResponse> {
    let transfer = msg.transfer.ok_or_else(|| StdError::msg("no transfer"))?;
    let coin = &transfer.funds[0];
    // The callback runs after the credit, so a receiver that is this contract holds the coin now.
    let held = deps.querier.query_balance(&env.contract.address, &coin.denom)?;
    note(deps.storage, "destination_callback", &format!("{coin} of {}", held.amount));
    if memo(&msg.packet.data)?.contains("refuse") {
        return Err(StdError::msg("unknown_denom: refused on purpose"));
    }
    Ok(IbcBasicResponse::new())
}

fn memo(data: &Binary) -> StdResult<String> {
    let data: serde_json::Value = from_json(data)?;
    Ok(data["memo"].as_str().unwrap_or_default().into())
}
