//! `drivendata contract tables` and `drivendata contract template`: what a contract's deployment is made of.

use std::path::PathBuf;
use std::process::ExitCode;

use drivendata_deploy::{self as deploy, Feed, Places};
use drivendata_transform::contract::Contract;
use drivendata_transform::error::Result;

use super::FileArguments;
use crate::print;

#[derive(Debug, clap::Args)]
pub(super) struct TablesArguments {
    #[command(flatten)]
    feed: FeedArguments,
    /// ddl: statements for Athena; cloudformation: resources of a template
    #[arg(long, value_enum, default_value_t = TablesFormat::Ddl)]
    format: TablesFormat,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum TablesFormat {
    Ddl,
    Cloudformation,
}

#[derive(Debug, clap::Args)]
pub(super) struct FeedArguments {
    /// The contract, as YAML; without it, the built-in one drivendata
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The bucket [default: driven-data-bucket]
    #[arg(long, value_name = "NAME")]
    bucket: Option<String>,
    /// Folder in which batches land [default: raw_data/, of a file ID/raw_data/]
    #[arg(long, value_name = "FOLDER/")]
    input_prefix: Option<String>,
    /// Folder to which outputs go [default: transformed_data/, of a file ID/transformed_data/]
    #[arg(long, value_name = "FOLDER/")]
    output_prefix: Option<String>,
}

pub(super) fn tables(arguments: &TablesArguments) -> Result<ExitCode> {
    arguments.feed.with_feed(|feed, places| {
        let tables = match arguments.format {
            TablesFormat::Ddl => deploy::ddl_tables(feed)?,
            TablesFormat::Cloudformation => deploy::cloudformation_tables(feed, places)?,
        };
        print::line(tables.trim_end())
    })
}

pub(super) fn template(arguments: &FeedArguments) -> Result<ExitCode> {
    arguments.with_feed(|feed, _| print::line(deploy::template(feed)?.trim_end()))
}

impl FeedArguments {
    /// Does something with the feed, or tells the contract's mistakes.
    fn with_feed(&self, then: impl FnOnce(&Feed<'_>, &Places) -> Result<()>) -> Result<ExitCode> {
        let places = Places {
            bucket: self.bucket.clone(),
            input_prefix: self.input_prefix.clone(),
            output_prefix: self.output_prefix.clone(),
        };
        let file = FileArguments { file: self.file.clone().unwrap_or_else(|| PathBuf::from(BUILT_IN)) };
        // Only the program's own contract is in the function already.
        let is_built_in = self.file.is_none() || file.is_built_in(BUILT_IN);
        file.with_contract(|contract: &Contract| {
            let feed = if is_built_in { Feed::built_in(contract) } else { Feed::of_file(contract) };
            then(&feed.at(places.clone())?, &places)
        })
    }
}

/// The contract that is used where none is named.
const BUILT_IN: &str = "drivendata";
