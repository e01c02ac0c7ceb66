//! Where others ask the loop, which alone has the model.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::Nodes;
use super::tally::Tally;
use crate::model::Model;
use crate::model::facts::Fact;

/// Requests that wait for the loop; more are turned away.
const REQUESTS: usize = 16;
/// How long the loop may take to come to a request. It takes milliseconds unless it hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads what the loop knows. Runs in the loop, so it must be quick and must not wait.
type Read = Box<dyn FnOnce(&Model, &Tally) + Send>;

/// What is asked of the loop.
pub(crate) enum Request {
    /// To let somebody read.
    Read(Read),
    /// To take facts in, one after the other, and to reach these nodes from then on.
    Take(Nodes, Vec<Fact>),
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Read(_) => "Read",
            Self::Take(..) => "Take",
        })
    }
}

/// A way to ask the loop.
#[derive(Clone, Debug)]
pub struct Desk(mpsc::Sender<Request>);

/// The loop has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// Too many ask at once.
    #[error("too many requests at once; try again")]
    Busy,
    /// It hangs.
    #[error("ferry has not answered for {} s; see its log, then restart it", PATIENCE.as_secs())]
    Hangs,
    /// It has ended.
    #[error("ferry is stopping")]
    Stopped,
}

/// The desk, and what arrives there.
pub(crate) fn open() -> (Desk, mpsc::Receiver<Request>) {
    let (sender, receiver) = mpsc::channel(REQUESTS);
    (Desk(sender), receiver)
}

impl Desk {
    /// Reads something of the model.
    ///
    /// # Errors
    /// [`DeskError`].
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Model, &Tally) -> T + Send + 'static,
    ) -> Result<T, DeskError> {
        let (answer, answered) = oneshot::channel();
        // Whoever asked may have gone away meanwhile.
        let read =
            Box::new(move |model: &Model, tally: &Tally| drop(answer.send(read(model, tally))));
        self.put(Request::Read(read))?;
        match timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(DeskError::Stopped),
            Err(_) => Err(DeskError::Hangs),
        }
    }

    /// Tells the loop something.
    ///
    /// # Errors
    /// [`DeskError::Busy`], [`DeskError::Stopped`].
    pub fn tell(&self, fact: Fact) -> Result<(), DeskError> {
        self.put(Request::Take(Nodes::new(), vec![fact]))
    }

    /// Tells the loop of more chains, which it reads as soon as a fact says where to begin.
    ///
    /// # Errors
    /// [`DeskError::Busy`], [`DeskError::Stopped`].
    pub fn join(&self, nodes: Nodes, facts: Vec<Fact>) -> Result<(), DeskError> {
        self.put(Request::Take(nodes, facts))
    }

    fn put(&self, request: Request) -> Result<(), DeskError> {
        self.0.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => DeskError::Busy,
            mpsc::error::TrySendError::Closed(_) => DeskError::Stopped,
        })
    }
}
