//! `drivendata … | head -1`: a reader that has gone away neither stops a run nor makes it fail.

use std::io::PipeWriter;
use std::process::Stdio;

use crate::common::batches::{batch, row};
use crate::program::{Ended, Home, ended};

/// A pipe that nobody reads.
fn closed_pipe() -> PipeWriter {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer
}

fn home() -> Home {
    let home = Home::new();
    home.write("lake/raw_data/batch_2024-09-15.csv", batch(&[row("Ana", 1)]));
    home.write("date.json", r#"{"date": "2024-09-15", "force": true}"#);
    home
}

fn without_reader(home: &Home, arguments: &[&str]) -> Ended {
    let mut command = home.command(arguments);
    ended(command.stdout(closed_pipe()).stderr(Stdio::piped()).output().expect("the program starts"))
}

#[test]
fn every_command_survives_a_closed_standard_output() {
    let home = home();
    let commands: [&[&str]; 7] = [
        &["run", "--lake", "lake"],
        &["run", "--lake", "lake", "--json"],
        &["invoke", "--lake", "lake", "date.json"],
        &["generate", "--out", "out", "--date", "2024-09-15"],
        &["demo", "--folder", "shown", "--rows", "10"],
        &["--help"],
        &["run", "--help"],
    ];
    for arguments in commands {
        let ended = without_reader(&home, arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
    }
    assert!(home.path().join("lake/transformed_data/runs/run_date=2024-09-15/manifest.json").exists());
}

#[test]
fn the_exit_code_is_the_same_when_nobody_reads_the_errors() {
    let home = home();
    let code = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        let status = command.stdout(closed_pipe()).stderr(closed_pipe()).status().expect("the program starts");
        status.code()
    };
    assert_eq!(code(&["run", "--lake", "none"]), Some(2));
    assert_eq!(code(&["run", "--lake", "lake", "--date", "2024-09-16"]), Some(3));
    assert_eq!(code(&["run", "--flag"]), Some(2));
    assert_eq!(code(&["invoke", "--lake", "lake", "date.json"]), Some(0), "log lines go nowhere");
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let home = home();
    let full = std::fs::File::options().write(true).open("/dev/full").expect("the device that is always full");
    let output = home.command(&["run", "--lake", "lake"]).stdout(full).output().expect("the program starts");
    let ended = ended(output);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.starts_with("error: standard output cannot be written: No space left"), "{}", ended.stderr);
}
