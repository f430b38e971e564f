//! The log of the Lambda: each line one flat JSON object that names the function and the invocation.
//!
//! The ids are kept here and not in a span: a process has one invocation at a time, and worker threads, tasks left
//! running and panics are outside of any span.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::{Function, Invocation, InvocationIds};
use crate::visible::visible_lines;

/// Knows whose line it is that is written. Clones share what they know.
#[derive(Clone, Debug)]
pub struct LambdaLog {
    function: Arc<Function>,
    invocation: Arc<RwLock<Invocation>>,
}

impl LambdaLog {
    pub(super) fn new(function: Function) -> Self {
        Self { function: Arc::new(function), invocation: Arc::default() }
    }

    /// From here on, lines belong to this invocation.
    pub fn begin(&self, ids: InvocationIds) {
        self.update(|invocation| invocation.ids = ids);
    }

    /// From here on, lines belong to no invocation, and the next one finds the function warm.
    pub fn end(&self) {
        self.update(|invocation| *invocation = Invocation { cold_start: false, ids: InvocationIds::default() });
    }

    /// The function that writes.
    pub fn function(&self) -> &Function {
        &self.function
    }

    /// The invocation under way.
    pub fn invocation(&self) -> Invocation {
        self.invocation.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, change: impl FnOnce(&mut Invocation)) {
        change(&mut self.invocation.write().unwrap_or_else(PoisonError::into_inner));
    }
}

#[derive(Serialize)]
struct Line<'l> {
    timestamp: &'l str,
    level: &'static str,
    message: Value,
    #[serde(flatten)]
    keys: Map<String, Value>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl<S, N> FormatEvent<S, N> for LambdaLog
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let mut fields = fields_of(event)?;
        // Other people's events need not have a message; then the place that logged is all there is to say.
        let message = fields.remove("message").unwrap_or_else(|| event.metadata().name().into());
        let mut keys = object(&*self.function)?;
        keys.extend(object(&self.invocation())?);
        fields.retain(|name, _| !keys.contains_key(name) && name != "timestamp" && name != "level");
        let level = event.metadata().level().as_str();
        let line = Line { timestamp: &timestamp, level, message, keys, fields };
        // For whoever follows the log on a terminal.
        writeln!(writer, "{}", visible_lines(&serde_json::to_string(&line).map_err(|_| fmt::Error)?))
    }
}

fn fields_of(event: &Event<'_>) -> Result<Map<String, Value>, fmt::Error> {
    let mut json = String::new();
    JsonFields::new().format_fields(Writer::new(&mut json), event)?;
    serde_json::from_str(&json).map_err(|_| fmt::Error)
}

fn object(keys: &impl Serialize) -> Result<Map<String, Value>, fmt::Error> {
    match serde_json::to_value(keys) {
        Ok(Value::Object(keys)) => Ok(keys),
        _ => Err(fmt::Error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics here").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn log() -> LambdaLog {
        let variables = [("AWS_LAMBDA_FUNCTION_NAME", "clean"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")];
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        LambdaLog::new(Function::from_environment(&variables.collect()))
    }

    fn ids(request_id: &str) -> InvocationIds {
        InvocationIds { function_request_id: Some(request_id.to_owned()), ..InvocationIds::default() }
    }

    /// What is written while `work` logs.
    fn text(log: &LambdaLog, work: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt().event_format(log.clone()).with_writer(move || writer.clone());
        tracing::subscriber::with_default(subscriber.finish(), work);
        let bytes = written.0.lock().expect("nobody panics here").clone();
        String::from_utf8(bytes).expect("text")
    }

    /// The only line that `work` logs, without its time.
    fn line(log: &LambdaLog, work: impl FnOnce()) -> Value {
        let text = text(log, work);
        let mut line: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let timestamp = line["timestamp"].take();
        let timestamp = timestamp.as_str().expect("a time");
        assert!(timestamp.ends_with('Z') && timestamp.parse::<chrono::DateTime<chrono::Utc>>().is_ok(), "{timestamp}");
        line.as_object_mut().expect("an object").remove("timestamp");
        line
    }

    #[test]
    fn a_line_is_flat_and_names_function_and_invocation() {
        let log = log();
        log.begin(InvocationIds {
            function_arn: Some("arn".into()),
            function_request_id: Some("request".into()),
            xray_trace_id: Some("trace".into()),
            correlation_id: Some("raw_data/a \"b\".csv".into()),
        });
        let said = line(&log, || {
            let _span = tracing::error_span!("somewhere", inner = 1).entered();
            tracing::info!(rows = 3, ratio = 0.5, what = "line\nbreak", shown = %"text", "it ran");
        });
        let expected = json!({
            "level": "INFO", "message": "it ran", "service": "drivendata-transform", "cold_start": true,
            "function_name": "clean", "function_memory_size": 512, "function_arn": "arn",
            "function_request_id": "request", "xray_trace_id": "trace", "correlation_id": "raw_data/a \"b\".csv",
            "rows": 3, "ratio": 0.5, "what": "line\nbreak", "shown": "text",
        });
        assert_eq!(said, expected);
    }

    #[test]
    fn every_key_is_there_before_the_first_invocation() {
        let said = line(&log(), || tracing::error!("no start"));
        let expected = json!({
            "level": "ERROR", "message": "no start", "service": "drivendata-transform", "cold_start": true,
            "function_name": "clean", "function_memory_size": 512, "function_arn": null,
            "function_request_id": null, "xray_trace_id": null, "correlation_id": null,
        });
        assert_eq!(said, expected);
    }

    #[test]
    fn the_first_invocation_is_cold_and_no_other() {
        let log = log();
        let told = |log: &LambdaLog| {
            let line = line(log, || tracing::warn!("here"));
            (line["cold_start"].clone(), line["function_request_id"].clone())
        };
        assert_eq!(told(&log), (json!(true), json!(null)));
        log.begin(ids("a"));
        assert_eq!(told(&log), (json!(true), json!("a")));
        log.end();
        assert_eq!(told(&log), (json!(false), json!(null)));
        log.begin(ids("b"));
        assert_eq!(told(&log), (json!(false), json!("b")));
    }

    #[test]
    fn threads_of_the_invocation_name_it_too() {
        let log = log();
        let on_thread = log.clone();
        log.begin(ids("a"));
        let work = std::thread::spawn(move || line(&on_thread, || tracing::warn!("here")));
        assert_eq!(work.join().expect("a line")["function_request_id"], "a");
    }

    #[test]
    fn a_panic_is_a_line_that_names_the_invocation_and_the_place() {
        let log = log();
        log.begin(ids("a"));
        let place = std::panic::Location::caller();
        let said = line(&log, || crate::log::log_panic(Some(place)));
        assert_eq!((&said["message"], &said["error_type"]), (&json!("panicked"), &json!("Internal")));
        assert_eq!((&said["place"], &said["function_request_id"]), (&json!(place.to_string()), &json!("a")));
    }

    #[test]
    fn a_line_says_the_same_without_what_a_terminal_obeys() {
        let key = "raw_data/\u{9b}2J\u{202e}vsc.csv";
        let text = text(&log(), || tracing::info!(key, "said"));
        assert!(text.contains(r"raw_data/\u009b2J\u202evsc.csv"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON")["key"], key);
    }

    #[test]
    fn no_key_comes_twice_and_ours_stand() {
        let said = text(&log(), || tracing::info!(service = "theirs", level = 7, timestamp = "now", "said"));
        for key in ["service", "level", "timestamp"] {
            assert_eq!(said.matches(&format!("\"{key}\":")).count(), 1, "{said}");
        }
        assert!(said.contains(r#""level":"INFO""#) && said.contains(r#""service":"drivendata-transform""#), "{said}");
    }

    #[test]
    fn an_event_without_a_message_says_where_it_comes_from() {
        let said = line(&log(), || tracing::info!(rows = 1));
        assert!(said["message"].as_str().is_some_and(|message| message.contains(file!())), "{said}");
    }
}
