//! Tells a misspelt setting from a variable that belongs to the platform or an extension.

use super::settings::SETTINGS;
use crate::distance::distance;

/// Shorter names are hit by chance: `MAKE` is one letter from `LAKE`.
const LENGTH_MIN: usize = 6;

/// The most typing mistakes in a name that is still taken for a misspelt one.
const MISTAKES_MAX: usize = 2;

/// The setting that somebody who typed this name meant; `None`: it has nothing to do with us.
pub(super) fn meant(name: &str) -> Option<&'static str> {
    let typed = name.to_ascii_uppercase().replace('-', "_");
    let names = || SETTINGS.iter().map(|setting| setting.name);
    let long = names().filter(|setting| setting.len() >= LENGTH_MIN);
    let nearest = long.map(|setting| (distance(setting, &typed), setting)).min();
    nearest
        .filter(|&(mistakes, _)| mistakes <= MISTAKES_MAX)
        .map(|(_, setting)| setting)
        .or_else(|| names().find(|setting| letters(setting) == letters(&typed) || has_other_end(setting, &typed)))
}

/// The name without what separates its words.
fn letters(name: &str) -> String {
    name.replace('_', "")
}

/// Whether the names differ only in their last word, which is mostly a unit, or one lacks it: `TIME_LIMIT_MS`.
fn has_other_end(setting: &str, name: &str) -> bool {
    let Some((words, _)) = setting.rsplit_once('_').filter(|(words, _)| words.contains('_')) else { return false };
    name == words || name.rsplit_once('_').is_some_and(|(before, _)| before == words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_known_for_what_was_meant() {
        for (typed, setting) in [
            ("WINDOW_DAY", "WINDOW_DAYS"),
            ("window_days", "WINDOW_DAYS"),
            ("Window-Days", "WINDOW_DAYS"),
            ("WINDOWDAYS", "WINDOW_DAYS"),
            ("WINDOWS_DAYS", "WINDOW_DAYS"),
            ("WIDNOW_DAYS", "WINDOW_DAYS"),
            ("OUTPUT_FORMAT", "OUTPUT_FORMATS"),
            ("OUTPUT_PREFIXES", "OUTPUT_PREFIX"),
            ("ACCESED_TO", "ACCESSED_TO"),
            ("ACCESSED_T0", "ACCESSED_TO"),
            ("ACCESSED__FROM", "ACCESSED_FROM"),
            ("MAX_REJECT_RATIO", "MAX_REJECTED_RATIO"),
            ("MAXREJECTEDRATIO", "MAX_REJECTED_RATIO"),
            ("MEMORY_LIMIT", "MEMORY_LIMIT_MB"),
            ("MEMORY_LIMIT_MIB", "MEMORY_LIMIT_MB"),
            ("TIME_LIMIT", "TIME_LIMIT_SECONDS"),
            ("TIME_LIMIT_MS", "TIME_LIMIT_SECONDS"),
            ("THREAD", "THREADS"),
            ("MASKNIG", "MASKING"),
            ("PRESETS", "PRESET"),
            ("ENDPOINT_URI", "ENDPOINT_URL"),
            ("LOGLEVEL", "LOG_LEVEL"),
            ("LOG_LEVL", "LOG_LEVEL"),
            ("lake", "LAKE"),
            ("_LAKE_", "LAKE"),
        ] {
            assert_eq!(meant(typed), Some(setting), "{typed}");
        }
    }

    #[test]
    fn every_setting_with_a_letter_missing_or_two_swapped_is_known() {
        for setting in SETTINGS.iter().filter(|setting| setting.name.len() >= LENGTH_MIN) {
            let letters: Vec<char> = setting.name.chars().collect();
            for index in 0..letters.len() {
                let mut without = letters.clone();
                without.remove(index);
                assert!(meant(&String::from_iter(&without)).is_some(), "{without:?}");
                let mut swapped = letters.clone();
                swapped.swap(index, (index + 1) % letters.len());
                assert!(meant(&String::from_iter(&swapped)).is_some(), "{swapped:?}");
            }
        }
    }

    /// What Lambda, SAM CLI, cargo-lambda, LocalStack, the SDK, extensions and shells set.
    const OF_OTHERS: &str = "
        _HANDLER _X_AMZN_TRACE_ID AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_ACCOUNT_ID AWS_CA_BUNDLE AWS_DEFAULT_REGION
        AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_EXECUTION_ENV AWS_LAMBDA_DOTNET_PREJIT AWS_LAMBDA_EVENT_BODY
        AWS_LAMBDA_EXEC_WRAPPER AWS_LAMBDA_FUNCTION_HANDLER AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_TIMEOUT
        AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_LOG_FORMAT AWS_LAMBDA_LOG_GROUP_NAME
        AWS_LAMBDA_LOG_LEVEL AWS_LAMBDA_LOG_STREAM_NAME AWS_LAMBDA_MAX_CONCURRENCY AWS_LAMBDA_METADATA_API
        AWS_LAMBDA_METADATA_TOKEN AWS_LAMBDA_RUNTIME_API AWS_MAX_ATTEMPTS AWS_PROFILE AWS_REGION AWS_SAM_LOCAL
        AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_XRAY_CONTEXT_MISSING AWS_XRAY_DAEMON_ADDRESS
        _AWS_XRAY_DAEMON_ADDRESS _AWS_XRAY_DAEMON_PORT _LAMBDA_TELEMETRY_LOG_FD
        LAMBDA_RUNTIME_DIR LAMBDA_TASK_ROOT LANG LC_ALL LD_LIBRARY_PATH NODE_PATH PYTHONPATH GEM_PATH CLASSPATH TZ PATH
        SAM_CLI_TELEMETRY SAM_BUILD_MODE
        CARGO CARGO_BIN_NAME CARGO_HOME CARGO_LAMBDA_WATCH CARGO_MANIFEST_DIR CARGO_PKG_NAME CARGO_TARGET_DIR
        RUSTUP_HOME RUSTUP_TOOLCHAIN RUST_BACKTRACE RUST_LOG RUST_RECURSION_COUNT RAYON_NUM_THREADS TOKIO_WORKER_THREADS
        EDGE_PORT LOCALSTACK_HOSTNAME LOCALSTACK_RUNTIME_ID LOCALSTACK_RUNTIME_ENDPOINT LOCALSTACK_INIT_LOG_LEVEL
        LOCALSTACK_FUNCTION_HANDLER LOCALSTACK_USER
        DD_API_KEY DD_ENV DD_LOG_LEVEL DD_SITE DD_TAGS DD_TRACE_ENABLED DD_SERVERLESS_LOGS_ENABLED
        OTEL_EXPORTER_OTLP_ENDPOINT OTEL_LOG_LEVEL OTEL_SERVICE_NAME OPENTELEMETRY_COLLECTOR_CONFIG_URI
        NEW_RELIC_ACCOUNT_ID NEW_RELIC_EXTENSION_LOG_LEVEL NEW_RELIC_LICENSE_KEY SENTRY_DSN SPLUNK_ACCESS_TOKEN
        PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE PARAMETERS_SECRETS_EXTENSION_LOG_LEVEL SECRETS_MANAGER_TTL
        POWERTOOLS_LOG_LEVEL POWERTOOLS_METRICS_NAMESPACE POWERTOOLS_SERVICE_NAME
        HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR MALLOC_ARENA_MAX
        COLORTERM DISPLAY EDITOR HOME HOSTNAME LESS LOGNAME LS_COLORS MAIL MAKE MAKEFLAGS MAKELEVEL OLDPWD PAGER PS1 PWD
        SHELL SHLVL SSH_AUTH_SOCK TERM TMPDIR USER VISUAL XDG_RUNTIME_DIR XDG_SESSION_ID LOG_FORMAT LOG_FILE STAGE
        DATABASE_URL CACHE_SIZE TIMEOUT";

    #[test]
    fn what_others_set_is_nobodys_slip() {
        for name in OF_OTHERS.split_whitespace() {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
