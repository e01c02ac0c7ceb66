//! Upgrades after which a chain has another id or other terms for its clients: it halts, and what its
//! clients shall be from then on is in its last state.
//!
//! Source: ibc-go v10.5 `modules/core/02-client/keeper/keeper.go`, `ScheduleIBCSoftwareUpgrade`;
//! `modules/core/02-client/abci.go`; Cosmos SDK v0.53 `x/upgrade/types/keys.go`.

pub use ibc_proto::cosmos::upgrade::v1beta1::Plan;
use ibc_proto::cosmos::upgrade::v1beta1::{QueryCurrentPlanRequest, QueryCurrentPlanResponse};
use prost::Message as _;

use super::{Chain, ChainError, malformed};
use crate::Any;

/// The store that has what clients shall be.
const STORE: &str = "upgrade";

/// What the clients of a chain shall be after its upgrade, with proofs under the root in the header of
/// the height of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Upgraded {
    /// The client's state, without what each client chooses for itself.
    pub client: Any,
    /// An encoded `ibc.core.commitment.v1.MerkleProof` of it.
    pub client_proof: Vec<u8>,
    /// What the client holds of the last block.
    pub consensus: Any,
    /// The proof of that.
    pub consensus_proof: Vec<u8>,
}

impl Chain {
    /// The upgrade that is to come. The chain does not execute the block at its height, whose header is there.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn upgrade_plan(&self) -> Result<Option<Plan>, ChainError> {
        let path = "/cosmos.upgrade.v1beta1.Query/CurrentPlan";
        let request = QueryCurrentPlanRequest {};
        let answer: QueryCurrentPlanResponse = self.rpc.query(path, &request, 0).await?;
        Ok(answer.plan)
    }

    /// What clients shall be after the upgrade at `height`; `None` if they stay what they are.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when the chain has not come to the block before `height`.
    pub async fn upgraded(&self, height: u64) -> Result<Option<Upgraded>, ChainError> {
        let Some((client, client_proof)) = self.upgraded_part(height, "upgradedClient").await?
        else {
            return Ok(None);
        };
        let part = self.upgraded_part(height, "upgradedConsState").await?;
        let (consensus, consensus_proof) =
            part.ok_or_else(|| malformed("upgraded consensus state", "none is there"))?;
        Ok(Some(Upgraded { client, client_proof, consensus, consensus_proof }))
    }

    async fn upgraded_part(
        &self,
        height: u64,
        part: &str,
    ) -> Result<Option<(Any, Vec<u8>)>, ChainError> {
        let key = format!("upgradedIBCState/{height}/{part}").into_bytes();
        let proved = self.rpc.prove_in(STORE, key, height.saturating_sub(1)).await?;
        let proof = proved.proof_bytes();
        let Some(value) = proved.value else { return Ok(None) };
        let value = Any::decode(value.as_slice());
        let value = value.map_err(|error| malformed("upgraded state", error.to_string()))?;
        Ok(Some((value, proof)))
    }
}
