//! The objects without HTTP, for setting up a test and for changing them behind a client's back.

use std::fs;
use std::io::{self, Write};
use std::sync::Arc;

use s3s::S3Error;

use crate::checksum::Declared;
use crate::conditions::Conditions;
use crate::storage::{Attributes, Object, Storage};

/// Blocking access to the same objects. May be used within the plan of [`Faults`](crate::Faults).
#[derive(Clone)]
pub struct DirectAccess {
    storage: Arc<Storage>,
}

impl DirectAccess {
    pub(crate) fn new(storage: Arc<Storage>) -> Self {
        Self { storage }
    }

    /// Creates a bucket.
    ///
    /// # Errors
    /// When there is one already or the name is not valid.
    pub fn create_bucket(&self, bucket: &str) -> io::Result<()> {
        self.storage.create_bucket(bucket).map_err(|error| refused(bucket, error))
    }

    /// Stores an object, whatever was there before; returns its ETag, without quotes.
    ///
    /// # Errors
    /// When the bucket is missing or the key cannot be the name of a file.
    pub fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> io::Result<String> {
        let refused = |error| refused(key, error);
        let (staged, mut file) = self.storage.stage().map_err(refused)?;
        file.write_all(bytes)?;
        let declared = Declared::nothing();
        let mut digests = declared.digests();
        digests.update(bytes);
        let found = digests.finish();
        let checksum = declared.verify(&found).map_err(refused)?;
        let object = Object::whole(&found, checksum, Attributes::default());
        let etag = object.etag.clone();
        self.storage.publish((bucket, key), &staged, object, &Conditions::default(), None).map_err(refused)?;
        Ok(etag)
    }

    /// An object's bytes, or `None` where there is no such object.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn get(&self, bucket: &str, key: &str) -> io::Result<Option<Vec<u8>>> {
        let state = self.storage.lock();
        if state.object(bucket, key).is_err() {
            return Ok(None);
        }
        let path = self.storage.path(bucket, key).map_err(|error| refused(key, error))?;
        Ok(Some(fs::read(path)?))
    }

    /// An object's ETag, without quotes.
    pub fn etag(&self, bucket: &str, key: &str) -> Option<String> {
        self.storage.lock().object(bucket, key).ok().map(|object| object.etag.clone())
    }

    /// Removes an object, if there is one.
    ///
    /// # Errors
    /// When the bucket is missing or the file cannot be removed.
    pub fn remove(&self, bucket: &str, key: &str) -> io::Result<()> {
        self.storage.remove(bucket, key, &Conditions::default()).map_err(|error| refused(key, error))
    }

    /// The keys of a bucket, in order; none for a bucket that is missing.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.storage.lock().objects(bucket).map(|objects| objects.keys().cloned().collect()).unwrap_or_default()
    }

    /// How many multipart uploads are under way, in all buckets.
    pub fn uploads_count(&self) -> usize {
        self.storage.lock().uploads.len()
    }
}

fn refused(object: &str, error: S3Error) -> io::Error {
    io::Error::other(format!("{object}: {error}"))
}
