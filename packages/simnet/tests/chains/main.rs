//! The model itself, without the project's contracts: every behaviour of a real chain that the
//! contracts depend on.

mod probe;
mod transfers;
mod wasm_channels;

use cosmwasm_std::{Addr, Empty, IbcOrder, coin};
use probe::Query;
use simnet::{Chain, End, Network, PacketId, Relayer, TRANSFER_PORT, TRANSFER_VERSION};

pub(crate) const A: &str = "alpha-1";
pub(crate) const B: &str = "beta-1";

/// Two chains with a probe contract on each, a transfer channel and a channel of the probes.
pub(crate) struct Pair {
    pub(crate) network: Network,
    pub(crate) relayer: Relayer,
    pub(crate) alice: Addr,
    pub(crate) probe_a: Addr,
    pub(crate) probe_b: Addr,
    pub(crate) transfer: (String, String),
    pub(crate) wasm: (String, String),
    pub(crate) connections: (String, String),
}

impl Pair {
    pub(crate) fn new() -> Self {
        let mut network = Network::default();
        let mut a = Chain::new(A, "alpha");
        let mut b = Chain::new(B, "beta");
        let alice = b.wallet("alice");
        b.mint(&alice, coin(1_000, "ustake")).unwrap();
        let deployer = a.wallet("deployer");
        let probe_a = a.deploy(probe::code(), &deployer, "probe", &Empty {}).unwrap();
        let deployer = b.wallet("deployer");
        let probe_b = b.deploy(probe::code(), &deployer, "probe", &Empty {}).unwrap();
        b.mint(&probe_b, coin(1_000, "ustake")).unwrap();
        network.add(a);
        network.add(b);
        let connections = network.connect(A, B).unwrap();
        let end = |chain: &str, port: &str, connection: &str| End {
            chain: chain.into(),
            port: port.into(),
            connection: connection.into(),
        };
        let transfer = network
            .open_channel(
                &end(A, TRANSFER_PORT, &connections.0),
                &end(B, TRANSFER_PORT, &connections.1),
                IbcOrder::Unordered,
                TRANSFER_VERSION,
            )
            .unwrap();
        let wasm = network
            .open_channel(
                &end(A, &format!("wasm.{probe_a}"), &connections.0),
                &end(B, &format!("wasm.{probe_b}"), &connections.1),
                IbcOrder::Unordered,
                probe::VERSION,
            )
            .unwrap();
        let relayer = Relayer::default();
        Self { network, relayer, alice, probe_a, probe_b, transfer, wasm, connections }
    }

    pub(crate) fn relay_all(&mut self) {
        self.relayer.relay_all(&mut self.network).unwrap();
        self.network.check_conservation().unwrap();
    }

    /// How often the probe on a chain saw something.
    pub(crate) fn count(&self, chain: &str, of: &str) -> u8 {
        let probe = if chain == A { &self.probe_a } else { &self.probe_b };
        self.network.chain(chain).query(probe, &Query::Count { of: of.into() }).unwrap()
    }

    /// What the probe on a chain saw last.
    pub(crate) fn last(&self, chain: &str, of: &str) -> String {
        let probe = if chain == A { &self.probe_a } else { &self.probe_b };
        self.network.chain(chain).query(probe, &Query::Last { of: of.into() }).unwrap()
    }

    /// The acknowledgement of a packet, as text.
    pub(crate) fn ack(&self, id: &PacketId) -> Option<String> {
        let ack = self.network.ack(id).unwrap()?;
        Some(String::from_utf8(ack.to_vec()).unwrap())
    }
}
