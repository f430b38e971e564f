//! `drivendata run`: one or more days, with a progress bar and a summary.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use drivendata_transform::day::Runner;
use drivendata_transform::engine::Progress;
use drivendata_transform::error::{Error, Result};
use drivendata_transform::host::Host;
use drivendata_transform::trigger::event::{Force, Ignored, Want, run_dates};
use drivendata_transform::trigger::window::BatchDate;
use drivendata_transform::{lake, log};

use crate::progress::Bar;
use crate::settings::SettingsArguments;
use crate::{print, report};

#[derive(Debug, clap::Args)]
pub(crate) struct RunArguments {
    /// The run date [default: the newest batch's that is not dated beyond tomorrow]
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with_all = ["from", "to"])]
    date: Option<BatchDate>,
    /// The first run date of several; dates without a batch are skipped
    #[arg(long, value_name = "YYYY-MM-DD", requires = "to")]
    from: Option<BatchDate>,
    /// The last run date of several
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from")]
    to: Option<BatchDate>,
    /// Run the day that a function handed over by this object of the lake, with the function's settings; flags count only
    /// for the lake, the limits and the log
    #[arg(long, value_name = "KEY", conflicts_with_all = ["date", "from", "to"])]
    handed_over: Option<String>,
    /// Run even if nothing has changed
    #[arg(long)]
    force: bool,
    /// Print the manifests as JSON instead of tables
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArguments,
}

/// Runs every date, also after one has failed; the exit code is that of the first failure.
pub(crate) async fn run(arguments: RunArguments) -> Result<ExitCode> {
    let config = arguments.settings.check().await?;
    log::to_text(config.log_level.min(tracing::Level::WARN));
    let store = lake::open(&config).await?;
    let mut runner = Runner::new(Arc::clone(&store), config, Host::this())?;
    let mut note = None;
    if let Some(key) = &arguments.handed_over {
        arguments.settings.check_no_rules()?;
        let Some(found) = runner.handed_over(runner.config().lake.key_below(key)?).await? else {
            print::remark(format_args!("note: the day of {key} has been published since it was handed over"));
            return Ok(ExitCode::SUCCESS);
        };
        let config = arguments.settings.check_for_day(&found.settings).await;
        let of_note =
            |error: Error| Error::new(error.kind(), "the settings in the note cannot be used").caused_by(error);
        runner = Runner::new(store, config.map_err(|error| of_note(error).at(key))?, Host::this())?;
        note = Some(found);
    }
    let date = note.as_ref().map(|note| note.failed.run_date).or(arguments.date);
    let mut outcomes = Vec::new();
    let mut first_failure = None;
    for (run_date, force) in planned(&runner, &arguments, date).await? {
        let progress = Arc::new(Progress::default());
        let bar = Bar::show(&progress, run_date);
        let outcome = match &note {
            Some(note) => runner.run_handed_over(note, &progress).await,
            None => runner.run(run_date, force, None, &progress).await,
        };
        bar.finish();
        let outcome = outcome.map_err(|error| in_run(error, run_date));
        if let Err(error) = &outcome {
            let exit_code = crate::failed(error);
            first_failure.get_or_insert(exit_code);
        }
        outcomes.push((run_date, outcome));
    }
    if arguments.json {
        report::print_json(&outcomes)?;
    } else {
        report::print_tables(&outcomes, &runner.store().location())?;
    }
    Ok(first_failure.unwrap_or(ExitCode::SUCCESS))
}

fn in_run(error: Error, run_date: BatchDate) -> Error {
    Error::new(error.kind(), format!("run of {run_date} failed")).caused_by(error)
}

async fn planned(
    runner: &Runner,
    arguments: &RunArguments,
    date: Option<BatchDate>,
) -> Result<Vec<(BatchDate, Force)>> {
    let force = if arguments.force { Force::Always } else { Force::IfChanged };
    let existing: BTreeSet<BatchDate> = runner.existing_batches().await?;
    let want = match (date, arguments.from.zip(arguments.to)) {
        (Some(date), _) => Want::Date { date, force },
        (None, Some((from, to))) if from > to => {
            return Err(Error::configuration(format!("--from {from} is after --to {to}")));
        }
        (None, Some((from, to))) => Want::Range { from, to, force },
        (None, None) => {
            let date = newest_batch(runner, &existing)?;
            Want::Date { date, force }
        }
    };
    let config = runner.config();
    let plan = run_dates([&want], &existing, config.window_days, config.lookback_days)?;
    for Ignored { what, why } in plan.skipped {
        print::remark(format_args!("note: {what}: {why}"));
    }
    Ok(plan.runs.into_iter().map(|(date, wish)| (date, wish.force)).collect())
}

/// The date that is meant when none is given: the newest batch's, unless it is dated beyond tomorrow. Such a date is a
/// typing mistake more often than not, and a window that ends there holds nothing else.
pub(crate) fn newest_batch(runner: &Runner, existing: &BTreeSet<BatchDate>) -> Result<BatchDate> {
    let prefix = &runner.config().input_prefix;
    let Some(&newest) = existing.last() else {
        return Err(Error::invalid_input(format!("there is no batch in {}/{prefix}", runner.store().location())));
    };
    let tomorrow = runner.tomorrow();
    let Some(&date) = existing.range(..=tomorrow).next_back() else {
        let message = format!(
            "no batch in {}/{prefix} is dated up to tomorrow ({tomorrow}); the newest is of {newest}: ask for it by --date",
            runner.store().location()
        );
        return Err(Error::invalid_input(message));
    };
    if newest > date {
        print::remark(format_args!(
            "note: the batch of {newest} is dated beyond tomorrow and passed over; --date {newest} takes it"
        ));
    }
    Ok(date)
}
