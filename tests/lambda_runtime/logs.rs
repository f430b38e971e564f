//! The keys of log lines: whose line it is, in which invocation, and what caused that.

use serde_json::{Value, json};

use super::output::Output;
use super::runtime_api::{FUNCTION_ARN, LambdaFunction};
use super::{Deployment, event};

/// What `sam local` adds to a function's environment, or names otherwise than Lambda, and two names of our own.
const SAM_LOCAL: &[(&str, &str)] = &[
    ("AWS_ACCOUNT_ID", "123456789012"),
    ("AWS_LAMBDA_FUNCTION_HANDLER", "bootstrap"),
    ("AWS_LAMBDA_FUNCTION_TIMEOUT", "900"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "$LATEST"),
    ("AWS_LAMBDA_RUNTIME_LOAD_TIME", "1726376531000"),
    ("AWS_SAM_LOCAL", "true"),
    ("HOME", "/root"),
    ("HOSTNAME", "0123456789ab"),
    ("POWERTOOLS_SERVICE_NAME", "clean"),
    ("POWERTOOLS_METRICS_NAMESPACE", "Lake"),
    ("_X_AMZN_TRACE_ID", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"),
];

/// A line without what each has of its own.
fn keys(line: &Value) -> Value {
    let mut line = line.clone();
    for own in ["timestamp", "duration_ms"] {
        line.as_object_mut().expect("an object").remove(own);
    }
    line
}

#[tokio::test]
async fn a_line_names_the_function_the_invocation_and_its_cause() {
    let lambda = Deployment::start(&[]).await;
    let first = lambda.function.invoke(&event("own_output")).await.request_id;
    let second = lambda.function.invoke(&event("s3_test_event")).await.request_id;
    let (written, _) = lambda.function.stop();
    let of_both = |cold_start: bool, request_id: &str, correlation_id: &str, what: &str, why: &str| {
        json!({
            "level": "INFO", "message": "ignored", "service": "drivendata-transform", "cold_start": cold_start,
            "function_name": "drivendata-transform", "function_memory_size": 1024, "function_arn": FUNCTION_ARN,
            "function_request_id": request_id, "xray_trace_id": "1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "correlation_id": correlation_id, "what": what, "why": why,
        })
    };
    let own_key = "transformed_data/filtered/csv/run_date=2024-09-15/filtered.csv";
    let expected = [
        of_both(true, &first, own_key, own_key, "under the output prefix"),
        of_both(false, &second, &second, "s3:TestEvent", "a test event"),
    ];
    assert_eq!(Output::of(&written).log.iter().map(keys).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_start_that_fails_names_the_function_but_no_invocation() {
    let function = LambdaFunction::start(&[("WINDOW_DAY", "3")]).await;
    let schedule = event("schedule");
    function.invoke(&schedule).await;
    let (written, _) = function.stop();
    let log = Output::of(&written).log;
    let [start, invocation] = &log[..] else { panic!("{written}") };
    for key in ["function_arn", "function_request_id", "xray_trace_id", "correlation_id"] {
        assert_eq!(start[key], Value::Null);
    }
    assert_eq!((&start["function_name"], &start["cold_start"]), (&json!("drivendata-transform"), &json!(true)));
    assert_eq!((&invocation["correlation_id"], &invocation["cold_start"]), (&schedule["id"], &json!(true)));
}

#[tokio::test]
async fn an_event_that_is_not_understood_is_a_line_like_any_other() {
    let lambda = Deployment::start(&[]).await;
    let request_id = lambda.function.invoke(&json!({"detail-type": "Scheduled Event", "id": 7})).await.request_id;
    let not_json = lambda.function.invoke_text("{\"date\": ").await;
    assert_eq!(not_json.outcome, "error", "{not_json:?}");
    let (written, errors) = lambda.function.stop();
    assert_eq!(errors, "");
    let log = Output::of(&written).log;
    assert_eq!(log[0]["message"], "invocation failed");
    assert_eq!((&log[0]["function_request_id"], &log[0]["correlation_id"]), (&json!(request_id), &json!(request_id)));
    assert_eq!(log.len(), 2, "the second is the runtime's: {written}");
    assert_eq!(log[1]["function_request_id"], Value::Null, "the invocation before has ended: {written}");
}

#[tokio::test]
async fn the_environment_of_sam_local_starts_the_function_under_the_names_given() {
    let lambda = Deployment::start(SAM_LOCAL).await;
    lambda.put_batch();
    lambda.function.invoke(&event("put")).await.reply();
    let (written, _) = lambda.function.stop();
    let Output { log, metrics } = Output::of(&written);
    assert_eq!(log[0]["service"], "clean");
    assert_eq!(metrics[0]["service"], "clean");
    assert_eq!(metrics[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Lake");
}

#[tokio::test]
async fn variables_of_others_and_empty_ones_stop_no_start_and_the_former_are_named_for_who_looks() {
    let others =
        [("EDGE_PORT", "secret"), ("LOCALSTACK_HOSTNAME", "secret"), ("DD_LOG_LEVEL", "secret"), ("EDITOR", "secret")];
    let empty = [("MASKING", ""), ("MAX_REJECTED_RATIO", ""), ("ACCESSED_TO", ""), ("THREADS", "")];
    for level in ["info", "debug"] {
        let lambda = Deployment::start(&[&others[..], &empty[..], &[("LOG_LEVEL", level)]].concat()).await;
        lambda.put_batch();
        let reply = lambda.function.invoke(&event("put")).await.reply();
        assert_eq!(reply["runs"][0]["status"], "published", "{reply}");
        let manifest: Value =
            serde_json::from_str(&lambda.output("runs/run_date=2024-09-15/manifest.json")).expect("JSON");
        assert_eq!(manifest["settings"]["parameters"]["accessed_to"], "2024-12-31", "an empty variable opens nothing");
        let (written, _) = lambda.function.stop();
        assert!(!written.contains("secret\""), "{written}");
        let line =
            Output::of(&written).log.into_iter().find(|line| line["message"] == "variables that are no settings");
        assert_eq!(line.is_some(), level == "debug", "{written}");
        if let Some(line) = line {
            let named: Vec<&str> = line["variables"].as_str().expect("names").split(' ').collect();
            assert!(others.iter().all(|(name, _)| named.contains(name)), "{line}");
            assert!(!named.contains(&"LAKE") && !named.contains(&"THREADS"), "{line}");
        }
    }
}
