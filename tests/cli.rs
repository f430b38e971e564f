//! The `drivendata` program as a user runs it: arguments, standard output and error, exit codes.

mod common;

#[path = "cli/bucket.rs"]
mod bucket;
#[path = "cli/contract.rs"]
mod contract;
#[path = "cli/contract_init.rs"]
mod contract_init;
#[path = "cli/demo.rs"]
mod demo;
#[path = "cli/generate.rs"]
mod generate;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/invoke.rs"]
mod invoke;
#[path = "cli/pipes.rs"]
mod pipes;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/usage.rs"]
mod usage;
#[path = "cli/warnings.rs"]
mod warnings;
#[path = "cli/wrong_files.rs"]
mod wrong_files;
