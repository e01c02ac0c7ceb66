//! Keys: which of a chain's lanes signs for which client.
//!
//! The clients on a chain take turns at its keys in the order in which they were made: each has a key of
//! its own while there are enough, a new client moves no other one, and every run decides the same. A key
//! that cannot sign leaves its clients to the others until it can. What it has signed stays its own: only
//! what is prepared from then on is signed by another, on top of what blocks have.

use super::Model;
use super::config::{ChainConfig, LaneConfig};
use super::ids::{ClientId, FlowId, LaneId};

/// The number at the end of a client's name, which chains count up; a client that is still to be made is
/// the last.
fn age(client: Option<&ClientId>) -> u64 {
    let number = client.and_then(|client| client.as_str().rsplit('-').next()?.parse().ok());
    number.unwrap_or(u64::MAX)
}

impl ChainConfig {
    /// A key of the chain; `None` where the lane is not configured any more.
    pub(crate) fn lane(&self, id: &LaneId) -> Option<&LaneConfig> {
        self.lanes.iter().find(|lane| lane.id == *id)
    }
}

impl Model {
    /// The lane in which a flow's next epoch is signed: one that it has to go on with, else its own.
    pub(crate) fn signing_lane(&self, id: &FlowId) -> Option<&LaneId> {
        let has_several = self.chain_to(id)?.lanes.len() > 1;
        let begun = if has_several { self.lane_with_hole(id) } else { None };
        begun.or_else(|| self.lane_of(id))
    }

    /// The lane that signs what is prepared for a flow from now on.
    fn lane_of(&self, id: &FlowId) -> Option<&LaneId> {
        let chain = self.chain_to(id)?;
        let place = if chain.lanes.len() > 1 { self.place(chain, id) } else { 0 };
        let turn =
            |lanes: &[&LaneConfig]| lanes.get(place % lanes.len().max(1)).map(|l| l.id.clone());
        let all: Vec<&LaneConfig> = chain.lanes.iter().collect();
        let home = turn(&all)?;
        let signs = |id: &LaneId| self.lanes.get(id).is_some_and(|lane| lane.obstacle().is_none());
        let heir = if signs(&home) {
            None
        } else {
            let others: Vec<&LaneConfig> = all.into_iter().filter(|lane| signs(&lane.id)).collect();
            turn(&others)
        };
        let chosen = heir.unwrap_or(home);
        chain.lane(&chosen).map(|lane| &lane.id)
    }

    /// How many clients on the chain that ferry serves were made before that of a flow.
    fn place(&self, chain: &ChainConfig, id: &FlowId) -> usize {
        let age = |id: &FlowId| {
            let path = self.record.path(&id.path);
            age(path.and_then(|path| path.ends.on(id.to).client.as_ref()))
        };
        let is_here = |other: &FlowId| self.chain_to(other).is_some_and(|to| to.id == chain.id);
        let own = (age(id), id);
        self.flow_ids().filter(|other| is_here(other) && (age(other), other) < own).count()
    }

    /// The lane in which an unused sequence holds up transactions of this flow behind it, if it can be
    /// filled.
    pub(crate) fn lane_with_hole(&self, id: &FlowId) -> Option<&LaneId> {
        let mut lanes = self.chain_to(id)?.lanes.iter().map(|lane| &lane.id);
        lanes.find(|lane| {
            let is_usable = self.lanes.get(*lane).is_some_and(|lane| lane.is_usable());
            is_usable && self.behind_hole(lane).is_some_and(|slot| slot.flow == *id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_ordered_by_number_and_those_to_be_made_come_last() {
        let age = |name: &str| age(Some(&name.into()));
        assert!(age("07-tendermint-9") < age("07-tendermint-10"));
        assert!(age("07-tendermint-10") < super::age(None));
    }
}
