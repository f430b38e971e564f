//! Inputs made to break a run: each comes to its right end within the memory granted, and leaves nothing behind.
//!
//! Everything is measured on the program as a process of its own. Its folder lake holds what is staged, too.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use crate::common::batches::{HEADER, row};
use crate::program::{Ended, Home, ended};

const MIB: u64 = 1 << 20;

/// What the process may be larger than it is granted, in MiB: the system counts in pages, and looks are taken between waves.
const TOLERANCE_MIB: u64 = 4;

/// How a run must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Published, with so many rows written.
    Written(u64),
    InvalidInput,
    /// Stopped before anything was read.
    TooLargeAtOnce,
    /// Stopped where an object had more plain text than it may have.
    TooMuchText,
}

struct Case {
    name: &'static str,
    /// Name after the date, and content.
    objects: Vec<(String, Vec<u8>)>,
    flags: &'static [&'static str],
    memory_mib: u64,
    outcome: Outcome,
}

fn case(name: &'static str, object: Vec<u8>, memory_mib: u64, outcome: Outcome) -> Case {
    Case { name, objects: vec![(".csv".to_owned(), object)], flags: &[], memory_mib, outcome }
}

/// A mebibyte of digits without a pattern, twice: no page of Snappy is made smaller, a large window of Zstandard is.
fn noise() -> String {
    let mut state = 1_u64;
    let mut text = String::with_capacity(2 * MIB as usize);
    while text.len() < MIB as usize {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        write!(text, "{:016x}", state ^ state >> 29).expect("memory");
    }
    text.truncate(MIB as usize);
    text.repeat(2)
}

/// Rows with a note of so many bytes each, compressed by Zstandard with a window that sees the notes again.
fn notes(rows: u32, bytes: usize) -> Vec<u8> {
    let noise = noise();
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    encoder.window_log(22).expect("a window");
    encoder.long_distance_matching(true).expect("an option");
    writeln!(encoder, "{HEADER},note").expect("memory");
    for id in 0..rows {
        let start = id as usize * 8191 % MIB as usize;
        writeln!(encoder, "{},{}", row("Ana", id), &noise[start..start + bytes]).expect("memory");
    }
    encoder.finish().expect("memory")
}

/// Rows with so many further columns, each with a number where `is_filled`.
fn wide(columns: usize, rows: u32, is_filled: bool) -> Vec<u8> {
    let mut text = HEADER.to_owned();
    (0..columns).for_each(|column| write!(text, ",c{column}").expect("memory"));
    for id in 0..rows {
        text.push('\n');
        text.push_str(&row("Ana", id));
        for column in 0..columns as u32 {
            text.push(',');
            if is_filled {
                write!(text, "{}", (id * 7919 + column * 104_729) % 1_000_003).expect("memory");
            }
        }
    }
    text.push('\n');
    text.into_bytes()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

/// The batch with this piece after its header until it has so many bytes, as `compressed` makes it.
fn bomb<W: std::io::Write>(mut encoder: W, piece: &[u8], bytes: usize) -> W {
    writeln!(encoder, "{HEADER}").expect("memory");
    let pieces = piece.repeat(MIB as usize / piece.len());
    (0..bytes / pieces.len()).for_each(|_| encoder.write_all(&pieces).expect("memory"));
    encoder
}

fn gzip_bomb(piece: &[u8], bytes: usize) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    bomb(encoder, piece, bytes).finish().expect("memory")
}

fn zstd_bomb(piece: &[u8], bytes: usize) -> Vec<u8> {
    bomb(zstd::Encoder::new(Vec::new(), 1).expect("an encoder"), piece, bytes).finish().expect("memory")
}

/// Ids that are one place in a set without seed.
fn colliding_ids(rows: u32) -> Vec<u8> {
    let with_id = |number: u32| {
        let row = row("Ana", number);
        let id = format!("{:08x}-{:04x}-0000-9e37-79b97f4a7c15", number >> 16, number & 0xffff);
        format!("{}{id}", &row[..row.len() - id.len()])
    };
    rows_of((0..rows).map(with_id))
}

/// Names that are one place in a map whose hash is known: its first factor becomes zero at the ninth byte.
fn colliding_names(rows: u32) -> Vec<u8> {
    rows_of((0..rows).map(|number| row(&format!("abcdefgh\u{c}gW\u{1ce}r]q{:-<15}{number:08}", ""), number)))
}

fn rows_of(rows: impl Iterator<Item = String>) -> Vec<u8> {
    let mut text = format!("{HEADER}\n");
    rows.for_each(|row| writeln!(text, "{row}").expect("memory"));
    text.into_bytes()
}

fn cases() -> Vec<Case> {
    use Outcome::{InvalidInput, TooLargeAtOnce, TooMuchText, Written};
    let text = |text: String| text.into_bytes();
    let parts = (0..1200).map(|part| (format!("-part-{part:04}.csv"), rows_of([row("Ana", part)].into_iter())));
    vec![
        case("notes of 8 kB", notes(65_536, 8192), 128, Written(65_536)),
        Case {
            flags: &["--parquet-compression", "zstd"],
            ..case("notes, zstd", notes(8000, 8192), 128, Written(8000))
        },
        case("cells of nearly 1 MiB", notes(300, MIB as usize - 400), 128, Written(300)),
        case("cells of 256 KiB", notes(1000, 256 * 1024), 128, Written(1000)),
        case("1,000 columns", wide(984, 4000, true), 160, Written(4000)),
        case("1,000 columns with less memory", wide(984, 40, true), 128, TooLargeAtOnce),
        case("1,000 empty columns", wide(984, 20_000, false), 160, Written(20_000)),
        case("16,384 columns", wide(16_384, 3, false), 256, InvalidInput),
        case("65,000 columns", wide(65_000, 1, false), 256, InvalidInput),
        Case { objects: parts.collect(), ..case("1,200 parts", Vec::new(), 128, Written(1200)) },
        case("short lines, gzip", gzip_bomb(b"a\n", 32 << 20), 128, InvalidInput),
        case("one line, gzip", gzip_bomb(b"a", 512 << 20), 128, InvalidInput),
        case("one line, zstd", zstd_bomb(b"a,", 1 << 30), 128, TooMuchText),
        case("line feeds, zstd", zstd_bomb(b"\n", 512 << 20), 128, Written(0)),
        case("commas", gzip(&text(format!("{HEADER}\n{}\n", ",".repeat(8 << 20)))), 128, InvalidInput),
        Case {
            flags: &["--preset", "glue"],
            ..case("short lines, glue", gzip_bomb(b"a\n", 16 << 20), 192, Written(0))
        },
        case("colliding ids", colliding_ids(80_000), 128, Written(80_000)),
        case("colliding names", colliding_names(80_000), 128, Written(80_000)),
        case(
            "quotes that close and open",
            text(format!("{HEADER}\n{}", "x\",\"y\n".repeat(256 << 10 >> 2))),
            128,
            InvalidInput,
        ),
    ]
}

/// How a run on these objects with this much memory ended, and how large the process was at most, in bytes.
fn run(home: &Home, flags: &[&str], memory_mib: u64) -> (Ended, u64) {
    let memory = memory_mib.to_string();
    let run =
        ["run", "--lake", "lake", "--date", "2024-09-15", "--json", "--threads", "2", "--memory-limit-mb", &memory];
    let mut command = home.command(&[&run[..], flags].concat());
    // Into files: nobody reads pipes meanwhile, and a manifest of many inputs is longer than a pipe holds.
    let file = |name: &str| std::fs::File::create(home.path().join(name)).expect("a file");
    let mut child = command.stdout(file("stdout")).stderr(file("stderr")).spawn().expect("the program starts");
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        peak = peak.max(peak_of(&status_file).unwrap_or_default());
        std::thread::sleep(Duration::from_millis(1));
    };
    let read = |name: &str| std::fs::read(home.path().join(name)).expect("a file");
    (ended(Output { status, stdout: read("stdout"), stderr: read("stderr") }), peak)
}

/// The largest size so far of the process with this status; `None` once it has ended.
fn peak_of(status: &str) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim();
    Some(kib.parse::<u64>().ok()? * 1024)
}

/// Files below the lake that a run has left, but for those that it is to leave.
fn left_behind(home: &Home) -> Vec<String> {
    let files = |folder: &str| std::fs::read_dir(home.path().join(folder)).into_iter().flatten();
    let names = files("lake/.staging").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "lock").collect()
}

#[test]
fn hostile_inputs_come_to_their_right_end_within_the_memory_granted_and_leave_nothing_behind() {
    let mut faults = String::new();
    for Case { name, objects, flags, memory_mib, outcome } in cases() {
        let home = Home::new();
        for (end, bytes) in objects {
            home.write(&format!("lake/raw_data/batch_2024-09-15{end}"), bytes);
        }
        let (ended, mut peak) = run(&home, flags, memory_mib);
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        let run = &answer["runs"][0];
        peak = peak.max(run["manifest"]["memory"]["peak_bytes"].as_u64().unwrap_or_default());
        let is_right = match outcome {
            Outcome::Written(rows) => ended.code == 0 && run["manifest"]["balance"]["written"] == rows,
            Outcome::InvalidInput => ended.code == 3 && run["error_type"] == "InvalidInput",
            Outcome::TooLargeAtOnce => ended.code == 7 && ended.stderr.contains("MiB of memory after 0 of"),
            Outcome::TooMuchText => ended.code == 7 && ended.stderr.contains("set PLAIN_LIMIT_MB to more"),
        };
        let published = home.path().join("lake/transformed_data/runs").exists();
        let mut fault = |what: String| writeln!(faults, "{name}: {what}").expect("memory");
        if !is_right || published != matches!(outcome, Outcome::Written(_)) {
            fault(format!("{outcome:?} expected, exit code {}: {}{}", ended.code, ended.stdout, ended.stderr));
        }
        if peak > (memory_mib + TOLERANCE_MIB) * MIB {
            fault(format!("{} MiB of {memory_mib} MiB granted", peak.div_ceil(MIB)));
        }
        if !left_behind(&home).is_empty() {
            fault(format!("left behind: {:?}", left_behind(&home)));
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
