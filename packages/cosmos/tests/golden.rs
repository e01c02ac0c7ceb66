//! What real nodes answered and signed, read back: wasmd v0.61.14, ibc-go v10.5, CometBFT 0.38.
//!
//! `tests/live.rs` records the answers; `wasmd_txs.json` is `wasmd tx … --offline` and `wasmd tx encode`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use cosmos::Any;
use cosmos::ibc_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::ibc_proto::cosmos::tx::v1beta1::{TxBody, TxRaw};
use cosmos::ibc_proto::ibc::lightclients::tendermint::v1::Header;
use cosmos::keys::{HdPath, Key};
use cosmos::rpc::{AbciQuery, BlockResults};
use cosmos::wire::client::{ClientState, ConsensusState};
use cosmos::wire::event_v1::{HandshakeStep, IbcEvent, decode};
use cosmos::wire::header::{HeaderError, LightBlock, Trusted};
use cosmos::wire::height::Height;
use cosmos::wire::packet::{Packet, acknowledgement_commitment};
use cosmos::wire::proof::{ProofError, Proved, from_ops, written_at};
use cosmos::wire::sign::sign;
use cosmos::wire::tx::{Fee, TxPlan, any};
use cosmos::wire::wasm::{
    MsgExecuteContract, MsgInstantiateContract, MsgMigrateContract, MsgStoreCode,
};
use prost::Message;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

const MNEMONIC: &str = "abandon abandon abandon abandon abandon abandon \
                        abandon abandon abandon abandon abandon about";
const ADDRESS: &str = "wasm19rl4cm2hmr8afy4kldpxz3fka4jguq0akuugk7";

fn fixture(name: &str) -> Value {
    let file = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn answer<T: DeserializeOwned>(name: &str, pointer: &str) -> T {
    let value = fixture(name).pointer(pointer).unwrap().clone();
    serde_json::from_value(value).unwrap()
}

fn wasmd_tx(name: &str) -> Vec<u8> {
    BASE64.decode(fixture("wasmd_txs")[name].as_str().unwrap()).unwrap()
}

fn wasmd_message(name: &str) -> Any {
    let raw = TxRaw::decode(wasmd_tx(name).as_slice()).unwrap();
    let body = TxBody::decode(raw.body_bytes.as_slice()).unwrap();
    body.messages.into_iter().next().unwrap()
}

fn coin(amount: &str, denom: &str) -> Coin {
    Coin { denom: denom.into(), amount: amount.into() }
}

fn light_block(commit: &str) -> LightBlock {
    let signed_header = answer(commit, "/result/signed_header");
    LightBlock::new(signed_header, answer("validators", "/result/validators")).unwrap()
}

fn proved(name: &str) -> Proved {
    let query: AbciQuery = answer(name, "/result/response");
    let proof = from_ops(query.proof_ops()).unwrap();
    let value = Some(query.value).filter(|value| !value.is_empty());
    Proved { key: query.key, value, height: query.height, proof }
}

fn events(message: &str) -> Vec<IbcEvent> {
    let results: BlockResults = answer(&format!("results_{message}"), "/result");
    let events = results.txs.iter().flat_map(|tx| &tx.events);
    events.filter_map(|event| decode(event).unwrap()).collect()
}

#[test]
fn a_signed_transaction_has_the_bytes_of_wasmd() {
    let key = Key::from_mnemonic(MNEMONIC, HdPath::cosmos(0)).unwrap();
    assert_eq!(key.address("wasm").unwrap(), ADDRESS);
    let fee = Fee { gas_limit: 200_000, amount: 5_000, denom: "stake".into(), granter: None };
    let send = MsgSend {
        from_address: ADDRESS.into(),
        to_address: ADDRESS.into(),
        amount: vec![coin("5", "utok")],
    };
    let plan = TxPlan {
        chain_id: "golden-1",
        account_number: 7,
        sequence: 3,
        msgs: &[any(&send)],
        fee: &fee,
        memo: "hello",
        timeout_height: 0,
        extension_options: &[],
    };
    assert_eq!(hex::encode(sign(&key, &plan).bytes), hex::encode(wasmd_tx("signed_send")));
}

#[test]
fn contract_messages_have_the_bytes_of_wasmd() {
    let execute = MsgExecuteContract {
        sender: ADDRESS.into(),
        contract: ADDRESS.into(),
        msg: br#"{"ping":{}}"#.to_vec(),
        funds: vec![coin("2", "stake"), coin("3", "utok")],
    };
    assert_eq!(any(&execute), wasmd_message("execute"));
    let instantiate = MsgInstantiateContract {
        sender: ADDRESS.into(),
        admin: ADDRESS.into(),
        code_id: 7,
        label: "lab".into(),
        msg: br#"{"a":1}"#.to_vec(),
        funds: vec![coin("3", "utok")],
    };
    assert_eq!(any(&instantiate), wasmd_message("instantiate"));
    let migrate = MsgMigrateContract {
        sender: ADDRESS.into(),
        contract: ADDRESS.into(),
        code_id: 9,
        msg: b"{}".to_vec(),
    };
    assert_eq!(any(&migrate), wasmd_message("migrate"));
    let stored = wasmd_message("store_code");
    let decoded = MsgStoreCode::decode(stored.value.as_slice()).unwrap();
    assert_eq!(decoded.sender, ADDRESS);
    assert_eq!(any(&decoded), stored);
}

#[test]
fn a_value_is_proved_and_its_leaf_tells_when_it_was_written() {
    let (proved, header) = (proved("proof_commitment"), light_block("commit_send"));
    assert_eq!(header.height().block, proved.height + 1);
    proved.verify(header.app_hash()).unwrap();
    assert_eq!(written_at(&proved.proof).unwrap(), proved.height);

    let other_root = [7; 32];
    assert!(matches!(proved.verify(&other_root), Err(ProofError::Invalid { step: 1, .. })));
    let other_value = Proved { value: Some(vec![1]), ..proved.clone() };
    assert!(matches!(
        other_value.verify(header.app_hash()),
        Err(ProofError::Invalid { step: 0, .. })
    ));
    let other_key = Proved { key: b"other".to_vec(), ..proved.clone() };
    assert!(matches!(
        other_key.verify(header.app_hash()),
        Err(ProofError::Invalid { step: 0, .. })
    ));
    let absent = Proved { value: None, ..proved };
    assert!(matches!(absent.verify(header.app_hash()), Err(ProofError::Invalid { step: 0, .. })));
}

#[test]
fn absence_is_proved() {
    let (proved, header) = (proved("proof_absent"), light_block("commit_absent"));
    assert_eq!(proved.value, None);
    proved.verify(header.app_hash()).unwrap();
    assert_eq!(written_at(&proved.proof), Err(ProofError::NoLeaf));
    let other_key = Proved { key: b"zzz".to_vec(), ..proved.clone() };
    assert!(other_key.verify(header.app_hash()).is_err());
    let present = Proved { value: Some(vec![1]), ..proved };
    assert!(present.verify(header.app_hash()).is_err());
}

#[test]
fn a_proof_has_two_steps() {
    let query: AbciQuery = answer("proof_commitment", "/result/response");
    let [leaf, store] = query.proof_ops() else { panic!("two steps") };
    assert_eq!((leaf.kind.as_str(), store.kind.as_str()), ("ics23:iavl", "ics23:simple"));
    assert_eq!(from_ops(&query.proof_ops()[..1]), Err(ProofError::Steps { got: 1 }));
    assert_eq!(from_ops(&[]), Err(ProofError::Steps { got: 0 }));
}

/// A client that holds the block of the sending, ten seconds after the block it shall learn of.
struct Client {
    state: ClientState,
    held: ConsensusState,
    block: LightBlock,
    next: LightBlock,
}

impl Client {
    fn new() -> Self {
        let (block, next) = (light_block("commit_send"), light_block("commit_absent"));
        let chain_id = block.signed_header().header.chain_id.as_str();
        let day = Duration::from_secs(24 * 3600);
        let state = ClientState::new(chain_id, block.height(), 21 * day, Duration::from_secs(30));
        Self { state, held: ConsensusState::of(&block), block, next }
    }

    fn verify(&self, seconds_later: i64) -> Result<(), HeaderError> {
        let trusted = Trusted {
            height: self.block.height(),
            state: &self.held,
            next_validators: self.block.validators(),
        };
        let now = self.next.time().unix_timestamp() + seconds_later;
        let now = tendermint::Time::from_unix_timestamp(now, 0).unwrap();
        self.next.verify(&self.state, trusted, now)
    }
}

#[test]
fn a_header_verifies_against_an_earlier_one() {
    Client::new().verify(10).unwrap();
}

#[test]
fn headers_that_a_client_refuses_are_refused_here() {
    let invalid = |client: &Client, later: i64, expected: &str| match client.verify(later) {
        Err(HeaderError::Invalid { reason, .. }) if reason.contains(expected) => {}
        other => panic!("expected `{expected}`, got {other:?}"),
    };
    invalid(&Client::new(), 15 * 24 * 3600, "trusting period");
    invalid(&Client::new(), -60, "future");
    let mut other_chain = Client::new();
    other_chain.state.chain_id = "other-1".into();
    invalid(&other_chain, 10, "chain");
    let mut other_validators = Client::new();
    other_validators.held.next_validators_hash = tendermint::Hash::Sha256([1; 32]);
    invalid(&other_validators, 10, "validators");

    let mut forged = fixture("commit_absent").pointer("/result/signed_header").unwrap().clone();
    forged["header"]["app_hash"] = "00".repeat(32).into();
    let forged = serde_json::from_value(forged).unwrap();
    let validators = answer("validators", "/result/validators");
    let next = LightBlock::new(forged, validators).unwrap();
    invalid(&Client { next, ..Client::new() }, 10, "header");
}

#[test]
fn validators_must_be_those_of_the_header() {
    let mut validators = fixture("validators").pointer("/result/validators").unwrap().clone();
    validators[0]["voting_power"] = "99".into();
    let validators = serde_json::from_value(validators).unwrap();
    let signed_header = answer("commit_send", "/result/signed_header");
    let block = LightBlock::new(signed_header, validators);
    assert!(matches!(block, Err(HeaderError::ValidatorsHash { .. })));
    let signed_header = answer("commit_send", "/result/signed_header");
    let empty = LightBlock::new(signed_header, Vec::new());
    assert!(matches!(empty, Err(HeaderError::Validators { count: 0 })));
}

#[test]
fn headers_and_states_pack_and_read_back() {
    let client = Client::new();
    assert_eq!(ClientState::from_any(&client.state.to_any()).unwrap(), client.state);
    let frozen = ClientState { frozen: true, ..client.state.clone() };
    assert_eq!(ClientState::from_any(&frozen.to_any()).unwrap(), frozen);
    assert_eq!(ConsensusState::from_any(&client.held.to_any()).unwrap(), client.held);
    assert!(ClientState::from_any(&client.held.to_any()).is_err());

    let packed = client.next.to_any(client.block.height(), client.block.validators());
    let header = Header::decode(packed.value.as_slice()).unwrap();
    assert_eq!(Height::from(header.trusted_height.unwrap()), client.block.height());
    assert_eq!(header.trusted_validators, header.validator_set);
    assert!(header.validator_set.unwrap().proposer.is_some());
}

#[test]
fn a_packet_is_told_from_sending_to_acknowledgement() {
    let sent = events("MsgTransfer");
    let [IbcEvent::Send(packet, route)] = sent.as_slice() else { panic!("{sent:?}") };
    assert!(!route.ordered && route.connection.starts_with("connection-"));
    assert_eq!((packet.id.src_port.as_str(), packet.id.sequence), ("transfer", 1));
    assert_eq!((packet.timeout_height, packet.timeout_timestamp > 0), (Height::default(), true));
    let data: Value = serde_json::from_slice(&packet.data).unwrap();
    assert_eq!((data["amount"].as_str(), data["memo"].as_str()), (Some("12345"), Some("golden")));
    let committed = proved("proof_commitment").value;
    assert_eq!(committed.as_deref(), Some(packet.commitment().as_slice()));

    let received = events("MsgRecvPacket");
    let [
        IbcEvent::UpdateClient(update),
        IbcEvent::Recv(recv, _),
        IbcEvent::WriteAck(written, _, ack),
    ] = received.as_slice()
    else {
        panic!("{received:?}")
    };
    assert_eq!((recv, written), (packet, packet));
    assert_eq!(ack, br#"{"result":"AQ=="}"#);
    assert_eq!(
        hex::encode(acknowledgement_commitment(ack)),
        "08f7557ed51826fe18d84512bf24ec75001edbaf2123a477df72a0a9f3640a7c"
    );
    assert_eq!(update.client_type, "07-tendermint");
    assert_eq!(update.consensus_heights, [light_block("commit_send").height()]);

    let acked = events("MsgAcknowledgement");
    let [IbcEvent::UpdateClient(_), IbcEvent::Acked(id, _)] = acked.as_slice() else {
        panic!("{acked:?}")
    };
    assert_eq!(id, &packet.id);
}

#[test]
fn handshakes_are_told_step_by_step() {
    use HandshakeStep::{Ack, Confirm, Init, Try};
    let created = events("MsgCreateClient");
    assert!(matches!(created.as_slice(), [IbcEvent::CreateClient(client)]
        if client.client.starts_with("07-tendermint-") && client.consensus_heights.len() == 1));
    for (name, expected) in [("Init", Init), ("Try", Try), ("Ack", Ack), ("Confirm", Confirm)] {
        let told = events(&format!("MsgConnectionOpen{name}"));
        let Some(IbcEvent::Connection(step, connection)) = told.last() else { panic!("{told:?}") };
        assert_eq!(*step, expected);
        assert!(connection.client.starts_with("07-tendermint-"));
        assert_eq!(connection.counterparty_connection.is_none(), expected == Init);

        let told = events(&format!("MsgChannelOpen{name}"));
        let Some(IbcEvent::Channel(step, channel)) = told.last() else { panic!("{told:?}") };
        assert_eq!(*step, expected);
        assert_eq!(
            (channel.port.as_str(), channel.counterparty_port.as_str()),
            ("transfer", "transfer")
        );
        assert_eq!(channel.counterparty_channel.is_none(), expected == Init);
    }
}

#[test]
fn a_changed_packet_has_another_commitment() {
    let sent = events("MsgTransfer");
    let Some(IbcEvent::Send(packet, _)) = sent.first() else { panic!("{sent:?}") };
    for changed in [
        Packet { data: b"{}".to_vec(), ..packet.clone() },
        Packet { timeout_height: Height::new(0, 1), ..packet.clone() },
        Packet { timeout_timestamp: packet.timeout_timestamp + 1, ..packet.clone() },
    ] {
        assert_ne!(changed.commitment(), packet.commitment());
    }
}
