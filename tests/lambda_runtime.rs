//! The Lambda function as Lambda runs it: its binary, a stub of the Runtime API, and a local S3 as its lake.

mod confidentiality;
mod contract;
mod deadline;
mod events;
mod failures;
mod logs;
mod metrics;
mod output;
mod runtime_api;

use crate::common::batches::{batch, row};
use crate::common::s3::LocalS3;
use runtime_api::LambdaFunction;
use serde_json::Value;

/// The bucket of the files in `events/`.
const BUCKET: &str = "driven-data-bucket";

const BATCH_KEY: &str = "raw_data/batch_2024-09-15.csv";

/// The function with a lake of its own.
struct Deployment {
    s3: LocalS3,
    function: LambdaFunction,
}

impl Deployment {
    /// With an empty lake.
    async fn start(settings: &[(&str, &str)]) -> Self {
        let s3 = LocalS3::start().await;
        s3.direct().create_bucket(BUCKET).expect("a new bucket");
        let function = start_function(&s3, settings).await;
        Self { s3, function }
    }

    fn put(&self, key: &str, bytes: &[u8]) {
        self.s3.direct().put(BUCKET, key, bytes).expect("an object");
    }

    /// Stores a small batch of 2024-09-15.
    fn put_batch(&self) {
        self.put(BATCH_KEY, &batch(&[row("Ana", 1), row("Ion", 2)]));
    }

    /// An object below the output prefix, as text; rejected records need not be UTF-8.
    fn output(&self, key: &str) -> String {
        let bytes = self.s3.direct().get(BUCKET, &format!("transformed_data/{key}")).expect("readable");
        String::from_utf8_lossy(&bytes.unwrap_or_else(|| panic!("no output {key}"))).into_owned()
    }

    /// The keys below the output prefix, but for what is noted of failures.
    fn published(&self) -> Vec<String> {
        let mut keys = self.s3.direct().keys(BUCKET);
        keys.retain(|key| key.starts_with("transformed_data/") && !key.starts_with("transformed_data/state/"));
        keys
    }
}

/// The function of the bucket's lake.
async fn start_function(s3: &LocalS3, settings: &[(&str, &str)]) -> LambdaFunction {
    let (lake, endpoint_url) = (format!("s3://{BUCKET}"), s3.server.endpoint_url());
    let mut variables = vec![
        ("LAKE", lake.as_str()),
        ("ENDPOINT_URL", &endpoint_url),
        ("AWS_ACCESS_KEY_ID", s3.server.access_key_id()),
        ("AWS_SECRET_ACCESS_KEY", s3.server.secret_access_key()),
        ("AWS_REGION", s3.server.region()),
    ];
    variables.extend(settings);
    LambdaFunction::start(&variables).await
}

/// A file of `events/`, by its name without the ending.
fn event(name: &str) -> Value {
    let path = format!("{}/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&bytes).expect("JSON")
}
