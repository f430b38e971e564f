//! The command line: the same library as the Lambda, on a folder or a bucket.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod analyze;
mod contract;
mod demo;
mod generate;
mod invoke;
mod print;
mod progress;
mod report;
mod run;
mod serve;
mod settings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use drivendata_transform::error::{Error, ErrorKind, Result};
use drivendata_transform::log;

/// Turns a day's raw CSV batch in a data lake into clean Parquet and CSV.
#[derive(Debug, Parser)]
#[command(name = "drivendata", version, max_term_width = 120, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run one or more days and publish them
    Run(run::RunArguments),
    /// Show what is in a window's cleaned rows, before the filter; publishes nothing
    Analyze(analyze::AnalyzeArguments),
    /// Handle an event file as the Lambda would, and print its reply
    Invoke(invoke::InvokeArguments),
    /// Write a realistic batch
    Generate(generate::GenerateArguments),
    /// Serve a folder as an S3 endpoint on this machine
    Serve(serve::ServeArguments),
    /// Propose, check, show or compare contracts
    Contract(contract::ContractArguments),
    /// Show the whole job: an S3 server on this machine, two days of data, a put event, the results
    Demo(demo::DemoArguments),
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 a bug of ours, 2 settings or usage, 3 unusable input, 4 storage failure, \
                          5 conflict, 6 out of time, 7 too large for the memory or a limit";

fn main() -> ExitCode {
    log::hide_panic_messages();
    let arguments = Arguments::parse();
    execute(arguments.command).unwrap_or_else(|error| failed(&error))
}

#[tokio::main]
async fn execute(command: Command) -> Result<ExitCode> {
    match command {
        Command::Run(arguments) => return run::run(arguments).await,
        Command::Contract(arguments) => return contract::contract(&arguments),
        Command::Analyze(arguments) => analyze::analyze(arguments).await?,
        Command::Invoke(arguments) => invoke::invoke(arguments).await?,
        Command::Generate(arguments) => generate::generate(&arguments)?,
        Command::Serve(arguments) => serve::serve(arguments).await?,
        Command::Demo(arguments) => demo::demo(arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reports a failure; gives the exit code that stands for it.
fn failed(error: &Error) -> ExitCode {
    print::remark(format_args!("error: {error} ({})", error.kind()));
    exit_code(error.kind())
}

fn exit_code(kind: ErrorKind) -> ExitCode {
    ExitCode::from(match kind {
        ErrorKind::Internal => 1,
        ErrorKind::Configuration => 2,
        ErrorKind::InvalidInput => 3,
        ErrorKind::Storage => 4,
        ErrorKind::Conflict => 5,
        ErrorKind::DeadlineExceeded => 6,
        ErrorKind::TooLarge => 7,
    })
}

/// The local S3 server cannot use its folder or its address.
fn s3_unavailable(error: std::io::Error) -> Error {
    Error::configuration(error.to_string())
}

/// A failure of this machine's files, with the place.
fn file_error(path: &std::path::Path, error: std::io::Error) -> Error {
    Error::configuration(format!("{} cannot be used", path.display())).caused_by(error)
}
