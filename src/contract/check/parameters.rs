//! Parameters: the contract's values, and the variables that override them.

use std::collections::BTreeMap;

use super::super::checked::Parameter;
use super::super::mistake::{Mistakes, Place, listed, shown};
use super::super::value::Value;
use super::super::written::{Words, key, nearest};
use super::super::yaml::{Kind, Scalar};
use super::names::PlainNames;
use super::settings_names::SETTINGS_NAMES;
use crate::trigger::window::BatchDate;

/// The parameters whose variables are older than contracts, and have the same name.
pub(super) const WITH_OWN_VARIABLE: [&str; 6] =
    ["accessed_from", "accessed_to", "min_session_duration", "active_above", "moderate_from", "masking"];

/// Begins the variables of all others.
const PREFIX: &str = "PARAM_";

/// What stands for "no limit".
const OPEN: &str = "open";

/// The most digits of an exact number.
const DIGITS_MAX: usize = 38;

/// The parameters with the values that count.
pub(super) fn parameters(
    words: &Words<'_>,
    overrides: &BTreeMap<String, String>,
    mistakes: &mut Mistakes,
) -> Vec<Parameter> {
    let mut names = PlainNames::of("a parameter");
    let mut parameters = Vec::new();
    for entry in words.get("parameters").map_or(&[][..], |node| node.entries()) {
        let name = key(entry);
        if !names.add(name, mistakes) {
            continue;
        }
        let upper = name.text.to_ascii_uppercase();
        let has_own_variable = WITH_OWN_VARIABLE.contains(&name.text);
        if !has_own_variable && SETTINGS_NAMES.contains(&upper.as_str()) {
            let message = format!("a parameter cannot be called `{}`, because {upper} is a setting", name.text);
            mistakes.add(name.place, message);
        }
        let variable = if has_own_variable { upper } else { format!("{PREFIX}{upper}") };
        let value = match entry.value.scalar() {
            Some(scalar) => typed(scalar).unwrap_or_else(|problem| {
                mistakes
                    .add(entry.value.place, format!("`{}` cannot be {}: {problem}", name.text, shown(&scalar.text)));
                Value::Null
            }),
            None => Value::Null,
        };
        parameters.push(Parameter { name: name.text.to_owned(), variable, value });
    }
    replace(&mut parameters, overrides, mistakes);
    parameters
}

/// Sets what variables say. An empty one says nothing.
fn replace(parameters: &mut [Parameter], overrides: &BTreeMap<String, String>, mistakes: &mut Mistakes) {
    for (variable, typed) in overrides.iter().filter(|(_, typed)| !typed.trim().is_empty()) {
        match parameters.iter_mut().find(|parameter| parameter.variable == *variable) {
            Some(parameter) => match overridden(&parameter.value, typed.trim()) {
                Ok(value) => parameter.value = value,
                Err(expected) => {
                    let message = format!("variable {variable} cannot be {}; {expected}", shown(typed));
                    mistakes.add(Place::default(), message);
                }
            },
            None => {
                let variables = || parameters.iter().map(|parameter| parameter.variable.as_str());
                let hint = match nearest(variable, variables()) {
                    Some(meant) => format!("did you mean {meant}?"),
                    None if parameters.is_empty() => "the contract has no parameters".to_owned(),
                    None => format!("there are {}", listed(variables())),
                };
                let message = format!("variable {variable} overrides no parameter of the contract; {hint}");
                mistakes.add(Place::default(), message);
            }
        }
    }
}

/// What a variable sets instead of the contract's value; the error says what is expected.
fn overridden(of_contract: &Value, typed_text: &str) -> Result<Value, String> {
    let scalar = Scalar { text: typed_text.to_owned(), is_plain: true };
    let value = typed(&scalar)?;
    match (of_contract, value) {
        (_, Value::Null) => Ok(Value::Null),
        (Value::Null, value)
        | (
            Value::Int(_) | Value::BigInt(_) | Value::Decimal { .. },
            value @ (Value::Int(_) | Value::BigInt(_) | Value::Decimal { .. }),
        )
        | (Value::Boolean(_), value @ Value::Boolean(_))
        | (Value::Double(_), value @ Value::Double(_))
        | (Value::Date(_), value @ Value::Date(_)) => Ok(value),
        // Any number is a floating-point number, and anything a text.
        (Value::Double(_), Value::Int(_) | Value::BigInt(_) | Value::Decimal { .. }) => {
            typed_text.parse().map(Value::Double).map_err(|_| expected(of_contract))
        }
        (Value::String(_), _) => Ok(Value::String(typed_text.to_owned())),
        (
            Value::Boolean(_)
            | Value::Int(_)
            | Value::BigInt(_)
            | Value::Decimal { .. }
            | Value::Double(_)
            | Value::Date(_)
            | Value::Timestamp(_),
            _,
        ) => Err(expected(of_contract)),
    }
}

fn expected(of_contract: &Value) -> String {
    let what = match of_contract {
        Value::Null | Value::String(_) => "a text",
        Value::Boolean(_) => "true or false",
        Value::Int(_) | Value::BigInt(_) | Value::Decimal { .. } | Value::Double(_) => "a number",
        Value::Date(_) => "a date as YYYY-MM-DD",
        Value::Timestamp(_) => "a timestamp",
    };
    format!("{what} or `{OPEN}` is expected, as in the contract")
}

/// The value of a text by how it is written; the error says what is wrong with it.
fn typed(scalar: &Scalar) -> Result<Value, String> {
    let text = scalar.text.as_str();
    Ok(match scalar.kind() {
        Kind::Null => Value::Null,
        Kind::Boolean(value) => Value::Boolean(value),
        Kind::Integer => {
            let number = scalar.integer().ok_or("whole numbers have at most 64 bits")?;
            i32::try_from(number).map_or(Value::BigInt(number), Value::Int)
        }
        Kind::Float if text.contains(['e', 'E', 'i', 'I', 'n', 'N']) => {
            let number: f64 = text.parse().map_err(|_| "a finite number is expected")?;
            if !number.is_finite() {
                return Err("a finite number is expected".to_owned());
            }
            Value::Double(number)
        }
        Kind::Float => decimal(text).ok_or_else(|| format!("exact numbers have at most {DIGITS_MAX} digits"))?,
        Kind::Text if scalar.is_plain && text == OPEN => Value::Null,
        Kind::Text if scalar.is_plain && is_written_like_a_date(text) => match text.parse::<BatchDate>() {
            Ok(date) => Value::Date(date.days_since_epoch()),
            Err(_) => return Err("the calendar has no such date".to_owned()),
        },
        Kind::Text => Value::String(text.to_owned()),
    })
}

fn is_written_like_a_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { *byte == b'-' } else { byte.is_ascii_digit() })
}

/// An exact number as Spark types it: as many digits as are written, but those after the point count at least.
fn decimal(text: &str) -> Option<Value> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let scale = fraction.len();
    let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
    let digits = unscaled.unsigned_abs().to_string().len();
    let precision = digits.max(scale).max(1);
    if precision > DIGITS_MAX {
        return None;
    }
    Some(Value::Decimal { unscaled, precision: u8::try_from(precision).ok()?, scale: u8::try_from(scale).ok()? })
}
