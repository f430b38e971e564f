//! What Lambda is told when an event fails: a stable type, and a message for whoever must act.

use serde_json::json;

use super::output::Output;
use super::runtime_api::LambdaFunction;
use super::{BATCH_KEY, BUCKET, Deployment, event};
use crate::common::batches::{batch, row};
use strict_s3::Fault;

#[tokio::test]
async fn an_unusable_batch_is_the_senders_error_and_the_function_goes_on_serving() {
    let lambda = Deployment::start(&[]).await;
    lambda.put(BATCH_KEY, b"");
    let answer = lambda.function.invoke(&event("put")).await;
    assert_eq!(answer.outcome, "error");
    assert_eq!(
        answer.text,
        r#"{"errorType":"InvalidInput","errorMessage":"run of 2024-09-15 failed: raw_data/batch_2024-09-15.csv: no header: the object is empty (a batch without rows still has its header line)"}"#
    );
    // How the runtime marks every error; Lambda takes the type from the body.
    assert_eq!(answer.error_type_header, "unhandled");
    assert_eq!(lambda.published(), [""; 0]);
    assert_eq!(lambda.s3.direct().uploads_count(), 0);

    lambda.put_batch();
    let reply = lambda.function.invoke(&event("put")).await.reply();
    assert_eq!(reply["runs"][0]["status"], "published");
}

#[tokio::test]
async fn an_event_that_is_none_of_ours_is_the_senders_error() {
    let lambda = Deployment::start(&[]).await;
    for payload in [json!(null), json!("text"), json!({"Records": []}), json!({"date": "yesterday"})] {
        let (error_type, message) = lambda.function.invoke(&payload).await.error();
        assert_eq!(error_type, "InvalidInput", "{payload}: {message}");
    }
}

#[tokio::test]
async fn settings_that_cannot_be_used_fail_every_invocation_and_are_named() {
    let cases = [
        (("WINDOW_DAY", "3"), "unknown setting WINDOW_DAY; did you mean WINDOW_DAYS?"),
        (("WINDOW_DAYS", "x"), r#"setting WINDOW_DAYS cannot be "x"; expected: days, 1 to 366"#),
        (("WINDOW_DAYS", "0"), r#"setting WINDOW_DAYS cannot be "0"; expected: days, 1 to 366"#),
        (("LAKE", ""), "setting LAKE is missing"),
        (("LAKE", "/nowhere"), "/nowhere"),
    ];
    for ((name, value), expected) in cases {
        let function = LambdaFunction::start(&[("LAKE", "s3://lake"), (name, value)]).await;
        for name in ["put", "s3_test_event"] {
            let (error_type, message) = function.invoke(&event(name)).await.error();
            assert_eq!(error_type, "Configuration", "{message}");
            assert!(message.contains(expected), "{message}");
        }
    }
}

#[tokio::test]
async fn a_bucket_that_is_missing_is_the_operators_error() {
    let lambda = Deployment::start(&[("LAKE", "s3://nowhere")]).await;
    let (error_type, message) = lambda.function.invoke(&json!({"date": "2024-09-15"})).await.error();
    assert_eq!(error_type, "Configuration", "{message}");
    assert!(message.contains("NoSuchBucket"), "{message}");
}

/// With an answer that the SDK does not ask for again, so that nobody waits for its patience to end.
#[tokio::test]
async fn a_storage_that_fails_is_told_as_such_and_the_next_event_finds_it_well() {
    let lambda = Deployment::start(&[]).await;
    lambda.put_batch();
    for operation in ["ListObjectsV2", "CreateMultipartUpload", "UploadPart"] {
        lambda.s3.faults().plan(move |call| match call.operation {
            called if called == operation => Fault::ConflictBefore,
            _ => Fault::None,
        });
        let (error_type, message) = lambda.function.invoke(&event("put")).await.error();
        assert_eq!(error_type, "Storage", "{operation}: {message}");
        assert_eq!(lambda.published(), [""; 0], "{operation}");
        assert_eq!(lambda.s3.direct().uploads_count(), 0, "{operation}");
    }
    lambda.s3.faults().clear();
    let reply = lambda.function.invoke(&event("put")).await.reply();
    assert_eq!(reply["runs"][0]["status"], "published");
}

#[tokio::test]
async fn a_run_may_use_the_memory_that_lambda_grants_and_not_more() {
    let granted = ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "16");
    let lambda = Deployment::start(&[granted]).await;
    lambda.put_batch();
    let (error_type, message) = lambda.function.invoke(&event("put")).await.error();
    assert_eq!(error_type, "TooLarge", "{message}");
    assert!(message.ends_with("16 MiB are granted"), "{message}");
    assert_eq!(lambda.s3.direct().uploads_count(), 0);

    let lambda = Deployment::start(&[granted, ("MEMORY_LIMIT_MB", "1024")]).await;
    lambda.put_batch();
    let reply = lambda.function.invoke(&event("put")).await.reply();
    assert_eq!(reply["runs"][0]["status"], "published", "what the operator typed stands");
}

#[tokio::test]
async fn a_failed_run_leaves_the_day_as_it_was() {
    let lambda = Deployment::start(&[]).await;
    lambda.put_batch();
    lambda.function.invoke(&event("put")).await.reply();
    let etags = || lambda.published().iter().map(|key| lambda.s3.direct().etag(BUCKET, key)).collect::<Vec<_>>();
    let before = etags();
    lambda.put(BATCH_KEY, &batch(&[row("Ana", 1), "too,short".to_owned()]));
    let (error_type, message) = lambda.function.invoke(&event("put")).await.error();
    assert_eq!(error_type, "InvalidInput");
    assert!(message.contains("1 of 2 rows are rejected"), "{message}");
    assert_eq!(etags(), before);
}

#[tokio::test]
async fn a_day_that_failed_for_good_fails_one_tick_and_then_waits_until_it_is_mended() {
    let lambda = Deployment::start(&[]).await;
    lambda.put("raw_data/batch_2024-09-14.csv", &batch(&[row("Ana", 1)]));
    lambda.put(BATCH_KEY, b"");
    let (error_type, message) = lambda.function.invoke(&event("schedule")).await.error();
    assert_eq!(error_type, "InvalidInput", "{message}");
    let note = "transformed_data/state/run_date=2024-09-15/failed.json";
    assert!(lambda.s3.direct().keys(BUCKET).iter().any(|key| key == note));

    let reply = lambda.function.invoke(&event("schedule")).await.reply();
    let statuses: Vec<_> = [0, 1].map(|run| reply["runs"][run]["status"].clone()).to_vec();
    assert_eq!(statuses, ["unchanged", "waiting"], "{reply}");
    assert_eq!(reply["runs"][1]["error_type"], "InvalidInput");

    lambda.put_batch();
    let reply = lambda.function.invoke(&event("schedule")).await.reply();
    assert_eq!(reply["runs"][1]["status"], "published", "{reply}");
    assert!(!lambda.s3.direct().keys(BUCKET).iter().any(|key| key == note), "success removes the note");

    let (written, _) = lambda.function.stop();
    let output = Output::of(&written);
    let waiting: Vec<_> = output.metrics.iter().filter(|line| line["RunsWaiting"] == 1).collect();
    assert_eq!(waiting.len(), 1, "{written}");
    assert_eq!((&waiting[0]["run_date"], &waiting[0]["error_type"]), (&json!("2024-09-15"), &json!("InvalidInput")));
    let warned = output.log.iter().filter(|line| line["level"] == "WARN" && line["run_date"] == "2024-09-15");
    assert_eq!(warned.count(), 1, "{written}");
}

#[tokio::test]
async fn an_unusable_older_object_is_told_in_log_metric_and_reply() {
    let lambda = Deployment::start(&[]).await;
    lambda.put("raw_data/batch_2024-09-14.csv", b"");
    lambda.put_batch();
    let reply = lambda.function.invoke(&event("put")).await.reply();
    assert_eq!(reply["runs"][0]["left_out"][0]["key"], "raw_data/batch_2024-09-14.csv", "{reply}");
    let (written, _) = lambda.function.stop();
    let output = Output::of(&written);
    assert_eq!(output.metrics[0]["ObjectsLeftOut"], 1, "{written}");
    let warned: Vec<_> = output.log.iter().filter(|line| line["level"] == "WARN").collect();
    assert_eq!(warned.len(), 3, "the object, the day that has no other, and the warning: {written}");
    assert_eq!(warned[0]["key"], "raw_data/batch_2024-09-14.csv");
    assert_eq!(warned[1]["batch_date"], "2024-09-14");
}
