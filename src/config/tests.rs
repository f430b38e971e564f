//! Settings out of an environment: what is taken, what is refused, and what Lambda adds.

use super::raw::LAMBDA_MEMORY;
use super::*;

fn config(variables: &[(&str, &str)]) -> Result<Config> {
    let lake = [("LAKE", "s3://lake")];
    let variables = lake.iter().chain(variables).map(|&(name, value)| (name.to_owned(), value.to_owned()));
    Config::from_raw(&RawSettings::from_environment(variables)?)
}

fn memory_bytes_max(variables: &[(&str, &str)]) -> Option<u64> {
    config(variables).expect("usable settings").limits.memory_bytes_max
}

#[test]
fn the_memory_limit_is_the_one_typed_else_what_lambda_grants_else_none() {
    let granted = (LAMBDA_MEMORY, "1769");
    assert_eq!(memory_bytes_max(&[]), None);
    assert_eq!(memory_bytes_max(&[granted]), Some(1769 * MIB));
    assert_eq!(memory_bytes_max(&[granted, ("MEMORY_LIMIT_MB", "0")]), Some(1769 * MIB));
    assert_eq!(memory_bytes_max(&[granted, ("MEMORY_LIMIT_MB", "512")]), Some(512 * MIB));
    assert_eq!(memory_bytes_max(&[("MEMORY_LIMIT_MB", "512")]), Some(512 * MIB));
    let error = config(&[(LAMBDA_MEMORY, "plenty")]).expect_err("no number");
    assert_eq!(error.to_string(), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE cannot be \"plenty\": MiB expected");
}

#[test]
fn what_lambda_and_the_sdk_put_into_the_environment_is_no_setting() {
    let names = ["_HANDLER", "_X_AMZN_TRACE_ID", "AWS_REGION", "AWS_ENDPOINT_URL_S3", "LAMBDA_TASK_ROOT", "PATH", "TZ"];
    config(&names.map(|name| (name, "x"))).expect("nothing of ours");
    let error = config(&[("WINDOW_DAY", "secret")]).expect_err("a slip of the pen");
    assert_eq!(error.to_string(), "unknown setting WINDOW_DAY; did you mean WINDOW_DAYS?");
}

#[test]
fn a_number_too_large_to_compute_with_is_refused() {
    let numbers = SETTINGS.iter().filter(|setting| setting.default.parse::<u64>().is_ok());
    let huge = u64::MAX.to_string();
    for name in numbers.map(|setting| setting.name) {
        let error = config(&[(name, &huge)]).expect_err(name);
        assert_eq!(error.kind(), crate::error::ErrorKind::Configuration);
        assert!(error.to_string().contains(&format!("setting {name} cannot be \"{huge}\"")), "{error}");
    }
}

#[test]
fn an_empty_variable_is_one_that_is_not_set() {
    let defaults = format!("{:?}", config(&[]).expect("the defaults"));
    for empty in ["", " "] {
        let names = SETTINGS.iter().map(|setting| setting.name).filter(|&name| name != "LAKE");
        let all: Vec<(&str, &str)> = names.chain([LAMBDA_MEMORY, "WINDOW_DAY"]).map(|name| (name, empty)).collect();
        assert_eq!(format!("{:?}", config(&all).expect("the defaults")), defaults);
    }
    let lake = RawSettings::from_environment([("LAKE".to_owned(), String::new())]).expect("nothing is set");
    let error = Config::from_raw(&lake).expect_err("no lake");
    assert!(error.to_string().starts_with("setting LAKE is missing"), "{error}");
}

#[test]
fn what_belongs_to_others_is_named_and_its_value_is_not_kept() {
    let variables = [("LAKE", "s3://lake"), ("EDGE_PORT", "secret"), ("DD_API_KEY", "secret"), ("LOG_LEVEL", "debug")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let raw = RawSettings::from_environment(variables).expect("nothing of ours is misspelt");
    assert_eq!(raw.ignored(), ["EDGE_PORT", "DD_API_KEY"]);
    assert!(!format!("{raw:?}").contains("secret"));
}
