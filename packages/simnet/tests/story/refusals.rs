//! Whatever is wrong with a purchase: the transfer reverts, the coin is back in full, nothing is
//! stored, and the reason can be read on A.

use cosmwasm_std::{Addr, Timestamp, coin};
use market::msg::{CheckResponse, ExecuteMsg as Market, Money, QueryMsg as AskMarket};
use outpost::msg::responses::OrderState;
use protocol::control::{Command, Instruction};
use protocol::memo::Callback;
use protocol::money::Open;
use protocol::{Action, Code, Deployment, Memo, Message, Selection};
use simnet::world::orders::{deployment_of, from_offer, web_group, web_server};
use simnet::world::{OUTPOST_CHAIN, USDX};
use simnet::{MAX_CALLBACK_GAS, TRANSFER_PORT, TRANSFER_VERSION, Transfer, World};

use super::{THOUSAND, records, world_with_offer};

const DEPOSIT: u128 = 100_000_000;

/// A wallet's purchase that would be accepted, to be spoiled in one place.
struct Purchase {
    world: World,
    sender: Addr,
    message: Message,
    transfer: Transfer,
}

impl Purchase {
    fn of(world: World, deployment: Deployment) -> Self {
        let sender = world.address(OUTPOST_CHAIN, "wallet");
        let open = Open {
            account: sender.to_string(),
            seq: 1,
            refund_to: None,
            local_refund: None,
            deployment,
        };
        let message = Message { n: 1, action: Action::Open(open) };
        let transfer = world.transfer_to_market(coin(DEPOSIT, USDX), String::new());
        let mut purchase = Self { world, sender, message, transfer };
        purchase.world.fund("wallet", THOUSAND).unwrap();
        purchase.write_memo();
        purchase
    }

    fn by_offer() -> Self {
        let (world, offer) = world_with_offer();
        Self::of(world, web_server(from_offer(offer)))
    }

    fn memo(&self) -> Memo {
        let market = self.world.market.as_str();
        Memo {
            src_callback: None,
            dest_callback: Some(Callback::new(market, MAX_CALLBACK_GAS)),
            entrepot: self.message.clone(),
        }
    }

    /// Writes the message into the memo without checking it, as a liar would.
    fn write_memo(&mut self) {
        self.transfer.memo = serde_json::to_string(&self.memo()).unwrap();
    }

    fn open(&mut self) -> &mut Open {
        match &mut self.message.action {
            Action::Open(open) => open,
            other => panic!("the purchase opens, got {other:?}"),
        }
    }

    fn send(&mut self) {
        let (sender, transfer) = (self.sender.clone(), self.transfer.clone());
        self.world.transfer_from_b(&sender, transfer).unwrap();
    }

    /// Asks the market in advance.
    fn check(&self) -> Option<Code> {
        let ask = AskMarket::Check {
            route: Some(self.world.transfer.market.clone()),
            sender: self.sender.to_string(),
            coin: Some(Money::from((self.world.usdx_on_a().as_str(), DEPOSIT))),
            message: serde_json::to_string(&self.message).unwrap(),
        };
        let answer: CheckResponse = self.world.ask_market(&ask).unwrap();
        assert_eq!(answer.accepted, answer.code.is_none());
        answer.code
    }

    /// Sends it and expects everything to be as before, and the reason to be readable on A.
    fn refused(&mut self) -> String {
        let before = records(self.world.a(), &self.world.market);
        let errors = self.world.a().callback_errors().len();
        let funds = self.world.usdx_of("wallet").unwrap();
        self.send();
        self.world.relay().unwrap();
        assert_eq!(self.world.usdx_of("wallet").unwrap(), funds, "refunded in full");
        assert_eq!(records(self.world.a(), &self.world.market), before, "no state is left");
        let reasons = self.world.a().callback_errors();
        assert_eq!(reasons.len(), errors + 1, "the reason is an event");
        reasons.last().unwrap().clone()
    }

    fn refused_with(&mut self, code: Code) {
        let reason = self.refused();
        assert_eq!(Code::find(&reason), Some(code), "{reason}");
    }

    /// As [`Self::refused_with`], and the market's `check` said so in advance.
    fn foreseen(&mut self, code: Code) {
        assert_eq!(self.check(), Some(code), "`check` says it in advance");
        self.refused_with(code);
    }
}

#[test]
fn the_unspoilt_purchase_is_accepted() {
    let mut purchase = Purchase::by_offer();
    assert_eq!(purchase.check(), None);
    purchase.send();
    purchase.world.relay().unwrap();
    assert_eq!(purchase.world.usdx_of("wallet").unwrap(), THOUSAND - DEPOSIT);
    assert_eq!(purchase.world.a().callback_errors(), Vec::<String>::new());
    let tenant = purchase.world.wallet_tenant("wallet");
    assert_eq!(purchase.world.deployments_of(&tenant).unwrap().len(), 1);
}

#[test]
fn an_unknown_denom() {
    let mut purchase = Purchase::by_offer();
    let sender = purchase.sender.clone();
    let b = purchase.world.network.chain_mut(OUTPOST_CHAIN);
    b.mint(&sender, coin(DEPOSIT, "uother")).unwrap();
    purchase.transfer.coin = coin(DEPOSIT, "uother");
    purchase.refused_with(Code::UnknownDenom);
    assert_eq!(purchase.world.b().balance(&sender, "uother").unwrap(), DEPOSIT);
}

#[test]
fn a_channel_that_is_no_route() {
    let mut purchase = Purchase::by_offer();
    let (a, b) = (purchase.world.end_on_a(TRANSFER_PORT), purchase.world.end_on_b(TRANSFER_PORT));
    let (other, _) = purchase
        .world
        .network
        .open_channel(&b, &a, cosmwasm_std::IbcOrder::Unordered, TRANSFER_VERSION)
        .unwrap();
    purchase.transfer.channel = other;
    purchase.refused_with(Code::WrongRoute);
}

#[test]
fn a_route_that_is_switched_off() {
    let mut purchase = Purchase::by_offer();
    let update = market::msg::RouteUpdate {
        channel: purchase.world.transfer.market.clone(),
        enabled: Some(false),
        outpost: None,
        style: None,
    };
    purchase.world.market("market-owner", &Market::UpdateRoute(update), &[]).unwrap();
    purchase.foreseen(Code::WrongRoute);
}

#[test]
fn an_offer_dearer_than_the_buyer_allows() {
    let mut purchase = Purchase::by_offer();
    purchase.open().deployment.groups[0].max_rate = 1_000_u64.into();
    purchase.write_memo();
    purchase.foreseen(Code::RateAboveMax);
}

#[test]
fn an_offer_that_never_was() {
    let mut purchase = Purchase::by_offer();
    purchase.open().deployment.groups[0].selection = from_offer(4_711);
    purchase.write_memo();
    purchase.foreseen(Code::UnknownOffer);
}

#[test]
fn an_offer_that_is_gone() {
    let (mut world, offer) = world_with_offer();
    world.market("p1", &Market::CancelOffer { offer }, &[]).unwrap();
    let mut purchase = Purchase::of(world, web_server(from_offer(offer)));
    purchase.foreseen(Code::OfferUnavailable);
}

#[test]
fn a_specification_beyond_its_limits() {
    let mut purchase = Purchase::by_offer();
    let name = |index: u32| web_group(&format!("web-{index}"), Selection::Manual {});
    purchase.open().deployment = deployment_of((0..9).map(name).collect());
    purchase.write_memo();
    purchase.foreseen(Code::LimitExceeded);
}

#[test]
fn a_memo_beyond_its_limit() {
    let mut purchase = Purchase::by_offer();
    purchase.transfer.memo += &" ".repeat(9_000);
    purchase.refused_with(Code::LimitExceeded);
}

#[test]
fn a_deposit_that_buys_less_than_the_runway() {
    let mut purchase = Purchase::by_offer();
    purchase.transfer.coin = coin(20_000, USDX);
    purchase.refused_with(Code::InsufficientDeposit);
}

#[test]
fn a_deposit_below_the_minimum() {
    let mut purchase = Purchase::by_offer();
    purchase.transfer.coin = coin(1, USDX);
    purchase.refused_with(Code::InsufficientDeposit);
}

#[test]
fn a_paused_market() {
    let mut purchase = Purchase::by_offer();
    purchase.world.market("market-owner", &Market::Pause {}, &[]).unwrap();
    purchase.foreseen(Code::Paused);
    purchase.world.market("market-owner", &Market::Unpause {}, &[]).unwrap();
    assert_eq!(purchase.check(), None);
}

#[test]
fn a_number_that_was_used() {
    let mut purchase = Purchase::by_offer();
    purchase.send();
    purchase.world.relay().unwrap();
    purchase.open().seq = 2;
    purchase.write_memo();
    purchase.foreseen(Code::UsedNumber);
    purchase.message.n = 2;
    purchase.open().seq = 1;
    purchase.write_memo();
    purchase.foreseen(Code::UsedSeq);
}

#[test]
fn a_refused_number_may_be_used_again() {
    let mut purchase = Purchase::by_offer();
    purchase.world.market("market-owner", &Market::Pause {}, &[]).unwrap();
    purchase.refused_with(Code::Paused);
    purchase.world.market("market-owner", &Market::Unpause {}, &[]).unwrap();
    purchase.send();
    purchase.world.relay().unwrap();
    assert_eq!(purchase.world.usdx_of("wallet").unwrap(), THOUSAND - DEPOSIT);
}

#[test]
fn a_callback_without_enough_gas() {
    let mut purchase = Purchase::by_offer();
    let mut memo = purchase.memo();
    memo.dest_callback = Some(Callback::new(purchase.world.market.as_str(), 1_000));
    purchase.transfer.memo = memo.encode().unwrap();
    assert_eq!(purchase.refused(), "ibc callback out of gas");
}

#[test]
fn a_receiver_other_than_the_market() {
    let mut purchase = Purchase::by_offer();
    purchase.transfer.receiver = purchase.world.on_a("somebody").into();
    purchase.refused_with(Code::WrongReceiver);
}

#[test]
fn foreign_keys_in_the_memo() {
    let mut purchase = Purchase::by_offer();
    let memo = purchase.transfer.memo.clone();
    purchase.transfer.memo = memo.replacen('{', r#"{"forward":{"receiver":"x"},"#, 1);
    purchase.refused_with(Code::Malformed);
}

#[test]
fn duplicate_keys_in_the_memo() {
    let mut purchase = Purchase::by_offer();
    let memo = purchase.transfer.memo.clone();
    let message = serde_json::to_string(&purchase.message).unwrap();
    purchase.transfer.memo = memo.replacen('{', &format!(r#"{{"entrepot":{message},"#), 1);
    purchase.refused_with(Code::Malformed);
}

#[test]
fn a_version_of_the_message_that_is_not_spoken() {
    let mut purchase = Purchase::by_offer();
    purchase.transfer.memo = purchase.transfer.memo.replacen(r#""v":1"#, r#""v":2"#, 1);
    purchase.refused_with(Code::UnsupportedVersion);
}

#[test]
fn an_upper_case_sender() {
    let mut purchase = Purchase::by_offer();
    purchase.sender = Addr::unchecked(purchase.sender.as_str().to_uppercase());
    purchase.refused_with(Code::BadSender);
}

#[test]
fn a_command_about_nothing() {
    let mut purchase = Purchase::by_offer();
    let account = purchase.sender.to_string();
    let command = Instruction { account, seq: 9, command: Command::CloseDeployment {} };
    purchase.message.action = Action::Do(command);
    purchase.write_memo();
    purchase.refused_with(Code::NotFound);
}

#[test]
fn an_amount_of_everything_is_only_what_there_is() {
    let mut purchase = Purchase::by_offer();
    purchase.transfer.coin =
        cosmwasm_std::Coin { denom: USDX.into(), amount: cosmwasm_std::Uint256::MAX };
    purchase.send();
    purchase.world.relay().unwrap();
    assert_eq!(purchase.world.usdx_of("wallet").unwrap(), 0);
    let tenant = purchase.world.wallet_tenant("wallet");
    let (id, _) = purchase.world.deployments_of(&tenant).unwrap().remove(0);
    assert_eq!(purchase.world.status(&id).unwrap().free.u128(), THOUSAND);
}

#[test]
fn a_refusal_through_the_outpost_is_claimable_in_full() {
    let (mut world, offer) = world_with_offer();
    let mut deployment = web_server(from_offer(offer));
    deployment.groups[0].max_rate = 1_000_u64.into();
    let before = records(world.a(), &world.market);
    let seq = world.buy("dao", deployment, THOUSAND).unwrap();
    world.relay().unwrap();
    assert_eq!(records(world.a(), &world.market), before);
    assert_eq!(world.order(seq).unwrap().state, OrderState::Refunded);
    assert_eq!(world.claimable("dao", USDX).unwrap(), THOUSAND);
    world.claim("dao").unwrap();
    assert_eq!(world.usdx_of("dao").unwrap(), THOUSAND);
}

#[test]
fn a_late_packet_is_refused_by_the_chain_and_refunds() {
    let mut purchase = Purchase::by_offer();
    purchase.transfer.timeout = Timestamp::from_seconds(purchase.world.now() + 60).into();
    let before = records(purchase.world.a(), &purchase.world.market);
    purchase.send();
    purchase.world.pass(61).unwrap();
    purchase.world.relay().unwrap();
    assert_eq!(purchase.world.usdx_of("wallet").unwrap(), THOUSAND);
    assert_eq!(records(purchase.world.a(), &purchase.world.market), before);
}
