//! The Lambda function: logging, settings, the lake, serve. It decides nothing.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use drivendata_transform::config::{Config, RawSettings};
use drivendata_transform::engine::Progress;
use drivendata_transform::error::{Error, Result};
use drivendata_transform::handler::{Handler, Reply};
use drivendata_transform::host::Host;
use drivendata_transform::run::Runner;
use drivendata_transform::{lake, log};
use futures_util::FutureExt;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::Instrument;

#[tokio::main]
async fn main() -> std::result::Result<(), lambda_runtime::Error> {
    log::hide_panic_messages();
    let started = start().await;
    let started = started.as_ref();
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        // Of the highest level: a span that the log's level leaves out would take the request's id with it.
        let span = tracing::error_span!("invocation", function_request_id = event.context.request_id);
        answer(started, event).instrument(span)
    }))
    .await
}

/// The answer to one event. A start that failed is the answer to each: with its type, and never as a success.
async fn answer(started: Result<&Function, &Error>, event: LambdaEvent<Value>) -> Result<Reply, Diagnostic> {
    let function = started.map_err(failed)?;
    catch_panic(function.handle(event)).await.map_err(|error| failed(&error))
}

/// Logs why an invocation failed, and says it as Lambda wants it.
fn failed(error: &Error) -> Diagnostic {
    tracing::error!(error_type = %error.kind(), %error, "invocation failed");
    Diagnostic { error_type: error.kind().as_str().to_owned(), error_message: error.to_string() }
}

/// Makes a panic an error. Left to the runtime, its message would be the answer, and it may quote what was being read.
async fn catch_panic<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let panicked = |_| Err(Error::internal("the function panicked; its log says where"));
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(panicked)
}

struct Function {
    handler: Handler,
    deadline_margin: Duration,
}

#[expect(clippy::disallowed_methods, reason = "this program reads the environment, for the library")]
async fn start() -> Result<Function> {
    let config = RawSettings::from_environment(std::env::vars()).and_then(|raw| Config::from_raw(&raw));
    log::to_json(config.as_ref().map_or(tracing::Level::INFO, |config| config.log_level));
    let started = match config {
        Ok(config) => begin(config).await,
        Err(error) => Err(error),
    };
    started.inspect_err(|error| tracing::error!(error_type = %error.kind(), %error, "the function cannot start"))
}

async fn begin(config: Config) -> Result<Function> {
    let deadline_margin = config.limits.deadline_margin;
    let store = lake::open(&config).await?;
    let handler = Handler::new(Runner::new(store, config, Host::this())?);
    Ok(Function { handler, deadline_margin })
}

impl Function {
    async fn handle(&self, event: LambdaEvent<Value>) -> Result<Reply> {
        let (payload, context) = event.into_parts();
        let deadline = Instant::now() + left(context.deadline()).saturating_sub(self.deadline_margin);
        self.handler.handle(payload, Some(deadline), &Arc::new(Progress::default())).await
    }
}

/// Time until a moment of the wall clock.
fn left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use drivendata_transform::error::ErrorKind;

    #[tokio::test]
    async fn a_panic_is_an_internal_error_without_its_message() {
        let error = catch_panic::<()>(async { panic!("a cell") }).await.expect_err("a panic");
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.to_string(), "the function panicked; its log says where");
    }
}
