//! What the data means beside its casts: missing cells, masks, and why a record is rejected.

pub mod mask;
pub mod missing;
mod reason;

pub use reason::Reason;
