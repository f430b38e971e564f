//! `If-Match` and `If-None-Match`, as S3 answers them. Pure: the caller holds the lock that makes the answer last.

use s3s::dto::{ETag, ETagCondition};
use s3s::header::ETAG;
use s3s::{S3Result, s3_error};

/// The conditions of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
}

impl Conditions {
    /// Whether an object may be written over what is there, given by its ETag.
    pub(crate) fn check_write(&self, current: Option<&str>) -> S3Result<()> {
        match (&self.if_none_match, current) {
            (None, _) | (Some(ETagCondition::Any), None) => {}
            (Some(ETagCondition::Any), Some(_)) => {
                return Err(s3_error!(PreconditionFailed, "there already is an object of this key"));
            }
            (Some(ETagCondition::ETag(_)), _) => {
                return Err(s3_error!(NotImplemented, "writes know If-None-Match with `*` only"));
            }
        }
        let Some(condition) = &self.if_match else { return Ok(()) };
        let Some(current) = current else { return Err(s3_error!(NoSuchKey)) };
        match condition {
            ETagCondition::ETag(etag) if etag.as_strong() != Some(current) => {
                Err(s3_error!(PreconditionFailed, "the object has another ETag"))
            }
            _ => Ok(()),
        }
    }

    /// Whether this version of an object may be read: 412 if it is not the wanted one, 304 if it is the known one.
    pub(crate) fn check_read(&self, current: &str) -> S3Result<()> {
        if let Some(ETagCondition::ETag(etag)) = &self.if_match
            && etag.as_strong() != Some(current)
        {
            return Err(s3_error!(PreconditionFailed, "the object has another ETag"));
        }
        let known = match &self.if_none_match {
            None => false,
            Some(ETagCondition::Any) => true,
            Some(ETagCondition::ETag(etag)) => etag.value() == current,
        };
        if !known {
            return Ok(());
        }
        let mut not_modified = s3_error!(NotModified);
        if let Ok(value) = ETag::Strong(current.to_owned()).to_http_header() {
            not_modified.set_headers([(ETAG, value)].into_iter().collect());
        }
        Err(not_modified)
    }
}

#[cfg(test)]
mod tests {
    use s3s::S3ErrorCode;

    use super::*;

    fn etag(value: &str) -> Option<ETagCondition> {
        Some(ETagCondition::ETag(ETag::Strong(value.into())))
    }

    fn code(result: S3Result<()>) -> Option<S3ErrorCode> {
        result.err().map(|error| error.code().clone())
    }

    #[test]
    fn a_write_wins_only_over_what_it_expects() {
        let absent = Conditions { if_none_match: Some(ETagCondition::Any), ..Conditions::default() };
        assert_eq!(code(absent.check_write(None)), None);
        assert_eq!(code(absent.check_write(Some("a"))), Some(S3ErrorCode::PreconditionFailed));

        let unchanged = Conditions { if_match: etag("a"), ..Conditions::default() };
        assert_eq!(code(unchanged.check_write(Some("a"))), None);
        assert_eq!(code(unchanged.check_write(Some("b"))), Some(S3ErrorCode::PreconditionFailed));
        assert_eq!(code(unchanged.check_write(None)), Some(S3ErrorCode::NoSuchKey));
    }

    #[test]
    fn a_read_gets_the_wanted_version_or_none() {
        let pinned = Conditions { if_match: etag("a"), ..Conditions::default() };
        assert_eq!(code(pinned.check_read("a")), None);
        assert_eq!(code(pinned.check_read("b")), Some(S3ErrorCode::PreconditionFailed));

        let known = Conditions { if_none_match: etag("a"), ..Conditions::default() };
        assert_eq!(code(known.check_read("a")), Some(S3ErrorCode::NotModified));
        assert_eq!(code(known.check_read("b")), None);
    }
}
