//! Manual requests: `{"date": …}` or `{"from": …, "to": …}`, optionally with `"force": true`. A slip of the pen is
//! an error, so that nobody waits for a run that was never asked for.

use serde_json::Value;

use super::{Force, Want};
use crate::error::{Error, Result};
use crate::trigger::window::BatchDate;

/// The fields of a manual request; any of them makes an event one.
pub(super) const FIELDS: [&str; 4] = ["date", "from", "to", "force"];

/// Understands a manual request.
pub(super) fn want(request: &Value) -> Result<Want> {
    let unknown = request.as_object().into_iter().flatten().map(|(field, _)| field).find(|field| !is_known(field));
    if let Some(field) = unknown {
        return Err(invalid(format!("unknown field {field:?}, expected date, from, to or force")));
    }
    let force = match request.get("force") {
        None | Some(Value::Bool(false)) => Force::IfChanged,
        Some(Value::Bool(true)) => Force::Always,
        Some(_) => return Err(invalid("force is neither true nor false")),
    };
    match (date(request, "date")?, date(request, "from")?, date(request, "to")?) {
        (Some(date), None, None) => Ok(Want::Date { date, force }),
        (None, Some(from), Some(to)) if from <= to => Ok(Want::Range { from, to, force }),
        (None, Some(_), Some(_)) => Err(invalid("from is after to")),
        (Some(_), _, _) => Err(invalid("date excludes from and to")),
        (None, None, None) => Err(invalid("it needs a date, or from and to")),
        (None, _, _) => Err(invalid("from and to need each other")),
    }
}

fn is_known(field: &str) -> bool {
    FIELDS.contains(&field)
}

fn date(request: &Value, field: &str) -> Result<Option<BatchDate>> {
    let Some(value) = request.get(field) else { return Ok(None) };
    let date = value.as_str().and_then(|text| text.parse().ok());
    date.map(Some).ok_or_else(|| invalid(format!("{field} is not a calendar date written \"YYYY-MM-DD\"")))
}

fn invalid(what: impl std::fmt::Display) -> Error {
    Error::invalid_input(format!("manual request: {what}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ErrorKind;

    fn date(text: &str) -> BatchDate {
        text.parse().expect("a date")
    }

    #[test]
    fn a_date_or_a_range_can_be_asked_for_and_forced() {
        let day = date("2024-09-15");
        let cases = [
            (json!({"date": "2024-09-15"}), Want::Date { date: day, force: Force::IfChanged }),
            (json!({"date": "2024-09-15", "force": false}), Want::Date { date: day, force: Force::IfChanged }),
            (json!({"date": "2024-09-15", "force": true}), Want::Date { date: day, force: Force::Always }),
            (
                json!({"from": "2024-09-13", "to": "2024-09-15"}),
                Want::Range { from: date("2024-09-13"), to: day, force: Force::IfChanged },
            ),
            (
                json!({"to": "2024-09-15", "from": "2024-09-15", "force": true}),
                Want::Range { from: day, to: day, force: Force::Always },
            ),
        ];
        for (request, wanted) in cases {
            assert_eq!(want(&request).expect("a request"), wanted, "{request}");
        }
    }

    #[test]
    fn every_slip_is_an_error_that_names_the_field() {
        let cases = [
            (json!({"date": "2024-09-15", "forced": true}), r#"unknown field "forced""#),
            (json!({"date": "2024-02-30"}), "date is not a calendar date"),
            (json!({"date": "15.09.2024"}), "date is not a calendar date"),
            (json!({"date": 20240915}), "date is not a calendar date"),
            (json!({"date": null}), "date is not a calendar date"),
            (json!({"from": "2024-09-15", "to": "x"}), "to is not a calendar date"),
            (json!({"from": "2024-09-15", "to": "2024-09-14"}), "from is after to"),
            (json!({"from": "2024-09-15"}), "from and to need each other"),
            (json!({"to": "2024-09-15"}), "from and to need each other"),
            (json!({"date": "2024-09-15", "to": "2024-09-15"}), "date excludes from and to"),
            (json!({"date": "2024-09-15", "from": "2024-09-15", "to": "2024-09-15"}), "date excludes from and to"),
            (json!({"force": true}), "needs a date"),
            (json!({"date": "2024-09-15", "force": "true"}), "force is neither"),
            (json!({"date": "2024-09-15", "force": 1}), "force is neither"),
        ];
        for (request, told) in cases {
            let error = want(&request).expect_err("an error");
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{request}");
            assert!(error.to_string().contains(told), "{request}: {error}");
            assert!(!error.to_string().contains("2024"), "{error} shows a value");
        }
    }
}
