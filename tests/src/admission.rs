//! Who alone may relay to a client, which its creator says since ibc-go v10.1.
//!
//! Source: ibc-go v10.5 `proto/ibc/core/client/v2/{tx,config}.proto`.

use cosmos::keys::Key;
use cosmos::wire::tx::any;
use entrepot::deploy::Site;

#[derive(Clone, PartialEq, prost::Message)]
struct MsgUpdateClientConfig {
    #[prost(string, tag = "1")]
    client_id: String,
    #[prost(message, optional, tag = "2")]
    config: Option<Config>,
    #[prost(string, tag = "3")]
    signer: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Config {
    #[prost(string, repeated, tag = "1")]
    allowed_relayers: Vec<String>,
}

impl prost::Name for MsgUpdateClientConfig {
    const NAME: &'static str = "MsgUpdateClientConfig";
    const PACKAGE: &'static str = "ibc.core.client.v2";

    fn type_url() -> String {
        "/ibc.core.client.v2.MsgUpdateClientConfig".into()
    }
}

/// Lets these accounts relay to a client, and no others; everybody where there are none.
///
/// # Errors
/// The chain refuses; the key has not made the client.
pub async fn allow(
    site: &Site,
    creator: &Key,
    client: &str,
    relayers: &[&str],
) -> anyhow::Result<()> {
    let allowed_relayers = relayers.iter().map(ToString::to_string).collect();
    let message = MsgUpdateClientConfig {
        client_id: client.to_owned(),
        config: Some(Config { allowed_relayers }),
        signer: site.chain.address(creator)?,
    };
    site.chain.send_msgs(creator, &[any(&message)], "").await?;
    Ok(())
}
