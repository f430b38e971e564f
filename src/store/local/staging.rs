//! Files on their way into the lake: written next to it, locked by their writer, swept up after a dead one.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::file_writer::FileWriter;
use super::io_failed;
use crate::error::{Error, Result};
use crate::store::checksum::Crc64Nvme;
use crate::store::token::unique_token;
use crate::store::{StagedUpload, Upload, UploadId};

/// Name of the file whose lock makes publications exclusive.
const LOCK_NAME: &str = "lock";

/// The folder of unpublished files: inside the lake, because a rename cannot leave its file system.
///
/// A staging file is locked from its creation until it is published or aborted, also after its writer finished; locks
/// end with their process, so a file that can be locked has nobody left who could publish it.
#[derive(Debug)]
pub(super) struct Staging {
    folder: PathBuf,
    /// The handles that hold the locks, by file name.
    held: Mutex<HashMap<String, File>>,
    is_swept: AtomicBool,
}

impl Staging {
    pub(super) fn new(root: &Path) -> Self {
        Self { folder: root.join(".staging"), held: Mutex::default(), is_swept: AtomicBool::new(false) }
    }

    /// Waits for the lake-wide lock; it is released when the handle is dropped.
    pub(super) fn lock_lake(&self) -> Result<File> {
        let lock = || {
            match fs::create_dir(&self.folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            let file = File::options().create(true).append(true).open(self.folder.join(LOCK_NAME))?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|error| io_failed("the lake could not be locked", error))
    }

    /// Begins a staging file. The first one of a process removes those that dead processes left.
    pub(super) fn begin(&self, key: &str) -> Result<StagingFile> {
        let failed = |error| io_failed("could not be staged", error).at(key);
        // Nobody sweeps between the creation of a file and its locking.
        let _lake = self.lock_lake()?;
        if !self.is_swept.swap(true, Ordering::Relaxed) {
            self.sweep().map_err(failed)?;
        }
        let name = unique_token();
        let file = File::options().create_new(true).write(true).open(self.folder.join(&name)).map_err(failed)?;
        file.lock().map_err(failed)?;
        self.held().insert(name.clone(), file.try_clone().map_err(failed)?);
        Ok(StagingFile {
            id: UploadId { key: key.to_owned(), id: name },
            writer: FileWriter::new(file),
            checksum: Crc64Nvme::new(),
            bytes: 0,
        })
    }

    /// Where the file of an unpublished upload of this store is; an error when there is none.
    pub(super) fn path_of(&self, upload: &UploadId) -> Result<PathBuf> {
        if !self.held().contains_key(&upload.id) {
            return Err(Error::storage("the upload is gone: published or aborted before").at(&upload.key));
        }
        Ok(self.folder.join(&upload.id))
    }

    /// Lets go of an upload that is published.
    pub(super) fn release(&self, upload: &UploadId) {
        self.held().remove(&upload.id);
    }

    /// Removes the file of an upload that is not published.
    pub(super) fn remove(&self, upload: &UploadId) -> io::Result<()> {
        match self.held().remove(&upload.id) {
            Some(_lock) => fs::remove_file(self.folder.join(&upload.id)),
            None => Ok(()),
        }
    }

    /// Removes what can be locked. To be called under the lake's lock.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.ends_with(LOCK_NAME) {
                continue;
            }
            // What cannot be locked has a living writer; what cannot be opened was published meanwhile, or is none of ours.
            if let Ok(file) = File::open(&path)
                && file.try_lock().is_ok()
            {
                match fs::remove_file(&path) {
                    // Its own writer has removed it since it was opened, and let go of the lock.
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, File>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A staging file being written.
pub(super) struct StagingFile {
    id: UploadId,
    writer: FileWriter,
    checksum: Crc64Nvme,
    bytes: u64,
}

impl Upload for StagingFile {
    fn id(&self) -> UploadId {
        self.id.clone()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write(bytes).map_err(|error| io_failed("could not be staged", error).at(&self.id.key))?;
        self.checksum.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Returns once the bytes are on the disk: a publication must not outlive a power failure that its content does not.
    fn finish(self: Box<Self>) -> Result<StagedUpload> {
        let Self { id, writer, checksum, bytes } = *self;
        writer.finish().map_err(|error| io_failed("could not be staged", error).at(&id.key))?;
        let (token, checksum_crc64nvme) = (id.id.clone(), checksum.encode());
        Ok(StagedUpload { token, id, bytes, checksum_crc64nvme, parts: Default::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged_names(root: &Path) -> Vec<String> {
        let entries = fs::read_dir(root.join(".staging")).expect("the staging folder exists");
        let names =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("our names are text"));
        names.filter(|name| name != LOCK_NAME).collect()
    }

    #[test]
    fn files_of_the_dead_are_swept_and_those_of_the_living_are_not() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let living = Staging::new(root.path());
        let finished = Box::new(living.begin("a").expect("it can begin")).finish().expect("and finish");
        let dropped_writer = living.begin("b").expect("it can begin").id();
        fs::write(root.path().join(".staging/0123"), "left behind").expect("it can be written");

        let next = Staging::new(root.path());
        let own = next.begin("c").expect("it can begin").id();
        let mut expected = vec![finished.id.id, dropped_writer.id, own.id];
        expected.sort();
        let mut names = staged_names(root.path());
        names.sort();
        assert_eq!(names, expected);

        drop((living, next));
        Staging::new(root.path()).begin("d").expect("it can begin");
        assert_eq!(staged_names(root.path()).len(), 1, "only the newest has a living store");
    }

    #[test]
    fn small_and_large_writes_come_out_in_order() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let staging = Staging::new(root.path());
        let mut upload = Box::new(staging.begin("a").expect("it can begin"));
        let large = vec![b'x'; (1 << 20) + 1];
        for bytes in [b"1".as_slice(), &large, b"2"] {
            upload.write(bytes).expect("it can be written");
        }
        let staged = upload.finish().expect("it can be finished");
        let content = fs::read(staging.path_of(&staged.id).expect("it is held")).expect("it can be read");
        assert_eq!(content, [b"1".as_slice(), &large, b"2"].concat());
        assert_eq!(staged.bytes, content.len() as u64);
        assert_eq!(staged.checksum_crc64nvme, Crc64Nvme::of(&content));
    }
}
