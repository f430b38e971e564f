//! Spark's own answers, as `tests/parity/expressions.py` stored them.

use serde_json::Value as Json;

use super::{ROWS, Table, scope};
use crate::contract::Value;
use crate::expr::evaluate::value_of;
use crate::expr::{Columns, Expr};

const ANSWERS: &str = include_str!("spark.jsonl");

/// As the script prints it.
fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Boolean(value) => value.to_string(),
        Value::Int(value) | Value::Date(value) => value.to_string(),
        Value::BigInt(value) | Value::Timestamp(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::String(value) => value.clone(),
        Value::Decimal { unscaled, scale, .. } => {
            let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = usize::from(*scale) + 1);
            let (whole, fraction) = digits.split_at(digits.len() - usize::from(*scale));
            let sign = if *unscaled < 0 { "-" } else { "" };
            format!("{sign}{whole}{}{fraction}", if fraction.is_empty() { "" } else { "." })
        }
    })
}

fn is_same(ours: Option<&str>, spark: Option<&str>, kind: &str) -> bool {
    match (ours, spark) {
        (Some(ours), Some(spark)) if kind == "double" => {
            let (ours, spark): (f64, f64) = (ours.parse().expect("it is valid"), spark.parse().expect("it is valid"));
            ours.to_bits() == spark.to_bits() || ours.is_nan() && spark.is_nan()
        }
        // Python prints no minus before a zero.
        _ => ours == spark,
    }
}

/// What is wrong with our answer.
fn difference(line: &str) -> Option<String> {
    let line: Json = serde_json::from_str(line).expect("it is valid");
    let (sql, kind) = (line["sql"].as_str().expect("it is valid"), line["type"].as_str().expect("it is valid"));
    let expr = match Expr::parse(sql, &scope()) {
        Ok(expr) => expr,
        // What has no type is refused.
        Err(_) if kind == "void" => return None,
        Err(mistakes) => return Some(format!("{sql}: {mistakes:?}")),
    };
    if expr.data_type().to_string() != kind {
        return Some(format!("{sql}: the type is {}, of Spark {kind}", expr.data_type()));
    }
    let table = Table::new();
    let array = expr.evaluate(&table).expect("it is valid");
    assert_eq!(array.len(), table.row_count());
    for row in 0..ROWS {
        let ours = text(&value_of(&array.slice(row, 1), expr.data_type()).expect("it is valid"));
        let spark = line["values"][row].as_str();
        if !is_same(ours.as_deref(), spark, kind) {
            return Some(format!("{sql}, row {row}: {ours:?}, of Spark {spark:?}"));
        }
    }
    None
}

#[test]
fn every_answer_is_spark_s() {
    let differences: Vec<String> = ANSWERS.lines().filter_map(difference).collect();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}
