//! What is told to change from one contract to another.

use super::*;

/// What is told when this part of the small contract is replaced.
fn told_of(old: &str, new: &str) -> Vec<String> {
    assert!(SMALL.contains(old), "{old}");
    let contract = |text: &str| read(text, &none()).unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"));
    differences(&contract(SMALL), &contract(&SMALL.replacen(old, new, 1)))
}

#[test]
fn every_change_of_the_outputs_is_told_as_old_and_new() {
    let amount = "{name: amount, logicalType: number}";
    let born = "{name: born, logicalType: date}";
    let with = |words: &str| format!("{{name: amount, logicalType: number, customProperties: [{words}]}}");
    let input = |words: &str| format!("objects: \"day_{{date}}*.csv\", {words}");
    let cases: [(&str, String, &[&str]); 27] = [
        ("day_{date}", "d_{date}".into(), &["batches: day_{date}*.csv → d_{date}*.csv"]),
        ("objects: \"day_{date}*.csv\"", input("delimiter: \";\""), &["separator: ',' → ';'"]),
        ("objects: \"day_{date}*.csv\"", input("quote: \"'\""), &["quote: '\"' → '\\''"]),
        ("objects: \"day_{date}*.csv\"", input("encoding: utf-16"), &["encoding: Utf8 → Utf16"]),
        ("objects: \"day_{date}*.csv\"", input("headerLine: 3"), &["header line: 1 → 3"]),
        ("objects: \"day_{date}*.csv\"", input("comment: \"#\""), &["comments begin with: none → #"]),
        ("objects: \"day_{date}*.csv\"", input("windowDays: 7"), &["days of the window: 2 → 7"]),
        (
            "  - {property: parameters",
            "  - {property: records, value: {missing: empty, shortAndLong: pad}}\n  - {property: parameters".into(),
            &["records with fewer or more fields: rejected → padded or cut", "missing cells: empty or blank → empty"],
        ),
        (
            "  - {property: parameters",
            "  - {property: extraColumns, value: drop}\n  - {property: parameters".into(),
            &["other columns of the files: published as texts → not published"],
        ),
        (
            "least: 30",
            "least: 31".into(),
            &["parameter least: 30 → 31", "filter long, with its parameters: (`length` > 30) → (`length` > 31)"],
        ),
        ("parameters, value: {", "parameters, value: {most: 9, ".into(), &["parameter most: added"]),
        (
            amount,
            with("{property: decimal, value: \",\"}, {property: csvText, value: source}"),
            &["column amount, decimal sign: point → comma"],
        ),
        (amount, with("{property: nulls, value: [x, y]}"), &["column amount, texts that mean nothing: none → x y"]),
        (amount, with("{property: optional, value: true}"), &["column amount, may be absent: false → true"]),
        (amount, with("{property: fill, value: 0}"), &["column amount, a missing cell: null → becomes 0"]),
        (
            amount,
            with("{property: onUnreadable, value: reject}"),
            &["column amount, an unreadable cell: null → row rejected"],
        ),
        (
            amount,
            with("{property: csvText, value: canonical}"),
            &["column amount, in CSV: as it came → as the type prints it"],
        ),
        (
            amount,
            "{name: amount, logicalType: number, physicalType: \"decimal(9,2)\"}".into(),
            &["column amount, type: double → decimal(9,2)"],
        ),
        (
            amount,
            "{name: amount, physicalName: Amount, logicalType: number}".into(),
            &["column amount, name in the files: amount → Amount"],
        ),
        (amount, "{name: price, logicalType: number}".into(), &["column amount: removed", "column price: added"]),
        (
            born,
            "{name: born, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy}}".into(),
            &["column born, formats: none → dd.MM.yyyy", "column born, in CSV: as it came → as the type prints it"],
        ),
        ("length * 2", "length * 3".into(), &["derived column twice: length * 2 → length * 3"]),
        (
            "keep: \"length > :least\"",
            "keep: \"length >= :least\"".into(),
            &["filter long: length > :least → length >= :least"],
        ),
        (
            "    customProperties:\n      - {property: filters",
            "    customProperties:\n      - {property: duplicates, value: {keep: last}}\n      - {property: filters"
                .into(),
            &["of rows with the same key stays: the first → the last"],
        ),
        ("string, required: true, primaryKey: true", "string, required: true".into(), &["key: id → none"]),
        ("name: groups", "name: days".into(), &["table of groups groups: removed", "table of groups days: added"]),
        ("COUNT(*)", "COUNT(length)".into(), &["column of groups rows: COUNT(*) → COUNT(length)"]),
    ];
    for (old, new, expected) in cases {
        assert_eq!(told_of(old, &new), expected, "{old} → {new}");
    }
}

#[test]
fn another_order_is_told() {
    let lines: Vec<&str> = SMALL.lines().collect();
    let at = lines.iter().position(|line| line.contains("name: amount")).expect("a line");
    let old = format!("{}\n{}\n", lines[at], lines[at + 1]);
    let new = format!("{}\n{}\n", lines[at + 1], lines[at]);
    assert_eq!(told_of(&old, &new), ["order of columns: id, length, amount, born → id, length, born, amount"]);
}

#[test]
fn what_is_for_people_alone_is_not_told() {
    let cases = [
        ("version: 1.0.0", "version: 2.0.0\nname: Another"),
        ("{name: amount,", "{name: amount, description: What it cost, classification: public,"),
        ("length * 2", "(length * 2)"),
        ("length > :least", "length  >  :least"),
        ("length > :least", "length > 30"),
    ];
    for (old, new) in cases {
        assert_eq!(told_of(old, new), Vec::<String>::new(), "{new}");
    }
}

#[test]
fn the_built_in_contracts_differ_as_the_handbook_says() {
    let contract = |name| read(built_in(name).expect("a contract"), &none()).expect("no mistakes");
    let told = differences(&contract("drivendata"), &contract("glue"));
    for words in ["parameter masking: standard → glue", "records with fewer or more fields: rejected → padded or cut"]
    {
        assert!(told.iter().any(|line| line == words), "{words} is not in {told:#?}");
    }
    assert_eq!(differences(&contract("glue"), &contract("glue")), Vec::<String>::new());
}
