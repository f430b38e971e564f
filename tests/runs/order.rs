//! Events come in any order and any number of times; what is published at the end is the same.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{TODAY, YESTERDAY, key};
use crate::common::batches::people;
use crate::common::clean::{Published, assert_same, published, recomputed};
use crate::common::lakes::DataLake;
use crate::common::s3::LocalS3;

/// What happens to a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// An upload; the number tells one content from another.
    Upload(&'static str, u32),
    /// The event of an upload is delivered.
    Event(&'static str),
}

use Step::{Event, Upload};

/// Every order of two sequences' steps that keeps each sequence's own.
fn interleavings(one: &[Step], other: &[Step]) -> Vec<Vec<Step>> {
    let (Some(first), Some(second)) = (one.first(), other.first()) else {
        return vec![[one, other].concat()];
    };
    let begun_with = |step: &Step, rests: Vec<Vec<Step>>| {
        rests.into_iter().map(|rest| [&[*step], &rest[..]].concat()).collect::<Vec<_>>()
    };
    let mut all = begun_with(first, interleavings(&one[1..], other));
    all.extend(begun_with(second, interleavings(one, &other[1..])));
    all
}

/// Two days, each put event delivered twice; yesterday is uploaded once, or corrected before or after the event of its
/// first upload comes.
fn schedules() -> [Vec<Vec<Step>>; 3] {
    let today = [Upload(TODAY, 0), Event(TODAY), Event(TODAY)];
    let once = [Upload(YESTERDAY, 2), Event(YESTERDAY), Event(YESTERDAY)];
    let corrected_early = [Upload(YESTERDAY, 1), Upload(YESTERDAY, 2), Event(YESTERDAY), Event(YESTERDAY)];
    let corrected_late = [Upload(YESTERDAY, 1), Event(YESTERDAY), Upload(YESTERDAY, 2), Event(YESTERDAY)];
    [&once[..], &corrected_early, &corrected_late].map(|yesterday| interleavings(yesterday, &today))
}

async fn play(lake: &DataLake, schedule: &[Step]) {
    for step in schedule {
        match *step {
            Upload(TODAY, _) => lake.put(&key(TODAY), &people("Ion", 5..15)),
            Upload(date, content) => lake.put(&key(date), &people("Ana", content..content + 9)),
            Event(date) => {
                lake.deliver(lake.put_event(&key(date)), &[]).await.expect("the runs succeed");
            }
        }
    }
}

/// What a clean recomputation gives of the state in which every schedule ends.
async fn expected() -> Published {
    let lake = DataLake::folder();
    play(&lake, &[Upload(YESTERDAY, 2), Upload(TODAY, 0)]).await;
    recomputed(&lake.inputs(), &[YESTERDAY, TODAY], &[]).await
}

/// Plays the schedules side by side, each on a lake of its own.
async fn check(schedules: &[Vec<Step>], new_lake: impl Fn(usize) -> DataLake) {
    let expected = &expected().await;
    let checks = schedules.iter().enumerate().map(|(number, schedule)| {
        let lake = new_lake(number);
        async move {
            play(&lake, schedule).await;
            assert_same(&published(&lake), expected, &format!("{schedule:?}"));
        }
    });
    join_all(checks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_of_uploads_and_deliveries_gives_the_same_in_a_folder() {
    let schedules = schedules().concat();
    assert_eq!(schedules.len(), 20 + 35 + 35);
    check(&schedules, |_| DataLake::folder()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_of_a_correction_and_its_deliveries_gives_the_same_in_a_bucket() {
    let [_, _, corrected_late] = schedules();
    let s3 = Arc::new(LocalS3::start().await);
    check(&corrected_late, |number| DataLake::below(&s3, &format!("lake/{number}"))).await;
    assert_eq!(s3.direct().uploads_count(), 0);
}
