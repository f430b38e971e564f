//! A look at all cleaned rows of a window, as the notebook of the old pipeline took it: the same reading and cleaning
//! as a run (missing values, casts, duplicates), but without the filter. Publishes nothing.

mod cell;
mod describe;
mod export;
mod sink;
mod traffic;

pub use cell::Cell;
pub use describe::ColumnDescription;
pub use export::ExportTarget;
pub use traffic::{IpTraffic, TrafficPerIp};

use std::sync::Arc;

use serde::{Serialize, Serializer};

use drivendata_transform::contract::{ColumnType, Contract, Derived};
use drivendata_transform::day::manifest::{Figures, InputEntry, LeftOutEntry, RejectedEntry};
use drivendata_transform::day::{Reading, Runner};
use drivendata_transform::engine::{Plan, Progress, Selected};
use drivendata_transform::error::Result;
use drivendata_transform::expr::{Expr, Scope};
use drivendata_transform::read::header::Header;
use drivendata_transform::trigger::window::BatchDate;
use export::Export;
use sink::AnalysisSink;

/// What an analysis is to show besides its figures.
#[derive(Clone, Debug)]
pub struct AnalysisOptions {
    /// How many of the first rows.
    pub first_rows: usize,
    /// Where the processed rows go, if anywhere.
    pub export: Option<ExportTarget>,
}

/// What there is to say about the cleaned rows of a window.
#[derive(Debug, Serialize)]
pub struct Analysis {
    /// The date whose window it is.
    pub run_date: BatchDate,
    /// The batch dates read, oldest first.
    pub window: Vec<BatchDate>,
    /// Those of them for which there is no batch.
    pub missing_days: Vec<BatchDate>,
    /// The objects read, in order.
    pub inputs: Vec<InputEntry>,
    /// The objects of the window that could not be used.
    pub left_out: Vec<LeftOutEntry>,
    /// The batch dates of which nothing is left but what was left out.
    pub left_out_days: Vec<BatchDate>,
    /// Where the records ended.
    pub balance: AnalysisBalance,
    /// Rejected records by column and reason.
    pub rejected: Vec<RejectedEntry>,
    /// The columns of the processed rows.
    pub schema: Vec<SchemaColumn>,
    /// The first processed rows, each with its cells in the order of the schema.
    pub first_rows: Vec<Vec<Option<Cell>>>,
    /// The figures of each column that holds numbers or texts.
    pub describe: Vec<ColumnDescription>,
    /// Session lengths.
    pub session_duration: SessionDuration,
    /// Total traffic per IP address, largest first.
    pub traffic_per_ip: TrafficPerIp,
    /// Rows per access date, in order, null first.
    pub sessions_per_day: Vec<DaySessions>,
    /// Rows per year of birth, in order, null first.
    pub birth_years: Vec<BirthYearRows>,
    /// The file the processed rows were written to, if that was wanted.
    pub export: Option<String>,
}

/// Where the records of an analysis ended: `read = rows + duplicates + rejected`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AnalysisBalance {
    /// Records in the inputs.
    pub read: u64,
    /// Processed rows: all that the figures are about.
    pub rows: u64,
    /// Rows whose `unique_id` came before.
    pub duplicates: u64,
    /// Records that cannot be used.
    pub rejected: u64,
}

/// A column of the processed rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaColumn {
    /// Its name.
    pub name: String,
    /// Its type, as Athena and Spark call it.
    #[serde(rename = "type", serialize_with = "as_text")]
    pub data_type: ColumnType,
}

/// Session lengths, in the data's own unit; `None`: there are no rows.
#[derive(Clone, Debug, Serialize)]
pub struct SessionDuration {
    /// Their average.
    pub average: Option<Cell>,
    /// The longest.
    pub longest: Option<Cell>,
}

/// The rows of one access date.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DaySessions {
    /// The date as it is written in the cell; `None`: null.
    pub date: Option<Cell>,
    /// How many.
    pub sessions: u64,
}

/// The rows of one year of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BirthYearRows {
    /// The year; `None`: null.
    pub birth_year: Option<i32>,
    /// How many.
    pub rows: u64,
}

/// Looks at all cleaned rows of the window that ends at `run_date`.
pub async fn analyze(
    runner: &Runner,
    run_date: BatchDate,
    options: AnalysisOptions,
    progress: &Arc<Progress>,
) -> Result<Analysis> {
    let work = move |reading: Reading| {
        let export = options.export.as_ref().map(|target| Export::begin(target, &reading.plan));
        let mut sink = AnalysisSink::new(&reading.plan, options.first_rows, export.transpose()?);
        let selected = reading.feed(&mut [Box::new(&mut sink)])?;
        reading.workers().install(|| conclude(&reading, &selected, sink))
    };
    runner.read(run_date, progress, of_analysis, work).await
}

/// Puts the figures together.
fn conclude(reading: &Reading, Selected { tally, .. }: &Selected, sink: AnalysisSink) -> Result<Analysis> {
    let AnalysisSink { first_rows, summaries, traffic, calendar, export, .. } = sink;
    let Figures { balance, rejected, .. } = Figures::of(tally, &reading.plan.rules.contract);
    let read = reading.objects.iter().cloned().zip(&tally.inputs);
    let describe: Vec<ColumnDescription> = summaries.into_iter().map(|summary| summary.finish()).collect();
    let sessions_per_day = calendar.sessions_per_day.into_iter();
    let birth_years = calendar.birth_years.into_iter();
    Ok(Analysis {
        run_date: reading.run_date,
        window: reading.window.clone(),
        missing_days: reading.missing_days.clone(),
        inputs: read.map(|(version, input)| InputEntry { version, rows: input.balance.read }).collect(),
        left_out: reading.left_out.clone(),
        left_out_days: reading.left_out_days.clone(),
        balance: AnalysisBalance {
            read: balance.read,
            rows: balance.written,
            duplicates: balance.duplicates,
            rejected: balance.rejected,
        },
        rejected,
        schema: schema(&reading.plan),
        first_rows,
        session_duration: session_duration(&describe),
        describe,
        traffic_per_ip: traffic.finish(),
        sessions_per_day: sessions_per_day
            .map(|(date, sessions)| DaySessions { date: date.map(Cell::Date), sessions })
            .collect(),
        birth_years: birth_years.map(|(birth_year, rows)| BirthYearRows { birth_year, rows }).collect(),
        export: export.map(|export| export.finish(balance.written)).transpose()?,
    })
}

fn session_duration(describe: &[ColumnDescription]) -> SessionDuration {
    let described = describe.iter().find(|description| description.column == "session_duration");
    SessionDuration {
        average: described.and_then(|description| description.mean.clone()),
        longest: described.and_then(|description| description.max.clone()),
    }
}

fn as_text<S: Serializer>(data_type: &ColumnType, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(data_type)
}

fn schema(plan: &Plan) -> Vec<SchemaColumn> {
    let columns = &plan.columns;
    let column = |column| SchemaColumn { name: columns.name(column).to_owned(), data_type: columns.data_type(column) };
    columns.iter().map(column).collect()
}

/// Name of the column that only an analysis adds.
const BIRTH_YEAR: &str = "birth_year";

/// The contract of an analysis: without filters and groups, and with the year of birth, if there is a date of birth and no
/// file has a column of that name.
fn of_analysis(contract: &Contract, headers: &[Arc<Header>]) -> Contract {
    let mut contract = contract.clone();
    contract.rows.filters.clear();
    contract.groups.clear();
    let columns = contract.rows.columns.iter().map(|column| (column.name.clone(), column.data_type));
    let scope = Scope { columns: columns.collect(), ..Scope::default() };
    let is_taken = headers.iter().flat_map(|header| &*header.names).any(|name| name.eq_ignore_ascii_case(BIRTH_YEAR))
        || contract.rows.derived.iter().any(|derived| derived.name == BIRTH_YEAR);
    let has_date = scope.columns.contains(&("birth_date".to_owned(), ColumnType::Date));
    let sql = "YEAR(birth_date)";
    if has_date
        && !is_taken
        && let Ok(value) = Expr::parse(sql, &scope)
    {
        contract.rows.derived.push(Derived {
            name: BIRTH_YEAR.to_owned(),
            value,
            sql: sql.to_owned(),
            description: None,
        });
    }
    contract
}
