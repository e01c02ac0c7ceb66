//! One message by itself, for somebody who sends it by hand: made of the same works, keys and proofs as those
//! of an epoch.

use ibc_proto::google::protobuf::Any;

use super::epoch::Epoch;
use super::handshake;
use super::work::Work;
use crate::model::Model;
use crate::model::facts::{Header, PacketData, Proofs};
use crate::model::ids::{FlowId, LaneId, PathId, Side};

/// What a message stands on.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// The header that the proofs refer to; zero when nothing is proved.
    pub(crate) height: u64,
    /// That header, unless the client knows it.
    pub(crate) header: Option<Header>,
    /// The values and their proofs.
    pub(crate) proofs: Proofs,
    /// The bytes of the packet.
    pub(crate) data: Vec<PacketData>,
}

impl Model {
    /// The steps of handshakes that the ends of a path owe each other.
    pub(crate) fn steps(&self, path: &PathId) -> Vec<(FlowId, Work)> {
        let Some(row) = self.record.path(path) else { return Vec::new() };
        let owed = |to| {
            let flow = FlowId { path: path.clone(), to };
            let works = handshake::owed(row, to, self.record.channels(path));
            works.map(move |(work, _)| (flow.clone(), work))
        };
        [Side::A, Side::B].into_iter().flat_map(owed).collect()
    }

    /// The client's updates, if it needs some, and the message of a work.
    ///
    /// # Errors
    /// Why the chain would refuse it.
    pub(crate) fn single(
        &self,
        id: &FlowId,
        work: &Work,
        gathered: Gathered,
        signer: &str,
    ) -> Result<Vec<Any>, String> {
        let Gathered { height, header, proofs, data } = gathered;
        let chain = self.chain_to(id).ok_or("its chain is not configured")?;
        let lane = LaneId { chain: chain.id.clone(), address: signer.into() };
        let epoch = Epoch::of(lane, height, header, proofs, data);
        if !epoch.roots_agree() {
            return Err(format!("the proofs are not of header {height}"));
        }
        let mut messages = self.updates(id, &epoch, signer);
        messages.push(self.message(id, &epoch, work, signer)?);
        Ok(messages)
    }
}
