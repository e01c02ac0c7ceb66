//! What systemd is told: ready, alive, stopping. By datagrams, as `sd_notify(3)` describes; without systemd nothing.

use std::io;
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

    /// Tells the supervisor that ferry stands by, for as long as this is polled: that is all it can do now.
    pub(super) async fn stand_by(&self) {
        self.tell("READY=1");
        let Some(watchdog) = self.watchdog else { return };
        let mut heartbeat = tokio::time::interval(watchdog / 3);
        loop {
            heartbeat.tick().await;
            self.tell("WATCHDOG=1");
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
    #[cfg(target_os = "linux")]
    if let Some(name) = name.strip_prefix('@') {
        return <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    SocketAddr::from_pathname(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::desk::{self, Request};
    use crate::drive::tally::Tally;
    use crate::model::Model;
    use crate::model::config::Config;

    /// What the loop does with those who ask.
    #[derive(PartialEq)]
    enum Loop {
        Answers,
        Hangs,
    }

    /// What systemd hears of a ferry.
    async fn heard(desk_loop: Loop) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let systemd = tokio::net::UnixDatagram::bind(&path).unwrap();
        let (desk, mut requests) = desk::open();
        tokio::spawn(async move {
            let (model, tally) = (Model::new(Config::default()), Tally::default());
            while let Some(request) = requests.recv().await {
                match request {
                    Request::Read(read) if desk_loop == Loop::Answers => read(&model, &tally),
                    // Neither answered nor given up.
                    other => std::mem::forget(other),
                }
            }
        });
        let socket = (UnixDatagram::unbound().unwrap(), address(path.to_str().unwrap()).unwrap());
        let watchdog = Some(Duration::from_millis(90));
        let supervisor = Supervisor { socket: Some(socket), watchdog };
        let stop = CancellationToken::new();
        let attending = tokio::spawn(supervisor.attend(desk, stop.clone()));
        let mut heard = Vec::new();
        let mut bytes = [0; 64];
        // Silence is the end: five heartbeats would fit into it.
        let limit = Duration::from_millis(450);
        while let Ok(length) = tokio::time::timeout(limit, systemd.recv(&mut bytes)).await {
            let word = String::from_utf8_lossy(&bytes[..length.unwrap()]).into_owned();
            if word == "WATCHDOG=1" {
                stop.cancel();
            }
            heard.push(word);
        }
        attending.abort();
        heard
    }

    #[tokio::test]
    async fn systemd_is_told_of_the_start_the_heartbeat_and_the_end() {
        let heard = heard(Loop::Answers).await;
        assert_eq!(heard.first().map(String::as_str), Some("READY=1"));
        assert!(heard.contains(&"WATCHDOG=1".to_owned()), "{heard:?}");
        assert_eq!(heard.last().map(String::as_str), Some("STOPPING=1"));
    }

    #[tokio::test]
    async fn a_loop_that_hangs_has_no_heartbeat() {
        assert_eq!(heard(Loop::Hangs).await, ["READY=1"]);
    }
}
