//! `drivendata analyze`: what is in the cleaned rows of a window, as tables or as JSON.

mod tables;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use drivendata_analyze::{AnalysisOptions, ExportTarget};
use drivendata_transform::day::Runner;
use drivendata_transform::engine::Progress;
use drivendata_transform::error::{Error, Result};
use drivendata_transform::host::Host;
use drivendata_transform::trigger::window::BatchDate;
use drivendata_transform::{lake, log};

use crate::print;
use crate::progress::Bar;
use crate::run::newest_batch;
use crate::settings::SettingsArguments;

#[derive(Debug, clap::Args)]
pub(crate) struct AnalyzeArguments {
    /// The date whose window is looked at [default: the newest batch's that is not dated beyond tomorrow]
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<BatchDate>,
    /// How many of the first rows to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    rows: usize,
    /// How many IP addresses to show; JSON has them all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Write all processed rows to this file (.csv or .parquet)
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Print everything as JSON instead of tables
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArguments,
}

pub(crate) async fn analyze(arguments: AnalyzeArguments) -> Result<()> {
    let config = arguments.settings.check().await?;
    let export = arguments.export.map(ExportTarget::new).transpose()?;
    log::to_text(config.log_level.min(tracing::Level::WARN));
    let store = lake::open(&config).await?;
    let runner = Runner::new(store, config, Host::this())?;
    let date = match arguments.date {
        Some(date) => date,
        None => newest_batch(&runner, &runner.existing_batches().await?)?,
    };
    let progress = Arc::new(Progress::default());
    let bar = Bar::show(&progress, date);
    let analysis =
        drivendata_analyze::analyze(&runner, date, AnalysisOptions { first_rows: arguments.rows, export }, &progress)
            .await;
    bar.finish();
    let analysis = analysis?;
    // Piece by piece: there may be millions of addresses.
    let mut out = print::Visible(BufWriter::new(std::io::stdout().lock()));
    let printed = if arguments.json {
        serde_json::to_writer_pretty(&mut out, &analysis).map_err(io::Error::from).and_then(|()| writeln!(out))
    } else {
        tables::write(&analysis, arguments.top, &mut out)
    };
    match printed.and_then(|()| out.flush()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| Error::configuration("the answer cannot be printed").caused_by(error)),
    }
}
