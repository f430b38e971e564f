//! `drivendata serve`: the embedded S3 server by itself, for other programs on this machine.

use std::net::SocketAddr;
use std::path::PathBuf;

use drivendata_transform::error::Result;
use drivendata_transform::log;
use strict_s3::{StrictS3, StrictS3Options};

use crate::{print, s3_unavailable};

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArguments {
    /// The folder whose sub-folders are the buckets
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Where to listen; port 0 is any free one. Other machines can reach any address but 127.0.0.1: whoever knows the
    /// secret then reads and writes the buckets, and everything travels unencrypted
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    address: SocketAddr,
}

/// Serves until the program is ended.
pub(crate) async fn serve(arguments: ServeArguments) -> Result<()> {
    log::to_text(tracing::Level::WARN);
    let options = StrictS3Options { address: arguments.address, ..StrictS3Options::default() };
    let server = StrictS3::start(&arguments.folder, options).await.map_err(s3_unavailable)?;
    print::line(format_args!(
        "AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\nAWS_REGION={}\nAWS_ENDPOINT_URL={}",
        server.access_key_id(),
        server.secret_access_key(),
        server.region(),
        server.endpoint_url()
    ))?;
    if !arguments.address.ip().is_loopback() {
        print::remark(format_args!(
            "note: {} is not of this machine alone: whoever reaches it and knows the secret can read and write the buckets",
            arguments.address
        ));
    }
    std::future::pending().await
}
