//! Lists that a node gives in pages.

use ibc_proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use prost::Message;

use super::{Chain, ChainError, first_page, malformed};

/// How many items are asked for at once.
const PAGE: u64 = 1_000;

impl Chain {
    /// All items of a list after a block; zero is the newest. `request` asks for a page, `read` takes its items out of the
    /// answer.
    ///
    /// # Errors
    /// [`ChainError::Query`], also when the node no longer has that state; [`ChainError::Malformed`] when a page does not
    /// begin after the one before: keys ascend, and the list would have no end.
    pub(super) async fn in_pages<Q: Message, A: Message + Default, T>(
        &self,
        (path, height): (&'static str, u64),
        request: impl Fn(PageRequest) -> Q,
        read: impl Fn(A) -> (Vec<T>, Option<PageResponse>),
    ) -> Result<Vec<T>, ChainError> {
        let (mut page, mut all) = (first_page(PAGE), Vec::new());
        loop {
            let began = page.key.clone();
            let answer: A = self.rpc.query(path, &request(page), height).await?;
            let (items, next) = read(answer);
            all.extend(items);
            let key = next.map(|next| next.next_key).unwrap_or_default();
            if key.is_empty() {
                return Ok(all);
            }
            if key <= began {
                return Err(malformed(path, "a page begins where the one before did"));
            }
            page = PageRequest { key, ..first_page(PAGE) };
        }
    }
}
