//! Failing on purpose: a plan decides, call by call, what goes wrong; a log says what was called.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use s3s::dto::{GetObjectOutput, StreamingBlob};
use s3s::{S3Response, S3Result, s3_error};

/// One call as it arrived. Each attempt of a client that retries is a call of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Counted from 1, over all operations, since the plan was set.
    pub number: u64,
    /// S3's name of the operation, e.g. `GetObject`.
    pub operation: &'static str,
    /// The object's key; the prefix for listings; empty for operations on buckets.
    pub key: String,
}

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Nothing is done; the answer is 503 `SlowDown`.
    RefuseBefore,
    /// Nothing is done; the answer is 500 `InternalError`.
    FailBefore,
    /// Nothing is done; the answer is 409 `ConditionalRequestConflict`.
    ConflictBefore,
    /// The call is carried out, but the answer is 500 `InternalError`.
    LoseAnswerAfter,
    /// The body of a `GetObject` breaks off after so many bytes: the client sees the connection end too early.
    CutBodyAfter(u64),
    /// The body of a `GetObject` ends after so many bytes, and the response looks complete (its length says so too).
    EndBodyShort(u64),
    /// The call is carried out later.
    Delay(Duration),
    /// Nothing is done, now and for every later call, as if the client had died: 403 `AccessDenied`, never retried.
    Stop,
}

type Plan = Box<dyn FnMut(&Call) -> Fault + Send>;

/// The plan of one server and the log of its calls. Clones are handles on the same.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    calls: Vec<Call>,
    stopped: bool,
}

impl Faults {
    /// Asks `plan` what happens to each call from now on; the log is emptied and numbers start at 1 again.
    ///
    /// The plan runs before the call does, one call at a time, and may itself change objects through
    /// [`DirectAccess`](crate::DirectAccess); it must not use these handles or wait for the server.
    pub fn plan(&self, plan: impl FnMut(&Call) -> Fault + Send + 'static) {
        *self.state() = State { plan: Some(Box::new(plan)), ..State::default() };
    }

    /// Lets exactly one call, by its number, go wrong; otherwise like [`Faults::plan`].
    pub fn plan_at(&self, number: u64, fault: Fault) {
        self.plan(move |call| if call.number == number { fault.clone() } else { Fault::None });
    }

    /// No more faults; the log is emptied and numbers start at 1 again.
    pub fn clear(&self) {
        *self.state() = State::default();
    }

    /// The calls since the plan was set, in the order they arrived, faulty ones too.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self, operation: &'static str, key: &str) -> Fault {
        let state = &mut *self.state();
        let call = Call { number: state.calls.len() as u64 + 1, operation, key: key.to_owned() };
        let fault = match &mut state.plan {
            _ if state.stopped => Fault::Stop,
            Some(plan) => plan(&call),
            None => Fault::None,
        };
        state.stopped |= fault == Fault::Stop;
        state.calls.push(call);
        fault
    }

    /// Lets a call in, or fails it before anything is done; its body is read all the same, so that the client gets
    /// the answer rather than a broken connection.
    pub(crate) async fn admit(
        &self,
        operation: &'static str,
        key: &str,
        body: Option<&mut StreamingBlob>,
    ) -> S3Result<Admitted> {
        let fault = self.next(operation, key);
        let refusal = match fault {
            Fault::RefuseBefore => s3_error!(SlowDown, "refused on purpose"),
            Fault::FailBefore => s3_error!(InternalError, "failed on purpose"),
            Fault::ConflictBefore => s3_error!(ConditionalRequestConflict, "in conflict on purpose"),
            Fault::Stop => s3_error!(AccessDenied, "stopped on purpose"),
            Fault::Delay(duration) => {
                tokio::time::sleep(duration).await;
                return Ok(Admitted(Fault::None));
            }
            Fault::None | Fault::LoseAnswerAfter | Fault::CutBodyAfter(_) | Fault::EndBodyShort(_) => {
                return Ok(Admitted(fault));
            }
        };
        if let Some(body) = body {
            while let Some(Ok(_)) = body.next().await {}
        }
        Err(refusal)
    }
}

/// A call that is carried out, and what is still to go wrong with it.
pub(crate) struct Admitted(Fault);

impl Admitted {
    pub(crate) fn answer<T>(self, answer: S3Result<S3Response<T>>) -> S3Result<S3Response<T>> {
        match self.0 {
            Fault::LoseAnswerAfter => Err(s3_error!(InternalError, "the answer was lost on purpose")),
            _ => answer,
        }
    }

    pub(crate) fn answer_body(
        self,
        answer: S3Result<S3Response<GetObjectOutput>>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        match self.0 {
            Fault::CutBodyAfter(bytes) => answer.map(|response| {
                response.map_output(|mut output| {
                    output.body = output.body.map(|body| first_bytes(body, bytes, End::Broken));
                    output
                })
            }),
            Fault::EndBodyShort(bytes) => answer.map(|response| {
                response.map_output(|mut output| {
                    output.body = output.body.map(|body| first_bytes(body, bytes, End::Clean));
                    let short = i64::try_from(bytes).unwrap_or(i64::MAX);
                    output.content_length = output.content_length.map(|length| length.min(short));
                    output
                })
            }),
            _ => self.answer(answer),
        }
    }
}

#[derive(Clone, Copy)]
enum End {
    Clean,
    Broken,
}

fn first_bytes(body: StreamingBlob, bytes_max: u64, end: End) -> StreamingBlob {
    let short = stream::try_unfold((body, bytes_max), move |(mut body, left)| async move {
        if left == 0 {
            if let End::Clean = end {
                return Ok(None);
            }
            // What was sent before must leave the connection's buffer before the connection is cut.
            tokio::time::sleep(Duration::from_millis(20)).await;
            return Err(io::Error::other("cut on purpose"));
        }
        let Some(mut piece) = body.try_next().await.map_err(io::Error::other)? else { return Ok(None) };
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let left = left - piece.len() as u64;
        Ok::<Option<(Bytes, _)>, io::Error>(Some((piece, (body, left))))
    });
    StreamingBlob::wrap(short)
}
