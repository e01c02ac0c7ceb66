//! The whole wire against two real nodes: clients, a connection, a channel, a transfer and its acknowledgement, by hand.
//!
//! Needs `scripts/localnet up`; run with `cargo test -p cosmos --test live -- --ignored`. With `RECORD=dir` the answers
//! that the golden tests read are written to `dir`.

use std::path::PathBuf;
use std::time::Duration;

use cosmos::Any;
use cosmos::chain::ibc::Transfer;
use cosmos::chain::wasm::NewContract;
use cosmos::chain::{Chain, ChainConfig, ChainError, TxOutcome};
use cosmos::ibc_proto::ibc::applications::transfer::v1::MsgTransferResponse;
use cosmos::ibc_proto::ibc::core::channel::v1 as chan;
use cosmos::ibc_proto::ibc::core::client::v1 as client;
use cosmos::ibc_proto::ibc::core::commitment::v1::MerklePrefix;
use cosmos::ibc_proto::ibc::core::connection::v1 as conn;
use cosmos::keys::{HdPath, Key};
use cosmos::rpc::socket::NewBlocks;
use cosmos::wire::client::{ClientState, ConsensusState};
use cosmos::wire::event_v1::{IbcEvent, decode};
use cosmos::wire::header::{Trusted, validator_set};
use cosmos::wire::height::{Height, revision_of};
use cosmos::wire::packet::{Packet, acknowledgement_commitment};
use cosmos::wire::path;
use cosmos::wire::proof::{Proved, written_at};
use cosmos::wire::tx::any;
use serde_json::{Value, json};

const DRIFT: Duration = Duration::from_secs(30);

/// A chain, the key that pays there and the client there that follows the other chain.
struct Side {
    chain: Chain,
    key: Key,
    client: String,
}

impl Side {
    async fn new(net: &Value, name: &str) -> Self {
        let entry = &net["chains"][name];
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        let config = ChainConfig {
            chain_id: text("chain_id"),
            rpc: text("rpc"),
            prefix: text("bech32_prefix"),
            gas_price: format!("{}{}", text("gas_price"), text("fee_denom")).parse().unwrap(),
        };
        let words = net["accounts"]["user4"]["mnemonic"].as_str().unwrap();
        let key = Key::from_mnemonic(words, HdPath::cosmos(0)).unwrap();
        assert_eq!(
            key.address(&config.prefix).unwrap(),
            net["accounts"]["user4"]["address"].as_str().unwrap()
        );
        Self { chain: Chain::connect(config).await.unwrap(), key, client: String::new() }
    }

    fn signer(&self) -> String {
        self.chain.address(&self.key).unwrap()
    }

    /// Sends, and records the block under the name of the last message.
    async fn send(&self, msgs: &[Any]) -> TxOutcome {
        let outcome = self.chain.send_msgs(&self.key, msgs, "cosmos live test").await.unwrap();
        let (_, name) = msgs.last().unwrap().type_url.rsplit_once('.').unwrap();
        let call = format!("block_results?height={}", outcome.height);
        record(&self.chain, &format!("results_{name}.json"), &call).await;
        outcome
    }

    fn height(&self, block: u64) -> Height {
        Height::new(revision_of(&self.chain.config().chain_id), block)
    }

    /// Waits by the wake-up stream until the chain has `block`.
    async fn reach(&self, block: u64) {
        let rpc = self.chain.rpc();
        let mut blocks = NewBlocks::subscribe(rpc.endpoint(), DRIFT).await.unwrap();
        let mut height = self.chain.height().await.unwrap();
        while height < block {
            height = blocks.next().await.unwrap().height.value();
        }
    }

    async fn create_client(&mut self, of: &Chain) {
        let block = of.rpc().light_block(of.height().await.unwrap()).await.unwrap();
        let unbonding = of.unbonding_period().await.unwrap();
        let state = ClientState::new(&of.config().chain_id, block.height(), unbonding, DRIFT);
        let outcome = self
            .send(&[any(&client::MsgCreateClient {
                client_state: Some(state.to_any()),
                consensus_state: Some(ConsensusState::of(&block).to_any()),
                signer: self.signer(),
            })])
            .await;
        self.client = outcome.attribute("create_client", "client_id").unwrap().to_owned();
        let held = self.chain.client_state(&self.client).await.unwrap().unwrap();
        assert_eq!(ClientState::from_any(&held).unwrap(), state);
        assert_eq!(held, state.to_any());
        let held = self.chain.consensus_state(&self.client, block.height()).await.unwrap().unwrap();
        assert_eq!(ConsensusState::from_any(&held).unwrap(), ConsensusState::of(&block));
    }

    /// The update by which the client here learns of `block` of the other chain, verified here first.
    async fn update(&self, other: &Self, block: u64) -> Any {
        let rpc = other.chain.rpc();
        let held = self.chain.client_state(&self.client).await.unwrap().unwrap();
        let state = ClientState::from_any(&held).unwrap();
        let trusted_height = state.latest_height;
        let next = rpc.validators(trusted_height.block + 1).await.unwrap();
        let next_validators = validator_set(next, None).unwrap();
        let held = self.chain.consensus_state(&self.client, trusted_height).await.unwrap().unwrap();
        let trusted = Trusted {
            height: trusted_height,
            state: &ConsensusState::from_any(&held).unwrap(),
            next_validators: &next_validators,
        };
        let light = rpc.light_block(block).await.unwrap();
        let now = self.chain.rpc().status().await.unwrap().sync_info.latest_block_time;
        light.verify(&state, trusted, now).unwrap();
        any(&client::MsgUpdateClient {
            client_id: self.client.clone(),
            client_message: Some(light.to_any(trusted_height, &next_validators)),
            signer: self.signer(),
        })
    }

    /// Proves a key of this chain as of `written`, and returns the height a client needs for it.
    async fn prove(&self, key: Vec<u8>, written: u64) -> (Proved, u64) {
        self.reach(written + 1).await;
        let proved = self.chain.rpc().prove(key, written).await.unwrap();
        let header = self.chain.rpc().light_block(written + 1).await.unwrap();
        proved.verify(header.app_hash()).unwrap();
        (proved, written + 1)
    }
}

fn attribute(outcome: &TxOutcome, kind: &str, key: &str) -> String {
    outcome.attribute(kind, key).unwrap().to_owned()
}

async fn connect(a: &Side, b: &Side) -> (String, String) {
    let prefix = || Some(MerklePrefix { key_prefix: path::IBC_PREFIX.to_vec() });
    let version = conn::Version {
        identifier: "1".into(),
        features: vec!["ORDER_ORDERED".into(), "ORDER_UNORDERED".into()],
    };
    let towards = |client: &str, connection: &str| {
        Some(conn::Counterparty {
            client_id: client.into(),
            connection_id: connection.into(),
            prefix: prefix(),
        })
    };
    let init = a
        .send(&[any(&conn::MsgConnectionOpenInit {
            client_id: a.client.clone(),
            counterparty: towards(&b.client, ""),
            version: Some(version.clone()),
            delay_period: 0,
            signer: a.signer(),
        })])
        .await;
    let on_a = attribute(&init, "connection_open_init", "connection_id");
    let (proof, at) = a.prove(path::connection(&on_a), init.height).await;
    let opened = conn::MsgConnectionOpenTry {
        client_id: b.client.clone(),
        counterparty: towards(&a.client, &on_a),
        counterparty_versions: vec![version.clone()],
        proof_height: Some(a.height(at).into()),
        proof_init: proof.proof_bytes(),
        signer: b.signer(),
        ..Default::default()
    };
    let tried = b.send(&[b.update(a, at).await, any(&opened)]).await;
    let on_b = attribute(&tried, "connection_open_try", "connection_id");
    let (proof, at) = b.prove(path::connection(&on_b), tried.height).await;
    let ack = conn::MsgConnectionOpenAck {
        connection_id: on_a.clone(),
        counterparty_connection_id: on_b.clone(),
        version: Some(version),
        proof_height: Some(b.height(at).into()),
        proof_try: proof.proof_bytes(),
        signer: a.signer(),
        ..Default::default()
    };
    let acked = a.send(&[a.update(b, at).await, any(&ack)]).await;
    let (proof, at) = a.prove(path::connection(&on_a), acked.height).await;
    let confirm = conn::MsgConnectionOpenConfirm {
        connection_id: on_b.clone(),
        proof_ack: proof.proof_bytes(),
        proof_height: Some(a.height(at).into()),
        signer: b.signer(),
    };
    b.send(&[b.update(a, at).await, any(&confirm)]).await;
    (on_a, on_b)
}

async fn open_channel(a: &Side, b: &Side, connections: (&str, &str)) -> (String, String) {
    let port = || "transfer".to_owned();
    let end = |state: chan::State, connection: &str, counterparty: &str| {
        Some(chan::Channel {
            state: state.into(),
            ordering: chan::Order::Unordered.into(),
            counterparty: Some(chan::Counterparty {
                port_id: port(),
                channel_id: counterparty.into(),
            }),
            connection_hops: vec![connection.into()],
            version: "ics20-1".into(),
            upgrade_sequence: 0,
        })
    };
    let init = a
        .send(&[any(&chan::MsgChannelOpenInit {
            port_id: port(),
            channel: end(chan::State::Init, connections.0, ""),
            signer: a.signer(),
        })])
        .await;
    let on_a = attribute(&init, "channel_open_init", "channel_id");
    let (proof, at) = a.prove(path::channel("transfer", &on_a), init.height).await;
    let opened = chan::MsgChannelOpenTry {
        port_id: port(),
        channel: end(chan::State::Tryopen, connections.1, &on_a),
        counterparty_version: "ics20-1".into(),
        proof_init: proof.proof_bytes(),
        proof_height: Some(a.height(at).into()),
        signer: b.signer(),
        ..Default::default()
    };
    let tried = b.send(&[b.update(a, at).await, any(&opened)]).await;
    let on_b = attribute(&tried, "channel_open_try", "channel_id");
    let (proof, at) = b.prove(path::channel("transfer", &on_b), tried.height).await;
    let ack = chan::MsgChannelOpenAck {
        port_id: port(),
        channel_id: on_a.clone(),
        counterparty_channel_id: on_b.clone(),
        counterparty_version: "ics20-1".into(),
        proof_try: proof.proof_bytes(),
        proof_height: Some(b.height(at).into()),
        signer: a.signer(),
    };
    let acked = a.send(&[a.update(b, at).await, any(&ack)]).await;
    let (proof, at) = a.prove(path::channel("transfer", &on_a), acked.height).await;
    let confirm = chan::MsgChannelOpenConfirm {
        port_id: port(),
        channel_id: on_b.clone(),
        proof_ack: proof.proof_bytes(),
        proof_height: Some(a.height(at).into()),
        signer: b.signer(),
    };
    b.send(&[b.update(a, at).await, any(&confirm)]).await;
    (on_a, on_b)
}

/// Receives and acknowledges `packet`; returns the block of the acknowledgement.
async fn relay(a: &Side, b: &Side, packet: Packet, sent: u64) -> u64 {
    let id = packet.id.clone();
    let key = path::commitment(&id.src_port, &id.src_channel, id.sequence);
    let (proof, at) = a.prove(key, sent).await;
    assert_eq!(proof.value.as_deref(), Some(packet.commitment().as_slice()));
    assert_eq!(written_at(&proof.proof).unwrap(), sent);
    let recv = chan::MsgRecvPacket {
        packet: Some(packet.clone().into()),
        proof_commitment: proof.proof_bytes(),
        proof_height: Some(a.height(at).into()),
        signer: b.signer(),
    };
    let received = b.send(&[b.update(a, at).await, any(&recv)]).await;
    let mut events = received.events.iter().filter_map(|event| decode(event).unwrap());
    let ack = events.find_map(|event| match event {
        IbcEvent::WriteAck(written, _, ack) if written == packet => Some(ack),
        _ => None,
    });
    let ack = ack.unwrap();
    let key = path::acknowledgement(&id.dst_port, &id.dst_channel, id.sequence);
    let (proof, at) = b.prove(key, received.height).await;
    assert_eq!(proof.value.as_deref(), Some(acknowledgement_commitment(&ack).as_slice()));
    let message = chan::MsgAcknowledgement {
        packet: Some(packet.into()),
        acknowledgement: ack,
        proof_acked: proof.proof_bytes(),
        proof_height: Some(b.height(at).into()),
        signer: a.signer(),
    };
    a.send(&[a.update(b, at).await, any(&message)]).await.height
}

/// Saves a node's answer as it came, but for the minting and fees that every block tells of.
async fn record(chain: &Chain, file: &str, call: &str) {
    let Ok(dir) = std::env::var("RECORD") else { return };
    let answer = reqwest::get(format!("{}/{call}", chain.rpc().endpoint())).await.unwrap();
    let mut answer: Value = answer.json().await.unwrap();
    if let Some(events) = answer.pointer_mut("/result/finalize_block_events") {
        *events = Value::Null;
    }
    let text = serde_json::to_string_pretty(&answer).unwrap() + "\n";
    std::fs::write(PathBuf::from(dir).join(file), text).unwrap();
}

async fn record_key(chain: &Chain, file: &str, key: &[u8], height: u64) {
    let key = hex::encode(key);
    let call =
        format!("abci_query?path=%22/store/ibc/key%22&data=0x{key}&height={height}&prove=true");
    record(chain, file, &call).await;
}

fn localnet() -> Value {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.localnet/localnet.json");
    let file = std::env::var("LOCALNET").unwrap_or_else(|_| default.to_owned());
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{file}: {error}; run scripts/localnet up"));
    serde_json::from_str(&text).unwrap()
}

/// A transfer sent on one real chain arrives on the other and its acknowledgement returns, by this crate's wire alone.
#[tokio::test]
#[ignore = "needs two nodes: scripts/localnet up"]
async fn transfer_between_two_nodes_is_received_and_acknowledged() {
    let net = localnet();
    let (mut a, mut b) = (Side::new(&net, "a").await, Side::new(&net, "b").await);
    a.create_client(&b.chain).await;
    b.create_client(&a.chain).await;
    let (on_a, on_b) = connect(&a, &b).await;
    let (channel_a, channel_b) = open_channel(&a, &b, (&on_a, &on_b)).await;

    let now = b.chain.rpc().status().await.unwrap().sync_info.latest_block_time;
    let timeout = now.unix_timestamp_nanos() + 600_000_000_000;
    let transfer = Transfer {
        channel: &channel_a,
        amount: 12_345,
        denom: "utok",
        receiver: &b.signer(),
        memo: "golden",
        timeout_height: Height::default(),
        timeout_timestamp: timeout.try_into().unwrap(),
    };
    let message = a.chain.transfer_msg(&a.key, transfer).unwrap();
    let sent = a.send(&[message]).await;
    let sequence = sent.answer::<MsgTransferResponse>(0).unwrap().sequence;
    let mut events = sent.events.iter().filter_map(|event| decode(event).unwrap());
    let packet = events.find_map(|event| match event {
        IbcEvent::Send(packet, _) => Some(packet),
        _ => None,
    });
    let packet = packet.unwrap();
    assert_eq!(packet.id.sequence, sequence);
    assert_eq!(a.chain.packet_commitments("transfer", &channel_a).await.unwrap(), [sequence]);
    assert_eq!(
        b.chain.unreceived_packets("transfer", &channel_b, &[sequence]).await.unwrap(),
        [sequence]
    );

    let acked = relay(&a, &b, packet, sent.height).await;
    assert!(a.chain.packet_commitments("transfer", &channel_a).await.unwrap().is_empty());
    let balances = b.chain.balances(&b.signer()).await.unwrap();
    assert!(balances.iter().any(|(denom, amount)| denom.starts_with("ibc/") && *amount == 12_345));

    a.reach(acked + 1).await;
    let commitment = path::commitment("transfer", &channel_a, sequence);
    record_key(&a.chain, "proof_commitment.json", &commitment, sent.height).await;
    record_key(&a.chain, "proof_absent.json", &commitment, acked).await;
    record(&a.chain, "commit_send.json", &format!("commit?height={}", sent.height + 1)).await;
    record(&a.chain, "commit_absent.json", &format!("commit?height={}", acked + 1)).await;
    record(&a.chain, "validators.json", &format!("validators?height={}", sent.height + 1)).await;
}

/// What does not exist is told apart from what fails.
#[tokio::test]
#[ignore = "needs two nodes: scripts/localnet up"]
async fn absent_things_are_absent_and_bad_questions_are_errors() {
    let Side { chain, .. } = Side::new(&localnet(), "a").await;
    let stranger = Key::from_secret(&[9; 32]).unwrap();
    let address = chain.address(&stranger).unwrap();
    let account = chain.account(&address).await;
    assert!(matches!(account, Err(ChainError::NoAccount { .. })), "{account:?}");
    assert_eq!(chain.balance(&address, "utok").await.unwrap(), 0);
    assert_eq!(chain.channel("transfer", "channel-999").await.unwrap(), None);
    assert_eq!(chain.connection("connection-999").await.unwrap(), None);
    assert_eq!(chain.client_state("07-tendermint-999").await.unwrap(), None);
    let height = Height::new(1, 1);
    assert_eq!(chain.consensus_state("07-tendermint-999", height).await.unwrap(), None);
    assert!(chain.rpc().tx(&[9; 32]).await.unwrap().is_none());
    assert!(chain.channel("transfer", "no channel").await.is_err());
    assert!(chain.contract_info(&address).await.is_err());
    assert!(chain.rpc().block_results(1_000_000_000).await.is_err());
    let config = ChainConfig { chain_id: "other-1".into(), ..chain.config().clone() };
    let other = Chain::connect(config).await;
    assert!(matches!(other, Err(ChainError::WrongChain { .. })), "{other:?}");
}

/// A contract is stored, made, told and asked; what it refuses is told before anything is paid.
#[tokio::test]
#[ignore = "needs two nodes: scripts/localnet up; and scripts/build-contracts --third-party"]
async fn contracts_are_stored_made_executed_and_asked() {
    let Side { chain, .. } = Side::new(&localnet(), "b").await;
    // Another account than that of the transfer, which may run at the same time.
    let words = localnet()["accounts"]["user3"]["mnemonic"].as_str().unwrap().to_owned();
    let key = Key::from_mnemonic(&words, HdPath::cosmos(0)).unwrap();
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../artifacts/third-party/cw3_fixed_multisig.wasm");
    let wasm = std::fs::read(file).unwrap_or_else(|error| {
        panic!("{file}: {error}; run scripts/build-contracts --third-party")
    });
    let (code_id, stored) = chain.store_code(&key, &wasm).await.unwrap();
    assert!(stored.gas_used <= stored.gas_wanted && stored.fee > 0);

    let me = chain.address(&key).unwrap();
    let contract = NewContract { code_id, label: "live", admin: Some(&me), funds: &[] };
    let msg = json!({
        "voters": [{ "addr": me, "weight": 1 }],
        "threshold": { "absolute_count": { "weight": 1 } },
        "max_voting_period": { "time": 3600 },
    });
    let (address, _) = chain.instantiate(&key, contract, &msg).await.unwrap();
    let info = chain.contract_info(&address).await.unwrap();
    assert_eq!((info.code_id, info.label.as_str(), info.admin), (code_id, "live", me.clone()));
    assert_eq!(info.ibc_port_id, "");

    let propose = json!({ "propose": { "title": "t", "description": "d", "msgs": [] } });
    let proposed = chain.execute(&key, &address, &propose, &[]).await.unwrap();
    assert_eq!(proposed.attribute("wasm", "proposal_id"), Some("1"));
    let answer: Value =
        chain.query_smart(&address, &json!({ "proposal": { "proposal_id": 1 } })).await.unwrap();
    assert_eq!(answer["status"], "passed");

    let before = chain.balance(&me, "stake").await.unwrap();
    let vote = json!({ "vote": { "proposal_id": 9, "vote": "yes" } });
    let refused = chain.execute(&key, &address, &vote, &[]).await;
    assert!(
        matches!(&refused, Err(ChainError::WouldFail { log, .. }) if log.contains("not found")),
        "{refused:?}"
    );
    assert_eq!(chain.balance(&me, "stake").await.unwrap(), before);
    let asked: Result<Value, _> = chain.query_smart(&address, &json!({ "unknown": {} })).await;
    assert!(matches!(asked, Err(ChainError::Query(_))), "{asked:?}");
}
