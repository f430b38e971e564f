//! The table of Spark's answers, cell by cell. `make parity-golden` asks Spark again.

use serde_json::{Map, Value};

use crate::DecimalSign;
use crate::boolean::parse_boolean;
use crate::date::parse_date;
use crate::decimal::{parse_decimal, write_decimal};
use crate::number::{parse_bigint, parse_double, parse_int};
use crate::timestamp::parse_timestamp;

const ANSWERS: &str = include_str!("spark.jsonl");

fn double(answer: &Value) -> Option<f64> {
    answer.as_str().map(|text| text.parse().expect("a double"))
}

fn decimal(text: &[u8], precision: u8, scale: u8) -> Option<String> {
    let unscaled = parse_decimal(text, precision, scale, DecimalSign::Point)?;
    let mut out = Vec::new();
    write_decimal(unscaled, scale, &mut out);
    Some(String::from_utf8(out).expect("ASCII"))
}

/// What our cast of this name gives, and what Spark's did.
fn differs(cast: &str, text: &[u8], answer: &Value) -> Option<String> {
    let (ours, sparks) = match cast {
        "int" => (parse_int(text).map(i64::from), answer.as_i64()),
        "bigint" => (parse_bigint(text), answer.as_i64()),
        "date" => (parse_date(text).map(i64::from), answer.as_i64()),
        "timestamp" => (parse_timestamp(text).map(|moment| moment.micros), answer.as_i64()),
        "boolean" => (parse_boolean(text).map(i64::from), answer.as_bool().map(i64::from)),
        "double" => {
            let bits = |double: f64| if double.is_nan() { f64::NAN.to_bits() } else { double.to_bits() } as i64;
            (parse_double(text).map(bits), double(answer).map(bits))
        }
        _ => {
            let (precision, scale) = if cast == "decimal(10,2)" { (10, 2) } else { (38, 10) };
            let (ours, sparks) = (decimal(text, precision, scale), answer.as_str());
            return (ours.as_deref() != sparks).then(|| format!("{ours:?}, Spark {sparks:?}"));
        }
    };
    (ours != sparks).then(|| format!("{ours:?}, Spark {sparks:?}"))
}

#[test]
fn every_cast_gives_what_spark_gave() {
    let mut compared = 0;
    let mut differences = Vec::new();
    for line in ANSWERS.lines() {
        let mut answers: Map<String, Value> = serde_json::from_str(line).expect("JSON");
        let text = answers.remove("text").and_then(|text| text.as_str().map(str::to_owned)).expect("a text");
        for (cast, answer) in &answers {
            compared += 1;
            if let Some(difference) = differs(cast, text.as_bytes(), answer) {
                differences.push(format!("{text:?} as {cast}: {difference}"));
            }
        }
    }
    assert!(compared > 5000, "{compared}");
    assert!(differences.is_empty(), "{} of {compared}:\n{}", differences.len(), differences.join("\n"));
}
