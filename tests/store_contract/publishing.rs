//! Uploads and conditional publication: invisible before, exactly one winner, nothing left behind.

use std::sync::Arc;

use drivendata_transform::store::{Precondition, Published, Store};
use tokio::task::JoinSet;

use super::{Lake, content_of, contract, done, off_runtime};

contract! {
    a_staged_upload_is_invisible_until_it_is_published,
    an_aborted_upload_leaves_nothing,
    a_key_that_must_be_absent_is_not_replaced,
    a_key_that_must_be_unchanged_is_replaced_once,
    a_small_object_is_put_under_the_same_conditions,
    a_note_is_removed_whatever_its_version_and_whether_it_is_there_or_not,
    of_racing_publishers_exactly_one_wins,
    of_racing_puts_exactly_one_wins,
    uploads_side_by_side_do_not_mix,
}

const RACERS: usize = 8;

async fn a_staged_upload_is_invisible_until_it_is_published(lake: Lake) {
    let staged = lake.staged("out/a", "content").await.expect("staged");
    assert_eq!(lake.keys("").await, [""; 0]);
    assert_eq!(lake.store.head("out/a").await.expect("examined"), None);
    assert_eq!(lake.unpublished_count(), 1);

    let version = done(lake.store.publish(&staged, &Precondition::Absent).await);
    assert_eq!(lake.store.list("").await.expect("listed"), [version]);
    assert_eq!(lake.text("out/a").await.as_deref(), Some("content"));
    assert_eq!(lake.unpublished_count(), 0);
}

async fn an_aborted_upload_leaves_nothing(lake: Lake) {
    let finished = lake.staged("finished", "x").await.expect("staged").id;
    let untouched = lake.store.stage("untouched", "text/csv").await.expect("begun").id();
    let mut writing = lake.store.stage("writing", "text/csv").await.expect("begun");
    let mut dropped = lake.store.stage("dropped", "text/csv").await.expect("begun");
    let ids = [finished, untouched, writing.id(), dropped.id()];
    assert_eq!(lake.unpublished_count(), 4);
    let writing = off_runtime(move || {
        let content = content_of(6 << 20);
        writing.write(&content)?;
        dropped.write(&content[..10])?;
        Ok(writing)
    });
    let _still_open = writing.await.expect("written");

    lake.store.abort(&ids).await;
    assert_eq!(lake.unpublished_count(), 0);
    lake.store.abort(&ids).await;
    assert_eq!(lake.keys("").await, [""; 0]);
}

async fn a_key_that_must_be_absent_is_not_replaced(lake: Lake) {
    let first = lake.staged("a", "first").await.expect("staged");
    let second = lake.staged("a", "second").await.expect("staged");
    done(lake.store.publish(&first, &Precondition::Absent).await);
    let published = lake.store.publish(&second, &Precondition::Absent).await;
    assert_eq!(published.expect("an outcome"), Published::Lost);
    assert_eq!(lake.text("a").await.as_deref(), Some("first"));

    assert_eq!(lake.unpublished_count(), 1, "a lost upload is the caller's to abort");
    lake.store.abort(&[second.id]).await;
    assert_eq!(lake.unpublished_count(), 0);
}

async fn a_key_that_must_be_unchanged_is_replaced_once(lake: Lake) {
    let old = lake.seeded("a", "old").await;
    let unchanged = Precondition::as_seen(Some(&old));
    let first = lake.staged("a", "first").await.expect("staged");
    let second = lake.staged("a", "second").await.expect("staged");
    let third = lake.staged("a", "third").await.expect("staged");

    let version = done(lake.store.publish(&first, &unchanged).await);
    assert_eq!(lake.store.head("a").await.expect("examined"), Some(version));
    assert_eq!(lake.store.publish(&second, &unchanged).await.expect("an outcome"), Published::Lost);
    assert_eq!(lake.text("a").await.as_deref(), Some("first"));

    lake.remove("a");
    assert_eq!(lake.store.publish(&third, &unchanged).await.expect("an outcome"), Published::Lost, "it is gone");
    assert_eq!(lake.text("a").await, None);
}

async fn a_small_object_is_put_under_the_same_conditions(lake: Lake) {
    let first = done(lake.put("m/a.json", "first", &Precondition::Absent).await);
    assert_eq!(lake.store.head("m/a.json").await.expect("examined"), Some(first.clone()));
    assert_eq!(lake.put("m/a.json", "second", &Precondition::Absent).await.expect("an outcome"), Published::Lost);
    let unchanged = Precondition::Unchanged(first.etag);
    done(lake.put("m/a.json", "third", &unchanged).await);
    assert_eq!(lake.put("m/a.json", "fourth", &unchanged).await.expect("an outcome"), Published::Lost);
    assert_eq!(lake.put("m/b.json", "fifth", &unchanged).await.expect("an outcome"), Published::Lost);
    assert_eq!(lake.text("m/a.json").await.as_deref(), Some("third"));
    assert_eq!(lake.keys("").await, ["m/a.json"]);
    assert_eq!(lake.unpublished_count(), 0);
}

async fn a_note_is_removed_whatever_its_version_and_whether_it_is_there_or_not(lake: Lake) {
    done(lake.put("state/day=1/note.json", "first", &Precondition::Absent).await);
    lake.seed("state/day=1/note.json.more", "another");
    lake.seed("state/day=2/note.json", "another");
    lake.store.delete("state/day=1/note.json").await.expect("removed");
    assert_eq!(lake.text("state/day=1/note.json").await, None);
    let left = ["state/day=1/note.json.more", "state/day=2/note.json"];
    assert_eq!(lake.keys("").await, left, "nothing else is touched");
    for absent in ["state/day=1/note.json", "never/there", "state/day=2"] {
        lake.store.delete(absent).await.expect("there is nothing to remove");
    }
    assert_eq!(lake.keys("").await, left);
    done(lake.put("state/day=1/note.json", "second", &Precondition::Absent).await);
    assert_eq!(lake.unpublished_count(), 0);
}

async fn of_racing_publishers_exactly_one_wins(lake: Lake) {
    let mut precondition = Precondition::Absent;
    for round in 0..5 {
        let mut racers = JoinSet::new();
        for racer in 0..RACERS {
            let text = format!("round {round}, racer {racer}");
            let staged = lake.staged("a", text.as_str()).await.expect("staged");
            let (store, precondition): (Arc<dyn Store>, _) = (Arc::clone(&lake.store), precondition.clone());
            racers.spawn(async move { (text, store.publish(&staged, &precondition).await.expect("an outcome")) });
        }
        precondition = winner(&lake, racers.join_all().await).await;
    }
}

async fn of_racing_puts_exactly_one_wins(lake: Lake) {
    let mut precondition = Precondition::Absent;
    for round in 0..5 {
        let mut racers = JoinSet::new();
        for racer in 0..RACERS {
            let text = format!("round {round}, racer {racer}");
            let (store, precondition): (Arc<dyn Store>, _) = (Arc::clone(&lake.store), precondition.clone());
            racers.spawn(async move {
                let body = text.clone().into();
                (text, store.put("a", "text/plain", body, &precondition).await.expect("an outcome"))
            });
        }
        precondition = winner(&lake, racers.join_all().await).await;
    }
}

/// There is one, and the object is its; the condition for the next round.
async fn winner(lake: &Lake, outcomes: Vec<(String, Published)>) -> Precondition {
    let won = outcomes.into_iter().filter_map(|(text, published)| match published {
        Published::Done(version) => Some((text, version)),
        Published::Lost => None,
    });
    let won: Vec<_> = won.collect();
    assert_eq!(won.len(), 1, "{won:?}");
    let (text, version) = &won[0];
    assert_eq!(lake.text("a").await.as_ref(), Some(text));
    assert_eq!(lake.store.head("a").await.expect("examined").as_ref(), Some(version));
    Precondition::Unchanged(version.etag.clone())
}

async fn uploads_side_by_side_do_not_mix(lake: Lake) {
    // More uploads than parts may be under way, each of several parts.
    let contents: Vec<_> = (0..4).map(|n| content_of(11 << 20).split_off(n)).collect();
    let mut uploads = Vec::new();
    for n in 0..contents.len() {
        uploads.push(lake.store.stage(&format!("out/{n}"), "text/csv").await.expect("begun"));
    }
    let shared = Arc::new(contents);
    let contents = Arc::clone(&shared);
    let staged = off_runtime(move || {
        for start in (0..11 << 20).step_by(1 << 20) {
            for (upload, content) in uploads.iter_mut().zip(contents.iter()) {
                upload.write(&content[start..content.len().min(start + (1 << 20))])?;
            }
        }
        uploads.into_iter().map(|upload| upload.finish()).collect::<Result<Vec<_>, _>>()
    });
    for (staged, content) in staged.await.expect("staged").iter().zip(shared.iter()) {
        let version = done(lake.store.publish(staged, &Precondition::Absent).await);
        assert!(lake.read(&version).await.expect("read") == *content, "{}", version.key);
    }
}
