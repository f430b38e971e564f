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
use std::time::Instant;

use serde::{Serialize, Serializer};

use crate::contract::{ColumnType, Contract, Derived};
use crate::engine::{self, Plan, Progress, Selected};
use crate::error::{Error, Result};
use crate::expr::{Expr, Scope};
use crate::manifest::{Figures, InputEntry, LeftOutEntry, RejectedEntry};
use crate::read::header::Header;
use crate::rows::Rules;
use crate::run::{Inputs, Runner, Window, in_time};
use crate::window::BatchDate;
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

impl Runner {
    /// Looks at all cleaned rows of the window that ends at `run_date`.
    pub async fn analyze(
        &self,
        run_date: BatchDate,
        options: AnalysisOptions,
        progress: &Arc<Progress>,
    ) -> Result<Analysis> {
        let deadline = self.deadline();
        let mut left_out = Vec::new();
        loop {
            let window = in_time(deadline, "the inputs were listed", self.window(run_date)).await?;
            match self.analyze_without(&left_out, &window, options.clone(), deadline, progress).await {
                // Bounded: each time there is one object less to read.
                Err(error) if left_out.len() < window.objects.len() => {
                    left_out.push(self.leave_out(error, &window)?);
                }
                outcome => return outcome,
            }
        }
    }

    async fn analyze_without(
        &self,
        left_out: &[LeftOutEntry],
        window: &Window,
        options: AnalysisOptions,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
    ) -> Result<Analysis> {
        let reading = async {
            let mut inputs = self.usable(window, left_out).await?;
            let contract = of_analysis(&self.config().rules.contract, &inputs.headers);
            let rules = Rules::compile(Arc::new(contract), self.config().rules.null_markers.clone())?;
            let plan = self.plan(&mut inputs, window.run_date(), rules).await?;
            Ok((inputs, plan))
        };
        let (inputs, plan) = in_time(deadline, "the headers were read", reading).await?;
        progress.begin(engine::passes(&plan) * inputs.objects.iter().map(|object| object.bytes).sum::<u64>());

        let watch = Arc::new(self.watch(&plan, deadline, progress));
        let engine_inputs = self.engine_inputs(&plan, &inputs.objects);
        let workers = self.workers();
        let days =
            Days { run_date: window.run_date(), window: window.days.clone(), missing: window.missing_days.clone() };
        let work = move || {
            let export = options.export.map(|target| Export::begin(&target, &plan));
            let mut sink = AnalysisSink::new(&plan, options.first_rows, export.transpose()?);
            let selected = engine::feed(&plan, engine_inputs, &mut [Box::new(&mut sink)], &workers, &watch)?;
            workers.install(|| conclude(days, inputs, &plan, selected, sink))
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| Error::internal("the analysis panicked"))?
    }
}

/// The days of an analysis.
struct Days {
    run_date: BatchDate,
    window: Vec<BatchDate>,
    missing: Vec<BatchDate>,
}

/// Puts the figures together.
fn conclude(
    days: Days,
    inputs: Inputs,
    plan: &Plan,
    Selected { tally, .. }: Selected,
    sink: AnalysisSink,
) -> Result<Analysis> {
    let AnalysisSink { first_rows, summaries, traffic, calendar, export, .. } = sink;
    let Figures { balance, rejected, .. } = Figures::of(&tally, &plan.rules.contract);
    let left_out_days = inputs.left_out_days();
    let read = inputs.objects.into_iter().zip(&tally.inputs);
    let describe: Vec<ColumnDescription> = summaries.into_iter().map(|summary| summary.finish()).collect();
    let sessions_per_day = calendar.sessions_per_day.into_iter();
    let birth_years = calendar.birth_years.into_iter();
    Ok(Analysis {
        run_date: days.run_date,
        window: days.window,
        missing_days: days.missing,
        inputs: read.map(|(version, input)| InputEntry { version, rows: input.balance.read }).collect(),
        left_out: inputs.left_out,
        left_out_days,
        balance: AnalysisBalance {
            read: balance.read,
            rows: balance.written,
            duplicates: balance.duplicates,
            rejected: balance.rejected,
        },
        rejected,
        schema: schema(plan),
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
