//! Logs: one JSON object a line, in the keys dashboards know, never with the content of a cell.

use tracing_subscriber::EnvFilter;

/// Logs this program at `level` and everything below it only when it warns, as JSON on standard output.
pub fn to_json(level: tracing::Level) {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter(level))
        // The subscriber would report a closed pipe on standard error, and panic if that is closed too.
        .log_internal_errors(false)
        .init();
}

/// The same for people, on standard error.
pub fn to_text(level: tracing::Level) {
    tracing_subscriber::fmt()
        .with_target(false)
        .without_time()
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
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(error_type = "Internal", place, "panicked");
    }));
}
