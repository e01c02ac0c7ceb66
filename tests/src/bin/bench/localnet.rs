//! Runs `scripts/localnet`, which finds its folder and ports in the environment.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use tokio::process::Command;

/// Runs it with these arguments, and these variables beside those that are set.
///
/// # Errors
/// It fails; with what it says.
pub(crate) async fn run(
    script: &Path,
    args: &[&str],
    set: &[(&str, PathBuf)],
) -> anyhow::Result<()> {
    let done = Command::new(script).args(args).envs(set.iter().cloned()).output().await;
    let done = done.with_context(|| format!("cannot run `{}`", script.display()))?;
    let complaint = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "`localnet {}` failed: {complaint}", args.join(" "));
    Ok(())
}
