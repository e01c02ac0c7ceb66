//! Paths: what the chains' events make of clients, connections and channels.

use super::Model;
use super::channels::Owner;
use super::facts::{ClientChange, Event, HandshakeChange};
use super::ids::{Both, ChainId, ClientId, ConnectionId, FlowId, Order, Side};
use super::notice::Notice;
use super::rows::{ChannelEnd, ChannelRow, EndState, Ibc, PathEnd, PathRow, SlotRow, Write};
use crate::plan::work::Work;

/// How many consensus heights of a client are remembered: one more than a transaction lives in blocks,
/// so that none is forgotten on which one still depends.
const REMEMBERED: usize = 32;

/// An event of a connection end, as [`Event::Connection`].
pub(super) struct ConnectionEvent {
    pub(super) change: HandshakeChange,
    pub(super) id: ConnectionId,
    pub(super) client: ClientId,
    pub(super) counterparty: Option<ConnectionId>,
}

fn reached(change: HandshakeChange) -> EndState {
    match change {
        HandshakeChange::Init => EndState::Init,
        HandshakeChange::Try => EndState::TryOpen,
        HandshakeChange::Ack | HandshakeChange::Confirm => EndState::Open,
        HandshakeChange::CloseInit | HandshakeChange::CloseConfirm => EndState::Closed,
    }
}

/// Whether two names are known and not the same.
fn differs(known: Option<&ConnectionId>, id: Option<&ConnectionId>) -> bool {
    known.is_some() && id.is_some() && known != id
}

impl PathEnd {
    /// Notes a height of the other chain that the client knows; `false` when it is no news.
    pub(super) fn learn(&mut self, height: u64) -> bool {
        let Err(place) = self.consensus.binary_search(&height) else { return false };
        self.consensus.insert(place, height);
        let surplus = self.consensus.len().saturating_sub(REMEMBERED);
        self.consensus.drain(..surplus);
        true
    }
}

impl PathRow {
    /// Takes in what the ends have reached according to another reading of the chains; `false` when none of it is
    /// news. What blocks have told since may be ahead of it, and stays.
    pub(super) fn catch_up(&mut self, read: &Self) -> bool {
        let mut is_news = false;
        for side in [Side::A, Side::B] {
            let (known, read) = (self.ends.on_mut(side), read.ends.on(side));
            if known.client.is_none() && read.client.is_some() {
                (known.client, is_news) = (read.client.clone(), true);
                for height in &read.consensus {
                    known.learn(*height);
                }
            }
            if known.state < read.state && known.client == read.client {
                known.connection = read.connection.clone().or_else(|| known.connection.take());
                (known.state, known.since, is_news) = (read.state, read.since, true);
            }
        }
        is_news
    }
}

impl Model {
    /// Applies a client's new consensus height; `slot` is the transaction of ours that made it.
    pub(super) fn on_client(
        &mut self,
        chain: &ChainId,
        slot: Option<&SlotRow>,
        (client, height, change): (ClientId, u64, ClientChange),
    ) {
        let created_by_us = slot.filter(|slot| {
            change == ClientChange::Created && slot.works.contains(&Work::CreateClient)
        });
        let flows: Vec<FlowId> = match created_by_us {
            Some(slot) => vec![slot.flow.clone()],
            None => self.record.flows_of_client(chain, &client).cloned().collect(),
        };
        // Also of a height that is known already: it may have been learned by asking, of whomever.
        let by_others = slot.is_none() && change == ClientChange::Updated;
        for flow in flows {
            self.on_height(&flow, &client, height);
            let at = self.tip_to(&flow).map(|tip| tip.height);
            if let Some(at) = at.filter(|_| by_others && self.record.watches_client(&flow)) {
                self.note_given(&flow, height, at);
            }
        }
    }

    /// Applies that the client of a flow, made by that if there was none, knows a height of the other chain.
    fn on_height(&mut self, flow: &FlowId, client: &ClientId, height: u64) {
        let Some(mut row) = self.record.path(&flow.path).cloned() else { return };
        let end = row.ends.on_mut(flow.to);
        end.client.get_or_insert_with(|| client.clone());
        end.learn(height);
        self.record.write(Write::Path(row));
        self.begin_aging(flow, height);
        self.forget_tries(flow, |work| *work == Work::CreateClient);
        self.rejuvenate(flow, height);
        self.takes_updates(flow);
    }

    /// Applies that a client knows the other chain's since `height`; no event tells.
    pub(super) fn on_registered(&mut self, flow: &FlowId, height: u64) {
        let Some(mut row) = self.record.path(&flow.path).cloned() else { return };
        let end = row.ends.on_mut(flow.to);
        (end.state, end.since) = (EndState::Open, height);
        self.record.write(Write::Path(row));
        self.forget_tries(flow, |work| *work == Work::Register);
    }

    /// Applies a step of a connection's handshake at `height` of `chain`; `slot` is the transaction of ours that took it.
    pub(super) fn on_connection(
        &mut self,
        chain: &ChainId,
        slot: Option<&SlotRow>,
        height: u64,
        event: ConnectionEvent,
    ) {
        let Some(flow) = self.flow_of_step(chain, slot, &event) else { return };
        let Some(mut row) = self.record.path(&flow.path).cloned() else { return };
        let (here, there) = (row.ends.on(flow.to), row.ends.on(flow.to.other()));
        // Only `ACK` decides between two `TRY` for one `INIT`, and `CONFIRM` tells of it, which may be read before; else it
        // is another connection.
        let other_differs = differs(there.connection.as_ref(), event.counterparty.as_ref());
        let is_chosen = event.change == HandshakeChange::Confirm
            && event.counterparty.is_some()
            && event.counterparty == there.connection;
        if (differs(here.connection.as_ref(), Some(&event.id)) && !is_chosen)
            || (other_differs && event.change != HandshakeChange::Ack)
        {
            return;
        }
        let end = row.ends.on_mut(flow.to);
        end.connection = Some(event.id);
        end.state = reached(event.change);
        end.since = height;
        let other = row.ends.on_mut(flow.to.other());
        if event.counterparty.is_some() && other.connection != event.counterparty {
            other.connection = event.counterparty;
            other.state = implied(event.change);
        }
        self.record.write(Write::Path(row));
        self.forget_path_tries(&flow.path, |work| matches!(work, Work::Connection(_)));
    }

    /// The flow towards the chain of a connection end that took a step: the one that has this end or whose transaction it
    /// was; else one that lacks it and has the other end of it.
    ///
    /// Anybody may begin a connection over our clients, to another client there or with a delay of a year, and no event
    /// tells of the delay: what others do goes on only from an end that is ours.
    fn flow_of_step(
        &self,
        chain: &ChainId,
        slot: Option<&SlotRow>,
        event: &ConnectionEvent,
    ) -> Option<FlowId> {
        if let Some(flow) = self.record.flow_of_connection(chain, &event.id) {
            return Some(flow);
        }
        let ours = slot.filter(|slot| slot.works.iter().any(|w| matches!(w, Work::Connection(_))));
        let may_be = |flow: &&FlowId| {
            let path = self.record.path(&flow.path).filter(|path| path.ibc == Ibc::V1);
            path.is_some_and(|path| {
                let other = path.ends.on(flow.to.other()).connection.as_ref();
                let goes_on = match ours {
                    // What a path sent that was forgotten since is of whichever has the client now.
                    Some(slot) if self.record.path(&slot.flow.path).is_none() => true,
                    Some(slot) => slot.flow == **flow,
                    None => other.is_some() && other == event.counterparty.as_ref(),
                };
                goes_on
                    && path.ends.on(flow.to).connection.is_none()
                    && !differs(other, event.counterparty.as_ref())
            })
        };
        self.record.flows_of_client(chain, &event.client).find(may_be).cloned()
    }

    /// Applies a step of a channel's handshake or close at `height` of the chain of `flow.to`.
    pub(super) fn on_channel(&mut self, flow: &FlowId, height: u64, event: Event) {
        let Event::Channel { change, end, counterparty_port, counterparty, .. } = event else {
            return;
        };
        let closes = reached(change) == EndState::Closed;
        let here = ChannelEnd {
            port: end.port,
            channel: Some(end.channel),
            state: reached(change),
            since: height,
        };
        let there = ChannelEnd {
            port: counterparty_port,
            channel: counterparty,
            state: EndState::None,
            since: 0,
        };
        let known = match self.record.owner(&flow.path, flow.to, (&here, &there)) {
            Owner::Rival => return,
            Owner::Known(row) => Some(row),
            // One that was wanted begins.
            Owner::Unknown if matches!(here.state, EndState::Init | EndState::TryOpen) => {
                let ports = both(flow.to, (&here, &there), |end| end.port.clone());
                self.record.unbegun_channel(&flow.path, &ports)
            }
            Owner::Unknown => None,
        };
        // Closes of channels whose handshake was never seen still have an other end to close.
        let mut row = known.cloned().unwrap_or_else(|| self.unknown_channel(flow, &here, &there));
        *row.ends.on_mut(flow.to) = here;
        let other = row.ends.on_mut(flow.to.other());
        if there.channel.is_some() && other.channel != there.channel {
            other.channel = there.channel;
            other.state = implied(change);
        }
        let index = row.index;
        self.put_channel(row.clone());
        let is_of = |work: &Work| matches!(work, Work::Channel(of, _) if *of == index);
        self.forget_path_tries(&flow.path, is_of);
        if closes {
            self.abandon(flow, &row);
        }
    }

    fn unknown_channel(&self, flow: &FlowId, here: &ChannelEnd, there: &ChannelEnd) -> ChannelRow {
        let index = self.record.next_channel(&flow.path);
        let ends = both(flow.to, (here, there), Clone::clone);
        // Version and order of a channel that others began are read from its proven end.
        let (version, order) = (String::new(), Order::Unordered);
        ChannelRow { path: flow.path.clone(), index, version, order, wanted: false, ends }
    }

    /// Stops a flow whose client refuses to work, and says so.
    pub(crate) fn park(&mut self, flow: &FlowId, log: String) {
        let Some(row) = self.record.path(&flow.path) else { return };
        let (chain, client) = (row.chains.on(flow.to).clone(), row.ends.on(flow.to).client.clone());
        let is_news = self.flows.get(flow).is_none_or(|flow| flow.parked.as_ref() != Some(&log));
        if let Some(client) = client.filter(|_| is_news) {
            let path = flow.path.clone();
            self.notices.push(Notice::ClientUnusable { path, chain, client, log: log.clone() });
        }
        self.flow_mut(flow).parked = Some(log);
    }
}

/// Of two ends, the first of which is on `side`, what `take` takes.
fn both<T>(
    side: Side,
    (here, there): (&ChannelEnd, &ChannelEnd),
    take: impl Fn(&ChannelEnd) -> T,
) -> Both<T> {
    match side {
        Side::A => Both { a: take(here), b: take(there) },
        Side::B => Both { a: take(there), b: take(here) },
    }
}

/// What the other end must be in for a step to have succeeded, when its event was not seen.
fn implied(change: HandshakeChange) -> EndState {
    match change {
        HandshakeChange::Init => EndState::None,
        HandshakeChange::Try => EndState::Init,
        HandshakeChange::Ack => EndState::TryOpen,
        HandshakeChange::Confirm | HandshakeChange::CloseInit => EndState::Open,
        HandshakeChange::CloseConfirm => EndState::Closed,
    }
}
