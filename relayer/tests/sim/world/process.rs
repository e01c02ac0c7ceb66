//! The relayer's process: how it starts, what its driver does, how it stops.

use std::collections::BTreeSet;

use ferry::model::config::ChainConfig;
use ferry::model::facts::{Ask, Event, Fact, PacketChange, Step};
use ferry::model::ids::{ChainId, Span, Time};
use ferry::model::rows::PathRow;
use ferry::model::{Model, step};

use super::{Happening, MILLI, SECOND, World};
use crate::channels::Channels;
use crate::checks;
use crate::store::Store;

impl<C: Channels> World<C> {
    /// Starts the process: what the driver does before its loop.
    pub(super) fn boot(&mut self) {
        self.process += 1;
        self.simulating.clear();
        let process = self.process;
        self.queue.retain(|(_, _, of), _| of.is_none_or(|of| of == process));
        self.model = Model::load(self.config.clone(), self.store.rows());
        for place in 0..self.intervals.len() {
            let chain = self.chains.at(place);
            let (id, tip) = (ChainId::from(chain.id.as_str()), chain.tip());
            if self.model.cursor(&id).is_none() && !self.feed(Fact::Begin(id, tip)) {
                return;
            }
            self.later(MILLI, Some(process), Happening::Pull(place));
        }
        self.feed_wanted();
    }

    /// What `ferry link` begins with; `false` when the process was killed in it.
    pub(super) fn feed_wanted(&mut self) -> bool {
        for (row, channels) in self.wanted.clone().into_iter().skip(self.is_forgotten.into()) {
            let known = self.model.path(&row.path).cloned();
            let stored = self.model.channels(&row.path).map(|channel| channel.index);
            let stored: BTreeSet<u32> = stored.collect();
            let is_known =
                known.is_some() && channels.iter().all(|channel| stored.contains(&channel.index));
            let fact = match is_known {
                true => Fact::Tick,
                false => Fact::Path(known.unwrap_or(row), channels),
            };
            if !self.feed(fact) {
                return false;
            }
        }
        true
    }

    /// Lets the chains go on without the relayer for so many virtual seconds, then starts it again.
    pub(crate) fn sleep(&mut self, seconds: u64) {
        self.asleep = true;
        self.run(seconds, |_| false);
        self.asleep = false;
        self.boot();
    }

    /// Stops the relayer for so many virtual seconds; who calls does not wait.
    pub(crate) fn nap(&mut self, seconds: u64) {
        self.asleep = true;
        let wake = |world: &mut Self| {
            world.asleep = false;
            world.boot();
        };
        self.later(seconds * SECOND, None, Happening::Act(Box::new(wake)));
    }

    /// Stops the relayer for so many virtual seconds, and starts it with what the store held before.
    pub(crate) fn restore(&mut self, copy: Store, seconds: u64) {
        self.asleep = true;
        self.run(seconds, |_| false);
        self.asleep = false;
        self.store = copy;
        self.boot();
    }

    /// Starts the relayer anew with an empty store: it is told of the path, and finds the rest.
    pub(crate) fn lose_store(&mut self) {
        let path = self.wanted[0].0.path.clone();
        let mut row = self.model.path(&path).expect("the path is stored").clone();
        row.create = false;
        self.store = Store::default();
        self.wanted = vec![(row, Vec::new())];
        self.boot();
        self.feed(Fact::Clear(path));
    }

    /// Forgets the first path, as `ferry link --forget` does, and gives it as it was. Nothing brings it back by itself.
    pub(crate) fn forget(&mut self) -> PathRow {
        let id = self.wanted[0].0.path.clone();
        let row = self.model.path(&id).expect("the path is stored").clone();
        self.is_forgotten = true;
        while !self.feed(Fact::Forget(id.clone())) {}
        row
    }

    /// Serves a connection that stands, as `ferry link --connection` does.
    pub(crate) fn take_up(&mut self, row: PathRow) {
        self.is_forgotten = false;
        self.wanted = vec![(PathRow { create: false, ..row }, Vec::new())];
        while !(self.feed_wanted() && self.feed(Fact::Clear(self.wanted[0].0.path.clone()))) {}
    }

    /// Checks states so often from now on; zero is never. The relayer runs on.
    pub(crate) fn check_every(&mut self, seconds: u64) {
        self.config.check_every = Span::seconds(seconds);
        self.retune(|_| {});
    }

    /// Gives messages up after so many tries from now on. The relayer runs on.
    pub(crate) fn try_often(&mut self, max_tries: u16) {
        self.config.max_tries = max_tries;
        self.retune(|_| {});
    }

    /// Changes the configurations of the chains as `ferry reload` does. The relayer runs on.
    pub(crate) fn retune(&mut self, adjust: impl Fn(&mut ChainConfig)) {
        self.config.chains.iter_mut().for_each(adjust);
        let config = self.config.clone();
        self.feed(Fact::Reload(Box::new(config)));
    }

    /// Pauses these paths, counted from 0, and no others, as `ferry reload` does.
    pub(crate) fn pause(&mut self, paths: impl IntoIterator<Item = usize>) {
        let name = |path: usize| self.wanted[path].0.path.clone();
        self.config.paused = paths.into_iter().map(name).collect();
        self.retune(|_| {});
    }

    /// Starts the relayer anew with other configurations of its chains.
    pub(crate) fn reconfigure(&mut self, adjust: impl Fn(&mut ChainConfig)) {
        self.config.chains.iter_mut().for_each(adjust);
        self.boot();
    }

    pub(super) fn pull(&mut self, place: usize) {
        let chain = self.chains.at(place);
        let id = ChainId::from(chain.id.as_str());
        let Some(cursor) = self.model.cursor(&id) else { return };
        if chain.pruned > cursor.height {
            let tip = chain.tip();
            self.feed(Fact::Jump(id, tip));
            return;
        }
        let Some(mut block) = chain.blocks.get(&(cursor.height + 1)).cloned() else { return };
        if self.hides_sends {
            block.txs.iter_mut().for_each(|tx| tx.events.retain(|event| !is_send(event)));
        }
        if self.feed(Fact::Block(id, block)) {
            let process = Some(self.process);
            self.later(self.reading, process, Happening::Pull(place));
        }
    }

    /// One turn of the driver's loop; `false` when the process was killed in it.
    pub(crate) fn feed(&mut self, fact: Fact) -> bool {
        self.steps += 1;
        let Step { writes, asks, notices, wake } = step(&mut self.model, fact, Time(self.now));
        self.notices.extend(notices);
        let dies = self.rng.chance(self.faults.kill)
            && (self.mercy == 1 || self.rng.below(self.mercy) == 0);
        // 0: before the commit; else after it and so many asks.
        let survives = if dies { self.rng.below(asks.len() as u64 + 2) } else { u64::MAX };
        if survives == 0 {
            return self.kill();
        }
        self.store.commit(&writes);
        checks::after_step(self, &writes);
        for (count, (id, ask)) in asks.into_iter().enumerate() {
            if count as u64 + 1 >= survives {
                return self.kill();
            }
            if let Ask::Simulate { chain, .. } = &ask {
                self.simulating.insert(id, chain.clone());
                self.simulations += 1;
            }
            self.scans += u64::from(matches!(ask, Ask::Channels { .. } | Ask::Packets { .. }));
            checks::ask(self, &ask);
            let longest = if self.rng.chance(self.faults.slow) { 3_000 } else { 60 };
            let delay = (5 + self.rng.below(longest)) * MILLI;
            self.later(delay, Some(self.process), Happening::Answer(id, ask));
        }
        if dies {
            return self.kill();
        }
        self.wake = wake.map(|wake| wake.0);
        if let Some(wake) = self.wake {
            let process = Some(self.process);
            self.later(wake.saturating_sub(self.now), process, Happening::Tick);
        }
        true
    }

    fn kill(&mut self) -> bool {
        self.kills += 1;
        self.boot();
        false
    }

    /// A fresh copy of the relayer from the store.
    pub(crate) fn reload(&self) -> Model {
        Model::load(self.config.clone(), self.store.rows())
    }
}

fn is_send(event: &Event) -> bool {
    matches!(event, Event::Packet(packet) if matches!(packet.change, PacketChange::Sent { .. }))
}
