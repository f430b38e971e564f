//! Several runs of one day at the same time, each on a store of its own, as so many Lambdas would.

use std::sync::Arc;

use drivendata_transform::day::Report;
use drivendata_transform::error::ErrorKind;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::{TODAY, corrected, key, on_both_lakes, publish_two_days};
use crate::common::batches::people;
use crate::common::clean::assert_clean;
use crate::common::hooked::Hooked;
use crate::common::lakes::{DataLake, run_anyway};

on_both_lakes! {
    two_runs_at_once_publish_one_consistent_day,
    five_runs_at_once_publish_one_consistent_day,
    a_run_with_older_inputs_does_not_prevail_over_one_that_overtakes_it,
}

async fn two_runs_at_once_publish_one_consistent_day(lake: DataLake) {
    runs_at_once(&lake, 2).await;
}

async fn five_runs_at_once_publish_one_consistent_day(lake: DataLake) {
    runs_at_once(&lake, 5).await;
}

/// First where nothing is published, then over what is.
async fn runs_at_once(lake: &DataLake, count: usize) {
    publish_two_days(lake).await;
    for batch in [corrected(), people("Newest", 2..12)] {
        lake.put(&key(TODAY), &batch);
        let runs = (0..count).map(|_| {
            let lake = lake.clone();
            tokio::spawn(async move { run_anyway(&lake.runner(&[]), TODAY).await })
        });
        let outcomes: Vec<_> = join_all(runs).await.into_iter().map(|ended| ended.expect("no panic")).collect();
        for error in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            // Only so often does a run begin anew; what it leaves is consistent all the same.
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
        let succeeded: Vec<&Report> = outcomes.iter().flatten().collect();
        assert!(!succeeded.is_empty(), "somebody wins");
        assert_clean(lake, &[TODAY], &[], "at once").await;
        assert_eq!(lake.unpublished_count(), 0);
    }
}

/// Both run at the same time from the correction on, wherever the first is then; every second call stands for all,
/// which `in_between` has one by one.
async fn a_run_with_older_inputs_does_not_prevail_over_one_that_overtakes_it(lake: DataLake) {
    for number in (1..).step_by(2) {
        lake.objects("").keys().for_each(|key| lake.remove(key));
        publish_two_days(&lake).await;
        lake.put(&key(TODAY), &corrected());
        let (begin, begun) = oneshot::channel();
        let begin = Arc::new(std::sync::Mutex::new(Some(begin)));
        let store = {
            let lake = lake.clone();
            Hooked::new(lake.store(), move |call| {
                let begin = begin.lock().expect("not poisoned").take_if(|_| call.number == number);
                if let Some(begin) = begin {
                    lake.put(&key(TODAY), &people("Newest", 1..11));
                    let lake = lake.clone();
                    let other = tokio::runtime::Handle::current().spawn(async move { lake.run(TODAY, &[]).await });
                    begin.send(other).expect("the test waits for it");
                }
                async { Ok(()) }.boxed()
            })
        };
        lake.run_on(Arc::new(store), TODAY).await.expect("the first run");
        let Ok(other) = begun.await else { break };
        other.await.expect("no panic").expect("the second run");
        assert_clean(&lake, &[TODAY], &[], &format!("overtaken at call {number}")).await;
        assert_eq!(lake.unpublished_count(), 0);
    }
}
