//! What `ferry start` serves beside relaying.

use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use super::Place;
use crate::config::{Config, Listen, Serve};
use crate::drive::books::Books;
use crate::drive::desk::Desk;
use crate::drive::served::Served;
use crate::model::rows::CursorRow;
use crate::serve::wallets::Wallets;
use crate::serve::{self, Site, Standby, Token};
use crate::store::any::Location;
use crate::store::postgres::{Holder, Replica};

/// Everything that can be wrong is found by now.
#[derive(Debug)]
pub(super) struct Serving {
    listener: Option<TcpListener>,
    token: Option<Token>,
}

impl Serving {
    /// Takes the address and reads the token.
    pub(super) async fn prepare(place: &Place, file: &Config) -> anyhow::Result<Self> {
        let token = file.serve.token_file.as_ref();
        let token = token.map(|file| Token::read(&place.home.join(file))).transpose()?;
        let listener = match file.serve.listen {
            Some(Listen::Off) => None,
            Some(Listen::At(address)) => Some(serve::bind(address).await.with_context(|| {
                format!("cannot serve at {address}; choose another `serve.listen`, or \"off\"")
            })?),
            None => match serve::bind(Serve::DEFAULT).await {
                Ok(listener) => Some(listener),
                Err(error) => {
                    let address = Serve::DEFAULT;
                    tracing::warn!(%address, %error, "nothing is served; set serve.listen");
                    None
                }
            },
        };
        Ok(Self { listener, token })
    }

    /// Tells those who look that another replica relays, for as long as this is polled.
    pub(super) async fn stand_by(&self, relays: watch::Receiver<Option<Holder>>) {
        if let Some(listener) = &self.listener {
            serve::run(listener, Standby::new(relays).into(), CancellationToken::new()).await;
        }
    }

    /// Serves what the loop behind this desk knows, and what was paid before, until ferry stops; `replica` is this one,
    /// if there are some.
    ///
    /// The accounts that pay are looked at in any case.
    pub(super) fn begin(
        self,
        desk: Desk,
        (file, nodes): (Arc<Mutex<Config>>, Served),
        (paid, replica): (Arc<OnceLock<Books>>, Option<Replica>),
        stop: CancellationToken,
    ) -> Wallets {
        let wallets = Wallets::default();
        tokio::spawn(wallets.clone().watch(desk.clone(), file, nodes));
        let Some(listener) = self.listener else { return wallets };
        if let Ok(address) = listener.local_addr() {
            tracing::info!(page = format!("http://{address}/"), "status page is served");
        }
        let site =
            Site::new(desk, wallets.clone(), self.token).of_replica(replica).with_books(paid);
        tokio::spawn(async move { serve::run(&listener, site.into(), stop).await });
        wallets
    }
}

/// Reads what was paid before this start, up to these cursors, beside everything else: of a busy ferry that takes a while.
pub(super) fn read_books(store: Location, cursors: Vec<CursorRow>) -> Arc<OnceLock<Books>> {
    let books = Arc::new(OnceLock::new());
    let place = Arc::clone(&books);
    tokio::spawn(async move {
        let read = async { Books::read(&store.open_to_read().await?, &cursors).await };
        match read.await {
            // Nobody else puts them there.
            Ok(read) => drop(place.set(read)),
            Err(error) => tracing::warn!(%error, "what was paid before this start cannot be read"),
        }
    });
    books
}
