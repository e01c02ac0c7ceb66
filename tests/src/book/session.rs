//! The shell in which the book is read.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;
use tokio::time::timeout;

use super::{Block, Kind};

/// How long the whole book may take, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(600);
/// Lines of the transcript that a failure shows.
const LAST_WORDS: usize = 25;
/// Before the first block: where a failure is, and that one ends everything.
const BEGIN: &str = "set -euo pipefail
trap 'status=$?; [ $status = 0 ] || echo \"the block at $AT failed ($status)\"' EXIT
";
/// After the last one: what ran beside must still run; then the variables, by name.
const END: &str = "AT='the end: a terminal has ended by itself'
for terminal in $(jobs -p); do kill -0 $terminal; done
(set -o posix; set) > variables
";

/// What the commands find around them.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The folder in which they are typed; new.
    pub folder: PathBuf,
    /// The state folder of the local nodes.
    pub localnet: PathBuf,
    /// The compiled contracts.
    pub artifacts: PathBuf,
    /// The folders of the binaries, put before `PATH`.
    pub binaries: Vec<PathBuf>,
}

/// A session that has ended well.
#[derive(Debug)]
pub struct Session {
    variables: String,
}

/// The processes of a session. None of them outlives it.
struct Group(Pid);

impl Drop for Group {
    fn drop(&mut self) {
        // An error means that there is nobody left.
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

impl Session {
    /// Runs blocks one after the other.
    ///
    /// # Errors
    /// A command fails, with the end of what was printed; or it takes too long.
    pub async fn run(blocks: &[Block], setting: &Setting) -> anyhow::Result<Self> {
        let Setting { folder, localnet, artifacts, binaries } = setting;
        std::os::unix::fs::symlink(artifacts, folder.join("artifacts"))?;
        let (script, transcript) = (folder.join("book.sh"), folder.join("transcript"));
        fs::write(&script, text(blocks))?;
        let log = File::create(&transcript)?;
        let before = std::env::var_os("PATH").unwrap_or_default();
        let path = binaries.iter().cloned().chain(std::env::split_paths(&before));
        let mut command = Command::new("bash");
        command
            .arg(&script)
            .current_dir(folder)
            .env("PATH", std::env::join_paths(path)?)
            .env("LOCALNET_DIR", localnet)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0);
        for variable in ["ENTREPOT_HOME", "ENTREPOT_PASSWORD", "FERRY_HOME", "FERRY_PASSWORD"] {
            command.env_remove(variable);
        }
        let mut child = command.spawn().context("cannot run `bash`")?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let _group = Group(pid.context("a process has a number")?);
        let status = timeout(PATIENCE, child.wait()).await;
        let status = status.with_context(|| format!("the book takes more than {PATIENCE:?}"));
        match status {
            Ok(Ok(status)) if status.success() => {}
            Ok(ended) => bail!("{:?}: {}", ended?, last_words(&transcript)),
            Err(late) => return Err(late.context(last_words(&transcript))),
        }
        Ok(Self { variables: fs::read_to_string(folder.join("variables"))? })
    }

    /// A variable as the session has left it.
    ///
    /// # Errors
    /// It was never set.
    pub fn variable(&self, name: &str) -> anyhow::Result<&str> {
        let start = format!("{name}=");
        let found = self.variables.lines().find_map(|line| line.strip_prefix(&start));
        found.with_context(|| format!("the book sets no `{name}`"))
    }
}

fn text(blocks: &[Block]) -> String {
    let mut text = BEGIN.to_owned();
    for Block { place, kind, text: commands } in blocks {
        text.push_str(&format!("AT='{place}'; echo \"== $AT, second $SECONDS\"\n"));
        match kind {
            Kind::InOrder => text.push_str(commands),
            Kind::Terminal => {
                text.push_str(&format!("(\n{commands}) > 'terminal-{place}' 2>&1 &\n"));
            }
        }
    }
    text.push_str(END);
    text
}

fn last_words(transcript: &Path) -> String {
    let said = fs::read_to_string(transcript).unwrap_or_default();
    let lines: Vec<&str> = said.lines().collect();
    let last = &lines[lines.len().saturating_sub(LAST_WORDS)..];
    format!("{}\n(all of it: {})", last.join("\n"), transcript.display())
}
