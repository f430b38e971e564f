//! `drivendata generate`, and a run on what it wrote.

use serde_json::Value;

use crate::program::Home;

fn generate(home: &Home, out: &str, more: &[&str]) -> String {
    home.run(&[&["generate", "--out", out, "--date", "2024-09-15"], more].concat()).succeeded()
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_does_not() {
    let home = Home::new();
    let said = generate(&home, "a", &["--rows", "50"]);
    generate(&home, "b", &["--rows", "50"]);
    generate(&home, "c", &["--rows", "50", "--seed", "2"]);
    let [a, b, c] = ["a", "b", "c"].map(|folder| std::fs::read(home.path().join(folder).join("batch_2024-09-15.csv")));
    let (a, b, c) = (a.expect("a batch"), b.expect("a batch"), c.expect("a batch"));
    assert!(a == b && a != c);
    assert_eq!(said, format!("a/batch_2024-09-15.csv: 50 rows, {} bytes\n", a.len()));
}

#[test]
fn options_out_of_range_are_refused_and_leave_no_file() {
    let home = Home::new();
    for (option, value, message) in [
        ("--missing-share", "2", "missing_share must be from 0 to 1, not 2"),
        ("--malformed-share", "NaN", "malformed_share must be from 0 to 1"),
        ("--spread-days", "0", "spread_days must be at least 1"),
    ] {
        let error = home.run(&["generate", "--out", "out", "--date", "2024-09-15", option, value]).failed(2);
        assert!(error.contains(message), "{error}");
        assert_eq!(std::fs::read_dir(home.path().join("out")).expect("a folder").count(), 0, "{option}");
    }
    home.run(&["generate", "--out", "out", "--date", "2024-13-15"]).refused();
    home.run(&["generate", "--out", "out", "--date", "2024-09-15", "--rows", "-1"]).refused();
}

#[test]
fn a_run_on_generated_days_places_every_row() {
    let home = Home::new();
    for date in ["2024-09-14", "2024-09-15"] {
        let arguments = ["generate", "--out", "lake/raw_data", "--date", date, "--rows", "700"];
        home.run(&[&arguments[..], &["--malformed-share", "0.05", "--duplicate-share", "0.1"]].concat()).succeeded();
    }
    let answer = home.run(&["run", "--lake", "lake", "--json"]).succeeded();
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let balance = &answer["runs"][0]["manifest"]["balance"];
    let count = |name: &str| balance[name].as_u64().expect("a count");
    let places = ["written", "filtered_by_date", "filtered_by_duration", "duplicates", "rejected"];
    assert_eq!(count("read"), 1400);
    assert_eq!(places.iter().map(|place| count(place)).sum::<u64>(), 1400);
    assert!(places.iter().all(|place| count(place) > 0), "{balance}");
}
