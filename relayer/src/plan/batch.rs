//! Cutting works into transactions.

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
