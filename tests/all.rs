//! The tests of the library and of the function. Those of the command line are in its package.

mod architecture;
mod bad_inputs;
mod common;
mod contracts;
mod crash_points;
mod deploy;
mod embedded_s3;
mod events;
mod extending;
mod golden_days;
mod lambda_runtime;
mod parity;
mod runs;
mod settings;
mod store_contract;
mod streams;
