//! Who gets the time of an event that asks for several runs.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use drivendata_transform::error::ErrorKind;
use drivendata_transform::handler::Handler;
use serde_json::json;
use strict_s3::Fault;

use super::{TODAY, YESTERDAY, key, upload_two_days};
use crate::common::batches::people;
use crate::common::lakes::{DataLake, tick};

const DAYS: [&str; 3] = ["2024-09-13", YESTERDAY, TODAY];

fn upload_days(lake: &DataLake) {
    for (date, ids) in DAYS.iter().zip([0..10, 5..15, 8..18]) {
        lake.put(&key(date), &people("Ana", ids));
    }
}

/// A handler, and what it tells of its runs in the order in which they come out.
fn observed(lake: &DataLake) -> (Handler, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let handler = Handler::new(lake.runner(&[])).observed_by(move |date, outcome| {
        let outcome = match outcome {
            Ok(outcome) => format!("{:?}", outcome.report().map(|report| report.status)),
            Err(error) => error.kind().as_str().to_owned(),
        };
        telling.lock().expect("nobody panics here").push(format!("{date} {outcome}"));
    });
    (handler, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_day_is_run_first_and_days_that_are_right_are_told_before() {
    let lake = DataLake::folder();
    upload_days(&lake);
    lake.run(YESTERDAY, &[]).await.expect("a run");
    for (event, expected) in [
        (tick(TODAY), ["2024-09-14 Some(Unchanged)", "2024-09-15 Some(Published)", "2024-09-13 Some(Published)"]),
        (tick(TODAY), ["2024-09-15 Some(Unchanged)", "2024-09-14 Some(Unchanged)", "2024-09-13 Some(Unchanged)"]),
        (
            json!({"from": DAYS[0], "to": TODAY, "force": true}),
            ["2024-09-15 Some(Published)", "2024-09-14 Some(Published)", "2024-09-13 Some(Published)"],
        ),
    ] {
        let (handler, told) = observed(&lake);
        let reply = handler.handle(event, None, &Arc::default()).await.expect("the runs succeed");
        assert_eq!(*told.lock().expect("nobody panics here"), expected);
        let dates: Vec<String> = reply.runs.iter().map(|run| run.run_date.to_string()).collect();
        assert_eq!(dates, DAYS, "the reply is in the order of the dates");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_a_queue_are_run_newest_first_too() {
    let lake = DataLake::folder();
    upload_days(&lake);
    let message =
        |date: &str| json!({"eventSource": "aws:sqs", "messageId": date, "body": json!({"date": date}).to_string()});
    let (handler, told) = observed(&lake);
    let event = json!({"Records": DAYS.map(message)});
    let reply = handler.handle(event, None, &Arc::default()).await.expect("a reply");
    assert_eq!(reply.batch_item_failures.map(|failures| failures.len()), Some(0));
    let expected = ["2024-09-15 Some(Published)", "2024-09-14 Some(Published)", "2024-09-13 Some(Published)"];
    assert_eq!(*told.lock().expect("nobody panics here"), expected);
}

/// The newest day never ends; the others have their share all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_never_ends_does_not_take_the_time_of_the_others() {
    let lake = DataLake::bucket().await;
    upload_two_days(&lake);
    let (mut gets, today) = (0, lake.full_key(&key(TODAY)));
    lake.s3().faults().plan(move |call| {
        gets += u32::from(call.operation == "GetObject" && call.key == today);
        // The first is for the header.
        if gets > 1 && call.key == today { Fault::Delay(Duration::from_secs(3600)) } else { Fault::None }
    });
    let (handler, told) = observed(&lake);
    let deadline = Instant::now() + Duration::from_secs(10);
    let error = handler.handle(tick(TODAY), Some(deadline), &Arc::default()).await.expect_err("today does not end");
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    assert!(error.to_string().contains("asked for alone it has all of it"), "{error}");
    let expected = ["2024-09-15 DeadlineExceeded", "2024-09-14 Some(Published)"];
    assert_eq!(*told.lock().expect("nobody panics here"), expected);
    assert!(Instant::now() < deadline);
    assert_eq!(lake.unpublished_count(), 0);
}
