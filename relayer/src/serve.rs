//! What ferry serves to those who look: a status page, metrics, JSON.
//!
//! Nothing here touches the model: the loop is asked at its desk, so that an answer is also a sign of life.
//! Everything is bounded: connections, requests to the loop, what one answer lists.

mod answer;
mod api;
mod health;
pub mod look;
pub mod metrics;
mod page;
mod site;
mod standby;
mod token;
pub mod wallets;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use answer::{Answer, not_found};
pub use site::{Shown, Site};
pub use standby::Standby;
pub use token::{Token, TokenError};

/// Connections at once; the next one waits until one of them ends.
const PLACES: usize = 64;
/// A connection without a whole request for so long is closed.
const IDLE: Duration = Duration::from_secs(30);

/// Takes the address to serve at, so that one in use is told before anything begins.
///
/// # Errors
/// The address cannot be had.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, io::Error> {
    TcpListener::bind(address).await
}

/// What stands at the addresses.
#[derive(Clone, Debug)]
pub enum Sight {
    /// What a ferry that relays knows.
    Site(Box<Site>),
    /// That another replica relays.
    Standby(Standby),
}

impl From<Site> for Sight {
    fn from(site: Site) -> Self {
        Self::Site(Box::new(site))
    }
}

impl From<Standby> for Sight {
    fn from(standby: Standby) -> Self {
        Self::Standby(standby)
    }
}

/// Serves until ferry stops; connections that are open then are closed.
pub async fn run(listener: &TcpListener, sight: Sight, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(PLACES));
    let mut guests = JoinSet::new();
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let accepted = async { (place.await, listener.accept().await) };
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = guests.join_next() => {}
            (place, accepted) = accepted => match accepted {
                Ok((stream, _)) => {
                    let sight = sight.clone();
                    guests.spawn(async move {
                        let _place = place;
                        attend(stream, sight).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    pause().await;
                }
            },
        }
    }
}

/// Waits a moment after a failure that only passes with time, such as no file descriptor being left.
#[expect(clippy::disallowed_methods, reason = "there is nothing else to wait for")]
async fn pause() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

async fn attend(stream: TcpStream, sight: Sight) {
    let service = service_fn(|request: Request<Incoming>| {
        let sight = sight.clone();
        async move {
            Ok::<_, std::convert::Infallible>(match &sight {
                Sight::Site(site) => answer(site, &request).await,
                Sight::Standby(standby) => standby.answer(request.uri().path()),
            })
        }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(IDLE);
    // How a connection ends concerns only the one at its other end.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// Answers one request. Bodies are not read: what is to be said stands in the address.
async fn answer(site: &Site, request: &Request<Incoming>) -> Answer {
    let path = request.uri().path();
    let answered = match *request.method() {
        Method::GET | Method::HEAD => match page::file(path) {
            Some(file) => Ok(Some(file)),
            None => match health::answer(site, path).await {
                Ok(None) => api::answer(site, request.uri()).await,
                other => other,
            },
        },
        Method::POST => api::change(site, request.uri(), request.headers()).await,
        _ => Ok(None),
    };
    match answered {
        Ok(answer) => answer.unwrap_or_else(not_found),
        Err(error) => error.into(),
    }
}

#[cfg(test)]
mod tests;
