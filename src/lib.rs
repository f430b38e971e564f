//! Turns a day's raw CSV batch in a data lake into clean Parquet and CSV.
//!
//! The modules stand in the order the data flows:
//! event → window → read → rows (gates, filters, columns) → dedup → sinks (rows, groups, rejected) → publish → manifest.
//! What the program does with a feed is not in the code but in its contract.

pub mod config;
pub mod contract;
pub mod dedup;
mod distance;
pub mod engine;
pub mod error;
pub mod event;
pub mod expr;
pub mod failed_run;
pub mod group;
pub mod handler;
pub mod host;
pub mod identity;
pub mod lake;
pub mod log;
pub mod manifest;
pub mod metrics;
pub mod output;
mod publish;
pub mod read;
pub mod rows;
pub mod rules;
pub mod run;
pub mod schema;
pub mod seed;
pub mod store;
pub mod visible;
pub mod warnings;
pub mod window;
pub mod write;

#[cfg(feature = "cli")]
pub mod analyze;
#[cfg(feature = "cli")]
pub mod deploy;
#[cfg(feature = "cli")]
pub mod embedded_s3;
#[cfg(feature = "cli")]
pub mod generate;
