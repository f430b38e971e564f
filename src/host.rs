//! What a run has to ask the machine it is on: the time of day and its own size. Given by the programs.

use chrono::{DateTime, Utc};

/// The machine, as far as a run looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// The time of day. It is recorded, and keeps a batch dated beyond tomorrow from being taken for the newest; no date
    /// of a run ever comes from it.
    pub now: fn() -> DateTime<Utc>,
    /// The largest resident size of this process so far, in bytes, where the system tells.
    pub peak_memory_bytes: fn() -> Option<u64>,
    /// Its resident size now.
    pub memory_bytes: fn() -> Option<u64>,
}

impl Host {
    /// The machine this program runs on.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn this() -> Self {
        Self { now: Utc::now, peak_memory_bytes, memory_bytes }
    }
}

fn peak_memory_bytes() -> Option<u64> {
    status("VmHWM:")
}

fn memory_bytes() -> Option<u64> {
    status("VmRSS:")
}

/// A size in Linux's `/proc/self/status`.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
