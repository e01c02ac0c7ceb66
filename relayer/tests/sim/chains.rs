//! The chains of a world: A and B, on which most tests look, and perhaps more.

use ferry::model::ids::{ChainId, Side};

use crate::chain::Chain;
use crate::plain::Plain;

/// All chains, at least two.
#[derive(Debug)]
pub(crate) struct Chains<C = Plain> {
    pub(crate) a: Chain<C>,
    pub(crate) b: Chain<C>,
    more: Vec<Chain<C>>,
}

/// The place of the first path's chain.
pub(crate) fn side_place(side: Side) -> usize {
    match side {
        Side::A => 0,
        Side::B => 1,
    }
}

impl<C> Chains<C> {
    /// # Panics
    /// When there are fewer than two.
    pub(crate) fn of(chains: Vec<Chain<C>>) -> Self {
        let mut chains = chains.into_iter();
        let mut next = || chains.next().expect("a world has two chains");
        let (a, b) = (next(), next());
        Self { a, b, more: chains.collect() }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Chain<C>> {
        [&self.a, &self.b].into_iter().chain(&self.more)
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Chain<C>> {
        [&mut self.a, &mut self.b].into_iter().chain(&mut self.more)
    }

    pub(crate) fn on(&self, side: Side) -> &Chain<C> {
        self.at(side_place(side))
    }

    pub(crate) fn on_mut(&mut self, side: Side) -> &mut Chain<C> {
        self.at_mut(side_place(side))
    }

    pub(crate) fn at(&self, place: usize) -> &Chain<C> {
        match place {
            0 => &self.a,
            1 => &self.b,
            more => &self.more[more - 2],
        }
    }

    pub(crate) fn at_mut(&mut self, place: usize) -> &mut Chain<C> {
        match place {
            0 => &mut self.a,
            1 => &mut self.b,
            more => &mut self.more[more - 2],
        }
    }

    /// # Panics
    /// When no chain has this id.
    pub(crate) fn place(&self, id: &ChainId) -> usize {
        let place = self.all().position(|chain| chain.id == id.as_str());
        place.expect("the relayer asks only chains that there are")
    }

    pub(crate) fn named(&self, id: &ChainId) -> &Chain<C> {
        self.at(self.place(id))
    }
}
