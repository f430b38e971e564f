//! A run dies before storage call 1, 2, 3 … n, or one of its calls goes wrong: one more run, if any is needed, and what
//! is published is what an undisturbed run publishes. In between, no output is half-written, and no manifest claims
//! what is not so.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::batches::people;
use crate::common::clean::{Published, assert_same, is_true, manifest, published, recomputed};
use crate::common::hooked::{Counted, Hooked};
use crate::common::lakes::{DataLake, Objects};
use crate::common::s3::LocalS3;
use drivendata_transform::day::Status;
use strict_s3::{Call, Fault};

const TODAY: &str = "2024-09-15";
const INPUT: &str = "raw_data/batch_2024-09-15.csv";

/// What today's batch is at first, and what it is corrected to; a manifest's sizes tell which of them it is of.
fn contents() -> [Vec<u8>; 2] {
    [people("Ana", 5..15), people("Ion", 3..14)]
}

/// Both states of the inputs with what is to be published of each.
struct Expected {
    states: [(Objects, Published); 2],
}

impl Expected {
    async fn new() -> Self {
        let mut states = Vec::new();
        for content in contents() {
            let lake = DataLake::folder();
            lake.put("raw_data/batch_2024-09-14.csv", &people("Dan", 0..10));
            lake.put(INPUT, &content);
            let inputs = lake.inputs();
            let published = recomputed(&inputs, &[TODAY], &[]).await;
            states.push((inputs, published));
        }
        Self { states: states.try_into().expect("two states") }
    }

    /// Fills a lake whose next run has something to do: the first of today, or one after a correction.
    async fn prepare(&self, lake: &DataLake, before: Before) {
        let [(first, _), (corrected, _)] = &self.states;
        if before == Before::Published {
            put_all(lake, first);
            lake.run(TODAY, &[]).await.expect("the earlier run");
        }
        put_all(lake, corrected);
    }

    fn assert_undisturbed(&self, lake: &DataLake, context: &str) {
        assert_same(&published(lake), &self.states[1].1, context);
    }

    /// Each output is of one of the states, whole; and if a manifest is true of the outputs, they are of the inputs
    /// it names.
    async fn assert_honest(&self, lake: &DataLake, context: &str) {
        let visible = published(lake);
        let is_output = |key: &str| !key.ends_with("manifest.json");
        for (key, bytes) in visible.iter().filter(|(key, _)| is_output(key)) {
            let is_whole = self.states.iter().any(|(_, published)| published.get(key) == Some(bytes));
            assert!(is_whole, "{context}: {key} is of no run:\n{bytes}");
        }
        let Some(manifest) = manifest(lake, TODAY) else { return };
        if !is_true(lake, &manifest).await {
            return;
        }
        let named: BTreeMap<&str, u64> =
            manifest.inputs.iter().map(|input| (input.version.key.as_str(), input.version.bytes)).collect();
        let of_named = self.states.iter().find(|(inputs, _)| {
            inputs.iter().map(|(key, content)| (key.as_str(), content.len() as u64)).eq(named.clone())
        });
        let (_, expected) = of_named.unwrap_or_else(|| panic!("{context}: the manifest names inputs there never were"));
        assert_same(&visible, expected, &format!("{context}: the manifest claims to be true"));
    }
}

/// What there is before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    Published,
}

fn put_all(lake: &DataLake, objects: &Objects) {
    objects.iter().for_each(|(key, bytes)| lake.put(key, bytes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_dies_before_any_call_to_s3_is_made_good_by_the_next() {
    let expected = Expected::new().await;
    let s3 = Arc::new(LocalS3::start().await);
    for before in [Before::Nothing, Before::Published] {
        for number in 1.. {
            let lake = DataLake::below(&s3, &format!("{before:?}/{number}"));
            expected.prepare(&lake, before).await;
            s3.faults().plan_at(number, Fault::Stop);
            let outcome = lake.run(TODAY, &[]).await;
            s3.faults().clear();
            let context = format!("{before:?}, died before call {number}");
            expected.assert_honest(&lake, &context).await;
            if outcome.is_ok() {
                assert!(number > 30, "{context}: a run has more calls");
                expected.assert_undisturbed(&lake, &context);
                break;
            }
            lake.run(TODAY, &[]).await.expect("the next run");
            expected.assert_undisturbed(&lake, &context);
            assert_eq!(lake.run(TODAY, &[]).await.expect("one more").status, Status::Unchanged, "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_dies_before_any_call_to_a_folder_is_made_good_by_the_next() {
    let expected = Expected::new().await;
    for before in [Before::Nothing, Before::Published] {
        for number in 1.. {
            let lake = DataLake::folder();
            expected.prepare(&lake, before).await;
            let dying = Hooked::dying_at(lake.store(), number, Counted::Calls);
            let outcome = lake.run_on(Arc::new(dying), TODAY).await;
            let context = format!("{before:?}, died before call {number}");
            expected.assert_honest(&lake, &context).await;
            if outcome.is_ok() {
                assert!(number > 25, "{context}: a run has more calls");
                break;
            }
            lake.run(TODAY, &[]).await.expect("the next run");
            expected.assert_undisturbed(&lake, &context);
            assert_eq!(lake.unpublished_count(), 0, "{context}: what the dead left is swept");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_whose_answer_is_lost_or_that_fails_once_changes_nothing() {
    let expected = Expected::new().await;
    let s3 = Arc::new(LocalS3::start().await);
    for fault in [Fault::LoseAnswerAfter, Fault::FailBefore, Fault::RefuseBefore, Fault::ConflictBefore] {
        for number in 1.. {
            let lake = DataLake::below(&s3, &format!("{fault:?}/{number}"));
            expected.prepare(&lake, Before::Published).await;
            let uploads_before = s3.direct().uploads_count();
            s3.faults().plan(fault_at(number, fault.clone()));
            let outcome = lake.run(TODAY, &[]).await;
            let calls = s3.faults().calls();
            s3.faults().clear();
            let context = format!("{fault:?} at call {number}");
            let report = outcome.unwrap_or_else(|error| panic!("{context}: {error}"));
            assert_eq!(report.status, Status::Published, "{context}");
            expected.assert_undisturbed(&lake, &context);
            assert!(is_true(&lake, &report.manifest).await, "{context}");
            let begun = calls.iter().filter(|call| call.operation == "CreateMultipartUpload").count();
            assert!(begun <= 5 + 1, "{context}: the run began anew");
            let Some(call) = calls.get(number as usize - 1) else {
                assert!(number > 30, "a run has more calls than {number}");
                break;
            };
            // The id of an upload whose creation was not answered is known to nobody.
            let orphans = usize::from(fault == Fault::LoseAnswerAfter && call.operation == "CreateMultipartUpload");
            assert_eq!(s3.direct().uploads_count(), uploads_before + orphans, "{context}: {call:?}");
        }
    }
}

/// The fault at this call; a conflict only where S3 has it, at conditional writes.
fn fault_at(number: u64, fault: Fault) -> impl FnMut(&Call) -> Fault + Send + 'static {
    move |call| {
        let is_possible =
            fault != Fault::ConflictBefore || matches!(call.operation, "CompleteMultipartUpload" | "PutObject");
        if call.number == number && is_possible { fault.clone() } else { Fault::None }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_breaks_or_ends_early_once_changes_nothing() {
    let expected = Expected::new().await;
    let s3 = Arc::new(LocalS3::start().await);
    for fault in [Fault::CutBodyAfter(0), Fault::CutBodyAfter(100), Fault::EndBodyShort(100)] {
        for number in 1.. {
            let lake = DataLake::below(&s3, &format!("{fault:?}/{number}"));
            expected.prepare(&lake, Before::Published).await;
            let (mut gets, input, faulty) = (0, lake.full_key("raw_data/"), fault.clone());
            s3.faults().plan(move |call| {
                gets += u64::from(call.operation == "GetObject" && call.key.starts_with(&input));
                if gets == number {
                    gets += 1;
                    return faulty.clone();
                }
                Fault::None
            });
            let outcome = lake.run(TODAY, &[]).await;
            let gets = s3.faults().calls().iter().filter(|call| call.operation == "GetObject").count() as u64 - 1;
            s3.faults().clear();
            let context = format!("{fault:?} at GET {number}");
            outcome.unwrap_or_else(|error| panic!("{context}: {error}"));
            expected.assert_undisturbed(&lake, &context);
            if gets < number {
                assert!(number > 6, "the batches are read by more GETs than {number}");
                break;
            }
        }
    }
}
