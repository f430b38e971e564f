//! One lake, two places: a folder, or a bucket of the embedded S3 below a prefix. For tests that run whole days.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};
use drivendata_transform::config::Config;
use drivendata_transform::day::{Report, Runner};
use drivendata_transform::error::Result;
use drivendata_transform::handler::{Handler, Reply};
use drivendata_transform::store::Store;
use drivendata_transform::store::local::LocalStore;
use drivendata_transform::store::s3::{S3Limits, S3Store, configure};
use drivendata_transform::trigger::event::Force;
use drivendata_transform::trigger::window::BatchDate;
use serde_json::Value;

use super::runs::{self, config, runner};
use super::s3::{BUCKET, LocalS3};

/// Where a lake begins in the bucket, unless a test says otherwise.
pub const PREFIX: &str = "some/prefix";

/// So small that a batch of a few rows is read in several pieces.
const LIMITS: S3Limits =
    S3Limits { range_bytes: 900, range_concurrency: 2, part_bytes: 5 << 20, upload_concurrency: 3 };

/// Objects by key below the lake's root.
pub type Objects = BTreeMap<String, Vec<u8>>;

/// A lake. Clones are the same lake.
#[derive(Clone)]
pub enum DataLake {
    Folder(Arc<runs::Lake>),
    Bucket(Arc<LocalS3>, String),
}

impl DataLake {
    pub fn folder() -> Self {
        Self::Folder(Arc::new(runs::Lake::new()))
    }

    /// A lake in a bucket of a server of its own.
    pub async fn bucket() -> Self {
        Self::below(&Arc::new(LocalS3::start().await), PREFIX)
    }

    /// A lake below a prefix of a server's bucket.
    pub fn below(s3: &Arc<LocalS3>, prefix: &str) -> Self {
        Self::Bucket(Arc::clone(s3), prefix.to_owned())
    }

    /// The server behind a bucket.
    pub fn s3(&self) -> &LocalS3 {
        match self {
            Self::Bucket(s3, _) => s3,
            Self::Folder(_) => panic!("a folder has no server"),
        }
    }

    /// The name of an object for those who do not know where the lake begins.
    pub fn full_key(&self, key: &str) -> String {
        match self {
            Self::Bucket(_, prefix) if !prefix.is_empty() => format!("{prefix}/{key}"),
            _ => key.to_owned(),
        }
    }

    pub fn put(&self, key: &str, bytes: &[u8]) {
        match self {
            Self::Folder(lake) => lake.write(key, bytes),
            Self::Bucket(s3, _) => {
                s3.direct().put(BUCKET, &self.full_key(key), bytes).expect("an object");
            }
        }
    }

    pub fn remove(&self, key: &str) {
        match self {
            Self::Folder(lake) => std::fs::remove_file(lake.path().join(key)).expect("it is there"),
            Self::Bucket(s3, _) => s3.direct().remove(BUCKET, &self.full_key(key)).expect("it can be removed"),
        }
    }

    /// Every object whose key begins with a prefix; what is not published yet is none.
    pub fn objects(&self, prefix: &str) -> Objects {
        let mut found = Objects::new();
        match self {
            Self::Folder(lake) => collect_files(lake.path(), "", &mut found),
            Self::Bucket(s3, _) => {
                let root = self.full_key("");
                for full_key in s3.direct().keys(BUCKET) {
                    let Some(key) = full_key.strip_prefix(&root) else { continue };
                    let bytes = s3.direct().get(BUCKET, &full_key).expect("it can be read").expect("it is there");
                    found.insert(key.to_owned(), bytes);
                }
            }
        }
        found.retain(|key, _| key.starts_with(prefix));
        found
    }

    pub fn inputs(&self) -> Objects {
        self.objects("raw_data/")
    }

    /// Uploads begun and neither published nor aborted, in all of the server.
    pub fn unpublished_count(&self) -> usize {
        match self {
            Self::Folder(lake) => {
                let staging = std::fs::read_dir(lake.path().join(".staging")).into_iter().flatten();
                staging.filter(|entry| entry.as_ref().expect("an entry").file_name() != "lock").count()
            }
            Self::Bucket(s3, _) => s3.direct().uploads_count(),
        }
    }

    /// A store as another process would have it: nothing is shared but the lake.
    pub fn store(&self) -> Arc<dyn Store> {
        self.store_with(LIMITS)
    }

    /// The same with other limits, which mean nothing to a folder.
    pub fn store_with(&self, limits: S3Limits) -> Arc<dyn Store> {
        match self {
            Self::Folder(lake) => Arc::new(LocalStore::new(lake.path().to_owned())),
            Self::Bucket(s3, prefix) => Arc::new(S3Store::new(client(s3), BUCKET, prefix, limits)),
        }
    }

    pub fn config(&self, settings: &[(&str, &str)]) -> Config {
        let place = match self {
            Self::Folder(lake) => lake.path().display().to_string(),
            Self::Bucket(_, prefix) => format!("s3://{BUCKET}/{prefix}"),
        };
        config(&place, &[&[("THREADS", "2")], settings].concat())
    }

    pub fn runner(&self, settings: &[(&str, &str)]) -> Runner {
        self.runner_on(self.store(), settings)
    }

    pub fn runner_on(&self, store: Arc<dyn Store>, settings: &[(&str, &str)]) -> Runner {
        runner(store, self.config(settings))
    }

    /// Runs a date as a process of its own, if something changed.
    pub async fn run(&self, run_date: &str, settings: &[(&str, &str)]) -> Result<Report> {
        runs::run(&self.runner(settings), run_date).await
    }

    /// Runs a date over another store than the lake's own.
    pub async fn run_on(&self, store: Arc<dyn Store>, run_date: &str) -> Result<Report> {
        runs::run(&self.runner_on(store, &[]), run_date).await
    }

    /// Handles an event as a process of its own.
    pub async fn deliver(&self, event: Value, settings: &[(&str, &str)]) -> Result<Reply> {
        Handler::new(self.runner(settings)).handle(event, None, &Arc::default()).await
    }

    /// What S3 sends when an object was stored under a key that needs no encoding.
    pub fn put_event(&self, key: &str) -> Value {
        self.event("put", |_| self.full_key(key))
    }

    /// A notification of `events/`, as it comes from this lake's bucket; `key` makes the keys anew.
    pub fn event(&self, name: &str, key: impl Fn(&str) -> String) -> Value {
        let json = std::fs::read(format!("events/{name}.json")).expect("an event");
        let mut event: Value = serde_json::from_slice(&json).expect("JSON");
        for record in event["Records"].as_array_mut().expect("records") {
            let s3 = &mut record["s3"];
            s3["object"]["key"] = key(s3["object"]["key"].as_str().expect("a key")).into();
            s3["bucket"]["name"] = BUCKET.into();
        }
        event
    }
}

/// What EventBridge sends at eight.
pub fn tick(date: &str) -> Value {
    let json = std::fs::read("events/schedule.json").expect("an event");
    let mut event: Value = serde_json::from_slice(&json).expect("JSON");
    event["time"] = format!("{date}T08:00:00Z").into();
    event
}

/// Runs a date even if nothing changed.
pub async fn run_anyway(runner: &Runner, run_date: &str) -> Result<Report> {
    let run_date: BatchDate = run_date.parse().expect("a date");
    runner.run(run_date, Force::Always, None, &Arc::default()).await
}

fn collect_files(folder: &Path, prefix: &str, found: &mut Objects) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let key = format!("{prefix}{}", entry.file_name().to_str().expect("text"));
        if key.starts_with('.') {
            continue;
        }
        match entry.file_type().expect("a type").is_dir() {
            true => collect_files(&entry.path(), &format!("{key}/"), found),
            false => drop(found.insert(key, std::fs::read(entry.path()).expect("a file"))),
        }
    }
}

/// The client as the program configures it, but patient for milliseconds instead of seconds.
///
/// All clients of a process share one budget of retries unless told otherwise; here each has its own, so that no test
/// uses up another's.
fn client(s3: &LocalS3) -> Client {
    static CLIENTS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = CLIENTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let credentials = Credentials::new(s3.server.access_key_id(), s3.server.secret_access_key(), None, None, "lakes");
    let environment = SdkConfig::builder()
        .region(Region::new(s3.server.region()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let retries = RetryConfig::standard().with_max_attempts(6);
    let retries = retries.with_initial_backoff(Duration::from_millis(1)).with_max_backoff(Duration::from_millis(10));
    let settings = configure(&environment, Some(&s3.server.endpoint_url()));
    let budget = RetryPartition::new(format!("client {number}"));
    Client::from_conf(settings.retry_config(retries).retry_partition(budget).build())
}
