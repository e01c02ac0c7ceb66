//! Keys: which of a chain's lanes signs for which client.
//!
//! The clients on a chain take turns at its keys in the order in which they were made: each has a key of
//! its own while there are enough, a new client moves no other one, and every run decides the same. A key
//! that cannot sign leaves its clients to the others until it can. What it has signed stays its own: only
//! what is prepared from then on is signed by another, on top of what blocks have.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use super::config::{ChainConfig, LaneConfig};
use super::ids::{ChainId, ClientId, FlowId, LaneId, Side};
use super::rows::PathRow;

/// The number at the end of a client's name, which chains count up; a client that is still to be made is
/// the last.
fn age(client: Option<&ClientId>) -> u64 {
    let number = client.and_then(|client| client.as_str().rsplit('-').next()?.parse().ok());
    number.unwrap_or(u64::MAX)
}

/// How many of the clients on its chain that ferry serves were made before each one. It is asked for at every step,
/// and changes when a path gets a client.
#[derive(Debug, Default)]
pub(super) struct Turns(BTreeMap<FlowId, usize>);

impl Turns {
    pub(super) fn of<'a>(paths: impl Iterator<Item = &'a PathRow>) -> Self {
        let mut clients = BTreeMap::<&ChainId, BTreeSet<(u64, FlowId)>>::new();
        for row in paths {
            for to in [Side::A, Side::B] {
                let flow = FlowId { path: row.path.clone(), to };
                let age = age(row.ends.on(to).client.as_ref());
                clients.entry(row.chains.on(to)).or_default().insert((age, flow));
            }
        }
        let numbered = |flows: BTreeSet<(u64, FlowId)>| {
            flows.into_iter().enumerate().map(|(turn, (_, flow))| (flow, turn))
        };
        Self(clients.into_values().flat_map(numbered).collect())
    }

    /// That of a flow's client.
    pub(super) fn get(&self, flow: &FlowId) -> usize {
        self.0.get(flow).copied().unwrap_or_default()
    }
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
        let place = if chain.lanes.len() > 1 { self.record.turn(id) } else { 0 };
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
    use crate::model::ids::{Both, Span};
    use crate::model::record::Record;
    use crate::model::rows::{Ibc, Write};

    #[test]
    fn clients_are_ordered_by_number_and_those_to_be_made_come_last() {
        let age = |name: &str| age(Some(&name.into()));
        assert!(age("07-tendermint-9") < age("07-tendermint-10"));
        assert!(age("07-tendermint-10") < super::age(None));
    }
    /// Also of clients that are made later, and of two paths between the same chains.
    #[test]
    fn clients_take_turns_in_the_order_in_which_they_were_made() {
        let row = |path: &str, chains: [&str; 2], clients: [Option<&str>; 2]| {
            let mut row = PathRow {
                path: path.into(),
                chains: Both { a: chains[0].into(), b: chains[1].into() },
                ends: Both::default(),
                create: true,
                delay: Span(0),
                ibc: Ibc::V1,
            };
            row.ends.a.client = clients[0].map(Into::into);
            row.ends.b.client = clients[1].map(Into::into);
            Write::Path(row)
        };
        let flow = |path: &str, to| FlowId { path: path.into(), to };
        let mut record = Record::default();
        let client = |number: u64| format!("07-tendermint-{number}");
        record.write(row("new", ["a", "b"], [Some(&client(10)), None]));
        record.write(row("old", ["b", "a"], [Some(&client(3)), Some(&client(9))]));
        let on_a = [flow("old", Side::B), flow("new", Side::A)];
        let on_b = [flow("old", Side::A), flow("new", Side::B)];
        assert_eq!(
            [&on_a[0], &on_a[1], &on_b[0], &on_b[1]].map(|id| record.turn(id)),
            [0, 1, 0, 1]
        );
        record.write(row("new", ["a", "b"], [Some(&client(10)), Some(&client(2))]));
        assert_eq!([&on_b[0], &on_b[1]].map(|id| record.turn(id)), [1, 0]);
    }
}
