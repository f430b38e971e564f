//! The Lambda function: logs, settings, the lake, serve, metrics. It decides nothing.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use drivendata_transform::config::{Config, RawSettings};
use drivendata_transform::day::{Outcome, Runner};
use drivendata_transform::engine::Progress;
use drivendata_transform::error::{Error, Result};
use drivendata_transform::handler::{Handler, Reply, catch_panic};
use drivendata_transform::host::Host;
use drivendata_transform::lake;
use drivendata_transform::lake::ContractFile;
use drivendata_transform::log::{self, InvocationIds, LambdaLog};
use drivendata_transform::metrics::{self, Circumstances};
use drivendata_transform::store::{ObjectVersion, Store};
use drivendata_transform::trigger::event;
use drivendata_transform::trigger::window::BatchDate;
use drivendata_transform::visible::visible_lines;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::sync::RwLock;

#[tokio::main]
async fn main() -> std::result::Result<(), lambda_runtime::Error> {
    log::hide_panic_messages();
    let (log, function) = start().await;
    let (log, function) = (&log, function.as_ref());
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        log.begin(ids(&event));
        let answer = answer(function, event).await;
        log.end();
        answer
    }))
    .await
}

/// The answer to one event. A start that failed is the answer to each: with its type, and never as a success.
async fn answer(function: Result<&Function, &Error>, event: LambdaEvent<Value>) -> Result<Reply, Diagnostic> {
    let function = function.map_err(failed)?;
    catch_panic(function.handle(event)).await.map_err(|error| failed(&error))
}

/// Logs why an invocation failed, and says it as Lambda wants it.
fn failed(error: &Error) -> Diagnostic {
    tracing::error!(error_type = %error.kind(), %error, "invocation failed");
    Diagnostic { error_type: error.kind().as_str().to_owned(), error_message: error.to_string() }
}

/// What log lines and metrics tell an invocation by.
fn ids(event: &LambdaEvent<Value>) -> InvocationIds {
    let context = &event.context;
    let correlation_id = event::correlation_id(&event.payload).unwrap_or_else(|| context.request_id.clone());
    InvocationIds {
        function_arn: Some(context.invoked_function_arn.clone()),
        function_request_id: Some(context.request_id.clone()),
        xray_trace_id: context.xray_trace_id.as_deref().and_then(log::trace_root).map(str::to_owned),
        correlation_id: Some(correlation_id),
    }
}

/// Serves events. It is rebuilt when the contract has changed.
struct Function {
    raw: RawSettings,
    contract: ContractFile,
    store: Arc<dyn Store>,
    log: LambdaLog,
    current: RwLock<Arc<Current>>,
}

/// Serves events under one version of the contract.
struct Current {
    contract_version: Option<ObjectVersion>,
    handler: Handler,
    deadline_margin: Duration,
}

#[expect(clippy::disallowed_methods, reason = "this program reads the environment, for the library")]
async fn start() -> (LambdaLog, Result<Function>) {
    // Not all that others set is text; what is no text is no setting of ours either.
    let text = |(name, value): (OsString, OsString)| (lossy(name), lossy(value));
    let variables: BTreeMap<String, String> = std::env::vars_os().map(text).collect();
    let identity = log::Function::from_environment(&variables);
    let raw = RawSettings::from_environment(variables);
    let ignored = raw.as_ref().map_or(String::new(), |raw| raw.ignored().join(" "));
    let level = raw.as_ref().ok().and_then(|raw| raw.log_level().ok()).unwrap_or(tracing::Level::INFO);
    let log = log::to_json(level, identity);
    tracing::debug!(variables = ignored, "variables that are no settings");
    let function = match raw {
        Ok(raw) => begin(raw, log.clone()).await,
        Err(error) => Err(error),
    };
    let function =
        function.inspect_err(|error| tracing::error!(error_type = %error.kind(), %error, "the function cannot start"));
    (log, function)
}

fn lossy(text: OsString) -> String {
    text.to_string_lossy().into_owned()
}

async fn begin(raw: RawSettings, log: LambdaLog) -> Result<Function> {
    let contract = ContractFile::of(&raw).await?;
    let (source, version) = contract.read().await?;
    let config = Config::with_contract(&raw, &source)?;
    let store = lake::open(&config).await?;
    let current = RwLock::new(Arc::new(Current::new(config, version, &store, &log)?));
    Ok(Function { raw, contract, store, log, current })
}

impl Current {
    fn new(config: Config, version: Option<ObjectVersion>, store: &Arc<dyn Store>, log: &LambdaLog) -> Result<Self> {
        let deadline_margin = config.limits.deadline_margin;
        let (host, log) = (Host::this(), log.clone());
        let print = move |run_date, outcome: &Result<Outcome>| print_metrics(&log, &host, run_date, outcome);
        let handler = Handler::new(Runner::new(Arc::clone(store), config, host)?).observed_by(print);
        Ok(Self { contract_version: version, handler, deadline_margin })
    }
}

impl Function {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Reply> {
        let current = self.current().await?;
        let (payload, context) = event.into_parts();
        let deadline = real_deadline(context.deadline())
            .map(|deadline| Instant::now() + left(deadline).saturating_sub(current.deadline_margin));
        current.handler.handle(payload, deadline, &Arc::new(Progress::default())).await
    }

    /// What serves the event: by the contract as it is now.
    async fn current(&self) -> Result<Arc<Current>> {
        let current = Arc::clone(&*self.current.read().await);
        if !self.contract.has_changed(current.contract_version.as_ref()).await? {
            return Ok(current);
        }
        let (source, version) = self.contract.read().await?;
        let config = Config::with_contract(&self.raw, &source)?;
        let changed = Arc::new(Current::new(config, version, &self.store, &self.log)?);
        tracing::info!(contract = source.place, sha256 = source.sha256(), "the contract has changed");
        *self.current.write().await = Arc::clone(&changed);
        Ok(changed)
    }
}

/// `cargo lambda watch` sends the ten minutes it grants as a moment of 1970; that is no deadline.
fn real_deadline(deadline: SystemTime) -> Option<SystemTime> {
    const SINCE_1970_MIN: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    (deadline >= SystemTime::UNIX_EPOCH + SINCE_1970_MIN).then_some(deadline)
}

/// Prints what CloudWatch makes metrics of, in one write, as log lines are written: so none of them is torn.
fn print_metrics(log: &LambdaLog, host: &Host, run_date: BatchDate, outcome: &Result<Outcome>) {
    let circumstances = Circumstances {
        function: log.function(),
        invocation: &log.invocation(),
        now: (host.now)(),
        peak_memory_bytes: (host.peak_memory_bytes)(),
    };
    let line = metrics::of_run(run_date, outcome, &circumstances).to_string();
    let line = visible_lines(&line);
    // There is nobody to tell that standard output is closed.
    let _ = std::io::stdout().write_all(format!("{line}\n").as_bytes());
}

/// Time until a moment of the wall clock.
fn left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_after_1970_are_no_deadline_and_any_moment_of_today_is_one() {
        let now = SystemTime::now();
        assert_eq!(real_deadline(SystemTime::UNIX_EPOCH + Duration::from_secs(600)), None);
        assert_eq!(real_deadline(now), Some(now));
    }
}
