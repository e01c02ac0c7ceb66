//! `ferry log`: what a running ferry logs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Place;
use super::control::{self, Request};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// `error`, `warn`, `info`, `debug`, or directives such as `ferry=debug,cosmos=info`.
    directives: String,
}

/// What is logged from now on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Logged {
    pub(super) log: String,
}

pub(super) async fn run(place: &Place, Args { directives }: Args) -> anyhow::Result<()> {
    place.print(&control::demand::<Logged>(place, &Request::Log(directives)).await?)
}

impl fmt::Display for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ferry logs `{}` until its configuration is read again", self.log)
    }
}
