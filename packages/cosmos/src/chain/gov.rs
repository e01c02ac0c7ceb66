//! Governance: who may sign for it, what a proposal costs, and where the community pool is.

use ibc_proto::cosmos::base::v1beta1::Coin;
use ibc_proto::google::protobuf::Duration;
use prost::Message;

use super::{Chain, ChainError, malformed};
use crate::keys::module_address;
use crate::wire::gov::PoolModule;

/// Decimals of an amount in x/distribution's pool. Source: cosmossdk.io/math `dec.go`, `LegacyPrecision`.
const DECIMALS: usize = 18;

/// `cosmos.gov.v1.QueryParamsRequest`, which `ibc-proto` lacks.
#[derive(Clone, PartialEq, Message)]
struct QueryParamsRequest {
    #[prost(string, tag = "1")]
    params_type: String,
}

/// `cosmos.gov.v1.QueryParamsResponse`, as far as it is read.
#[derive(Clone, PartialEq, Message)]
struct QueryParamsResponse {
    #[prost(message, optional, tag = "4")]
    params: Option<Params>,
}

/// `cosmos.gov.v1.Params`, as far as it is read.
#[derive(Clone, PartialEq, Message)]
struct Params {
    #[prost(message, repeated, tag = "1")]
    min_deposit: Vec<Coin>,
    #[prost(message, optional, tag = "3")]
    voting_period: Option<Duration>,
}

/// Nothing, or what is not read.
#[derive(Clone, PartialEq, Message)]
struct Unread {}

/// `cosmos.distribution.v1beta1.QueryCommunityPoolResponse`; the amounts have decimals.
#[derive(Clone, PartialEq, Message)]
struct PoolResponse {
    #[prost(message, repeated, tag = "1")]
    pool: Vec<Coin>,
}

/// The whole units of an amount with decimals, which the wire writes without a point.
fn whole(amount: &str) -> u128 {
    let digits = amount.len().saturating_sub(DECIMALS);
    amount.get(..digits).and_then(|whole| whole.parse().ok()).unwrap_or_default()
}

impl Chain {
    /// The account in whose name governance acts.
    ///
    /// # Errors
    /// [`ChainError::Key`] when the chain's prefix is not valid.
    pub fn governance(&self) -> Result<String, ChainError> {
        Ok(module_address(&self.config().prefix, "gov")?)
    }

    /// Which module keeps the community pool.
    ///
    /// # Errors
    /// [`ChainError::Query`].
    pub async fn pool_module(&self) -> Result<PoolModule, ChainError> {
        let path = "/cosmos.protocolpool.v1.Query/CommunityPool";
        let answer: Option<Unread> = self.known(path, &Unread {}).await?;
        Ok(answer.map_or(PoolModule::Distribution, |_| PoolModule::ProtocolPool))
    }

    /// What the community pool can pay in `denom`, in whole units.
    ///
    /// # Errors
    /// [`ChainError::Query`]; [`ChainError::Key`] when the chain's prefix is not valid.
    pub async fn pool_balance(&self, pool: PoolModule, denom: &str) -> Result<u128, ChainError> {
        if pool == PoolModule::ProtocolPool {
            let account = module_address(&self.config().prefix, "protocolpool")?;
            return self.balance(&account, denom).await;
        }
        let path = "/cosmos.distribution.v1beta1.Query/CommunityPool";
        let answer: PoolResponse = self.rpc().query(path, &Unread {}, 0).await?;
        let coin = answer.pool.into_iter().find(|coin| coin.denom == denom);
        Ok(coin.map_or(0, |coin| whole(&coin.amount)))
    }

    /// What a proposal needs as its deposit before it is voted on.
    ///
    /// # Errors
    /// [`ChainError::Query`]; [`ChainError::Malformed`] when the chain names no parameters.
    pub async fn min_deposit(&self) -> Result<Vec<Coin>, ChainError> {
        Ok(self.gov_params("deposit").await?.min_deposit)
    }

    /// For how many seconds a proposal is voted on.
    ///
    /// # Errors
    /// As [`Chain::min_deposit`].
    pub async fn voting_period(&self) -> Result<u64, ChainError> {
        let period = self.gov_params("voting").await?.voting_period;
        let seconds = period.and_then(|period| u64::try_from(period.seconds).ok());
        seconds.ok_or_else(|| malformed("gov params", "no voting period in it"))
    }

    async fn gov_params(&self, kind: &str) -> Result<Params, ChainError> {
        let request = QueryParamsRequest { params_type: kind.to_owned() };
        let path = "/cosmos.gov.v1.Query/Params";
        let answer: QueryParamsResponse = self.rpc().query(path, &request, 0).await?;
        answer.params.ok_or_else(|| malformed("gov params", "none in it"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pools_fractions_of_a_unit_cannot_be_paid() {
        for (amount, units) in [
            ("", 0),
            ("1", 0),
            ("999999999999999999", 0),
            ("1000000000000000000", 1),
            ("12345678901234567890", 12),
        ] {
            assert_eq!(whole(amount), units, "{amount}");
        }
    }
}
