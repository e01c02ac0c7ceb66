//! What a node and its application say of themselves, and who may relay.

use prost::Message;

use super::{Chain, ChainError};

/// What an application says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppInfo {
    /// Its name, such as `wasmd`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of the Cosmos SDK that it is built with.
    pub sdk: String,
    /// The version of ibc-go that it is built with, if it says so.
    pub ibc_go: Option<String>,
}

/// The parts we need of `cosmos.base.tendermint.v1beta1.GetNodeInfoResponse`.
#[derive(Clone, PartialEq, Message)]
struct NodeInfoResponse {
    #[prost(message, optional, tag = "2")]
    application: Option<VersionInfo>,
}

#[derive(Clone, PartialEq, Message)]
struct VersionInfo {
    #[prost(string, tag = "2")]
    app_name: String,
    #[prost(string, tag = "3")]
    version: String,
    #[prost(message, repeated, tag = "7")]
    dependencies: Vec<Module>,
    #[prost(string, tag = "8")]
    sdk: String,
}

#[derive(Clone, PartialEq, Message)]
struct Module {
    #[prost(string, tag = "1")]
    path: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct Nothing {}

/// The parts we need of `cosmos.base.node.v1beta1.ConfigResponse`.
#[derive(Clone, PartialEq, Message)]
struct NodeConfig {
    #[prost(string, tag = "1")]
    minimum_gas_price: String,
}

/// `ibc.core.client.v2.QueryConfigRequest`.
#[derive(Clone, PartialEq, Message)]
struct ClientConfigRequest {
    #[prost(string, tag = "1")]
    client_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct ClientConfigResponse {
    #[prost(message, optional, tag = "1")]
    config: Option<ClientConfig>,
}

#[derive(Clone, PartialEq, Message)]
struct ClientConfig {
    #[prost(string, repeated, tag = "1")]
    allowed_relayers: Vec<String>,
}

/// `cosmos.auth.v1beta1.Bech32PrefixResponse`.
#[derive(Clone, PartialEq, Message)]
struct PrefixResponse {
    #[prost(string, tag = "1")]
    bech32_prefix: String,
}

impl Chain {
    /// What addresses of accounts begin with, before the `1`.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn address_prefix(&self) -> Result<String, ChainError> {
        let path = "/cosmos.auth.v1beta1.Query/Bech32Prefix";
        let answer: PrefixResponse = self.rpc.query(path, &Nothing {}, 0).await?;
        Ok(answer.bech32_prefix)
    }

    /// What the application says of itself.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn app_info(&self) -> Result<AppInfo, ChainError> {
        let path = "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo";
        let answer: NodeInfoResponse = self.rpc.query(path, &Nothing {}, 0).await?;
        let app = answer.application.unwrap_or_default();
        let is_ibc = |module: &&Module| module.path.starts_with("github.com/cosmos/ibc-go/");
        let ibc_go = app.dependencies.iter().find(is_ibc).map(|module| module.version.clone());
        Ok(AppInfo { name: app.app_name, version: app.version, sdk: app.sdk, ibc_go })
    }

    /// The least prices of gas that the node takes, one for each denom that it takes; empty when it takes anything or
    /// does not say.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn minimum_gas_prices(&self) -> Result<Vec<String>, ChainError> {
        let path = "/cosmos.base.node.v1beta1.Service/Config";
        let answer: Option<NodeConfig> = self.known(path, &Nothing {}).await?;
        let prices = answer.unwrap_or_default().minimum_gas_price;
        let prices = prices.split(',').map(str::trim).filter(|price| !price.is_empty());
        Ok(prices.map(str::to_owned).collect())
    }

    /// Who alone may relay to a client; empty when everybody may.
    ///
    /// # Errors
    /// [`ChainError`].
    ///
    /// Source: ibc-go v10.1 `modules/core/02-client/v2/keeper/grpc_query.go`, `Config`; before that everybody may.
    pub async fn allowed_relayers(&self, client: &str) -> Result<Vec<String>, ChainError> {
        let path = "/ibc.core.client.v2.Query/Config";
        let request = ClientConfigRequest { client_id: client.to_owned() };
        let answer: Option<ClientConfigResponse> = self.known(path, &request).await?;
        Ok(answer.and_then(|answer| answer.config).unwrap_or_default().allowed_relayers)
    }

    /// The answer to a query that an application may not have.
    pub(super) async fn known<Q: Message, A: Message + Default>(
        &self,
        path: &str,
        request: &Q,
    ) -> Result<Option<A>, ChainError> {
        match self.rpc.query(path, request, 0).await {
            Err(error) if error.is_unknown() => Ok(None),
            other => Ok(Some(other?)),
        }
    }
}
