//! What the function writes: JSON that names the request, and never the content of a cell.

use std::collections::BTreeMap;

use serde_json::json;

use super::output::Output;
use super::runtime_api::LambdaFunction;
use super::{BATCH_KEY, Deployment, event};
use crate::common::batches::{HEADER, batch, row};

/// In every cell of some rows. No rule leaves a part of it that could not be found again.
const SECRET: &str = "Xyzzyplugh";

/// A row with the secret in each cell but those named.
fn secret_row(plain: &[(&str, &str)]) -> String {
    let cell = |column| plain.iter().find(|(name, _)| *name == column).map_or(SECRET, |(_, text)| text);
    HEADER.split(',').map(cell).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn no_cell_shows_in_what_the_function_answers_or_writes() {
    let lambda = Deployment::start(&[("LOG_LEVEL", "debug"), ("MAX_REJECTED_RATIO", "0.5")]).await;
    let readable = [("accessed_at", "2024-09-14 08:00:00"), ("session_duration", "100")];
    let (kept, rejected) = (secret_row(&readable), secret_row(&readable[..1]));
    let too_short = format!("{SECRET},{SECRET}");
    let not_utf8 = [row("Ana", 9).as_bytes(), SECRET.as_bytes(), b"\xff\n"].concat();
    let unclosed = format!("\"{SECRET}");
    let batches: [(&str, Vec<u8>); 5] = [
        (
            "response",
            [batch(&[kept, row("Ana", 1), row("Ion", 2), rejected.clone(), too_short.clone()]), not_utf8].concat(),
        ),
        ("error", batch(&[rejected, too_short])),
        ("error", batch(&[unclosed])),
        ("error", secret_row(&[]).into_bytes()),
        ("error", format!("\u{1f}\u{8b}{SECRET}").into_bytes()),
    ];
    let mut answered = String::new();
    for (expected, bytes) in batches {
        lambda.put(BATCH_KEY, &bytes);
        let answer = lambda.function.invoke(&event("put")).await;
        assert_eq!(answer.outcome, expected, "{}", answer.text);
        answered.push_str(&answer.text);
        let events = [json!({"date": SECRET}), json!({"Records": [{"eventSource": "aws:sns", "Sns": SECRET}]})];
        for event in events {
            answered.push_str(&lambda.function.invoke(&event).await.text);
        }
    }
    for output in ["filtered/csv/run_date=2024-09-15/filtered.csv", "rejected/run_date=2024-09-15/rejected.csv"] {
        assert!(lambda.output(output).contains(SECRET), "{output} is the place for it");
    }
    let (written, errors) = lambda.function.stop();
    assert_eq!(errors, "", "everything goes to standard output");
    let output = Output::of(&written);
    assert_eq!(output.metrics.len(), 5, "of each run");
    assert!(output.log.len() > output.metrics.len(), "{written}");
    for (place, text) in [("an answer", &answered), ("the log or a metric", &written)] {
        assert!(!text.contains(SECRET), "a cell shows in {place}: {text}");
    }
}

#[tokio::test]
async fn the_log_is_a_json_object_a_line_that_names_the_request() {
    let lambda = Deployment::start(&[]).await;
    lambda.put_batch();
    let mut ids = Vec::new();
    for payload in [event("put"), event("put"), event("s3_test_event"), json!({"date": "2024-09-01"})] {
        ids.push(lambda.function.invoke(&payload).await.request_id);
    }
    lambda.put(BATCH_KEY, b"");
    ids.push(lambda.function.invoke(&event("put")).await.request_id);

    let (written, errors) = lambda.function.stop();
    assert_eq!(errors, "");
    let output = Output::of(&written);
    let said = [
        &[("INFO", "run published")][..],
        &[("INFO", "run unchanged")],
        &[("INFO", "ignored")],
        &[("ERROR", "invocation failed")],
        &[("ERROR", "run failed"), ("ERROR", "invocation failed")],
    ];
    let expected = ids
        .into_iter()
        .zip(said)
        .map(|(id, said)| (id, said.iter().map(|&(level, message)| (level.to_owned(), message.to_owned())).collect()));
    assert_eq!(output.by_request(), expected.collect(), "{written}");
    assert_eq!(output.log.last().expect("a line")["error_type"], "InvalidInput");
}

#[tokio::test]
async fn errors_name_the_request_even_where_nothing_else_is_logged() {
    let lambda = Deployment::start(&[("LOG_LEVEL", "error")]).await;
    lambda.put_batch();
    lambda.function.invoke(&event("put")).await.reply();
    let failed = lambda.function.invoke(&json!({})).await;
    let (written, _) = lambda.function.stop();
    let output = Output::of(&written);
    let said = vec![("ERROR".to_owned(), "invocation failed".to_owned())];
    assert_eq!(output.by_request(), BTreeMap::from([(failed.request_id, said)]), "{written}");
    assert_eq!(output.metrics.len(), 1, "metrics are no log lines, whatever their level");
}

#[tokio::test]
async fn a_start_that_failed_is_logged_once_and_again_with_each_request() {
    let function = LambdaFunction::start(&[("WINDOW_DAY", "3")]).await;
    let failed = function.invoke(&event("put")).await;
    let (written, errors) = function.stop();
    assert_eq!(errors, "");
    let output = Output::of(&written);
    let error = |message: &str| vec![("ERROR".to_owned(), message.to_owned())];
    let expected =
        [(String::new(), error("the function cannot start")), (failed.request_id, error("invocation failed"))];
    assert_eq!(output.by_request(), BTreeMap::from(expected), "{written}");
    let expected = "unknown setting WINDOW_DAY; did you mean WINDOW_DAYS?";
    assert!(output.log.iter().all(|line| line["error"] == expected), "{written}");
    assert_eq!(output.metrics, [json!(null); 0], "nothing ran");
}
