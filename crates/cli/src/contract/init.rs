//! `drivendata contract init`: a contract proposed for a file.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use drivendata_transform::contract::propose::{SAMPLE_BYTES_MAX, Sample, propose};
use drivendata_transform::error::{Error, Result};
use drivendata_transform::read::decompress::plain_text;

use crate::{file_error, print};

#[derive(Debug, clap::Args)]
pub(super) struct InitArguments {
    /// A file of the feed, as it comes; also .gz or .zst. At most 1 MiB of its text is read
    #[arg(value_name = "SAMPLE")]
    sample: PathBuf,

    /// What the contract is called; else it is called like the file
    #[arg(long)]
    name: Option<String>,
}

pub(super) fn init(arguments: &InitArguments) -> Result<()> {
    let path = arguments.sample.display().to_string();
    let file = File::open(&arguments.sample).map_err(|error| file_error(&arguments.sample, error))?;
    let mut bytes = Vec::new();
    let text = plain_text(file, &path)?;
    // One byte more shows whether the file goes on.
    let read = text.take(SAMPLE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::from(error).at(&path))?;
    let is_whole = bytes.len() <= SAMPLE_BYTES_MAX;
    bytes.truncate(SAMPLE_BYTES_MAX);
    let proposal = propose(Sample { bytes: &bytes, is_whole, path: &path }, arguments.name.as_deref())?;
    print::line(proposal.to_string().trim_end())
}
