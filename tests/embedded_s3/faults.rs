//! Each fault does what it says, and the log tells what was called.

use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use strict_s3::{Call, Fault};

use super::{refusal, text};
use crate::common::s3::{BUCKET, LocalS3};

#[tokio::test]
async fn the_log_has_every_call_with_its_number() {
    let s3 = LocalS3::start().await;
    s3.put("key", "x").await;
    s3.faults().clear();
    s3.text("key").await;
    s3.client.list_objects_v2().bucket(BUCKET).prefix("k").send().await.expect("a page");
    let call = |number, operation, key: &str| Call { number, operation, key: key.to_owned() };
    assert_eq!(s3.faults().calls(), [call(1, "GetObject", "key"), call(2, "ListObjectsV2", "k")]);
}

#[tokio::test]
async fn what_fails_before_has_no_effect() {
    for (fault, status) in [(Fault::RefuseBefore, 503), (Fault::FailBefore, 500), (Fault::ConflictBefore, 409)] {
        let s3 = LocalS3::start().await;
        s3.faults().plan_at(1, fault.clone());
        let body = ByteStream::from(vec![b'x'; 3 << 20]);
        let client = s3.client_without_retries();
        let put = client.put_object().bucket(BUCKET).key("key").body(body).send().await;
        assert_eq!(refusal(put).0, status);
        assert!(s3.direct().keys(BUCKET).is_empty());
        assert_eq!(s3.faults().calls().len(), 1);

        // The SDK tries again what the service failed at, but leaves a conflict to its caller.
        s3.faults().plan_at(1, fault);
        let put = s3.client.put_object().bucket(BUCKET).key("key").body(ByteStream::from_static(b"x")).send().await;
        assert_eq!(put.is_ok(), status != 409);
        assert_eq!(s3.faults().calls().len(), if status == 409 { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_lost_answer_makes_the_retry_meet_its_own_write() {
    let s3 = LocalS3::start().await;
    s3.faults().plan_at(1, Fault::LoseAnswerAfter);
    let body = ByteStream::from_static(b"mine");
    let put = s3.client.put_object().bucket(BUCKET).key("key").if_none_match("*").body(body).send().await;
    assert_eq!(refusal(put), (412, "PreconditionFailed".to_owned()));
    assert_eq!(s3.text("key").await, "mine");
}

#[tokio::test]
async fn a_cut_body_is_an_error_after_the_bytes_before() {
    let s3 = LocalS3::start().await;
    s3.put("key", "0123456789").await;
    s3.faults().plan_at(1, Fault::CutBodyAfter(4));
    let mut got = s3.get("key").await.expect("the headers are good");
    assert_eq!(got.content_length(), Some(10));
    assert_eq!(got.body.next().await.expect("a piece").expect("a good piece"), "0123");
    got.body.next().await.expect("more").expect_err("a broken connection");
    assert_eq!(s3.text("key").await, "0123456789");
}

#[tokio::test]
async fn a_short_body_looks_complete() {
    let s3 = LocalS3::start().await;
    s3.put("key", "0123456789").await;
    s3.faults().plan_at(1, Fault::EndBodyShort(4));
    let got = s3.client.get_object().bucket(BUCKET).key("key").range("bytes=0-").send().await.expect("get");
    assert_eq!(got.content_range(), Some("bytes 0-9/10"));
    assert_eq!(text(got).await, "0123");
}

#[tokio::test]
async fn a_delayed_call_is_carried_out_late() {
    let s3 = LocalS3::start().await;
    s3.faults().plan_at(1, Fault::Delay(Duration::from_millis(200)));
    let start = Instant::now();
    s3.put("key", "x").await;
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_eq!(s3.direct().keys(BUCKET), ["key"]);
}

#[tokio::test]
async fn after_a_stop_nothing_happens_any_more() {
    let s3 = LocalS3::start().await;
    s3.put("key", "old").await;
    s3.faults().plan_at(2, Fault::Stop);
    assert_eq!(s3.text("key").await, "old");
    let put = s3.client.put_object().bucket(BUCKET).key("key").body(ByteStream::from_static(b"new")).send().await;
    assert_eq!(refusal(put), (403, "AccessDenied".to_owned()));
    assert_eq!(refusal(s3.get("key").await), (403, "AccessDenied".to_owned()));
    assert_eq!(s3.faults().calls().len(), 3, "nothing is tried again");
    s3.faults().clear();
    assert_eq!(s3.text("key").await, "old");
}

#[tokio::test]
async fn a_plan_can_replace_an_object_between_two_calls() {
    let s3 = LocalS3::start().await;
    let old = s3.put("key", "old").await;
    let direct = s3.direct();
    s3.faults().plan(move |call| {
        if call.operation == "GetObject" && call.number == 2 {
            direct.put(BUCKET, "key", b"new").expect("a put");
        }
        Fault::None
    });
    let get = || s3.client.get_object().bucket(BUCKET).key("key").if_match(&old).send();
    assert_eq!(text(get().await.expect("the old version")).await, "old");
    assert_eq!(refusal(get().await).0, 412);
}
