//! What keeps a run within its limits: the deadline, the memory granted, a request to stop, and how far it has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::room::room_for;
use crate::error::{Error, ErrorKind, Result};

pub(super) const MIB: u64 = 1024 * 1024;

/// One part in so many of the memory granted stays free.
const FREE_SHARE: u64 = 32;

/// How far a run has come; may be looked at from any thread.
#[derive(Debug, Default)]
pub struct Progress {
    bytes_read: AtomicU64,
    bytes_total: AtomicU64,
}

impl Progress {
    /// Bytes read of the inputs, as stored.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Bytes of all inputs, as stored; 0 before that is known.
    pub fn bytes_total(&self) -> u64 {
        self.bytes_total.load(Ordering::Relaxed)
    }

    /// A run, or a new attempt at one, begins.
    pub fn begin(&self, bytes_total: u64) {
        self.bytes_read.store(0, Ordering::Relaxed);
        self.bytes_total.store(bytes_total, Ordering::Relaxed);
    }

    pub(super) fn add(&self, bytes: u64) {
        self.bytes_read.fetch_add(bytes, Ordering::Relaxed);
    }

    /// What something that has grown to `so_far` will be at the end, if it goes on like this.
    fn extrapolate(&self, so_far: u64) -> u64 {
        let share = self.bytes_read() as f64 / self.bytes_total().max(1) as f64;
        (so_far as f64 / share.clamp(1e-6, 1.0)) as u64
    }
}

/// The limits of one run.
#[derive(Debug)]
pub struct Watch {
    /// How far the run has come.
    pub progress: Arc<Progress>,
    started: Instant,
    deadline: Option<Instant>,
    /// What the set of identities and the groups may grow to, in bytes, and what else is needed.
    memory_bytes_max: Option<u64>,
    memory_bytes_fixed: u64,
    process: fn() -> Option<u64>,
    stopped: AtomicBool,
}

impl Watch {
    /// Watches a run that begins now. Of `memory_bytes_max`, `memory_bytes_fixed` are needed whatever comes; `process` says
    /// how large this process is, where the system tells.
    pub fn new(
        progress: Arc<Progress>,
        deadline: Option<Instant>,
        memory_bytes_max: Option<u64>,
        memory_bytes_fixed: u64,
        process: fn() -> Option<u64>,
    ) -> Self {
        let (started, stopped) = (Instant::now(), AtomicBool::new(false));
        Self { progress, started, deadline, memory_bytes_max, memory_bytes_fixed, process, stopped }
    }

    /// Asks the run to stop as soon as it can.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Fails when the run was asked to stop or its time is up.
    pub fn check_time(&self) -> Result<()> {
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if is_late || self.stopped.load(Ordering::Relaxed) {
            return Err(self.too_late());
        }
        Ok(())
    }

    /// How long the run may wait before it must look at its limits again.
    pub fn patience(&self) -> Duration {
        const LONGEST: Duration = Duration::from_millis(200);
        let left = self.deadline.map_or(LONGEST, |deadline| deadline.saturating_duration_since(Instant::now()));
        left.clamp(Duration::from_millis(1), LONGEST)
    }

    /// Fails when `growing_bytes`, what the identities and groups occupy, no longer fit.
    pub fn check_memory(&self, growing_bytes: u64) -> Result<()> {
        let needed = self.memory_bytes_fixed.saturating_add(growing_bytes);
        match self.memory_bytes_max {
            Some(granted) if needed > granted => {
                let whole = self.memory_bytes_fixed + self.progress.extrapolate(growing_bytes);
                Err(Error::new(
                    ErrorKind::TooLarge,
                    format!(
                        "the run needs {} MiB of memory after {} of {} MiB of input, and about {} MiB for all of it; {}: {} MiB are granted",
                        needed.div_ceil(MIB),
                        self.progress.bytes_read() / MIB,
                        self.progress.bytes_total().div_ceil(MIB),
                        whole.div_ceil(MIB),
                        room_for(whole),
                        granted / MIB,
                    ),
                ))
            }
            _ => Ok(()),
        }
    }

    /// Fails before anything is read if identities and groups are expected to need `expected_bytes`, by what the day `like`
    /// needed, and `least_bytes`, which they certainly need, do not fit.
    pub fn check_expected(&self, expected_bytes: u64, least_bytes: u64, like: &str) -> Result<()> {
        let whole = self.memory_bytes_fixed.saturating_add(expected_bytes);
        match self.memory_bytes_max {
            Some(granted) if self.memory_bytes_fixed.saturating_add(least_bytes) > granted => Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the run needs about {} MiB of memory for {} MiB of input, if its rows are like those of {like}; {}: {} MiB are granted",
                    whole.div_ceil(MIB),
                    self.progress.bytes_total().div_ceil(MIB),
                    room_for(whole),
                    granted / MIB,
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Fails when the process has come to the size that is granted, whatever was reckoned: the system would end it without a
    /// word. A part stays free for what is asked for and given back between two looks.
    pub fn check_process(&self) -> Result<()> {
        let Some(granted) = self.memory_bytes_max else { return Ok(()) };
        match (self.process)() {
            Some(size) if size > granted - granted / FREE_SHARE => Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the process has come to {} MiB after {} of {} MiB of input; {}: {} MiB are granted",
                    size.div_ceil(MIB),
                    self.progress.bytes_read() / MIB,
                    self.progress.bytes_total().div_ceil(MIB),
                    room_for(size),
                    granted / MIB,
                ),
            )),
            _ => Ok(()),
        }
    }

    /// The error of a run whose time is up: says how long it would have taken.
    pub fn too_late(&self) -> Error {
        let taken = self.started.elapsed();
        let whole = self.progress.extrapolate(taken.as_millis() as u64).div_ceil(1000);
        Error::new(
            ErrorKind::DeadlineExceeded,
            format!(
                "the time granted is up after {} s and {} of {} MiB of input; the whole run would take about {whole} s",
                taken.as_secs(),
                self.progress.bytes_read() / MIB,
                self.progress.bytes_total().div_ceil(MIB),
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(deadline: Option<Instant>, memory: Option<u64>) -> Watch {
        let progress = Arc::new(Progress::default());
        progress.begin(400 * MIB);
        progress.add(100 * MIB);
        Watch::new(progress, deadline, memory, 50 * MIB, || Some(125 * MIB))
    }

    #[test]
    fn a_run_that_does_not_fit_says_what_it_would_need() {
        assert!(watch(None, None).check_memory(u64::MAX / 2).is_ok());
        let watch = watch(None, Some(128 * MIB));
        assert!(watch.check_memory(78 * MIB).is_ok());
        let error = watch.check_memory(80 * MIB).expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        let message = error.to_string();
        assert!(message.contains("needs 130 MiB of memory after 100 of 400 MiB"), "{message}");
        assert!(message.contains("about 370 MiB for all of it; raise MEMORY_LIMIT_MB"), "{message}");
    }

    #[test]
    fn a_run_is_refused_before_it_is_read_only_if_the_least_it_needs_does_not_fit() {
        assert!(watch(None, None).check_expected(u64::MAX, u64::MAX, "2024-09-14").is_ok());
        let watch = watch(None, Some(128 * MIB));
        assert!(watch.check_expected(500 * MIB, 78 * MIB, "2024-09-14").is_ok());
        let error = watch.check_expected(320 * MIB, 80 * MIB, "2024-09-14").expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        let message = error.to_string();
        let start =
            "the run needs about 370 MiB of memory for 400 MiB of input, if its rows are like those of 2024-09-14";
        assert!(message.starts_with(start) && message.ends_with("function's memory: 128 MiB are granted"), "{message}");
        let message = watch.check_expected(11 << 30, 3 << 30, "2024-09-14").expect_err("too large").to_string();
        assert!(message.contains("run the command line on a larger machine"), "{message}");
    }

    #[test]
    fn a_process_that_has_come_to_what_is_granted_stops_and_says_so() {
        assert!(watch(None, None).check_process().is_ok());
        assert!(watch(None, Some(130 * MIB)).check_process().is_ok());
        let error = watch(None, Some(128 * MIB)).check_process().expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        let message = error.to_string();
        assert!(message.contains("come to 125 MiB after 100 of 400 MiB of input; raise MEMORY_LIMIT_MB"), "{message}");
        assert!(message.ends_with("128 MiB are granted"), "{message}");
    }

    #[test]
    fn a_run_ends_when_its_time_is_up_or_when_it_is_asked_to() {
        assert!(watch(Some(Instant::now() + Duration::from_secs(60)), None).check_time().is_ok());
        let late = watch(Some(Instant::now()), None);
        assert_eq!(late.check_time().expect_err("late").kind(), ErrorKind::DeadlineExceeded);
        let stopped = watch(None, None);
        assert!(stopped.check_time().is_ok());
        stopped.stop();
        assert!(stopped.check_time().is_err());
    }
}
