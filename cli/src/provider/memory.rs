//! For which orders a provider has bid: the only thing that the market cannot be asked for.
//!
//! The deposit of a bid that lost stays until somebody asks for it, and an order that is over is
//! on no list any more.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use market::msg::LeaseId;

use super::parse_order;

/// Orders with a bid whose deposit may still be held, in a file that outlives a restart.
#[derive(Debug)]
pub struct Memory {
    file: PathBuf,
    orders: BTreeSet<LeaseId>,
}

impl Memory {
    /// Where it is kept if nothing else is said: beside the provider's file.
    #[must_use]
    pub fn beside(config: &Path) -> PathBuf {
        config.with_extension("state.json")
    }

    /// Opens the file; one that is not there yet is empty.
    ///
    /// # Errors
    /// It cannot be read, or is of another form.
    pub fn open(file: &Path) -> anyhow::Result<Self> {
        let shown = file.display();
        let names: Vec<String> = match fs::read(file) {
            Ok(text) => serde_json::from_slice(&text)
                .with_context(|| format!("`{shown}` is no list of orders; move it away"))?,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read `{shown}`")),
        };
        let orders = names.iter().map(|name| parse_order(name));
        let orders = orders.collect::<anyhow::Result<_>>().with_context(|| format!("`{shown}`"))?;
        Ok(Self { file: file.to_owned(), orders })
    }

    /// The orders.
    #[must_use]
    pub fn orders(&self) -> Vec<LeaseId> {
        self.orders.iter().cloned().collect()
    }

    /// Whether a bid for an order was sent, or is about to be.
    #[must_use]
    pub fn has(&self, order: &LeaseId) -> bool {
        self.orders.contains(order)
    }

    /// Remembers an order; before the bid is sent, so that no deposit is forgotten.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, order: &LeaseId) -> anyhow::Result<()> {
        if self.orders.insert(order.clone()) { self.save() } else { Ok(()) }
    }

    /// Forgets an order.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn remove(&mut self, order: &LeaseId) -> anyhow::Result<()> {
        if self.orders.remove(order) { self.save() } else { Ok(()) }
    }

    fn save(&self) -> anyhow::Result<()> {
        let names: Vec<String> = self.orders.iter().map(ToString::to_string).collect();
        let new = self.file.with_extension("new");
        let shown = self.file.display();
        // Renamed into place: an interruption leaves the old list or the new one.
        fs::write(&new, serde_json::to_vec_pretty(&names)?)
            .and_then(|()| fs::rename(&new, &self.file))
            .with_context(|| format!("cannot write `{shown}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_bid_for_is_known_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let file = Memory::beside(&dir.path().join("provider.toml"));
        let order = parse_order("channel-0/wasm1outpost/wasm1dao/7/0").unwrap();
        let mut memory = Memory::open(&file).unwrap();
        assert!(memory.orders().is_empty());
        memory.add(&order).unwrap();
        memory.add(&order).unwrap();
        let mut memory = Memory::open(&file).unwrap();
        assert_eq!(memory.orders(), std::slice::from_ref(&order));
        memory.remove(&order).unwrap();
        assert!(Memory::open(&file).unwrap().orders().is_empty());
        fs::write(&file, "{}").unwrap();
        let error = Memory::open(&file).unwrap_err().to_string();
        assert!(error.contains("move it away"), "{error}");
    }
}
