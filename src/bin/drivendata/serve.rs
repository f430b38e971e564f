//! `drivendata serve`: the embedded S3 server by itself, for other programs on this machine.

use std::path::PathBuf;

use drivendata_transform::embedded_s3::{EmbeddedS3, EmbeddedS3Options};
use drivendata_transform::error::Result;
use drivendata_transform::log;

use crate::print;

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArguments {
    /// The folder whose sub-folders are the buckets
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
}

/// Serves until the program is ended.
pub(crate) async fn serve(arguments: ServeArguments) -> Result<()> {
    log::to_text(tracing::Level::WARN);
    let server = EmbeddedS3::start(&arguments.folder, EmbeddedS3Options::default()).await?;
    print::line(format_args!(
        "AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\nAWS_REGION={}\nAWS_ENDPOINT_URL={}",
        server.access_key_id(),
        server.secret_access_key(),
        server.region(),
        server.endpoint_url()
    ))?;
    std::future::pending().await
}
