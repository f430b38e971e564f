//! What the function writes to standard output: log lines and metrics, each held to its form by whoever reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

/// What every log line has, null where there is nothing to say.
const LOG_KEYS: [&str; 11] = [
    "timestamp",
    "level",
    "message",
    "service",
    "cold_start",
    "function_name",
    "function_memory_size",
    "function_arn",
    "function_request_id",
    "xray_trace_id",
    "correlation_id",
];

/// Units that CloudWatch knows, as far as ours go.
const UNITS: [&str; 4] = ["Count", "Seconds", "Bytes", "Milliseconds"];

/// Metrics in one directive, and characters in a name, that CloudWatch takes at the most.
const METRICS_MAX: usize = 100;
const NAME_CHARACTERS_MAX: usize = 1024;

/// Everything a function wrote, line by line.
#[derive(Debug)]
pub(super) struct Output {
    /// The log.
    pub(super) log: Vec<Value>,
    /// Lines of the embedded metric format.
    pub(super) metrics: Vec<Value>,
}

impl Output {
    /// Takes standard output apart; a line that is neither a good log line nor good metrics fails the test.
    pub(super) fn of(written: &str) -> Self {
        let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let (metrics, log): (Vec<Value>, Vec<Value>) =
            written.lines().map(parse).partition(|line| line.get("_aws").is_some());
        log.iter().for_each(assert_log_line);
        metrics.iter().for_each(assert_metrics);
        Self { log, metrics }
    }

    /// Level and message of each log line, by request; an empty one stands for none.
    pub(super) fn by_request(&self) -> BTreeMap<String, Vec<(String, String)>> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.log.iter().fold(BTreeMap::new(), |mut requests, line| {
            let said = (text(&line["level"]), text(&line["message"]));
            requests.entry(text(&line["function_request_id"])).or_insert_with(Vec::new).push(said);
            requests
        })
    }
}

fn assert_log_line(line: &Value) {
    let keys = line.as_object().unwrap_or_else(|| panic!("no object: {line}"));
    for key in LOG_KEYS {
        assert!(keys.contains_key(key), "no {key}: {line}");
    }
    let text = |key: &str| line[key].as_str().unwrap_or_else(|| panic!("{key} is no text: {line}"));
    assert!(["ERROR", "WARN", "INFO", "DEBUG"].contains(&text("level")), "{line}");
    assert!(!text("message").is_empty() && !text("service").is_empty(), "{line}");
    let timestamp = text("timestamp");
    assert!(chrono::DateTime::parse_from_rfc3339(timestamp).is_ok() && timestamp.ends_with('Z'), "{line}");
    assert!(line["cold_start"].is_boolean() && line["function_memory_size"].is_u64(), "{line}");
    assert!(!keys.values().any(Value::is_object), "not flat: {line}");
}

/// The rules of the embedded metric format's specification.
fn assert_metrics(line: &Value) {
    let names = |object: &Value| -> BTreeSet<String> {
        object.as_object().map(Map::keys).unwrap_or_else(|| panic!("no object: {line}")).cloned().collect()
    };
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<String>>();
    let metadata = &line["_aws"];
    assert_eq!(names(metadata), set(&["CloudWatchMetrics", "Timestamp"]), "nothing else may be there: {line}");
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + timestamp(line)).unwrap_or_default();
    assert!(age < Duration::from_secs(24 * 3600), "in milliseconds, and of today: {line}");

    let directives = metadata["CloudWatchMetrics"].as_array().expect("directives");
    assert_eq!(directives.len(), 1, "{line}");
    let directive = &directives[0];
    assert_eq!(names(directive), set(&["Dimensions", "Metrics", "Namespace"]), "nothing else may be there: {line}");
    assert_name(&directive["Namespace"]);
    assert_eq!(directive["Dimensions"], serde_json::json!([["service"]]));
    assert_name(&line["service"]);

    let metrics = directive["Metrics"].as_array().expect("metrics");
    assert!((1..=METRICS_MAX).contains(&metrics.len()), "{line}");
    for metric in metrics {
        assert_eq!(names(metric), set(&["Name", "Unit"]), "{line}");
        assert_name(&metric["Name"]);
        assert!(UNITS.map(Value::from).contains(&metric["Unit"]), "{line}");
        let value = &line[metric["Name"].as_str().expect("a name")];
        assert!(value.as_f64().is_some_and(|value| value >= 0.0), "{metric} is no number: {line}");
    }
    let defined: BTreeSet<Option<&str>> = metrics.iter().map(|metric| metric["Name"].as_str()).collect();
    assert_eq!(defined.len(), metrics.len(), "each once: {line}");
}

fn timestamp(line: &Value) -> Duration {
    Duration::from_millis(line["_aws"]["Timestamp"].as_u64().unwrap_or_else(|| panic!("no whole number: {line}")))
}

fn assert_name(name: &Value) {
    let name = name.as_str().unwrap_or_else(|| panic!("no text: {name}"));
    assert!((1..=NAME_CHARACTERS_MAX).contains(&name.len()) && name.is_ascii(), "{name}");
}
