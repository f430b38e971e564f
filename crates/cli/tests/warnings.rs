//! `drivendata run` on suspicious data: the warnings under its tables.

use crate::common::batches::{batch, row, row_with};
use crate::program::Home;

const KEY: &str = "lake/raw_data/batch_2024-09-15.csv";

fn run(home: &Home, more: &[&str]) -> crate::program::Ended {
    home.run(&[&["run", "--lake", "lake"], more].concat())
}

fn warnings(answer: &str) -> Vec<&str> {
    answer.lines().filter(|line| line.starts_with("warning: ")).collect()
}

#[test]
fn warnings_stand_under_the_tables_also_of_a_day_that_is_unchanged() {
    let home = Home::new();
    let with_commas = |id| row("Ana", id).replace(",10.5,", ",\"10,5\",");
    home.write(KEY, batch(&[with_commas(1), with_commas(2)]));
    let expected = "warning: the run of 2024-09-15: 2 of 2 filled cells of download_speed (100 %) cannot be read and are null: looks like a decimal comma (1,5 instead of 1.5) (failed_casts)";
    for status in ["published", "unchanged"] {
        let ended = run(&home, &[]);
        assert_eq!(ended.stderr, "", "they are told once");
        assert!(ended.stdout.contains(status), "{}", ended.stdout);
        assert_eq!(warnings(&ended.stdout), [expected]);
    }
    assert_eq!(warnings(&run(&home, &["--json"]).succeeded()), [""; 0], "the manifest holds them");
}

#[test]
fn a_day_without_a_row_in_the_range_says_so() {
    let home = Home::new();
    home.write(KEY, batch(&[row("Ana", 1), row("Ion", 2)]));
    let answer = run(&home, &["--accessed-to", "2024-06-30"]).succeeded();
    let expected = "warning: the run of 2024-09-15: none of the rows read was written: all rows are dropped by the filter date (ACCESSED_TO 2024-06-30) (2 rows) (nothing_written)";
    assert_eq!(warnings(&answer), [expected]);
}

#[test]
fn a_warning_can_be_made_a_failure() {
    let home = Home::new();
    home.write(KEY, batch(&[row_with("Ana", 1, "30")]));
    let error = run(&home, &["--fail-on-warnings", "nothing_written"]).failed(3);
    let expected =
        "error: run of 2024-09-15 failed: FAIL_ON_WARNINGS does not let this pass: none of the rows read was written: ";
    assert!(error.starts_with(expected) && error.ends_with("nothing was published (InvalidInput)\n"), "{error}");
    assert!(!home.path().join("lake/transformed_data/runs").exists(), "nothing was published");
    run(&home, &["--fail-on-warnings", "few_rows"]).succeeded();
}

#[test]
fn a_key_cannot_forge_a_line_by_its_warning() {
    let home = Home::new();
    home.write("lake/raw_data/batch_2024-09-15 a.csv", batch(&[row("Ana", 1)]));
    let bytes = batch(&[row("Ion", 2)]);
    home.write("lake/raw_data/batch_2024-09-15 b\nwarning: forged\u{1b}[2J.csv", &bytes[..bytes.len() - 1]);
    let answer = run(&home, &[]).succeeded();
    let [warning] = warnings(&answer)[..] else { panic!("one warning: {answer}") };
    assert!(warning.contains("b\\nwarning: forged") && warning.ends_with("(unterminated_last_record)"), "{warning}");
    assert!(!answer.contains('\u{1b}'), "{answer}");
}
