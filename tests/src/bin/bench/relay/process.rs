//! What processes and the machine have used, from `/proc`.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// Units of the times in `/proc`: `USER_HZ` is part of Linux' interface and 100 on every machine we run on.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used since its start.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// Seconds of CPU, in user and system mode.
    pub(crate) cpu_seconds: f64,
    /// The most memory it ever held.
    pub(crate) peak_mib: f64,
    /// Its threads now.
    pub(crate) threads: u64,
}

impl Usage {
    /// Reads it.
    ///
    /// # Errors
    /// The process has ended.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let ended = || format!("process {pid} has ended");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).with_context(ended)?;
        let number = |key: &str| -> Option<f64> {
            let line = status.lines().find(|line| line.starts_with(key))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        let peak_kib = number("VmHWM:").with_context(ended)?;
        let threads = number("Threads:").with_context(ended)?;
        Ok(Self {
            cpu_seconds: cpu_seconds(pid)?,
            peak_mib: peak_kib / 1_024.0,
            threads: threads as u64,
        })
    }
}

/// Seconds of CPU that a process has used.
///
/// # Errors
/// It has ended.
pub(crate) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} has ended"))?;
    // The second field is the program's name in parentheses, which may hold spaces.
    let after = stat.rsplit_once(')').context("`stat` without a name")?.1;
    let field = |index: usize| after.split_whitespace().nth(index)?.parse::<f64>().ok();
    let (user, system) = (field(11).context("no utime")?, field(12).context("no stime")?);
    Ok((user + system) / TICKS_PER_SECOND)
}

/// The machine since it was started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    /// Seconds of CPU that anything has used.
    pub(crate) busy_seconds: f64,
    /// Processes that wanted to run, averaged over a minute.
    pub(crate) load: f64,
}

impl Machine {
    /// Reads it.
    ///
    /// # Errors
    /// There is no `/proc`.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let stat = std::fs::read_to_string("/proc/stat").context("there is no /proc/stat")?;
        let all = stat.lines().next().unwrap_or_default();
        let ticks: Vec<f64> = all.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        // user, nice, system, idle, iowait, irq, softirq, steal
        let busy = |index: &usize| ticks.get(*index).copied().unwrap_or_default();
        let load = std::fs::read_to_string("/proc/loadavg").context("there is no /proc/loadavg")?;
        let load = load.split_whitespace().next().and_then(|number| number.parse().ok());
        Ok(Self {
            busy_seconds: [0, 1, 2, 5, 6, 7].iter().map(busy).sum::<f64>() / TICKS_PER_SECOND,
            load: load.context("/proc/loadavg has no number")?,
        })
    }
}

/// How many processors there are.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}
