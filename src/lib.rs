//! Turns a day's raw CSV batch in a data lake into clean Parquet and CSV.
//!
//! The rooms stand in the order the data flows. What the program does with a feed is not in the code but in its contract.

pub mod trigger;

pub mod contract;
pub mod expr;

pub mod read;

pub mod group;
pub mod rows;
pub mod rules;
pub mod schema;

pub mod sinks;

pub mod engine;

pub mod day;
pub mod warnings;

pub mod store;

// Around the rooms: what a program needs that serves them.
pub mod config;
mod distance;
pub mod error;
pub mod handler;
pub mod host;
pub mod lake;
pub mod log;
pub mod metrics;
pub mod seed;
pub mod visible;
