//! Which steps of channels' handshakes and closes are to be taken.
//!
//! Whoever likes begins channels on a connection, by the ten thousand, that never open: nobody answers on the other
//! chain, or they are left to others. Those whose step was refused too often, or is not taken here, are no more looked
//! at with every choice than the ones that are open.

use super::Model;
use super::ids::{FlowId, PathId, Side};
use super::rows::{ChannelRow, Write};
use crate::plan::handshake::channel_step;
use crate::plan::work::Work;

impl Model {
    /// The channels to whose end on a flow's chain a step is owed that is to be taken here, by index.
    pub(crate) fn moving(&self, id: &FlowId) -> impl Iterator<Item = &ChannelRow> {
        let moving = self.flows.get(id).into_iter().flat_map(|flow| &flow.moving);
        moving.filter_map(|index| self.record.channel(&id.path, *index))
    }

    /// Stores a channel, and notes which step of it is to be taken now.
    pub(super) fn put_channel(&mut self, row: ChannelRow) {
        let (path, index) = (row.path.clone(), row.index);
        self.record.write(Write::Channel(row));
        self.place_steps(&path, index);
    }

    /// Notes anew of all channels which steps are to be taken.
    pub(super) fn place_all_steps(&mut self) {
        let paths = self.record.paths().flat_map(|path| self.record.channels(&path.path));
        let all: Vec<(PathId, u32)> = paths.map(|row| (row.path.clone(), row.index)).collect();
        all.iter().for_each(|(path, index)| self.place_steps(path, *index));
    }

    /// The same of the channel that a work is of, if it is of one.
    pub(super) fn place_step_of(&mut self, id: &FlowId, work: &Work) {
        if let Work::Channel(index, _) = work {
            self.place_steps(&id.path, *index);
        }
    }

    fn place_steps(&mut self, path: &PathId, index: u32) {
        for to in [Side::A, Side::B] {
            let id = FlowId { path: path.clone(), to };
            if self.is_to_be_taken(&id, index) {
                self.flow_mut(&id).moving.insert(index);
            } else if let Some(flow) = self.flows.get_mut(&id) {
                flow.moving.remove(&index);
            }
        }
    }

    fn is_to_be_taken(&self, id: &FlowId, index: u32) -> bool {
        let Some(row) = self.record.channel(&id.path, index) else { return false };
        let step = channel_step(row, id.to);
        step.is_some_and(|(work, _)| !self.attempt(id, &work).given_up)
            && self.left_handshake(row).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::client::tests::linked;
    use crate::model::config::{ChainConfig, Config, Handshakes};
    use crate::model::facts::{Event, Fact, HandshakeChange};
    use crate::model::ids::{Both, End, Order, Time};
    use crate::model::rows::{ChannelEnd, EndState};
    use crate::model::step;
    use crate::plan::work::HandshakeStep;

    /// A channel that somebody has begun on A.
    fn begun(path: &PathId, index: u32) -> ChannelRow {
        let end = |channel: Option<String>, state| ChannelEnd {
            port: "p".into(),
            channel: channel.as_deref().map(Into::into),
            state,
            since: 3,
        };
        let ends = Both {
            a: end(Some(format!("channel-{index}")), EndState::Init),
            b: end(None, EndState::None),
        };
        let (version, order) = (String::new(), Order::Unordered);
        ChannelRow { path: path.clone(), index, version, order, wanted: false, ends }
    }

    /// A model with so many channels that somebody has begun, and the flow that they are to be answered with.
    fn crowded(count: u32) -> (Model, FlowId) {
        let (mut model, flow) = linked();
        (0..count).for_each(|index| model.put_channel(begun(&flow.path, index)));
        (model, flow)
    }

    fn moving(model: &Model, flow: &FlowId) -> Vec<u32> {
        model.moving(flow).map(|row| row.index).collect()
    }

    fn reload(model: &mut Model, handshakes: Handshakes) {
        let known = model.config.values().cloned();
        let chains = known.map(|chain| ChainConfig { handshakes, ..chain }).collect();
        let config = Config { chains, max_tries: model.max_tries, ..Config::default() };
        step(model, Fact::Reload(Box::new(config)), Time(1));
    }

    #[test]
    fn a_channel_that_is_given_up_is_looked_at_again_only_when_somebody_asks_or_it_moves() {
        let (mut model, flow) = crowded(3);
        let back = FlowId { to: Side::A, ..flow.clone() };
        assert_eq!((moving(&model, &flow), moving(&model, &back)), (vec![0, 1, 2], vec![]));
        let give_up = |model: &mut Model, index| {
            let work = Work::Channel(index, HandshakeStep::Try);
            let tries = model.max_tries;
            (0..tries).for_each(|_| model.back_off(&flow, std::slice::from_ref(&work), "refused"));
        };
        give_up(&mut model, 1);
        assert_eq!(moving(&model, &flow), [0, 2]);
        model.on_clear(&flow.path);
        assert_eq!(moving(&model, &flow), [0, 1, 2], "after a clearing");
        give_up(&mut model, 1);
        let path = model.path(&flow.path).unwrap().clone();
        model.on_path(path, Vec::new());
        assert_eq!(moving(&model, &flow), [0, 1, 2], "after `link`");
        give_up(&mut model, 1);
        model.retry_given_up(&[flow.path.clone()].into());
        assert_eq!(moving(&model, &flow), [0, 1, 2], "after a check");
        give_up(&mut model, 1);
        let answered = Event::Channel {
            change: HandshakeChange::Try,
            end: End { port: "p".into(), channel: "channel-9".into() },
            connection: "connection-0".into(),
            counterparty_port: "p".into(),
            counterparty: Some("channel-1".into()),
        };
        model.on_channel(&flow, 5, answered);
        assert_eq!((moving(&model, &flow), moving(&model, &back)), (vec![0, 2], vec![1]));
    }

    #[test]
    fn channels_that_are_left_to_others_are_not_looked_at() {
        let (mut model, flow) = crowded(3);
        reload(&mut model, Handshakes::Own);
        assert_eq!(moving(&model, &flow), [] as [u32; 0]);
        model.put_channel(ChannelRow { wanted: true, ..begun(&flow.path, 1) });
        assert_eq!(moving(&model, &flow), [1]);
        reload(&mut model, Handshakes::All);
        assert_eq!(moving(&model, &flow), [0, 1, 2]);
        model.on_forget(&flow.path);
        assert_eq!(moving(&model, &flow), [] as [u32; 0]);
    }
}
