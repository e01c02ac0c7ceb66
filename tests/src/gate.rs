//! A gate before a node's RPC: it lets everything through, or answers as broken nodes do.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The longest request that is read before it is answered wrongly.
const REQUEST: usize = 64 << 10;

/// How a gate treats what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It lets it through.
    Open,
    /// It hangs up.
    Shut,
    /// It answers nothing.
    Silent,
    /// It answers with a status of 500.
    Error,
    /// It answers with what is no JSON.
    Garbage,
}

/// A gate, until it is dropped. Connections end when its mode changes.
#[derive(Debug)]
pub struct Gate {
    /// Its address.
    pub address: String,
    mode: watch::Sender<Mode>,
    _keeper: JoinSet<()>,
}

impl Gate {
    /// A gate before a node.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn before(node: &str, mode: Mode) -> anyhow::Result<Self> {
        let node = node.strip_prefix("http://").unwrap_or(node).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let (mode, seen) = watch::channel(mode);
        let mut keeper = JoinSet::new();
        keeper.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(pass(stream, node.clone(), seen.clone()));
                while open.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, mode, _keeper: keeper })
    }

    /// Changes how it treats what comes from now on.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn pass(mut stream: TcpStream, node: String, mut mode: watch::Receiver<Mode>) {
    let now = *mode.borrow_and_update();
    let passed = async {
        match now {
            Mode::Open => {
                let mut node = TcpStream::connect(&node).await?;
                copy_bidirectional(&mut stream, &mut node).await?;
            }
            Mode::Shut => {}
            Mode::Silent => std::future::pending().await,
            Mode::Error => answer(&mut stream, "500 Internal Server Error", "out of order").await?,
            Mode::Garbage => answer(&mut stream, "200 OK", "<html>nothing here</html>").await?,
        }
        std::io::Result::Ok(())
    };
    tokio::select! {
        // Whoever hung up needs no answer.
        _ = passed => {}
        _ = mode.changed() => {}
    }
}

async fn answer(stream: &mut TcpStream, status: &str, body: &str) -> std::io::Result<()> {
    let _ = stream.read(&mut vec![0; REQUEST]).await?;
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.shutdown().await
}
