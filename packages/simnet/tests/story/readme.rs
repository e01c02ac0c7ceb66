//! The README of the market: its examples, executed in their order, are a story that ends well, and
//! every message, command and announcement has one.

use std::collections::BTreeSet;

use cosmwasm_schema::schema_for;
use cosmwasm_std::{Coin, coin, to_json_binary};
use market::msg::{ExecuteMsg as Market, OwnerAction, SolvencyResponse};
use protocol::control::Command;
use protocol::json::from_slice;
use protocol::money::Open;
use protocol::{Action, Selection};
use serde_json::{Deserializer, Value};
use simnet::world::orders::web_server;
use simnet::world::{MARKET_CHAIN, OUTPOST_CHAIN, People, STAKE, USDX};
use simnet::{CallbackKind, TRANSFER_PORT, TRANSFER_VERSION, World};

use super::{DAY, first_group};

const README: &str = include_str!("../../../../contracts/market/README.md");
/// What stands for a message written before.
const ENCODED: &str = "<base64>";
/// Units that those have who pay in the story.
const PURSE: u128 = 100_000_000;
const PEOPLE: People<'_> = People {
    owners: &["dao"],
    wallets: &["wanda"],
    locals: &["lea", "max", "vault"],
    providers: &["alice", "bob"],
};

/// What stands above the examples that follow.
enum Heading {
    /// Who says it, with which coins, after how many seconds.
    Said { who: String, coins: Vec<Coin>, after: u64 },
    /// It is what [`ENCODED`] stands for.
    Encoded,
}

struct Story {
    world: World,
    encoded: String,
    shown: BTreeSet<String>,
}

impl Story {
    /// A market with its route, which has neither a provider nor a tenant here.
    fn new() -> Self {
        let mut world = World::new().unwrap();
        let ends = [world.end_on_b(TRANSFER_PORT), world.end_on_a(TRANSFER_PORT)];
        let unordered = cosmwasm_std::IbcOrder::Unordered;
        world.network.open_channel(&ends[0], &ends[1], unordered, TRANSFER_VERSION).unwrap();
        world.issue_token(&["lea"], PURSE).unwrap();
        for name in ["alice", "bob"] {
            let account = world.on_a(name);
            let a = world.network.chain_mut(MARKET_CHAIN);
            a.mint(&account, coin(PURSE, STAKE)).unwrap();
        }
        for name in ["lea", "max", "anyone"] {
            world.fund(name, PURSE).unwrap();
            let (from, to) = (world.on_b(name), world.on_a(name));
            let mut transfer = world.transfer_to_market(coin(PURSE, USDX), String::new());
            transfer.receiver = to.into();
            world.transfer_from_b(&from, transfer).unwrap();
        }
        world.relay().unwrap();
        Self { world, encoded: String::new(), shown: BTreeSet::new() }
    }

    /// An example with real addresses, denoms and encoded messages.
    fn filled(&self, text: &str) -> String {
        let mut filled = text
            .replace("ibc/USDX", &self.world.usdx_on_a())
            .replace(ENCODED, &to_base64(&self.encoded));
        for (prefix, chain) in [("alpha1", MARKET_CHAIN), ("beta1", OUTPOST_CHAIN)] {
            let mut parts = filled.split(prefix).map(str::to_owned);
            let mut whole = parts.next().unwrap();
            for part in parts {
                let end = part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len());
                let (name, rest) = part.split_at(end);
                // What was filled in before begins with the prefix too, but never with a short word.
                let address = self.world.address(chain, account_of(name));
                whole.push_str(address.as_str());
                whole.push_str(rest);
            }
            filled = whole;
        }
        filled
    }

    fn heading(&self, line: &str) -> Heading {
        if line == ENCODED {
            return Heading::Encoded;
        }
        let mut phrases = line.split(", ");
        let who = account_of(phrases.next().unwrap()).to_owned();
        let (mut coins, mut after) = (Vec::new(), 0);
        for phrase in phrases {
            if let Some(money) = phrase.strip_prefix("with ") {
                let money = self.filled(money);
                let (units, denom) = money.split_once(' ').unwrap();
                coins.push(coin(units.parse().unwrap(), denom));
            } else if let Some(time) = phrase.strip_prefix("after ") {
                after = time.strip_suffix(" s").unwrap().parse().unwrap();
            } else {
                assert!(["to itself"].contains(&phrase) || who == "token", "what is `{phrase}`?");
            }
        }
        Heading::Said { who, coins, after }
    }

    /// A block: headings, each with the examples below it.
    fn block(&mut self, block: &str) {
        let mut below = String::new();
        let mut heading = None;
        for line in block.lines().chain(["// end"]) {
            let Some(comment) = line.strip_prefix("// ") else {
                below.push_str(line);
                continue;
            };
            if let Some(heading) = heading.take() {
                self.examples(&heading, &std::mem::take(&mut below));
            }
            match comment.strip_prefix("* ") {
                Some(event) => self.meanwhile(event),
                None => heading = Some(self.heading(comment)),
            }
        }
    }

    fn examples(&mut self, heading: &Heading, text: &str) {
        let examples: Vec<Value> =
            Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().unwrap();
        assert!(!examples.is_empty(), "nothing below a heading");
        match heading {
            Heading::Encoded => self.encoded = self.filled(&examples[0].to_string()),
            Heading::Said { who, coins, after } => {
                self.world.pass(*after).unwrap();
                for example in &examples {
                    self.say(who, &example.to_string(), coins);
                    self.world.relay().unwrap();
                }
            }
        }
    }

    fn say(&mut self, who: &str, example: &str, coins: &[Coin]) {
        let text = self.filled(example);
        let message: Market =
            from_slice(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {example}"));
        self.note(&message);
        let done = match &message {
            Market::Receive(received) => {
                assert_eq!(received.sender, self.world.on_a("lea").as_str());
                let inner: Market = from_slice(&received.msg).unwrap();
                self.world.send_token("lea", received.amount.u128(), &inner)
            }
            message => self.world.market(who, message, coins),
        };
        done.unwrap_or_else(|error| panic!("{who}: {error}: {example}"));
    }

    fn note(&mut self, message: &Market) {
        self.shown.insert(name_of(message));
        match message {
            Market::Act { command, .. } => self.shown.insert(name_of(command)),
            Market::Announce { action } => self.shown.insert(name_of(action)),
            _ => true,
        };
    }

    /// What others do between two examples.
    fn meanwhile(&mut self, event: &str) {
        match event {
            "the DAO buys through its outpost, Wanda with a transfer that names alpha1wanda as her address here" =>
            {
                self.buy_over_the_route();
            }
            "both orders end, and of their coins no word comes" => self.lose_word(),
            "somebody sends 20000 USDX to the market and says nothing" => {
                self.world.fund("somebody", 20_000).unwrap();
                self.world.send_to_market("somebody", 20_000, String::new()).unwrap();
                self.world.relay().unwrap();
            }
            event => panic!("what is `{event}`?"),
        }
    }

    fn buy_over_the_route(&mut self) {
        let world = &mut self.world;
        for name in ["dao", "wanda"] {
            world.fund(name, PURSE).unwrap();
        }
        let deployment = web_server(Selection::Manual {});
        world.buy("dao", deployment.clone(), PURSE).unwrap();
        let open = Open {
            account: world.on_b("wanda").into(),
            seq: 1,
            refund_to: None,
            local_refund: Some(world.on_a("wanda").into()),
            deployment,
        };
        let memo = world.memo(1, Action::Open(open)).unwrap();
        world.send_to_market("wanda", PURSE, memo).unwrap();
        world.relay().unwrap();
    }

    fn lose_word(&mut self) {
        let world = &mut self.world;
        let tenants = [world.tenant("dao"), world.wallet_tenant("wanda")];
        let deployments = tenants.map(|tenant| world.deployments_of(&tenant).unwrap().remove(0).0);
        world.network.chain_mut(MARKET_CHAIN).starve_callbacks(CallbackKind::Source);
        world.pass(7 * DAY).unwrap();
        for deployment in &deployments {
            let order = first_group(deployment.clone());
            world.market("anyone", &Market::ExpireOrder { order }, &[]).unwrap();
        }
        world.pass(DAY).unwrap();
        for deployment in deployments {
            world.market("anyone", &Market::Finish { deployment }, &[]).unwrap();
        }
        world.pass(3_600).unwrap();
        world.relay().unwrap();
        world.network.chain_mut(MARKET_CHAIN).feed_callbacks(CallbackKind::Source);
        assert_eq!(world.settlements().unwrap().len(), 2, "no word of either");
    }

    /// Only time passes, and strangers do what anybody may; then nothing is left with the market.
    fn end(&mut self) {
        let world = &mut self.world;
        world.market("bob", &Market::DeregisterProvider {}, &[]).unwrap();
        world.wait_for_every_exit(&PEOPLE).unwrap();
        let provider = world.on_a("bob").into();
        world.market("anyone", &Market::ReleaseStake { provider }, &[]).unwrap();
        world.knock_at_every_exit(&PEOPLE).unwrap();
        let lea = world.on_a("lea");
        assert_eq!(world.tokens_of(&lea).unwrap(), PURSE);
        for denom in world.denoms(MARKET_CHAIN) {
            let books: SolvencyResponse = world.market_books(&denom).unwrap();
            let left = (books.bank.u128(), books.liabilities.u128(), books.in_flight.u128());
            assert_eq!(left, (0, 0, 0), "{denom}");
        }
    }
}

/// The account behind a name in the README.
fn account_of(name: &str) -> &str {
    if name == "owner" { "market-owner" } else { name }
}

fn to_base64(text: &str) -> String {
    cosmwasm_std::Binary::from(text.as_bytes()).to_base64()
}

/// The name of a message: its only key.
fn name_of(message: &impl serde::Serialize) -> String {
    let json: Value = from_slice_of(message);
    match json {
        Value::String(name) => name,
        Value::Object(fields) => fields.keys().next().unwrap().clone(),
        other => panic!("no message: {other}"),
    }
}

fn from_slice_of(message: &impl serde::Serialize) -> Value {
    serde_json::from_slice(&to_json_binary(message).unwrap()).unwrap()
}

/// The names of an enum's variants, as its schema lists them.
fn variants(schema: &impl serde::Serialize) -> BTreeSet<String> {
    let schema = serde_json::to_value(schema).unwrap();
    let all = schema["oneOf"].as_array().unwrap().iter();
    all.map(|variant| variant["required"][0].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_readme_of_the_market_tells_a_story_with_every_message() {
    let mut story = Story::new();
    for block in README.split("```jsonc\n").skip(1) {
        story.block(block.split("```").next().unwrap());
    }
    let missing = |schema: BTreeSet<String>| -> Vec<_> {
        schema.into_iter().filter(|name| !story.shown.contains(name)).collect()
    };
    // Only a chain with ibc-hooks says that; see the module `hooks`.
    assert_eq!(missing(variants(&schema_for!(Market))), ["entrepot"]);
    assert_eq!(missing(variants(&schema_for!(Command))), [""; 0]);
    assert_eq!(missing(variants(&schema_for!(OwnerAction))), [""; 0]);
    story.end();
}
