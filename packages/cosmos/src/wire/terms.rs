//! The terms of clients of type 07-tendermint: what one must have in common with another whose place it takes.
//!
//! Governance revives a dead client with what a living one knows only where both have the same terms. Source: ibc-go v10.5
//! `modules/light-clients/07-tendermint/proposal_handle.go`, `IsMatchingClientState`: heights, trusting period and chain id may
//! differ.

use std::fmt;
use std::time::Duration;

use ibc_proto::ibc::lightclients::tendermint::v1::ClientState as ProtoClientState;
use prost::Message;

use super::client::{ClientError, duration, proto_duration, unpack};
use super::height::Height;
use super::tx::any;
use crate::Any;

/// The type URL of a client's state.
pub(super) const STATE_URL: &str = "/ibc.lightclients.tendermint.v1.ClientState";

/// A term that two clients do not have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field of the client state.
    pub term: &'static str,
    /// What the client has whose place is to be taken.
    pub wanted: String,
    /// What the other has.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { term, wanted, got } = self;
        write!(f, "`{term}` is {got}, expected {wanted}")
    }
}

/// In which terms `substitute` differs from `subject`, so that it cannot take its place; none where it can.
///
/// # Errors
/// [`ClientError`], when one of them is no state of such a client.
pub fn differences(subject: &Any, substitute: &Any) -> Result<Vec<Difference>, ClientError> {
    let pairs = terms(subject)?.into_iter().zip(terms(substitute)?);
    let differ = pairs.filter(|((_, wanted), (_, got))| wanted != got);
    Ok(differ.map(|((term, wanted), (_, got))| Difference { term, wanted, got }).collect())
}

/// The state of a new client on the terms of another, which trusts the same chain from `latest_height` on.
///
/// # Errors
/// [`ClientError`], when `like` is no state of such a client.
pub fn on_terms_of(
    like: &Any,
    latest_height: Height,
    trusting_period: Option<Duration>,
) -> Result<Any, ClientError> {
    let state: ProtoClientState = unpack(like, STATE_URL)?;
    let trusting_period = trusting_period.map(proto_duration).or(state.trusting_period);
    Ok(any(&ProtoClientState {
        trusting_period,
        latest_height: Some(latest_height.into()),
        frozen_height: Some(Height::new(0, 0).into()),
        ..state
    }))
}

/// The terms of a client, as people read them.
fn terms(packed: &Any) -> Result<[(&'static str, String); 5], ClientError> {
    let state: ProtoClientState = unpack(packed, STATE_URL)?;
    let level = state.trust_level.unwrap_or_default();
    let period = |period| match period {
        Some(period) => {
            duration(period).map_or_else(|| "negative".to_owned(), |period| format!("{period:?}"))
        }
        None => "absent".to_owned(),
    };
    let specs: Vec<Vec<u8>> = state.proof_specs.iter().map(Message::encode_to_vec).collect();
    let usual =
        specs == super::proof::proof_specs().iter().map(Message::encode_to_vec).collect::<Vec<_>>();
    let specs = if usual {
        "that of the Cosmos SDK".to_owned()
    } else {
        format!("0x{}", hex::encode(specs.concat()))
    };
    Ok([
        ("trust_level", format!("{}/{}", level.numerator, level.denominator)),
        ("unbonding_period", period(state.unbonding_period)),
        ("max_clock_drift", period(state.max_clock_drift)),
        ("proof_specs", specs),
        ("upgrade_path", format!("{:?}", state.upgrade_path)),
    ])
}

#[cfg(test)]
mod tests {
    use tendermint::trust_threshold::TrustThresholdFraction;

    use super::*;
    use crate::wire::client::ClientState;

    fn state(adjust: impl FnOnce(&mut ClientState)) -> Any {
        let (unbonding, drift) = (Duration::from_secs(1_814_400), Duration::from_secs(40));
        let mut state = ClientState::new("a-1", Height::new(1, 7), unbonding, drift);
        adjust(&mut state);
        state.to_any()
    }

    fn named(subject: &Any, substitute: &Any) -> Vec<&'static str> {
        differences(subject, substitute).unwrap().iter().map(|found| found.term).collect()
    }

    #[test]
    fn heights_and_trusting_period_may_differ_and_nothing_else() {
        let subject = state(|_| {});
        let free = state(|state| {
            state.latest_height = Height::new(1, 900);
            state.frozen = true;
            state.trusting_period = Duration::from_secs(60);
        });
        assert!(named(&subject, &free).is_empty());
        let level = state(|state| state.trust_level = TrustThresholdFraction::TWO_THIRDS);
        assert_eq!(named(&subject, &level), ["trust_level"]);
        let drift = state(|state| state.max_clock_drift = Duration::from_secs(600));
        assert_eq!(named(&subject, &drift), ["max_clock_drift"]);
        let unbonding = state(|state| state.unbonding_period = Duration::from_secs(60));
        assert_eq!(named(&subject, &unbonding), ["unbonding_period"]);
        let foreign = |adjust: fn(&mut ProtoClientState)| {
            let mut proto = ProtoClientState::decode(subject.value.as_slice()).unwrap();
            adjust(&mut proto);
            any(&proto)
        };
        let specs = foreign(|state| state.proof_specs.truncate(1));
        assert_eq!(named(&subject, &specs), ["proof_specs"]);
        let path = foreign(|state| state.upgrade_path = vec!["upgrade".to_owned()]);
        assert_eq!(named(&subject, &path), ["upgrade_path"]);
        let shown = differences(&subject, &level).unwrap()[0].to_string();
        assert_eq!(shown, "`trust_level` is 2/3, expected 1/3");
    }

    #[test]
    fn a_client_like_another_can_take_its_place() {
        let subject = state(|state| {
            state.trust_level = TrustThresholdFraction::TWO_THIRDS;
            state.max_clock_drift = Duration::from_secs(600);
            state.frozen = true;
        });
        let new = on_terms_of(&subject, Height::new(1, 900), None).unwrap();
        assert_eq!(differences(&subject, &new), Ok(Vec::new()));
        let read = ClientState::from_any(&new).unwrap();
        assert_eq!((read.latest_height, read.frozen), (Height::new(1, 900), false));
        assert_eq!(read.trusting_period, Duration::from_secs(1_209_600));
        let period = Some(Duration::from_secs(60));
        let new = on_terms_of(&subject, Height::new(1, 900), period).unwrap();
        assert_eq!(ClientState::from_any(&new).unwrap().trusting_period, Duration::from_secs(60));
        assert_eq!(differences(&subject, &new), Ok(Vec::new()));
    }
}
