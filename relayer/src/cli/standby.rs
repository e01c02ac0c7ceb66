//! A replica that waits for the one that relays.

use tokio::sync::watch;

use super::serving::Serving;
use super::supervisor::Supervisor;
use crate::store::StoreError;
use crate::store::any::{AnyStore, Location};
use crate::store::postgres::{Held, Holder};

/// Opens the store to write. While another replica relays, this waits until its lease is free, as a service
/// that is alive: supervisors hear of it, and those who look are told who relays.
pub(super) async fn open(
    location: &Location,
    serving: &Serving,
    supervisor: &Supervisor,
) -> Result<AnyStore, StoreError> {
    let (tell, relays) = watch::channel(None::<Holder>);
    let mut begun = relays.clone();
    let stand_by = async {
        if begun.wait_for(Option::is_some).await.is_ok() {
            tokio::join!(supervisor.stand_by(), serving.stand_by(relays));
        }
        // Nobody is waited for, or nothing is served: the store alone ends this.
        std::future::pending().await
    };
    tokio::select! {
        opened = location.open(Held::Wait(tell)) => opened,
        never = stand_by => never,
    }
}
