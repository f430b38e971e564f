//! The embedded S3 against the real SDK: it must keep the promises our own code relies on.

mod faults;
mod multipart;
mod objects;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::{GetObjectError, GetObjectOutput};
use aws_sdk_s3::primitives::ByteStream;

use crate::common::s3::{BUCKET, LocalS3};

impl LocalS3 {
    async fn put(&self, key: &str, body: &str) -> String {
        let put = self.client.put_object().bucket(BUCKET).key(key).body(ByteStream::from(body.as_bytes().to_vec()));
        put.send().await.expect("an unconditional put").e_tag.expect("an ETag")
    }

    async fn get(&self, key: &str) -> Result<GetObjectOutput, SdkError<GetObjectError>> {
        self.client.get_object().bucket(BUCKET).key(key).send().await
    }

    async fn text(&self, key: &str) -> String {
        text(self.get(key).await.expect("the object is there")).await
    }
}

async fn text(got: GetObjectOutput) -> String {
    let bytes = got.body.collect().await.expect("a complete body").into_bytes();
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// HTTP status and S3's code of a refusal; the code is empty where the response has no body.
fn refusal<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E>>,
) -> (u16, String) {
    let error = result.expect_err("a refusal");
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    (status, error.code().unwrap_or_default().to_owned())
}

/// Runs the calls on as many threads as there are; the results are in the order of the calls.
async fn at_once<T: Send + 'static>(calls: impl Iterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let running: Vec<_> = calls.map(tokio::spawn).collect();
    let mut results = Vec::new();
    for call in running {
        results.push(call.await.expect("the call does not panic"));
    }
    results
}
