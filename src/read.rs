//! From an object to chunks of whole records: decompression, encodings, the header line, cutting at record boundaries, scanning.

pub mod cutter;
pub mod decompress;
pub mod encoding;
mod form;
pub mod header;
pub mod ranges;
pub mod scan;

pub use form::{Dialect, Encoding};
