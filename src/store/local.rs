//! The lake in a folder: for working without AWS, and for tests.
//!
//! Processes that go through this store exclude each other when they publish; a program that writes into the folder
//! by other means is only noticed, by the ETags.

mod file_writer;
mod listing;
mod staging;
mod version;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use self::staging::Staging;
use self::version::{PinnedFile, version_of};
use super::{ObjectVersion, Precondition, Published, StagedUpload, Store, Upload, UploadId};
use crate::error::{Error, ErrorKind, Result};

/// A folder as a lake. Content types are not kept: a file system has no place for them.
#[derive(Debug)]
pub struct LocalStore {
    folder: Arc<Folder>,
}

impl LocalStore {
    /// The lake below `root`, which must exist when the store is used.
    pub fn new(root: PathBuf) -> Self {
        let staging = Staging::new(&root);
        Self { folder: Arc::new(Folder { root, staging }) }
    }

    /// File systems block: their calls leave the async threads.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Folder) -> Result<T> + Send + 'static) -> Result<T> {
        let folder = Arc::clone(&self.folder);
        let done = tokio::task::spawn_blocking(move || work(&folder)).await;
        done.map_err(|error| Error::internal("work on a file did not end").caused_by(error))?
    }
}

#[async_trait]
impl Store for LocalStore {
    fn location(&self) -> String {
        self.folder.root.display().to_string()
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ObjectVersion>> {
        let prefix = prefix.to_owned();
        self.run(move |folder| listing::list(&folder.root, &prefix)).await
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectVersion>> {
        let key = key.to_owned();
        self.run(move |folder| folder.head(&key)).await
    }

    async fn get(&self, key: &str) -> Result<Option<(ObjectVersion, Bytes)>> {
        let key = key.to_owned();
        self.run(move |folder| {
            let Some(file) = PinnedFile::open_current(&folder.path_of(&key)?, &key)? else { return Ok(None) };
            let version = file.version().clone();
            Ok(Some((version, file.read_up_to(u64::MAX)?.into())))
        })
        .await
    }

    async fn peek(&self, version: &ObjectVersion, bytes_max: u64) -> Result<Bytes> {
        let version = version.clone();
        self.run(move |folder| Ok(folder.open(&version)?.read_up_to(bytes_max)?.into())).await
    }

    fn open(&self, version: &ObjectVersion) -> Box<dyn Read + Send> {
        match self.folder.open(version) {
            Ok(file) => Box::new(file),
            Err(error) => Box::new(Refused(Some(error))),
        }
    }

    async fn stage(&self, key: &str, _content_type: &str) -> Result<Box<dyn Upload>> {
        let key = key.to_owned();
        self.run(move |folder| {
            folder.path_of(&key)?;
            Ok(Box::new(folder.staging.begin(&key)?) as Box<dyn Upload>)
        })
        .await
    }

    async fn publish(&self, upload: &StagedUpload, precondition: &Precondition) -> Result<Published> {
        let (upload, precondition) = (upload.clone(), precondition.clone());
        self.run(move |folder| folder.publish(&upload, &precondition)).await
    }

    async fn put(&self, key: &str, _content_type: &str, body: Bytes, precondition: &Precondition) -> Result<Published> {
        let (key, precondition) = (key.to_owned(), precondition.clone());
        self.run(move |folder| folder.put(&key, &body, &precondition)).await
    }

    async fn delete(&self, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.run(move |folder| folder.delete(&key)).await
    }

    async fn abort(&self, upload_ids: &[UploadId]) {
        let upload_ids = upload_ids.to_vec();
        let removed = self.run(move |folder| {
            upload_ids.iter().for_each(|id| folder.abort(id));
            Ok(())
        });
        if let Err(error) = removed.await {
            tracing::warn!(%error, "uploads could not be aborted");
        }
    }
}

/// The lake as blocking operations.
#[derive(Debug)]
struct Folder {
    root: PathBuf,
    staging: Staging,
}

impl Folder {
    /// Keys name files below the root, visible ones, and nothing else.
    fn path_of(&self, key: &str) -> Result<PathBuf> {
        if !key.split('/').all(listing::is_object_name) {
            return Err(Error::invalid_input("cannot be a file in the lake's folder").at(key));
        }
        Ok(self.root.join(key))
    }

    fn head(&self, key: &str) -> Result<Option<ObjectVersion>> {
        match fs::metadata(self.path_of(key)?) {
            Ok(metadata) => Ok(metadata.is_file().then(|| version_of(key, &metadata))),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(io_failed("could not be examined", error).at(key)),
        }
    }

    fn open(&self, version: &ObjectVersion) -> Result<PinnedFile> {
        PinnedFile::open(&self.path_of(&version.key)?, version)
    }

    fn publish(&self, upload: &StagedUpload, precondition: &Precondition) -> Result<Published> {
        let key = &upload.id.key;
        let failed = |error| io_failed("could not be published", error).at(key);
        let path = self.path_of(key)?;

        // The lock stays until the rename is done: between the look and the rename nobody else publishes.
        let _lake = self.staging.lock_lake()?;
        let staged = self.staging.path_of(&upload.id)?;
        if !precondition.holds(self.head(key)?.as_ref()) {
            return Ok(Published::Lost);
        }
        let version = version_of(key, &fs::metadata(&staged).map_err(failed)?);
        if version.bytes != upload.bytes {
            return Err(Error::storage("the staging file is not as long as what was written").at(key));
        }
        let parent = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent).map_err(failed)?;
        fs::rename(&staged, &path).map_err(failed)?;
        self.staging.release(&upload.id);
        sync_folder(parent).map_err(failed)?;
        Ok(Published::Done(version))
    }

    fn put(&self, key: &str, body: &[u8], precondition: &Precondition) -> Result<Published> {
        self.path_of(key)?;
        let mut upload = Box::new(self.staging.begin(key)?);
        let id = upload.id();
        let published =
            upload.write(body).and_then(|()| upload.finish()).and_then(|staged| self.publish(&staged, precondition));
        if !matches!(published, Ok(Published::Done(_))) {
            self.abort(&id);
        }
        published
    }

    fn delete(&self, key: &str) -> Result<()> {
        let path = self.path_of(key)?;
        // Nobody publishes between a look at the file and its removal.
        let _lake = self.staging.lock_lake()?;
        if self.head(key)?.is_none() {
            return Ok(());
        }
        match fs::remove_file(&path) {
            Ok(()) => sync_folder(path.parent().unwrap_or(&self.root))
                .map_err(|error| io_failed("could not be removed", error).at(key)),
            Err(error) if is_absence(&error) => Ok(()),
            Err(error) => Err(io_failed("could not be removed", error).at(key)),
        }
    }

    fn abort(&self, id: &UploadId) {
        if let Err(error) = self.staging.remove(id) {
            tracing::warn!(key = id.key, %error, "an upload could not be aborted");
        }
    }
}

/// Makes a rename in this folder survive a power failure.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Whether this only says that there is no such file.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A failure of the file system, by who must act.
fn io_failed(what: &str, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::Configuration,
        _ => ErrorKind::Storage,
    };
    Error::new(kind, what).caused_by(error)
}

/// A reader over a version that could not be opened: tells so when it is first read.
struct Refused(Option<Error>);

impl Read for Refused {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.0.take().unwrap_or_else(|| Error::storage("the reader has failed before")).into())
    }
}
