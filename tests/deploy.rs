//! What is printed of the built-in contract is what the repository has, and another contract changes what it should.

use std::collections::BTreeMap;

use drivendata_deploy::{Feed, Places, cloudformation_tables, ddl_tables, template};
use drivendata_transform::contract::{self, Contract};
use drivendata_transform::sinks::format::FORMATS;

const TEMPLATE: &str = include_str!("../template.yaml");
const EXAMPLE: &str = include_str!("../contracts/examples/leaddata.odcs.yaml");
const PAGE: &str = include_str!("../docs/athena.md");

fn example() -> Contract {
    contract::read(EXAMPLE, &BTreeMap::new()).expect("no mistakes")
}

fn changed(from: &str, to: &str) -> Contract {
    assert_eq!(EXAMPLE.matches(from).count(), 1, "{from}");
    contract::read(&EXAMPLE.replace(from, to), &BTreeMap::new()).expect("no mistakes")
}

#[track_caller]
fn holds(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

#[test]
fn the_template_of_the_built_in_contract_is_the_one_in_the_repository() {
    let contract = contract::drivendata();
    assert_eq!(template(&Feed::built_in(&contract)).expect("a template"), TEMPLATE);
}

#[test]
fn the_tables_of_the_built_in_contract_are_those_of_the_template_and_of_the_page_on_athena() {
    let contract = contract::drivendata();
    let feed = Feed::built_in(&contract);
    let resources = cloudformation_tables(&feed, &Places::default()).expect("tables");
    assert_eq!(resources.matches("AWS::Glue::Table").count(), 5);
    holds(TEMPLATE, &[&format!("\n{resources}\nOutputs:")]);
    let statements = ddl_tables(&feed).expect("tables");
    holds(PAGE, &[&format!("\n```ddl\n{statements}```\n")]);
}

#[test]
fn the_template_of_another_contract_has_nothing_of_the_built_in_one() {
    let contract = example();
    let template = template(&Feed::of_file(&contract)).expect("a template");
    for word in [
        "batch_",
        "Preset",
        "Leaves",
        "PRESET",
        "Accessed",
        "MIN_SESSION",
        "Masking",
        "FilteredBy\"",
        "filtered",
        "unique_id",
    ] {
        assert!(!template.contains(word), "{word}");
    }
    for folder in ["raw_data/", "transformed_data/"] {
        let own = format!("leaddata-visits/{folder}");
        assert_eq!(template.matches(folder).count(), template.matches(&own).count(), "{folder}");
    }
}

#[test]
fn the_template_of_another_contract_has_its_names_keys_filters_parameters_and_tables() {
    let contract = example();
    let template = template(&Feed::of_file(&contract)).expect("a template");
    holds(
        &template,
        &[
            "# This is the template of the contract leaddata-visits, as",
            "  Feed: { Contract: leaddata-visits, StackName: leaddata-visits }\n",
            "    Default: leaddata_visits\n",
            "          - ContractAddress\n          - ParamVisitedFrom\n",
            "  ContractAddress:\n    Type: String\n    AllowedPattern: 's3://",
            "  ParamBigOrderFrom:\n    Type: String\n    Default: \"\"\n    Description: \"Parameter big_order_from; empty: as the contract says (1000.00)\"\n",
            "  WindowDays:\n    Type: String\n    Default: \"\"\n",
            "          PARAM_VISITED_FROM: !Ref ParamVisitedFrom\n",
            "          INPUT_PREFIX: leaddata-visits/raw_data/\n          OUTPUT_PREFIX: leaddata-visits/transformed_data/\n",
            "${BucketName}/leaddata-visits/raw_data/leads_*\n",
            "                  - { Name: prefix, Value: leaddata-visits/raw_data/leads_ }\n",
            "              - wildcard: leaddata-visits/raw_data/leads_*.csv.zst\n",
            "[\".\", \"RowsFilteredByDuration\", \".\", \".\"],\n",
            "  CampaignsCsvTable:\n",
            "            - { Name: order_amount, Type: \"decimal(12,2)\", Comment: \"What the customer ordered during the visit, in euros.\" }\n",
        ],
    );
}

#[test]
fn a_pattern_without_a_common_beginning_or_a_fixed_ending_is_announced_by_its_folder() {
    let contract = changed("objects: leads_{date}*.csv", "objects: \"{yyyy}/{MM}/{dd}/*\"");
    let template = template(&Feed::of_file(&contract)).expect("a template");
    holds(
        &template,
        &[
            "                  - { Name: prefix, Value: leaddata-visits/raw_data/ }\n\n",
            "              - wildcard: leaddata-visits/raw_data/*\n",
            "${BucketName}/leaddata-visits/raw_data/*\n",
        ],
    );
    assert!(!template.contains("Name: suffix"));
}

#[test]
fn a_feed_goes_to_the_places_that_are_chosen_and_to_no_others() {
    let contract = example();
    let places = |input: &str, output: &str| Places {
        bucket: Some("lead-lake".to_owned()),
        input_prefix: Some(input.to_owned()),
        output_prefix: Some(output.to_owned()),
    };
    let feed = Feed::of_file(&contract).at(places("in/", "out/")).expect("a feed");
    let template = template(&feed).expect("a template");
    holds(&template, &["    Default: lead-lake\n", "INPUT_PREFIX: in/\n", "${BucketName}/out/visits/parquet/\n"]);
    let statements = ddl_tables(&feed).expect("tables");
    holds(&statements, &["LOCATION 's3://lead-lake/out/days/csv/'", "`leaddata_visits`.`campaigns`"]);
    for (input, output) in
        [("in", "out/"), ("in/", "/out/"), ("in/../", "out/"), ("in/", "o*t/"), ("in/", "in/out/"), ("a/", "a/")]
    {
        assert!(Feed::of_file(&contract).at(places(input, output)).is_err(), "{input} {output}");
    }
    let bucket = Places { bucket: Some("Lake".to_owned()), ..Places::default() };
    assert!(Feed::of_file(&contract).at(bucket).is_err());
}

#[test]
fn names_of_stacks_folders_and_databases_are_made_of_any_id() {
    for (id, stack) in [
        ("leaddata-visits", "leaddata-visits"),
        ("urn:Lead Data__x", "urn-lead-data-x"),
        ("53b2", "feed-53b2"),
        ("ß", "feed"),
        (&"ab-".repeat(20), "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a"),
    ] {
        let contract = changed("id: leaddata-visits", &format!("id: \"{id}\""));
        let feed = Feed::of_file(&contract);
        assert_eq!((&*feed.stack, feed.database), (stack, stack.replace('-', "_")), "{id}");
        assert_eq!(feed.output_prefix, format!("{stack}/transformed_data/"));
    }
}

#[test]
fn two_outputs_that_would_be_one_table_are_refused() {
    let contract = changed("  - name: days\n", "  - name: visits_csv\n");
    let error = template(&Feed::of_file(&contract)).expect_err("visits as CSV is called so, too");
    assert!(error.to_string().contains("visits_csv"), "{error}");
}

#[test]
fn comments_are_on_one_line_in_quotes_and_as_long_as_glue_takes_them() {
    let description = format!("\"It's a \\\\ \\\"quote\\\",\\n and {}\"", "long ".repeat(100));
    let contract = changed("Number of visits.", &description);
    let feed = Feed::of_file(&contract);
    let statements = ddl_tables(&feed).expect("tables");
    let line = statements.lines().find(|line| line.contains("It\\'s a \\\\ \"quote\", and long")).expect("a comment");
    assert!(line.chars().count() < 300, "{line}");
    let resources = cloudformation_tables(&feed, &Places::default()).expect("tables");
    holds(&resources, &["Comment: \"It's a \\\\ \\\"quote\\\", and long"]);
}

#[test]
fn every_format_that_is_published_has_tables() {
    let contract = example();
    let statements = ddl_tables(&Feed::of_file(&contract)).expect("tables");
    for format in FORMATS {
        holds(&statements, &[&format!("visits/{}/", format.name)]);
    }
}
