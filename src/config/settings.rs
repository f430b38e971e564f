//! The table of settings: the one place that names them, with default, unit and meaning.
//!
//! The environment of the Lambda, the flags of the command line and the README's table all come from it.

/// One setting as a person sees it.
#[derive(Debug)]
pub struct Setting {
    /// Environment variable; the command line's flag is the same in lower case with dashes.
    pub name: &'static str,
    /// Value when it is not given, as one would type it.
    pub default: &'static str,
    /// Unit and range, or form, of the value; also what an error says was expected.
    pub unit: &'static str,
    /// What it decides.
    pub help: &'static str,
}

impl Setting {
    /// The command line's flag, without the leading dashes.
    pub fn flag(&self) -> String {
        self.name.to_ascii_lowercase().replace('_', "-")
    }
}

const fn setting(name: &'static str, default: &'static str, unit: &'static str, help: &'static str) -> Setting {
    Setting { name, default, unit, help }
}

/// Every setting there is, in the order the README shows them.
pub const SETTINGS: &[Setting] = &[
    setting("LAKE", "", "s3://bucket[/prefix] or folder", "the data lake (required)"),
    setting("INPUT_PREFIX", "raw_data/", "key prefix that ends in /", "where batches land"),
    setting("OUTPUT_PREFIX", "transformed_data/", "key prefix that ends in /", "where results are published"),
    setting(
        "CONTRACT",
        "",
        "drivendata, glue, a file or s3://bucket/key",
        "what is done with the feed; empty: drivendata, glue: every rule as the Glue script has it",
    ),
    setting("PRESET", "", "default or glue", "an older name: CONTRACT=drivendata or CONTRACT=glue"),
    setting(
        "WINDOW_DAYS",
        "",
        "days, 1 to 366",
        "batch dates a run reads, ending at its run date; empty: as the contract says",
    ),
    setting("LOOKBACK_DAYS", "7", "days, 0 to 366", "how far back the daily tick repairs runs"),
    setting("ACCESSED_FROM", "", "YYYY-MM-DD or open", "first access date kept; open: no lower end"),
    setting("ACCESSED_TO", "", "YYYY-MM-DD or open", "last access date kept; open: no upper end"),
    setting("MIN_SESSION_DURATION", "", "whole number in the data's unit", "rows must last longer than this"),
    setting("ACTIVE_ABOVE", "", "whole number in the data's unit", "longer sessions are active"),
    setting("MODERATE_FROM", "", "whole number in the data's unit", "sessions from here to ACTIVE_ABOVE are moderate"),
    setting("MASKING", "", "standard or glue", "how e-mail addresses are masked"),
    setting("MAX_REJECTED_RATIO", "0.1", "share, 0 to 1", "larger shares of rejected rows fail the run"),
    setting("MAX_REJECTED_MB", "1024", "MiB, 1 to 1048576", "a larger rejected.csv fails the run"),
    setting("NULL_MARKERS", "", "texts separated by commas", "cells that hold one of these are empty: NULL,\\N"),
    setting("COLUMNS_MAX", "1000", "columns, 16 to 65536", "more columns in an object or a window fail the run"),
    setting(
        "FAIL_ON_WARNINGS",
        "",
        "kinds of warnings with commas between, all, or empty",
        "warnings that fail the run instead of being told with it; empty: none",
    ),
    setting(
        "UNUSABLE_OBJECTS",
        "leave_out_older",
        "leave_out_older, fail or leave_out",
        "objects that cannot be used: leave out those of older days, fail the run, or leave out any",
    ),
    setting(
        "PLAIN_LIMIT_MB",
        "0",
        "MiB, 0 to 1073741824",
        "most plain text of one object; 0: 200 times its stored size, at least 1024",
    ),
    setting("OUTPUT_FORMATS", "parquet,csv", "parquet, csv or both", "formats to publish"),
    setting("CSV_FORMULAS", "keep", "keep or defuse", "texts in CSV that a spreadsheet takes for formulas"),
    setting("ROW_GROUP_ROWS", "65536", "rows, 1 to 100000000", "rows in a Parquet row group"),
    setting("PARQUET_COMPRESSION", "snappy", "snappy or zstd", "compression of Parquet columns that it makes smaller"),
    setting("THREADS", "0", "threads, 0 to 1024", "worker threads; 0: one per vCPU"),
    setting(
        "MEMORY_LIMIT_MB",
        "0",
        "MiB, 0 to 1073741824",
        "stop before using more; 0: what Lambda grants, else no limit",
    ),
    setting(
        "TOO_LARGE",
        "fail",
        "fail or hand_over",
        "days that need more memory than the function has: fail, or be handed over to a larger machine",
    ),
    setting(
        "TIME_LIMIT_SECONDS",
        "0",
        "seconds, 0 to 31622400",
        "stop a run that takes longer; 0: the Lambda deadline, else no limit",
    ),
    setting(
        "DEADLINE_MARGIN_SECONDS",
        "10",
        "seconds, 0 to 31622400",
        "kept free before the Lambda deadline to clean up",
    ),
    setting("READ_RANGE_MB", "4", "MiB, 1 to 5120", "size of one ranged GET"),
    setting("READ_CONCURRENCY", "4", "requests, 1 to 1024", "ranged GETs ahead of the parser"),
    setting("UPLOAD_PART_MB", "8", "MiB, 8 to 5120", "size of one part of a multipart upload"),
    setting("UPLOAD_CONCURRENCY", "2", "requests, 1 to 1024", "parts under way at once"),
    setting("ENDPOINT_URL", "", "http(s) URL", "another S3 endpoint than AWS (path-style addressing)"),
    setting("LOG_LEVEL", "info", "error, warn, info or debug", "what is logged"),
];
