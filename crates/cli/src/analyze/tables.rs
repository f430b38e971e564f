//! An analysis as tables for people.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, TableComponent};
use drivendata_analyze::{Analysis, Cell};
use drivendata_transform::visible::visible;

use crate::report::{self, align_numbers};

/// Longer cells are cut, as Spark's `show` does.
const CELL_CHARACTERS_MAX: usize = 20;

/// The width to fill when no terminal says its own.
const WIDTH: u16 = 120;

/// Everything but the addresses below the first `top`.
pub(super) fn write(analysis: &Analysis, top: usize, out: &mut impl Write) -> io::Result<()> {
    let Analysis { balance, .. } = analysis;
    let days: Vec<String> = analysis.window.iter().map(ToString::to_string).collect();
    writeln!(out, "{}: {} records read of {}", analysis.run_date, balance.read, days.join(", "))?;
    writeln!(out, "{} rows, {} duplicates, {} rejected", balance.rows, balance.duplicates, balance.rejected)?;
    for entry in &analysis.left_out {
        writeln!(out, "note: {} was left out: {}", entry.version.key, entry.reason)?;
    }
    for day in &analysis.left_out_days {
        writeln!(out, "note: nothing of the batch of {day} could be used: it is as good as missing")?;
    }
    for missing in &analysis.missing_days {
        writeln!(out, "note: there was no batch for {missing}")?;
    }
    writeln!(out, "\nSchema\n{}", schema(analysis))?;
    writeln!(out, "\nFirst rows")?;
    for block in first_rows(analysis) {
        writeln!(out, "{block}")?;
    }
    writeln!(out, "\nColumns\n{}", describe(analysis))?;
    let session = &analysis.session_duration;
    writeln!(out, "\nSessions: {} on average, {} the longest", shown(&session.average), shown(&session.longest))?;
    writeln!(out, "\nTraffic per IP address, {} in all\n{}", analysis.traffic_per_ip.len(), traffic(analysis, top))?;
    writeln!(out, "\nSessions per day\n{}", sessions_per_day(analysis))?;
    writeln!(out, "\nYears of birth\n{}", birth_years(analysis))?;
    match &analysis.export {
        Some(export) => writeln!(out, "\n{} rows exported to {}", balance.rows, visible(export)),
        None => Ok(()),
    }
}

/// A table without lines between its rows, of which there may be many.
fn table(header: &[impl AsRef<str>]) -> Table {
    let mut table = report::table(header);
    for line in [
        TableComponent::HorizontalLines,
        TableComponent::MiddleIntersections,
        TableComponent::LeftBorderIntersections,
        TableComponent::RightBorderIntersections,
    ] {
        table.remove_style(line);
    }
    table
}

fn schema(analysis: &Analysis) -> Table {
    let mut table = table(&["column", "type"]);
    for column in &analysis.schema {
        table.add_row([visible(&column.name).into_owned(), column.data_type.to_string()]);
    }
    table
}

/// As many tables as it takes for each to be no wider than the terminal.
fn first_rows(analysis: &Analysis) -> Vec<Table> {
    let cell_width = |cell: &Option<Cell>| shown(cell).chars().count();
    let width = |index: usize| {
        let cells = analysis.first_rows.iter().map(|row| cell_width(&row[index])).max();
        // A space on each side, and one between two columns.
        3 + cells.unwrap_or(0).max(visible(&analysis.schema[index].name).chars().count())
    };
    let widest = usize::from(Table::new().width().unwrap_or(WIDTH));
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut used = usize::MAX;
    for index in 0..analysis.schema.len() {
        let width = width(index);
        match blocks.last_mut() {
            Some(block) if used.saturating_add(width) <= widest => {
                used += width;
                block.push(index);
            }
            _ => {
                used = width;
                blocks.push(vec![index]);
            }
        }
    }
    let block = |indices: Vec<usize>| {
        let names: Vec<_> = indices.iter().map(|&index| visible(&analysis.schema[index].name)).collect();
        let mut table = table(&names);
        for row in &analysis.first_rows {
            table.add_row(indices.iter().map(|&index| shown(&row[index])));
        }
        for (column, index) in table.column_iter_mut().zip(indices) {
            if analysis.schema[index].data_type.is_number() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    };
    blocks.into_iter().map(block).collect()
}

fn describe(analysis: &Analysis) -> Table {
    let mut table = table(&["column", "count", "mean", "stddev", "min", "max"]);
    for column in &analysis.describe {
        let [mean, stddev, min, max] = [&column.mean, &column.stddev, &column.min, &column.max].map(shown);
        table.add_row([visible(&column.column).into_owned(), column.count.to_string(), mean, stddev, min, max]);
    }
    align_numbers(&mut table, 1);
    table
}

fn traffic(analysis: &Analysis, top: usize) -> Table {
    let mut table = table(&["ip_address", "consumed_traffic"]);
    for total in analysis.traffic_per_ip.iter().take(top) {
        let address = total.ip_address.unwrap_or_else(|| "null".to_owned());
        table.add_row([visible(&address).into_owned(), shown(&total.consumed_traffic)]);
    }
    align_numbers(&mut table, 1);
    table
}

fn sessions_per_day(analysis: &Analysis) -> Table {
    let mut table = table(&["date", "sessions"]);
    for day in &analysis.sessions_per_day {
        table.add_row([shown(&day.date), day.sessions.to_string()]);
    }
    align_numbers(&mut table, 1);
    table
}

fn birth_years(analysis: &Analysis) -> Table {
    let mut table = table(&["birth_year", "rows"]);
    for year in &analysis.birth_years {
        let birth_year = year.birth_year.map_or_else(|| "null".to_owned(), |year| year.to_string());
        table.add_row([birth_year, year.rows.to_string()]);
    }
    align_numbers(&mut table, 1);
    table
}

/// A cell on one line, cut if it is long; numbers are never cut.
fn shown(cell: &Option<Cell>) -> String {
    let text = match cell {
        None => return "null".to_owned(),
        Some(Cell::Text(text)) => visible(text).into_owned(),
        Some(number) => return number.to_string(),
    };
    if text.chars().count() <= CELL_CHARACTERS_MAX {
        return text;
    }
    let beginning: String = text.chars().take(CELL_CHARACTERS_MAX - 3).collect();
    format!("{beginning}...")
}
