//! Hermes: batches of 100, events pulled or pushed, nothing else of its work switched on.

use std::fmt::Write as _;

use tokio::process::Command;

use super::{BATCH, Duty, ERRAND, End, GAS_PRICE, Kind, Peer, finish};
use crate::relay::load::CHANNEL;

pub(super) async fn prepare(peer: &Peer, mnemonic: &str) -> anyhow::Result<()> {
    let words = peer.home.join("mnemonic");
    std::fs::write(&words, mnemonic)?;
    for end in &peer.ends {
        let mut add = command(peer, Duty::Live)?;
        add.args(["keys", "add", "--chain", &end.chain_id, "--mnemonic-file"]).arg(&words);
        finish(&mut add, ERRAND).await?;
    }
    Ok(())
}

pub(super) fn link(peer: &Peer, duty: Duty) -> anyhow::Result<Command> {
    let [a, b] = &peer.ends;
    let mut link = command(peer, duty)?;
    link.args(["create", "channel", "--a-chain", &a.chain_id, "--b-chain", &b.chain_id]);
    link.args(["--a-port", "transfer", "--b-port", "transfer", "--new-client-connection", "--yes"]);
    Ok(link)
}

pub(super) fn start(peer: &Peer, duty: Duty) -> anyhow::Result<Command> {
    let mut start = command(peer, duty)?;
    start.arg("start");
    Ok(start)
}

/// Its configuration depends on what it is to do, so that it is written anew before each start.
fn command(peer: &Peer, duty: Duty) -> anyhow::Result<Command> {
    let file = peer.home.join("config.toml");
    std::fs::write(&file, configuration(peer, duty))?;
    let mut command = peer.command();
    command.arg("--config").arg(file);
    Ok(command)
}

fn configuration(peer: &Peer, duty: Duty) -> String {
    // It refuses to look after clients without either `refresh` or `misbehaviour`.
    let (interval, on_start) = match duty {
        Duty::Live => (0, false),
        Duty::Backlog => (100, true),
    };
    let mut text = format!(
        "[global]\nlog_level = 'error'\n\
         [mode.clients]\nenabled = true\nrefresh = true\nmisbehaviour = false\n\
         [mode.connections]\nenabled = false\n[mode.channels]\nenabled = false\n\
         [mode.packets]\nenabled = true\nclear_interval = {interval}\nclear_on_start = {on_start}\n\
         clear_limit = 10000\ntx_confirmation = false\n\
         [rest]\nenabled = false\nhost = '127.0.0.1'\nport = 3000\n\
         [telemetry]\nenabled = false\nhost = '127.0.0.1'\nport = 3001\n\
         [tracing_server]\nenabled = false\nport = 5555\n"
    );
    for end in &peer.ends {
        let End { chain_id, rpc, grpc } = end;
        let keys = peer.home.join("keys").display().to_string();
        let events = match peer.kind {
            Kind::HermesPush => {
                let url = rpc.replacen("http", "ws", 1);
                format!("mode = 'push', url = '{url}/websocket', batch_delay = '100ms'")
            }
            _ => "mode = 'pull', interval = '200ms', max_retries = 4".to_owned(),
        };
        let _ = write!(
            text,
            "[[chains]]\nid = '{chain_id}'\ntype = 'CosmosSdk'\nrpc_addr = '{rpc}'\n\
             grpc_addr = '{grpc}'\nevent_source = {{ {events} }}\n\
             rpc_timeout = '30s'\ntrusted_node = true\naccount_prefix = 'wasm'\nkey_name = 'relayer'\n\
             key_store_type = 'Test'\nkey_store_folder = '{keys}'\n\
             address_type = {{ derivation = 'cosmos' }}\nstore_prefix = 'ibc'\ndefault_gas = 30000000\n\
             max_gas = 100000000\ngas_price = {{ price = {GAS_PRICE}, denom = 'stake' }}\n\
             gas_multiplier = 1.2\nmax_msg_num = {BATCH}\nmax_tx_size = 2097152\n\
             query_packets_chunk_size = 200\nclock_drift = '5s'\nmax_block_time = '1s'\n\
             trust_threshold = '2/3'\ncompat_mode = '0.38'\nsequential_batch_tx = false\nmemo_prefix = ''\n\
             [chains.packet_filter]\npolicy = 'allow'\nlist = [['transfer', '{CHANNEL}']]\n"
        );
    }
    text
}
