//! What keys, names and cells of others may do to the terminal: nothing.

use serde_json::Value;

use crate::common::batches::{HEADER, batch, row};
use crate::program::{Ended, Home};

/// Escape sequences, line ends and marks of direction, in a name.
const HOSTILE: &str = "batch_2024-09-15\u{1b}[2J\r\nerror: forged (Internal)\u{202e}\u{2066}\u{9b}31m.csv";
const HARMLESS: &str = r"batch_2024-09-15\u001b[2J\r\nerror: forged (Internal)\u202e\u2066\u009b31m.csv";

/// Asserts that nothing is there that a terminal obeys.
fn assert_harmless(ended: &Ended) {
    let is_harmless = |c: char| {
        (c == '\n' || !c.is_control())
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    for text in [&ended.stdout, &ended.stderr] {
        assert!(text.chars().all(is_harmless), "{text:?}");
    }
}

#[test]
fn the_key_of_an_object_forges_no_line_of_an_error() {
    let home = Home::new();
    home.write(&format!("lake/raw_data/{HOSTILE}"), "");
    let ended = home.run(&["run", "--lake", "lake", "--date", "2024-09-15"]);
    assert_harmless(&ended);
    let error = ended.failed(3);
    assert!(error.contains(&format!("raw_data/{HARMLESS}: ")), "{error}");
}

#[test]
fn the_key_of_an_event_forges_no_line_of_the_log_or_of_the_reply() {
    let home = Home::new();
    home.write("lake/raw_data/batch_2024-09-15.csv", batch(&[row("Ana", 1)]));
    let key = format!("raw_data/not_{HOSTILE}");
    let mut event: Value = serde_json::from_str(include_str!("../../../events/put.json")).expect("JSON");
    event["Records"][0]["s3"]["object"]["key"] = key.into();
    home.write("event.json", event.to_string());
    let ended = home.run(&["invoke", "--lake", "lake", "event.json"]);
    assert_harmless(&ended);
    assert_eq!(ended.stderr.lines().filter(|line| line.contains("forged")).count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.starts_with(" INFO ignored what="), "{}", ended.stderr);
    let reply: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert!(reply["ignored"][0]["what"].as_str().is_some_and(|what| what.contains(HOSTILE)), "{reply}");
}

#[test]
fn cells_and_paths_of_an_analysis_are_shown_and_not_obeyed() {
    let home = Home::new();
    let cell = "\u{1b}[2J\u{202e}\nx\t";
    let rows = [row("Ana", 1), row(&format!("\"{cell}\""), 2).replace("10.0.0.1", "\u{1b}c\u{200f}")];
    home.write("lake/raw_data/batch_2024-09-15.csv", batch(&rows));
    let arguments = ["analyze", "--lake", "lake"];
    let tables = home.run(&[&arguments[..], &["--export", "rows\u{1b}c.csv"]].concat());
    assert_harmless(&tables);
    let tables = tables.succeeded();
    assert!(tables.contains(r"\u001b[2J\u202e\nx") || tables.contains(r"\u001b[2J\u202e..."), "{tables}");
    assert!(tables.contains(r"\u001bc\u200f") && tables.contains(r"exported to rows\u001bc.csv"), "{tables}");

    let json = home.run(&[&arguments[..], &["--json"]].concat());
    assert_harmless(&json);
    let analysis: Value = serde_json::from_str(&json.succeeded()).expect("JSON");
    assert_eq!(analysis["first_rows"][1][0], cell);
}

#[test]
fn names_of_columns_and_folders_are_shown_and_not_obeyed() {
    let home = Home::new();
    let lake = "lake\u{1b}c\u{202e}";
    let extra = String::from_utf8(batch(&[row("Ana", 1)])).expect("UTF-8");
    let extra = extra.replace(HEADER, &format!("{HEADER},a\u{202e}b")).replacen("000000000000\n", "000000000000,\n", 1);
    home.write(&format!("{lake}/raw_data/batch_2024-09-15.csv"), extra);
    // Such a header may be refused; whatever is said of it is harmless.
    for command in ["analyze", "run"] {
        assert_harmless(&home.run(&[command, "--lake", lake]));
    }
    home.write(&format!("{lake}/raw_data/batch_2024-09-15.csv"), batch(&[row("Ana", 1)]));
    let ended = home.run(&["run", "--lake", lake, "--output-prefix", "out\u{1b}c/"]);
    assert_harmless(&ended);
    let tables = ended.succeeded();
    assert!(tables.contains(r"out\u001bc/filtered/") && tables.contains(r"in lake\u001bc\u202e"), "{tables}");
}
