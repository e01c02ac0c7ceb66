//! Light clients: creation, update, and what they let others prove.

use std::collections::BTreeMap;

use cosmos::wire::path;
use ferry::model::facts::{ClientChange, Event, TrustTerms};
use ferry::model::ids::{Height, Span, Time};
use ferry::model::state::{ClientFacts, ClientStatus, Verdict};
use ibc_proto::google::protobuf::Any;
use ibc_proto::ibc::core::channel::v1::Channel;
use ibc_proto::ibc::core::client::v1::{Height as ProtoHeight, MsgCreateClient, MsgUpdateClient};
use ibc_proto::ibc::lightclients::tendermint::v1::{ClientState, ConsensusState};
use prost::Message;
use tendermint::trust_threshold::TrustThresholdFraction;

use crate::channels::Channels;
use crate::core::{Context, Core, Effect, Failure, decode, fail};
use crate::{events, light};

fn is_frozen(state: &ClientState) -> bool {
    block(state.frozen_height) != 0
}

/// What an update takes whose header the client knows; measured on wasmd v0.61.14.
const KNOWN_UPDATE_GAS: u64 = 54_000;
/// By this connections count their delay in blocks.
const MAX_BLOCK_TIME: u64 = 30_000_000_000;

/// Where it is kept which block brought a header.
fn came_key(client: &str, height: u64) -> Vec<u8> {
    format!("came/{client}/{height}").into_bytes()
}

/// Nanoseconds by which a header may be ahead of the client's chain.
fn drift(state: &ClientState) -> u64 {
    state.max_clock_drift.unwrap_or_default().seconds as u64 * 1_000_000_000
}

fn block(height: Option<ProtoHeight>) -> u64 {
    height.map_or(0, |height| height.revision_height)
}

/// Where the account that made a client stands.
pub(crate) fn creator(client: &str) -> Vec<u8> {
    format!("creator/{client}").into_bytes()
}

impl<C: Channels> Core<C> {
    pub(crate) fn create_client(
        &mut self,
        at: &Context,
        message: MsgCreateClient,
        events: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let client = format!("07-tendermint-{}", self.counters[0]);
        self.counters[0] += 1;
        let state_any = message.client_state.unwrap_or_default();
        let state: ClientState = decode(&state_any)?;
        let height = block(state.latest_height);
        let consensus = message.consensus_state.unwrap_or_default();
        let _: ConsensusState = decode(&consensus)?;
        self.store.insert(path::client_state(&client), state_any.encode_to_vec());
        self.store.insert(creator(&client), message.signer.into_bytes());
        self.put_consensus(at, &client, state.latest_height, &consensus);
        events.push(self.client_event(at, &client, height, ClientChange::Created));
        Ok(Effect::Done)
    }

    fn put_consensus(
        &mut self,
        at: &Context,
        client: &str,
        height: Option<ProtoHeight>,
        consensus: &Any,
    ) {
        let came = [at.height.to_be_bytes(), at.time.to_be_bytes()].concat();
        self.store.insert(came_key(client, block(height)), came);
        let key = path::consensus_state(client, height.unwrap_or_default().into());
        self.store.insert(key, consensus.encode_to_vec());
    }

    fn client_event(
        &self,
        _at: &Context,
        client: &str,
        height: u64,
        change: ClientChange,
    ) -> Event {
        let revision = self
            .client(client)
            .map_or(0, |state| state.latest_height.map_or(0, |height| height.revision_number));
        Event::Client { client: client.into(), height: Height { revision, height }, change }
    }

    pub(crate) fn client(&self, client: &str) -> Result<ClientState, Failure> {
        let Some(bytes) = self.store.get(&path::client_state(client)) else {
            return fail("client", 4, format!("client {client} not found"));
        };
        decode(&Any::decode(bytes).unwrap_or_default())
    }

    /// Time and root of the other chain that a client knows at a height.
    pub(crate) fn consensus(&self, client: &str, height: u64) -> Result<(u64, Vec<u8>), Failure> {
        let revision = self.client(client)?.latest_height.unwrap_or_default().revision_number;
        let height = ProtoHeight { revision_number: revision, revision_height: height };
        let Some(bytes) = self.store.get(&path::consensus_state(client, height.into())) else {
            let text = format!("consensus state not found: {}", height.revision_height);
            return fail("client", 8, text);
        };
        let state: ConsensusState = decode(&Any::decode(bytes).unwrap_or_default())?;
        let time = state.timestamp.unwrap_or_default();
        let nanos = time.seconds as u64 * 1_000_000_000 + time.nanos as u64;
        Ok((nanos, state.root.unwrap_or_default().hash))
    }

    /// The heights of which a client knows a header.
    pub(crate) fn consensus_heights(&self, client: &str) -> Vec<u64> {
        let folder = format!("clients/{client}/consensusStates/");
        let keys = self.store.keys().filter_map(|key| key.strip_prefix(folder.as_bytes()));
        let height = |key| std::str::from_utf8(key).ok()?.split_once('-')?.1.parse().ok();
        keys.filter_map(height).collect()
    }

    pub(crate) fn update_client(
        &mut self,
        at: &Context,
        message: MsgUpdateClient,
        events: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let client = message.client_id;
        let mut state = self.client(&client)?;
        if is_frozen(&state) {
            return fail("client", 29, "client state is not active");
        }
        let message = message.client_message.unwrap_or_default();
        if message.type_url == light::EVIDENCE_URL {
            return self.freeze(&client, state, events::number(&message.value), events);
        }
        let Some((header, trusted)) = light::unpack(&message) else {
            return fail("client", 9, "header is not one");
        };
        let (trusted_time, _) = self.consensus(&client, trusted)?;
        let drift = drift(&state);
        let period = state.trusting_period.unwrap_or_default().seconds as u64 * 1_000_000_000;
        if header.chain != state.chain_id
            || (header.root != light::root(&header.chain, header.height - 1)
                && header.root != light::forged(&header.chain, header.height))
        {
            return fail("client", 9, "header does not verify");
        }
        if header.time >= at.time + drift {
            return fail("07-tendermint", 4, "new header has a time from the future");
        }
        if at.time > trusted_time + period {
            return fail("client", 29, "client state is not active");
        }
        let known = self.consensus(&client, header.height).is_ok();
        if !known {
            let consensus = events::consensus_state(header.time, header.root.clone());
            let revision = state.latest_height.unwrap_or_default().revision_number;
            let height = ProtoHeight { revision_number: revision, revision_height: header.height };
            self.put_consensus(at, &client, Some(height), &consensus);
            if header.height > block(state.latest_height) {
                state.latest_height = Some(height);
                let any = cosmos::wire::tx::any(&state);
                self.store.insert(path::client_state(&client), any.encode_to_vec());
            }
        }
        events.push(self.client_event(at, &client, header.height, ClientChange::Updated));
        Ok(Effect::Heavy(if known { KNOWN_UPDATE_GAS } else { at.update_gas }))
    }

    fn freeze(
        &mut self,
        client: &str,
        mut state: ClientState,
        height: u64,
        events: &mut Vec<Event>,
    ) -> Result<Effect, Failure> {
        let (_, root) = self.consensus(client, height)?;
        if root != light::forged(&state.chain_id, height) {
            return fail("client", 11, "the two headers are one");
        }
        state.frozen_height = Some(ProtoHeight { revision_number: 0, revision_height: 1 });
        let any = cosmos::wire::tx::any(&state);
        self.store.insert(path::client_state(client), any.encode_to_vec());
        events.push(Event::Frozen { client: client.into() });
        Ok(Effect::Done)
    }

    /// Compares a header that a client holds with those of `of`.
    pub(crate) fn compare(
        &self,
        client: &str,
        height: u64,
        of: &BTreeMap<u64, light::SimHeader>,
    ) -> Result<Verdict, Failure> {
        let (time, root) = self.consensus(client, height)?;
        let (tip, last) = of.last_key_value().expect("a chain has blocks");
        match of.get(&height) {
            Some(made) if made.root == root => Ok(Verdict::Honest),
            None if *tip < height && last.time < time => {
                fail("sim", 1, "there is no such block yet")
            }
            _ => Ok(Verdict::Conflict(light::evidence(height))),
        }
    }

    /// What a query of the client answers at this time.
    pub(crate) fn look(&self, client: &str, now: u64) -> Result<ClientFacts, Failure> {
        let state = self.client(client)?;
        let latest = block(state.latest_height);
        let (time, _) = self.consensus(client, latest)?;
        let period = state.trusting_period.unwrap_or_default().seconds as u64 * 1_000_000_000;
        let status = match now > time + period {
            _ if is_frozen(&state) => ClientStatus::Frozen,
            true => ClientStatus::Expired,
            false => ClientStatus::Active,
        };
        Ok(ClientFacts {
            status,
            latest,
            time: Time(time),
            terms: TrustTerms {
                trusting_period: Span(period),
                trust_threshold: TrustThresholdFraction::ONE_THIRD,
                max_clock_drift: Span(drift(&state)),
            },
            allowed: Vec::new(),
        })
    }

    /// `MsgRecoverClient`: the client goes on with a header of now.
    pub(crate) fn recover_client(&mut self, at: &Context, client: &str, header: &light::SimHeader) {
        let mut state = self.client(client).expect("the client is there");
        let revision = state.latest_height.unwrap_or_default().revision_number;
        let height = ProtoHeight { revision_number: revision, revision_height: header.height };
        let consensus = events::consensus_state(header.time, header.root.clone());
        self.put_consensus(at, client, Some(height), &consensus);
        state.latest_height = Some(height);
        let any = cosmos::wire::tx::any(&state);
        self.store.insert(path::client_state(client), any.encode_to_vec());
    }

    /// `MsgUpgradeClient`: the client follows its chain under another id, from a height that proves nothing.
    pub(crate) fn upgrade_client(
        &mut self,
        at: &Context,
        client: &str,
        ((id, revision), height): ((&str, u64), u64),
        time: u64,
    ) {
        let mut state = self.client(client).expect("the client is there");
        let height = ProtoHeight { revision_number: revision, revision_height: height };
        let consensus = events::consensus_state(time, b"sentinel_root".to_vec());
        (state.chain_id, state.latest_height) = (id.to_owned(), Some(height));
        let any = cosmos::wire::tx::any(&state);
        self.store.insert(path::client_state(client), any.encode_to_vec());
        self.put_consensus(at, client, Some(height), &consensus);
    }

    /// Checks that a client has known a header for as long as the connection of a channel demands.
    pub(crate) fn verify_delay(
        &self,
        at: &Context,
        channel: &Channel,
        height: Option<ProtoHeight>,
    ) -> Result<(), Failure> {
        let hop = channel.connection_hops.first().cloned().unwrap_or_default();
        let end = self.connection(&hop)?;
        let Some(came) = self.store.get(&came_key(&end.client_id, block(height))) else {
            return Ok(());
        };
        let (came_height, came_time) = came.split_at(8);
        let blocks = end.delay_period.div_ceil(MAX_BLOCK_TIME);
        if at.time < events::number(came_time) + end.delay_period {
            return fail("07-tendermint", 11, "packet-specified delay period has not been reached");
        }
        if at.height < events::number(came_height) + blocks {
            return fail("07-tendermint", 11, "packet-specified delay blocks have not passed");
        }
        Ok(())
    }

    /// Checks a proof against what a client knows.
    pub(crate) fn verify(
        &self,
        client: &str,
        height: Option<ProtoHeight>,
        key: &[u8],
        (value, proof): (Option<&[u8]>, &[u8]),
    ) -> Result<(), Failure> {
        let (_, root) = self.consensus(client, block(height))?;
        if light::proof(&root, key, value) != proof {
            let text = format!("invalid proof of {}", String::from_utf8_lossy(key));
            return fail("commitment", 2, text);
        }
        Ok(())
    }
}
