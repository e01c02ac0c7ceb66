//! Cutting works into transactions.

use std::collections::{BTreeMap, BTreeSet};

use super::window::Limits;

/// Cuts `items` into runs within `limits`, ending a run between two source blocks when the next block
/// does not fit whole: a rival who relays the same blocks then takes whole transactions of ours away,
/// which the chain refuses for free.
///
/// `measure` gives gas and bytes. An item beyond a limit gets a run of its own.
pub(crate) fn cut<T>(
    items: &[T],
    limits: Limits,
    block: impl Fn(&T) -> u64,
    measure: impl Fn(&T) -> (u64, usize),
) -> Vec<&[T]> {
    let mut runs = Vec::new();
    let mut rest = items;
    while !rest.is_empty() {
        let fitting = fitting(rest, limits, &measure).max(1);
        let end = if fitting == rest.len() { fitting } else { last_edge(rest, fitting, &block) };
        let (run, tail) = rest.split_at(end);
        runs.push(run);
        rest = tail;
    }
    runs
}

/// Moves what has to stand behind others of its kind into the first run that has some of the kind, while that takes no
/// more than `limits.row_gas`; what is beyond is left out.
pub(crate) fn gather<T, K: Ord + Clone>(
    runs: Vec<Vec<T>>,
    limits: Limits,
    kind: impl Fn(&T) -> Option<K>,
    measure: impl Fn(&T) -> (u64, usize),
) -> Vec<Vec<T>> {
    let limits = Limits { gas: limits.row_gas, ..limits };
    let mut gathered: Vec<Vec<T>> = Vec::with_capacity(runs.len());
    let (mut places, mut full) = (BTreeMap::new(), BTreeSet::new());
    for run in runs {
        let (here, mut stays) = (gathered.len(), Vec::with_capacity(run.len()));
        for item in run {
            let Some(kind) = kind(&item) else {
                stays.push(item);
                continue;
            };
            let place = *places.entry(kind.clone()).or_insert(here);
            match gathered.get_mut(place) {
                None => stays.push(item),
                Some(_) if full.contains(&kind) => {}
                Some(first) => {
                    first.push(item);
                    if fitting(first, limits, &measure) < first.len() {
                        first.pop();
                        full.insert(kind);
                    }
                }
            }
        }
        if !stays.is_empty() {
            gathered.push(stays);
        }
    }
    gathered
}

/// How many items from the first on fit into one transaction.
fn fitting<T>(items: &[T], limits: Limits, measure: impl Fn(&T) -> (u64, usize)) -> usize {
    let (mut gas, mut bytes) = (0u64, 0usize);
    let within = |item: &&T| {
        let (item_gas, item_bytes) = measure(item);
        gas = gas.saturating_add(item_gas);
        bytes = bytes.saturating_add(item_bytes);
        gas <= limits.gas && bytes <= limits.bytes
    };
    items.iter().take(limits.msgs).take_while(within).count()
}

/// The last place up to `fitting` at which the source block changes; `fitting` when there is none.
fn last_edge<T>(items: &[T], fitting: usize, block: impl Fn(&T) -> u64) -> usize {
    let changes = |end: &usize| block(&items[end - 1]) != block(&items[*end]);
    (1..=fitting).rev().find(changes).unwrap_or(fitting)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits {
        gas: 100,
        row_gas: 150,
        max_gas: 200,
        max_message_gas: 200,
        bytes: 1_000,
        max_bytes: 2_000,
        msgs: 4,
    };

    fn sizes(blocks: &[u64]) -> Vec<usize> {
        cut(blocks, LIMITS, |block| *block, |_| (1, 1)).iter().map(|run| run.len()).collect()
    }

    #[test]
    fn runs_end_between_blocks_where_they_can() {
        assert_eq!(sizes(&[1, 1, 1, 2, 2]), [3, 2]);
        assert_eq!(sizes(&[1, 1, 1, 1, 2]), [4, 1]);
        assert_eq!(sizes(&[1, 1, 1, 1, 1, 2]), [4, 2]);
        assert_eq!(sizes(&[1, 2, 3, 4]), [4]);
        assert_eq!(sizes(&[1, 2, 3, 4, 5, 5]), [4, 2]);
    }

    #[test]
    fn an_item_beyond_the_limits_goes_by_itself() {
        let runs = cut(&[50, 500, 50], LIMITS, |_| 0, |gas| (*gas, 1));
        assert_eq!(runs, [&[50][..], &[500], &[50]]);
    }

    #[test]
    fn a_row_goes_together_as_far_as_it_may() {
        let gather = |runs: &[&[(char, u64)]]| -> Vec<String> {
            let runs = runs.iter().map(|run| run.to_vec()).collect();
            let kind = |item: &(char, u64)| item.0.is_uppercase().then_some(item.0);
            let gathered = super::gather(runs, LIMITS, kind, |item| (item.1, 1));
            gathered.iter().map(|run| run.iter().map(|item| item.0).collect()).collect()
        };
        assert_eq!(gather(&[&[('A', 60), ('A', 30)], &[('A', 50), ('b', 9)]]), ["AAA", "b"]);
        // What does not fit stays out, and so does all behind it.
        assert_eq!(gather(&[&[('A', 90)], &[('A', 70), ('A', 1)], &[('A', 1)]]), ["A"]);
        assert_eq!(gather(&[&[('A', 1); 4], &[('A', 1)]]), ["AAAA"]);
        // Rows do not mix with those of others that are full.
        assert_eq!(
            gather(&[&[('a', 90), ('A', 1)], &[('A', 90), ('B', 2)], &[('B', 3)]]),
            ["aA", "BB"]
        );
    }

    proptest! {
        #[test]
        fn every_item_goes_once_in_order_within_limits(
            items in proptest::collection::vec((0u64..4, 1u64..40, 1usize..400), 0..40)
        ) {
            let runs = cut(&items, LIMITS, |item| item.0, |item| (item.1, item.2));
            prop_assert_eq!(&runs.concat(), &items);
            for run in runs {
                prop_assert!(run.len() <= LIMITS.msgs);
                prop_assert!(run.iter().map(|item| item.1).sum::<u64>() <= LIMITS.gas);
                prop_assert!(run.iter().map(|item| item.2).sum::<usize>() <= LIMITS.bytes);
            }
        }
    }
}
