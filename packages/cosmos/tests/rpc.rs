//! What becomes of a node that is absent, slow, wrong or no node at all.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cosmos::chain::price::PriceModule;
use cosmos::chain::{Chain, ChainConfig};
use cosmos::rpc::socket::NewBlocks;
use cosmos::rpc::{Blame, Fault, QueryError, Rpc};
use cosmos::wire::gas::GasPrice;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const LIMIT: Duration = Duration::from_secs(2);

/// A server that gives every connection the same answer.
async fn server(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    address
}

async fn fault(status: &'static str, body: &str) -> Fault {
    let address = server(status, body.to_owned()).await;
    let error = Rpc::new(&address, LIMIT).unwrap().status().await.unwrap_err();
    assert_eq!((error.endpoint.as_str(), error.method), (address.as_str(), "status"));
    assert!(error.to_string().starts_with(&address) && error.to_string().contains("`status`"));
    error.fault
}

#[tokio::test]
async fn an_absent_node_is_unreachable() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = Rpc::new(&format!("http://{unused}"), LIMIT).unwrap().status().await.unwrap_err();
    assert!(matches!(error.fault, Fault::Unreachable(_)), "{error}");
    assert_eq!(error.fault.blame(), Blame::Node);
    let error = NewBlocks::subscribe(&format!("http://{unused}"), LIMIT).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn a_silent_node_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let limit = Duration::from_millis(50);
    let error = Rpc::new(&address, limit).unwrap().status().await.unwrap_err();
    assert!(matches!(error.fault, Fault::Timeout(_)), "{error}");
    let error = NewBlocks::subscribe(&address, limit).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Timeout(_)), "{error}");
}

#[tokio::test]
async fn something_else_at_the_address_is_told_by_its_status() {
    let fault = fault("404 Not Found", "<html>no such page</html>").await;
    assert!(matches!(&fault, Fault::Http { status: 404, body } if body.contains("no such page")));
}

#[tokio::test]
async fn other_answers_are_malformed() {
    for body in ["", "[]", "{}", "<html>", r#"{"result":{}}"#, r#"{"result":null}"#] {
        let fault = fault("200 OK", body).await;
        assert!(matches!(fault, Fault::Malformed(_)), "{body}: {fault}");
    }
}

#[tokio::test]
async fn a_refusal_keeps_the_reason_of_the_node() {
    let body =
        r#"{"error":{"code":-32603,"message":"Internal error","data":"height 9 is pruned"}}"#;
    let fault = fault("500 Internal Server Error", body).await;
    assert!(matches!(&fault, Fault::Refused { code: -32603, data, .. } if data.contains("pruned")));
    assert_eq!(fault.blame(), Blame::Place);
}

#[tokio::test]
async fn a_proof_of_another_height_is_not_taken() {
    let body = r#"{"result":{"response":{"code":0,"value":null,"height":"8"}}}"#;
    let rpc = Rpc::new(&server("200 OK", body.to_owned()).await, LIMIT).unwrap();
    let error = rpc.prove(b"key".to_vec(), 9).await.unwrap_err();
    assert!(
        matches!(&error, QueryError::Malformed { reason, .. } if reason.contains("expected 9"))
    );
    let error = rpc.prove(b"key".to_vec(), 8).await.unwrap_err();
    assert!(matches!(&error, QueryError::Malformed { reason, .. } if reason.contains("0 steps")));
}

#[tokio::test]
async fn pages_of_validators_must_add_up() {
    let body = r#"{"result":{"validators":[],"total":"3"}}"#;
    let rpc = Rpc::new(&server("200 OK", body.to_owned()).await, LIMIT).unwrap();
    let error = rpc.validators(1).await.unwrap_err();
    assert!(matches!(&error.fault, Fault::Malformed(reason) if reason.contains("pages")));
}

/// What the modules answer, written down byte by byte after their `.proto`: there is no chain with them here.
#[tokio::test]
async fn prices_of_gas_are_read_as_the_modules_write_them() {
    const STATUS: &str = r#""node_info":{"network":"c-1","version":"1"},"sync_info":{"latest_block_height":"1","latest_block_time":"2026-11-22T16:12:23Z","earliest_block_height":"1","catching_up":false}"#;
    for (module, hex, price) in [
        // GasPriceResponse { price: DecCoin { denom: "uatom", amount: "5000000000000000" } }: 0.005 of it.
        (
            PriceModule::Feemarket,
            "0a190a057561746f6d121035303030303030303030303030303030",
            Ok(5_000_000_000_000_000),
        ),
        // QueryEipBaseFeeResponse { base_fee: "10000000000000000" }: 0.01 uosmo.
        (
            PriceModule::Osmosis,
            "0a113130303030303030303030303030303030",
            Ok(10_000_000_000_000_000),
        ),
        // A price with a point is of another version.
        (PriceModule::Osmosis, "0a04302e3031", Err("`0.01` is no number")),
        (PriceModule::Feemarket, "", Err("none in it")),
    ] {
        let value = STANDARD.encode(hex::decode(hex).unwrap());
        let body = format!(
            r#"{{"result":{{{STATUS},"response":{{"code":0,"value":"{value}","height":"1"}}}}}}"#
        );
        let config = ChainConfig {
            chain_id: "c-1".into(),
            rpc: server("200 OK", body).await,
            prefix: "c".into(),
            gas_price: GasPrice::new(1, "uatom"),
        };
        let chain = Chain::connect(config).await.unwrap();
        let got = chain.base_gas_price(module, "uatom").await.map_err(|error| error.to_string());
        match price {
            Ok(price) => assert_eq!(got, Ok(price)),
            Err(reason) => assert!(got.as_ref().is_err_and(|got| got.contains(reason)), "{got:?}"),
        }
    }
}

#[test]
fn addresses_are_checked() {
    for address in ["", "127.0.0.1:26657", "tcp://127.0.0.1:26657", "ws://node"] {
        let error = Rpc::new(address, LIMIT).unwrap_err();
        assert!(matches!(error.fault, Fault::Address(_)), "{address}");
    }
}
