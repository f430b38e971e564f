//! What a run did, for people and for machines.

use comfy_table::{CellAlignment, Table, presets};
use drivendata_transform::day::manifest::LeftOutEntry;
use drivendata_transform::day::{Report, Status};
use drivendata_transform::error::{Error, Result};
use drivendata_transform::trigger::window::BatchDate;
use drivendata_transform::visible::visible;
use serde_json::json;

use crate::print;

/// Each run date, oldest first, with how it came out.
type Outcomes = [(BatchDate, Result<Report>)];

pub(crate) fn print_json(outcomes: &Outcomes) -> Result<()> {
    let run = |(run_date, outcome): &(BatchDate, Result<Report>)| match outcome {
        Ok(Report { status, manifest }) => json!({ "run_date": run_date, "status": status, "manifest": manifest }),
        Err(error) => json!({
            "run_date": run_date,
            "status": "failed",
            "error_type": error.kind().as_str(),
            "error_message": error.to_string(),
        }),
    };
    let runs: Vec<_> = outcomes.iter().map(run).collect();
    print::line(to_json(&json!({ "runs": runs }))?)
}

pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(|error| Error::internal("the answer has no JSON form").caused_by(error))
}

/// The runs that succeeded; the others have been reported as they failed.
pub(crate) fn print_tables(outcomes: &Outcomes, lake: &str) -> Result<()> {
    let reports: Vec<&Report> = outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok()).collect();
    if reports.is_empty() {
        return Ok(());
    }
    // All runs have the filters of one contract, unless it changed between them.
    let filters: Vec<&str> = reports
        .first()
        .map(|report| report.manifest.figures.balance.filtered.iter().map(|by| &by.filter[..]).collect())
        .unwrap_or_default();
    let mut header: Vec<String> = ["run date", "status", "read", "written"].map(str::to_owned).to_vec();
    header.extend(filters.iter().map(|filter| format!("by {filter}")));
    header.extend(["duplicates", "rejected", "ms", "peak MiB"].map(str::to_owned));
    let mut balances = table(&header);
    let mut outputs = table(&["output", "rows", "bytes"]);
    for Report { status, manifest } in &reports {
        let balance = &manifest.figures.balance;
        let status = match status {
            Status::Published => "published",
            Status::Unchanged => "unchanged",
        };
        let peak = manifest.memory.peak_bytes.map_or(String::new(), |bytes| (bytes >> 20).to_string());
        let filtered = filters.iter().map(|filter| {
            let by = balance.filtered.iter().find(|by| by.filter == **filter);
            by.map_or(String::new(), |by| by.rows.to_string())
        });
        let mut row = vec![manifest.run_date.to_string(), status.to_owned()];
        row.extend([balance.read.to_string(), balance.written.to_string()]);
        row.extend(filtered);
        row.extend([balance.duplicates.to_string(), balance.rejected.to_string()]);
        row.extend([manifest.timings.total_ms.to_string(), peak]);
        balances.add_row(row);
        for output in &manifest.outputs {
            outputs.add_row([
                visible(&output.version.key).into_owned(),
                output.rows.to_string(),
                output.version.bytes.to_string(),
            ]);
        }
    }
    align_numbers(&mut balances, 2);
    align_numbers(&mut outputs, 1);
    print::line(format_args!("{balances}\n\n{outputs}\n\nin {}", visible(lake)))?;
    for Report { manifest, .. } in reports {
        for warning in &manifest.warnings {
            let (run_date, message) = (manifest.run_date, visible(&warning.message));
            print::line(format_args!("warning: the run of {run_date}: {message} ({})", warning.kind))?;
        }
        for missing in &manifest.missing_days {
            print::line(format_args!("note: the run of {} had no batch of {missing} to read", manifest.run_date))?;
        }
        let run_date = manifest.run_date;
        for LeftOutEntry { version, reason, .. } in &manifest.left_out {
            print::line(format_args!("note: the run of {run_date} left out {}: {reason}", version.key))?;
        }
        for day in &manifest.left_out_days {
            print::line(format_args!(
                "note: nothing of the batch of {day} could be used: for the run of {run_date} it is as good as missing"
            ))?;
        }
    }
    Ok(())
}

pub(crate) fn table(header: &[impl AsRef<str>]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(header.iter().map(AsRef::as_ref));
    table
}

pub(crate) fn align_numbers(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}
