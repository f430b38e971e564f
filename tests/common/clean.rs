//! The measure of every run: what a clean recomputation of the same inputs publishes.

use std::collections::BTreeMap;

use drivendata_transform::day::manifest::Manifest;
use serde_json::Value;

use super::lakes::{DataLake, Objects};

/// What is published, made comparable: output bytes as they are, manifests without what differs from run to run.
pub type Published = BTreeMap<String, String>;

/// The lake's outputs and manifests.
pub fn published(lake: &DataLake) -> Published {
    lake.objects("transformed_data/").into_iter().map(comparable).collect()
}

/// What runs of these dates publish of these inputs in a lake where nothing ever happened.
pub async fn recomputed(inputs: &Objects, run_dates: &[&str], settings: &[(&str, &str)]) -> Published {
    let lake = DataLake::folder();
    for (key, bytes) in inputs {
        lake.put(key, bytes);
    }
    for run_date in run_dates {
        lake.run(run_date, settings).await.expect("a clean run");
    }
    published(&lake)
}

/// Fails, naming the objects, unless what is published is what a clean recomputation of the lake's inputs gives,
/// and each manifest names exactly the versions that are there.
pub async fn assert_clean(lake: &DataLake, run_dates: &[&str], settings: &[(&str, &str)], context: &str) {
    let expected = recomputed(&lake.inputs(), run_dates, settings).await;
    assert_same(&published(lake), &expected, context);
    for run_date in run_dates {
        let manifest = manifest(lake, run_date).expect("a manifest");
        assert!(is_true(lake, &manifest).await, "{context}: the manifest of {run_date} names other versions");
    }
}

/// Fails, naming the objects, unless both hold the same.
pub fn assert_same(actual: &Published, expected: &Published, context: &str) {
    assert_eq!(
        actual.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>(),
        "{context}: other objects than expected"
    );
    for (key, expected) in expected {
        assert!(actual[key] == *expected, "{context}: {key} differs:\n{}\nexpected:\n{expected}", actual[key]);
    }
}

/// The manifest of a date, if there is one.
pub fn manifest(lake: &DataLake, run_date: &str) -> Option<Manifest> {
    let objects = lake.objects(&format!("transformed_data/runs/run_date={run_date}/manifest.json"));
    objects.into_values().next().map(|json| serde_json::from_slice(&json).expect("a readable manifest"))
}

/// Whether the outputs are the versions that a manifest names.
pub async fn is_true(lake: &DataLake, manifest: &Manifest) -> bool {
    let store = lake.store();
    for output in &manifest.outputs {
        let current = store.head(&output.version.key).await.expect("it can be examined");
        if current.as_ref() != Some(&output.version) {
            return false;
        }
    }
    true
}

fn comparable((key, bytes): (String, Vec<u8>)) -> (String, String) {
    if !key.ends_with("manifest.json") {
        // No byte is lost, and a difference can be shown.
        return (key, bytes.escape_ascii().to_string());
    }
    let mut manifest: Value = serde_json::from_slice(&bytes).expect("a readable manifest");
    let fields = manifest.as_object_mut().expect("an object");
    fields.remove("timings").expect("timings");
    fields.remove("memory").expect("memory");
    for list in ["inputs", "outputs", "left_out"] {
        for object in fields[list].as_array_mut().expect("a list") {
            object.as_object_mut().expect("an object").remove("etag").expect("an etag");
        }
    }
    (key, format!("{manifest:#}"))
}
