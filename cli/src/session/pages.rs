//! Lists that a node answers in pages.

use anyhow::bail;

/// Pages of one list, at 50 entries and more: beyond all that a market or an outpost has.
const MOST: u32 = 2_000;

/// Reads a list to its end. `page` is asked for what is behind a place, and gives that and the next place; none at the
/// end.
///
/// # Errors
/// Those of `page`; or the list has no end, as the same page again and again has none.
pub async fn all<T, C>(
    mut page: impl AsyncFnMut(Option<C>) -> anyhow::Result<(Vec<T>, Option<C>)>,
) -> anyhow::Result<Vec<T>> {
    let (mut all, mut next) = (Vec::new(), None);
    for _ in 0..MOST {
        let (entries, after) = page(next).await?;
        all.extend(entries);
        if after.is_none() {
            return Ok(all);
        }
        next = after;
    }
    bail!("a list of the node's has no end after {MOST} pages; try another node")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_list_is_read_to_its_end_and_one_without_is_not() {
        let read = all(async |after: Option<u32>| {
            let at = after.unwrap_or_default();
            Ok((vec![at, at + 1], Some(at + 2).filter(|next| *next < 6)))
        });
        assert_eq!(read.await.unwrap(), [0, 1, 2, 3, 4, 5]);
        let endless = all(async |_: Option<u32>| Ok((vec![1], Some(1)))).await;
        assert!(endless.unwrap_err().to_string().contains("has no end"));
    }
}
