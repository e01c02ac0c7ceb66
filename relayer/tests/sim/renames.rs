//! A chain that halts and goes on under another id, from the state that it had, without its blocks of before.

use std::collections::BTreeMap;

use ferry::model::ids::{Both, ChainId, Side};
use ferry::model::notice::Notice;
use ferry::model::rename::{Bytes, Renamed};

use crate::setup::{Expiry, Faults, Sending};
use crate::traps::LATE;
use crate::world::World;
use crate::{checks, linked};

const NEW: (&str, u64) = ("alpha-2", 2);

impl World {
    /// Chain A begins anew as [`NEW`], the client on chain B is upgraded, and the store follows.
    fn rename(&mut self) {
        let from = ChainId::from(self.chains.a.id.as_str());
        let to = ChainId::from(NEW.0);
        let row = self.model.paths().next().expect("there is a path").clone();
        let client = |side| row.ends.on(side).client.clone().expect("it is linked").to_string();
        let halted = self.chains.a.begin_anew(NEW, self.now);
        let at = self.chains.b.context(self.chains.b.height, self.chains.b.time);
        self.chains.b.core.upgrade_client(&at, &client(Side::B), (NEW, halted), self.now);
        let here = self.chains.a.core.look(&client(Side::A), self.now).expect("it is there").latest;
        let known = BTreeMap::from([(row.path.clone(), Both { a: here, b: halted })]);
        let tip = self.chains.a.tip();
        let renamed = Renamed { from: from.clone(), to: to.clone(), tip, known };
        let rows = self.store.rows();
        let keys: Vec<_> = renamed.packets(&rows).map(|row| row.key.clone()).collect();
        let signed = renamed
            .slots(&rows)
            .filter_map(|slot| Some((slot.id.clone(), self.store.bytes(&slot.id)?.to_vec())));
        let bytes = Bytes { packets: self.store.load(&keys), slots: signed.collect() };
        self.store.commit(&renamed.writes(&rows, bytes));
        for (row, _) in &mut self.wanted {
            row.chains.a = to.clone();
        }
        self.reconfigure(|config| {
            if config.id == from {
                (config.id, config.revision) = (to.clone(), NEW.1);
                config.lanes.iter_mut().for_each(|lane| lane.id.chain = to.clone());
            }
        });
    }
}

/// What was on its way in either direction at any moment ends once, with the bytes that the store had: no node has them.
#[test]
fn a_chain_goes_on_under_another_id() {
    for seconds in 1..12 {
        let mut world = linked(90 + seconds, Faults::default());
        for from in [Side::A, Side::B] {
            world.send_at(Sending { at: 1, from, count: 30, expiry: LATE });
            world.send_at(Sending { at: 2, from, count: 5, expiry: Expiry::Seconds(20) });
        }
        world.run(seconds, |_| false);
        let told = world.notices.len();
        let begun = world.model.packets().count();
        let on_their_way = world.model.slots().count();
        world.rename();
        assert_eq!(world.model.packets().count(), begun, "after {seconds} s");
        world.send_at(Sending { at: 3, from: Side::A, count: 10, expiry: LATE });
        let is_over = |world: &World| checks::is_at_rest(world) && world.sent() == 80;
        assert!(world.run(300, is_over), "after {seconds} s: {:?}", world.notices);
        let is_lost = |notice: &&Notice| matches!(notice, Notice::Lost { .. });
        assert_eq!(world.notices[told..].iter().find(is_lost), None, "after {seconds} s");
        for chain in world.chains.all() {
            let effects = || chain.core.effects.values();
            let ended: u32 =
                effects().map(|effects| effects.acknowledged + effects.timed_out).sum();
            assert_eq!(u64::from(ended), chain.core.sent(), "after {seconds} s on {}", chain.id);
            assert!(effects().all(|effects| effects.received <= 1), "after {seconds} s");
        }
        // What stands on a header of the old id is refused, or fails where a block has it after the upgrade.
        let (noops, failed) = checks::wasted(&world);
        assert!(noops == 0 && failed <= on_their_way, "after {seconds} s: {noops}, {failed}");
    }
}
