//! From an object to chunks of whole records: decompression, encodings, the header line, cutting at record boundaries, scanning.

pub mod cutter;
pub mod decompress;
pub mod encoding;
pub mod header;
pub mod scan;
