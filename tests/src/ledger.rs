//! Who holds how much, on both chains, to the unit.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use cosmos::chain::Chain;
use cosmos::ibc_proto::cosmos::bank::v1beta1::{QueryDenomOwnersRequest, QueryDenomOwnersResponse};
use cosmos::ibc_proto::cosmos::base::query::v1beta1::PageRequest;
use cosmos::ibc_proto::ibc::applications::transfer::v1::{
    QueryEscrowAddressRequest, QueryEscrowAddressResponse,
};
use protocol::ics20::{End, TRANSFER_PORT, received_denom};

use crate::world::World;

/// More holders than local chains have accounts.
const HOLDERS: u64 = 1_000;

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asset {
    /// The money on the outpost's chain, where it comes from.
    Money,
    /// The money on the market's chain: the vouchers of the route.
    Voucher,
    /// What providers stake and give as bonds, on the market's chain.
    Bond,
}

/// Every balance of every account that has any. Fees are paid in another denom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger(BTreeMap<(Asset, String), u128>);

/// By how many units balances have changed; those that have not are left out.
pub type Changes = BTreeMap<(Asset, String), i128>;

impl Ledger {
    /// Reads all balances, while no packet is under way, and checks that not a unit was lost or
    /// made: holders add up to the supply, vouchers are covered by what their channel has locked.
    ///
    /// # Errors
    /// A node does not answer; something does not add up.
    pub async fn take(world: &World) -> anyhow::Result<Self> {
        let (a, b) = (&world.sites.market.chain, &world.sites.outpost.chain);
        let money = world.deployed.denom.as_str();
        let denoms = [
            (b, Asset::Money, money),
            (a, Asset::Voucher, world.deployed.market_denom.as_str()),
            (a, Asset::Bond, world.bond_denom()),
        ];
        let mut balances = BTreeMap::new();
        for (chain, asset, denom) in denoms {
            let held = holders(chain, denom).await?;
            let (total, supply) = (held.values().sum::<u128>(), chain.supply(denom).await?);
            ensure!(total == supply, "holders of `{denom}` have {total} of {supply}");
            balances.extend(held.into_iter().map(|(account, held)| ((asset, account), held)));
        }
        for transfer in [&world.deployed.transfer, &world.other_transfer] {
            let source = End { port: TRANSFER_PORT, channel: &transfer.outpost };
            let destination = End { port: TRANSFER_PORT, channel: &transfer.market };
            let vouchers = a.supply(&received_denom(source, destination, money)).await?;
            let locked = b.balance(&escrow(b, &transfer.outpost).await?, money).await?;
            ensure!(
                vouchers == locked,
                "{vouchers} vouchers of `{}` for {locked} locked on `{}`",
                transfer.market,
                transfer.outpost
            );
        }
        Ok(Self(balances))
    }

    /// What an account holds.
    #[must_use]
    pub fn of(&self, asset: Asset, account: &str) -> u128 {
        self.0.get(&(asset, account.to_owned())).copied().unwrap_or_default()
    }

    /// What has changed since `before`. The supply of money and bonds never does.
    ///
    /// # Errors
    /// The supply has changed, or a balance is beyond all money.
    pub fn since(&self, before: &Self) -> anyhow::Result<Changes> {
        for asset in [Asset::Money, Asset::Bond] {
            let (got, expected) = (self.total(asset), before.total(asset));
            ensure!(got == expected, "the supply of {asset:?} was {expected} and is {got}");
        }
        let keys: BTreeSet<_> = self.0.keys().chain(before.0.keys()).collect();
        let mut changes = Changes::new();
        for (asset, account) in keys {
            let now = i128::try_from(self.of(*asset, account))?;
            let change = now - i128::try_from(before.of(*asset, account))?;
            if change != 0 {
                changes.insert((*asset, account.clone()), change);
            }
        }
        Ok(changes)
    }

    fn total(&self, asset: Asset) -> u128 {
        self.0.iter().filter(|((held, _), _)| *held == asset).map(|(_, amount)| amount).sum()
    }
}

/// The changes that a test expects.
#[must_use]
pub fn changes<const N: usize>(expected: [(Asset, &str, i128); N]) -> Changes {
    let keyed = expected.into_iter().map(|(asset, account, by)| ((asset, account.to_owned()), by));
    keyed.filter(|(_, by)| *by != 0).collect()
}

/// The account in which a chain locks what has left over a transfer channel.
///
/// # Errors
/// The node does not answer.
pub async fn escrow(chain: &Chain, channel: &str) -> anyhow::Result<String> {
    let request = QueryEscrowAddressRequest {
        port_id: TRANSFER_PORT.to_owned(),
        channel_id: channel.to_owned(),
    };
    let path = "/ibc.applications.transfer.v1.Query/EscrowAddress";
    let answer: QueryEscrowAddressResponse = chain.rpc().query(path, &request, 0).await?;
    Ok(answer.escrow_address)
}

async fn holders(chain: &Chain, denom: &str) -> anyhow::Result<BTreeMap<String, u128>> {
    let request = QueryDenomOwnersRequest {
        denom: denom.to_owned(),
        pagination: Some(PageRequest { limit: HOLDERS, ..PageRequest::default() }),
    };
    let path = "/cosmos.bank.v1beta1.Query/DenomOwners";
    let answer: QueryDenomOwnersResponse = chain.rpc().query(path, &request, 0).await?;
    let owners = answer.denom_owners.into_iter();
    let held = owners.filter_map(|owner| Some((owner.address, owner.balance?.amount)));
    held.map(|(account, amount)| Ok((account, amount.parse()?))).collect()
}
