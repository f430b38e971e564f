//! The Lambda binary as Lambda runs it: a process with Lambda's environment, and a stub of the Runtime API that hands
//! it one event after the other and takes its answers.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::Read;
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

const BINARY: &str = env!("CARGO_BIN_EXE_drivendata-transform");
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
pub(super) const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:drivendata-transform";

/// Time left to an invocation that is not about its deadline.
const AMPLE: Duration = Duration::from_secs(300);

/// A test that waits longer for an answer has failed; nothing else depends on it.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(120);

/// What Lambda puts into the environment of every function, but credentials and the address of the Runtime API.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("AWS_DEFAULT_REGION", "us-east-1"),
    ("AWS_EXECUTION_ENV", "AWS_Lambda_rust"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024"),
    ("AWS_LAMBDA_FUNCTION_NAME", "drivendata-transform"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
    ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/drivendata-transform"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "2024/09/15/[$LATEST]0123456789abcdef0123456789abcdef"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
    ("AWS_XRAY_DAEMON_ADDRESS", "169.254.79.129:2000"),
    ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
    ("LAMBDA_TASK_ROOT", "/var/task"),
    ("LANG", "en_US.UTF-8"),
    ("LD_LIBRARY_PATH", "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"),
    ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
    ("TZ", ":UTC"),
    ("_HANDLER", "bootstrap"),
    ("_LAMBDA_TELEMETRY_LOG_FD", "62"),
];

/// A running function. Its process is killed when this is dropped.
pub(super) struct LambdaFunction {
    process: Child,
    output: Vec<JoinHandle<String>>,
    events: mpsc::UnboundedSender<Event>,
    shared: Arc<Shared>,
    server: AbortHandle,
}

/// What the function answered to one event.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The id of the invocation.
    pub(super) request_id: String,
    /// `response` or `error`.
    pub(super) outcome: String,
    /// `Lambda-Runtime-Function-Error-Type`, empty without it.
    pub(super) error_type_header: String,
    /// The body as it was sent.
    pub(super) text: String,
}

impl Answer {
    /// The body of a response.
    pub(super) fn reply(&self) -> Value {
        assert_eq!(self.outcome, "response", "{self:?}");
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// Type and message of an error, which must say nothing else.
    pub(super) fn error(&self) -> (String, String) {
        assert_eq!(self.outcome, "error", "{self:?}");
        let body: Value = serde_json::from_str(&self.text).expect("JSON");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(2), "{body}");
        let field = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {body}")).to_owned();
        (field("errorType"), field("errorMessage"))
    }
}

impl LambdaFunction {
    /// Starts the function with `variables` besides, or in place of, those of every function.
    pub(super) async fn start(variables: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (events, waiting) = mpsc::unbounded_channel();
        let shared =
            Arc::new(Shared { waiting: waiting.into(), answers: Mutex::default(), invocations: Mutex::new(0) });
        let server = tokio::spawn(serve(listener, Arc::clone(&shared))).abort_handle();
        let mut process = Command::new(BINARY)
            .env_clear()
            .envs(ENVIRONMENT.iter().copied())
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the function starts");
        let output = vec![
            collect(process.stdout.take().expect("standard output")),
            collect(process.stderr.take().expect("standard error")),
        ];
        Self { process, output, events, shared, server }
    }

    /// Hands over an event with plenty of time, and waits for the answer.
    pub(super) async fn invoke(&self, payload: &Value) -> Answer {
        self.invoke_within(AMPLE, payload).await
    }

    /// The same with so much time left.
    pub(super) async fn invoke_within(&self, time_left: Duration, payload: &Value) -> Answer {
        self.hand_over(time_left, payload.to_string()).await
    }

    /// Hands over a text that need not be JSON, as no service of AWS does, but the emulator does.
    pub(super) async fn invoke_text(&self, payload: &str) -> Answer {
        self.hand_over(AMPLE, payload.to_owned()).await
    }

    async fn hand_over(&self, time_left: Duration, payload: String) -> Answer {
        let number = {
            let mut number = lock(&self.shared.invocations);
            *number += 1;
            *number
        };
        let request_id = format!("8476a536-e9f4-11e8-9739-{number:012}");
        let (answered, answer) = oneshot::channel();
        lock(&self.shared.answers).insert(request_id.clone(), answered);
        let deadline = SystemTime::now() + time_left;
        let deadline_ms = deadline.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_millis();
        let event = Event { request_id, deadline_ms, payload };
        self.events.send(event).expect("the stub lives as long as this");
        let answer = tokio::time::timeout(ANSWER_TIME_MAX, answer).await;
        answer.expect("an answer in time").expect("an answer")
    }

    /// Ends the process, and gives what it has written to standard output and to standard error.
    pub(super) fn stop(mut self) -> (String, String) {
        self.kill();
        let mut written = self.output.drain(..).map(|thread| thread.join().expect("a reader"));
        (written.next().unwrap_or_default(), written.next().unwrap_or_default())
    }

    fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.server.abort();
    }
}

impl Drop for LambdaFunction {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads on a thread of its own, so that the process never waits for somebody to listen.
fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a pipe");
        String::from_utf8(bytes).expect("text")
    })
}

struct Event {
    request_id: String,
    deadline_ms: u128,
    payload: String,
}

struct Shared {
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    answers: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    invocations: Mutex<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The connections belong to this task, so they end with it.
async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let shared = Arc::clone(&shared);
        let answer = service_fn(move |request| answer(request, Arc::clone(&shared)));
        connections.spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let call = path.strip_prefix(INVOCATION).and_then(|rest| rest.split_once('/').or(Some((rest, ""))));
    let response = Response::builder();
    let response = match (request.method(), call) {
        (&Method::GET, Some(("next", ""))) => match shared.waiting.lock().await.recv().await {
            Some(event) => response
                .header("Content-Type", "application/json")
                .header("Lambda-Runtime-Aws-Request-Id", event.request_id)
                .header("Lambda-Runtime-Deadline-Ms", event.deadline_ms.to_string())
                .header("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN)
                .header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0")
                .body(Full::from(event.payload)),
            None => response.status(StatusCode::GONE).body(Full::default()),
        },
        (&Method::POST, Some((request_id, outcome @ ("response" | "error")))) => {
            let (request_id, outcome) = (request_id.to_owned(), outcome.to_owned());
            let header = request.headers().get("Lambda-Runtime-Function-Error-Type");
            let error_type_header = header.map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default();
            let body = request.into_body().collect().await.expect("a body").to_bytes();
            let text = String::from_utf8(body.to_vec()).expect("text");
            let waiting = lock(&shared.answers).remove(&request_id).expect("one answer to each invocation");
            // Whoever waited may have given up.
            let _ = waiting.send(Answer { request_id, outcome, error_type_header, text });
            response.status(StatusCode::ACCEPTED).body(Full::from("{}"))
        }
        _ => response.status(StatusCode::NOT_FOUND).body(Full::default()),
    };
    Ok(response.expect("a response"))
}
