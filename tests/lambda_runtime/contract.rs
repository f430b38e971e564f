//! The function with a contract in a bucket: read at the start, read again when it has changed, and beside the function
//! of another feed in the same bucket.

use std::collections::BTreeMap;

use drivendata_deploy::Feed;
use drivendata_transform::contract;
use serde_json::{Value, json};

use super::{BATCH_KEY, BUCKET, event, start_function};
use crate::common::batches::{batch, row};
use crate::common::s3::LocalS3;

const DRIVENDATA: &str = include_str!("../../contracts/drivendata.odcs.yaml");
const LEADDATA: &str = include_str!("../../contracts/examples/leaddata.odcs.yaml");
const CONTRACT_KEY: &str = "contracts/feed.yaml";
const ADDRESS: &str = "s3://driven-data-bucket/contracts/feed.yaml";

/// A bucket with a batch of sessions.
async fn bucket() -> LocalS3 {
    let s3 = LocalS3::start().await;
    s3.direct().create_bucket(BUCKET).expect("a new bucket");
    put(&s3, BATCH_KEY, &batch(&[row("Ana", 1), row("Ion", 2)]));
    s3
}

fn put(s3: &LocalS3, key: &str, bytes: &[u8]) {
    s3.direct().put(BUCKET, key, bytes).expect("an object");
}

/// What S3 sends when a key was stored.
fn put_event(key: &str) -> Value {
    let mut event = event("put");
    event["Records"][0]["s3"]["object"]["key"] = key.into();
    event
}

fn objects(s3: &LocalS3) -> BTreeMap<String, Vec<u8>> {
    let read = |key: String| (key.clone(), s3.direct().get(BUCKET, &key).expect("readable").expect("it is there"));
    s3.direct().keys(BUCKET).into_iter().map(read).collect()
}

/// The keys whose objects are new or others than before.
fn changed(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    assert!(before.keys().all(|key| after.contains_key(key)), "an object is gone");
    after.iter().filter(|(key, bytes)| before.get(*key) != Some(bytes)).map(|(key, _)| key.clone()).collect()
}

fn statuses(reply: &Value) -> Vec<&str> {
    reply["runs"].as_array().expect("runs").iter().filter_map(|run| run["status"].as_str()).collect()
}

#[tokio::test]
async fn the_next_invocation_goes_by_the_contract_as_it_is_then() {
    let s3 = bucket().await;
    put(&s3, CONTRACT_KEY, DRIVENDATA.as_bytes());
    let function = start_function(&s3, &[("CONTRACT", ADDRESS)]).await;
    let people = "transformed_data/people/csv/run_date=2024-09-15/people.csv";

    assert_eq!(statuses(&function.invoke(&put_event(BATCH_KEY)).await.reply()), ["published"]);
    assert_eq!(statuses(&function.invoke(&put_event(BATCH_KEY)).await.reply()), ["unchanged"]);
    let grouped = s3.direct().get(BUCKET, "transformed_data/grouped/csv/run_date=2024-09-15/grouped.csv");
    assert!(grouped.expect("readable").is_some() && !objects(&s3).contains_key(people));

    put(&s3, CONTRACT_KEY, DRIVENDATA.replace("  - name: grouped\n", "  - name: people\n").as_bytes());
    assert_eq!(statuses(&function.invoke(&put_event(BATCH_KEY)).await.reply()), ["published"]);
    assert!(objects(&s3).contains_key(people));
    assert_eq!(statuses(&function.invoke(&put_event(BATCH_KEY)).await.reply()), ["unchanged"]);
}

#[tokio::test]
async fn a_changed_contract_with_a_mistake_is_refused_with_its_place_until_it_is_mended() {
    let s3 = bucket().await;
    put(&s3, CONTRACT_KEY, DRIVENDATA.as_bytes());
    let function = start_function(&s3, &[("CONTRACT", ADDRESS)]).await;
    assert_eq!(statuses(&function.invoke(&put_event(BATCH_KEY)).await.reply()), ["published"]);

    put(&s3, CONTRACT_KEY, DRIVENDATA.replace("download_speed + upload_speed\n", "download_sped\n").as_bytes());
    let before = objects(&s3);
    let (kind, message) = function.invoke(&put_event(BATCH_KEY)).await.error();
    assert_eq!(kind, "Configuration");
    assert!(message.contains(ADDRESS) && message.contains("download_sped"), "{message}");
    assert_eq!(changed(&before, &objects(&s3)), [""; 0]);

    put(&s3, CONTRACT_KEY, DRIVENDATA.as_bytes());
    assert_eq!(statuses(&function.invoke(&put_event(BATCH_KEY)).await.reply()), ["unchanged"]);
}

#[tokio::test]
async fn without_its_contract_the_function_refuses_every_event() {
    let s3 = bucket().await;
    let function = start_function(&s3, &[("CONTRACT", ADDRESS)]).await;
    for event in [put_event(BATCH_KEY), event("schedule")] {
        let (kind, message) = function.invoke(&event).await.error();
        assert_eq!((&*kind, message.contains("does not exist")), ("Configuration", true), "{message}");
    }
}

#[tokio::test]
async fn two_feeds_in_one_bucket_keep_to_their_own_batches_and_outputs() {
    let s3 = bucket().await;
    let contract = contract::read(LEADDATA, &BTreeMap::new()).expect("no mistakes");
    let feed = Feed::of_file(&contract);
    put(&s3, CONTRACT_KEY, LEADDATA.as_bytes());
    let key = |date: &str| format!("{}leads_{date}.csv", feed.input_prefix);
    for date in ["2024-09-14", "2024-09-15"] {
        let path = format!("{}/contracts/examples/leaddata/raw_data/leads_{date}.csv", env!("CARGO_MANIFEST_DIR"));
        put(&s3, &key(date), &std::fs::read(path).expect("an example"));
    }
    let sessions = start_function(&s3, &[]).await;
    let settings = [
        ("CONTRACT", ADDRESS),
        ("INPUT_PREFIX", &feed.input_prefix),
        ("OUTPUT_PREFIX", &feed.output_prefix),
        // The examples are few rows, and some of them are there to be rejected.
        ("MAX_REJECTED_RATIO", "1"),
    ];
    let visits = start_function(&s3, &settings).await;

    let at_first = objects(&s3);
    assert!(statuses(&sessions.invoke(&put_event(BATCH_KEY)).await.reply()).contains(&"published"));
    let with_sessions = objects(&s3);
    let published = changed(&at_first, &with_sessions);
    assert!(published.len() > 4 && published.iter().all(|key| key.starts_with("transformed_data/")), "{published:?}");

    assert!(statuses(&visits.invoke(&put_event(&key("2024-09-15"))).await.reply()).contains(&"published"));
    let with_both = objects(&s3);
    let published = changed(&with_sessions, &with_both);
    assert!(published.len() > 4 && published.iter().all(|key| key.starts_with(&feed.output_prefix)), "{published:?}");
    assert!(published.iter().any(|key| key.ends_with("campaigns/csv/run_date=2024-09-15/campaigns.csv")));

    // Events of the other feed, should one come: nothing is run, and nothing is written.
    for (function, key) in [(&sessions, key("2024-09-15")), (&visits, BATCH_KEY.to_owned())] {
        let reply = function.invoke(&put_event(&key)).await.reply();
        assert_eq!((&reply["runs"], reply["ignored"].as_array().map(Vec::len)), (&json!([]), Some(1)), "{reply}");
    }
    assert_eq!(changed(&with_both, &objects(&s3)), [""; 0]);

    // The daily tick of each finds the batches of its own feed.
    let mut tick = event("schedule");
    tick["time"] = "2024-09-15T08:00:00Z".into();
    for (function, prefix) in [(&sessions, "transformed_data/"), (&visits, &feed.output_prefix)] {
        let before = objects(&s3);
        assert!(!statuses(&function.invoke(&tick).await.reply()).is_empty());
        let published = changed(&before, &objects(&s3));
        assert!(published.iter().all(|key| key.starts_with(prefix)), "{published:?}");
    }
}
