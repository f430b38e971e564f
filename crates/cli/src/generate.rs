//! `drivendata generate`: a realistic batch as a file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use drivendata_generate::{GenerateError, GenerateOptions, Generated, file_name};
use drivendata_transform::error::{Error, Result};
use drivendata_transform::log;
use drivendata_transform::visible::visible;

use crate::{file_error, print};

#[derive(Debug, clap::Args)]
pub(crate) struct GenerateArguments {
    /// The folder to write batch_YYYY-MM-DD.csv to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The batch date
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: NaiveDate,
    /// Rows
    #[arg(long, value_name = "N", default_value_t = 1000)]
    rows: u64,
    /// The same seed gives the same bytes
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Days over which the accesses are spread, ending the day before
    #[arg(long, value_name = "DAYS", default_value_t = 1)]
    spread_days: u32,
    /// Share of rows with a missing e-mail address or phone number
    #[arg(long, value_name = "0..1")]
    missing_share: Option<f64>,
    /// Share of rows that repeat an id of the same batch
    #[arg(long, value_name = "0..1")]
    duplicate_share: Option<f64>,
    /// Share of rows that repeat an id of the day before's batch
    #[arg(long, value_name = "0..1")]
    repeat_yesterday_share: Option<f64>,
    /// Share of rows that are to be rejected
    #[arg(long, value_name = "0..1")]
    malformed_share: Option<f64>,
    /// Share of rows from another year
    #[arg(long, value_name = "0..1")]
    out_of_year_share: Option<f64>,
    /// Share of rows whose birth date is none
    #[arg(long, value_name = "0..1")]
    unreadable_birth_date_share: Option<f64>,
}

pub(crate) fn generate(arguments: &GenerateArguments) -> Result<()> {
    log::to_text(tracing::Level::WARN);
    let defaults = GenerateOptions::new(arguments.date, arguments.rows, arguments.seed);
    let options = GenerateOptions {
        spread_days: arguments.spread_days,
        missing_share: arguments.missing_share.unwrap_or(defaults.missing_share),
        duplicate_share: arguments.duplicate_share.unwrap_or(defaults.duplicate_share),
        repeat_yesterday_share: arguments.repeat_yesterday_share.unwrap_or(defaults.repeat_yesterday_share),
        malformed_share: arguments.malformed_share.unwrap_or(defaults.malformed_share),
        out_of_year_share: arguments.out_of_year_share.unwrap_or(defaults.out_of_year_share),
        unreadable_birth_date_share: arguments
            .unreadable_birth_date_share
            .unwrap_or(defaults.unreadable_birth_date_share),
        ..defaults
    };
    let folder = &arguments.out;
    fs::create_dir_all(folder).map_err(|error| file_error(folder, error))?;
    let path = folder.join(file_name(arguments.date));
    // Under another name until it is whole, so that no run meets half a batch.
    let unfinished = folder.join(format!(".{}.unfinished", file_name(arguments.date)));
    let generated = write(&options, &unfinished).inspect_err(|_| {
        let _ = fs::remove_file(&unfinished);
    })?;
    fs::rename(&unfinished, &path).map_err(|error| file_error(&path, error))?;
    print::line(format_args!(
        "{}: {} rows, {} bytes",
        visible(&path.display().to_string()),
        generated.rows,
        generated.bytes
    ))?;
    Ok(())
}

fn write(options: &GenerateOptions, path: &Path) -> Result<Generated> {
    let mut file = File::create(path).map_err(|error| file_error(path, error))?;
    drivendata_generate::generate(options, &mut file).map_err(|error| match error {
        GenerateError::Options(message) => Error::configuration(message),
        GenerateError::Write(error) => file_error(path, error),
    })
}
