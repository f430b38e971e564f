//! Logs: one JSON object a line, in the keys dashboards know, never with the content of a cell.

mod keys;
mod lambda;

use std::fmt::Write;
use std::panic::Location;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::debug_fn;

pub use self::keys::{Function, Invocation, InvocationIds, trace_root};
pub use self::lambda::LambdaLog;
use crate::visible::Visible;

/// Logs this program at `level` and everything below it only when it warns, as JSON on standard output.
///
/// Each line is one write under the lock of standard output, so lines of others are never torn if they do the same.
pub fn to_json(level: tracing::Level, function: Function) -> LambdaLog {
    let log = LambdaLog::new(function);
    tracing_subscriber::fmt()
        // The subscriber would report a closed pipe on standard error, and panic if that is closed too.
        .log_internal_errors(false)
        .event_format(log.clone())
        .with_env_filter(filter(level))
        .init();
    log
}

/// The same for people, on standard error.
pub fn to_text(level: tracing::Level) {
    let fields = debug_fn(|writer, field, value| match field.name() {
        "message" => write!(Visible(writer), "{value:?}"),
        name => write!(Visible(writer), "{name}={value:?}"),
    });
    tracing_subscriber::fmt()
        .with_target(false)
        .without_time()
        // A line feed in the key of an object begins no line of the log.
        .fmt_fields(fields.delimited(" "))
        .with_writer(std::io::stderr)
        .with_env_filter(filter(level))
        // The subscriber would report a closed pipe on standard error, and panic if that is closed too.
        .log_internal_errors(false)
        .init();
}

fn filter(level: tracing::Level) -> EnvFilter {
    // The Lambda runtime repeats every error it is handed, without the request it belongs to.
    EnvFilter::new(format!("warn,lambda_runtime::layers::panic=off,{}={level}", env!("CARGO_CRATE_NAME")))
}

/// Reports where a panic happened, but not its message, which may quote what was being read.
pub fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|panic| log_panic(panic.location())));
}

fn log_panic(place: Option<&Location>) {
    let place = place.map(ToString::to_string).unwrap_or_default();
    tracing::error!(error_type = "Internal", place, "panicked");
}
