//! Texts that are too much, or no YAML at all.

use std::fmt::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// Generous: the tests share the machine with others.
const QUICKLY: Duration = Duration::from_secs(5);

fn told_quickly(text: &str) -> String {
    let begin = Instant::now();
    let told = told(text);
    assert!(begin.elapsed() < QUICKLY, "{:?}", begin.elapsed());
    assert_eq!(told.len(), 1, "{told:?}");
    told.into_iter().next().unwrap_or_default()
}

#[test]
fn too_much_is_refused_quickly() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (before, letter) in ('a'..='h').zip('b'..='i') {
        let items = vec![format!("*{before}"); 9].join(", ");
        writeln!(bomb, "{letter}: &{letter} [{items}]").expect("a text");
    }
    let long = "x".repeat(60_000);
    let text_bomb = format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 200].join(", "));
    let deep = format!("a: {}1{}", "[".repeat(80), "]".repeat(80));
    let mut deep_block = String::new();
    for depth in 0..500 {
        writeln!(deep_block, "{}a:", " ".repeat(depth)).expect("a text");
    }
    for (text, mistake) in [
        ("x".repeat(10_000_000), "1:1: the file has 10000000 bytes, and a contract has at most 1048576"),
        (bomb, "6:8: up to here the file has more than 100000 values, those of its aliases included"),
        (text_bomb, "2:277: up to here the file has more than 4194304 bytes, those of its aliases included"),
        (
            "- a\n".repeat(200_000),
            "100000:3: up to here the file has more than 100000 values, those of its aliases included",
        ),
        (deep, "1:67: lists and mappings stand more than 64 deep in one another"),
        (deep_block, "65:65: lists and mappings stand more than 64 deep in one another"),
        ("[".repeat(1_000_000), "1:256: this is no YAML: recursion limit exceeded"),
        ("- ".repeat(500_000), "1:129: lists and mappings stand more than 64 deep in one another"),
        ("{a: ".repeat(250_000), "1:1021: this is no YAML: recursion limit exceeded"),
        ("? ".repeat(500_000), "1:129: lists and mappings stand more than 64 deep in one another"),
        ("a: ".repeat(300_000), "1:5: this is no YAML: mapping values are not allowed in this context"),
        ("&a ".repeat(300_000), "1:4: this is no YAML: did not find expected <document start>"),
        ("\"".repeat(1_000_000), "1:3: this is no YAML: invalid trailing content after double-quoted scalar"),
        (" \n".repeat(500_000), "1:1: the file is empty; a contract of ODCS v3.1.0 is expected"),
        ("# x\n".repeat(250_000), "1:1: the file is empty; a contract of ODCS v3.1.0 is expected"),
        (
            "a\n".repeat(500_000),
            "1:1: the contract must be a mapping, and it is one text or number; is this file a contract?",
        ),
    ] {
        let told = told_quickly(&text);
        assert_eq!(told, mistake, "{:?}", text.chars().take(40).collect::<String>());
    }
}

#[test]
fn what_is_no_yaml_is_told_with_its_place() {
    for (text, mistake) in [
        ("", "1:1: the file is empty; a contract of ODCS v3.1.0 is expected"),
        ("# nothing\n", "1:1: the file is empty; a contract of ODCS v3.1.0 is expected"),
        ("a: 1\n\tb: 2\n", "1:4: this is no YAML: while scanning a plain scalar, found a tab"),
        ("a: [1, 2\nb: 3\n", "2:2: this is no YAML: illegal placement of ':' indicator"),
        ("a: 'x\n", "1:4: this is no YAML: while scanning a quoted scalar, found unexpected end of stream"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here; a file holds one contract"),
        ("a: &a [*a]\n", "1:8: this alias stands inside its own anchor"),
        ("a: *b\n", "1:4: this is no YAML: while parsing node, found unknown anchor"),
        ("a: 1\nb: \u{0}\n", "2:4: the control character U+0000 cannot stand in YAML; take it out"),
        ("a: b: c\n", "1:5: this is no YAML: mapping values are not allowed in this context"),
        ("a: @b\n", "1:4: this is no YAML: unexpected character: `@'"),
        ("%YAML 1.2\na: 1\n", "2:1: this is no YAML: did not find expected <document start>"),
    ] {
        assert_eq!(told(text), [mistake], "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    assert_eq!(text_of(b"a: \xc4\x83\n"), Ok("a: ă\n"));
    let mistake = text_of("a: 1\nță: ".bytes().chain([0xff]).collect::<Vec<_>>().as_slice()).expect_err("no UTF-8");
    assert_eq!(mistake.to_string(), "2:5: the file is no UTF-8 here; save it as UTF-8");
    let mistake = text_of(&[b'x'; 10_000_000]).expect_err("too long");
    assert_eq!(mistake.to_string(), "1:1: the file has 10000000 bytes, and a contract has at most 1048576");
}

#[test]
fn a_byte_order_mark_and_other_line_ends_change_nothing() {
    assert_eq!(told(&format!("\u{feff}{SMALL}")), Vec::<String>::new());
    assert_eq!(told(&SMALL.replace('\n', "\r\n")), Vec::<String>::new());
    let spoiled = SMALL.replace("kind: DataContract", "kind: Contract").replace('\n', "\r\n");
    assert_eq!(told(&spoiled).len(), 1);
    assert!(told(&spoiled)[0].starts_with("2:7: "), "{:?}", told(&spoiled));
    let misspelt = SMALL.replace("length * 2", "lenght * 2").replace("length > :least", "length > :last");
    for text in
        [misspelt.replace('\n', "\r\n"), format!("\u{feff}{misspelt}"), misspelt.replace("status: active", "status: ă")]
    {
        let places: Vec<String> = read(&text, &none())
            .expect_err("two mistakes")
            .iter()
            .map(|mistake| format!("{}:{}", mistake.line, mistake.column))
            .collect();
        assert_eq!(places, ["16:80", "18:66"]);
    }
}

/// A built-in contract in which a piece is cut out, doubled, or replaced by something else.
fn mutated() -> impl Strategy<Value = String> {
    let contract = prop::sample::select(BUILT_IN_NAMES.map(|name| built_in(name).unwrap_or_default()).to_vec());
    let pieces = vec![
        "",
        "\n",
        "  ",
        ":",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "&a ",
        "*a",
        "|\n",
        "null",
        "true",
        "30",
        "1.5",
        "x",
        "(",
        ")",
        "CASE",
        "ă",
        "\t",
        "#",
        ",",
        "--- ",
        "!!str ",
        "transformLogic: ",
        "primaryKey: true",
        "decimal(99,1)",
    ];
    let cuts = prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, prop::sample::select(pieces)), 1..4);
    (contract, cuts).prop_map(|(contract, cuts)| {
        let mut characters: Vec<char> = contract.chars().collect();
        for (at, length, piece) in cuts {
            let at = at.index(characters.len());
            let end = (at + length).min(characters.len());
            characters.splice(at..end, piece.chars());
        }
        characters.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}|[-a-c:{}\\[\\]\"'&*!|>#,? \n\t]{0,120}") {
        let lines = text.lines().count();
        for mistake in read(&text, &none()).expect_err("no contract") {
            prop_assert!(mistake.line >= 1 && mistake.column >= 1 && mistake.line <= lines + 1, "{}", mistake);
        }
    }

    #[test]
    fn no_spoiled_contract_makes_it_panic(text in mutated()) {
        let lines = text.lines().count();
        if let Err(mistakes) = read(&text, &none()) {
            prop_assert!(!mistakes.is_empty());
            for mistake in mistakes {
                prop_assert!(mistake.line >= 1 && mistake.column >= 1 && mistake.line <= lines + 1, "{}", mistake);
            }
        }
    }
}
