//! The page as people see it.

use super::*;

/// Draws the page in Chromium. `scripts/test` runs it where Chromium is.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and playwright-core; scripts/test runs it"]
async fn the_page_is_drawn() {
    let servers = [
        Server::over(world::well(), None).await,
        Server::over(world::troubled(), None).await,
        Server::over(world::new(), None).await,
    ];
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page/check.mjs");
    let mut node = tokio::process::Command::new("node");
    node.arg(script).args(servers.iter().map(|server| format!("http://{}/", server.address)));
    let run = node.kill_on_drop(true).output();
    let output = timeout(Duration::from_secs(120), run).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
