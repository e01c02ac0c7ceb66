//! Orders, bids and leases, and what leases pay.

use std::collections::BTreeMap;

use super::{Bid, Books, Fault, Key, Lease, Order, Told, known, taken};

impl Books {
    pub(super) fn order(&mut self, kind: &str, told: &Told<'_>) -> Result<(), Fault> {
        let key = told.group()?;
        if kind.starts_with("bid_") {
            return self.bid(kind, key, told);
        }
        match kind {
            "order_opened" => {
                let order = Order {
                    max_rate: told.number("max_rate")?,
                    fee: told.number("fee")?,
                    expires_at: told.number("expires_at")?,
                    bidding_until: told.may_number("bidding_until")?,
                };
                self.orders.insert(key, order);
            }
            "order_closed" => {
                let order = taken(&mut self.orders, &key)?;
                let lost = self.bids.keys().filter(|(order, _)| *order == key).count();
                if lost != told.number::<usize>("lost_bids")? {
                    return Err(format!("{key:?} closes with {lost} bids"));
                }
                // Of an order that expired somebody else earns the fee.
                if told.text("reason")? != "expired" {
                    known(&mut self.deployments, &key.0)?.deposited += order.fee;
                }
            }
            "listing_fee_earned" => {
                let denom = known(&mut self.deployments, &key.0)?.denom.clone();
                self.credit(&told.text("by")?, &denom, told.number("amount")?);
            }
            _ => return Err(format!("nothing is known of {kind}")),
        }
        Ok(())
    }

    fn bid(&mut self, kind: &str, order: Key, told: &Told<'_>) -> Result<(), Fault> {
        let provider = told.text("provider")?;
        let key = (order, provider.clone());
        if kind == "bid_placed" {
            let bid = Bid {
                bid_no: told.number("bid_no")?,
                rate: told.number("rate")?,
                valid_until: told.number("valid_until")?,
                deposit: told.number("deposit")?,
                denom: told.text("denom")?,
            };
            self.bids.insert(key, bid);
            return Ok(());
        }
        let bid = taken(&mut self.bids, &key)?;
        let returned = told.number::<u128>("returned")?;
        let forfeited = told.may_number::<u128>("forfeited")?.unwrap_or_default();
        if bid.deposit != returned + forfeited || bid.bid_no != told.number::<u64>("bid_no")? {
            return Err(format!("{key:?} ends as another bid than {bid:?}"));
        }
        match kind {
            "bid_evicted" | "bid_dropped" => self.credit(&provider, &bid.denom, returned),
            "bid_withdrawn" => self.dues.add(&provider, &bid.denom, returned),
            _ => return Err(format!("nothing is known of {kind}")),
        }
        Ok(())
    }

    pub(super) fn lease(&mut self, kind: &str, told: &Told<'_>) -> Result<(), Fault> {
        let key = told.group()?;
        match kind {
            "lease_started" => return self.start(key, told),
            "lease_closed" => return self.end(&key, told),
            _ => {}
        }
        let lease = known(&mut self.leases, &key)?;
        match kind {
            "lease_active" => {
                lease.is_active = true;
                lease.stops_at = told.may_number("stops_at")?;
            }
            "lease_silent" => lease.silent_deadline = Some(told.number("deadline")?),
            "silence_broken" => lease.silent_deadline = None,
            "lease_reclaiming" => {
                lease.is_reclaiming = true;
                lease.stops_at = Some(told.number("stops_at")?);
            }
            "terms_proposed" => {
                let proposal = (told.number("terms_no")?, told.number("rate")?);
                lease.proposals.insert(told.text("by")?, proposal);
            }
            "terms_agreed" => {
                lease.rate = told.number("rate")?;
                lease.proposals.clear();
            }
            "lease_withdrawn" => {
                let (amount, fee) = (told.number::<u128>("amount")?, told.number::<u128>("fee")?);
                lease.paid += amount + fee;
                let denom = known(&mut self.deployments, &key.0)?.denom.clone();
                self.dues.add(&told.text("provider")?, &denom, amount);
                self.pay(&key.0, amount + fee, fee)?;
            }
            _ => return Err(format!("nothing is known of {kind}")),
        }
        Ok(())
    }

    fn start(&mut self, key: Key, told: &Told<'_>) -> Result<(), Fault> {
        let (provider, bond) = (told.text("provider")?, told.number("bond")?);
        let offer = told.may_number("offer")?;
        let bond_denom = match offer {
            Some(offer) => {
                // What was set aside for an order is not needed.
                let account = known(&mut self.deployments, &key.0)?;
                account.deposited += account.fee;
                let offer = known(&mut self.offers, &offer)?;
                (offer.locked, offer.leases) = (offer.locked + bond, offer.leases + 1);
                offer.bond_denom.clone()
            }
            None => taken(&mut self.bids, &(key.clone(), provider.clone()))?.denom,
        };
        let lease = Lease {
            provider,
            rate: told.number("rate")?,
            offer,
            bond,
            bond_denom,
            ready_by: told.number("ready_by")?,
            stops_at: None,
            silent_deadline: None,
            is_active: false,
            is_reclaiming: false,
            paid: 0,
            proposals: BTreeMap::new(),
        };
        self.leases.insert(key, lease);
        Ok(())
    }

    fn end(&mut self, key: &Key, told: &Told<'_>) -> Result<(), Fault> {
        let lease = taken(&mut self.leases, key)?;
        let (amount, fee) = (told.number::<u128>("amount")?, told.number::<u128>("fee")?);
        let lost = told.number::<u128>("bond_lost")?;
        if told.number::<u128>("paid")? != lease.paid + amount + fee {
            return Err(format!("{key:?} was paid something else than {lease:?}"));
        }
        let denom = known(&mut self.deployments, &key.0)?.denom.clone();
        self.pay(&key.0, amount + fee, fee)?;
        self.credit(&lease.provider, &denom, amount);
        match lease.offer {
            // One that was cancelled is gone with its last lease, of which it tells before.
            Some(offer) => {
                if let Some(offer) = self.offers.get_mut(&offer) {
                    offer.locked -= lease.bond;
                    (offer.bond, offer.leases) = (offer.bond - lost, offer.leases - 1);
                }
            }
            None => self.credit(&lease.provider, &lease.bond_denom, lease.bond - lost),
        }
        Ok(())
    }

    /// Enters what a lease was paid, and what of it is the treasury's.
    fn pay(&mut self, deployment: &str, gross: u128, fee: u128) -> Result<(), Fault> {
        let account = known(&mut self.deployments, &deployment.to_owned())?;
        account.paid += gross;
        let (treasury, denom) = (self.treasury.clone(), account.denom.clone());
        self.credit(&treasury, &denom, fee);
        Ok(())
    }
}
