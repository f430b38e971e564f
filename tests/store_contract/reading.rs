//! Listing and reading: order, versions, and that nothing is read which was not asked for.

use drivendata_transform::error::{Error, ErrorKind};
use drivendata_transform::store::{ObjectVersion, Precondition};

use super::{Lake, PAGE_KEYS_MAX, content_of, contract, done, kind, off_runtime};

contract! {
    keys_come_in_the_order_of_their_bytes,
    a_listing_of_many_pages_is_complete,
    strange_keys_are_keys_like_any_other,
    list_head_and_get_agree_on_the_version,
    what_is_not_there_is_none,
    a_replaced_object_is_a_conflict,
    a_removed_object_is_a_conflict,
    an_object_replaced_while_it_is_read_is_a_conflict,
    a_peek_sees_the_beginning,
    an_object_without_bytes_can_be_read,
    a_large_object_comes_back_byte_for_byte,
}

async fn keys_come_in_the_order_of_their_bytes(lake: Lake) {
    let expected = ["raw_data/B.csv", "raw_data/a-b", "raw_data/a.csv", "raw_data/a/b", "raw_data/a0", "raw_data/ș"];
    for key in expected.iter().rev().chain(&["raw_data0", "raw", "transformed_data/a"]) {
        lake.seed(key, "x");
    }
    assert_eq!(lake.keys("raw_data/").await, expected);
    assert_eq!(lake.keys("raw_data/a").await, &expected[1..5]);
    assert_eq!(lake.keys("raw").await.len(), 8);
    assert_eq!(lake.keys("").await.len(), 9);
    assert_eq!(lake.keys("nothing/").await, [""; 0]);
}

async fn a_listing_of_many_pages_is_complete(lake: Lake) {
    let expected: Vec<_> = (0..PAGE_KEYS_MAX * 3 + 1).map(|n| format!("raw_data/{n:03}")).collect();
    for key in &expected {
        lake.seed(key, key);
    }
    assert_eq!(lake.keys("raw_data/").await, expected);
}

async fn strange_keys_are_keys_like_any_other(lake: Lake) {
    let keys =
        ["a b", "a+b", "a=b", "a%20b", "a&b;c'd\"e", "a?b#c", "ana.ioniță/日本", "run_date=2024-09-15/x (1).csv"];
    for key in keys {
        let key = format!("strange/{key}");
        let version =
            done(lake.store.publish(&lake.staged(&key, *b"x").await.expect("staged"), &Precondition::Absent).await);
        assert_eq!(lake.store.head(&key).await.expect("examined"), Some(version.clone()));
        assert_eq!(lake.keys(&key).await, [key.as_str()]);
        assert_eq!(lake.read(&version).await.expect("read"), b"x");
        let version = done(lake.put(&key, "xy", &Precondition::Unchanged(version.etag)).await);
        assert_eq!(lake.store.peek(&version, 9).await.expect("peeked"), "xy");
    }
    assert_eq!(lake.keys("strange/").await.len(), keys.len());
}

async fn list_head_and_get_agree_on_the_version(lake: Lake) {
    let version = lake.seeded("a", "0123456789").await;
    assert_eq!((version.key.as_str(), version.bytes), ("a", 10));
    assert!(!version.etag.contains('"'));
    assert_eq!(lake.store.list("a").await.expect("listed"), std::slice::from_ref(&version));
    let (got, content) = lake.store.get("a").await.expect("read").expect("there");
    assert_eq!((got, content.as_ref()), (version.clone(), b"0123456789".as_slice()));

    let changed = lake.seeded("a", "01234567890").await;
    assert_ne!(changed.etag, version.etag);
}

async fn what_is_not_there_is_none(lake: Lake) {
    lake.seed("a/b", "x");
    for key in ["nothing", "a", "a/c", "a/b/c"] {
        assert_eq!(lake.store.head(key).await.expect("examined"), None, "{key}");
        assert_eq!(lake.store.get(key).await.expect("read"), None, "{key}");
    }
}

async fn a_replaced_object_is_a_conflict(lake: Lake) {
    let old = lake.seeded("a", "the old one").await;
    lake.remove("a");
    lake.seed("a", "the new one");
    assert_eq!(kind(lake.store.peek(&old, 3).await), ErrorKind::Conflict);
    assert_eq!(kind(lake.read(&old).await), ErrorKind::Conflict);
    let error = lake.read(&old).await.expect_err("it is gone");
    assert_eq!(error.object(), Some("a"));
}

async fn a_removed_object_is_a_conflict(lake: Lake) {
    for content in ["x", ""] {
        let version = lake.seeded("a", content).await;
        lake.remove("a");
        assert_eq!(kind(lake.store.peek(&version, 3).await), ErrorKind::Conflict);
        assert_eq!(kind(lake.read(&version).await), ErrorKind::Conflict);
    }
}

async fn an_object_replaced_while_it_is_read_is_a_conflict(lake: Lake) {
    let content = content_of(8 << 20);
    let version = lake.seeded("a", &content).await;
    let mut reader = lake.store.open(&version);
    let (first, mut reader) = off_runtime(move || {
        let mut first = [0; 8];
        reader.read_exact(&mut first)?;
        Ok((first, reader))
    })
    .await
    .expect("the beginning is there");
    assert_eq!(first, content[..8]);

    lake.seed("a", &content[1..]);
    let rest = off_runtime(move || {
        let ended = reader.read_to_end(&mut Vec::new()).map_err(Error::from);
        let again = reader.read(&mut [0; 1]);
        assert!(again.is_err(), "a failed reader must not look like one at its end");
        ended
    });
    assert_eq!(kind(rest.await), ErrorKind::Conflict);
}

async fn a_peek_sees_the_beginning(lake: Lake) {
    let version = lake.seeded("a", "0123456789").await;
    for (bytes_max, expected) in [(0, ""), (1, "0"), (9, "012345678"), (10, "0123456789"), (99, "0123456789")] {
        assert_eq!(lake.store.peek(&version, bytes_max).await.expect("peeked"), expected);
    }
    let elsewhere = ObjectVersion { key: "b".to_owned(), ..version };
    assert_eq!(kind(lake.store.peek(&elsewhere, 1).await), ErrorKind::Conflict);
}

async fn an_object_without_bytes_can_be_read(lake: Lake) {
    let staged = lake.staged("a", "").await.expect("staged");
    let version = done(lake.store.publish(&staged, &Precondition::Absent).await);
    assert_eq!(version.bytes, 0);
    assert_eq!(lake.read(&version).await.expect("read"), b"");
    assert_eq!(lake.store.peek(&version, 4).await.expect("peeked"), "");
    assert_eq!(lake.text("a").await.as_deref(), Some(""));
}

async fn a_large_object_comes_back_byte_for_byte(lake: Lake) {
    let content = content_of(12 * 1024 * 1024 + 7);
    let staged = lake.staged("a", content.clone()).await.expect("staged");
    assert_eq!(staged.bytes, content.len() as u64);
    assert_eq!(decoded(&staged.checksum_crc64nvme), crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, &content));

    let version = done(lake.store.publish(&staged, &Precondition::Absent).await);
    assert_eq!(lake.store.head("a").await.expect("examined"), Some(version.clone()));
    assert!(lake.read(&version).await.expect("read") == content, "the ranges in order");
    assert!(lake.store.get("a").await.expect("read").expect("there").1 == content, "the whole at once");
}

/// Eight bytes of base64, big endian.
fn decoded(text: &str) -> u64 {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=').chars().map(|digit| ALPHABET.find(digit).expect("base64") as u128);
    (digits.fold(0, |bits, digit| bits << 6 | digit) >> 2) as u64
}
