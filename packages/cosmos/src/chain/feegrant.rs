//! What one account grants another of fees.
//!
//! Source: cosmos-sdk v0.53 `x/feegrant` (`proto/cosmos/feegrant/v1beta1`, `basic_fee.go`, `periodic_fee.go`,
//! `filtered_fee.go`, `keeper/keeper.go`); `store/types/gas.go`, `KVGasConfig`.

use std::collections::BTreeSet;

use ibc_proto::cosmos::base::v1beta1::Coin;
use ibc_proto::google::protobuf::{Any, Duration, Timestamp};
use prost::Message;

use super::{Chain, ChainError};
use crate::rpc::QueryError;

const BASIC: &str = "/cosmos.feegrant.v1beta1.BasicAllowance";
const PERIODIC: &str = "/cosmos.feegrant.v1beta1.PeriodicAllowance";
const FILTERED: &str = "/cosmos.feegrant.v1beta1.AllowedMsgAllowance";
/// How many allowances may stand in each other: one for some messages around another is what there is.
const DEPTH: usize = 4;
/// The key of a grant in the store: a prefix, and two addresses of 20 bytes, each after its length.
const KEY_BYTES: u64 = 43;
/// A grant is read twice and written once for each fee: flat, and for each byte of key and value.
const FLAT_GAS: u64 = 2 * 1_000 + 2_000;
const BYTE_GAS: u64 = 2 * 3 + 30;
/// The transaction names who pays: the address with its tag and length, at the gas of a byte of a transaction.
/// Source: `x/auth/types/params.go`, `DefaultTxSizeCostPerByte`.
const FIELD_BYTES: u64 = 2;
const TX_BYTE_GAS: u64 = 10;
/// The gas of looking at one message that a grant is restricted to.
const MESSAGE_GAS: u64 = 10;

/// A grant of fees.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowance {
    /// What it still pays; every part of it has to suffice.
    limits: Vec<Vec<Coin>>,
    /// When it ends, in nanoseconds since 1970, if it does.
    pub expires: Option<u64>,
    /// The types of the messages that it pays for; `None`: all.
    pub messages: Option<BTreeSet<String>>,
    /// The type of a part that is not known here, of which nothing can be said.
    pub unknown: Option<String>,
    /// The gas of a fee taken from it, beside that of one taken from an account's own money.
    pub gas: u64,
}

/// `cosmos.feegrant.v1beta1.QueryAllowanceRequest`.
#[derive(Clone, PartialEq, Message)]
struct AllowanceRequest {
    #[prost(string, tag = "1")]
    granter: String,
    #[prost(string, tag = "2")]
    grantee: String,
}

#[derive(Clone, PartialEq, Message)]
struct AllowanceResponse {
    #[prost(message, optional, tag = "1")]
    allowance: Option<Grant>,
}

#[derive(Clone, PartialEq, Message)]
struct Grant {
    #[prost(string, tag = "1")]
    granter: String,
    #[prost(string, tag = "2")]
    grantee: String,
    #[prost(message, optional, tag = "3")]
    allowance: Option<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct BasicAllowance {
    #[prost(message, repeated, tag = "1")]
    spend_limit: Vec<Coin>,
    #[prost(message, optional, tag = "2")]
    expiration: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
struct PeriodicAllowance {
    #[prost(message, optional, tag = "1")]
    basic: Option<BasicAllowance>,
    #[prost(message, optional, tag = "2")]
    period: Option<Duration>,
    #[prost(message, repeated, tag = "3")]
    period_spend_limit: Vec<Coin>,
    #[prost(message, repeated, tag = "4")]
    period_can_spend: Vec<Coin>,
    #[prost(message, optional, tag = "5")]
    period_reset: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Message)]
struct AllowedMsgAllowance {
    #[prost(message, optional, tag = "1")]
    allowance: Option<Any>,
    #[prost(string, repeated, tag = "2")]
    allowed_messages: Vec<String>,
}

impl Chain {
    /// What `granter` grants `grantee` of fees as of `now`, in nanoseconds since 1970; none if nothing.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn allowance(
        &self,
        granter: &str,
        grantee: &str,
        now: u64,
    ) -> Result<Option<Allowance>, ChainError> {
        let path = "/cosmos.feegrant.v1beta1.Query/Allowance";
        let request = AllowanceRequest { granter: granter.into(), grantee: grantee.into() };
        match self.rpc.query::<_, AllowanceResponse>(path, &request, 0).await {
            Ok(answer) => Ok(answer.allowance.map(|grant| Allowance::of(&grant, now))),
            Err(error) if is_no_grant(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a chain says that there is no grant; what else it refuses says nothing of that.
///
/// Source: cosmos-sdk v0.53 `x/feegrant/keeper/grpc_query.go`, `Allowance`: the status is `Internal` in most versions,
/// and the text that of `keeper.go`, `GetAllowance`: "fee-grant not found: not found"; since v0.54 that of the collection.
fn is_no_grant(error: &QueryError) -> bool {
    let lacks = |log: &str| {
        log.contains("collections: not found") && log.contains("feegrant.v1beta1.Grant")
    };
    let says_so = |log: &str| {
        log.contains("fee-grant not found") || log.contains("no allowance") || lacks(log)
    };
    error.is_not_found() || matches!(error, QueryError::Refused { log, .. } if says_so(log))
}

impl Allowance {
    fn of(grant: &Grant, now: u64) -> Self {
        let bytes = u64::try_from(grant.encoded_len()).unwrap_or(u64::MAX);
        let mut read = Self {
            limits: Vec::new(),
            expires: None,
            messages: None,
            unknown: None,
            gas: bytes.saturating_add(KEY_BYTES).saturating_mul(BYTE_GAS).saturating_add(FLAT_GAS),
        };
        if let Some(allowance) = &grant.allowance {
            read.take(allowance, now);
        }
        let messages = read.messages.as_ref().map_or(0, BTreeSet::len);
        let looks = u64::try_from(messages).unwrap_or(u64::MAX).saturating_mul(MESSAGE_GAS);
        let granter = u64::try_from(grant.granter.len()).unwrap_or(u64::MAX);
        let named = granter.saturating_add(FIELD_BYTES).saturating_mul(TX_BYTE_GAS);
        read.gas = read.gas.saturating_add(looks).saturating_add(named);
        read
    }

    /// Takes in an allowance, which may be one for some messages only. How deep they stand in each other is
    /// the node's word: more than [`DEPTH`] is nothing that is known.
    fn take(&mut self, allowance: &Any, now: u64) {
        let mut outer = allowance.clone();
        for _ in 0..DEPTH {
            let value = outer.value.as_slice();
            let read = match outer.type_url.as_str() {
                BASIC => BasicAllowance::decode(value).map(|basic| self.take_basic(basic)).ok(),
                PERIODIC => PeriodicAllowance::decode(value)
                    .map(|periodic| self.take_periodic(periodic, now))
                    .ok(),
                FILTERED => match AllowedMsgAllowance::decode(value) {
                    Ok(AllowedMsgAllowance { allowance: Some(inner), allowed_messages }) => {
                        self.take_messages(allowed_messages);
                        outer = inner;
                        continue;
                    }
                    _ => None,
                },
                _ => None,
            };
            if read.is_none() {
                self.unknown = Some(outer.type_url);
            }
            return;
        }
        self.unknown = Some(outer.type_url);
    }

    /// Each of those that stand in each other has to allow a message.
    fn take_messages(&mut self, allowed: Vec<String>) {
        let allowed: BTreeSet<_> = allowed.into_iter().collect();
        self.messages = Some(match self.messages.take() {
            Some(outer) => outer.intersection(&allowed).cloned().collect(),
            None => allowed,
        });
    }

    fn take_basic(&mut self, basic: BasicAllowance) {
        // No limit is written as an empty one.
        self.limits.extend(Some(basic.spend_limit).filter(|limit| !limit.is_empty()));
        self.expires = basic.expiration.as_ref().map(nanos);
    }

    fn take_periodic(&mut self, periodic: PeriodicAllowance, now: u64) {
        let is_over = periodic.period_reset.as_ref().is_none_or(|reset| nanos(reset) <= now);
        let left = if is_over { periodic.period_spend_limit } else { periodic.period_can_spend };
        self.limits.push(left);
        self.take_basic(periodic.basic.unwrap_or_default());
    }

    /// How much of a denom it still pays; `None` without limit.
    pub fn left(&self, denom: &str) -> Option<u128> {
        let left = |limit: &Vec<Coin>| {
            let coin = limit.iter().find(|coin| coin.denom == denom);
            coin.and_then(|coin| coin.amount.parse().ok()).unwrap_or(0)
        };
        self.limits.iter().map(left).min()
    }
}

fn nanos(time: &Timestamp) -> u64 {
    let seconds = u64::try_from(time.seconds).unwrap_or_default();
    let rest = u64::try_from(time.nanos).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coins(amount: &str) -> Vec<Coin> {
        vec![Coin { denom: "stake".into(), amount: amount.into() }]
    }

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp { seconds, nanos: 0 })
    }

    fn packed(url: &str, allowance: &impl Message) -> Any {
        Any { type_url: url.into(), value: allowance.encode_to_vec() }
    }

    fn read(allowance: Any, now: u64) -> Allowance {
        let (granter, grantee) = ("wasm1granter".into(), "wasm1grantee".into());
        Allowance::of(&Grant { granter, grantee, allowance: Some(allowance) }, now)
    }

    fn filtered(inner: Any, allowed: &[&str]) -> Any {
        let allowed_messages = allowed.iter().map(ToString::to_string).collect();
        packed(FILTERED, &AllowedMsgAllowance { allowance: Some(inner), allowed_messages })
    }

    #[test]
    fn only_what_says_so_means_that_there_is_no_grant() {
        let refused = |codespace: &str, code, log: &str| QueryError::Refused {
            path: "p".into(),
            codespace: codespace.into(),
            code,
            log: log.into(),
        };
        assert!(is_no_grant(&refused("sdk", 22, "not found: key not found")));
        assert!(is_no_grant(&refused(
            "sdk",
            18,
            "fee-grant not found: not found: invalid request"
        )));
        // As wasmd v0.70.3 says it, with SDK v0.54.
        let missing = "rpc error: code = Internal desc = collections: not found: key '(\"wasm1a\", \"wasm1b\")' of \
                       type github.com/cosmos/gogoproto/cosmos.feegrant.v1beta1.Grant: unknown request";
        assert!(is_no_grant(&refused("sdk", 6, missing)));
        let other = missing.replace("feegrant.v1beta1.Grant", "bank.v1beta1.Metadata");
        assert!(!is_no_grant(&refused("sdk", 6, &other)));
        for log in ["failed to load state at height 5; version does not exist", "out of memory"] {
            assert!(!is_no_grant(&refused("sdk", 18, log)), "{log}");
        }
    }

    #[test]
    fn of_grants_in_each_other_each_has_to_allow_a_message() {
        let basic = packed(BASIC, &BasicAllowance { spend_limit: coins("70"), expiration: None });
        let allowance = read(filtered(filtered(basic, &["/b", "/c"]), &["/a", "/b"]), 0);
        assert_eq!(allowance.messages, Some(BTreeSet::from(["/b".to_owned()])));
        assert_eq!((allowance.left("stake"), allowance.unknown), (Some(70), None));
    }

    #[test]
    fn a_node_cannot_make_it_deep() {
        let basic = packed(BASIC, &BasicAllowance::default());
        let deep = (0..10_000).fold(basic, |inner, _| filtered(inner, &["/a"]));
        assert_eq!(read(deep, 0).unknown.as_deref(), Some(FILTERED));
    }

    #[test]
    fn a_basic_grant_pays_up_to_its_limit_and_its_end() {
        let basic = BasicAllowance { spend_limit: coins("70"), expiration: at(9) };
        let allowance = read(packed(BASIC, &basic), 0);
        assert_eq!((allowance.left("stake"), allowance.left("other")), (Some(70), Some(0)));
        assert_eq!((allowance.expires, allowance.messages), (Some(9_000_000_000), None));
        let unlimited = read(packed(BASIC, &BasicAllowance::default()), 0);
        assert_eq!((unlimited.left("stake"), unlimited.expires), (None, None));
    }

    /// On wasmd v0.61.14 receives that a grant without limit paid for took 10,796 more than was simulated.
    #[test]
    fn a_grant_takes_the_gas_that_was_measured() {
        let granter = format!("wasm1{}", "q".repeat(38));
        let allowance = Some(packed(BASIC, &BasicAllowance::default()));
        let grant = Grant { grantee: granter.clone(), granter, allowance };
        assert_eq!(Allowance::of(&grant, 0).gas, 10_786);
    }

    #[test]
    fn a_periodic_grant_pays_what_is_left_of_its_period() {
        let periodic = PeriodicAllowance {
            basic: Some(BasicAllowance { spend_limit: coins("70"), expiration: None }),
            period: None,
            period_spend_limit: coins("50"),
            period_can_spend: coins("3"),
            period_reset: at(5),
        };
        assert_eq!(read(packed(PERIODIC, &periodic), 4_999_999_999).left("stake"), Some(3));
        assert_eq!(read(packed(PERIODIC, &periodic), 5_000_000_000).left("stake"), Some(50));
    }

    #[test]
    fn a_restricted_grant_names_its_messages_and_one_that_is_not_known_its_type() {
        let inner = packed(BASIC, &BasicAllowance { spend_limit: coins("7"), expiration: None });
        let filtered =
            AllowedMsgAllowance { allowance: Some(inner), allowed_messages: vec!["/a.B".into()] };
        let allowance = read(packed(FILTERED, &filtered), 0);
        assert_eq!(allowance.left("stake"), Some(7));
        assert!(allowance.messages.is_some_and(|messages| messages.contains("/a.B")));
        assert_eq!(read(packed("/a.Other", &filtered), 0).unknown.as_deref(), Some("/a.Other"));
    }
}
