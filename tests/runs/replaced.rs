//! An input replaced or removed while it is read: the run begins anew with what is there, and never mixes two versions.

use drivendata_transform::error::ErrorKind;
use strict_s3::Fault;

use super::{TODAY, YESTERDAY, corrected, key, upload_two_days};
use crate::common::batches::people;
use crate::common::clean::{Published, assert_same, published, recomputed};
use crate::common::lakes::DataLake;
use crate::common::s3::BUCKET;

/// Lets `change` happen before the GET number `number` of the inputs' data, counted from the beginning of the next run.
fn at_get(lake: &DataLake, number: usize, mut change: impl FnMut() + Send + 'static) {
    let inputs = lake.full_key("raw_data/");
    let mut gets = 0;
    lake.s3().faults().plan(move |call| {
        gets += usize::from(call.operation == "GetObject" && call.key.starts_with(&inputs));
        if gets == number {
            gets += 1;
            change();
        }
        Fault::None
    });
}

/// GETs of inputs since the plan was set.
fn gets_count(lake: &DataLake) -> usize {
    let calls = lake.s3().faults().calls();
    calls.iter().filter(|call| call.operation == "GetObject" && call.key.contains("raw_data/")).count()
}

/// A lake of two days whose today was published before it was corrected.
async fn lake_to_run() -> DataLake {
    let lake = DataLake::bucket().await;
    upload_two_days(&lake);
    lake.run(TODAY, &[]).await.expect("the first run");
    lake.put(&key(TODAY), &corrected());
    lake
}

/// GETs of an undisturbed run.
async fn undisturbed_gets() -> usize {
    let lake = lake_to_run().await;
    lake.s3().faults().clear();
    lake.run(TODAY, &[]).await.expect("an undisturbed run");
    let gets = gets_count(&lake);
    assert!(gets > 6, "the batches are read in several pieces, not by {gets} GETs");
    gets
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_input_replaced_before_any_of_the_gets_leads_to_the_outputs_of_the_new_one() {
    let gets = undisturbed_gets().await;
    for replaced in [YESTERDAY, TODAY] {
        let newest = people("Newest", 4..14);
        for number in 1..=gets {
            let lake = lake_to_run().await;
            let (direct, full_key, bytes) = (lake.s3().direct(), lake.full_key(&key(replaced)), newest.clone());
            at_get(&lake, number, move || drop(direct.put(BUCKET, &full_key, &bytes).expect("an object")));
            lake.run(TODAY, &[]).await.expect("the run begins anew");
            let context = format!("{replaced} replaced before GET {number}");
            lake.s3().faults().clear();
            assert_same(&published(&lake), &expected(&lake).await, &context);
            assert_eq!(lake.unpublished_count(), 0, "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_input_removed_before_any_of_the_gets_has_a_clear_result() {
    let gets = undisturbed_gets().await;
    for removed in [YESTERDAY, TODAY] {
        for number in 1..=gets {
            let lake = lake_to_run().await;
            let before = published(&lake);
            let (direct, full_key) = (lake.s3().direct(), lake.full_key(&key(removed)));
            at_get(&lake, number, move || direct.remove(BUCKET, &full_key).expect("it can be removed"));
            let outcome = lake.run(TODAY, &[]).await;
            let context = format!("{removed} removed before GET {number}");
            match outcome {
                // A day earlier in the window may be missing.
                Ok(_) if removed == YESTERDAY => assert_same(&published(&lake), &expected(&lake).await, &context),
                Ok(_) => panic!("{context}: there is nothing to run"),
                Err(error) => {
                    assert_eq!((error.kind(), removed), (ErrorKind::InvalidInput, TODAY), "{context}: {error}");
                    assert!(error.to_string().contains("no batch for 2024-09-15"), "{error}");
                    assert_same(&published(&lake), &before, &context);
                }
            }
            assert_eq!(lake.unpublished_count(), 0, "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_input_that_is_replaced_again_and_again_is_a_conflict_that_changes_nothing() {
    let lake = lake_to_run().await;
    let before = lake.objects("transformed_data/");
    let (direct, full_key, inputs) = (lake.s3().direct(), lake.full_key(&key(TODAY)), lake.full_key("raw_data/"));
    lake.s3().faults().plan(move |call| {
        if call.operation == "GetObject" && call.key.starts_with(&inputs) {
            let ids = call.number as u32;
            direct.put(BUCKET, &full_key, &people("Restless", ids..ids + 10)).expect("an object");
        }
        Fault::None
    });
    let error = lake.run(TODAY, &[]).await.expect_err("it never comes to an end");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(lake.objects("transformed_data/") == before);
    assert_eq!(lake.unpublished_count(), 0);
}

async fn expected(lake: &DataLake) -> Published {
    recomputed(&lake.inputs(), &[TODAY], &[]).await
}
