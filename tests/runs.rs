//! Whole runs: what is published is always what a clean recomputation of the inputs would give, whatever came first,
//! in between or at the same time. Deaths and lost answers are in `crash_points.rs`.

mod at_once;
mod bombs;
mod failures;
mod handed_over;
mod in_between;
mod left_out;
mod many_objects;
mod order;
mod outputs;
mod repair;
mod replaced;
mod size;
mod time;
mod waiting;
mod warnings;

use crate::common::batches::people;
use crate::common::lakes::DataLake;

/// The days most tests work on.
const YESTERDAY: &str = "2024-09-14";
const TODAY: &str = "2024-09-15";

/// A key of a batch.
fn key(date: &str) -> String {
    format!("raw_data/batch_{date}.csv")
}

/// Uploads yesterday and today, with rows in common, so that today depends on yesterday.
fn upload_two_days(lake: &DataLake) {
    lake.put(&key(YESTERDAY), &people("Ana", 0..10));
    lake.put(&key(TODAY), &people("Ion", 5..15));
}

/// Uploads two days and publishes today.
async fn publish_two_days(lake: &DataLake) {
    upload_two_days(lake);
    lake.run(TODAY, &[]).await.expect("the first run");
}

/// Another batch for today.
fn corrected() -> Vec<u8> {
    people("Corrected", 3..14)
}

/// Makes a test for both lakes of every function named.
macro_rules! on_both_lakes {
    ($($name:ident,)+) => {
        mod folder {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::common::lakes::DataLake::folder()).await;
            })+
        }
        mod bucket {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::common::lakes::DataLake::bucket().await).await;
            })+
        }
    };
}
use on_both_lakes;
