//! The expressions of the contract that is built in.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, Date32Array, Float64Array, Int32Array, StringArray};

use crate::contract::{ColumnType, Value};
use crate::expr::{Columns, Expr, Scope, Source};

const DATES: &str = "(:accessed_from IS NULL OR DATE(accessed_at) >= :accessed_from) \
                     AND (:accessed_to IS NULL OR DATE(accessed_at) <= :accessed_to)";
const ACTIVITY: &str = "CASE WHEN session_duration > :active_above THEN 'active' \
                        WHEN session_duration >= :moderate_from THEN 'moderate' ELSE 'less_active' END";

struct Chunk;

impl Columns for Chunk {
    fn row_count(&self) -> usize {
        4
    }

    fn array(&self, source: Source) -> ArrayRef {
        match source {
            Source::Column(0) => Arc::new(Float64Array::from(vec![Some(1.5), None, Some(0.25), Some(7.0)])),
            Source::Column(1) => Arc::new(Float64Array::from(vec![Some(2.0), Some(3.0), Some(0.5), Some(-7.0)])),
            Source::Column(2) => Arc::new(Int32Array::from(vec![Some(121), Some(120), None, Some(29)])),
            Source::Column(3) => {
                Arc::new(StringArray::from(vec![Some("nicolaeardelean@email.ro"), Some("bob@x.ro"), None, Some("")]))
            }
            Source::WrittenDate(4) => Arc::new(Date32Array::from(vec![Some(19_722), Some(19_723), None, Some(20_088)])),
            other => panic!("no expression reads {other:?}"),
        }
    }
}

fn scope(from: Value, to: Value) -> Scope {
    let columns = [
        ("download_speed", ColumnType::Double),
        ("upload_speed", ColumnType::Double),
        ("session_duration", ColumnType::Int),
        ("email", ColumnType::String),
        ("accessed_at", ColumnType::Timestamp),
    ];
    let parameters = [
        ("accessed_from", from),
        ("accessed_to", to),
        ("active_above", Value::Int(120)),
        ("moderate_from", Value::Int(30)),
    ];
    Scope {
        columns: columns.map(|(name, kind)| (name.to_owned(), kind)).to_vec(),
        derived: Vec::new(),
        parameters: parameters.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

fn parse(sql: &str) -> Expr {
    Expr::parse(sql, &scope(Value::Date(19_723), Value::Date(20_088))).expect("it is built in")
}

#[test]
fn speeds_are_added_and_a_missing_one_leaves_no_sum() {
    let sum = parse("download_speed + upload_speed").evaluate(&Chunk).expect("it is valid");
    assert_eq!(sum.as_primitive::<Float64Type>(), &Float64Array::from(vec![Some(3.5), None, Some(0.75), Some(0.0)]));
}

#[test]
fn activity_is_a_choice_of_three_texts() {
    let activity = parse(ACTIVITY);
    let choices = activity.evaluate_choices(&Chunk).expect("it is valid").expect("it is a choice");
    assert_eq!(choices.numbers, [0, 1, 2, 2]);
    assert_eq!(
        choices.texts[..],
        [Some("active"), Some("moderate"), Some("less_active")].map(|text| text.map(str::to_owned))
    );
    let texts = activity.evaluate(&Chunk).expect("it is valid");
    assert_eq!(texts.as_string::<i32>(), &StringArray::from(vec!["active", "moderate", "less_active", "less_active"]));
    assert_eq!(
        activity.parameters(),
        [("active_above".into(), Value::Int(120)), ("moderate_from".into(), Value::Int(30))]
    );
}

#[test]
fn addresses_are_masked_and_missing_ones_stay_missing() {
    let masked = parse("MASK_EMAIL(email)").evaluate(&Chunk).expect("it is valid");
    let expected = StringArray::from(vec![Some("nic***@email.ro"), Some("bo***@x.ro"), None, Some("***")]);
    assert_eq!(masked.as_string::<i32>(), &expected);
}

#[test]
fn a_limit_that_is_open_costs_nothing() {
    let cases = [
        (
            Value::Date(19_723),
            Value::Date(20_088),
            "((DATE(`accessed_at`) >= DATE '2024-01-01') AND (DATE(`accessed_at`) <= DATE '2024-12-31'))",
        ),
        (Value::Null, Value::Date(20_088), "(DATE(`accessed_at`) <= DATE '2024-12-31')"),
        (Value::Date(19_723), Value::Null, "(DATE(`accessed_at`) >= DATE '2024-01-01')"),
        (Value::Null, Value::Null, "TRUE"),
    ];
    for (from, to, expected) in cases {
        let filter = Expr::parse(DATES, &scope(from, to)).expect("it is valid");
        assert_eq!(filter.to_string(), expected);
    }
}

#[test]
fn a_range_of_dates_has_two_parts_and_names_its_parameters() {
    let filter = parse(DATES);
    let kept = filter.evaluate_filter(&Chunk).expect("it is valid");
    assert_eq!(kept.iter().collect::<Vec<_>>(), [Some(false), Some(true), None, Some(true)]);
    assert_eq!(filter.sources().into_iter().collect::<Vec<_>>(), [Source::WrittenDate(4)]);
    let [from, to]: [Expr; 2] = filter.conjuncts().try_into().expect("two");
    assert_eq!(from.parameters(), [("accessed_from".into(), Value::Date(19_723))]);
    assert_eq!(to.parameters(), [("accessed_to".into(), Value::Date(20_088))]);
}

#[test]
fn a_filter_by_duration_drops_what_is_missing() {
    let kept = parse("session_duration > :moderate_from").evaluate_filter(&Chunk).expect("it is valid");
    assert_eq!(kept.iter().collect::<Vec<_>>(), [Some(true), Some(true), None, Some(false)]);
    assert_eq!(kept.true_count(), 2);
    assert_eq!(kept.null_count(), 1);
}
