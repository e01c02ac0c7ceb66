//! How far a path is, told as it changes, and the end of waiting when it does not.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::channel;
use crate::model::Model;
use crate::model::ids::{Both, PathId};
use crate::model::rows::EndState;

/// How many clients there are, and the states of the connection's and the channel's ends.
type Stage = (usize, (EndState, EndState), (EndState, EndState));

/// What was told last of how far the path is.
#[derive(Debug)]
pub(in crate::cli) struct Progress {
    told: watch::Sender<Option<Stage>>,
}

/// Watches a path: the token ends with `stop`, or when nothing was told for as long as `patience`.
pub(in crate::cli) fn watch(
    stop: &CancellationToken,
    patience: Duration,
) -> (Progress, CancellationToken) {
    let (told, mut seen) = watch::channel(None);
    let impatience = stop.child_token();
    let token = impatience.clone();
    tokio::spawn(async move {
        while let Ok(Ok(())) = timeout(patience, seen.changed()).await {}
        token.cancel();
    });
    (Progress { told }, impatience)
}

impl Progress {
    /// Tells how far the path is, when that has changed.
    pub(in crate::cli) fn tell(&self, model: &Model, path: &PathId, index: Option<u32>) {
        let Some(row) = model.path(path) else { return };
        let wanted = index.and_then(|index| channel(model, path, index));
        let ends = wanted.map_or_else(Both::default, |channel| Both {
            a: channel.ends.a.state,
            b: channel.ends.b.state,
        });
        let Both { a, b } = &row.ends;
        let clients = usize::from(a.client.is_some()) + usize::from(b.client.is_some());
        let stage = (clients, (a.state, b.state), (ends.a, ends.b));
        let is_new = self.told.send_if_modified(|told| told.replace(stage) != Some(stage));
        if is_new {
            let (clients, connection, channel) = stage;
            tracing::info!(%path, clients, ?connection, ?channel, "opening");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the token of a watch that is told something every `step` ends within three patiences.
    async fn ends(step: Option<Duration>) -> bool {
        let patience = Duration::from_millis(400);
        let (progress, token) = watch(&CancellationToken::new(), patience);
        let tell = async {
            let Some(step) = step else { return std::future::pending().await };
            for clients in 0.. {
                let state = (EndState::None, EndState::None);
                progress.told.send_replace(Some((clients, state, state)));
                assert!(timeout(step, std::future::pending::<()>()).await.is_err());
            }
        };
        tokio::select! {
            () = token.cancelled() => true,
            ended = timeout(3 * patience, tell) => ended.is_ok(),
        }
    }

    #[tokio::test]
    async fn patience_ends_only_when_nothing_moves() {
        assert!(ends(None).await);
        assert!(!ends(Some(Duration::from_millis(50))).await);
    }
}
