//! What a failed S3 request means: who must act, and which of the answers we expect it is.
//!
//! Keeps S3's error code and message, the status and the request id; never a body or a header.

use std::error::Error as StdError;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::{RequestId, RequestIdExt};

use crate::error::{Error, ErrorKind};

/// A request that failed after the client's own retries.
#[derive(Debug)]
pub(super) struct Failure {
    kind: ErrorKind,
    status: Option<u16>,
    code: Option<String>,
    description: String,
}

impl Failure {
    /// There is no object under the key. A missing bucket or upload is something else.
    pub(super) fn is_missing_object(&self) -> bool {
        self.status == Some(404) && !matches!(self.code(), "NoSuchBucket" | "NoSuchUpload")
    }

    /// A condition on the object's version does not hold.
    pub(super) fn is_precondition_failed(&self) -> bool {
        self.status == Some(412)
    }

    /// Another conditional write to the key was under way: the answer to ours is "try again".
    pub(super) fn is_conflict(&self) -> bool {
        self.status == Some(409) && matches!(self.code(), "ConditionalRequestConflict" | "OperationAborted")
    }

    /// The multipart upload was completed or aborted.
    pub(super) fn is_missing_upload(&self) -> bool {
        self.code() == "NoSuchUpload"
    }

    /// The failure of doing `what` to `key`.
    pub(super) fn into_error(self, what: &str, key: &str) -> Error {
        Error::new(self.kind, format!("{what}: {}", self.description)).at(key)
    }

    /// The failure of reading `key` or looking at it: a refusal says what could be missing.
    pub(super) fn into_read_error(self, what: &str, key: &str) -> Error {
        let hint = match self.status {
            Some(403) => "; s3:GetObject is not granted, or the object is missing and s3:ListBucket is not granted",
            _ => "",
        };
        Error::new(self.kind, format!("{what}: {}{hint}", self.description)).at(key)
    }

    fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }
}

impl<E> From<SdkError<E>> for Failure
where
    E: ProvideErrorMetadata + StdError + RequestIdExt + 'static,
    SdkError<E>: RequestId,
{
    fn from(error: SdkError<E>) -> Self {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().map(str::to_owned);
        let description = match &error {
            SdkError::ServiceError(_) => {
                let said = [error.code(), error.message()].into_iter().flatten().collect::<Vec<_>>().join(": ");
                let status = status.map(|status| format!("status {status}"));
                let request = error.request_id().map(|id| format!("request {id}"));
                let place = status.into_iter().chain(request).collect::<Vec<_>>().join(", ");
                // The answer to a HEAD has no body to say anything in.
                if said.is_empty() { place } else { format!("{said} ({place})") }
            }
            // The cause may quote the body that could not be understood.
            SdkError::ResponseError(_) => format!("the answer cannot be read (status {})", status.unwrap_or_default()),
            other => causes(other),
        };
        let kind = match &error {
            SdkError::ConstructionFailure(_) => ErrorKind::Configuration,
            // Nothing was sent for want of a setting of the SDK: only the text tells it from a broken line.
            SdkError::DispatchFailure(failure)
                if failure.is_other() && ["credentials", "region"].iter().any(|what| description.contains(what)) =>
            {
                ErrorKind::Configuration
            }
            _ => kind_of_answer(status, code.as_deref()),
        };
        Self { kind, status, code, description }
    }
}

/// Who must act on an answer of the service.
fn kind_of_answer(status: Option<u16>, code: Option<&str>) -> ErrorKind {
    match (status, code) {
        (Some(301 | 307 | 401 | 403), _) => ErrorKind::Configuration,
        (
            _,
            Some(
                "AuthorizationHeaderMalformed"
                | "ExpiredToken"
                | "InvalidBucketName"
                | "InvalidToken"
                | "NoSuchBucket"
                | "PermanentRedirect",
            ),
        ) => ErrorKind::Configuration,
        _ => ErrorKind::Storage,
    }
}

/// An error and its causes on one line; a cause that says the same again is left out.
fn causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    // The list of the places where credentials were looked for has a line for each.
    text.split('\n').map(str::trim).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_operator_can_mend_is_a_matter_of_configuration() {
        for (status, code) in [
            (403, "AccessDenied"),
            (403, "InvalidAccessKeyId"),
            (403, "SignatureDoesNotMatch"),
            (400, "ExpiredToken"),
            (404, "NoSuchBucket"),
            (301, "PermanentRedirect"),
        ] {
            assert_eq!(kind_of_answer(Some(status), Some(code)), ErrorKind::Configuration, "{code}");
        }
        assert_eq!(kind_of_answer(Some(403), None), ErrorKind::Configuration, "a HEAD has no code");
    }

    #[test]
    fn what_passes_is_a_matter_of_storage() {
        for (status, code) in
            [(503, "SlowDown"), (500, "InternalError"), (404, "NoSuchUpload"), (400, "RequestTimeout")]
        {
            assert_eq!(kind_of_answer(Some(status), Some(code)), ErrorKind::Storage, "{code}");
        }
        assert_eq!(kind_of_answer(None, None), ErrorKind::Storage);
    }
}
