//! The house: which room may know which, and how large and how called its parts are.
//!
//! A room is a module of the library's root. What an arrow forbids is explained in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms that must never know others.
const FORBIDDEN: &[(&[&str], &[&str])] = &[
    // Rules work on plain values.
    (&["rules"], &["config", "store", "schema", "contract", "sinks", "engine", "day", "trigger"]),
    (&["rows", "group", "expr", "schema"], &["config", "store", "sinks", "engine", "day"]),
    // A reader knows text and names, no columns of a contract.
    (&["read"], &["contract", "schema", "rows", "config", "store"]),
    (&["contract"], &["config", "store", "schema", "rows", "sinks", "engine", "day"]),
    // Writers see `io::Write`.
    (&["engine", "sinks"], &["config", "store", "day"]),
    (&["trigger"], &["store", "config", "engine", "day"]),
    (&["store"], &["engine", "sinks", "day", "contract", "config"]),
    (&["warnings"], &["config", "store", "day"]),
    // Errors, logs and helpers serve all and know none.
    (&["visible", "distance", "seed", "host"], &["contract", "rows", "engine", "sinks", "day", "store", "config"]),
];

/// Two rooms that know each other, and why. There must be no other pair.
const CIRCLES: &[(&str, &str)] = &[
    // The settings fill options that a day defines, and a day goes by its settings.
    ("config", "day"),
    ("config", "lake"),
    // A contract holds expressions, which have a contract's types.
    ("contract", "expr"),
    // The engine feeds sinks, which end with the engine's figures.
    ("engine", "sinks"),
    // A tally keeps shapes of unreadable cells, which warnings explain from a tally.
    ("engine", "warnings"),
    // A chunk carries the keys of its groups, and groups add up a chunk's arrays.
    ("group", "rows"),
];

/// Packages that the product must not depend on.
const TOOLS: [&str; 5] =
    ["drivendata-analyze", "drivendata-cli", "drivendata-deploy", "drivendata-generate", "strict-s3"];

const LINES_MAX: usize = 400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder, by their paths from the repository's top.
fn files(folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).expect("below the top").display().to_string();
                found.insert(name, fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    found
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/")
}

/// A file without its tests and comments.
fn program(text: &str) -> String {
    let program = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    program.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The room that a file of `src` is in.
fn room(path: &str) -> &str {
    path.trim_start_matches("src/").split(['/', '.']).next().unwrap_or_default()
}

/// The rooms that each room knows, with the files that say so.
fn known_rooms(sources: &BTreeMap<String, String>) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut known: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources.iter().filter(|(path, _)| !is_test(path) && !matches!(room(path), "main" | "lib")) {
        for after in program(text).split("crate::").skip(1) {
            let names: Vec<&str> = match after.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or_default().split(',').collect(),
                None => vec![after],
            };
            for name in names {
                let name =
                    name.trim().split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
                if name != room(path) {
                    known.entry((room(path).to_owned(), name.to_owned())).or_default().insert(path.clone());
                }
            }
        }
    }
    known
}

/// The forbidden arrows among those that are drawn.
fn wrong_arrows(sources: &BTreeMap<String, String>) -> Vec<String> {
    let known = known_rooms(sources);
    let is_forbidden =
        |from: &str, to: &str| FORBIDDEN.iter().any(|(rooms, others)| rooms.contains(&from) && others.contains(&to));
    let wrong = known.iter().filter(|((from, to), _)| is_forbidden(from, to));
    wrong.map(|((from, to), files)| format!("{from} -> {to}: {files:?}")).collect()
}

#[test]
fn no_room_knows_one_that_it_must_not_know() {
    assert_eq!(wrong_arrows(&files("src")), Vec::<String>::new());
}

#[test]
fn every_forbidden_arrow_is_found_when_it_is_drawn() {
    let sources = files("src");
    for (rooms, others) in FORBIDDEN {
        for (from, to) in rooms.iter().flat_map(|from| others.iter().map(move |to| (from, to))) {
            let path = sources.keys().find(|path| room(path) == *from && !is_test(path));
            let path = path.unwrap_or_else(|| panic!("there is no room {from}")).clone();
            assert!(sources.keys().any(|path| room(path) == *to), "there is no room {to}");
            for import in [format!("use crate::{to}::Thing;\n"), format!("use crate::{{seed, {to}::Thing}};\n")] {
                let drawn = BTreeMap::from([(path.clone(), import)]);
                assert_eq!(wrong_arrows(&drawn).len(), 1, "{from} -> {to}");
            }
        }
    }
}

#[test]
fn no_two_rooms_know_each_other_but_the_listed_ones() {
    let known = known_rooms(&files("src"));
    let is_mutual = |(from, to): &&(String, String)| from < to && known.contains_key(&(to.clone(), from.clone()));
    let circles: Vec<(&str, &str)> =
        known.keys().filter(is_mutual).map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(circles, CIRCLES);
}

#[test]
fn the_product_depends_on_no_tool() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").expect("the dependencies");
    let dependencies = dependencies.split("\n[dev-dependencies]").next().unwrap_or_default();
    for tool in TOOLS {
        assert!(!dependencies.contains(tool), "{tool}");
        assert!(root().join("crates").read_dir().expect("packages").any(|package| {
            let manifest = package.expect("a package").path().join("Cargo.toml");
            fs::read_to_string(manifest).is_ok_and(|manifest| manifest.contains(&format!("name = \"{tool}\"")))
        }));
    }
}

#[test]
fn every_dependency_is_used() {
    let mut packages = vec![(".".to_owned(), ["src", "tests", "benches"].map(str::to_owned).to_vec())];
    for package in fs::read_dir(root().join("crates")).expect("packages") {
        let name = format!("crates/{}", package.expect("a package").file_name().display());
        // The tests of the command line share what all tests share.
        packages.push((name.clone(), vec![name, "tests/common".to_owned()]));
    }
    for (package, folders) in packages {
        let manifest = fs::read_to_string(root().join(&package).join("Cargo.toml")).expect("a manifest");
        let folders = folders.iter().filter(|folder| root().join(folder).is_dir());
        let sources: String = folders.flat_map(|folder| files(folder).into_values()).collect();
        let mut is_dependency = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                is_dependency = line.ends_with("dependencies]") && !line.starts_with("[workspace");
            } else if is_dependency && line.starts_with(|c: char| c.is_ascii_lowercase()) {
                let name = line.split(['.', ' ']).next().unwrap_or_default();
                let name = name.replace('-', "_");
                let is_used =
                    sources.split(&name).skip(1).any(|after| after.starts_with("::") || after.starts_with('!'));
                assert!(is_used, "{package}: {name}");
            }
        }
    }
}

#[test]
fn packages_of_their_own_know_nothing_of_the_product() {
    for package in ["spark-cast", "parquet-text", "strict-s3", "generate"] {
        let manifest = fs::read_to_string(root().join(format!("crates/{package}/Cargo.toml"))).expect("a manifest");
        assert!(!manifest.contains("drivendata-transform"), "{package}");
    }
}

#[test]
fn no_feature_hides_a_part_of_the_program() {
    for (path, text) in files("src").into_iter().chain(files("crates")) {
        assert!(!program(&text).contains("cfg(feature"), "{path}");
    }
}

#[test]
fn no_file_is_longer_than_what_one_reads_in_a_sitting() {
    let all = ["src", "crates", "tests", "benches"].into_iter().flat_map(files);
    let long = all.filter(|(_, text)| text.lines().count() > LINES_MAX).map(|(path, _)| path);
    assert_eq!(long.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn no_two_public_types_have_one_name() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in files("src").into_iter().chain(files("crates")).filter(|(path, _)| !is_test(path)) {
        for line in program(&text).lines().map(str::trim_start) {
            let is_type = ["pub struct ", "pub enum ", "pub trait ", "pub type ", "pub union "];
            if let Some(rest) = is_type.iter().find_map(|start| line.strip_prefix(start)) {
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.entry(name).or_default().push(path.clone());
            }
        }
    }
    // Each module of errors has its own short name for results.
    found.retain(|name, paths| name != "Result" && paths.len() > 1);
    assert_eq!(found, BTreeMap::new());
}

#[test]
fn every_file_of_tests_is_part_of_a_program_of_tests() {
    for folder in ["tests", "crates/cli/tests"] {
        let all = fs::read_to_string(root().join(folder).join("all.rs")).expect("the program of tests");
        let names = fs::read_dir(root().join(folder)).expect("a folder").filter_map(|entry| {
            let path = entry.expect("an entry").path();
            let is_source = path.extension().is_some_and(|extension| extension == "rs");
            is_source.then(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
        });
        for name in names.filter(|name| name != "all") {
            assert!(all.contains(&format!("mod {name};")), "{folder}/{name}.rs");
        }
    }
    assert!(Path::new(&root()).join("tests/all.rs").is_file());
}
