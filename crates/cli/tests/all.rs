//! The `drivendata` program as a user runs it: arguments, standard output and error, exit codes.

#[path = "../../../tests/common/mod.rs"]
mod common;

mod analyze;
mod bucket;
mod contract;
mod contract_init;
mod demo;
mod generate;
mod hostile;
mod invoke;
mod pipes;
mod program;
mod readme;
mod run;
mod terminal;
mod usage;
mod warnings;
mod wrong_files;
