//! The settings as an operator meets them: defaults, borders, what is refused and in which words, the README's table.

use std::fs;

use drivendata_transform::config::{Config, RawSettings, SETTINGS, Setting};
use drivendata_transform::day::UnusableObjects;
use drivendata_transform::error::ErrorKind;
use drivendata_transform::lake::LakeLocation;
use drivendata_transform::warnings::WarningKind;

/// The configuration of a lake with these settings typed, or the text of the error.
fn config(typed: &[(&str, &str)]) -> Result<Config, String> {
    let mut raw = RawSettings::default();
    raw.set("LAKE", "lake").expect("a setting");
    for &(name, value) in typed {
        raw.set(name, value).expect("a setting");
    }
    Config::from_raw(&raw).map_err(|error| {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        error.to_string()
    })
}

/// A parameter of the contract with these settings typed.
fn parameter(typed: &[(&str, &str)], name: &str) -> String {
    let contract = usable(typed).rules.contract;
    let parameter = contract.parameters.iter().find(|parameter| parameter.name == name);
    parameter.expect("a parameter").value.to_string()
}

fn usable(typed: &[(&str, &str)]) -> Config {
    config(typed).unwrap_or_else(|error| panic!("{typed:?}: {error}"))
}

fn is_usable(name: &str, value: &str) -> bool {
    match config(&[(name, value)]) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.contains(&format!("setting {name} ")), "the setting is not named: {error}");
            false
        }
    }
}

fn setting(name: &str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.name == name).expect("a setting")
}

/// The bounds that a setting's row shows: `days, 1 to 366`.
fn bounds(setting: &Setting) -> Option<(i64, i64)> {
    let (_, range) = setting.unit.rsplit_once(", ")?;
    let (first, last) = range.split_once(" to ")?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[test]
fn every_default_is_what_one_would_type() {
    let defaults = format!("{:?}", usable(&[]));
    for setting in SETTINGS.iter().filter(|setting| setting.name != "LAKE") {
        for empty in ["", " "] {
            assert_eq!(format!("{:?}", usable(&[(setting.name, empty)])), defaults, "{} not set", setting.name);
        }
        let typed = usable(&[(setting.name, setting.default)]);
        assert_eq!(format!("{typed:?}"), defaults, "{}", setting.name);
        let spaced = format!(" {} ", setting.default);
        assert_eq!(format!("{:?}", usable(&[(setting.name, &spaced)])), defaults, "{}", setting.name);
    }
}

#[test]
fn every_value_that_cannot_be_used_is_refused_with_the_settings_name_and_what_was_expected() {
    // Any text may stand for a missing value.
    for setting in SETTINGS.iter().filter(|setting| setting.name != "NULL_MARKERS") {
        let wrong = if matches!(setting.name, "LAKE" | "CONTRACT") { "http://x" } else { "?" };
        let error = config(&[(setting.name, wrong)]).expect_err(setting.name);
        let expected = format!("setting {} cannot be {wrong:?}; expected: {}", setting.name, setting.unit);
        assert_eq!(error, expected);
    }
}

#[test]
fn the_bounds_shown_are_the_bounds_checked() {
    let bounded: Vec<_> = SETTINGS.iter().filter_map(|setting| Some((setting, bounds(setting)?))).collect();
    assert_eq!(bounded.len(), 15, "all numbers but the three in the data's unit");
    for (setting, (first, last)) in bounded {
        for (value, inside) in [(first, true), (last, true), (first - 1, false), (last + 1, false)] {
            assert_eq!(is_usable(setting.name, &value.to_string()), inside, "{}={value}", setting.name);
        }
        for wrong in ["1.5x", "NaN", "inf", "99999999999999999999999", "0x10", "1 2"] {
            assert!(!is_usable(setting.name, wrong), "{}={wrong}", setting.name);
        }
    }
}

#[test]
fn numbers_in_the_unit_of_the_data_are_any_32_bit_integers() {
    for name in ["MIN_SESSION_DURATION", "ACTIVE_ABOVE", "MODERATE_FROM"] {
        for wrong in ["2147483648", "-2147483649", "30.0"] {
            assert!(!is_usable(name, wrong), "{name}={wrong}");
        }
    }
    assert_eq!(parameter(&[("MIN_SESSION_DURATION", "-2147483648")], "min_session_duration"), "-2147483648");
    let error = config(&[("ACTIVE_ABOVE", "29")]).expect_err("levels upside down");
    assert!(
        error.ends_with(
            "the check :moderate_from <= :active_above does not hold: ACTIVE_ABOVE is 29, MODERATE_FROM is 30"
        ),
        "{error}"
    );
    usable(&[("ACTIVE_ABOVE", "30")]);
}

#[test]
fn dates_are_written_in_full_and_open_is_no_limit() {
    for name in ["ACCESSED_FROM", "ACCESSED_TO"] {
        for wrong in ["2024", "2024-6-1", "2024-02-30", "01.06.2024", "2024-06-01 00:00", "today", "OPEN", "none"] {
            assert!(!is_usable(name, wrong), "{name}={wrong}");
        }
    }
    let range = |typed: &[(&str, &str)]| ["accessed_from", "accessed_to"].map(|name| parameter(typed, name));
    let leap_day = [("ACCESSED_FROM", "2024-02-29"), ("ACCESSED_TO", "2024-02-29")];
    assert_eq!(range(&leap_day), ["2024-02-29", "2024-02-29"]);
    assert_eq!(range(&[("ACCESSED_FROM", "open"), ("ACCESSED_TO", " open ")]), ["open", "open"]);
    let empty = [("ACCESSED_FROM", ""), ("ACCESSED_TO", "")];
    assert_eq!(range(&empty), ["2024-01-01", "2024-12-31"], "an empty setting never opens the range");
    let error = config(&[("ACCESSED_FROM", "2025-01-01")]).expect_err("after the default's end");
    assert!(error.ends_with("does not hold: ACCESSED_FROM is 2025-01-01, ACCESSED_TO is 2024-12-31"), "{error}");
}

#[test]
fn the_glue_contract_has_values_of_its_own_for_what_was_not_typed() {
    let values = |typed: &[(&str, &str)]| {
        ["accessed_from", "accessed_to", "masking", "min_session_duration", "active_above", "moderate_from"]
            .map(|name| parameter(typed, name))
    };
    let glue = ["2024-01-02", "open", "glue", "30", "120", "30"];
    for named in [("CONTRACT", "glue"), ("PRESET", "glue")] {
        assert_eq!(values(&[named]), glue, "{named:?}");
        let empty = [named, ("ACCESSED_FROM", ""), ("ACCESSED_TO", ""), ("MASKING", "")];
        assert_eq!(values(&empty), glue, "what is empty was not typed");
        let typed = [named, ("ACCESSED_FROM", "open"), ("ACCESSED_TO", "2024-06-30"), ("MASKING", "standard")];
        assert_eq!(values(&typed)[..3], ["open", "2024-06-30", "standard"]);
        let later = values(&[named, ("ACCESSED_FROM", "2025-01-01")]);
        assert_eq!(later[..2], ["2025-01-01", "open"], "the script knows no end");
    }
    assert_eq!(usable(&[("PRESET", "default")]).rules.contract.id, usable(&[]).rules.contract.id);
    let both = config(&[("CONTRACT", "glue"), ("PRESET", "glue")]).expect_err("which of the two?");
    assert_eq!(both, "settings CONTRACT and PRESET must not both be set; remove PRESET");
}

#[test]
fn a_parameter_that_the_contract_does_not_have_is_refused() {
    let error = config(&[("PARAM_VAT", "19")]).expect_err("no such parameter");
    assert!(
        error.contains("variable PARAM_VAT overrides no parameter of the contract; there are ACCESSED_FROM"),
        "{error}"
    );
    usable(&[("PARAM_VAT", "")]);
}

#[test]
fn prefixes_are_folders_apart_from_each_other() {
    for name in ["INPUT_PREFIX", "OUTPUT_PREFIX"] {
        for wrong in ["/", "data", "/data/", "a//b/", "data//", "../data/", "a/../b/", "./a/"] {
            assert!(!is_usable(name, wrong), "{name}={wrong}");
        }
        assert!(is_usable(name, "a/b/c/") && is_usable(name, "..data/"), "{name}");
    }
    for (input, output) in [("a/", "a/"), ("a/", "a/b/"), ("a/b/", "a/")] {
        let error = config(&[("INPUT_PREFIX", input), ("OUTPUT_PREFIX", output)]).expect_err("one within the other");
        assert_eq!(error, "settings INPUT_PREFIX and OUTPUT_PREFIX must not lie within one another");
    }
    let apart = usable(&[("INPUT_PREFIX", "lake/in/"), ("OUTPUT_PREFIX", "lake/in-clean/")]);
    assert_eq!((apart.input_prefix.as_str(), apart.output_prefix.as_str()), ("lake/in/", "lake/in-clean/"));
}

#[test]
fn a_lake_is_a_bucket_a_part_of_one_or_a_folder() {
    let s3 = |bucket: &str, prefix: &str| LakeLocation::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() };
    for (text, lake) in [
        ("s3://b", s3("b", "")),
        ("s3://b/", s3("b", "")),
        ("s3://b/a/lake", s3("b", "a/lake/")),
        ("s3://b/a/lake//", s3("b", "a/lake/")),
        ("b", LakeLocation::Folder("b".into())),
        ("/data/my lake", LakeLocation::Folder("/data/my lake".into())),
    ] {
        assert_eq!(usable(&[("LAKE", text)]).lake, lake, "{text}");
    }
    for wrong in ["s3://", "s3:///a", "s3://my bucket", "S3://b", "s3a://b", "https://b.s3.amazonaws.com"] {
        assert!(!is_usable("LAKE", wrong), "{wrong}");
    }
    let missing = "setting LAKE is missing: s3://bucket[/prefix] or a folder expected";
    assert_eq!(config(&[("LAKE", "")]).expect_err("no lake"), missing);
}

#[test]
fn an_endpoint_is_a_url() {
    for url in ["http://localhost:9000", "https://s3.example.com"] {
        assert_eq!(usable(&[("ENDPOINT_URL", url)]).endpoint_url.as_deref(), Some(url));
    }
    assert_eq!(usable(&[("ENDPOINT_URL", "")]).endpoint_url, None);
    for wrong in ["localhost:9000", "http://", "ftp://x", "http://a b"] {
        assert!(!is_usable("ENDPOINT_URL", wrong), "{wrong}");
    }
}

#[test]
fn formats_are_published_in_one_order_however_they_are_listed() {
    let both = ["parquet", "csv"];
    for (text, expected) in [("csv, parquet", &both[..]), ("parquet,parquet", &both[..1]), ("csv", &both[1..])] {
        let formats = usable(&[("OUTPUT_FORMATS", text)]).formats;
        assert_eq!(formats.iter().map(|format| format.name).collect::<Vec<_>>(), expected, "{text}");
    }
    for wrong in [",", "parquet,", "orc", "parquet;csv"] {
        assert!(!is_usable("OUTPUT_FORMATS", wrong), "{wrong}");
    }
}

#[test]
fn kinds_of_warnings_that_fail_a_run_are_listed_by_name() {
    let fail_on = |text: &str| usable(&[("FAIL_ON_WARNINGS", text)]).fail_on_warnings.into_iter().collect::<Vec<_>>();
    assert_eq!(fail_on(""), []);
    assert_eq!(fail_on("few_rows, failed_casts"), [WarningKind::FailedCasts, WarningKind::FewRows]);
    assert_eq!(fail_on("all"), WarningKind::ALL);
    for wrong in ["few rows", "few_rows,", "FEW_ROWS", "all,few_rows", "few_rows;failed_casts"] {
        assert!(!is_usable("FAIL_ON_WARNINGS", wrong), "{wrong}");
    }
}

#[test]
fn what_becomes_of_unusable_objects_is_one_of_three() {
    for (text, chosen) in [
        ("leave_out_older", UnusableObjects::LeaveOutOlder),
        ("fail", UnusableObjects::Fail),
        ("leave_out", UnusableObjects::LeaveOut),
    ] {
        assert_eq!(usable(&[("UNUSABLE_OBJECTS", text)]).unusable_objects, chosen);
    }
    for wrong in ["Fail", "ignore", "leave out"] {
        assert!(!is_usable("UNUSABLE_OBJECTS", wrong), "{wrong}");
    }
}

#[test]
fn limits_of_zero_are_no_limits() {
    let limits = usable(&[("THREADS", "0"), ("MEMORY_LIMIT_MB", "0"), ("TIME_LIMIT_SECONDS", "0")]).limits;
    assert_eq!((limits.threads, limits.memory_bytes_max, limits.run_time_max), (None, None, None));
    let limits = usable(&[("THREADS", "3"), ("MEMORY_LIMIT_MB", "2"), ("TIME_LIMIT_SECONDS", "4")]).limits;
    assert_eq!((limits.threads, limits.memory_bytes_max), (Some(3), Some(2 << 20)));
    assert_eq!(limits.run_time_max.map(|time| time.as_secs()), Some(4));
}

#[test]
fn a_misspelt_variable_is_named_with_what_was_meant_and_its_value_is_not_shown() {
    let from = |name: &str| {
        RawSettings::from_environment([(name.to_owned(), "secret".to_owned())]).map_err(|error| error.to_string())
    };
    assert_eq!(
        from("WINDOW_DAY").expect_err("a slip of the pen"),
        "unknown setting WINDOW_DAY; did you mean WINDOW_DAYS?"
    );
    assert_eq!(from("window_days").expect_err("lower case"), "unknown setting window_days; did you mean WINDOW_DAYS?");
    for others in ["AWS_REGION", "_HANDLER", "PATH", "LAMBDA_TASK_ROOT", "TZ", "EDGE_PORT", "DD_LOG_LEVEL", "EDITOR"] {
        assert_eq!(from(others).expect(others).ignored(), [others]);
    }
}

/// The table as the README shows it.
fn table() -> String {
    let mut table = "| setting | default | unit | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for Setting { name, default, unit, help } in SETTINGS {
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        table += &format!("| `{name}` | {default} | {unit} | {help} |\n");
    }
    table
}

#[test]
fn the_readme_shows_every_setting() {
    assert!(table().lines().all(|line| line.matches('|').count() == 5), "a cell of the table holds a bar");
    assert_eq!(setting("LAKE").flag(), "lake");
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README.md");
    let (_, shown) = readme.split_once("<!-- settings -->\n").expect("the line <!-- settings --> in README.md");
    let (shown, _) = shown.split_once("<!-- /settings -->").expect("the line <!-- /settings --> in README.md");
    let expected = table();
    assert_eq!(shown.trim(), expected.trim(), "README.md's table of settings should be:\n\n{expected}\n");
}
