//! `drivendata demo`: the whole job on this machine, over the real S3 protocol.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use chrono::NaiveDate;
use drivendata_generate::{GenerateOptions, file_name};
use drivendata_transform::day::Runner;
use drivendata_transform::engine::Progress;
use drivendata_transform::error::{Error, Result};
use drivendata_transform::handler::Handler;
use drivendata_transform::host::Host;
use drivendata_transform::store::s3::{S3Store, configure};
use drivendata_transform::{lake, log};
use strict_s3::{StrictS3, StrictS3Options};

use crate::settings::SettingsArguments;
use crate::{file_error, print, report, s3_unavailable};

const BUCKET: &str = "driven-data-bucket";
/// Where the S3 server keeps what is not an object yet.
const UPLOADS: &str = ".uploads";
const PUT_EVENT: &str = include_str!("../../../events/put.json");
const ROWS_SHOWN: usize = 3;

#[derive(Debug, clap::Args)]
pub(crate) struct DemoArguments {
    /// The folder the S3 server keeps its buckets in; what a demo left there before is replaced
    #[arg(long, value_name = "DIR", default_value = "lake")]
    folder: PathBuf,
    /// Rows in each of the two days
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    rows: u64,
}

pub(crate) async fn demo(arguments: DemoArguments) -> Result<()> {
    log::to_text(tracing::Level::INFO);
    let folder = &arguments.folder;
    clear(folder)?;
    let server = StrictS3::start(folder, StrictS3Options::default()).await.map_err(s3_unavailable)?;
    print::line(format_args!(
        "1. An S3 server runs at {} and keeps its buckets in {}/",
        server.endpoint_url(),
        folder.display()
    ))?;

    let client = client(&server);
    client.create_bucket().bucket(BUCKET).send().await.map_err(s3_failed)?;
    for (date, seed) in [("2024-09-14", 1), ("2024-09-15", 1)] {
        let key = upload(&client, date, arguments.rows, seed).await?;
        print::line(format_args!("2. Uploaded s3://{BUCKET}/{key} ({} rows)", arguments.rows))?;
    }

    print::line(format_args!("3. S3 sends events/put.json; the Lambda's handler answers:\n"))?;
    let config = SettingsArguments::default().with("LAKE", format!("s3://{BUCKET}"))?.check().await?;
    let store = Arc::new(S3Store::new(client.clone(), BUCKET, "", lake::s3_limits(&config.limits)));
    let handler = Handler::new(Runner::new(store, config, Host::this())?);
    let event = serde_json::from_str(PUT_EVENT)
        .map_err(|error| Error::internal("events/put.json is not JSON").caused_by(error))?;
    let reply = handler.handle(event, None, &Arc::new(Progress::default())).await?;
    print::line(format_args!("\n{}\n", report::to_json(&reply)?))?;

    print::line(format_args!("4. The files, to open with any tool:\n"))?;
    let bucket_folder = folder.join(BUCKET);
    for key in server.direct().keys(BUCKET) {
        let path = bucket_folder.join(&key);
        let bytes = path.metadata().map_err(|error| file_error(&path, error))?.len();
        print::line(format_args!("   {bytes:>10} bytes  {}", path.display()))?;
    }
    for key in ["filtered/csv/run_date=2024-09-15/filtered.csv", "grouped/csv/run_date=2024-09-15/grouped.csv"] {
        show_first_rows(&bucket_folder.join("transformed_data").join(key))?;
    }
    server.stop().await;
    Ok(())
}

/// Removes what an earlier demo left, and refuses to touch a folder with anything else in it.
///
/// A bucket alone may be somebody's data: only a demo also leaves the folder of uploads.
fn clear(folder: &Path) -> Result<()> {
    let unusable = |error| file_error(folder, error);
    if !folder.try_exists().map_err(unusable)? {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(unusable)?;
    let has_uploads = entries.iter().any(|entry| entry.file_name() == UPLOADS);
    let foreign =
        entries.iter().find(|entry| !has_uploads || ![BUCKET, UPLOADS].iter().any(|ours| entry.file_name() == *ours));
    if let Some(entry) = foreign {
        return Err(Error::configuration(format!(
            "{} holds {}, which no demo made; name another --folder",
            folder.display(),
            entry.file_name().display()
        )));
    }
    entries.iter().try_for_each(|entry| std::fs::remove_dir_all(entry.path())).map_err(unusable)
}

fn client(server: &StrictS3) -> Client {
    let credentials = Credentials::new(server.access_key_id(), server.secret_access_key(), None, None, "demo");
    let environment = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(server.region()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Client::from_conf(configure(&environment, Some(&server.endpoint_url())).build())
}

async fn upload(client: &Client, date: &str, rows: u64, seed: u64) -> Result<String> {
    let date: NaiveDate = date.parse().map_err(|error| Error::internal("a demo date is none").caused_by(error))?;
    let mut batch = Vec::new();
    drivendata_generate::generate(&GenerateOptions::new(date, rows, seed), &mut batch)
        .map_err(|error| Error::internal("the demo's batch cannot be generated").caused_by(error))?;
    let key = format!("raw_data/{}", file_name(date));
    client.put_object().bucket(BUCKET).key(&key).body(batch.into()).send().await.map_err(s3_failed)?;
    Ok(key)
}

fn s3_failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::storage("the demo's S3 server failed").caused_by(error)
}

fn show_first_rows(path: &Path) -> Result<()> {
    let text = std::fs::read_to_string(path).map_err(|error| file_error(path, error))?;
    print::line(format_args!("\n   {}:\n", path.display()))?;
    for line in text.lines().take(1 + ROWS_SHOWN) {
        print::line(format_args!("   {line}"))?;
    }
    Ok(())
}
