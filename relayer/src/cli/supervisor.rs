//! What systemd is told: ready, alive, stopping. By datagrams, as `sd_notify(3)` describes; without systemd nothing.

use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::drive::desk::Desk;

/// The supervisor that started ferry, if one did.
#[derive(Debug)]
pub(super) struct Supervisor {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How long ferry may be silent before it is restarted.
    watchdog: Option<Duration>,
}

impl Supervisor {
    /// The supervisor that the environment names.
    pub(super) fn find() -> Self {
        let address = std::env::var("NOTIFY_SOCKET").ok().and_then(|name| address(&name).ok());
        let socket = address.and_then(|address| Some((UnixDatagram::unbound().ok()?, address)));
        let micros = std::env::var("WATCHDOG_USEC").ok().and_then(|micros| micros.parse().ok());
        Self { socket, watchdog: micros.map(Duration::from_micros) }
    }

    /// Tells the supervisor something.
    pub(super) fn tell(&self, state: &str) {
        if let Some((socket, address)) = &self.socket {
            // A supervisor that does not listen is no reason to stop relaying.
            let _ = socket.send_to_addr(state.as_bytes(), address);
        }
    }

    /// Tells the supervisor that ferry is ready, that it is alive for as long as the loop answers, and that it stops.
    pub(super) async fn attend(self, desk: Desk, stop: CancellationToken) {
        self.tell("READY=1");
        while !stop.is_cancelled() {
            if self.watchdog.is_some() && desk.read(|_, _| ()).await.is_ok() {
                self.tell("WATCHDOG=1");
            }
            let pause = self.watchdog.unwrap_or(Duration::MAX) / 3;
            // Ends early only to say that ferry stops.
            let _ = tokio::time::timeout(pause, stop.cancelled()).await;
        }
        self.tell("STOPPING=1");
    }
}

/// A path, or the name of an abstract socket, which begins with `@`.
fn address(name: &str) -> io::Result<SocketAddr> {
    match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    }
}
