//! Brings a file to the disk while it grows, so that little is left to wait for at its end, and so that a large one
//! does not take the page cache from everybody else, and its time for ever new pages of it.

use std::fs::File;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Bytes between two requests to bring the file to the disk.
const STRIDE_BYTES: u64 = 32 << 20;

/// Files up to this size stay in the page cache: most likely they are read soon.
const CACHED_BYTES_MAX: u64 = 256 << 20;

/// The write-back of one file. Small files never have a thread.
#[derive(Debug, Default)]
pub(super) struct WriteBack {
    bytes: u64,
    /// Of these, the last request knows.
    requested_bytes: u64,
    thread: Option<Syncer>,
}

/// A thread that brings the file to the disk once for each request, which tells how long the file is.
#[derive(Debug)]
struct Syncer {
    requests: SyncSender<u64>,
    handle: JoinHandle<io::Result<()>>,
}

impl WriteBack {
    /// Tells of bytes that were written to `file`.
    pub(super) fn written(&mut self, bytes: usize, file: &File) -> io::Result<()> {
        self.bytes += bytes as u64;
        if self.bytes - self.requested_bytes >= STRIDE_BYTES {
            self.requested_bytes = self.bytes;
            let syncer = match &self.thread {
                Some(syncer) => syncer,
                None => self.thread.insert(Syncer::start(file.try_clone()?)?),
            };
            // A thread that is still busy, or has failed, needs no further request.
            let _ = syncer.requests.try_send(self.bytes);
        }
        Ok(())
    }

    /// Waits for the thread. A failure that it was told of is told to nobody else, so it must come out here.
    pub(super) fn finish(self) -> io::Result<()> {
        let Some(Syncer { requests, handle }) = self.thread else { return Ok(()) };
        drop(requests);
        handle.join().unwrap_or_else(|_| Err(io::Error::other("the write-back has panicked")))
    }
}

impl Syncer {
    fn start(file: File) -> io::Result<Self> {
        let (requests, requested) = sync_channel(1);
        let sync = move || {
            requested.iter().try_for_each(|bytes| {
                file.sync_data()?;
                if bytes > CACHED_BYTES_MAX {
                    leave_page_cache(&file);
                }
                Ok(())
            })
        };
        let handle = thread::Builder::new().name("write-back".to_owned()).spawn(sync)?;
        Ok(Self { requests, handle })
    }
}

/// Lets go of what is on the disk. Only advice: where it is not taken, the run is as right and less fast.
#[cfg(target_os = "linux")]
fn leave_page_cache(file: &File) {
    use rustix::fs::{Advice, fadvise};

    if let Err(error) = fadvise(file, 0, None, Advice::DontNeed) {
        tracing::debug!(%error, "the page cache keeps a file");
    }
}

#[cfg(not(target_os = "linux"))]
fn leave_page_cache(_: &File) {}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn only_a_file_that_grows_large_has_a_thread() {
        let mut file = tempfile::tempfile().expect("a file");
        let mut write_back = WriteBack::default();
        write_back.written(STRIDE_BYTES as usize - 1, &file).expect("nothing to do");
        assert!(write_back.thread.is_none());
        file.write_all(b"x").expect("it can be written");
        write_back.written(1, &file).expect("a thread");
        assert!(write_back.thread.is_some());
        write_back.finish().expect("on the disk");
    }

    #[test]
    fn a_failure_of_the_thread_comes_out_at_the_end() {
        // A pipe cannot be brought to a disk.
        let (_reader, pipe) = io::pipe().expect("a pipe");
        let pipe = File::from(std::os::fd::OwnedFd::from(pipe));
        let mut write_back = WriteBack::default();
        for _ in 0..3 {
            write_back.written(STRIDE_BYTES as usize, &pipe).expect("a thread");
        }
        assert_eq!(write_back.finish().expect_err("a failure").kind(), io::ErrorKind::InvalidInput);
    }
}
