//! One contract, two lakes: what a folder promises a bucket promises too. Faults that only a network has come last.

mod publishing;
mod reading;
mod s3_faults;

use std::fs;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use crate::common::s3::{BUCKET, LocalS3};
use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};
use drivendata_transform::error::{Error, Result};
use drivendata_transform::store::local::LocalStore;
use drivendata_transform::store::s3::{S3Limits, S3Store, configure};
use drivendata_transform::store::{ObjectVersion, Precondition, Published, StagedUpload, Store};
use strict_s3::{Fault, StrictS3Options};

/// Where the lake begins in the bucket.
const PREFIX: &str = "some/where";

/// Small enough for a few ranges and parts to make a large object.
const LIMITS: S3Limits =
    S3Limits { range_bytes: 1 << 20, range_concurrency: 3, part_bytes: 5 << 20, upload_concurrency: 2 };

/// Keys in one page of a listing.
const PAGE_KEYS_MAX: usize = 7;

/// A store, and what lies behind it.
struct Lake {
    store: Arc<dyn Store>,
    place: Place,
}

enum Place {
    Folder(tempfile::TempDir),
    Bucket(LocalS3),
}

impl Lake {
    async fn folder() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        Self { store: Arc::new(LocalStore::new(root.path().to_owned())), place: Place::Folder(root) }
    }

    async fn bucket() -> Self {
        let s3 =
            LocalS3::start_with(StrictS3Options { page_keys_max: PAGE_KEYS_MAX, ..StrictS3Options::default() }).await;
        let store = S3Store::new(client(&s3), BUCKET, PREFIX, LIMITS);
        Self { store: Arc::new(store), place: Place::Bucket(s3) }
    }

    /// The server behind a bucket.
    fn s3(&self) -> &LocalS3 {
        match &self.place {
            Place::Bucket(s3) => s3,
            Place::Folder(_) => panic!("a folder has no server"),
        }
    }

    /// Lets a fault happen to the calls of one operation: the first `count` of them.
    fn plan(&self, operation: &'static str, count: usize, fault: Fault) {
        let mut left = count;
        self.s3().faults().plan(move |call| {
            if call.operation != operation || left == 0 {
                return Fault::None;
            }
            left -= 1;
            fault.clone()
        });
    }

    /// How often an operation was called since the plan was set.
    fn calls(&self, operation: &str) -> usize {
        self.s3().faults().calls().iter().filter(|call| call.operation == operation).count()
    }

    /// Writes an object behind the store's back, in place where there is one.
    fn seed(&self, key: &str, content: impl AsRef<[u8]>) {
        match &self.place {
            Place::Folder(root) => {
                let path = root.path().join(key);
                fs::create_dir_all(path.parent().expect("a parent")).expect("folders can be created");
                fs::write(path, content).expect("files can be written");
            }
            Place::Bucket(s3) => {
                s3.direct().put(BUCKET, &format!("{PREFIX}/{key}"), content.as_ref()).expect("it can be stored");
            }
        }
    }

    /// Writes an object behind the store's back and tells its version.
    async fn seeded(&self, key: &str, content: impl AsRef<[u8]>) -> ObjectVersion {
        self.seed(key, content);
        self.store.head(key).await.expect("it can be examined").expect("it is there")
    }

    fn remove(&self, key: &str) {
        match &self.place {
            Place::Folder(root) => fs::remove_file(root.path().join(key)).expect("it can be removed"),
            Place::Bucket(s3) => {
                s3.direct().remove(BUCKET, &format!("{PREFIX}/{key}")).expect("it can be removed");
            }
        }
    }

    /// Uploads begun and neither published nor aborted.
    fn unpublished_count(&self) -> usize {
        match &self.place {
            Place::Folder(root) => {
                let staging = fs::read_dir(root.path().join(".staging")).expect("something was staged");
                staging.filter(|entry| entry.as_ref().expect("an entry").file_name() != "lock").count()
            }
            Place::Bucket(s3) => s3.direct().uploads_count(),
        }
    }

    async fn keys(&self, prefix: &str) -> Vec<String> {
        let found = self.store.list(prefix).await.expect("it can be listed");
        found.into_iter().map(|version| version.key).collect()
    }

    async fn text(&self, key: &str) -> Option<String> {
        let found = self.store.get(key).await.expect("it can be read");
        found.map(|(_, content)| String::from_utf8(content.to_vec()).expect("text"))
    }

    /// Reads a version to its end, as a worker thread does.
    async fn read(&self, version: &ObjectVersion) -> Result<Vec<u8>> {
        let mut reader = self.store.open(version);
        off_runtime(move || {
            let mut content = Vec::new();
            reader.read_to_end(&mut content)?;
            Ok(content)
        })
        .await
    }

    /// Uploads in slices that fit neither parts nor buffers, as a worker thread does.
    async fn staged(&self, key: &str, content: impl Into<Vec<u8>>) -> Result<StagedUpload> {
        let (mut upload, content) = (self.store.stage(key, "text/csv").await?, content.into());
        off_runtime(move || {
            for slice in content.chunks(700_001) {
                upload.write(slice)?;
            }
            upload.finish()
        })
        .await
    }

    async fn put(&self, key: &str, text: &'static str, precondition: &Precondition) -> Result<Published> {
        self.store.put(key, "application/json", text.into(), precondition).await
    }
}

/// The client as the program configures it, but patient for milliseconds instead of seconds.
fn client(s3: &LocalS3) -> Client {
    let credentials =
        Credentials::new(s3.server.access_key_id(), s3.server.secret_access_key(), None, None, "store contract");
    let environment = SdkConfig::builder()
        .region(Region::new(s3.server.region()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let retries = RetryConfig::standard().with_max_attempts(6);
    let retries = retries.with_initial_backoff(Duration::from_millis(1)).with_max_backoff(Duration::from_millis(10));
    // All clients of a process for one service share one budget of retries, unless told otherwise.
    let budget = RetryPartition::new(s3.server.endpoint_url());
    let settings = configure(&environment, Some(&s3.server.endpoint_url()));
    Client::from_conf(settings.retry_config(retries).retry_partition(budget).build())
}

/// Runs blocking work on a thread that knows of no runtime.
async fn off_runtime<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let thread = std::thread::spawn(work);
    tokio::task::spawn_blocking(move || thread.join().expect("the work does not panic")).await.expect("nor does this")
}

/// Bytes in which every position can be told from its neighbours.
fn content_of(length: usize) -> Vec<u8> {
    let words = (0_u64..).flat_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    words.take(length).collect()
}

fn done(published: Result<Published>) -> ObjectVersion {
    match published.expect("the publication has an outcome") {
        Published::Done(version) => version,
        Published::Lost => panic!("nobody else published"),
    }
}

/// Makes a test for both lakes of every function named.
macro_rules! contract {
    ($($name:ident,)+) => {
        mod folder {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::store_contract::Lake::folder().await).await;
            })+
        }
        mod bucket {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::store_contract::Lake::bucket().await).await;
            })+
        }
    };
}
use contract;

/// The kind of error, for comparing.
fn kind<T: std::fmt::Debug>(result: Result<T>) -> drivendata_transform::error::ErrorKind {
    Error::kind(&result.expect_err("it must fail"))
}
