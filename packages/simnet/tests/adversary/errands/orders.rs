//! Owners of orders and their operators: commands, and whose the order is.

use outpost::msg::{ExecuteMsg as Outpost, Operator, RemoteOperators};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use protocol::Manifest;
use protocol::deployment::{LocalOperator, Scope};
use simnet::Result;
use simnet::world::{MARKET_CHAIN, USDX};

use super::{other, owner_of};
use crate::act::Pick;
use crate::machine::{LOCALS, Machine};

/// What an operator may do here.
const SCOPES: [Scope; 5] =
    [Scope::BidAccept, Scope::Close, Scope::Manifest, Scope::Withdraw, Scope::Terms];

/// A message about an order that carries no money; every third time not its owner sends it.
#[derive(Debug, Clone)]
pub(crate) struct Care {
    order: Pick,
    by: Pick,
    what: Subject,
}

#[derive(Debug, Clone, Copy)]
enum Subject {
    AcceptTerms(u64),
    CloseLease,
    UpdateManifest(u8),
    WithdrawSurplus,
    SetOperators,
    SetRefundTo,
    HandOver { taken: bool },
    ClaimTo,
}

pub(super) fn care() -> impl Strategy<Value = Care> {
    let what = prop_oneof![
        2 => (1_u64..3).prop_map(Subject::AcceptTerms),
        1 => Just(Subject::CloseLease),
        2 => any::<u8>().prop_map(Subject::UpdateManifest),
        2 => Just(Subject::WithdrawSurplus),
        2 => Just(Subject::SetOperators),
        2 => Just(Subject::SetRefundTo),
        2 => any::<bool>().prop_map(|taken| Subject::HandOver { taken }),
        2 => Just(Subject::ClaimTo),
    ];
    (any::<Pick>(), any::<Pick>(), what).prop_map(|(order, by, what)| Care { order, by, what })
}

impl Machine {
    pub(super) fn care(&mut self, care: &Care) -> Result<()> {
        if matches!(care.what, Subject::ClaimTo) {
            let owner = owner_of(care.by);
            let to = self.world.on_b(other(owner)).into();
            return self.say(owner, &Outpost::ClaimTo { denom: USDX.into(), to }, &[]);
        }
        let (seq, owner) = self.known_order(care.order)?;
        let heir = other(owner);
        let msg = self.about(seq, heir, care.what);
        self.say(if care.by % 3 == 0 { heir } else { owner }, &msg, &[])?;
        if matches!(care.what, Subject::HandOver { taken: true }) {
            self.say(heir, &Outpost::AcceptOrder { seq }, &[])?;
        }
        Ok(())
    }

    fn about(&mut self, seq: u64, heir: &str, what: Subject) -> Outpost {
        let address: String = self.world.on_b(heir).into();
        match what {
            Subject::AcceptTerms(terms_no) => Outpost::AcceptTerms { seq, group: 0, terms_no },
            Subject::CloseLease => Outpost::CloseLease { seq, group: 0 },
            Subject::UpdateManifest(byte) => {
                let manifest = Manifest { hash: format!("{byte:02x}").repeat(32), uri: None };
                Outpost::UpdateManifest { seq, manifest }
            }
            Subject::WithdrawSurplus => Outpost::WithdrawSurplus { seq },
            Subject::SetOperators => {
                let operator = Operator { address, scopes: SCOPES.to_vec() };
                let local = LocalOperator {
                    address: self.world.address(MARKET_CHAIN, LOCALS[0]).into(),
                    scopes: SCOPES.to_vec(),
                    expires_in_seconds: None,
                };
                let remote =
                    RemoteOperators { local_operators: vec![local], access_keys: Vec::new() };
                let (operators, remote) = (Some(vec![operator]), Some(remote));
                Outpost::SetOperators { seq, operators, remote }
            }
            Subject::SetRefundTo => Outpost::SetRefundTo { seq, refund_to: address },
            Subject::HandOver { .. } => Outpost::TransferOrder { seq, new_owner: address },
            Subject::ClaimTo => Outpost::ClaimTo { denom: USDX.into(), to: address },
        }
    }
}
