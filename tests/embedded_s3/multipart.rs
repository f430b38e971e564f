//! Multipart uploads: invisible until completed, complete only as declared.

use aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use strict_s3::Fault;

use super::{at_once, refusal};
use crate::common::s3::{BUCKET, LocalS3};

const PART_BYTES: usize = 5 << 20;

async fn create(s3: &LocalS3, key: &str) -> String {
    let create = s3.client.create_multipart_upload().bucket(BUCKET).key(key).content_type("text/csv");
    let create = create.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).checksum_type(ChecksumType::FullObject);
    create.send().await.expect("an upload").upload_id.expect("its id")
}

async fn upload(s3: &LocalS3, key: &str, id: &str, number: i32, bytes: Vec<u8>) -> CompletedPart {
    let part = s3.client.upload_part().bucket(BUCKET).key(key).upload_id(id).part_number(number);
    let part = part.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).body(ByteStream::from(bytes));
    let part = part.send().await.expect("a part");
    assert!(part.checksum_crc64_nvme().is_some());
    CompletedPart::builder()
        .part_number(number)
        .set_e_tag(part.e_tag)
        .set_checksum_crc64_nvme(part.checksum_crc64_nvme)
        .build()
}

fn complete(s3: &LocalS3, key: &str, id: &str, parts: Vec<CompletedPart>) -> CompleteMultipartUploadFluentBuilder {
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    s3.client.complete_multipart_upload().bucket(BUCKET).key(key).upload_id(id).multipart_upload(parts)
}

#[tokio::test]
async fn parts_become_one_object_when_completed_and_not_before() {
    let s3 = LocalS3::start().await;
    let id = create(&s3, "day/out").await;
    let bytes: Vec<u8> = (0..PART_BYTES + 10).map(|at| (at % 251) as u8).collect();
    let parts = vec![
        upload(&s3, "day/out", &id, 1, bytes[..PART_BYTES].to_vec()).await,
        upload(&s3, "day/out", &id, 3, bytes[PART_BYTES..].to_vec()).await,
    ];
    assert_eq!(refusal(s3.get("day/out").await).0, 404);
    assert!(s3.direct().keys(BUCKET).is_empty());
    let uploads = s3.client.list_multipart_uploads().bucket(BUCKET).send().await.expect("a list");
    assert_eq!(uploads.uploads().iter().filter_map(|upload| upload.key()).collect::<Vec<_>>(), ["day/out"]);
    let listed = s3.client.list_parts().bucket(BUCKET).key("day/out").upload_id(&id).send().await.expect("a list");
    assert_eq!(listed.parts().iter().filter_map(|part| part.part_number()).collect::<Vec<_>>(), [1, 3]);

    let whole = s3.client.put_object().bucket(BUCKET).key("whole").body(ByteStream::from(bytes.clone()));
    let whole = whole.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).send().await.expect("a put");
    let whole = whole.checksum_crc64_nvme().expect("a checksum");
    let done = complete(&s3, "day/out", &id, parts).if_none_match("*").checksum_crc64_nvme(whole);
    let done = done.send().await.expect("a completion");
    assert_eq!(done.checksum_crc64_nvme(), Some(whole));
    assert!(done.e_tag().expect("an ETag").ends_with("-2\""));
    assert_eq!(s3.direct().get(BUCKET, "day/out").expect("readable").as_deref(), Some(&*bytes));
    // The SDK verifies the checksum of the whole while it reads.
    let got = s3.get("day/out").await.expect("get");
    assert_eq!((got.content_type(), got.e_tag()), (Some("text/csv"), done.e_tag()));
    assert_eq!(got.body.collect().await.expect("a body that verifies").to_vec(), bytes);
    assert_eq!((s3.staged_files_count(), s3.direct().uploads_count()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_completions_exactly_one_wins_and_the_others_stay_usable() {
    let s3 = LocalS3::start().await;
    let old = s3.put("race", "old").await;
    let mut uploads = Vec::new();
    for writer in 0..16 {
        let id = create(&s3, "race").await;
        let part = upload(&s3, "race", &id, 1, format!("writer {writer}").into_bytes()).await;
        uploads.push((id, part));
    }
    let completions =
        uploads.iter().map(|(id, part)| complete(&s3, "race", id, vec![part.clone()]).if_match(&old).send());
    let results = at_once(completions).await;
    let winners: Vec<usize> = (0..16).filter(|&writer| results[writer].is_ok()).collect();
    assert_eq!(winners.len(), 1, "winners {winners:?}");
    assert_eq!(s3.text("race").await, format!("writer {}", winners[0]));
    for result in results.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(result), (412, "PreconditionFailed".to_owned()));
    }

    let loser = usize::from(winners[0] == 0);
    let (id, part) = &uploads[loser];
    complete(&s3, "race", id, vec![part.clone()]).send().await.expect("a 412 leaves the upload usable");
    assert_eq!(s3.text("race").await, format!("writer {loser}"));
    assert_eq!(s3.direct().uploads_count(), 14);
}

#[tokio::test]
async fn parts_that_are_not_what_was_uploaded_are_refused() {
    let s3 = LocalS3::start().await;
    let id = create(&s3, "key").await;
    let first = upload(&s3, "key", &id, 1, vec![b'a'; PART_BYTES]).await;
    let second = upload(&s3, "key", &id, 2, vec![b'b'; 3]).await;
    let mut other = second.clone();
    other.e_tag = first.e_tag.clone();
    let mut corrupt = second.clone();
    corrupt.checksum_crc64_nvme = Some("AAAAAAAAAAA=".to_owned());
    let both = || vec![first.clone(), second.clone()];
    for (parts, code) in [
        (vec![second.clone(), first.clone()], "InvalidPartOrder"),
        (vec![first.clone(), first.clone()], "InvalidPartOrder"),
        (vec![first.clone(), other], "InvalidPart"),
        (vec![first.clone(), corrupt], "InvalidPart"),
        (vec![first.clone(), CompletedPart::builder().part_number(9).e_tag("x").build()], "InvalidPart"),
        (vec![], "MalformedXML"),
    ] {
        assert_eq!(refusal(complete(&s3, "key", &id, parts).send().await), (400, code.to_owned()));
    }
    let wrong_checksum = complete(&s3, "key", &id, both()).checksum_crc64_nvme("AAAAAAAAAAA=").send().await;
    assert_eq!(refusal(wrong_checksum), (400, "BadDigest".to_owned()));
    let wrong_size = complete(&s3, "key", &id, both()).mpu_object_size(1).send().await;
    assert_eq!(refusal(wrong_size), (400, "InvalidRequest".to_owned()));
    assert!(s3.direct().keys(BUCKET).is_empty());
    complete(&s3, "key", &id, both()).mpu_object_size(PART_BYTES as i64 + 3).send().await.expect("what was uploaded");
    let again = complete(&s3, "key", &id, both()).send().await;
    assert_eq!(refusal(again), (404, "NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn only_the_last_part_may_be_small() {
    let s3 = LocalS3::start().await;
    let id = create(&s3, "key").await;
    let small = upload(&s3, "key", &id, 1, vec![b'a'; PART_BYTES - 1]).await;
    let last = upload(&s3, "key", &id, 2, vec![b'b'; 3]).await;
    let completed = complete(&s3, "key", &id, vec![small.clone(), last]).send().await;
    assert_eq!(refusal(completed), (400, "EntityTooSmall".to_owned()));
    complete(&s3, "key", &id, vec![small]).send().await.expect("a small part alone is the last");
}

#[tokio::test]
async fn a_part_without_the_agreed_checksum_is_refused() {
    let s3 = LocalS3::start().await;
    let id = create(&s3, "key").await;
    let part = || s3.client.upload_part().bucket(BUCKET).key("key").upload_id(&id).part_number(1);
    let crc32 = part().checksum_algorithm(ChecksumAlgorithm::Crc32).body(ByteStream::from_static(b"x")).send().await;
    assert_eq!(refusal(crc32), (400, "InvalidRequest".to_owned()));
    let wrong = part().checksum_crc64_nvme("AAAAAAAAAAA=").body(ByteStream::from_static(b"x")).send().await;
    assert_eq!(refusal(wrong), (400, "BadDigest".to_owned()));
    assert_eq!(s3.staged_files_count(), 0);
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let s3 = LocalS3::start().await;
    let id = create(&s3, "key").await;
    let part = upload(&s3, "key", &id, 1, vec![b'a'; 1000]).await;
    upload(&s3, "key", &id, 1, vec![b'b'; 1000]).await;
    assert_eq!(s3.staged_files_count(), 1, "a part sent again replaces the first");
    let abort = || s3.client.abort_multipart_upload().bucket(BUCKET).key("key").upload_id(&id).send();
    abort().await.expect("an abort");
    assert_eq!(s3.staged_files_count(), 0);
    assert_eq!(refusal(abort().await), (404, "NoSuchUpload".to_owned()));
    let completed = complete(&s3, "key", &id, vec![part]).send().await;
    assert_eq!(refusal(completed), (404, "NoSuchUpload".to_owned()));
    assert!(s3.direct().keys(BUCKET).is_empty());
}

#[tokio::test]
async fn a_lost_completion_makes_the_retry_meet_its_own_object() {
    let s3 = LocalS3::start().await;
    let id = create(&s3, "key").await;
    let part = upload(&s3, "key", &id, 1, b"mine".to_vec()).await;
    s3.faults().plan_at(1, Fault::LoseAnswerAfter);
    let completed = complete(&s3, "key", &id, vec![part]).if_none_match("*").send().await;
    assert_eq!(refusal(completed), (412, "PreconditionFailed".to_owned()));
    assert_eq!(s3.text("key").await, "mine");
}
