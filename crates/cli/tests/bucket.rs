//! `drivendata run` on a bucket: an S3 server in this process, credentials from the child's environment.

use serde_json::Value;

use crate::common::batches::{batch, row};
use crate::common::s3::{BUCKET, LocalS3};
use crate::program::{Ended, Home, ended};

/// Runs the program against `server` with its credentials, changed by `environment`.
async fn run(server: &LocalS3, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let home = Home::new();
    let endpoint = server.server.endpoint_url();
    let mut command = home.command(&[&["run", "--endpoint-url", &endpoint], arguments].concat());
    command
        .env("AWS_ACCESS_KEY_ID", server.server.access_key_id())
        .env("AWS_SECRET_ACCESS_KEY", server.server.secret_access_key())
        .env("AWS_REGION", server.server.region());
    for &(name, value) in environment {
        match value {
            "" => command.env_remove(name),
            value => command.env(name, value),
        };
    }
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    ended(output.expect("the program starts"))
}

async fn server_with_a_batch() -> LocalS3 {
    let server = LocalS3::start().await;
    let batch = batch(&[row("Ana Secret", 1), row("Bogdan", 2)]);
    for key in ["raw_data/batch_2024-09-15.csv", "team/lake/raw_data/batch_2024-09-15.csv"] {
        server.client.put_object().bucket(BUCKET).key(key).body(batch.clone().into()).send().await.expect("a batch");
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_and_a_part_of_one_are_lakes() {
    let server = server_with_a_batch().await;
    for (lake, folder) in [("s3://lake", ""), ("s3://lake/team/lake/", "team/lake/")] {
        let answer = run(&server, &["--lake", lake, "--json"], &[]).await.succeeded();
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(answer["runs"][0]["manifest"]["balance"]["written"], 2);
        let key = format!("{folder}transformed_data/grouped/csv/run_date=2024-09-15/grouped.csv");
        assert!(server.direct().keys(BUCKET).contains(&key), "{key}");
        let again = run(&server, &["--lake", lake], &[]).await.succeeded();
        assert!(
            again.contains("unchanged") && again.contains(&format!("in {}", lake.trim_end_matches('/'))),
            "{again}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_can_mend_is_told_in_one_line_with_exit_code_two() {
    let server = server_with_a_batch().await;
    let missing = run(&server, &["--lake", "s3://no-such-bucket"], &[]).await.failed(2);
    assert!(missing.contains("NoSuchBucket"), "{missing}");
    let wrong_key = run(&server, &["--lake", "s3://lake"], &[("AWS_SECRET_ACCESS_KEY", "wrong")]).await.failed(2);
    assert!(wrong_key.contains("SignatureDoesNotMatch"), "{wrong_key}");
    let no_key = run(&server, &["--lake", "s3://lake"], &[("AWS_ACCESS_KEY_ID", "")]).await.failed(2);
    assert!(no_key.contains("no credentials found"), "{no_key}");
    let no_region = run(&server, &["--lake", "s3://lake"], &[("AWS_REGION", "")]).await.failed(2);
    assert!(no_region.contains("region must be set"), "{no_region}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_a_failure_of_the_storage() {
    let server = LocalS3::start().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let endpoint = format!("http://{nobody}");
    let home = Home::new();
    let mut command = home.command(&["run", "--lake", "s3://lake", "--endpoint-url", &endpoint]);
    command.env("AWS_ACCESS_KEY_ID", "a").env("AWS_SECRET_ACCESS_KEY", "b").env("AWS_REGION", server.server.region());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let error = ended(output.expect("the program starts")).failed(4);
    assert!(error.contains("Connection refused") && error.ends_with("(Storage)\n"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smallest_memory_that_the_readme_names_is_just_enough() {
    let server = server_with_a_batch().await;
    let run = async |mebibytes: &str| {
        run(&server, &["--lake", "s3://lake", "--threads", "2", "--memory-limit-mb", mebibytes], &[]).await
    };
    let error = run("162").await.failed(7);
    assert!(error.contains("raise MEMORY_LIMIT_MB, on AWS the function's memory: 162 MiB are granted"), "{error}");
    run("163").await.succeeded();
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).expect("a file");
    assert!(readme.contains("with two threads even the smallest needs 163 MiB"));
}
