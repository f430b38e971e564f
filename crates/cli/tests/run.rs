//! `drivendata run` on a folder.

use serde_json::Value;

use crate::common::batches::{HEADER, batch, row, row_with};
use crate::program::Home;

const DAYS: [&str; 3] = ["2024-09-14", "2024-09-15", "2024-09-16"];

/// A home whose folder `lake` has three days: of two rows, two rows of which one is too short, and one row.
fn home() -> Home {
    let home = Home::new();
    let days =
        [vec![row("Ana", 1), row("Bogdan", 2)], vec![row("Ana", 3), row_with("Carmen", 4, "30")], vec![row("Dana", 5)]];
    for (date, rows) in DAYS.iter().zip(&days) {
        home.write(&format!("lake/raw_data/batch_{date}.csv"), batch(rows));
    }
    home
}

fn run(home: &Home, more: &[&str]) -> crate::program::Ended {
    home.run(&[&["run", "--lake", "lake"], more].concat())
}

/// The runs in the JSON answer of a success.
fn runs(home: &Home, more: &[&str]) -> Vec<Value> {
    let answer = run(home, &[more, &["--json"]].concat()).succeeded();
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    answer["runs"].as_array().expect("a list of runs").clone()
}

fn dates(runs: &[Value]) -> Vec<&str> {
    runs.iter().map(|run| run["run_date"].as_str().expect("a date")).collect()
}

fn manifest(home: &Home, date: &str) -> String {
    home.read(&format!("lake/transformed_data/runs/run_date={date}/manifest.json"))
}

#[test]
fn without_a_date_the_newest_batch_is_run_and_summed_up_in_tables() {
    let home = home();
    let answer = run(&home, &[]).succeeded();
    let line = answer.lines().find(|line| line.contains("2024-09-16")).expect("a line for the run");
    let cells: Vec<&str> = line.split_whitespace().take(8).collect();
    assert_eq!(cells, ["2024-09-16", "published", "3", "2", "0", "1", "0", "0"]);
    let output = "transformed_data/filtered/csv/run_date=2024-09-16/filtered.csv";
    let bytes = home.read(&format!("lake/{output}")).len().to_string();
    let line = answer.lines().find(|line| line.contains(output)).expect("a line for the output");
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), [output, "2", &bytes]);
    assert!(!answer.contains("2024-09-14"), "{answer}");
    assert!(answer.trim_end().ends_with("in lake"), "{answer}");
}

#[test]
fn a_date_a_range_and_a_repetition_run_what_they_name() {
    let home = home();
    let first = runs(&home, &["--date", "2024-09-15"]);
    assert_eq!(dates(&first), ["2024-09-15"]);
    assert_eq!(first[0]["status"], "published");

    let range = runs(&home, &["--from", "2024-09-13", "--to", "2024-09-15"]);
    assert_eq!(dates(&range), DAYS[..2]);
    assert_eq!((&range[0]["status"], &range[1]["status"]), (&"published".into(), &"unchanged".into()));

    assert_eq!(runs(&home, &["--date", "2024-09-15", "--force"])[0]["status"], "published");
    assert_eq!(runs(&home, &["--date", "2024-09-15"])[0]["status"], "unchanged");
}

#[test]
fn the_json_answer_is_the_manifest_that_was_published() {
    let home = home();
    let runs = runs(&home, &["--date", "2024-09-15"]);
    let published: Value = serde_json::from_str(&manifest(&home, "2024-09-15")).expect("JSON");
    assert_eq!(runs[0]["manifest"], published);
    let balance = &published["balance"];
    assert_eq!((&balance["read"], &balance["written"]), (&4.into(), &3.into()));
    assert_eq!(published["inputs"][0]["key"], "raw_data/batch_2024-09-14.csv");
    assert_eq!(published["outputs"].as_array().map(Vec::len), Some(5));
}

#[test]
fn a_first_day_is_run_without_the_day_before_and_says_so() {
    let answer = run(&home(), &["--date", "2024-09-14"]).succeeded();
    assert!(answer.contains("note: the run of 2024-09-14 had no batch of 2024-09-13 to read"), "{answer}");
}

#[test]
fn settings_are_taken_as_flags() {
    let home = home();
    let flags = ["--window-days=1", "--min-session-duration", "-1", "--output-formats", "csv"];
    let runs = runs(&home, &[&["--date", "2024-09-15"], &flags[..]].concat());
    assert_eq!(runs[0]["manifest"]["balance"]["written"], 2);
    assert_eq!(runs[0]["manifest"]["settings"]["parameters"]["min_session_duration"], -1);
    assert_eq!(runs[0]["manifest"]["outputs"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_range_without_a_batch_runs_nothing_and_says_so() {
    let ended = run(&home(), &["--from", "2024-10-01", "--to", "2024-10-02"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""));
    assert!(ended.stderr.starts_with("note: 2024-10-01 to 2024-10-02: "), "{}", ended.stderr);
}

#[test]
fn a_date_without_a_batch_and_a_lake_without_any_are_unusable_input() {
    let error = run(&home(), &["--date", "2024-10-01"]).failed(3);
    assert_eq!(error, "error: 2024-10-01 has no batch (InvalidInput)\n");
    let home = Home::new();
    home.write("lake/readme.txt", "");
    assert_eq!(run(&home, &[]).failed(3), "error: there is no batch in lake/raw_data/ (InvalidInput)\n");
}

#[test]
fn a_lake_that_is_no_folder_is_a_wrong_setting() {
    let home = Home::new();
    let missing = run(&home, &[]).failed(2);
    assert!(missing.contains("the lake's folder lake does not exist (a bucket is written s3://bucket)"), "{missing}");
    home.write("lake", "");
    assert!(run(&home, &[]).failed(2).contains("lake is not a folder"));
}

#[test]
fn a_failed_date_keeps_no_other_from_being_run_and_decides_the_exit_code() {
    let home = home();
    home.write("lake/raw_data/batch_2024-09-15.csv", HEADER.replace(",email,", ",mail,"));
    let ended = run(&home, &["--from", "2024-09-14", "--to", "2024-09-16", "--window-days", "1"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    let message = "error: run of 2024-09-15 failed: raw_data/batch_2024-09-15.csv: missing required columns email";
    assert!(ended.stderr.starts_with(message), "{}", ended.stderr);
    assert_eq!(ended.stdout.matches("published").count(), 2, "{}", ended.stdout);

    let ended = run(&home, &["--from", "2024-09-14", "--to", "2024-09-16", "--window-days", "1", "--json"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    let answer: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let runs = answer["runs"].as_array().expect("a list of runs");
    assert_eq!(dates(runs), DAYS);
    let statuses: Vec<&str> = runs.iter().filter_map(|run| run["status"].as_str()).collect();
    assert_eq!(statuses, ["unchanged", "failed", "unchanged"]);
    assert_eq!(runs[1]["error_type"], "InvalidInput");
    assert!(runs[1]["error_message"].as_str().expect("a message").contains("missing required columns email"));
}

#[test]
fn a_run_that_does_not_fit_the_memory_granted_has_an_exit_code_of_its_own() {
    let home = home();
    let error = run(&home, &["--memory-limit-mb", "1"]).failed(7);
    assert!(error.contains("1 MiB are granted (TooLarge)"), "{error}");
    assert!(!home.path().join("lake/transformed_data").exists(), "nothing was published");
}

#[test]
fn a_lake_that_cannot_be_written_is_for_the_operator() {
    let home = home();
    home.write("lake/transformed_data", "a file where the folder should be");
    let ended = run(&home, &["--date", "2024-09-15"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let message = "could not be published: Not a directory (os error 20) (Configuration)";
    assert!(ended.stderr.contains(message), "{}", ended.stderr);
}

#[test]
fn without_a_date_a_batch_dated_beyond_tomorrow_is_passed_over_and_named() {
    let home = home();
    home.write("lake/raw_data/batch_2999-01-01.csv", batch(&[row("Zoe", 9)]));
    for command in ["run", "analyze"] {
        let ended = home.run(&[command, "--lake", "lake"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let note =
            "note: the batch of 2999-01-01 is dated beyond tomorrow and passed over; --date 2999-01-01 takes it\n";
        assert_eq!(ended.stderr, note, "{command}");
        assert!(ended.stdout.contains("2024-09-16") && !ended.stdout.contains("2999"), "{}", ended.stdout);
    }
    assert_eq!(dates(&runs(&home, &["--date", "2999-01-01"])), ["2999-01-01"], "asked for, it is run");

    let home = Home::new();
    home.write("lake/raw_data/batch_2999-01-01.csv", batch(&[row("Zoe", 9)]));
    let failed = home.run(&["run", "--lake", "lake"]).failed(3);
    assert!(failed.contains("is dated up to tomorrow"), "{failed}");
    assert!(failed.contains("the newest is of 2999-01-01: ask for it by --date"), "{failed}");
}

#[test]
fn an_object_that_was_left_out_is_named_below_the_tables() {
    let home = home();
    home.write("lake/raw_data/batch_2024-09-15.csv", "");
    let reason = "no header: the object is empty (a batch without rows still has its header line)";
    let answer = run(&home, &[]).succeeded();
    let notes = format!(
        "note: the run of 2024-09-16 left out raw_data/batch_2024-09-15.csv: {reason}\n\
         note: nothing of the batch of 2024-09-15 could be used: for the run of 2024-09-16 it is as good as missing\n"
    );
    assert!(answer.ends_with(&notes), "{answer}");
    let runs = runs(&home, &[]);
    assert_eq!(runs[0]["manifest"]["left_out"][0]["reason"], reason);

    let answer = home.run(&["analyze", "--lake", "lake"]).succeeded();
    assert!(answer.contains(&format!("note: raw_data/batch_2024-09-15.csv was left out: {reason}")), "{answer}");
    let failed = run(&home, &["--force", "--unusable-objects", "fail"]).failed(3);
    assert!(failed.contains(&format!("raw_data/batch_2024-09-15.csv: {reason}")), "{failed}");
}

#[test]
fn a_day_that_the_function_handed_over_is_run_with_its_settings_and_its_memory() {
    let home = home();
    let function = ["--too-large", "hand_over", "--memory-limit-mb", "1", "--window-days", "1"];
    home.write("event.json", r#"{"date": "2024-09-15"}"#);
    let invoke = [&["invoke", "event.json", "--lake", "lake"][..], &function].concat();
    let handed_over = home.run(&invoke);
    assert!(handed_over.code == 0 && handed_over.stderr.contains("handed over to a larger machine"));
    let reply: Value = serde_json::from_str(&handed_over.stdout).expect("JSON");
    assert_eq!(reply["runs"][0]["status"], "handed_over", "{reply}");
    let key = "transformed_data/state/run_date=2024-09-15/hand_over.json";
    home.read(&format!("lake/{key}"));

    let of_other = key.replace("hand_over", "failed");
    let wrong = run(&home, &["--handed-over", &of_other]).failed(3);
    assert!(wrong.contains("this is not the key of a note"), "{wrong}");
    run(&home, &["--handed-over", key, "--date", "2024-09-15"]).refused();
    let typed = run(&home, &["--handed-over", key, "--window-days", "2"]).failed(2);
    assert!(typed.contains("WINDOW_DAYS comes with the day"), "{typed}");
    let note = home.read(&format!("lake/{key}"));
    for (settings, message) in [
        (r#"{"NOPE": "1"}"#, "the settings in the note cannot be used: unknown setting NOPE"),
        (r#"{"CONTRACT": "/dev/zero"}"#, "must be a built-in one or an object"),
    ] {
        let forged: Value = serde_json::from_str(&note).expect("JSON");
        let mut forged = forged.as_object().expect("an object").clone();
        forged.insert("settings".to_owned(), serde_json::from_str(settings).expect("JSON"));
        home.write(&format!("lake/{key}"), serde_json::to_vec(&forged).expect("JSON"));
        let refused = run(&home, &["--handed-over", key]).failed(2);
        assert!(refused.contains(message) && refused.contains(key), "{refused}");
    }
    home.write(&format!("lake/{key}"), note.replacen("2024-09-15\"", "2024-09-14\"", 1));
    let of_other_day = run(&home, &["--handed-over", key]).failed(3);
    assert!(of_other_day.contains("this is not a note that hands the day over"), "{of_other_day}");

    home.write(&format!("lake/{key}"), &note);
    let mut command = home.command(&["run", "--json", "--handed-over", key, "--threads", "1"]);
    // As in the task: its environment says where the lake is, and has no say in the rules.
    command.env("LAKE", "lake").env("OUTPUT_PREFIX", "transformed_data/").env("WINDOW_DAYS", "2");
    let answer = crate::program::ended(command.output().expect("the program starts")).succeeded();
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let published = &answer["runs"][0];
    assert_eq!((&published["run_date"], &published["status"]), (&Value::from("2024-09-15"), &Value::from("published")));
    let inputs = published["manifest"]["inputs"].as_array().expect("inputs");
    assert_eq!(inputs.len(), 1, "the function's window, not ours");

    let reply: Value = serde_json::from_str(&home.run(&invoke).succeeded()).expect("JSON");
    assert_eq!(reply["runs"][0]["status"], "unchanged", "the function finds the day done: {reply}");
    let late = run(&home, &["--handed-over", key]);
    assert_eq!((late.code, late.stdout.as_str()), (0, ""));
    assert!(late.stderr.contains("has been published since"), "{}", late.stderr);
    let never = run(&home, &["--handed-over", &key.replace("09-15", "09-16")]).failed(3);
    assert!(never.contains("there is no note, and the day is not published"), "{never}");
    let mistyped = run(&home, &["--handed-over", "transformed_data/hand_over.json"]).failed(3);
    assert!(mistyped.contains("this is not the key of a note"), "{mistyped}");
}

#[test]
fn what_no_flag_says_comes_from_the_environment() {
    let home = home();
    let command = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.env("LAKE", "lake").env("WINDOW_DAYS", "1").env("ACTIVE_ABOVE", "").env("SHELL", "/bin/sh");
        crate::program::ended(command.output().expect("the program starts"))
    };
    let inputs = |arguments: &[&str]| {
        let answer: Value = serde_json::from_str(&command(arguments).succeeded()).expect("JSON");
        answer["runs"][0]["manifest"]["inputs"].as_array().expect("inputs").len()
    };
    assert_eq!(inputs(&["run", "--date", "2024-09-15", "--json"]), 1);
    assert_eq!(inputs(&["run", "--date", "2024-09-15", "--json", "--window-days", "2"]), 2, "a flag goes before it");
    let twin = |name: &str, value: &str, flag: &[&str]| {
        let mut command = home.command(&[&["run", "--lake", "lake", "--date", "2024-09-15"], flag].concat());
        crate::program::ended(command.env(name, value).output().expect("the program starts")).succeeded();
    };
    twin("PRESET", "glue", &["--contract", "drivendata"]);
    twin("CONTRACT", "glue", &["--preset", "default"]);
    let mut mistyped = home.command(&["run", "--lake", "lake"]);
    let mistyped = crate::program::ended(mistyped.env("WINDOWDAYS", "1").output().expect("the program starts"));
    assert!(mistyped.failed(2).contains("did you mean WINDOW_DAYS?"));
}
