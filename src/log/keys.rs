//! What every line says besides its own message, in the names that AWS Lambda Powertools gives them.

use std::collections::BTreeMap;

use serde::Serialize;

/// The function, as its environment tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Function {
    /// What the function calls itself, in logs and as the dimension of its metrics.
    pub service: String,
    /// Where CloudWatch keeps its metrics.
    #[serde(skip)]
    pub metrics_namespace: String,
    /// Its name in Lambda; `None` elsewhere.
    pub function_name: Option<String>,
    /// The memory granted, in MiB; `None` elsewhere than in Lambda.
    pub function_memory_size: Option<u64>,
}

impl Function {
    /// Takes what concerns us out of an environment.
    pub fn from_environment(variables: &BTreeMap<String, String>) -> Self {
        let given = |name: &str| variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        Self {
            service: given("POWERTOOLS_SERVICE_NAME").unwrap_or("drivendata-transform").to_owned(),
            metrics_namespace: given("POWERTOOLS_METRICS_NAMESPACE").unwrap_or("DrivendataTransform").to_owned(),
            function_name: given("AWS_LAMBDA_FUNCTION_NAME").map(str::to_owned),
            function_memory_size: given("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|mib| mib.parse().ok()),
        }
    }
}

/// The invocation under way. Between invocations only `cold_start` is known; the rest is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invocation {
    /// Whether this is the start of the process or its first invocation.
    pub cold_start: bool,
    /// Whose invocation it is.
    #[serde(flatten)]
    pub ids: InvocationIds,
}

impl Default for Invocation {
    /// Of a process that has just started.
    fn default() -> Self {
        Self { cold_start: true, ids: InvocationIds::default() }
    }
}

/// What an invocation is told by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InvocationIds {
    /// The function or alias that was invoked.
    pub function_arn: Option<String>,
    /// The id of the invocation.
    pub function_request_id: Option<String>,
    /// The root of the X-Ray trace.
    pub xray_trace_id: Option<String>,
    /// What caused the invocation; see [`crate::trigger::event::correlation_id`].
    pub correlation_id: Option<String>,
}

/// The id of a trace in the header that Lambda hands over: `Root=1-…;Parent=…;Sampled=0`.
pub fn trace_root(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(variables: &[(&str, &str)]) -> Function {
        let owned = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Function::from_environment(&owned.collect())
    }

    #[test]
    fn the_environment_names_the_function() {
        let named = function(&[
            ("POWERTOOLS_SERVICE_NAME", "clean"),
            ("POWERTOOLS_METRICS_NAMESPACE", "Lake"),
            ("AWS_LAMBDA_FUNCTION_NAME", "clean-prod"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
        ]);
        let expected = Function {
            service: "clean".into(),
            metrics_namespace: "Lake".into(),
            function_name: Some("clean-prod".into()),
            function_memory_size: Some(1769),
        };
        assert_eq!(named, expected);
    }

    #[test]
    fn what_the_environment_leaves_out_or_empty_has_a_default_or_is_unknown() {
        let expected = Function {
            service: "drivendata-transform".into(),
            metrics_namespace: "DrivendataTransform".into(),
            function_name: None,
            function_memory_size: None,
        };
        assert_eq!(function(&[]), expected);
        let empty = [("POWERTOOLS_SERVICE_NAME", ""), ("POWERTOOLS_METRICS_NAMESPACE", " ")];
        assert_eq!(function(&empty), expected);
        assert_eq!(function(&[("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much")]), expected);
    }

    #[test]
    fn a_trace_is_named_by_its_root() {
        let root = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700";
        assert_eq!(trace_root(&format!("Root={root};Parent=9a9197af755a6419;Sampled=1")), Some(root));
        assert_eq!(trace_root(&format!("Lineage=1:a; Root={root}")), Some(root));
        assert_eq!(trace_root("Sampled=0"), None);
        assert_eq!(trace_root(""), None);
    }
}
