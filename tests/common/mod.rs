//! What several test files need. Each file uses a part of it.
#![allow(dead_code, unreachable_pub, reason = "every test file is a crate of its own and uses only a part")]

pub mod batches;
pub mod clean;
pub mod hooked;
pub mod lakes;
pub mod parquet;
pub mod runs;
pub mod s3;
