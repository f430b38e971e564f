//! What is computed once, and what is left for the rows.

use super::{Table, scope};
use crate::contract::Value;
use crate::expr::Expr;

fn folded(sql: &str) -> String {
    Expr::parse(sql, &scope()).unwrap_or_else(|mistakes| panic!("{sql}: {mistakes:?}")).to_string()
}

#[test]
fn what_reads_no_row_is_computed() {
    let cases = [
        // Conditions that decide, or decide nothing.
        ("TRUE AND b", "`b`"),
        ("b AND TRUE", "`b`"),
        ("FALSE AND b", "FALSE"),
        ("FALSE OR b", "`b`"),
        ("b OR TRUE", "TRUE"),
        ("NULL AND b", "(CAST(NULL AS boolean) AND `b`)"),
        ("NULL AND b AND NULL", "(CAST(NULL AS boolean) AND `b`)"),
        ("NULL AND FALSE AND b", "FALSE"),
        ("b AND (i > 1 AND (l > 1 AND TRUE))", "(`b` AND (`i` > 1) AND (`l` > 1L))"),
        ("NOT TRUE", "FALSE"),
        ("NOT NOT b", "`b`"),
        ("NOT i IS NULL", "(`i` IS NOT NULL)"),
        ("1 = 1 AND 2 > 3 OR b", "`b`"),
        // Values.
        ("1 + 2 * 3", "7"),
        ("2147483647 + 1", "-2147483648"),
        ("2147483648 - 1", "2147483647L"),
        ("1 / 4", "2.5e-1"),
        ("1 / 0", "CAST(NULL AS double)"),
        ("i + NULL", "CAST(NULL AS int)"),
        ("NULL = i", "CAST(NULL AS boolean)"),
        ("NULL <=> i", "(CAST(NULL AS int) <=> `i`)"),
        ("LOWER(NULL)", "CAST(NULL AS string)"),
        ("LOWER('ĂB') || s", "('ăb' || `s`)"),
        ("d > :limit", "(`d` > 3e1)"),
        ("i > :open", "CAST(NULL AS boolean)"),
        ("m > 1.5", "(`m` > CAST('150E-2' AS decimal(10,2)))"),
        ("at >= :from", "(`at` >= TIMESTAMP '2024-01-01 00:00:00.000000')"),
        ("at > '2024-02-29 12:30:00.5'", "(`at` > TIMESTAMP '2024-02-29 12:30:00.500000')"),
        ("CAST('NaN' AS double)", "CAST('NaN' AS double)"),
        ("i IN (3, 1, NULL, 2, 1)", "(`i` IN (1, 2, 3, CAST(NULL AS int)))"),
        ("i BETWEEN 1 AND 2", "((`i` >= 1) AND (`i` <= 2))"),
        // Choices.
        ("CASE WHEN FALSE THEN 1 WHEN NULL THEN 2 WHEN TRUE THEN 3 WHEN b THEN 4 END", "3"),
        ("CASE WHEN b THEN 1 WHEN TRUE THEN 2 ELSE 3 END", "CASE WHEN `b` THEN 1 ELSE 2 END"),
        ("CASE i WHEN 1 THEN 'it''s' END", "CASE WHEN (`i` = 1) THEN 'it''s' ELSE CAST(NULL AS string) END"),
        ("COALESCE(NULL, i, 3, l)", "COALESCE(CAST(`i` AS bigint), 3L)"),
        ("COALESCE(:open, s)", "`s`"),
        ("DATE(s)", "DATE(`s`)"),
        ("DATE(at)", "DATE(`at`)"),
        ("DATE(day)", "`day`"),
        ("DATE(TRIM(s))", "CAST(TRIM(`s`) AS date)"),
        ("MASK_EMAIL(s, :masking)", "MASK_EMAIL(`s`, 'glue')"),
        ("MASK(s, 1 + 1, 0)", "MASK(`s`, 2, 0)"),
    ];
    for (sql, expected) in cases {
        assert_eq!(folded(sql), expected, "{sql}");
    }
}

#[test]
fn parameters_keep_their_names_where_their_values_are_left() {
    let cases = [
        ("i > :limit AND day >= :from", vec![("limit", Value::Int(30)), ("from", Value::Date(19_723))]),
        ("d > :limit OR d = :limit", vec![("limit", Value::Double(30.0))]),
        ("CASE WHEN b THEN :masking ELSE 'x' END", vec![("masking", Value::String("glue".into()))]),
        ("COALESCE(i, :limit)", vec![("limit", Value::Int(30))]),
        ("i > :limit + 1", vec![]),
        ("(:open IS NULL OR i > :open) AND b", vec![]),
    ];
    for (sql, expected) in cases {
        let parameters = Expr::parse(sql, &scope()).expect("it is valid").parameters();
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        assert_eq!(parameters, expected, "{sql}");
    }
}

#[test]
fn texts_are_masked_but_for_their_ends() {
    let cases = [
        ("'RO49AAAA1B31007593840000', 4, 4", "RO49****************0000"),
        ("'0722123456', 0, 3", "*******456"),
        ("'ăîșț', 1, 1", "ă**ț"),
        ("'abc', 3, 0", "***"),
        ("'abc', 2, 2", "***"),
        ("'abc', 0, 0", "***"),
        ("'abc', 4294967295, 4294967295", "***"),
        ("'', 1, 1", ""),
    ];
    for (arguments, expected) in cases {
        assert_eq!(folded(&format!("MASK({arguments})")), format!("'{expected}'"), "{arguments}");
    }
    assert_eq!(folded("MASK(NULL, 1, 1)"), "CAST(NULL AS string)");
    assert_eq!(folded("MASK_EMAIL('bob@x.ro', 'glue')"), "'bob@x.ro'");
    assert_eq!(folded("MASK_EMAIL('bob@x.ro', 'standard')"), "'bo***@x.ro'");
}

#[test]
fn only_a_choice_of_constant_texts_is_a_choice() {
    let table = Table::new();
    let choices = |sql: &str| {
        let expr = Expr::parse(sql, &scope()).expect("it is valid");
        expr.evaluate_choices(&table).expect("it is valid").map(|choices| choices.numbers)
    };
    assert_eq!(choices("CASE WHEN b THEN 'yes' ELSE 'no' END"), Some(vec![0, 1, 1, 0, 1, 1]));
    assert_eq!(choices("CASE b WHEN TRUE THEN 'yes' WHEN FALSE THEN 'no' END"), Some(vec![0, 1, 2, 0, 1, 2]));
    assert_eq!(choices("CASE WHEN b THEN 1 ELSE 2 END"), None);
    assert_eq!(choices("CASE WHEN b THEN s ELSE 'x' END"), None);
    assert_eq!(choices("s"), None);
}
