//! What the program says about itself, and arguments it cannot use.

use crate::program::Home;

#[test]
fn help_names_every_command_and_exit_code_and_the_version_is_the_packages() {
    let home = Home::new();
    let help = home.run(&["--help"]).succeeded();
    for word in ["run", "invoke", "generate", "demo", "Exit codes: 0 done, 1 a bug", "7 too large"] {
        assert!(help.contains(word), "{word} is not in {help}");
    }
    let version = home.run(&["--version"]).succeeded();
    assert_eq!(version, format!("drivendata {}\n", env!("CARGO_PKG_VERSION")));
    assert!(home.run(&[]).refused().contains("Usage: drivendata <COMMAND>"));
}

#[test]
fn the_help_of_run_lists_every_setting_with_its_default() {
    let help = Home::new().run(&["run", "--help"]).succeeded();
    for setting in drivendata_transform::config::SETTINGS {
        assert!(help.contains(&format!("--{} <{}>", setting.flag(), setting.unit)), "{} in {help}", setting.name);
        assert!(help.contains(setting.default), "{} in {help}", setting.name);
    }
}

#[test]
fn arguments_that_are_none_are_refused_before_anything_is_done() {
    let home = Home::new();
    let cases: [(&[&str], &str); 7] = [
        (&["run", "--lake", "lake", "--date", "2024-02-30"], "not a calendar date written YYYY-MM-DD"),
        (&["run", "--lake", "lake", "--date", "yesterday"], "'yesterday' for '--date <YYYY-MM-DD>'"),
        (&["run", "--date", "2024-09-15", "--from", "2024-09-14", "--to", "2024-09-15"], "cannot be used with"),
        (&["run", "--from", "2024-09-14"], "--to <YYYY-MM-DD>"),
        (&["run", "--window-day", "3"], "'--window-days'"),
        (&["run", "lake"], "unexpected argument 'lake'"),
        (&["walk"], "unrecognized subcommand 'walk'"),
    ];
    for (arguments, message) in cases {
        let refused = home.run(arguments).refused();
        assert!(refused.contains(message), "{arguments:?}: {refused}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_named_with_what_was_expected() {
    let home = Home::new();
    let cases: [(&[&str], &str); 4] = [
        (&["run"], "setting LAKE is missing: s3://bucket[/prefix] or a folder expected"),
        (
            &["run", "--lake", "lake", "--window-days", "two"],
            "setting WINDOW_DAYS cannot be \"two\"; expected: days, 1 to 366",
        ),
        (&["run", "--lake", "s3a://bucket"], "setting LAKE cannot be \"s3a://bucket\"; expected: s3://bucket"),
        (&["invoke", "--lake", "lake", "--masking", "none", "event.json"], "expected: standard or glue"),
    ];
    for (arguments, message) in cases {
        let failed = home.run(arguments).failed(2);
        assert!(failed.contains(message) && failed.ends_with("(Configuration)\n"), "{arguments:?}: {failed}");
    }
    home.write("lake/raw_data/batch_2024-09-15.csv", "");
    let failed = home.run(&["run", "--lake", "lake", "--from", "2024-09-16", "--to", "2024-09-15"]).failed(2);
    assert_eq!(failed, "error: --from 2024-09-16 is after --to 2024-09-15 (Configuration)\n");
}
