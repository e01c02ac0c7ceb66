//! Values that never change once they exist, fetched once.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// The values fetched last, by key. Whoever wants one that is on its way waits for it.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    capacity: usize,
    cells: Mutex<VecDeque<(K, Arc<OnceCell<V>>)>>,
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    /// Keeps this many values; the one that was first asked for longest ago goes first.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, cells: Mutex::default() }
    }

    /// The value of `key`, by `fetch` if nobody fetched it before. A failure is not kept.
    pub(super) async fn get<E>(
        &self,
        key: K,
        fetch: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        let cell = self.cell(key);
        cell.get_or_try_init(|| fetch).await.cloned()
    }

    /// Forgets the value of `key`, which proved to be wrong.
    pub(super) fn forget(&self, key: &K) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|(known, _)| known != key);
    }

    fn cell(&self, key: K) -> Arc<OnceCell<V>> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cell)) = cells.iter().find(|(known, _)| *known == key) {
            return Arc::clone(cell);
        }
        if cells.len() >= self.capacity {
            cells.pop_front();
        }
        let cell = Arc::<OnceCell<V>>::default();
        cells.push_back((key, Arc::clone(&cell)));
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_fetched_once_and_a_failure_again() {
        let recent = Recent::new(2);
        let failed: Result<u8, &str> = recent.get("a", async { Err("down") }).await;
        assert_eq!(failed, Err("down"));
        assert_eq!(recent.get("a", async { Ok::<_, ()>(1) }).await, Ok(1));
        assert_eq!(recent.get("a", async { Err(()) }).await, Ok(1));
        recent.forget(&"a");
        assert_eq!(recent.get("a", async { Ok::<_, ()>(2) }).await, Ok(2));
    }

    #[tokio::test]
    async fn the_oldest_value_makes_room() {
        let recent = Recent::new(2);
        for (key, value) in [("a", 1), ("b", 2), ("c", 3)] {
            assert_eq!(recent.get(key, async { Ok::<_, ()>(value) }).await, Ok(value));
        }
        assert_eq!(recent.get("b", async { Err(()) }).await, Ok(2));
        assert_eq!(recent.get("a", async { Err(()) }).await, Err(()));
    }
}
