//! The commands of README.md in their order, as a new user types them, and the sample of docs/operations.md.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::common::batches::generated;
use crate::program::Home;

/// The sections whose commands run one after the other in one folder.
const SECTIONS: [&str; 4] = ["Try it", "Use it", "Use it for your feed", "Look at the data"];

/// The bucket that the README's examples on S3 name.
const BUCKET: &str = "bucket";

/// What the README's `make run` leaves, and what docs/operations.md shows of it.
const MANIFEST: &str = "lake/driven-data-bucket/transformed_data/runs/run_date=2024-09-15/manifest.json";

fn repository(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of the `sh` blocks of these sections, in order, without comments.
fn commands(readme: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for section in SECTIONS {
        let (_, text) =
            readme.split_once(&format!("\n## {section}\n")).unwrap_or_else(|| panic!("no section {section}"));
        let text = text.split("\n## ").next().unwrap_or_default();
        let blocks = text.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
        let lines = blocks.flat_map(str::lines).map(|line| line.split(" #").next().unwrap_or_default().trim());
        commands.extend(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned));
    }
    commands
}

/// A folder with the files of the repository that the commands name, and an S3 server beside it for `s3://bucket`.
struct NewUser {
    home: Home,
    server: std::process::Child,
    access: Vec<(String, String)>,
}

impl NewUser {
    fn new() -> Self {
        let home = Home::new();
        for file in [
            "events/put.json",
            "contracts/examples/leaddata.odcs.yaml",
            "contracts/examples/leaddata/raw_data/leads_2024-09-14.csv",
            "contracts/examples/leaddata/raw_data/leads_2024-09-15.csv",
        ] {
            home.write(file, repository(file));
        }
        for prefix in ["", "prefix/"] {
            for date in ["2024-09-14", "2024-09-15"] {
                let batch = generated(date, 100).0;
                home.write(&format!(".s3/{BUCKET}/{prefix}raw_data/batch_{date}.csv"), batch);
            }
        }
        let mut server = home.command(&["serve", "--folder", ".s3"]).stdout(Stdio::piped()).spawn().expect("a server");
        let printed = BufReader::new(server.stdout.take().expect("a pipe")).lines().take(4);
        let access = printed.map(|line| {
            let line = line.expect("a line");
            let (name, value) = line.split_once('=').expect("NAME=value");
            (name.to_owned(), value.to_owned())
        });
        let access = access.collect();
        Self { home, server, access }
    }

    /// Runs a line of the README. What is neither of the program's nor of make's is not understood.
    fn run(&self, line: &str) -> Result<(), String> {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["make", target] => match recipe(target)?.as_deref() {
                // The one target that is for users; the others are for developers, and some ask registries.
                Some(recipe) if target == "run" => self.run(recipe),
                _ => Ok(()),
            },
            ["drivendata", "serve", ..] => self.serve(line),
            ["drivendata" | "mkdir" | "cp", ..] => self.shell(line),
            _ => Err(format!("this test does not know what to do with `{line}`")),
        }
    }

    fn command(&self, line: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_drivendata"));
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", program.parent().expect("a folder").display());
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec {line}")]).env_clear().env("PATH", path).env("HOME", self.home.path());
        command.env("AWS_EC2_METADATA_DISABLED", "true").envs(self.access.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.home.path());
        command
    }

    fn shell(&self, line: &str) -> Result<(), String> {
        let output = self.command(line).output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(format!("`{line}`: {} {said}", output.status)) }
    }

    /// A server goes on until it is ended; it has begun once it has said where it is.
    fn serve(&self, line: &str) -> Result<(), String> {
        let mut server = self.command(line).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a shell");
        let lines = BufReader::new(server.stdout.take().expect("a pipe")).lines();
        let has_begun = lines.map_while(Result::ok).any(|line| line.starts_with("AWS_ENDPOINT_URL=http://"));
        server.kill().expect("an end");
        server.wait().expect("an end");
        if has_begun { Ok(()) } else { Err(format!("`{line}` serves nothing")) }
    }
}

impl Drop for NewUser {
    fn drop(&mut self) {
        // Whether the server still runs is nothing to fail for.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The command of the program that a target of the Makefile runs; `None`: it runs something else.
fn recipe(target: &str) -> Result<Option<String>, String> {
    let makefile = repository("Makefile");
    let mut lines = makefile.lines().skip_while(|line| !line.starts_with(&format!("{target}:")));
    lines.next().ok_or_else(|| format!("the Makefile has no target {target}"))?;
    let recipe = lines.next().and_then(|line| line.strip_prefix("\t$(CARGO) run --locked --bin drivendata -- "));
    Ok(recipe.map(|arguments| format!("drivendata {arguments}")))
}

#[test]
fn the_commands_of_the_readme_succeed_one_after_the_other() {
    let user = NewUser::new();
    let commands = commands(&repository("README.md"));
    assert!(recipe("run").expect("a target").is_some(), "make run is no longer a command of the program");
    for needed in [
        "make run",
        "drivendata run",
        "drivendata invoke",
        "drivendata analyze",
        "drivendata serve",
        "s3://",
        "drivendata contract init",
        "drivendata contract lint",
        "drivendata contract show",
        "--contract",
    ] {
        assert!(commands.iter().any(|command| command.contains(needed)), "{needed} is not in {commands:?}");
    }
    for command in &commands {
        user.run(command).unwrap_or_else(|error| panic!("README.md: {error}"));
    }
    let published = "target/leads/transformed_data/leads/csv/run_date=2024-09-15/leads.csv";
    for file in ["rows.parquet", "analysis.json", published] {
        assert!(user.home.path().join(file).is_file(), "{file} is missing");
    }
    assert_eq!(user.home.read(published).lines().count(), 7, "the header and six rows");
    assert!(!user.home.path().join("contracts/examples/leaddata/transformed_data").exists());
}

#[test]
fn a_command_of_the_readme_that_is_changed_to_nonsense_does_not_succeed() {
    let user = NewUser::new();
    for nonsense in [
        "make rum",
        "drivendata rum --lake lake",
        "drivendata run --lake ./lake",
        "drivendata run --lake s3://bucket --dates 2024-09-15",
        "drivendata run --lake s3://another --date 2024-09-15",
        "drivendata invoke --lake lake events/pot.json",
        "drivendata serve --folders lake",
        "drivendate run --lake lake",
    ] {
        assert!(user.run(nonsense).is_err(), "{nonsense}");
    }
    let readme = "\n## Try it\n```sh\nmake run # all\n```\n\n## Use it\n```sh\nls\n\n# or\nls -l\n```\n\n## Use it for your feed\n## Look at the data\n";
    assert_eq!(commands(readme), ["make run", "ls", "ls -l"]);
}

#[test]
fn the_manifest_of_the_handbook_is_the_one_that_make_run_leaves() {
    let home = Home::new();
    home.run(&["demo"]).succeeded();
    let manifest = home.read(MANIFEST);
    let handbook = repository("docs/operations.md");
    let (_, sample) = handbook.split_once("```jsonc\n").expect("a sample");
    let sample = without_remarks(sample.split("```").next().expect("a sample"));
    let sample: Value = serde_json::from_str(&sample).unwrap_or_else(|error| panic!("{error}: {sample}"));
    let mut differences = Vec::new();
    compare("", &sample, &serde_json::from_str(&manifest).expect("JSON"), &mut differences);
    assert!(differences.is_empty(), "docs/operations.md:\n{}\nThe manifest is\n{manifest}", differences.join("\n"));
}

/// The sample as JSON: without comments, and with `…` as an element or a member.
fn without_remarks(sample: &str) -> String {
    let lines = sample.lines().map(|line| line.split(" //").next().unwrap_or_default());
    let text: String = lines.collect::<Vec<_>>().join("\n");
    let mut pieces = text.split('…');
    let mut json = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        json += if piece.trim_start().starts_with('}') { "\"…\": null" } else { "\"…\"" };
        json += piece;
    }
    json
}

/// What differs from run to run, or with any change of the program.
fn is_volatile(path: &str) -> bool {
    let ends = [
        ".outputs.etag",
        ".outputs.bytes",
        ".outputs.checksum_crc64nvme",
        ".rules_fingerprint",
        ".settings.plan",
        ".contract.sha256",
    ];
    ends.contains(&path) || [".timings.", ".memory.", ".program_version"].iter().any(|start| path.starts_with(start))
}

fn compare(path: &str, sample: &Value, actual: &Value, differences: &mut Vec<String>) {
    match (sample, actual) {
        (Value::Object(sample), Value::Object(actual)) => {
            for (key, value) in sample.iter().filter(|(key, _)| *key != "…") {
                match actual.get(key) {
                    Some(actual) => compare(&format!("{path}.{key}"), value, actual, differences),
                    None => differences.push(format!("{path}.{key} is not in the manifest")),
                }
            }
            if !sample.contains_key("…") {
                let unknown = actual.keys().filter(|key| !sample.contains_key(*key));
                differences.extend(unknown.map(|key| format!("{path}.{key} is not in the sample")));
            }
        }
        (Value::Array(sample), Value::Array(actual)) => {
            let (shown, goes_on) = match sample.split_last() {
                Some((last, shown)) if last == "…" => (shown, true),
                _ => (&sample[..], false),
            };
            if actual.len() < shown.len() || (actual.len() == shown.len()) == goes_on {
                differences.push(format!("{path} has {} elements", actual.len()));
            }
            for (sample, actual) in shown.iter().zip(actual) {
                compare(path, sample, actual, differences);
            }
        }
        _ if is_volatile(path) && std::mem::discriminant(sample) == std::mem::discriminant(actual) => {}
        _ if sample == actual => {}
        _ => differences.push(format!("{path} is {actual}, not {sample}")),
    }
}
