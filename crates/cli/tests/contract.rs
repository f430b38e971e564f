//! `drivendata contract`: mistakes with their places, contracts in words, and what differs between two.

use crate::program::Home;

const EXAMPLE: &str = include_str!("../../../contracts/examples/leaddata.odcs.yaml");

#[test]
fn a_contract_without_mistakes_is_told_in_one_line() {
    let home = Home::new();
    home.write("feed.yaml", EXAMPLE);
    let cases = [
        (
            "drivendata",
            "drivendata: drivendata-sessions 1.0.0 has no mistakes (columns 16, derived 3, filters 2, tables of groups 1)\n",
        ),
        (
            "glue",
            "glue: drivendata-sessions-glue 1.0.0 has no mistakes (columns 16, derived 3, filters 2, tables of groups 1)\n",
        ),
        (
            "feed.yaml",
            "feed.yaml: leaddata-visits 1.0.0 has no mistakes (columns 10, derived 4, filters 2, tables of groups 2)\n",
        ),
    ];
    for (file, line) in cases {
        assert_eq!(home.run(&["contract", "lint", file]).succeeded(), line);
    }
}

#[test]
fn every_mistake_is_a_line_with_file_line_and_column_and_the_exit_code_is_two() {
    let home = Home::new();
    let spoiled =
        EXAMPLE.replace("status: active", "status: active\nstaus: x").replace("visit_minutes * 60", "visit_hours * 60");
    home.write("feed.yaml", spoiled);
    home.write("bytes.yaml", b"a: \xff");
    for command in ["lint", "show"] {
        let ended = home.run(&["contract", command, "feed.yaml"]);
        assert_eq!((ended.code, &*ended.stdout), (2, ""));
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines[0], "feed.yaml:9:1: the contract has no key `staus`; did you mean `status`?");
        assert!(lines[1].starts_with("feed.yaml:119:25: there is no column visit_hours"), "{lines:?}");
    }
    let ended = home.run(&["contract", "lint", "bytes.yaml"]);
    assert_eq!((ended.code, &*ended.stderr), (2, "bytes.yaml:1:4: the file is no UTF-8 here; save it as UTF-8\n"));
}

#[test]
fn a_file_that_is_not_there_is_told_with_the_built_in_names() {
    let failed = Home::new().run(&["contract", "lint", "feed.yaml"]).failed(2);
    assert!(failed.contains("there is no file feed.yaml; the built-in contracts are drivendata and glue"), "{failed}");
}

#[test]
fn what_a_contract_says_is_shown_in_words() {
    let home = Home::new();
    home.write("feed.yaml", EXAMPLE);
    let shown = home.run(&["contract", "show", "feed.yaml"]).succeeded();
    for words in [
        "LeadData visits (leaddata-visits 1.0.0)",
        "Batches are leads_{date}*.csv in UTF-8.",
        "Cells are separated by ';' and quoted by '\"'; the header is line 1.",
        "A run reads the batches of 7 days, ending at its own date.",
        "Columns that the contract does not name are not published.",
        "Of rows with the same customer_id, the last is kept.",
        "Filter 2, duration: keep rows where visit_minutes >= :min_visit_minutes",
        "PARAM_BIG_ORDER_FROM",
        "1000.00",
        "called Amount, decimal comma, - n/a mean nothing",
        "becomes nobody@example.com",
        "decimal(22,2)",
        "CAST(visited_at AS DATE)",
    ] {
        assert!(shown.contains(words), "{words} is not in {shown}");
    }
}

#[test]
fn what_changes_from_one_contract_to_another_is_told_and_the_exit_code_shows_whether_anything_does() {
    let home = Home::new();
    home.write("old.yaml", EXAMPLE);
    home.write(
        "new.yaml",
        EXAMPLE.replace("windowDays: 7", "windowDays: 3").replace("version: 1.0.0", "version: 1.1.0"),
    );
    home.write("same.yaml", EXAMPLE.replace("Full name of the customer.", "What the customer is called."));
    home.write("wrong.yaml", EXAMPLE.replace("status: active", "status: active\nstaus: x"));
    let cases = [
        (["old.yaml", "new.yaml"], 1, "days of the window: 7 → 3\n"),
        (["new.yaml", "old.yaml"], 1, "days of the window: 3 → 7\n"),
        (["old.yaml", "same.yaml"], 0, "nothing changes in the outputs\n"),
        (["drivendata", "drivendata"], 0, "nothing changes in the outputs\n"),
        (["old.yaml", "wrong.yaml"], 2, ""),
        (["wrong.yaml", "old.yaml"], 2, ""),
        (["old.yaml", "missing.yaml"], 2, ""),
    ];
    for (files, code, said) in cases {
        let ended = home.run(&["contract", "diff", files[0], files[1]]);
        assert_eq!((ended.code, &*ended.stdout), (code, said), "{files:?} {}", ended.stderr);
        assert_eq!(ended.stderr.is_empty(), code < 2, "{files:?} {}", ended.stderr);
    }
    let help = home.run(&["contract", "diff", "--help"]).succeeded();
    assert!(help.contains("Exit codes: 0 nothing changes in the outputs, 1 something does"), "{help}");
}

#[test]
fn the_date_of_a_column_with_a_format_is_that_of_its_moment() {
    let home = Home::new();
    let with_dates = EXAMPLE.replace("CAST(visited_at AS DATE)", "DATE(visited_at)");
    assert_ne!(with_dates, EXAMPLE);
    home.write("cast.yaml", EXAMPLE);
    home.write("date.yaml", with_dates);
    let day = include_str!("../../../contracts/examples/leaddata/raw_data/leads_2024-09-14.csv");
    let published = ["cast", "date"].map(|name| {
        home.write(&format!("{name}/raw_data/leads_2024-09-14.csv"), day);
        let contract = format!("{name}.yaml");
        home.run(&["contract", "lint", &contract]).succeeded();
        let run = ["run", "--lake", name, "--contract", &contract, "--param", "visited_from=2024-09-13"];
        home.run(&run).succeeded();
        home.read(&format!("{name}/transformed_data/days/csv/run_date=2024-09-14/days.csv"))
    });
    assert_eq!(published[0], published[1]);
    assert!(published[0].contains("\n2024-09-13,long,"), "{}", published[0]);
}

#[test]
fn tables_and_template_are_printed_for_a_file_and_without_one_for_the_built_in_contract() {
    let home = Home::new();
    home.write("feed.yaml", EXAMPLE);
    let printed = |arguments: &[&str]| home.run(&[&["contract"], arguments].concat()).succeeded();
    assert_eq!(printed(&["template"]), include_str!("../../../template.yaml"));
    assert_eq!(printed(&["template", "drivendata"]), printed(&["template"]));
    assert!(printed(&["template", "feed.yaml", "--input-prefix", "in/"]).contains("INPUT_PREFIX: in/\n"));
    let statements = printed(&["tables", "feed.yaml", "--bucket", "lead-lake", "--output-prefix", "out/"]);
    assert!(statements.starts_with("CREATE EXTERNAL TABLE IF NOT EXISTS `leaddata_visits`.`visits` ("), "{statements}");
    assert!(statements.contains("LOCATION 's3://lead-lake/out/campaigns/csv/'"), "{statements}");
    let resources = printed(&["tables", "--format", "cloudformation", "--bucket", "lead-lake"]);
    assert!(resources.contains("Location: !Sub s3://lead-lake/transformed_data/filtered/parquet/\n"), "{resources}");
    let refused = home.run(&["contract", "template", "feed.yaml", "--output-prefix", "o*t/"]).failed(2);
    assert!(refused.contains("cannot be called \"o*t/\""), "{refused}");
}
