//! Every kind of mistake, with the place and the message it gets.

mod columns;
mod form;
mod tables;
mod words;

use super::*;

/// What is replaced in [`SMALL`], by what, and everything that is told then.
type Case = (&'static str, &'static str, &'static [&'static str]);

#[test]
fn each_kind_of_mistake_is_told_with_its_place_and_what_would_be_right() {
    let cases = [form::CASES, words::CASES, tables::CASES, columns::CASES].concat();
    assert!(cases.len() > 90);
    for (right, wrong, expected) in cases {
        assert!(SMALL.contains(right), "{right}");
        assert_eq!(told(&SMALL.replacen(right, wrong, 1)), expected, "{wrong}");
    }
}

#[test]
fn several_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = SMALL
        .replace("status: active", "status: active\nstatus: active\nstaus: active")
        .replace("least: 30", "least: 30, lake: 1")
        .replace("{name: amount, logicalType: number}", "{name: amount, logicalType: number, requird: true}")
        .replace("length * 2", "lenght * 2")
        .replace("length > :least", "length > :last")
        .replace("COUNT(*)", "COUNTS(*)");
    let told = told(&text);
    let places: Vec<&str> = told.iter().filter_map(|mistake| mistake.split(": ").next()).collect();
    assert_eq!(places, ["6:1", "7:1", "10:47", "16:45", "18:80", "20:66", "24:60"], "{told:#?}");
}

#[test]
fn many_columns_filters_and_tables_are_too_many() {
    let columns: String = (0..1001).map(|index| format!("      - {{name: c{index}, logicalType: string}}\n")).collect();
    let text = SMALL.replace("      - {name: length,", &format!("{columns}      - {{name: length,"));
    assert_eq!(told(&text)[0], "10:5: a table has at most 1000 columns, and this one has 1006");
    let filters: String = (0..100).map(|index| format!("{{name: f{index}, keep: 'TRUE'}}, ")).collect();
    let text = SMALL.replace("[{name: long,", &format!("[{filters}{{name: long,"));
    assert_eq!(told(&text), ["18:36: a table has at most 100 filters, and this one has 101"]);
    let groups: String = (0..100)
        .map(|index| {
            format!(
                "  - {{name: g{index}, properties: [{{name: born, primaryKey: true}}], \
                 customProperties: [{{property: from, value: rows}}]}}\n"
            )
        })
        .collect();
    let text = SMALL.replace("  - name: groups", &format!("{groups}  - name: groups"));
    assert_eq!(told(&text), ["1:1: a contract has at most 100 tables of groups, and this one has 101"]);
    let aggregates: String =
        (0..990).map(|index| format!("      - {{name: a{index}, transformLogic: COUNT(*)}}\n")).collect();
    let second = "  - name: more\n    properties:\n      - {name: born, primaryKey: true}\n      - {name: x1, transformLogic: COUNT(*)}\n".to_owned()
        + &aggregates
        + "    customProperties: [{property: from, value: rows}]\n";
    let text = SMALL.replace("      - {name: rows, ", &format!("{aggregates}      - {{name: rows, ")) + &second;
    assert_eq!(told(&text), ["1:1: a contract has at most 1000 aggregates, and this one has 1982"]);
}

#[test]
fn a_long_name_is_cut_in_messages_and_nothing_in_them_moves_a_terminal() {
    let text =
        SMALL.replace("status: active", &format!("status: active\n{}: 1\n\"a\\x1b[2J\\nb\": 1", "x".repeat(1000)));
    let told = told(&text);
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|mistake| mistake.len() < 400 && !mistake.contains(char::is_control)), "{told:?}");
    assert!(told[1].contains("`a\\u001b[2J\\nb`"), "{told:?}");
}
