//! What can stop a run: one kind per party that must act, the place it happened, and what lies beneath.
//!
//! A bad row is not an error here: it is data, gets a reason (see [`crate::rules::Reason`]) and is counted.
//! No message ever holds the content of a cell.

use std::error::Error as StdError;
use std::fmt::{self, Write};

use crate::visible::Visible;

/// The result of anything that can stop a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who must act. The name is stable: it is the Lambda error type and decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The sender of the file or the event: the input cannot be used as it is.
    InvalidInput,
    /// The operator: a setting, a permission or a missing bucket.
    Configuration,
    /// The storage service failed; trying again may help.
    Storage,
    /// Other runs of the same day kept winning; trying again will help.
    Conflict,
    /// The time granted ran out.
    DeadlineExceeded,
    /// The run does not fit the memory granted.
    TooLarge,
    /// A bug of ours.
    Internal,
}

impl ErrorKind {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "InvalidInput",
            Self::Configuration => "Configuration",
            Self::Storage => "Storage",
            Self::Conflict => "Conflict",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::TooLarge => "TooLarge",
            Self::Internal => "Internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure: kind, message, the object it is about, and its source.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    object: Option<String>,
    is_of_object_alone: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A failure of `kind`; the message is lower case, without a full stop and without cell contents.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), object: None, is_of_object_alone: false, source: None }
    }

    /// The sender of the input must act.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// The operator must act.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    /// The storage failed.
    pub fn storage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Storage, message)
    }

    /// A bug of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Names the object, by its key below the lake's root, that this is about.
    pub fn at(mut self, object: impl Into<String>) -> Self {
        self.object.get_or_insert(object.into());
        self
    }

    /// Says that it comes of the object alone, whatever memory and time are granted: without it the run would go on.
    pub fn of_object_alone(mut self) -> Self {
        self.is_of_object_alone = true;
        self
    }

    /// Keeps the underlying failure.
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Who must act.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The object this is about, if it is about one.
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// The object that cannot be used as it is, if that is what failed.
    pub fn unusable_object(&self) -> Option<&str> {
        let is_unusable = self.kind == ErrorKind::InvalidInput || self.is_of_object_alone;
        self.object().filter(|_| is_unusable)
    }

    /// Message and causes, without the place.
    pub fn reason(&self) -> String {
        let text = self.to_string();
        let place = self.object.as_ref().map(|object| format!("{object}: "));
        place.and_then(|place| text.strip_prefix(&place)).unwrap_or(&text).to_owned()
    }
}

/// Message, place and causes on one line: what a log or a Lambda error message shows.
///
/// Keys, paths and what others say are part of it, so all of it is made [visible](crate::visible).
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = Visible(f);
        if let Some(object) = &self.object {
            write!(f, "{object}: ")?;
        }
        f.write_str(&self.message)?;
        let mut cause = self.source.as_deref().map(|source| source as &dyn StdError);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// The causes are part of [`fmt::Display`], so they are not offered a second time as `source`.
impl StdError for Error {}

/// Lets a failure pass through `std::io::Read` and `Write`; [`From<std::io::Error>`] takes it out again.
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(ours) => ours,
            Err(error) => Self::storage("input or output failed").caused_by(error),
        }
    }
}
