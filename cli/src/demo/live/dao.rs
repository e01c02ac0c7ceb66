//! Who buys on a real node: a cw3 multisig, or a wallet where there is none.

use std::path::Path;

use anyhow::{Context as _, bail};
use cosmos::chain::Chain;
use cosmos::chain::wasm::NewContract;
use cosmos::ibc_proto::cosmos::bank::v1beta1::MsgSend;
use cosmos::ibc_proto::cosmos::base::v1beta1::Coin;
use cosmos::keys::{HdPath, Key, new_mnemonic};
use cosmos::wire::tx::any;
use cosmwasm_std::{CosmosMsg, WasmMsg};

use crate::demo::multisig;
use crate::deploy::Site;
use crate::localnet::Localnet;

/// The members of the multisig, two of whom must agree.
const MEMBERS: [&str; 3] = ["user1", "user3", "user4"];
/// What a new wallet gets for its fees.
const FEES: u128 = 1_000_000;

/// Who buys.
pub(super) enum Dao {
    /// A cw3 multisig of three members.
    Multisig { address: String, members: [Key; 3] },
    /// A wallet made for the story.
    Wallet(Site),
}

impl Dao {
    /// A new multisig with money.
    pub(super) async fn multisig(
        localnet: &Localnet,
        site: &Site,
        wasm: &Path,
        (amount, denom): (u128, &str),
    ) -> anyhow::Result<Self> {
        let wasm =
            std::fs::read(wasm).with_context(|| format!("cannot read `{}`", wasm.display()))?;
        let [one, two, three] = MEMBERS.map(|member| localnet.key(member));
        let members = [one?, two?, three?];
        let mut addresses = Vec::new();
        for member in &members {
            addresses.push(site.chain.address(member)?);
        }
        let (code_id, _) = site.chain.store_code(&site.key, &wasm).await?;
        let funds = &[(amount, denom)];
        let new = NewContract { code_id, label: "a DAO", admin: None, funds };
        let setup = multisig::instantiate(&addresses);
        let (address, _) = site.chain.instantiate(&site.key, new, &setup).await?;
        Ok(Self::Multisig { address, members })
    }

    /// A new wallet with money.
    pub(super) async fn wallet(site: &Site, (amount, denom): (u128, &str)) -> anyhow::Result<Self> {
        let key = Key::from_mnemonic(&new_mnemonic()?, HdPath::cosmos(0))?;
        let wallet = Site::new(site.chain.clone(), key)?;
        let coin =
            |amount: u128, denom: &str| Coin { denom: denom.into(), amount: amount.to_string() };
        let mut coins =
            vec![coin(amount, denom), coin(FEES, site.chain.config().gas_price.denom())];
        // The SDK refuses coins that are not sorted by denom.
        coins.sort_by(|one, other| one.denom.cmp(&other.denom));
        let send = MsgSend {
            from_address: site.address.clone(),
            to_address: wallet.address.clone(),
            amount: coins,
        };
        site.chain.send_msgs(&site.key, &[any(&send)], "").await?;
        Ok(Self::Wallet(wallet))
    }

    pub(super) fn address(&self) -> &str {
        match self {
            Self::Multisig { address, .. } => address,
            Self::Wallet(site) => &site.address,
        }
    }

    /// Decides on a message and executes it; returns how.
    pub(super) async fn decide(
        &self,
        chain: &Chain,
        title: &str,
        msg: CosmosMsg,
    ) -> anyhow::Result<String> {
        match self {
            Self::Multisig { address, members: [first, second, third] } => {
                let proposed =
                    chain.execute(first, address, &multisig::propose(title, &msg), &[]).await?;
                let proposal = proposed.attribute("wasm", "proposal_id");
                let proposal = proposal.context("the multisig does not name its proposal")?;
                let proposal = proposal.parse().context("the proposal's number")?;
                chain.execute(second, address, &multisig::vote(proposal), &[]).await?;
                chain.execute(third, address, &multisig::execute(proposal), &[]).await?;
                Ok(multisig::decided(proposal))
            }
            Self::Wallet(site) => {
                let CosmosMsg::Wasm(WasmMsg::Execute { contract_addr, msg, funds }) = msg else {
                    bail!("the wallet executes contracts only, not {msg:?}")
                };
                let msg: serde_json::Value = serde_json::from_slice(&msg)?;
                let mut coins = Vec::new();
                for coin in &funds {
                    coins.push((coin.amount.to_string().parse()?, coin.denom.as_str()));
                }
                chain.execute(&site.key, &contract_addr, &msg, &coins).await?;
                Ok("The wallet that plays the DAO has signed.".into())
            }
        }
    }
}
