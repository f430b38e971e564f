//! From an object to chunks of whole records: decompression, the header line, cutting at record boundaries, scanning.

pub mod cutter;
pub mod decompress;
pub mod header;
pub mod scan;
