//! What happens when the time Lambda grants runs out: the function ends by itself, cleans up and says so.

use std::time::Duration;

use strict_s3::Fault;

use super::{Deployment, event};

/// Longer than any invocation here, and short enough for the function to be used again.
const STALL: Duration = Duration::from_secs(10);

fn assert_untouched(lambda: &Deployment) {
    assert_eq!(lambda.published(), [""; 0], "nothing is published");
    assert_eq!(lambda.s3.direct().uploads_count(), 0, "no upload is left");
}

#[tokio::test]
async fn a_run_is_not_begun_within_the_margin_before_the_deadline() {
    let lambda = Deployment::start(&[("DEADLINE_MARGIN_SECONDS", "20")]).await;
    lambda.put_batch();
    for time_left in [Duration::ZERO, Duration::from_secs(15)] {
        let (error_type, message) = lambda.function.invoke_within(time_left, &event("put")).await.error();
        assert_eq!(error_type, "DeadlineExceeded");
        assert_eq!(message, "the time granted, less DEADLINE_MARGIN_SECONDS, is up before the batches were listed");
        assert_untouched(&lambda);
    }
    lambda.function.invoke(&event("put")).await.reply();
}

#[tokio::test]
async fn a_run_that_the_deadline_finds_uploading_aborts_its_uploads() {
    let lambda = Deployment::start(&[("DEADLINE_MARGIN_SECONDS", "5")]).await;
    lambda.put_batch();
    lambda.s3.faults().plan(|call| match call.operation {
        "UploadPart" => Fault::Delay(STALL),
        _ => Fault::None,
    });
    let answer = lambda.function.invoke_within(Duration::from_secs(7), &event("put")).await;
    let (error_type, message) = answer.error();
    assert_eq!(error_type, "DeadlineExceeded", "{message}");
    assert_untouched(&lambda);

    lambda.s3.faults().clear();
    let reply = lambda.function.invoke(&event("put")).await.reply();
    assert_eq!(reply["runs"][0]["status"], "published");
}

/// Whichever kind of call it is that stalls. A slow machine may meet the deadline earlier: with the same answer.
#[tokio::test]
async fn a_storage_that_does_not_answer_does_not_keep_the_function_beyond_its_deadline() {
    let lambda = Deployment::start(&[("DEADLINE_MARGIN_SECONDS", "5")]).await;
    lambda.put_batch();
    for operation in ["ListObjectsV2", "HeadObject", "GetObject", "CreateMultipartUpload"] {
        lambda
            .s3
            .faults()
            .plan(move |call| if call.operation == operation { Fault::Delay(STALL) } else { Fault::None });
        let answer = lambda.function.invoke_within(Duration::from_millis(5500), &event("put")).await;
        let (error_type, message) = answer.error();
        assert_eq!(error_type, "DeadlineExceeded", "{operation}: {message}");
        assert!(message.contains(" is up before "), "{operation}: {message}");
        assert_eq!(lambda.published(), [""; 0], "{operation}");
    }
}
