//! Store code, make contracts.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use cosmos::chain::wasm::NewContract;
use market::msg::Params;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::probe::POLL;
use super::state::Contract;
use super::{Deployment, Site, State, StateFile};

impl Deployment<'_> {
    pub(super) async fn stored_market(&self, state: &State) -> anyhow::Result<Option<String>> {
        stored(&self.sites.market, &state.market, &self.spec.artifacts.market).await
    }

    pub(super) async fn stored_outpost(&self, state: &State) -> anyhow::Result<Option<String>> {
        stored(&self.sites.outpost, &state.outpost, &self.spec.artifacts.outpost).await
    }

    pub(super) async fn made_market(&self, state: &State) -> anyhow::Result<Option<String>> {
        made(&self.sites.market, &state.market).await
    }

    pub(super) async fn made_outpost(&self, state: &State) -> anyhow::Result<Option<String>> {
        made(&self.sites.outpost, &state.outpost).await
    }

    pub(super) async fn store_market(&self, file: &mut StateFile) -> anyhow::Result<String> {
        store(&self.sites.market, file, |state| &mut state.market, &self.spec.artifacts.market)
            .await
    }

    pub(super) async fn store_outpost(&self, file: &mut StateFile) -> anyhow::Result<String> {
        let artifact = &self.spec.artifacts.outpost;
        store(&self.sites.outpost, file, |state| &mut state.outpost, artifact).await
    }

    pub(super) async fn make_market(&self, file: &mut StateFile) -> anyhow::Result<String> {
        let msg = self.new_market();
        let admin = self.spec.market.admin.as_deref();
        let wanted = New { label: "entrepot market", admin, msg: &msg };
        make(&self.sites.market, file, |state| &mut state.market, wanted).await
    }

    pub(super) async fn make_outpost(&self, file: &mut StateFile) -> anyhow::Result<String> {
        let msg = self.new_outpost();
        let admin = self.spec.outpost.admin.as_deref();
        let wanted = New { label: "entrepot outpost", admin, msg: &msg };
        make(&self.sites.outpost, file, |state| &mut state.outpost, wanted).await
    }

    /// The message that makes the market.
    pub(super) fn new_market(&self) -> market::msg::InstantiateMsg {
        let spec = &self.spec.market;
        market::msg::InstantiateMsg {
            owner: None,
            min_timeout_seconds: spec.min_timeout_seconds,
            params: Params {
                treasury: spec.treasury.as_ref().unwrap_or(&self.sites.market.address).clone(),
                pauser: spec.pauser.clone(),
                take_rate_bps: spec.take_rate_bps,
                grace_seconds: spec.grace_seconds,
                stake_denom: spec.stake_denom.clone(),
                min_stake: spec.min_stake,
                unbonding_seconds: spec.unbonding_seconds,
                bond_denom: spec.bond_denom.clone(),
                settle_timeout_seconds: spec.settle_timeout_seconds,
                control_gas: spec.control_gas,
            },
            denoms: Vec::new(),
        }
    }

    /// The message that makes the outpost.
    pub(super) const fn new_outpost(&self) -> outpost::msg::InstantiateMsg {
        let spec = &self.spec.outpost;
        outpost::msg::InstantiateMsg {
            owner: None,
            min_timeout_seconds: spec.min_timeout_seconds,
            default_timeout_seconds: spec.default_timeout_seconds,
            send_window_seconds: spec.send_window_seconds,
        }
    }
}

/// A contract to be made.
struct New<'a, M> {
    label: &'a str,
    admin: Option<&'a str>,
    msg: &'a M,
}

pub(super) fn read(artifact: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(artifact).with_context(|| {
        format!("cannot read `{}`; `scripts/build-contracts` makes it", artifact.display())
    })
}

/// The code of the state, if the chain has it and it is the artifact's.
async fn stored(
    site: &Site,
    contract: &Contract,
    artifact: &Path,
) -> anyhow::Result<Option<String>> {
    let wasm = read(artifact)?;
    let Some(code_id) = contract.code_id else { return Ok(None) };
    let checksum = site.chain.code_checksum(code_id).await?;
    if checksum.is_some_and(|checksum| checksum == Sha256::digest(&wasm).to_vec()) {
        return Ok(Some(code(code_id)));
    }
    ensure!(
        contract.address.is_none(),
        "code {code_id} on `{}`, of which the contract was made, is not `{}`: the artifact has \
         changed or the chain is a new one; give another --state FILE for a new deployment",
        site.chain_id(),
        artifact.display()
    );
    Ok(None)
}

async fn made(site: &Site, contract: &Contract) -> anyhow::Result<Option<String>> {
    let Some(address) = &contract.address else { return Ok(None) };
    let info = site.chain.contract_info(address).await.with_context(|| {
        let chain = site.chain_id();
        format!("`{address}` of the state file is not on `{chain}`; give another --state FILE")
    })?;
    if Some(info.code_id) != contract.code_id {
        bail!("`{address}` has code {}; it was migrated since it was deployed", info.code_id);
    }
    Ok(Some(address.clone()))
}

/// Stores code, or takes the one that an interrupted run has stored without learning of it.
async fn store(
    site: &Site,
    file: &mut StateFile,
    part: fn(&mut State) -> &mut Contract,
    artifact: &Path,
) -> anyhow::Result<String> {
    let wasm = read(artifact)?;
    let found = if ask(file, part)? {
        let checksum = Sha256::digest(&wasm);
        find(site, async || unused_code(site, &checksum).await).await?
    } else {
        None
    };
    let code_id = match found {
        Some(code_id) => code_id,
        None => site.chain.store_code(&site.key, &wasm).await?.0,
    };
    let contract = part(&mut file.state);
    contract.code_id = Some(code_id);
    contract.is_asked_for = false;
    file.save()?;
    Ok(code(code_id))
}

/// Makes a contract, or takes the one that an interrupted run has made without learning of it.
async fn make(
    site: &Site,
    file: &mut StateFile,
    part: fn(&mut State) -> &mut Contract,
    New { label, admin, msg }: New<'_, impl Serialize>,
) -> anyhow::Result<String> {
    let code_id = part(&mut file.state).code_id.context("its code is not stored yet")?;
    let new = NewContract { code_id, label, admin, funds: &[] };
    let found =
        if ask(file, part)? { find(site, async || made_as(site, new).await).await? } else { None };
    let address = match found {
        Some(address) => address,
        None => site.chain.instantiate(&site.key, new, msg).await?.0,
    };
    let contract = part(&mut file.state);
    contract.address = Some(address.clone());
    contract.is_asked_for = false;
    file.save()?;
    Ok(address)
}

/// Notes that a transaction is about to be sent; whether one may have been before.
fn ask(file: &mut StateFile, part: fn(&mut State) -> &mut Contract) -> anyhow::Result<bool> {
    let may_exist = std::mem::replace(&mut part(&mut file.state).is_asked_for, true);
    file.save()?;
    Ok(may_exist)
}

/// What `look` finds of a transaction that may just have been offered: it has two blocks to take effect.
async fn find<T>(
    site: &Site,
    look: impl AsyncFn() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<Option<T>> {
    let last = site.chain.height().await?.saturating_add(2);
    loop {
        let height = site.chain.height().await?;
        let found = look().await?;
        if found.is_some() || height >= last {
            return Ok(found);
        }
        sleep(POLL).await;
    }
}

/// The newest code of the key with this checksum of which no contract is made. That of another deployment has one, which
/// must not be taken for this one's.
async fn unused_code(site: &Site, checksum: &[u8]) -> anyhow::Result<Option<u64>> {
    for code_id in site.chain.codes_of(&site.address, checksum).await?.into_iter().rev() {
        if site.chain.contracts_of(code_id).await?.is_empty() {
            return Ok(Some(code_id));
        }
    }
    Ok(None)
}

/// The newest contract that is what `new` asks for.
async fn made_as(site: &Site, new: NewContract<'_>) -> anyhow::Result<Option<String>> {
    for address in site.chain.contracts_of(new.code_id).await?.into_iter().rev() {
        let info = site.chain.contract_info(&address).await?;
        let admin = new.admin.unwrap_or_default();
        if (info.creator.as_str(), info.label.as_str(), info.admin.as_str())
            == (site.address.as_str(), new.label, admin)
        {
            return Ok(Some(address));
        }
    }
    Ok(None)
}

fn code(code_id: u64) -> String {
    format!("code {code_id}")
}
