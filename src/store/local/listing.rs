//! Lists a folder the way S3 lists a bucket: by prefix, in key order, files only.

use std::fs;
use std::path::Path;

use super::version::version_of;
use super::{io_failed, is_absence};
use crate::error::Result;
use crate::store::ObjectVersion;

/// Every file below `root` whose key starts with `prefix`, in key order.
///
/// Walks only from the deepest folder that the prefix names. Hidden files and folders and names that are not UTF-8 are
/// not objects; links to files are followed, links to folders are not (they may lead back up).
pub(super) fn list(root: &Path, prefix: &str) -> Result<Vec<ObjectVersion>> {
    let folder_key = prefix.rfind('/').map_or("", |end| &prefix[..=end]);
    if !folder_key.is_empty() && !folder_key.trim_end_matches('/').split('/').all(is_object_name) {
        return Ok(Vec::new());
    }
    let mut walk = Walk { prefix, found: Vec::new() };
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
                if folder_key.starts_with(self.prefix) {
                    self.folder(&entry.path(), &folder_key)?;
                }
                continue;
            }
            if !key.starts_with(self.prefix) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(root: &Path, prefix: &str) -> Vec<String> {
        let found = list(root, prefix).expect("the folder can be listed");
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
        assert_eq!(keys(root.path(), ""), ["a", "d/f"]);
        assert_eq!(keys(root.path(), ".staging/"), [""; 0]);
        assert_eq!(keys(root.path(), "d/../"), [""; 0]);
    }

    #[test]
    fn keys_are_ordered_by_their_bytes_not_folder_by_folder() {
        let root = lake(&["a/b", "a.csv", "a-b", "a0"]);
        assert_eq!(keys(root.path(), "a"), ["a-b", "a.csv", "a/b", "a0"]);
    }

    #[test]
    fn only_keys_under_the_prefix_are_listed() {
        let root = lake(&["raw_data/batch_a/1", "raw_data/batch_b", "raw_data/other/1"]);
        assert_eq!(keys(root.path(), "raw_data/batch_"), ["raw_data/batch_a/1", "raw_data/batch_b"]);
    }

    #[test]
    fn links_to_files_are_followed_and_links_to_folders_are_not() {
        let root = lake(&["a/1"]);
        std::os::unix::fs::symlink("1", root.path().join("a/2")).expect("links can be made");
        std::os::unix::fs::symlink("nowhere", root.path().join("a/3")).expect("links can be made");
        std::os::unix::fs::symlink("..", root.path().join("a/up")).expect("links can be made");
        assert_eq!(keys(root.path(), "a/"), ["a/1", "a/2"]);
    }

    #[test]
    fn a_missing_folder_is_empty_but_a_missing_lake_is_a_mistake() {
        let root = lake(&["a"]);
        assert_eq!(keys(root.path(), "b/c"), [""; 0]);
        assert_eq!(keys(root.path(), "a/c"), [""; 0]);
        let error = list(&root.path().join("b"), "").expect_err("there is no lake");
        assert_eq!(error.kind(), crate::error::ErrorKind::Configuration);
    }
}
