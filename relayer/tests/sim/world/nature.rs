//! What happens without the relayer: blocks, floods, what strangers and rivals do.

use ferry::model::ids::Side;
use ibc_proto::google::protobuf::Any;

use super::{Happening, MILLI, SECOND, World};
use crate::chain::{Evicted, Send};
use crate::chains::side_place;
use crate::channels::Channels;

impl<C: Channels> World<C> {
    /// Lets neither chain make a block for a while.
    pub(crate) fn halt(&mut self, seconds: u64) {
        self.halted_until = self.now + seconds * SECOND;
    }

    /// Lets somebody else run a message in the next block of a side.
    pub(crate) fn inject(&mut self, side: Side, message: Any) {
        let chain = self.chains.on(side);
        let at = chain.context(chain.height + 1, chain.time);
        self.happens_next(
            side,
            Box::new(move |core| {
                let mut events = Vec::new();
                core.run(&at, &message, &mut events).expect("the message is right");
                events.pop()
            }),
        );
    }

    /// Lets something happen in the next block of a side.
    pub(crate) fn happens_next(&mut self, side: Side, what: Send<C>) {
        self.injected[side_place(side)].push(what);
    }

    pub(super) fn make_block(&mut self, place: usize) {
        if self.rng.chance(self.faults.vanish) {
            let lost = self.rng.below(1_000);
            self.chains.at_mut(place).lose(lost);
        }
        if self.rng.chance(self.faults.rival) {
            self.rival_acts(place);
        }
        if self.happens(self.faults.evict) {
            let (room, blocks) = (self.rng.below(6) as usize, 1 + self.rng.below(4));
            let to = if self.rng.chance(50) { Evicted::OtherNodes } else { Evicted::Nowhere };
            self.chains.at_mut(place).flood(room, blocks, to);
        }
        let (now, lag) = (self.now, self.lags[place]);
        let sends = std::mem::take(&mut self.injected[place]);
        self.chains.at_mut(place).commit_block(now - lag, sends);
        if self.happens(self.faults.recheck) {
            let delay = self.rng.below(900) * MILLI;
            self.chains.at_mut(place).rechecks_at = Some(now + delay);
            self.later(delay, None, Happening::Recheck(place));
        } else {
            self.chains.at_mut(place).recheck();
        }
        let jitter = self.rng.below(200 * MILLI);
        let interval = self.intervals[place];
        self.later(interval + jitter, None, Happening::Block(place));
        let delay = self.rng.below(100 * MILLI);
        self.later(delay, Some(self.process), Happening::Pull(place));
    }

    /// True in `percent` of all cases. A fault that never happens leaves the run of a seed as it was.
    fn happens(&mut self, percent: u64) -> bool {
        percent > 0 && self.rng.chance(percent)
    }

    /// A rival brings what it knows of to the chain at a place, over the paths that it serves.
    fn rival_acts(&mut self, place: usize) {
        for (number, (wanted, _)) in self.wanted.iter().enumerate() {
            let Some(row) = self.model.path(&wanted.path).filter(|_| self.rival.serves(number))
            else {
                continue;
            };
            for to in [Side::A, Side::B] {
                let ends = [row.chains.on(to.other()), row.chains.on(to)];
                let [from, here] = ends.map(|chain| self.chains.place(chain));
                let client = row.ends.on(to).client.as_ref().filter(|_| here == place);
                if let Some(client) = client {
                    let ends = (from, here);
                    self.rival.relay(&mut self.chains, ends, client.as_str(), &mut self.rng);
                }
            }
        }
    }
}
