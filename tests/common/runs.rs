//! A lake in a folder that is deleted afterwards, and runs on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use drivendata_transform::config::{Config, RawSettings};
use drivendata_transform::day::{Report, Runner};
use drivendata_transform::engine::Progress;
use drivendata_transform::error::Result;
use drivendata_transform::handler::Handler;
use drivendata_transform::host::Host;
use drivendata_transform::lake;
use drivendata_transform::store::Store;
use drivendata_transform::trigger::event::Force;
use tempfile::TempDir;

/// A lake in a folder.
pub struct Lake {
    folder: TempDir,
}

impl Lake {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Stores an object.
    pub fn write(&self, key: &str, bytes: &[u8]) {
        let path = self.path().join(key);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("an object");
    }

    /// The file of an output, by its key below the output prefix.
    pub fn output(&self, key: &str) -> PathBuf {
        self.path().join("transformed_data").join(key)
    }

    /// A handler on the lake.
    pub async fn handler(&self, settings: &[(&str, &str)]) -> Handler {
        let config = config(&self.path().display().to_string(), settings);
        let store = lake::open(&config).await.expect("a lake");
        Handler::new(runner(store, config))
    }

    /// Runs a date, if something changed. A contract may be a file.
    pub async fn run(&self, run_date: &str, settings: &[(&str, &str)]) -> Result<Report> {
        let config = lake::configure(&raw(&self.path().display().to_string(), settings)).await?;
        let store = lake::open(&config).await?;
        run(&runner(store, config), run_date).await
    }
}

/// Checked settings for a lake.
pub fn config(lake: &str, settings: &[(&str, &str)]) -> Config {
    Config::from_raw(&raw(lake, settings)).expect("usable settings")
}

fn raw(lake: &str, settings: &[(&str, &str)]) -> RawSettings {
    let mut raw = RawSettings::default();
    for (name, value) in [("LAKE", lake)].iter().chain(settings) {
        raw.set(name, *value).expect("a setting");
    }
    raw
}

pub fn runner(store: Arc<dyn Store>, config: Config) -> Runner {
    Runner::new(store, config, Host::this()).expect("a runner")
}

/// Runs a date, if something changed.
pub async fn run(runner: &Runner, run_date: &str) -> Result<Report> {
    let run_date = run_date.parse().expect("a date");
    runner.run(run_date, Force::IfChanged, None, &Arc::new(Progress::default())).await
}

/// Name and content of each CSV output of a date.
pub fn published_csv(lake: &Lake, run_date: &str) -> Vec<(String, Vec<u8>)> {
    let keys = [
        ("filtered.csv", format!("filtered/csv/run_date={run_date}/filtered.csv")),
        ("grouped.csv", format!("grouped/csv/run_date={run_date}/grouped.csv")),
        ("rejected.csv", format!("rejected/run_date={run_date}/rejected.csv")),
    ];
    keys.map(|(name, key)| (name.to_owned(), fs::read(lake.output(&key)).expect("an output"))).into()
}

/// Every file below the output prefix but the manifests (they hold times), by path.
pub fn outputs(lake: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![lake.join("transformed_data")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("manifest.json") {
                let name = path.strip_prefix(lake).expect("below the lake").to_owned();
                found.insert(name, fs::read(&path).expect("an output"));
            }
        }
    }
    found
}
