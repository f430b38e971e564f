//! The S3 client as this program needs it: pinned behaviour, limits on every wait, patience with throttling.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, StalledStreamProtectionConfig};

/// Attempts per request, the first included. The standard retry mode: the adaptive one makes tasks that share a client
/// wait for each other.
const ATTEMPTS_MAX: u32 = 6;

/// Until a connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// From sending a request, with its body, to the first byte of the answer; long enough for a part on a slow line.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// For one attempt of a request. The body of a GET is not part of it: stalls there are noticed by throughput.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a body may stand still.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);

/// A client for where the environment says we are. With an endpoint of its own it addresses buckets by path, as S3
/// servers other than AWS expect.
pub async fn connect(endpoint_url: Option<&str>) -> Client {
    let environment = aws_config::defaults(BehaviorVersion::v2026_01_12()).load().await;
    Client::from_conf(configure(&environment, endpoint_url).build())
}

/// The same settings over a given environment, still open for changes.
pub fn configure(environment: &SdkConfig, endpoint_url: Option<&str>) -> Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let stalls = StalledStreamProtectionConfig::enabled().grace_period(STALL_TIMEOUT).build();
    let mut settings = Builder::from(environment)
        .behavior_version(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS_MAX))
        .timeout_config(timeouts)
        .stalled_stream_protection(stalls)
        .force_path_style(endpoint_url.is_some() || environment.endpoint_url().is_some());
    if let Some(endpoint_url) = endpoint_url {
        settings = settings.endpoint_url(endpoint_url);
    }
    settings
}
