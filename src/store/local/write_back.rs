//! Brings a file to the disk while it grows, so that little is left to wait for at its end.

use std::fs::File;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Bytes between two requests to bring the file to the disk.
const STRIDE_BYTES: usize = 32 << 20;

/// The write-back of one file. Small files never have a thread.
#[derive(Debug, Default)]
pub(super) struct WriteBack {
    /// Bytes written since the last request.
    pending_bytes: usize,
    thread: Option<Syncer>,
}

/// A thread that brings the file to the disk once for each request.
#[derive(Debug)]
struct Syncer {
    requests: SyncSender<()>,
    handle: JoinHandle<io::Result<()>>,
}

impl WriteBack {
    /// Tells of bytes that were written to `file`.
    pub(super) fn written(&mut self, bytes: usize, file: &File) -> io::Result<()> {
        self.pending_bytes += bytes;
        if self.pending_bytes >= STRIDE_BYTES {
            self.pending_bytes = 0;
            let syncer = match &self.thread {
                Some(syncer) => syncer,
                None => self.thread.insert(Syncer::start(file.try_clone()?)?),
            };
            // A thread that is still busy, or has failed, needs no further request.
            let _ = syncer.requests.try_send(());
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
        let sync = move || requested.iter().try_for_each(|()| file.sync_data());
        let handle = thread::Builder::new().name("write-back".to_owned()).spawn(sync)?;
        Ok(Self { requests, handle })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn only_a_file_that_grows_large_has_a_thread() {
        let mut file = tempfile::tempfile().expect("a file");
        let mut write_back = WriteBack::default();
        write_back.written(STRIDE_BYTES - 1, &file).expect("nothing to do");
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
            write_back.written(STRIDE_BYTES, &pipe).expect("a thread");
        }
        assert_eq!(write_back.finish().expect_err("a failure").kind(), io::ErrorKind::InvalidInput);
    }
}
