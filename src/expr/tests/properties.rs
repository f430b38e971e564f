//! What holds for every expression: folding, rows and columns, and the canonical text.

use std::sync::Arc;

use arrow_array::ArrayRef;
use proptest::prelude::*;

use super::{ROWS, Table, scope};
use crate::contract::Value;
use crate::expr::evaluate::value_of;
use crate::expr::node::Node;
use crate::expr::{Columns, Expr, bind, parse};

fn number() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["i", "l", "d", "m", "w"]).prop_map(str::to_owned),
        prop::sample::select(vec![
            "0",
            "1",
            "-1",
            "7",
            ":limit",
            ":open",
            "NULL",
            "2147483647",
            "-9223372036854775808"
        ])
        .prop_map(str::to_owned),
        prop::sample::select(vec!["0.5", "-12.345", "1e0", "-0e0", "1e300", "5L", "99999999999999999999.99"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = || (inner.clone(), inner.clone());
        prop_oneof![
            (two(), "[-+*/]").prop_map(|((left, right), sign)| format!("({left} {sign} {right})")),
            inner.clone().prop_map(|operand| format!("(- {operand})")),
            inner.clone().prop_map(|operand| format!("ABS({operand})")),
            (inner.clone(), -3..5).prop_map(|(operand, digits)| format!("ROUND({operand}, {digits})")),
            two().prop_map(|(left, right)| format!("COALESCE({left}, {right})")),
            (inner.clone(), "int|bigint|double|decimal\\(9,3\\)")
                .prop_map(|(operand, to)| format!("CAST({operand} AS {to})")),
            (two(), two(), "[<>=]|<=|>=|<>|<=>")
                .prop_map(|((a, b), (x, y), sign)| format!("CASE WHEN {a} {sign} {b} THEN {x} ELSE {y} END")),
        ]
    })
    .boxed()
}

fn text() -> BoxedStrategy<String> {
    let leaf =
        prop::sample::select(vec!["s", "'x'", "''", "NULL", "'é😀'", "'it''s'", "CAST(day AS string)", ":masking"])
            .prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 3, |inner| {
        let two = || (inner.clone(), inner.clone());
        prop_oneof![
            two().prop_map(|(left, right)| format!("({left} || {right})")),
            (inner.clone(), "LOWER|UPPER|TRIM|MASK_EMAIL").prop_map(|(operand, name)| format!("{name}({operand})")),
            (inner.clone(), -4..4, -1..5)
                .prop_map(|(operand, at, length)| format!("SUBSTR({operand}, {at}, {length})")),
            (inner.clone(), 0..3, 0..3).prop_map(|(operand, first, last)| format!("MASK({operand}, {first}, {last})")),
            (two(), "b|i > 0|s IS NULL").prop_map(|((x, y), when)| format!("CASE WHEN {when} THEN {x} ELSE {y} END")),
        ]
    })
    .boxed()
}

fn condition() -> BoxedStrategy<String> {
    let comparison = "[<>=]|<=|>=|<>|<=>";
    let leaf = prop_oneof![
        prop::sample::select(vec!["b", "TRUE", "FALSE", "NULL", "DATE(s) >= :from", "day < at", ":open IS NULL"])
            .prop_map(|text| format!("({text})")),
        (number(), number(), comparison).prop_map(|(left, right, sign)| format!("({left} {sign} {right})")),
        (text(), text(), comparison).prop_map(|(left, right, sign)| format!("({left} {sign} {right})")),
        (number(), number(), number()).prop_map(|(value, low, high)| format!("({value} BETWEEN {low} AND {high})")),
        (number(), number(), number()).prop_map(|(value, one, other)| format!("({value} IN ({one}, {other}, 7))")),
        (number(), "(, 1|, 0[.]5|, -7|, :limit|, 12|, 3|, NULL|, 2e0|, 30L){4,9}")
            .prop_map(|(value, list)| format!("({value} IN (0{list}))")),
        (text(), "(, 'x'|, ''|, 'é😀'|, NULL|, 'a'|, 'b'|, '12[.]5'){4,9}")
            .prop_map(|(value, list)| format!("({value} IN ('y'{list}))")),
        text().prop_map(|operand| format!("({operand} IS NOT NULL)")),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" AND "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|operand| format!("(NOT {operand})")),
        ]
    })
    .boxed()
}

fn any_sql() -> impl Strategy<Value = String> {
    prop_oneof![number(), text(), condition()]
}

/// The tree as written, before anything is computed.
fn unfolded(sql: &str) -> Option<Expr> {
    bind::bind(&parse::parse(sql).expect("it is valid"), &scope()).ok()
}

fn values(expr: &Expr) -> Vec<Value> {
    let array = expr.evaluate(&Table::new()).expect("it is valid");
    (0..ROWS).map(|row| value_of(&array.slice(row, 1), expr.data_type()).expect("it is valid")).collect()
}

/// Equal bits, where a NaN is a NaN.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Double(left), Value::Double(right)) => {
            left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
        }
        _ => left == right,
    }
}

fn all_same(left: &[Value], right: &[Value]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
}

/// The expression with what it reads of one row in it.
fn of_row(expr: Expr, row: usize) -> Expr {
    let data_type = expr.data_type;
    match expr.node {
        Node::Source(source, label) => {
            let array: ArrayRef = Table::new().array(source).slice(row, 1);
            Expr::literal(data_type, value_of(&array, data_type).expect("it is valid"), Some(label))
        }
        node => Expr::new(data_type, node.map_children(&|child| of_row(child, row))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn folding_changes_no_value(sql in any_sql()) {
        let Some(unfolded) = unfolded(&sql) else { return Ok(()) };
        let folded = unfolded.clone().fold();
        prop_assert_eq!(folded.data_type(), unfolded.data_type());
        let (before, after) = (values(&unfolded), values(&folded));
        prop_assert!(all_same(&before, &after), "{} is {:?}, folded {:?}", folded, before, after);
        prop_assert!(folded.sources().is_subset(&unfolded.sources()));
        prop_assert_eq!(folded.clone().fold(), folded);
    }

    #[test]
    fn a_row_has_the_value_that_its_cells_have_as_constants(sql in any_sql()) {
        let Some(unfolded) = unfolded(&sql) else { return Ok(()) };
        let columns = values(&unfolded.clone().fold());
        for (row, expected) in columns.iter().enumerate() {
            let constant = of_row(unfolded.clone(), row).fold();
            let value = constant.constant();
            prop_assert!(value.is_some_and(|value| is_same(value, expected)), "row {row}: {constant}, not {expected:?}");
        }
    }

    #[test]
    fn the_canonical_text_is_read_as_the_same_expression(sql in any_sql()) {
        let Some(unfolded) = unfolded(&sql) else { return Ok(()) };
        let expr = unfolded.fold();
        let text = expr.to_string();
        let again = Expr::parse(&text, &scope()).map_err(|mistakes| TestCaseError::fail(format!("{text}: {mistakes:?}")))?;
        prop_assert_eq!(again.data_type(), expr.data_type());
        prop_assert!(all_same(&values(&again), &values(&expr)));
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn no_text_makes_the_parser_fail_otherwise_than_with_mistakes(sql in "[-a-z0-9()'`:,.*/+<>=|! \n]{0,40}|(CASE|WHEN|\\(|NOT|CAST|IN|i|,|\\)| ){0,30}") {
        if let Err(mistakes) = Expr::parse(&sql, &scope()) {
            prop_assert!(!mistakes.is_empty());
            let lines = sql.split('\n').count();
            prop_assert!(mistakes.iter().all(|mistake| (1..=lines).contains(&mistake.line) && mistake.column >= 1), "{mistakes:?}");
        }
    }
}

#[test]
fn a_constant_for_no_row_has_no_values() {
    struct Empty;
    impl Columns for Empty {
        fn row_count(&self) -> usize {
            0
        }

        fn array(&self, _: crate::expr::Source) -> ArrayRef {
            Arc::new(arrow_array::Int32Array::from(Vec::<i32>::new()))
        }
    }
    for sql in ["1", "i + 1", "i > 1", "CASE WHEN i > 1 THEN 'a' ELSE 'b' END", "'x'", "i IN (1, 2)", "COALESCE(i, 1)"]
    {
        let expr = Expr::parse(sql, &scope()).expect("it is valid");
        assert_eq!(expr.evaluate(&Empty).expect("it is valid").len(), 0, "{sql}");
    }
}
