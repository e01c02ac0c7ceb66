//! The account in whose name transactions are simulated.

use cosmos::chain::{Chain, ChainError, FeeTerms};
use cosmos::wire::tx::any;
use ibc_proto::cosmos::bank::v1beta1::MsgSend;
use ibc_proto::cosmos::base::v1beta1::Coin;

use super::{Probes, extension_options};
use crate::config::Chain as ChainFile;
use crate::config::check::memo;
use crate::drive::price;
use crate::model::config::{LaneConfig, Probe};
use crate::model::ids::{Address, SlotId};

/// The account that simulates: the first of the keys' that exists, so that another order of the keys needs no other.
/// Where none does, it may be made with one unit.
pub(super) async fn find(
    chain: &Chain,
    (file, lanes): (&ChainFile, &[LaneConfig]),
    accounts: Vec<Address>,
    probes: &Probes,
) -> Result<Probe, ChainError> {
    let mut missing = None;
    for address in &accounts {
        match chain.account(address.as_str()).await {
            Ok(account) => {
                return Ok(Probe { address: address.clone(), sequence: account.sequence });
            }
            Err(error @ ChainError::NoAccount { .. }) => {
                missing.get_or_insert((address, error));
            }
            Err(error) => return Err(error),
        }
    }
    let (address, error) = missing.expect("a chain has at least one key");
    let Probes::Make { undecided } = probes else { return Err(error) };
    // A key that was taken in while ferry ran has signed for it without having an account that simulates.
    let free = free(chain, lanes, undecided).await?;
    if free.is_empty() {
        let (chain, reason) = (&file.id, "every key has transactions on their way");
        tracing::warn!(chain, reason, "the account that simulates cannot be made now");
        return Err(error);
    }
    make(chain, (file, &free), address).await?;
    let account = chain.account(address.as_str()).await?;
    Ok(Probe { address: address.clone(), sequence: account.sequence })
}

/// The keys of which nothing that is undecided can take the next sequence.
async fn free<'a>(
    chain: &Chain,
    lanes: &'a [LaneConfig],
    undecided: &[SlotId],
) -> Result<Vec<&'a LaneConfig>, ChainError> {
    let mut free = Vec::new();
    for lane in lanes {
        let signed = undecided.iter().filter(|slot| slot.lane == lane.id);
        let is_free = match signed.map(|slot| slot.sequence).max() {
            None => true,
            Some(last) => chain.account(lane.id.address.as_str()).await?.sequence > last,
        };
        free.extend(is_free.then_some(lane));
    }
    Ok(free)
}

/// Makes the account that simulates, with the first key that has one unit for it, and the first who pays the fee: the key
/// itself, or one that grants it.
async fn make(
    chain: &Chain,
    (file, lanes): (&ChainFile, &[&LaneConfig]),
    address: &Address,
) -> Result<(), ChainError> {
    // A chain that does not say its price may take the configured one.
    let price = price::now(chain, file).await.unwrap_or_else(|_| file.gas_price.clone());
    let chain = chain.clone().with_gas_price(price);
    let granters = file.fee_granter.iter().cloned().map(Some);
    let granters: Vec<Option<String>> = [None].into_iter().chain(granters).collect();
    let mut made = Ok(());
    for LaneConfig { key, .. } in lanes {
        let coin = Coin { denom: chain.config().gas_price.denom().to_owned(), amount: "1".into() };
        let send = any(&MsgSend {
            from_address: chain.address(key)?,
            to_address: address.to_string(),
            amount: vec![coin],
        });
        for granter in &granters {
            let extension_options = extension_options(file);
            let fees =
                FeeTerms { granter: granter.clone(), extension_options, ..FeeTerms::default() };
            let chain = chain.clone().with_fees(fees);
            made = chain.send_msgs(key, std::slice::from_ref(&send), &memo("")).await.map(drop);
            if made.is_ok() {
                return made;
            }
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use cosmos::keys::Key;
    use ibc_proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountInfoResponse};
    use prost::Message as _;
    use serde_json::json;

    use super::super::super::fake::{CHAIN, FakeNode, LIMIT};
    use super::*;
    use crate::model::ids::LaneId;

    /// A second key that is put before the first makes no account: that would take a sequence of a key that signs.
    #[tokio::test]
    async fn the_account_of_any_key_simulates() {
        let fake = FakeNode::with_blocks(1).await;
        let info = BaseAccount { account_number: 4, sequence: 3, ..BaseAccount::default() };
        let known = QueryAccountInfoResponse { info: Some(info) }.encode_to_vec();
        fake.state.lock().unwrap().queries = vec![
            ("wasm1second", json!({ "value": STANDARD.encode(known) })),
            ("AccountInfo", json!({ "code": 22, "codespace": "sdk", "log": "not found" })),
        ];
        let node = fake.connect(LIMIT).await;
        let text = format!(
            "id = \"{CHAIN}\"\nrpc = [\"http://127.0.0.1:1\"]\naddress_prefix = \"wasm\"\n\
             key = [\"a\", \"b\"]\ngas_price = \"1stake\"\n"
        );
        let file: ChainFile = toml::from_str(&text).unwrap();
        let accounts = |names: [&str; 2]| names.map(Address::from).to_vec();
        let find = async |names| {
            let chain = node.chain();
            find(&chain, (&file, &[]), accounts(names), &Probes::Demand).await
        };
        for names in [["wasm1first", "wasm1second"], ["wasm1second", "wasm1first"]] {
            let probe = find(names).await.unwrap();
            assert_eq!((probe.address.as_str(), probe.sequence), ("wasm1second", 3));
        }
        let none = find(["wasm1first", "wasm1third"]).await.unwrap_err();
        assert!(
            matches!(&none, ChainError::NoAccount { address, .. } if address == "wasm1first"),
            "{none}"
        );
    }

    /// Such a key came with a reload: what is on its way would be refused, or this.
    #[tokio::test]
    async fn a_key_with_transactions_on_their_way_makes_no_account() {
        let fake = FakeNode::with_blocks(1).await;
        let info = BaseAccount { account_number: 4, sequence: 3, ..BaseAccount::default() };
        let known = QueryAccountInfoResponse { info: Some(info) }.encode_to_vec();
        fake.state.lock().unwrap().queries = vec![
            ("Simulate", json!({ "code": 5, "codespace": "sdk", "log": "it was made" })),
            ("wasm1probe", json!({ "code": 22, "codespace": "sdk", "log": "not found" })),
            ("AccountInfo", json!({ "value": STANDARD.encode(known) })),
        ];
        let chain = fake.connect(LIMIT).await.chain();
        let text = format!(
            "id = \"{CHAIN}\"\nrpc = [\"http://127.0.0.1:1\"]\naddress_prefix = \"wasm\"\n\
             key = \"a\"\ngas_price = \"1stake\"\n"
        );
        let file: ChainFile = toml::from_str(&text).unwrap();
        let key = Key::from_secret(&[7; 32]).unwrap();
        let address = Address::from(key.address("wasm").unwrap());
        let lane = LaneConfig { id: LaneId { chain: CHAIN.into(), address }, key };
        let slot = |sequence| SlotId { lane: lane.id.clone(), sequence, attempt: 0 };
        for (undecided, is_made) in
            [(vec![slot(2), slot(3)], false), (vec![slot(2)], true), (Vec::new(), true)]
        {
            let lanes = std::slice::from_ref(&lane);
            let make = Probes::Make { undecided: undecided.clone() };
            let made = find(&chain, (&file, lanes), vec!["wasm1probe".into()], &make).await;
            let tried = format!("{:?}", made.unwrap_err()).contains("it was made");
            assert_eq!(tried, is_made, "{undecided:?}");
        }
    }
}
