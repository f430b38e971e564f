//! Something happens between two calls of a run, at every call once: another run, a correction, a correction taken
//! back, an upload, a removal. When all have ended, the newest inputs are what is published.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use drivendata_transform::error::{Error, ErrorKind};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, join_all};

use super::{TODAY, YESTERDAY, corrected, key, publish_two_days, upload_two_days};
use crate::common::batches::people;
use crate::common::clean::{Published, assert_clean, assert_same, is_true, manifest, published, recomputed};
use crate::common::hooked::{Counted, Hooked};
use crate::common::lakes::DataLake;
use crate::common::s3::LocalS3;

/// What happens; a run of today follows it, as its event asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// Nothing: the event was delivered twice.
    None,
    /// Today is corrected once more.
    CorrectedAgain,
    /// Today becomes what it was when it was published, so that what is published is right as it is.
    PutBack,
    /// Another object of yesterday arrives.
    YesterdayArrives,
    /// Yesterday is removed.
    YesterdayRemoved,
}

use Change::{CorrectedAgain, None as Nothing, PutBack, YesterdayArrives, YesterdayRemoved};

const CHANGES: [Change; 5] = [Nothing, CorrectedAgain, PutBack, YesterdayArrives, YesterdayRemoved];

impl Change {
    fn make(self, lake: &DataLake) {
        match self {
            Nothing => {}
            CorrectedAgain => lake.put(&key(TODAY), &people("Newest", 1..11)),
            PutBack => upload_two_days(lake),
            YesterdayArrives => lake.put("raw_data/batch_2024-09-14-late.csv", &people("Late", 8..18)),
            YesterdayRemoved => lake.remove(&key(YESTERDAY)),
        }
    }
}

/// Two days, of which today was published and then corrected; or the correction came before anything was published.
async fn corrected_lake(lake: &DataLake, is_published: bool) {
    match is_published {
        true => publish_two_days(lake).await,
        false => upload_two_days(lake),
    }
    lake.put(&key(TODAY), &corrected());
}

/// What is to be published after each change.
async fn expectations() -> BTreeMap<Change, Published> {
    let mut all = BTreeMap::new();
    for change in CHANGES {
        let lake = DataLake::folder();
        corrected_lake(&lake, false).await;
        change.make(&lake);
        all.insert(change, recomputed(&lake.inputs(), &[TODAY], &[]).await);
    }
    all
}

/// Runs today and lets the change and its run happen before call `number`; tells whether there was such a call.
///
/// Before each further call, what the other run published must still be there: nothing older becomes visible again,
/// not even for a while. Only where the change was taken back it does, until the inputs are listed once more.
async fn disturbed_run(
    lake: &DataLake,
    (change, expected): (Change, &Published),
    number: usize,
    context: &str,
) -> bool {
    // The other run goes on when the call it came before is given up.
    let other: Arc<OnceLock<Shared<BoxFuture<'static, ()>>>> = Arc::default();
    let store = {
        let (lake, other, expected) = (lake.clone(), Arc::clone(&other), expected.clone());
        Hooked::new(lake.store(), move |call| {
            if call.number != number {
                let is_overtaken = other.get().is_some_and(|run| run.peek().is_some()) && change != PutBack;
                let is_newest = !is_overtaken || published(&lake) == expected;
                return async move { is_newest.then_some(()).ok_or_else(older_is_visible) }.boxed();
            }
            let lake = lake.clone();
            let run = async move {
                change.make(&lake);
                lake.run(TODAY, &[]).await.expect("the other run is not disturbed");
            };
            let run = tokio::runtime::Handle::current().spawn(run).map(|ended| ended.expect("no panic"));
            other.get_or_init(|| run.boxed().shared()).clone().map(Ok).boxed()
        })
    };
    let outcome = lake.run_on(Arc::new(store), TODAY).await;
    outcome.unwrap_or_else(|error| panic!("{context}: {error}"));
    match other.get() {
        Some(run) => run.clone().map(|()| true).await,
        None => false,
    }
}

fn older_is_visible() -> Error {
    Error::internal("outputs of older inputs are visible again")
}

/// Lets every change happen before every call, the changes side by side: most of the time goes by in pauses before
/// runs begin anew.
async fn check(new_lake: impl Fn(String) -> DataLake, is_published: bool) {
    let (expectations, new_lake) = (expectations().await, &new_lake);
    let checks = expectations.iter().map(|(change, expected)| async move {
        for number in 1.. {
            let context = format!("{change:?} before call {number}");
            let lake = new_lake(format!("{change:?}/{number}"));
            corrected_lake(&lake, is_published).await;
            if !disturbed_run(&lake, (*change, expected), number, &context).await {
                assert!(number > 25, "a run has more calls than {number}");
                break;
            }
            assert_same(&published(&lake), expected, &context);
            assert!(is_true(&lake, &manifest(&lake, TODAY).expect("published")).await, "{context}");
        }
    });
    join_all(checks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_during_a_run_the_newest_inputs_are_published_in_a_folder() {
    for is_published in [false, true] {
        check(|_| DataLake::folder(), is_published).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_during_a_run_the_newest_inputs_are_published_in_a_bucket() {
    let s3 = Arc::new(LocalS3::start().await);
    check(|prefix| DataLake::below(&s3, &prefix), true).await;
    assert_eq!(s3.direct().uploads_count(), 0);
}

/// A store that lets something happen before its publication of a number, the first being 1 and the manifest's 6.
fn before_publication<F: Future<Output = ()> + Send + 'static>(
    lake: &DataLake,
    number: usize,
    event: impl Fn(DataLake) -> F + Send + Sync + 'static,
) -> Arc<Hooked> {
    let (inner, lake, publications) = (lake.store(), lake.clone(), AtomicUsize::new(0));
    Arc::new(Hooked::new(inner, move |call| {
        let is_publication = matches!(call.method, "publish" | "put");
        if !is_publication || publications.fetch_add(1, Ordering::Relaxed) + 1 != number {
            return async { Ok(()) }.boxed();
        }
        event(lake.clone()).map(Ok).boxed()
    }))
}

/// The event of the run that died is delivered again once the other has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_dies_within_another_is_made_good_by_its_next_delivery() {
    let expected = &expectations().await[&CorrectedAgain];
    let s3 = &Arc::new(LocalS3::start().await);
    let checks = (1..=6).flat_map(|number| (1..=6).map(move |dies_at| (number, dies_at)));
    let checks = checks.map(|(number, dies_at)| async move {
        let context = format!("interrupted before publication {number} by one that dies before {dies_at}");
        let lake = DataLake::below(s3, &format!("{number}/{dies_at}"));
        corrected_lake(&lake, true).await;
        let store = before_publication(&lake, number, move |lake| async move {
            CorrectedAgain.make(&lake);
            let dying = Hooked::dying_at(lake.store(), dies_at, Counted::Publications);
            let error = lake.run_on(Arc::new(dying), TODAY).await.expect_err("it dies");
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        });
        lake.run_on(store, TODAY).await.unwrap_or_else(|error| panic!("{context}: {error}"));
        lake.run(TODAY, &[]).await.expect("the other's next delivery");
        assert_same(&published(&lake), expected, &context);
        assert!(is_true(&lake, &manifest(&lake, TODAY).expect("published")).await, "{context}");
    });
    join_all(checks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_output_overwritten_before_its_manifest_is_written_is_noticed_by_the_run_itself() {
    for lake in [DataLake::folder(), DataLake::bucket().await] {
        for number in 2..=6 {
            corrected_lake(&lake, true).await;
            let first = format!("transformed_data/filtered/parquet/run_date={TODAY}/filtered.parquet");
            let store = before_publication(&lake, number, move |lake| {
                lake.put(&first, b"somebody else's");
                async {}
            });
            lake.run_on(store, TODAY).await.expect("it begins anew");
            assert_clean(&lake, &[TODAY], &[], &format!("overwritten before publication {number}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_removed_before_any_publication_leaves_a_consistent_day_and_is_told() {
    let lake = DataLake::bucket().await;
    for number in 1..=6 {
        corrected_lake(&lake, true).await;
        let corrected_inputs = lake.inputs();
        let store = before_publication(&lake, number, |lake| {
            lake.remove(&key(TODAY));
            async {}
        });
        let error = lake.run_on(store, TODAY).await.expect_err("there is no batch any more");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let expected = recomputed(&corrected_inputs, &[TODAY], &[]).await;
        assert_same(&published(&lake), &expected, &format!("removed before publication {number}"));
        assert_eq!(lake.unpublished_count(), 0);
    }
}
