//! Lists a folder the way S3 lists a bucket: by prefix, in key order, files only.

use std::fs;
use std::path::Path;

use super::version::version_of;
use super::{io_failed, is_absence};
use crate::error::Result;
use crate::store::ObjectVersion;

/// Every file below `root` whose key starts with `prefix` and comes after `start_after`, in key order.
///
/// Walks only from the deepest folder that the prefix names. Hidden files and folders and names that are not UTF-8 are
/// not objects; links to files are followed, links to folders are not (they may lead back up).
pub(super) fn list(root: &Path, prefix: &str, start_after: Option<&str>) -> Result<Vec<ObjectVersion>> {
    let folder_key = prefix.rfind('/').map_or("", |end| &prefix[..=end]);
    if !folder_key.is_empty() && !folder_key.trim_end_matches('/').split('/').all(is_object_name) {
        return Ok(Vec::new());
    }
    let mut walk = Walk { prefix, start_after, found: Vec::new() };
    walk.folder(&root.join(folder_key), folder_key)?;
    walk.found.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(walk.found)
}

/// Whether a file or folder of this name belongs to the lake.
pub(super) fn is_object_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains('\0')
}

struct Walk<'a> {
    prefix: &'a str,
    start_after: Option<&'a str>,
    found: Vec<ObjectVersion>,
}

impl Walk<'_> {
    /// Lists one folder; `folder_key` is empty or ends with `/`.
    fn folder(&mut self, path: &Path, folder_key: &str) -> Result<()> {
        let failed = |error| io_failed("folder could not be listed", error).at(folder_key);
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            // A missing root is a mistake; a missing folder below it is a prefix without objects.
            Err(error) if is_absence(&error) && !folder_key.is_empty() => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| is_object_name(name)) else { continue };
            let key = format!("{folder_key}{name}");
            if entry.file_type().map_err(failed)?.is_dir() {
                let folder_key = key + "/";
                if self.may_hold_wanted_keys(&folder_key) {
                    self.folder(&entry.path(), &folder_key)?;
                }
                continue;
            }
            if !self.wants(&key) {
                continue;
            }
            match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_file() => self.found.push(version_of(&key, &metadata)),
                Ok(_) => {}
                // Removed since, or a link that leads nowhere.
                Err(error) if is_absence(&error) => {}
                Err(error) => return Err(io_failed("could not be examined", error).at(key)),
            }
        }
        Ok(())
    }

    fn wants(&self, key: &str) -> bool {
        key.starts_with(self.prefix) && self.start_after.is_none_or(|start_after| key > start_after)
    }

    fn may_hold_wanted_keys(&self, folder_key: &str) -> bool {
        let all_too_early = |start: &str| folder_key <= start && !start.starts_with(folder_key);
        folder_key.starts_with(self.prefix) && !self.start_after.is_some_and(all_too_early)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(root: &Path, prefix: &str, start_after: Option<&str>) -> Vec<String> {
        let found = list(root, prefix, start_after).expect("the folder can be listed");
        found.into_iter().map(|version| version.key).collect()
    }

    fn lake(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary folder");
        for key in files {
            let path = root.path().join(key);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders can be created");
            fs::write(path, key).expect("files can be written");
        }
        root
    }

    #[test]
    fn hidden_files_are_not_objects() {
        let root = lake(&["a", ".b", ".staging/c", "d/.e", "d/f"]);
        assert_eq!(keys(root.path(), "", None), ["a", "d/f"]);
        assert_eq!(keys(root.path(), ".staging/", None), [""; 0]);
        assert_eq!(keys(root.path(), "d/../", None), [""; 0]);
    }

    #[test]
    fn keys_are_ordered_by_their_bytes_not_folder_by_folder() {
        let root = lake(&["a/b", "a.csv", "a-b", "a0"]);
        assert_eq!(keys(root.path(), "a", None), ["a-b", "a.csv", "a/b", "a0"]);
    }

    #[test]
    fn a_listing_can_start_within_a_folder() {
        let root = lake(&["a/1", "a/2", "b/1", "b/2", "c"]);
        assert_eq!(keys(root.path(), "", Some("a/2")), ["b/1", "b/2", "c"]);
        assert_eq!(keys(root.path(), "", Some("b/1")), ["b/2", "c"]);
        assert_eq!(keys(root.path(), "b/", Some("a")), ["b/1", "b/2"]);
    }

    #[test]
    fn unrelated_folders_are_not_walked() {
        let walk = Walk { prefix: "raw_data/batch_", start_after: Some("raw_data/batch_b/c"), found: Vec::new() };
        assert!(walk.may_hold_wanted_keys("raw_data/batch_b/"));
        assert!(walk.may_hold_wanted_keys("raw_data/batch_c/"));
        assert!(!walk.may_hold_wanted_keys("raw_data/batch_a/"), "before the start");
        assert!(!walk.may_hold_wanted_keys("raw_data/other/"), "not under the prefix");
    }

    #[test]
    fn links_to_files_are_followed_and_links_to_folders_are_not() {
        let root = lake(&["a/1"]);
        std::os::unix::fs::symlink("1", root.path().join("a/2")).expect("links can be made");
        std::os::unix::fs::symlink("nowhere", root.path().join("a/3")).expect("links can be made");
        std::os::unix::fs::symlink("..", root.path().join("a/up")).expect("links can be made");
        assert_eq!(keys(root.path(), "a/", None), ["a/1", "a/2"]);
    }

    #[test]
    fn a_missing_folder_is_empty_but_a_missing_lake_is_a_mistake() {
        let root = lake(&["a"]);
        assert_eq!(keys(root.path(), "b/c", None), [""; 0]);
        assert_eq!(keys(root.path(), "a/c", None), [""; 0]);
        let error = list(&root.path().join("b"), "", None).expect_err("there is no lake");
        assert_eq!(error.kind(), crate::error::ErrorKind::Configuration);
    }
}
