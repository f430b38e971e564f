//! A local S3 in a folder that is deleted afterwards, and clients of the real SDK for it.

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Config, Credentials, Region};
use strict_s3::{DirectAccess, Faults, StrictS3, StrictS3Options};
use tempfile::TempDir;

/// The bucket there is from the beginning.
pub const BUCKET: &str = "lake";

/// A running server with one empty bucket, [`BUCKET`].
pub struct LocalS3 {
    pub server: StrictS3,
    /// Retries like the SDK's default (three attempts), but without making a test wait.
    pub client: Client,
    root: TempDir,
}

impl LocalS3 {
    pub async fn start() -> Self {
        Self::start_with(StrictS3Options::default()).await
    }

    pub async fn start_with(options: StrictS3Options) -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let server = StrictS3::start(root.path(), options).await.expect("the server starts");
        server.direct().create_bucket(BUCKET).expect("a new bucket");
        let client = Client::from_conf(client_config(&server).build());
        Self { server, client, root }
    }

    /// A client that does not try again.
    pub fn client_without_retries(&self) -> Client {
        Client::from_conf(client_config(&self.server).retry_config(RetryConfig::disabled()).build())
    }

    pub fn faults(&self) -> Faults {
        self.server.faults()
    }

    pub fn direct(&self) -> DirectAccess {
        self.server.direct()
    }

    /// The folder the objects are in.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join(BUCKET)
    }

    /// The files that belong to no object: uploads under way.
    pub fn staged_files_count(&self) -> usize {
        std::fs::read_dir(self.root.path().join(".uploads")).expect("the folder of uploads").count()
    }
}

/// How a client reaches a server.
pub fn client_config(server: &StrictS3) -> Builder {
    let credentials = Credentials::new(server.access_key_id(), server.secret_access_key(), None, None, "local");
    let retries = RetryConfig::standard()
        .with_initial_backoff(Duration::from_millis(1))
        .with_max_backoff(Duration::from_millis(10));
    Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(server.region()))
        .endpoint_url(server.endpoint_url())
        .force_path_style(true)
        .credentials_provider(credentials)
        .retry_config(retries)
}
