//! A window of very many objects: opened a few at a time, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use drivendata_transform::error::ErrorKind;

use super::{TODAY, on_both_lakes};
use crate::common::batches::{HEADER, batch, row};
use crate::common::hooked::Hooked;
use crate::common::lakes::DataLake;

on_both_lakes! {
    a_batch_of_many_objects_is_read_a_few_objects_at_a_time,
}

/// The most calls of each kind that were under way at once.
#[derive(Default)]
struct AtOnce {
    peeks: [AtomicUsize; 2],
    lists: [AtomicUsize; 2],
}

impl AtOnce {
    fn of(&self, method: &str) -> Option<&[AtomicUsize; 2]> {
        match method {
            "peek" => Some(&self.peeks),
            "list" => Some(&self.lists),
            _ => None,
        }
    }
}

async fn a_batch_of_many_objects_is_read_a_few_objects_at_a_time(lake: DataLake) {
    const OBJECTS: u32 = 300;
    for number in 0..OBJECTS {
        lake.put(&format!("raw_data/batch_{TODAY}-part{number:04}.csv"), &batch(&[row("Ana", number)]));
    }
    let at_once = Arc::new(AtOnce::default());
    let counting = Arc::clone(&at_once);
    // Each call stays under way for a while before it is made, so that those begun together are seen together.
    let store = Hooked::new(lake.store(), move |call| {
        let at_once = Arc::clone(&counting);
        Box::pin(async move {
            if let Some([now, most]) = at_once.of(call.method) {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(1)).await;
                now.fetch_sub(1, Ordering::SeqCst);
            }
            Ok(())
        })
    });
    let runner = lake.runner_on(Arc::new(store), &[("WINDOW_DAYS", "60")]);
    let report = crate::common::runs::run(&runner, TODAY).await.expect("a run");
    assert_eq!(report.manifest.inputs.len(), OBJECTS as usize);
    assert_eq!(report.manifest.figures.balance.written, u64::from(OBJECTS));
    assert_eq!(at_once.peeks[1].load(Ordering::SeqCst), 8);
    assert_eq!(at_once.lists[1].load(Ordering::SeqCst), 16);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_whose_columns_do_not_fit_the_memory_are_too_large_before_the_first_row() {
    let lake = DataLake::folder();
    // The union of the columns has 60 x 100 of them, and each of 60 layouts a place for each: 2.9 MB, beside 0.5 MB of
    // names.
    for object in 0..60 {
        let more: Vec<String> = (0..100).map(|column| format!("column_{object}_{column}")).collect();
        let text = format!("{HEADER},{}\n", more.join(","));
        lake.put(&format!("raw_data/batch_{TODAY}-part{object:04}.csv"), text.as_bytes());
    }
    let error =
        lake.run(TODAY, &[("MEMORY_LIMIT_MB", "2"), ("COLUMNS_MAX", "10000")]).await.expect_err("it does not fit");
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert!(error.to_string().contains("60 objects with their columns need 3 MiB of memory"), "{error}");
    assert_eq!(lake.unpublished_count(), 0, "nothing was begun");
    lake.run(TODAY, &[("COLUMNS_MAX", "10000")]).await.expect("there is no limit");
}
