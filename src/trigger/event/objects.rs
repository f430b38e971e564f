//! Created objects: the records of an S3 notification and EventBridge's `Object Created`, judged by key and bucket.

use aws_lambda_events::event::s3::S3Event;
use serde::Deserialize;

use super::{Ignored, LakeScope, Want, Wanted, Why};
use crate::error::{Error, Result};
use crate::trigger::window::{BatchDate, below};

/// The `detail` of EventBridge's `Object Created`, as far as it matters.
#[derive(Deserialize)]
pub(super) struct ObjectCreated {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

/// Unlike in a notification, the key is not URL-encoded.
#[derive(Deserialize)]
struct Object {
    key: String,
}

/// What the records of a notification ask for.
pub(super) fn of_notification(event: S3Event, scope: &LakeScope) -> Result<Wanted> {
    let mut wanted = Wanted::default();
    for record in event.records {
        let incomplete = |field| Error::invalid_input(format!("a record of an S3 notification has no {field}"));
        let name = record.event_name.ok_or_else(|| incomplete("eventName"))?;
        // AWS writes `s3:` only in configurations; other services that speak S3 write it here too.
        if !name.strip_prefix("s3:").unwrap_or(&name).starts_with("ObjectCreated:") {
            wanted.ignored.push(Ignored { what: name, why: Why::NotACreation });
            continue;
        }
        let bucket = record.s3.bucket.name.ok_or_else(|| incomplete("bucket name"))?;
        let encoded = record.s3.object.key.ok_or_else(|| incomplete("object key"))?;
        match decode_key(&encoded) {
            Some(key) => wanted.add_created(&bucket, key, scope),
            None => wanted.ignored.push(Ignored { what: encoded, why: Why::KeyNotUtf8 }),
        }
    }
    Ok(wanted)
}

/// What an `Object Created` event asks for.
pub(super) fn of_eventbridge(detail: ObjectCreated, scope: &LakeScope) -> Wanted {
    let mut wanted = Wanted::default();
    wanted.add_created(&detail.bucket.name, detail.object.key, scope);
    wanted
}

impl Wanted {
    fn add_created(&mut self, bucket: &str, key: String, scope: &LakeScope) {
        match scope.batch_of(bucket, &key) {
            Ok(date) => {
                self.wants.insert(Want::Batch(date));
            }
            Err(why) => self.ignored.push(Ignored { what: key, why }),
        }
    }
}

impl LakeScope {
    /// The batch an object of any bucket belongs to.
    fn batch_of(&self, bucket: &str, key: &str) -> Result<BatchDate, Why> {
        if self.bucket.as_deref().is_some_and(|ours| ours != bucket) {
            return Err(Why::OtherBucket(bucket.to_owned()));
        }
        let key = below(key, &self.key_prefix).ok_or(Why::OutsideLake)?;
        if below(key, &self.output_prefix).is_some() {
            return Err(Why::OwnOutput);
        }
        Ok(self.objects.batch_of_key(key, &self.input_prefix)?)
    }
}

/// A notification's key as it is in the bucket: `+` is a space, `%XX` a byte. `None` if the bytes are not UTF-8.
///
/// A `%` without two hexadecimal digits stands for itself: S3 sends none, and an upload must not be missed for it.
pub(super) fn decode_key(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match (first, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            (other, _) => *other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::trigger::window::{NotABatch, ObjectPattern};

    fn scope() -> LakeScope {
        LakeScope {
            input_prefix: "raw_data/".into(),
            objects: ObjectPattern::default(),
            output_prefix: "transformed_data/".into(),
            bucket: Some("driven-data-bucket".into()),
            key_prefix: String::new(),
        }
    }

    fn encode(key: &str) -> String {
        let encode_byte = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            other => format!("%{other:02X}"),
        };
        key.bytes().map(encode_byte).collect()
    }

    proptest! {
        #[test]
        fn a_key_encoded_and_decoded_is_the_same_key(key in ".*") {
            prop_assert_eq!(decode_key(&encode(&key)), Some(key.clone()));
            prop_assert_eq!(decode_key(&encode(&key).to_lowercase()), Some(key.to_ascii_lowercase()));
        }

        #[test]
        fn no_text_makes_decoding_fail_badly(text in "[%+a-fA-F0-9zș]*") {
            let decoded = decode_key(&text);
            prop_assert!(decoded.is_none_or(|key| key.len() <= text.len()));
        }
    }

    #[test]
    fn keys_are_decoded_as_forms_are() {
        assert_eq!(decode_key("a+b%20c%2Bd%2bé%C8%99"), Some("a b c+d+éș".to_owned()));
        assert_eq!(decode_key("50%"), Some("50%".to_owned()));
        assert_eq!(decode_key("50%4"), Some("50%4".to_owned()));
        assert_eq!(decode_key("%zz%4"), Some("%zz%4".to_owned()));
        assert_eq!(decode_key("%%41"), Some("%A".to_owned()));
        assert_eq!(decode_key("%+1"), Some("% 1".to_owned()));
        assert_eq!(decode_key("%FF"), None);
        assert_eq!(decode_key("%C8+"), None);
    }

    #[test]
    fn a_lake_below_a_prefix_takes_only_the_keys_there() {
        for key_prefix in ["eu/lake", "eu/lake/"] {
            let scope = LakeScope { key_prefix: key_prefix.into(), ..scope() };
            let batch_of = |key| scope.batch_of("driven-data-bucket", key);
            assert_eq!(
                batch_of("eu/lake/raw_data/batch_2024-09-15.csv").map(|d| d.to_string()),
                Ok("2024-09-15".into())
            );
            assert_eq!(batch_of("raw_data/batch_2024-09-15.csv"), Err(Why::OutsideLake));
            assert_eq!(batch_of("eu/lakeside/raw_data/batch_2024-09-15.csv"), Err(Why::OutsideLake));
            assert_eq!(batch_of("eu/lake/transformed_data/runs/x.csv"), Err(Why::OwnOutput));
            assert_eq!(batch_of("eu/lake/other/x.csv"), Err(NotABatch::OutsideInputPrefix.into()));
        }
    }

    #[test]
    fn a_lake_without_a_bucket_takes_events_of_any() {
        let key = "raw_data/batch_2024-09-15.csv";
        assert_eq!(scope().batch_of("elsewhere", key), Err(Why::OtherBucket("elsewhere".into())));
        assert!(LakeScope { bucket: None, ..scope() }.batch_of("elsewhere", key).is_ok());
    }

    #[test]
    fn outputs_kept_below_the_inputs_are_still_ours() {
        let scope = LakeScope { output_prefix: "raw_data/clean".into(), ..scope() };
        assert_eq!(scope.batch_of("driven-data-bucket", "raw_data/clean/batch_2024-09-15.csv"), Err(Why::OwnOutput));
        assert!(scope.batch_of("driven-data-bucket", "raw_data/batch_2024-09-15.csv").is_ok());
    }
}
