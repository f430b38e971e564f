//! A day that is too large for the function is handed over: one note a request, whatever asked for the day.

use std::collections::BTreeMap;
use std::sync::Arc;

use drivendata_transform::day::hand_over::HandOver;
use drivendata_transform::error::ErrorKind;
use serde_json::{Value, json};
use strict_s3::Fault;

use super::{TODAY, YESTERDAY, key, on_both_lakes, upload_two_days};
use crate::common::batches::people;
use crate::common::lakes::{DataLake, tick};

on_both_lakes! {
    every_trigger_hands_each_of_its_days_over_once,
    what_a_larger_machine_could_not_do_either_fails,
    other_inputs_rules_and_people_ask_again,
    success_forgets_that_the_day_was_handed_over,
    a_note_with_newer_inputs_outlives_the_run_of_older_ones,
}

/// A function too small for any day.
const SMALL: [(&str, &str); 3] = [("MEMORY_LIMIT_MB", "1"), ("TOO_LARGE", "hand_over"), ("WINDOW_DAYS", "1")];

fn with<'s>(more: &[(&'s str, &'s str)]) -> Vec<(&'s str, &'s str)> {
    [&SMALL[..], more].concat()
}

fn notes(lake: &DataLake) -> BTreeMap<String, HandOver> {
    let objects =
        lake.objects("transformed_data/state/").into_iter().filter(|(key, _)| key.ends_with("hand_over.json"));
    let date = |key: &str| key.split(['=', '/']).rev().nth(1).expect("a date").to_owned();
    objects.map(|(key, json)| (date(&key), serde_json::from_slice(&json).expect("a note"))).collect()
}

async fn statuses(lake: &DataLake, event: Value, settings: &[(&str, &str)]) -> Vec<String> {
    let reply = lake.deliver(event, settings).await.expect("nothing fails");
    let runs = reply.runs.iter().map(|run| serde_json::to_value(run).expect("JSON"));
    runs.map(|run| format!("{} {}", run["run_date"], run["status"]).replace('"', "")).collect()
}

async fn every_trigger_hands_each_of_its_days_over_once(lake: DataLake) {
    upload_two_days(&lake);
    let both = ["2024-09-14 handed_over", "2024-09-15 handed_over"];
    let today = &both[1..];
    let triggers = [
        (lake.put_event(&key(TODAY)), today),
        (tick(TODAY), &both[..]),
        (json!({"date": TODAY}), today),
        (json!({"from": YESTERDAY, "to": TODAY}), &both[..]),
    ];
    for (event, expected) in triggers {
        for key in lake.objects("transformed_data/").keys() {
            lake.remove(key);
        }
        assert_eq!(statuses(&lake, event.clone(), &SMALL).await, expected, "{event}");
        let notes = notes(&lake);
        assert_eq!(notes.len(), expected.len(), "{event}");
        for (date, note) in &notes {
            assert_eq!(note.failed.run_date.to_string(), *date);
            assert_eq!(note.failed.inputs.iter().map(|input| &input.key).collect::<Vec<_>>(), [&key(date)]);
            assert_eq!(note.settings, BTreeMap::from([("WINDOW_DAYS".to_owned(), "1".to_owned())]), "no limit of ours");
            assert!(note.failed.error_message.ends_with("1 MiB are granted"), "{}", note.failed.error_message);
        }
        let published = lake.objects("transformed_data/").into_keys().filter(|key| !key.contains("/state/"));
        assert_eq!(published.count(), 0, "nothing is published");
        assert_eq!(lake.unpublished_count(), 0);
        let again = statuses(&lake, tick(TODAY), &SMALL).await;
        assert_eq!(again.last().expect("a run"), "2024-09-15 waiting", "the tick knows: {event}");
    }
}

async fn what_a_larger_machine_could_not_do_either_fails(lake: DataLake) {
    lake.put(&key(TODAY), b"");
    let error = lake.deliver(tick(TODAY), &SMALL).await.expect_err("an empty object");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(notes(&lake).is_empty());

    lake.put(&key(TODAY), &people("Ion", 5..15));
    let error = lake.deliver(tick(TODAY), &[("MEMORY_LIMIT_MB", "1")]).await.expect_err("nobody wants it handed over");
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert!(notes(&lake).is_empty());
}

async fn other_inputs_rules_and_people_ask_again(lake: DataLake) {
    upload_two_days(&lake);
    let mut before = None;
    let mut ask = async |event: Value, settings: &[(&str, &str)], expected: &str, what: &str| {
        assert_eq!(statuses(&lake, event, settings).await, [format!("2024-09-15 {expected}")], "{what}");
        let note = notes(&lake).remove(TODAY);
        assert_eq!(note != before, expected == "handed_over", "{what}: the note is what starts a machine");
        before = note;
        // Two notes of one moment would look like one.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    };
    let put = || lake.put_event(&key(TODAY));
    ask(put(), &SMALL, "handed_over", "the first").await;
    ask(put(), &SMALL, "waiting", "delivered twice").await;
    ask(tick(TODAY), &with(&[("LOOKBACK_DAYS", "0")]), "handed_over", "another setting").await;
    ask(put(), &with(&[("MEMORY_LIMIT_MB", "2")]), "handed_over", "more memory").await;
    ask(put(), &with(&[("ACCESSED_TO", "2025-12-31")]), "handed_over", "another rule").await;
    ask(put(), &with(&[("ACCESSED_TO", "2025-12-31")]), "waiting", "again").await;
    ask(json!({"date": TODAY}), &with(&[("ACCESSED_TO", "2025-12-31")]), "handed_over", "a person").await;
    ask(json!({"date": TODAY, "force": true}), &SMALL, "handed_over", "a person who insists").await;
    assert!(notes(&lake)[TODAY].force);
    lake.put(&key(TODAY), &people("Ion", 5..25));
    ask(put(), &SMALL, "handed_over", "another batch").await;
}

async fn success_forgets_that_the_day_was_handed_over(lake: DataLake) {
    upload_two_days(&lake);
    let larger = lake.runner(&[("WINDOW_DAYS", "1")]);
    let note_key = format!("transformed_data/state/run_date={TODAY}/hand_over.json");
    for (event, rows) in [(json!({"date": TODAY}), 25), (lake.put_event(&key(TODAY)), 35)] {
        assert_eq!(statuses(&lake, event, &SMALL).await, ["2024-09-15 handed_over"]);
        assert_eq!(lake.objects("transformed_data/state/").len(), 2, "for the larger machine, and for the tick");
        // The note goes even where that of the failure could not be written.
        lake.remove(&format!("transformed_data/state/run_date={TODAY}/failed.json"));
        let note = larger.handed_over(&note_key).await.expect("readable").expect("a note");
        larger.run_handed_over(&note, &Arc::default()).await.expect("the larger machine");
        assert_eq!(lake.objects("transformed_data/state/").len(), 0);
        assert_eq!(larger.handed_over(&note_key).await.expect("the day is published"), None);
        let unchanged = statuses(&lake, lake.put_event(&key(TODAY)), &SMALL).await;
        assert_eq!(unchanged, ["2024-09-15 unchanged"], "the function finds the day done");
        lake.put(&key(TODAY), &people("Ion", 5..rows));
        let error = larger.handed_over(&note_key).await.expect_err("what is published is of other objects");
        assert!(error.to_string().contains("the day is not published as its objects are now"), "{error}");
    }
}

async fn a_note_with_newer_inputs_outlives_the_run_of_older_ones(lake: DataLake) {
    upload_two_days(&lake);
    statuses(&lake, lake.put_event(&key(TODAY)), &SMALL).await;
    let older = notes(&lake).remove(TODAY).expect("a note");
    lake.put(&key(TODAY), &people("Ion", 5..25));
    statuses(&lake, lake.put_event(&key(TODAY)), &SMALL).await;
    let newer = notes(&lake).remove(TODAY).expect("a note");
    // The older machine read the older note, and comes to its end when the newer one is there.
    lake.put(&key(TODAY), &people("Ion", 5..35));
    lake.runner(&[("WINDOW_DAYS", "1")]).run_handed_over(&older, &Arc::default()).await.expect("it runs");
    assert_eq!(notes(&lake).remove(TODAY), Some(newer));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_cannot_be_handed_over_has_failed_and_the_tick_tries_it_again() {
    let lake = DataLake::bucket().await;
    upload_two_days(&lake);
    let settings = with(&[("LOOKBACK_DAYS", "0")]);
    for event in [tick(TODAY), lake.put_event(&key(TODAY)), json!({"date": TODAY})] {
        lake.s3().faults().plan(|call| match call.operation == "PutObject" && call.key.ends_with("hand_over.json") {
            true => Fault::ConflictBefore,
            false => Fault::None,
        });
        let error = lake.deliver(event.clone(), &settings).await.expect_err("nobody would run it");
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{event}: {error}");
        lake.s3().faults().clear();
        assert_eq!(statuses(&lake, tick(TODAY), &settings).await, ["2024-09-15 handed_over"], "{event}");
        for key in lake.objects("transformed_data/").keys() {
            lake.remove(key);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_functions_at_once_one_hands_the_day_over_and_none_fails() {
    for _ in 0..5 {
        let lake = DataLake::bucket().await;
        upload_two_days(&lake);
        let event = || lake.put_event(&key(TODAY));
        let (one, other) = tokio::join!(statuses(&lake, event(), &SMALL), statuses(&lake, event(), &SMALL));
        let mut both = [one, other].concat();
        both.sort();
        assert_eq!(both, ["2024-09-15 handed_over", "2024-09-15 waiting"]);
    }
}
