//! What a version of a file is, and reading exactly one of them.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{io_failed, is_absence};
use crate::error::{Error, ErrorKind, Result};
use crate::store::ObjectVersion;

/// The version that this metadata describes.
///
/// The ETag is made of what the file system already keeps, because hashing every file to list a folder would read the
/// whole lake: a file that is replaced (ours always are, by renaming) has another inode, one that is rewritten in place
/// another modification time in nanoseconds, one that is appended to another size as well. A rename keeps all three,
/// so a staged file knows its ETag before it is published.
pub(super) fn version_of(key: &str, metadata: &Metadata) -> ObjectVersion {
    let modified_ns = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    let etag = format!("{:x}-{modified_ns:x}-{:x}", metadata.ino(), metadata.size());
    ObjectVersion { key: key.to_owned(), etag, bytes: metadata.size() }
}

/// A reader over exactly one version of a file: nothing else, nothing less, or an error.
#[derive(Debug)]
pub(super) struct PinnedFile {
    file: File,
    version: ObjectVersion,
    bytes_read: u64,
}

impl PinnedFile {
    /// Opens the file if it is this version; otherwise the error is a `Conflict`.
    pub(super) fn open(path: &Path, version: &ObjectVersion) -> Result<Self> {
        let file = File::open(path).map_err(|error| match is_absence(&error) {
            true => replaced(version),
            false => io_failed("could not be opened", error).at(&version.key),
        })?;
        let pinned = Self { file, version: version.clone(), bytes_read: 0 };
        pinned.check()?;
        Ok(pinned)
    }

    /// Opens whatever version is there; `None` when there is no file.
    pub(super) fn open_current(path: &Path, key: &str) -> Result<Option<Self>> {
        let failed = |error| io_failed("could not be opened", error).at(key);
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let metadata = file.metadata().map_err(failed)?;
        let version = version_of(key, &metadata);
        Ok(metadata.is_file().then_some(Self { file, version, bytes_read: 0 }))
    }

    pub(super) fn version(&self) -> &ObjectVersion {
        &self.version
    }

    /// Reads at most `bytes_max` bytes, all of them from this version.
    pub(super) fn read_up_to(mut self, bytes_max: u64) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        (&mut self).take(bytes_max).read_to_end(&mut content)?;
        self.check()?;
        Ok(content)
    }

    /// The handle keeps a renamed-over file readable, so what this notices is a file overwritten in place.
    fn check(&self) -> Result<()> {
        let failed = |error| io_failed("could not be examined", error).at(&self.version.key);
        let metadata = self.file.metadata().map_err(failed)?;
        if metadata.is_file() && version_of(&self.version.key, &metadata) == self.version {
            return Ok(());
        }
        Err(replaced(&self.version))
    }
}

impl Read for PinnedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.version.bytes - self.bytes_read).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let count = self.file.read(&mut buffer[..wanted])?;
        self.bytes_read += count as u64;
        // Checked before the last bytes are handed over: a caller that counts bytes never asks for the end of file.
        if count == 0 || self.bytes_read == self.version.bytes {
            self.check()?;
        }
        if count == 0 {
            return Err(Error::storage("file ended before its size").at(&self.version.key).into());
        }
        Ok(count)
    }
}

/// The version asked for is not what the lake holds (any more).
fn replaced(version: &ObjectVersion) -> Error {
    Error::new(ErrorKind::Conflict, "file was replaced or removed").at(&version.key)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    fn file_of(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf, ObjectVersion) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.csv");
        fs::write(&path, content).expect("the file can be written");
        // Batches are older than a tick of the file system's clock, so this one is made so too.
        let file = File::options().write(true).open(&path).expect("it can be opened");
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("its time can be set");
        let version = version_of("a.csv", &fs::metadata(&path).expect("it exists"));
        (folder, path, version)
    }

    #[test]
    fn a_file_overwritten_in_place_while_it_is_read_is_noticed() {
        let (_folder, path, version) = file_of(b"one two three");
        let mut reader = PinnedFile::open(&path, &version).expect("the version is there");
        let mut buffer = [0; 4];
        reader.read_exact(&mut buffer).expect("the first bytes are");

        fs::write(&path, b"eno owt eerht").expect("the file can be overwritten");
        let error = reader.read_to_end(&mut Vec::new()).expect_err("the rest is of another version");
        assert_eq!(Error::from(error).kind(), ErrorKind::Conflict);
    }

    #[test]
    fn a_file_cut_while_it_is_read_is_never_an_end_of_file() {
        let (_folder, path, version) = file_of(b"one two three");
        let mut reader = PinnedFile::open(&path, &version).expect("the version is there");
        File::options().write(true).open(&path).and_then(|file| file.set_len(3)).expect("it can be cut");
        let error = reader.read_to_end(&mut Vec::new()).expect_err("ten bytes are missing");
        assert_eq!(Error::from(error).kind(), ErrorKind::Conflict);
    }

    #[test]
    fn a_file_appended_to_while_it_is_read_is_noticed() {
        let (_folder, path, version) = file_of(b"one");
        let mut reader = PinnedFile::open(&path, &version).expect("the version is there");
        let mut file = File::options().append(true).open(&path).expect("it can be opened");
        file.write_all(b" two").expect("and appended to");
        let error = reader.read_exact(&mut [0; 3]).expect_err("the batch was still being written");
        assert_eq!(Error::from(error).kind(), ErrorKind::Conflict);
    }

    #[test]
    fn a_file_replaced_by_a_rename_stays_readable_once_open() {
        let (folder, path, version) = file_of(b"old");
        let mut reader = PinnedFile::open(&path, &version).expect("the version is there");
        let other = folder.path().join("b.csv");
        fs::write(&other, b"new").and_then(|()| fs::rename(&other, &path)).expect("it can be replaced");
        let mut content = String::new();
        reader.read_to_string(&mut content).expect("the handle still holds the old version");
        assert_eq!(content, "old");
        let error = PinnedFile::open(&path, &version).expect_err("but it cannot be opened again");
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
}
