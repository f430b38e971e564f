//! Logs: one JSON object a line, in the keys dashboards know, never with the content of a cell.

mod keys;
mod lambda;

use std::fmt::Write;
use std::panic::Location;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

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
        .with_max_level(LevelFilter::TRACE)
        .finish()
        .with(filter(level))
        .init();
    log
}

/// The same for people, on standard error.
pub fn to_text(level: tracing::Level) {
    tracing_subscriber::fmt()
        .with_target(false)
        .without_time()
        .fmt_fields(visible_fields())
        .with_writer(std::io::stderr)
        .with_max_level(LevelFilter::TRACE)
        // The subscriber would report a closed pipe on standard error, and panic if that is closed too.
        .log_internal_errors(false)
        .finish()
        .with(filter(level))
        .init();
}

/// A line feed in the key of an object begins no line of the log.
fn visible_fields() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    debug_fn(|writer, field, value| match field.name() {
        "message" => write!(Visible(writer), "{value:?}"),
        name => write!(Visible(writer), "{name}={value:?}"),
    })
    .delimited(" ")
}

fn filter(level: tracing::Level) -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        // The Lambda runtime repeats every error it is handed, without the request it belongs to.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_target(env!("CARGO_CRATE_NAME"), level)
}

/// Reports where a panic happened, but not its message, which may quote what was being read.
pub fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|panic| log_panic(panic.location())));
}

fn log_panic(place: Option<&Location>) {
    let place = place.map(ToString::to_string).unwrap_or_default();
    tracing::error!(error_type = "Internal", place, "panicked");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_line_for_people_is_one_line_whatever_a_key_holds() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&written);
        let subscriber = tracing_subscriber::fmt()
            .with_target(false)
            .without_time()
            .with_ansi(false)
            .fmt_fields(visible_fields())
            .with_writer(move || Buffer(Arc::clone(&writer)));
        let key = "a\n ERROR b\u{1b}c\u{202e}";
        tracing::subscriber::with_default(subscriber.finish(), || {
            tracing::warn!(key, shown = %key, rows = 3, "read {key}");
        });
        let text = String::from_utf8(written.lock().expect("nobody panics here").clone()).expect("UTF-8");
        let shown = r"a\n ERROR b\u001bc\u202e";
        assert_eq!(text, format!(" WARN read {shown} key={key:?} shown={shown} rows=3\n"));
    }

    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics here").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
