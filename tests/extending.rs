//! docs/extending.md against the program: what it says has to be touched is what has to be touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use drivendata_transform::contract::{Contract, built_in, read};
use drivendata_transform::sinks::format::FORMATS;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/extending.md")).expect("the page")
}

/// The sources of the program by their paths, but for its tests.
fn sources() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root().join("src"), root().join("crates")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root()).expect("below the root").display().to_string();
            if path.is_dir() && !path.ends_with("tests") {
                open.push(path);
            } else if name.ends_with(".rs") && !name.contains("tests") {
                let text = fs::read_to_string(&path).expect("a source");
                let program = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
                found.insert(name, program);
            }
        }
    }
    found
}

/// The files whose program holds one of these texts.
fn files_with(texts: &[&str]) -> BTreeSet<String> {
    let holds = |(_, text): &(String, String)| texts.iter().any(|wanted| text.contains(wanted));
    sources().into_iter().filter(holds).map(|(name, _)| name).collect()
}

fn contract(text: &str) -> Contract {
    read(text, &BTreeMap::new()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
}

/// DrivenData's contract with one line more, after the first line that holds `after`.
fn with_line(after: &str, line: &str) -> Contract {
    let text = built_in("drivendata").expect("built in");
    let at = text.find(after).expect("the line");
    let end = at + text[at..].find('\n').expect("its end") + 1;
    contract(&format!("{}{line}\n{}", &text[..end], &text[end..]))
}

#[test]
fn every_file_that_the_page_names_is_there() {
    let page = page();
    let paths = page.split('`').filter(|text| text.contains('/') && text.ends_with(".rs") || text.ends_with(".py"));
    for path in paths {
        assert!(root().join(path).is_file(), "{path}");
    }
}

#[test]
fn columns_rules_parameters_and_groups_are_lines_of_a_contract() {
    let before = contract(built_in("drivendata").expect("built in"));
    let column = with_line("    properties:", "      - {name: shoe_size, logicalType: integer, physicalType: int}");
    assert_eq!(column.rows.columns.len(), before.rows.columns.len() + 1);
    let derived = with_line(
        "transformLogic: MASK_EMAIL(email, :masking)",
        "      - {name: is_long, logicalType: boolean, transformLogic: session_duration > 3600}",
    );
    assert_eq!(derived.rows.derived.len(), before.rows.derived.len() + 1);
    let filter =
        with_line("            keep: session_duration >", "          - {name: named, keep: person_name IS NOT NULL}");
    assert_eq!(filter.rows.filters.len(), before.rows.filters.len() + 1);
    let parameter = with_line("      moderate_from: 30", "      vat: 0.19");
    assert!(parameter.parameters.iter().any(|parameter| parameter.variable == "PARAM_VAT"));
    let text = format!(
        "{}  - name: levels\n    customProperties: [{{property: from, value: filtered}}]\n    properties:\n      - {{name: \
         activity_level, logicalType: string, primaryKey: true, primaryKeyPosition: 1}}\n      - {{name: longest, \
         logicalType: integer, physicalType: int, transformLogic: MAX(session_duration)}}\n",
        built_in("drivendata").expect("built in")
    );
    assert_eq!(contract(&text).groups.len(), before.groups.len() + 1);
}

#[test]
fn the_files_that_know_every_type_are_those_of_the_page() {
    let page = page();
    let (_, table) = page.split_once("## The files that know every type").expect("the section");
    let listed: BTreeSet<String> = table.lines().filter_map(|line| line.split('`').nth(1)).map(str::to_owned).collect();
    assert_eq!(listed, files_with(&["ColumnType::Timestamp", "Self::Timestamp"]));
}

#[test]
fn a_format_is_named_in_one_place() {
    for format in FORMATS {
        let files = files_with(&[&format!("\"{}\"", format.name)]);
        assert_eq!(files, BTreeSet::from(["src/sinks/format.rs".to_owned()]), "{}", format.name);
    }
}

#[test]
fn every_store_passes_the_suite_of_stores() {
    let stores = files_with(&["impl Store for "]);
    assert_eq!(stores, BTreeSet::from(["src/store/local.rs", "src/store/s3.rs"].map(str::to_owned)));
    let suite = fs::read_to_string(root().join("tests/store_contract.rs")).expect("the suite");
    for store in ["LocalStore", "S3Store"] {
        assert!(suite.contains(store), "{store}");
    }
}
