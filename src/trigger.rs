//! What starts runs: events, and the days whose runs a batch touches.

pub mod event;
pub mod window;
