//! Providers, their offers, and the accounts of deployments.

use protocol::Deployment;

use super::{Account, Books, Fault, Offer, Provider, Told, known, taken};

impl Books {
    pub(super) fn provider(&mut self, kind: &str, told: &Told<'_>) -> Result<(), Fault> {
        let name = told.text("provider")?;
        match kind {
            "provider_registered" | "provider_updated" => {
                let before = self.providers.get(&name);
                let provider = Provider {
                    host_uri: told.text("host_uri")?,
                    attributes: told.json("attributes")?,
                    stake: told.number("stake")?,
                    denom: told.text("denom")?,
                    unbonds_at: before.and_then(|before| before.unbonds_at),
                };
                self.providers.insert(name, provider);
            }
            "provider_leaving" => {
                known(&mut self.providers, &name)?.unbonds_at = Some(told.number("unbonds_at")?);
            }
            "provider_slashed" => {
                known(&mut self.providers, &name)?.stake = told.number("stake")?;
            }
            "stake_released" => {
                let provider = taken(&mut self.providers, &name)?;
                if provider.stake != told.number::<u128>("amount")? {
                    return Err(format!("{name} gets another stake than it had"));
                }
                self.credit(&name, &provider.denom, provider.stake);
            }
            _ => return Err(format!("nothing is known of {kind}")),
        }
        Ok(())
    }

    pub(super) fn offer(&mut self, kind: &str, told: &Told<'_>) -> Result<(), Fault> {
        let id = told.number("offer")?;
        match kind {
            "offer_posted" => {
                let offer = Offer {
                    provider: told.text("provider")?,
                    bond: told.number("bond")?,
                    bond_denom: told.text("bond_denom")?,
                    terms: told.json("terms")?,
                    next: None,
                    cancelled: false,
                    locked: 0,
                    leases: 0,
                };
                self.offers.insert(id, offer);
            }
            "offer_bonded" => known(&mut self.offers, &id)?.bond = told.number("bond")?,
            "offer_updated" => {
                let offer = known(&mut self.offers, &id)?;
                offer.terms = told.json("terms")?;
                let at = told.may_number("effective_at")?;
                offer.next =
                    at.map(|at| Ok::<_, Fault>((at, told.json("next_terms")?))).transpose()?;
            }
            "offer_cancelled" => known(&mut self.offers, &id)?.cancelled = true,
            "offer_bond_released" => self.release(id, told)?,
            "offer_removed" => {
                self.release(id, told)?;
                self.offers.remove(&id);
            }
            _ => return Err(format!("nothing is known of {kind}")),
        }
        Ok(())
    }

    fn release(&mut self, id: u64, told: &Told<'_>) -> Result<(), Fault> {
        let released = told.number("released")?;
        let offer = known(&mut self.offers, &id)?;
        offer.bond -= released;
        let (provider, denom) = (offer.provider.clone(), offer.bond_denom.clone());
        self.credit(&provider, &denom, released);
        Ok(())
    }

    pub(super) fn deployment(&mut self, kind: &str, told: &Told<'_>) -> Result<(), Fault> {
        let name = told.text("deployment")?;
        if kind == "deployment_opened" {
            return self.open(name, told);
        }
        let account = known(&mut self.deployments, &name)?;
        match kind {
            "deployment_funded" => account.deposited += told.number::<u128>("amount")?,
            "surplus_withdrawn" => {
                let surplus = told.number::<u128>("amount")?;
                account.refunded += surplus;
                self.dues.refund(&name, account, surplus);
            }
            "manifest_updated" => account.spec.manifest = told.json("manifest")?,
            "operators_set" => account.spec.access_keys = told.json("access_keys")?,
            "refund_to_set" => account.refund_to = told.text("refund_to")?,
            // In another denom it is credited, which an event of its own tells.
            "bond_forfeited" if told.text("denom")? == account.denom => {
                account.deposited += told.number::<u128>("amount")?;
            }
            "bond_forfeited" => {}
            // What came before is credited instead, which an event of its own tells.
            "account_full" => account.deposited -= told.number::<u128>("amount")?,
            "deployment_closed" => {
                let refunded = told.number::<u128>("refunded")?;
                if account.deposited != account.refunded + refunded + account.paid {
                    return Err(format!("{name} closes with {refunded}: {account:?}"));
                }
                self.dues.refund(&name, account, refunded);
                self.deployments.remove(&name);
                self.closed.insert(name, refunded);
            }
            _ => return Err(format!("nothing is known of {kind}")),
        }
        Ok(())
    }

    fn open(&mut self, name: String, told: &Told<'_>) -> Result<(), Fault> {
        let spec: Deployment = told.json("spec")?;
        let fees: u128 = told.number("fees")?;
        let account = Account {
            denom: told.text("denom")?,
            refund_to: told.text("refund_to")?,
            fee: fees / spec.groups.len() as u128,
            spec: Deployment { local_operators: Vec::new(), ..spec },
            deposited: told.number::<u128>("amount")? - fees,
            refunded: 0,
            paid: 0,
        };
        self.deployments.insert(name, account);
        Ok(())
    }
}
