//! What is refused, where, and what the author is told to do.

use super::scope;
use crate::expr::{AggregateCall, Expr, Scope, SqlMistake};

fn mistakes(sql: &str) -> Vec<SqlMistake> {
    Expr::parse(sql, &scope()).expect_err(sql)
}

/// Text, line and column of its one mistake, and what its message must say.
const CASES: &[(&str, usize, usize, &str)] = &[
    // Names.
    ("i + lenght", 1, 5, "there is no column lenght here"),
    ("atx = 1", 1, 1, "did you mean at?"),
    ("i >\n  :limt", 2, 3, "did you mean limit?"),
    (":nothing_like_it > 1", 1, 1, "the parameters are from, limit, masking, open"),
    ("nothing_like_it > 1", 1, 1, "the columns are i, l, d, m, w, s, b, day, at"),
    ("LENGHT(s)", 1, 1, "did you mean LENGTH?"),
    ("REGEXP_REPLACE(s, 'a', 'b')", 1, 1, "the functions are ABS, CAST"),
    ("t.i", 1, 1, "t.i is not a part of expressions; there are columns"),
    // Types.
    ("i > '5'", 1, 1, "> cannot compare int with string; write CAST(… AS int)"),
    ("s = 5", 1, 1, "= cannot compare string with int; write CAST(… AS int)"),
    ("s <=> i", 1, 1, "<=> cannot compare string with int"),
    ("b = 1", 1, 1, "= cannot compare boolean with int"),
    ("day = s", 1, 1, "= cannot compare date with string; write CAST(… AS date)"),
    ("day > '2024-13-01'", 1, 1, "'2024-13-01' is compared with a date, but is none"),
    ("day > i", 1, 1, "> cannot compare date with int"),
    ("s + 1", 1, 1, "+ needs numbers, and one side is string"),
    ("day + 1", 1, 1, "+ needs numbers, and one side is date"),
    ("- s", 1, 3, "- needs a number, and this is string"),
    ("s || i", 1, 6, "|| needs string, and this is int; write CAST(… AS string)"),
    ("b AND i", 1, 7, "a condition is needed, and this is int"),
    ("NOT i", 1, 5, "a condition is needed, and this is int"),
    ("CASE WHEN i THEN 1 END", 1, 11, "a condition is needed, and this is int"),
    ("CASE WHEN b THEN 1 ELSE 'x' END", 1, 1, "CASE has int and string; write CAST"),
    ("CASE i WHEN 'x' THEN 1 END", 1, 13, "= cannot compare int with string"),
    ("COALESCE(i, 'none')", 1, 1, "COALESCE has int and string"),
    ("s IN ('a', 1)", 1, 1, "IN has string and int"),
    ("day IN ('2024-01-01')", 1, 1, "IN has date and string"),
    ("i BETWEEN 1 AND 'x'", 1, 1, "<= cannot compare int with string"),
    ("LOWER(i)", 1, 7, "LOWER needs string, and this is int"),
    ("LENGTH(5)", 1, 8, "LENGTH needs string"),
    ("SUBSTR(s, l)", 1, 11, "the position of SUBSTR needs int, and this is bigint"),
    ("SUBSTR(s, 1, 2.5)", 1, 14, "the length of SUBSTR needs int"),
    ("YEAR(s)", 1, 1, "YEAR needs a date or a timestamp, and this is string; write YEAR(DATE(…))"),
    ("DATE(i)", 1, 1, "DATE needs a text, a date or a timestamp, and this is int"),
    ("ABS(s)", 1, 1, "ABS needs a number, and this is string"),
    ("ROUND(s)", 1, 1, "ROUND needs a number, and this is string"),
    ("NULL", 1, 1, "the value is NULL in every row and has no type; write CAST(NULL AS type)"),
    (":open", 1, 1, "the value is NULL in every row"),
    // Casts.
    ("CAST(d AS string)", 1, 6, "a double has no text that all programs agree on"),
    ("CAST(i AS date)", 1, 6, "int cannot be cast to date"),
    ("CAST(at AS bigint)", 1, 6, "timestamp cannot be cast to bigint"),
    ("CAST(i AS float)", 1, 6, "FLOAT is no type of a column; there are string, int"),
    ("CAST(i AS decimal(39,2))", 1, 6, "DECIMAL(39,2) is no type of a column"),
    ("CAST(i AS decimal(2,3))", 1, 6, "DECIMAL(2,3) is no type of a column"),
    ("CAST(i AS varchar(3))", 1, 6, "VARCHAR(3) is no type of a column"),
    // Calls.
    ("ABS()", 1, 1, "ABS is called as ABS(number)"),
    ("ABS(i, i)", 1, 1, "ABS is called as ABS(number)"),
    ("COALESCE()", 1, 1, "COALESCE is called as COALESCE(value, value, …)"),
    ("ABS(DISTINCT i)", 1, 1, "ABS is called as ABS(number)"),
    ("SUBSTR(s)", 1, 8, "SUBSTR is called as SUBSTR(text, position)"),
    ("TRIM(LEADING 'x' FROM s)", 1, 14, "TRIM removes spaces on both sides"),
    ("ROUND(d, i)", 1, 1, "the second argument of ROUND must be a constant whole number from -38 to 38"),
    ("ROUND(d, 39)", 1, 1, "the second argument of ROUND must be a constant whole number"),
    ("MASK(s, -1, 2)", 1, 1, "the second argument of MASK must be a constant whole number from 0"),
    ("MASK(s, 1, i)", 1, 1, "the third argument of MASK must be a constant whole number from 0"),
    ("MASK(s)", 1, 1, "MASK is called as MASK(text, first, last)"),
    ("MASK_EMAIL(s, 'loose')", 1, 1, "must be 'standard' or 'glue'"),
    ("MASK_EMAIL(s, s)", 1, 1, "must be 'standard' or 'glue'"),
    ("1 + SUM(i)", 1, 5, "SUM is a function of groups, and here is one row"),
    // Literals.
    ("DATE '2024-02-30'", 1, 6, "DATE '2024-02-30' is no date; write DATE 'yyyy-mm-dd'"),
    ("TIMESTAMP 'noon'", 1, 11, "is no timestamp"),
    ("TIME '12:00'", 1, 6, "TIME '12:00' is not a part of expressions"),
    ("123456789012345678901234567890123456789", 1, 1, "is no number that a column can hold"),
    ("1e999", 1, 1, "1e999 is no number that a column can hold"),
    ("9223372036854775808L", 1, 1, "is no number that a column can hold"),
    ("s = \"x\"", 1, 5, "text stands in 'single quotes', the name of a column in `backquotes`"),
    ("s = 'a\\n'", 1, 5, "a backslash begins an escape"),
    ("s = X'00'", 1, 5, "is not a part of expressions"),
    // Syntax.
    ("", 1, 1, "expected an expression, but the text ends"),
    ("i +", 1, 4, "expected an expression, but the text ends"),
    ("(i", 1, 3, "but the text ends"),
    ("i i", 1, 3, "nothing can follow here, but i does"),
    ("i > 1; DROP TABLE x", 1, 6, "nothing can follow here, but ; does"),
    ("s = 'x", 1, 5, "unterminated string literal"),
    ("i % 2", 1, 1, "the operator % is not a part of expressions; there are"),
    ("i & 2", 1, 1, "the operator & is not a part of expressions"),
    ("s LIKE 'a%'", 1, 3, "LIKE is not a part of expressions"),
    ("i IN (SELECT 1)", 1, 7, "SELECT is not a part of expressions"),
    ("(SELECT 1)", 1, 2, "SELECT is not a part of expressions"),
    ("EXISTS (SELECT 1)", 1, 1, "EXISTS is not a part of expressions"),
    ("day + INTERVAL 1 DAY", 1, 7, "INTERVAL is not a part of expressions"),
    ("TRY_CAST(s AS int)", 1, 1, "TRY_CAST is not a part of expressions"),
    ("s::int", 1, 1, "is not a part of expressions"),
    ("b IS TRUE", 1, 1, "b IS TRUE is not a part of expressions"),
    ("i IS DISTINCT FROM 1", 1, 1, "is not a part of expressions"),
    ("EXTRACT(YEAR FROM day)", 1, 19, "is not a part of expressions"),
    ("FLOOR(d)", 1, 7, "FLOOR(d) is not a part of expressions"),
    ("(1, 2)", 1, 2, "(1, 2) is not a part of expressions"),
    ("i BETWEEN 1 AND 2 = b", 1, 1, "put what is compared into parentheses"),
    ("b = NOT b", 1, 9, "put what is compared into parentheses"),
    ("ABS(i) OVER ()", 1, 1, "ABS is called as ABS(number)"),
    ("CURRENT_DATE", 1, 1, "there is no function CURRENT_DATE"),
    ("*", 1, 1, "expected an expression"),
];

#[test]
fn a_mistake_is_told_with_its_place_and_what_to_do() {
    let others = CASES.iter().filter_map(|(sql, line, column, message)| {
        let found = mistakes(sql);
        let is_told = matches!(found.as_slice(), [found] if (found.line, found.column) == (*line, *column) && found.message.contains(message));
        (!is_told).then(|| format!("{sql}: {found:?}"))
    });
    let others: Vec<_> = others.collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let found = mistakes("CASE WHEN x > 1 THEN s + 1\n WHEN b THEN :nope\n ELSE FOO(y) END");
    let places: Vec<_> = found.iter().map(|mistake| (mistake.line, mistake.column)).collect();
    assert_eq!(places, [(1, 11), (1, 22), (2, 14), (3, 7)], "{found:?}");
}

#[test]
fn columns_are_found_in_any_letter_case_and_between_backquotes() {
    for sql in ["I + 1", "`i` + 1", "`I` + 1"] {
        assert_eq!(Expr::parse(sql, &scope()).expect("it is valid").to_string(), "(`i` + 1)");
    }
}

#[test]
fn what_would_take_much_time_or_stack_is_refused() {
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let cases = [
        (nested("(", "i", ")", 5000), "parentheses in one another"),
        (nested("ABS(", "i", ")", 33), "parentheses in one another"),
        (nested("CASE WHEN b THEN ", "1", " END", 1000), "nested too deeply"),
        (nested("NOT ", "b", "", 900), "nested too deeply"),
        (format!("i{}", " + i".repeat(900)), "operations in one another"),
        (format!("i{}", " + i".repeat(1001)), "more than 1000 operators"),
        (format!("s = '{}'", "x".repeat(64 << 10)), "it can have 65536"),
        (nested("CASE ", "", "", 40), "expected"),
        (nested("CASE ", "i", " WHEN 1 THEN 2 WHEN 2 THEN 3 END", 20), "too large; use a derived column"),
        (nested("TRIM(", "", "", 32), "expected"),
    ];
    for (sql, message) in cases {
        let found = mistakes(&sql);
        assert!(found[0].message.contains(message), "{:.40}: {found:?}", sql);
    }
}

#[test]
fn long_chains_and_lists_are_accepted() {
    let conditions = vec!["i > 1"; 400].join(" AND ");
    assert_eq!(Expr::parse(&conditions, &scope()).expect("it is valid").conjuncts().len(), 400);
    let texts = vec!["s"; 1000].join(" || ");
    Expr::parse(&texts, &scope()).expect("it is valid");
    let list: Vec<String> = (0..5000).map(|number| number.to_string()).collect();
    Expr::parse(&format!("i IN ({})", list.join(",")), &scope()).expect("it is valid");
    Expr::parse(&nested_functions(30), &scope()).expect("it is valid");
}

fn nested_functions(depth: usize) -> String {
    format!("{}i{}", "ABS(".repeat(depth), ")".repeat(depth))
}

#[test]
fn an_aggregate_has_the_type_that_spark_gives_it() {
    let cases = [
        ("COUNT(*)", "bigint"),
        ("count(s)", "bigint"),
        ("SUM(i)", "bigint"),
        ("SUM(l)", "bigint"),
        ("SUM(d)", "double"),
        ("SUM(m)", "decimal(20,2)"),
        ("SUM(w)", "decimal(38,10)"),
        ("AVG(i)", "double"),
        ("AVG(l)", "double"),
        ("AVG(d)", "double"),
        ("AVG(m)", "decimal(14,6)"),
        ("AVG(w)", "decimal(38,14)"),
        ("MIN(s)", "string"),
        ("MAX(day)", "date"),
        ("MIN(b)", "boolean"),
        ("MAX(at)", "timestamp"),
        ("MAX(i + 0.5)", "decimal(12,1)"),
    ];
    for (sql, kind) in cases {
        let call = AggregateCall::parse(sql, &scope()).unwrap_or_else(|mistakes| panic!("{sql}: {mistakes:?}"));
        assert_eq!(call.data_type.to_string(), kind, "{sql}");
    }
    assert_eq!(AggregateCall::parse("sum(i + 1)", &scope()).expect("it is valid").to_string(), "SUM((`i` + 1))");
    assert_eq!(AggregateCall::parse("COUNT(*)", &scope()).expect("it is valid").to_string(), "COUNT(*)");
}

#[test]
fn anything_else_is_no_aggregate() {
    let cases = [
        ("i", 1, "one of AVG(x), SUM(x)"),
        ("SUM(i) + 1", 1, "one of AVG(x), SUM(x)"),
        ("ABS(i)", 1, "one of AVG(x), SUM(x)"),
        ("SUM(*)", 1, "one of AVG(x), SUM(x)"),
        ("SUM(i, l)", 1, "one of AVG(x), SUM(x)"),
        ("COUNT(DISTINCT i)", 1, "DISTINCT is not a part of aggregates"),
        ("SUM(i) FILTER (WHERE b)", 1, "FILTER is not a part of aggregates"),
        ("SUM(i) OVER (PARTITION BY s)", 1, "OVER is not a part of aggregates"),
        ("SUM(s)", 1, "AVG and SUM need a number, and this is string"),
        ("AVG(day)", 1, "AVG and SUM need a number, and this is date"),
        ("SUM(MAX(i))", 5, "MAX is a function of groups"),
        ("SUM(x)", 5, "there is no column x here"),
        ("MIN(NULL)", 5, "the value is NULL in every row"),
    ];
    for (sql, column, message) in cases {
        let found = AggregateCall::parse(sql, &scope()).expect_err(sql);
        assert_eq!((found.len(), found[0].line, found[0].column), (1, 1, column), "{sql}: {found:?}");
        assert!(found[0].message.contains(message), "{sql}: {found:?}");
    }
}

#[test]
fn who_has_no_columns_is_told_so() {
    let found = Expr::parse("a", &Scope::default()).expect_err("there is none");
    assert!(found[0].message.contains("there are no columns at all"), "{found:?}");
}
