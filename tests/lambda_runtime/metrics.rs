//! The metrics the function prints: one line for each run that came out, whichever way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use drivendata_transform::config::{Config, RawSettings};
use drivendata_transform::day::Runner;
use drivendata_transform::handler::Handler;
use drivendata_transform::host::Host;
use drivendata_transform::store::Store;
use serde_json::{Value, json};

use super::output::Output;
use super::{BATCH_KEY, Deployment, event};
use crate::common::batches::{batch, people, row};
use crate::common::hooked::Hooked;

/// Request, run date and outcome of each line of metrics, in order.
fn outcomes(output: &Output) -> Vec<(&str, &str, &str)> {
    output.metrics.iter().map(outcome).collect()
}

fn outcome(line: &Value) -> (&str, &str, &str) {
    let counted = ["RunsPublished", "RunsUnchanged", "RunsFailed", "RunsWaiting"]
        .map(|name| line[name].as_u64().expect("a count"));
    let outcome = match counted {
        [1, 0, 0, 0] => "published",
        [0, 1, 0, 0] => "unchanged",
        [0, 0, 0, 1] => "waiting",
        [0, 0, 1, 0] => line["error_type"].as_str().expect("a type"),
        _ => panic!("one of them: {line}"),
    };
    let text = |name: &str| line[name].as_str().expect("text");
    (text("function_request_id"), text("run_date"), outcome)
}

#[tokio::test]
async fn each_run_has_its_line_whichever_way_it_came_out() {
    let lambda = Deployment::start(&[]).await;
    lambda.put("raw_data/batch_2024-09-14.csv", &batch(&[row("Ana", 1)]));
    lambda.put_batch();
    let tick = lambda.function.invoke(&event("schedule")).await.request_id;
    let ignored = [event("s3_test_event"), event("not_a_batch"), json!({"date": "2024-09-01"}), json!({})];
    for payload in ignored {
        lambda.function.invoke(&payload).await;
    }
    lambda.put(BATCH_KEY, b"");
    let sqs = lambda.function.invoke(&event("sqs_several_messages")).await.request_id;
    let failed = lambda.function.invoke(&event("put")).await.request_id;

    let (written, _) = lambda.function.stop();
    let output = Output::of(&written);
    let expected = [
        (&tick, "2024-09-15", "published"),
        (&tick, "2024-09-14", "published"),
        (&sqs, "2024-09-14", "unchanged"),
        (&sqs, "2024-09-15", "InvalidInput"),
        (&failed, "2024-09-15", "InvalidInput"),
    ];
    assert_eq!(outcomes(&output), expected.map(|(id, date, outcome)| (id.as_str(), date, outcome)), "{written}");
    let of_first = |key: &str| output.metrics.iter().map(|line| line[key].clone()).collect::<Vec<_>>();
    assert_eq!(of_first("cold_start"), [json!(true), json!(true), json!(false), json!(false), json!(false)]);
    let keys = ["raw_data/batch_2024-09-14.csv", BATCH_KEY].map(Value::from);
    let tick_id = event("schedule")["id"].clone();
    assert_eq!(of_first("correlation_id"), [&tick_id, &tick_id, &keys[0], &keys[0], &keys[1]].map(Value::clone));
}

#[tokio::test]
async fn the_figures_are_those_of_the_manifest() {
    let lambda = Deployment::start(&[("MAX_REJECTED_RATIO", "0.5")]).await;
    lambda.put("raw_data/batch_2024-09-14.csv", &people("Ana", 0..4));
    let corrected = row("Ion", 9).replace("2024-09-14 08", "2023-09-14 08");
    lambda.put(BATCH_KEY, &[people("Ana", 2..7), format!("{corrected}\n").into_bytes()].concat());
    lambda.function.invoke(&event("put")).await.reply();
    let manifest: Value = serde_json::from_str(&lambda.output("runs/run_date=2024-09-15/manifest.json")).expect("JSON");
    let (written, _) = lambda.function.stop();
    let line = &Output::of(&written).metrics[0];

    let balance = &manifest["balance"];
    for (metric, counted) in [
        ("RowsRead", "read"),
        ("RowsWritten", "written"),
        ("RowsFilteredByDate", "filtered_by_date"),
        ("RowsFilteredByDuration", "filtered_by_duration"),
        ("RowsDuplicate", "duplicates"),
        ("RowsRejected", "rejected"),
    ] {
        assert!(balance[counted].as_u64() > Some(0), "the batch has some of each: {balance}");
        assert_eq!(line[metric], balance[counted], "{metric}");
    }
    let bytes = |list: &str| -> u64 {
        let objects = manifest[list].as_array().expect("a list");
        objects.iter().map(|object| object["bytes"].as_u64().expect("a size")).sum()
    };
    assert_eq!((&line["BytesRead"], &line["BytesWritten"]), (&json!(bytes("inputs")), &json!(bytes("outputs"))));
    assert_eq!(line["RunDuration"], manifest["timings"]["total_ms"]);
    assert!(line["PeakMemory"].as_u64() >= manifest["memory"]["peak_bytes"].as_u64(), "{line}");
    assert!(line["NewestInputAge"].as_u64() > Some(365 * 86_400), "2024 is over: {line}");
}

#[tokio::test]
async fn a_warning_is_answered_logged_and_counted_once() {
    let lambda = Deployment::start(&[]).await;
    let birth_dates = |id| row("Ana", id).replace("1990-01-01", "26.04.1926");
    lambda.put(BATCH_KEY, &batch(&[birth_dates(1), birth_dates(2)]));
    let message = "2 of 2 filled cells of birth_date (100 %) cannot be read and are null: looks like day.month.year or month/day/year; dates are written year-month-day";
    for status in ["published", "unchanged"] {
        let reply = lambda.function.invoke(&event("put")).await.reply();
        assert_eq!(reply["runs"][0]["status"], status);
        assert_eq!(reply["runs"][0]["warnings"], json!([{"kind": "failed_casts", "message": message}]));
    }
    let (written, _) = lambda.function.stop();
    let output = Output::of(&written);
    let told: Vec<&Value> = output.log.iter().filter(|line| line["level"] == "WARN").collect();
    assert_eq!(told.len(), 1, "of the run that published: {written}");
    let expected = json!(["run warned", "failed_casts", "birth_date", 2, 2, message, "2024-09-15"]);
    let keys = ["message", "warning", "column", "rows", "of", "reason", "run_date"];
    assert_eq!(json!(keys.map(|key| &told[0][key])), expected);
    let counted = |line: &Value| (line["Warnings"].clone(), line["WarningsFailedCasts"].clone());
    let expected = [(json!(1), json!(1)), (Value::Null, Value::Null)];
    assert_eq!(output.metrics.iter().map(counted).collect::<Vec<_>>(), expected, "{written}");
}

/// Not through the binary: nothing from outside makes it panic.
#[tokio::test]
async fn a_run_that_panics_is_told_as_failed_and_the_next_is_tried() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut raw = RawSettings::default();
    raw.set("LAKE", folder.path().to_str().expect("text")).expect("a setting");
    let config = Config::from_raw(&raw).expect("settings");
    std::fs::create_dir(folder.path().join("raw_data")).expect("a folder");
    for date in ["2024-09-14", "2024-09-15"] {
        let path = folder.path().join(format!("raw_data/batch_{date}.csv"));
        std::fs::write(path, batch(&[row("Ana", 1)])).expect("a batch");
    }
    let inner = drivendata_transform::lake::open(&config).await.expect("a lake");
    let panicked = AtomicBool::new(false);
    let store: Arc<dyn Store> = Arc::new(Hooked::new(inner, move |call| {
        assert!(call.method != "peek" || panicked.swap(true, Ordering::Relaxed), "the first look at a batch");
        Box::pin(async { Ok(()) })
    }));
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let handler = Handler::new(Runner::new(store, config, Host::this()).expect("a runner")).observed_by(
        move |run_date, outcome| {
            let outcome = outcome
                .as_ref()
                .map(|outcome| outcome.report().map(|report| report.status))
                .map_err(|error| error.kind().as_str());
            telling.lock().expect("nobody panics here").push(format!("{run_date} {outcome:?}"));
        },
    );
    let range = json!({"from": "2024-09-14", "to": "2024-09-15"});
    let error = handler.handle(range, None, &Arc::default()).await.expect_err("a run failed");
    assert_eq!(error.kind().as_str(), "Internal");
    let told = told.lock().expect("nobody panics here").clone();
    assert_eq!(told, ["2024-09-15 Err(\"Internal\")", "2024-09-14 Ok(Some(Published))"]);
}
