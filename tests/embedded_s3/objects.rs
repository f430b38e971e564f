//! Objects in one piece: reading, writing, conditions, listing, names.

use std::collections::HashMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};
use strict_s3::{StrictS3, StrictS3Options};

use super::{at_once, refusal, text};
use crate::common::s3::{BUCKET, LocalS3, client_config};

#[tokio::test]
async fn an_object_is_a_plain_file_with_what_was_said_about_it() {
    let s3 = LocalS3::start().await;
    let metadata = HashMap::from([("rules".to_owned(), "v1".to_owned())]);
    let put =
        s3.client.put_object().bucket(BUCKET).key("a/b.csv").content_type("text/csv").set_metadata(Some(metadata));
    let put = put.body(ByteStream::from_static(b"hello")).send().await.expect("put");
    assert_eq!(put.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert_eq!(std::fs::read(s3.folder().join("a/b.csv")).expect("a file"), b"hello");

    let got = s3.get("a/b.csv").await.expect("get");
    assert_eq!((got.content_type(), got.content_length()), (Some("text/csv"), Some(5)));
    assert_eq!(got.metadata().and_then(|metadata| metadata.get("rules")).map(String::as_str), Some("v1"));
    assert_eq!(text(got).await, "hello");

    let head = s3.client.head_object().bucket(BUCKET).key("a/b.csv").send().await.expect("head");
    assert_eq!((head.content_length(), head.e_tag()), (Some(5), put.e_tag()));
    assert_eq!(head.metadata().and_then(|metadata| metadata.get("rules")).map(String::as_str), Some("v1"));
    assert_eq!(s3.staged_files_count(), 0);
}

#[tokio::test]
async fn files_found_at_the_start_are_objects() {
    let root = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(root.path().join("found/day")).expect("a folder");
    std::fs::write(root.path().join("found/day/x.csv"), "hello").expect("a file");
    let server = StrictS3::start(root.path(), StrictS3Options::default()).await.expect("a start");
    let client = Client::from_conf(client_config(&server).build());
    let head = client.head_object().bucket("found").key("day/x.csv").send().await.expect("head");
    assert_eq!(head.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    server.stop().await;
    client.head_object().bucket("found").key("day/x.csv").send().await.expect_err("the server has stopped");
}

#[tokio::test]
async fn each_server_has_a_secret_of_its_own_that_another_cannot_be_used_with() {
    let (one, other) = (LocalS3::start().await, LocalS3::start().await);
    let secrets = [one.server.secret_access_key(), other.server.secret_access_key()];
    assert_ne!(secrets[0], secrets[1]);
    assert!(secrets.iter().all(|secret| secret.len() == 64), "{secrets:?}");
    let stranger = client_config(&other.server).endpoint_url(one.server.endpoint_url()).build();
    let answer = Client::from_conf(stranger).list_objects_v2().bucket(BUCKET).send().await;
    assert_eq!(refusal(answer), (403, "SignatureDoesNotMatch".to_owned()));
}

#[tokio::test]
async fn a_server_listens_where_it_is_told_to_and_names_an_address_that_this_machine_reaches() {
    let root = tempfile::tempdir().expect("a folder");
    let options = StrictS3Options { address: "0.0.0.0:0".parse().expect("an address"), ..Default::default() };
    let server = StrictS3::start(root.path(), options).await.expect("a start");
    let client = Client::from_conf(client_config(&server).build());
    assert!(server.endpoint_url().starts_with("http://127.0.0.1:"), "{}", server.endpoint_url());
    client.create_bucket().bucket("found").send().await.expect("an answer");

    let taken = server.endpoint_url().trim_start_matches("http://").parse().expect("an address");
    let options = StrictS3Options { address: taken, ..Default::default() };
    let Err(error) = StrictS3::start(root.path(), options).await else { panic!("the port is taken") };
    assert!(error.to_string().starts_with(&format!("S3 cannot be served on {taken}")), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_that_create_exactly_one_wins() {
    let s3 = LocalS3::start().await;
    for round in 0..5 {
        let key = format!("race-{round}");
        let puts = (0..16).map(|writer| {
            let body = ByteStream::from(format!("writer {writer}").into_bytes());
            s3.client.put_object().bucket(BUCKET).key(&key).if_none_match("*").body(body).send()
        });
        let results = at_once(puts).await;
        let winners: Vec<usize> = (0..16).filter(|&writer| results[writer].is_ok()).collect();
        assert_eq!(winners.len(), 1, "winners {winners:?}");
        for result in results.into_iter().filter(Result::is_err) {
            assert_eq!(refusal(result), (412, "PreconditionFailed".to_owned()));
        }
        assert_eq!(s3.text(&key).await, format!("writer {}", winners[0]));
    }
    assert_eq!(s3.staged_files_count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_that_replace_the_same_version_exactly_one_wins() {
    let s3 = LocalS3::start().await;
    for round in 0..5 {
        let old = s3.put("race", &format!("round {round}")).await;
        let puts = (0..16).map(|writer| {
            let body = ByteStream::from(format!("round {round} writer {writer}").into_bytes());
            s3.client.put_object().bucket(BUCKET).key("race").if_match(&old).body(body).send()
        });
        let results = at_once(puts).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    }
    let absent = s3.client.put_object().bucket(BUCKET).key("absent").if_match("\"x\"").send().await;
    assert_eq!(refusal(absent), (404, "NoSuchKey".to_owned()));
}

#[tokio::test]
async fn a_conditional_read_gets_that_version_or_nothing() {
    let s3 = LocalS3::start().await;
    let old = s3.put("key", "old").await;
    let get = || s3.client.get_object().bucket(BUCKET).key("key");
    let head = || s3.client.head_object().bucket(BUCKET).key("key");
    assert_eq!(text(get().if_match(&old).send().await.expect("the version wanted")).await, "old");
    assert_eq!(refusal(get().if_none_match(&old).send().await).0, 304);
    assert_eq!(refusal(head().if_none_match(&old).send().await).0, 304);

    let new = s3.put("key", "new").await;
    assert_eq!(refusal(get().if_match(&old).send().await), (412, "PreconditionFailed".to_owned()));
    assert_eq!(refusal(head().if_match(&old).send().await).0, 412);
    assert_eq!(head().if_match(&new).send().await.expect("the version wanted").e_tag(), Some(&*new));
    assert_eq!(text(get().if_none_match(&old).send().await.expect("a new version")).await, "new");
}

#[tokio::test]
async fn a_range_gets_those_bytes() {
    let s3 = LocalS3::start().await;
    s3.put("key", "0123456789").await;
    s3.put("empty", "").await;
    let get = |key: &str, range: &str| s3.client.get_object().bucket(BUCKET).key(key).range(range).send();
    for (range, bytes, content_range) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=-99", "0123456789", "bytes 0-9/10"),
    ] {
        let got = get("key", range).await.expect("a satisfiable range");
        assert_eq!(got.content_range(), Some(content_range), "{range}");
        assert_eq!(text(got).await, bytes, "{range}");
    }
    for (key, range) in [("key", "bytes=10-"), ("key", "bytes=-0"), ("empty", "bytes=0-"), ("empty", "bytes=-1")] {
        assert_eq!(refusal(get(key, range).await), (416, "InvalidRange".to_owned()), "{key} {range}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_under_way_keeps_its_version() {
    let s3 = LocalS3::start().await;
    let old = vec![b'o'; 32 << 20];
    s3.direct().put(BUCKET, "key", &old).expect("a put");
    let mut got = s3.get("key").await.expect("get");
    let first = got.body.next().await.expect("a first piece").expect("a good piece");
    s3.direct().put(BUCKET, "key", &vec![b'n'; 32 << 20]).expect("a put");
    let rest = got.body.collect().await.expect("the rest").into_bytes();
    assert_eq!(first.len() + rest.len(), old.len());
    assert!(rest.iter().all(|byte| *byte == b'o'));
}

#[tokio::test]
async fn a_body_with_another_checksum_than_declared_is_refused() {
    let s3 = LocalS3::start().await;
    let put = || s3.client.put_object().bucket(BUCKET).key("key").body(ByteStream::from_static(b"hello"));
    let results = [
        put().checksum_crc64_nvme("AAAAAAAAAAA=").send().await,
        put().checksum_crc32("AAAAAA==").send().await,
        put().checksum_crc32_c("AAAAAA==").send().await,
        put().checksum_sha256("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCR=").send().await,
        put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await,
    ];
    for result in results {
        assert_eq!(refusal(result), (400, "BadDigest".to_owned()));
    }
    assert_eq!(refusal(s3.get("key").await), (404, "NoSuchKey".to_owned()));
    assert_eq!(s3.staged_files_count(), 0);
}

#[tokio::test]
async fn right_checksums_are_accepted_and_returned() {
    let s3 = LocalS3::start().await;
    let put = || s3.client.put_object().bucket(BUCKET).key("key").body(ByteStream::from_static(b"hello"));
    put().checksum_crc32("NhCmhg==").send().await.expect("CRC32 in a header");
    put().checksum_sha256("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=").send().await.expect("SHA-256 in a header");
    put().content_md5("XUFAKrxLKna5cZ2REBfFkg==").send().await.expect("MD5 in a header");
    for (algorithm, value) in [
        (ChecksumAlgorithm::Crc32, "NhCmhg=="),
        (ChecksumAlgorithm::Crc32C, "mnG7TA=="),
        (ChecksumAlgorithm::Crc64Nvme, "M3eFcAZSQlc="),
    ] {
        // The SDK computes it while it sends the body, and puts it into the trailer.
        put().checksum_algorithm(algorithm.clone()).send().await.expect("a trailer");
        let got = s3.client.get_object().bucket(BUCKET).key("key").checksum_mode(ChecksumMode::Enabled).send();
        let got = got.await.expect("get");
        let returned = [got.checksum_crc32(), got.checksum_crc32_c(), got.checksum_crc64_nvme()];
        assert_eq!(returned.into_iter().flatten().collect::<Vec<_>>(), [value], "{algorithm}");
        assert_eq!(text(got).await, "hello");
    }
}

#[tokio::test]
async fn pages_hold_every_key_once_and_in_the_order_of_their_bytes() {
    let s3 = LocalS3::start_with(StrictS3Options { page_keys_max: 3, ..StrictS3Options::default() }).await;
    // U+FF5E sorts before U+1F600 in UTF-8, but after it in UTF-16.
    let mut keys =
        ["in/a", "in/a-b", "in/a0", "in/B", "in/c/d", "in/\u{ff5e}", "in/\u{1f600}", "other"].map(str::to_owned);
    for key in &keys {
        s3.put(key, key).await;
    }
    keys.sort();
    let list = || s3.client.list_objects_v2().bucket(BUCKET);
    let mut listed = Vec::new();
    let mut pages_count = 0;
    let mut pages = list().prefix("in/").into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.expect("a page");
        pages_count += 1;
        for object in page.contents() {
            let key = object.key().expect("a key");
            assert_eq!(object.size(), Some(key.len() as i64));
            assert_eq!(object.e_tag().map(|etag| etag.trim_matches('"').to_owned()), s3.direct().etag(BUCKET, key));
            listed.push(key.to_owned());
        }
    }
    assert_eq!(pages_count, 3);
    assert_eq!(listed, keys[..7]);

    let page = list().prefix("in/").start_after("in/a0").max_keys(2).send().await.expect("a page");
    assert_eq!(page.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), ["in/c/d", "in/\u{ff5e}"]);
    assert_eq!(page.is_truncated(), Some(true));
    let refused = list().continuation_token("made up").send().await;
    assert_eq!(refusal(refused), (400, "InvalidArgument".to_owned()));
}

#[tokio::test]
async fn a_delimiter_rolls_folders_up_across_pages() {
    let s3 = LocalS3::start_with(StrictS3Options { page_keys_max: 1, ..StrictS3Options::default() }).await;
    for key in ["a/1", "a/2", "b", "c/1", "c/2"] {
        s3.put(key, "").await;
    }
    let mut names = Vec::new();
    let mut pages = s3.client.list_objects_v2().bucket(BUCKET).delimiter("/").into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.expect("a page");
        assert_eq!(page.key_count(), Some(1));
        names.extend(page.common_prefixes().iter().filter_map(|common| common.prefix().map(str::to_owned)));
        names.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
    }
    assert_eq!(names, ["a/", "b", "c/"]);
}

#[tokio::test]
async fn any_character_may_be_in_a_key() {
    let s3 = LocalS3::start().await;
    let keys = ["run date=2024-09-15/a b.csv", "a+b", "100%", "a%20b", "ioniță/€😀", "q?x=1&y=2#z", "~tilde's (1)!*"];
    for key in keys {
        s3.put(key, key).await;
        assert_eq!(s3.text(key).await, key);
        assert!(s3.folder().join(key).is_file(), "{key}");
    }
    let mut sorted = keys.map(str::to_owned);
    sorted.sort();
    let page = s3.client.list_objects_v2().bucket(BUCKET).send().await.expect("a page");
    assert_eq!(page.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), sorted);
}

#[tokio::test]
async fn keys_that_lead_out_of_the_folder_are_refused() {
    let s3 = LocalS3::start().await;
    s3.put("file", "x").await;
    for key in ["../out", "a/../../out", "a//b", "/absolute", "folder/", "file/below"] {
        let put = s3.client.put_object().bucket(BUCKET).key(key).body(ByteStream::from_static(b"x")).send().await;
        let (status, code) = refusal(put);
        assert!(status == 400 || status == 403, "{key}: {status} {code}");
    }
    assert_eq!(s3.direct().keys(BUCKET), ["file"]);
    assert!(!s3.folder().join("../out").exists());
    assert_eq!(s3.staged_files_count(), 0);
}

#[tokio::test]
async fn what_is_not_there_is_missed_as_s3_misses_it() {
    let s3 = LocalS3::start().await;
    assert_eq!(refusal(s3.get("absent").await), (404, "NoSuchKey".to_owned()));
    assert_eq!(
        refusal(s3.client.head_object().bucket(BUCKET).key("absent").send().await),
        (404, "NotFound".to_owned())
    );
    let list = s3.client.list_objects_v2().bucket("nowhere").send().await;
    assert_eq!(refusal(list), (404, "NoSuchBucket".to_owned()));
    assert_eq!(refusal(s3.client.head_bucket().bucket("nowhere").send().await).0, 404);
    s3.client.create_bucket().bucket("nowhere").send().await.expect("a new bucket");
    s3.client.head_bucket().bucket("nowhere").send().await.expect("the bucket is there now");

    s3.put("folder/key", "x").await;
    s3.client.delete_object().bucket(BUCKET).key("folder/key").send().await.expect("a deletion");
    s3.client.delete_object().bucket(BUCKET).key("folder/key").send().await.expect("nothing to delete is fine");
    assert_eq!(refusal(s3.get("folder/key").await).0, 404);
    assert!(!s3.folder().join("folder").exists());
}

#[tokio::test]
async fn what_the_disk_refuses_is_told_to_the_client() {
    let s3 = LocalS3::start().await;
    std::fs::remove_dir(s3.folder().with_file_name(".uploads")).expect("no upload is under way");
    let put = s3.client_without_retries().put_object().bucket(BUCKET).key("a").body(ByteStream::from_static(b"hello"));
    let error = put.send().await.expect_err("nowhere to write");
    let because = error.message().and_then(|said| said.strip_prefix("the server's disk: "));
    assert_eq!((error.code(), because.is_some_and(|because| !because.is_empty())), (Some("InternalError"), true));
}
