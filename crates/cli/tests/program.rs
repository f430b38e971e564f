//! Starts the program in a folder of its own, with nothing of this process's environment.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A home folder, which is also where the program is started.
pub(crate) struct Home(TempDir);

/// How the program ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.path().join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The program with `arguments`, to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drivendata"));
        command.args(arguments).env_clear().env("HOME", self.path()).current_dir(self.path());
        // Nobody's credentials are looked for on the network.
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments).output().expect("the program starts"))
    }
}

/// What came out, which holds no panic.
pub(crate) fn ended(output: Output) -> Ended {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(!stderr.contains("panicked"), "{stderr}");
    Ended { code: output.status.code().expect("an exit code"), stdout, stderr }
}

impl Ended {
    /// The standard output of a success that had nothing to complain about.
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, 0, "{}", self.stderr);
        assert!(!self.stderr.contains("error"), "{}", self.stderr);
        self.stdout
    }

    /// The one line on standard error of a failure with this exit code, which answered nothing.
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "", "what failed is no answer");
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        assert_eq!(self.stderr.trim_end().lines().count(), 1, "{}", self.stderr);
        self.stderr
    }

    /// What the argument parser complains about; its exit code is 2.
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.code, 2, "{}{}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "");
        self.stderr
    }
}
