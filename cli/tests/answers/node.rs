//! A node that answers queries as it is told to, and puts every transaction that its contract takes into a block.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use cosmos::ibc_proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountInfoResponse};
use cosmos::ibc_proto::cosmos::base::abci::v1beta1::GasInfo;
use cosmos::ibc_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use cosmos::wire::tx::decode;
use cosmos::wire::wasm::{
    MsgExecuteContract, QuerySmartContractStateRequest, QuerySmartContractStateResponse,
};
use cosmwasm_std::Binary;
use prost::Message as _;
use serde_json::{Value, json};

/// What a contract answers to a question, and to a message, `{"execute": …}`: a text refuses that.
pub(crate) type Contract = fn(&Value) -> Value;

/// Which packets on the transfer channel still wait for their answers, as the channel module encodes them.
pub(crate) type Waiting = &'static [u8];

/// Starts a node of a chain with one contract; returns its address. It ends with the test.
pub(crate) fn start(chain: &'static str, contract: Contract, waiting: Waiting) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap(), chain, contract, waiting);
        }
    });
    address
}

/// Answers one call and hangs up.
fn serve(mut stream: TcpStream, chain: &str, contract: Contract, waiting: Waiting) {
    let call = request(&mut stream);
    let params = &call["params"];
    let result = match (call["method"].as_str(), params["path"].as_str()) {
        (Some("status"), _) => json!({
            "node_info": { "network": chain, "version": "0.38.19" },
            "sync_info": {
                "latest_block_height": "9",
                "latest_block_time": "2026-11-22T16:12:23Z",
                "earliest_block_height": "1",
                "catching_up": false,
            },
        }),
        (_, Some("/cosmwasm.wasm.v1.Query/SmartContractState")) => {
            let data = hex::decode(params["data"].as_str().unwrap()).unwrap();
            let asked = QuerySmartContractStateRequest::decode(data.as_slice()).unwrap();
            let said = contract(&serde_json::from_slice(&asked.query_data).unwrap());
            let answer = QuerySmartContractStateResponse { data: said.to_string().into_bytes() };
            value(&answer.encode_to_vec())
        }
        (_, Some("/ibc.core.channel.v1.Query/PacketCommitments")) => value(waiting),
        (_, Some("/cosmos.auth.v1beta1.Query/AccountInfo")) => {
            let info = Some(BaseAccount::default());
            value(&QueryAccountInfoResponse { info }.encode_to_vec())
        }
        (_, Some("/cosmos.tx.v1beta1.Service/Simulate")) => {
            simulated(params["data"].as_str().unwrap(), contract)
        }
        (Some("abci_info"), _) => json!({ "response": { "last_block_height": "9" } }),
        (Some("broadcast_tx_sync"), _) => json!({ "code": 0 }),
        (Some("tx"), _) => {
            let result = json!({ "code": 0, "gas_used": "9" });
            json!({ "height": "9", "index": 0, "tx_result": result, "tx": "" })
        }
        other => panic!("the node is asked for {other:?}"),
    };
    let text = json!({ "result": result }).to_string();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close", text.len());
    stream.write_all(format!("{head}\r\n\r\n{text}").as_bytes()).unwrap();
}

/// What a dry run of a message to the contract comes to.
fn simulated(data: &str, contract: Contract) -> Value {
    let request = SimulateRequest::decode(&hex::decode(data).unwrap()[..]).unwrap();
    let msgs = decode(&request.tx_bytes).unwrap().msgs;
    let call = MsgExecuteContract::decode(&msgs[0].value[..]).unwrap();
    let told: Value = serde_json::from_slice(&call.msg).unwrap();
    if let Value::String(log) = contract(&json!({ "execute": told })) {
        return json!({ "response": { "code": 5, "codespace": "sdk", "log": log } });
    }
    let gas_info = Some(GasInfo { gas_wanted: 0, gas_used: 100_000 });
    value(&SimulateResponse { gas_info, result: None }.encode_to_vec())
}

fn value(bytes: &[u8]) -> Value {
    json!({ "response": { "code": 0, "value": Binary::from(bytes), "height": "9" } })
}

fn request(stream: &mut TcpStream) -> Value {
    let mut text = Vec::new();
    loop {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).unwrap();
        text.extend_from_slice(&part[..read]);
        let so_far = String::from_utf8_lossy(&text);
        let body = so_far.split_once("\r\n\r\n").map(|(_, body)| serde_json::from_str(body));
        if let Some(Ok(call)) = body {
            return call;
        }
        assert!(read > 0, "a call that ends in the middle");
    }
}
