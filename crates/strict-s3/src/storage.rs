//! The folder and what is known about it: one lock over all of it, so that a condition and the change it allows
//! are one step.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use s3s::dto::Checksum;
use s3s::path::check_bucket_name;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::checksum::{Declared, Found, crc64nvme_only, hex};
use crate::conditions::Conditions;

/// Bodies on their way in. No bucket can have this name.
const UPLOADS_FOLDER: &str = ".uploads";

const INDEXING_BYTES: usize = 1024 * 1024;

pub(crate) struct Storage {
    root: PathBuf,
    pub(crate) page_keys_max: usize,
    staged_count: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    buckets: BTreeMap<String, Objects>,
    /// By upload id.
    pub(crate) uploads: BTreeMap<String, Upload>,
}

/// A bucket's objects in key order, which for strings is the order of their UTF-8 bytes.
pub(crate) type Objects = BTreeMap<String, Object>;

/// The current version of an object; its bytes are in the file.
#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) etag: String,
    pub(crate) bytes: u64,
    pub(crate) modified: SystemTime,
    pub(crate) checksum: Checksum,
    pub(crate) attributes: Attributes,
}

/// What the client wants to have returned with the object.
#[derive(Clone, Default)]
pub(crate) struct Attributes {
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) metadata: Option<s3s::dto::Metadata>,
}

/// A multipart upload under way.
pub(crate) struct Upload {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) initiated: SystemTime,
    pub(crate) checksums: PartChecksums,
    pub(crate) attributes: Attributes,
    pub(crate) parts: BTreeMap<i32, Part>,
}

/// What was agreed about the checksums of parts when the upload began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartChecksums {
    None,
    Crc64Nvme,
}

#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) file: Arc<StagedFile>,
    pub(crate) bytes: u64,
    pub(crate) md5: [u8; 16],
    pub(crate) crc64nvme: u64,
    pub(crate) modified: SystemTime,
}

impl Storage {
    /// Blocking: reads every file once.
    pub(crate) fn open(root: PathBuf, page_keys_max: usize) -> io::Result<Self> {
        let uploads = root.join(UPLOADS_FOLDER);
        if uploads.exists() {
            fs::remove_dir_all(&uploads)?;
        }
        fs::create_dir_all(&uploads)?;
        let mut state = State::default();
        for entry in fs::read_dir(&root)? {
            let entry = entry?;
            let Some(bucket) = entry.file_name().to_str().map(str::to_owned) else { continue };
            if entry.file_type()?.is_dir() && check_bucket_name(&bucket) {
                let mut objects = Objects::new();
                index(&entry.path(), "", &mut objects)?;
                state.buckets.insert(bucket, objects);
            }
        }
        Ok(Self { root, page_keys_max, staged_count: AtomicU64::new(0), state: Mutex::new(state) })
    }

    /// The lock. Nothing that waits may be done under it; opening and renaming a file is all.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new, empty file for bytes that are not an object yet.
    pub(crate) fn stage(&self) -> S3Result<(StagedFile, File)> {
        let path = self.root.join(UPLOADS_FOLDER).join(self.next_id());
        let file = File::create_new(&path).map_err(disk_failed)?;
        Ok((StagedFile(path), file))
    }

    /// Differs from every other id of this server.
    pub(crate) fn next_id(&self) -> String {
        format!("{:08}", self.staged_count.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn create_bucket(&self, bucket: &str) -> S3Result<()> {
        if !check_bucket_name(bucket) {
            return Err(s3_error!(InvalidBucketName));
        }
        let mut state = self.lock();
        if state.buckets.contains_key(bucket) {
            return Err(s3_error!(BucketAlreadyOwnedByYou));
        }
        fs::create_dir_all(self.root.join(bucket)).map_err(disk_failed)?;
        state.buckets.insert(bucket.to_owned(), Objects::new());
        Ok(())
    }

    /// The current version with its file open: later writers replace the file, not what this handle reads.
    pub(crate) fn open_object(&self, bucket: &str, key: &str, conditions: &Conditions) -> S3Result<(Object, File)> {
        let state = self.lock();
        let object = state.object(bucket, key)?;
        conditions.check_read(&object.etag)?;
        let file = File::open(self.path(bucket, key)?).map_err(disk_failed)?;
        Ok((object.clone(), file))
    }

    /// Makes a staged file the object under its key, if the conditions hold; ends the multipart upload it comes from.
    ///
    /// Check and change are one step under the lock: of any number of racing writers with the same condition one wins.
    /// Those who lose have changed nothing, so their upload stays usable.
    pub(crate) fn publish(
        &self,
        (bucket, key): (&str, &str),
        file: &StagedFile,
        object: Object,
        conditions: &Conditions,
        upload: Option<&str>,
    ) -> S3Result<()> {
        let path = self.path(bucket, key)?;
        let state = &mut *self.lock();
        state.check_write(bucket, key, conditions)?;
        if let Some(id) = upload {
            state.upload(bucket, key, id)?;
        }
        let objects = state.buckets.get_mut(bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).and_then(|()| fs::rename(&file.0, &path)).map_err(|error| {
            S3Error::with_message(S3ErrorCode::InvalidRequest, format!("the key cannot be the name of a file: {error}"))
        })?;
        objects.insert(key.to_owned(), object);
        if let Some(id) = upload {
            state.uploads.remove(id);
        }
        Ok(())
    }

    /// Removes an object, if there is one, and the folders this leaves empty.
    pub(crate) fn remove(&self, bucket: &str, key: &str, conditions: &Conditions) -> S3Result<()> {
        let mut state = self.lock();
        let objects = state.buckets.get_mut(bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
        conditions.check_write(objects.get(key).map(|object| object.etag.as_str()))?;
        if objects.remove(key).is_none() {
            return Ok(());
        }
        let path = self.path(bucket, key)?;
        fs::remove_file(&path).map_err(disk_failed)?;
        let bucket_folder = self.root.join(bucket);
        for folder in path.ancestors().skip(1).take_while(|folder| **folder != bucket_folder) {
            // Refused for a folder that still holds something, which is the point.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Where an object lies. Keys that lead elsewhere, or that no file can have as its name, are refused.
    pub(crate) fn path(&self, bucket: &str, key: &str) -> S3Result<PathBuf> {
        let is_name = |name: &str| !matches!(name, "" | "." | "..") && !name.contains(['\0', '\\']);
        if !check_bucket_name(bucket) || !key.split('/').all(is_name) {
            return Err(s3_error!(InvalidArgument, "the key cannot be the name of a file"));
        }
        Ok(self.root.join(bucket).join(key))
    }
}

impl State {
    pub(crate) fn objects(&self, bucket: &str) -> S3Result<&Objects> {
        self.buckets.get(bucket).ok_or_else(|| s3_error!(NoSuchBucket))
    }

    pub(crate) fn object(&self, bucket: &str, key: &str) -> S3Result<&Object> {
        self.objects(bucket)?.get(key).ok_or_else(|| s3_error!(NoSuchKey))
    }

    /// Whether a write may take place over what is there now.
    pub(crate) fn check_write(&self, bucket: &str, key: &str, conditions: &Conditions) -> S3Result<()> {
        conditions.check_write(self.objects(bucket)?.get(key).map(|object| object.etag.as_str()))
    }

    pub(crate) fn upload(&self, bucket: &str, key: &str, id: &str) -> S3Result<&Upload> {
        let upload = self.uploads.get(id).filter(|upload| upload.bucket == bucket && upload.key == key);
        upload.ok_or_else(|| s3_error!(NoSuchUpload))
    }
}

impl Object {
    /// A version that was written in one piece.
    pub(crate) fn whole(found: &Found, checksum: Checksum, attributes: Attributes) -> Self {
        Self { etag: hex(&found.md5), bytes: found.bytes, modified: SystemTime::now(), checksum, attributes }
    }
}

/// A file that is no object yet. It vanishes with its last owner, unless it was renamed to become one.
pub(crate) struct StagedFile(PathBuf);

impl StagedFile {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        // Gone already when it became an object.
        let _ = fs::remove_file(&self.0);
    }
}

/// Learns about the files in a folder; links are not followed, so nothing outside is served.
fn index(folder: &Path, prefix: &str, objects: &mut Objects) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let key = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            index(&entry.path(), &format!("{key}/"), objects)?;
        } else if kind.is_file() {
            let found = digest(&entry.path())?;
            let checksum = crc64nvme_only(found.crc64nvme);
            let modified = entry.metadata()?.modified()?;
            let object = Object { modified, ..Object::whole(&found, checksum, Attributes::default()) };
            objects.insert(key, object);
        }
    }
    Ok(())
}

fn digest(path: &Path) -> io::Result<Found> {
    let mut digests = Declared::nothing().digests();
    let mut file = File::open(path)?;
    let mut piece = vec![0; INDEXING_BYTES];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(digests.finish()),
            bytes => digests.update(&piece[..bytes]),
        }
    }
}

/// A failure of the disk is the server's fault (500). The answer says which: a full one is the usual reason.
pub(crate) fn disk_failed(error: io::Error) -> S3Error {
    S3Error::with_message(S3ErrorCode::InternalError, format!("the server's disk: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use s3s::dto::ETagCondition;

    use super::*;

    /// Over HTTP, calls rarely meet within the time between check and change; threads that do nothing else do.
    #[test]
    fn of_racing_publications_exactly_one_wins() {
        const WRITERS: usize = 16;
        const ROUNDS: usize = 300;
        let root = tempfile::tempdir().expect("a temporary folder");
        let storage = Storage::open(root.path().into(), 1000).expect("an empty folder");
        storage.create_bucket("lake").expect("a new bucket");
        let absent = Conditions { if_none_match: Some(ETagCondition::Any), ..Conditions::default() };
        let start = Barrier::new(WRITERS);
        let publish = |key: &str| {
            let (file, _) = storage.stage().expect("a file");
            let found = Declared::nothing().digests().finish();
            let object = Object::whole(&found, Checksum::default(), Attributes::default());
            start.wait();
            storage.publish(("lake", key), &file, object, &absent, None).is_ok()
        };
        let wins = || (0..ROUNDS).map(|round| publish(&round.to_string())).collect::<Vec<bool>>();
        let wins: Vec<Vec<bool>> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(wins)).collect();
            writers.into_iter().map(|writer| writer.join().expect("the writer does not panic")).collect()
        });
        for round in 0..ROUNDS {
            assert_eq!(wins.iter().filter(|wins| wins[round]).count(), 1, "round {round}");
        }
    }
}
