//! Two members of a DAO, who decide by the commands of `entrepot`.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::tool::Tool;
use crate::world::{BUYER, World};

/// The other member beside [`BUYER`].
pub const SECOND: &str = "user3";

/// What they type to name their DAO, and their tools.
#[derive(Debug)]
pub struct Members {
    which: [String; 4],
    first: Tool,
    second: Tool,
    kind: Kind,
}

/// What kind of DAO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A multisig, where who proposes agrees with that.
    Cw3,
    /// A DAO of DAO DAO, where who proposes votes like everybody.
    DaoDao,
}

impl Members {
    /// [`BUYER`] and [`SECOND`], of the DAO at an address.
    ///
    /// # Errors
    /// A home cannot be written.
    pub fn of(world: &World, kind: Kind, address: &str) -> anyhow::Result<Self> {
        let name = match kind {
            Kind::Cw3 => "cw3",
            Kind::DaoDao => "daodao",
        };
        let which = ["--dao", name, "--address", address].map(ToOwned::to_owned);
        Ok(Self { which, first: world.tool(BUYER)?, second: world.tool(SECOND)?, kind })
    }

    /// The first one's tool.
    #[must_use]
    pub const fn first(&self) -> &Tool {
        &self.first
    }

    /// One proposes, both agree, the second executes. Everybody votes on the same words: those that the proposal was
    /// made with, read from its messages. Gives what `proposal execute` says.
    ///
    /// # Errors
    /// The tool's own; the words differ.
    pub async fn decide(&self, verb: &[&str]) -> anyhow::Result<Value> {
        let which: Vec<&str> = self.which.iter().map(String::as_str).collect();
        let propose = [&["propose"][..], &which, &["--submit"], verb].concat();
        let number = self.first.ask(&propose).await?["proposal"].to_string();
        let of = |verb| [&["proposal", verb, &number][..], &which].concat();
        let shown = self.second.ask(&of("show")).await?;
        if self.kind == Kind::DaoDao {
            let voted = self.first.ask(&[&of("vote")[..], &["yes"]].concat()).await?;
            ensure!(voted["explanation"] == shown["explanation"], "{voted} of {shown}");
        }
        let said = self.second.say(&[&of("vote")[..], &["yes"]].concat()).await?;
        let lines = shown["explanation"].as_array().context("no explanation")?;
        ensure!(lines.len() > 1, "{shown}");
        for line in lines.iter().filter_map(Value::as_str) {
            ensure!(said.contains(line), "it votes without telling `{line}`: {said}");
        }
        self.second.ask(&of("execute")).await
    }
}
