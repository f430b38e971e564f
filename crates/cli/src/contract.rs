//! `drivendata contract`: a contract proposed, checked, shown in plain words, compared with another one, or made into a
//! deployment.

mod deploy;
mod init;
mod show;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use drivendata_transform::contract::{BUILT_IN_NAMES, Contract, Mistake, built_in, differences, read, text_of};
use drivendata_transform::error::{Error, Result};

use crate::{file_error, print};

/// The exit code of a contract with mistakes: the operator mends it.
const MISTAKES: u8 = 2;

/// The exit code of two contracts that differ in what they do.
const DIFFERENT: u8 = 1;

#[derive(Debug, clap::Args)]
pub(crate) struct ContractArguments {
    #[command(subcommand)]
    command: ContractCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ContractCommand {
    /// Propose a contract for a feed by one of its files, with every guess marked
    Init(init::InitArguments),
    /// Tell every mistake of a contract with line and column
    Lint(FileArguments),
    /// Show the rules of a contract in words, and its columns
    Show(FileArguments),
    /// Print the tables that Athena reads a contract's outputs with
    Tables(deploy::TablesArguments),
    /// Print the CloudFormation template that deploys a contract
    Template(deploy::FeedArguments),
    /// Tell what would change in the outputs from one contract to another
    #[command(after_help = "Exit codes: 0 nothing changes in the outputs, 1 something does, 2 a contract has mistakes")]
    Diff(DiffArguments),
}

#[derive(Debug, clap::Args)]
struct DiffArguments {
    #[command(flatten)]
    old: FileArguments,

    /// The contract that comes after it, likewise
    #[arg(value_name = "NEW")]
    new: PathBuf,
}

#[derive(Debug, clap::Args)]
struct FileArguments {
    /// The contract, as YAML; or the name of a built-in one, drivendata or glue
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(crate) fn contract(arguments: &ContractArguments) -> Result<ExitCode> {
    match &arguments.command {
        ContractCommand::Lint(file) => file.with_contract(|contract| print::line(lint_line(file, contract))),
        ContractCommand::Init(arguments) => init::init(arguments).map(|()| ExitCode::SUCCESS),
        ContractCommand::Diff(arguments) => diff(arguments),
        ContractCommand::Show(file) => file.with_contract(|contract| print::line(show::in_words(contract))),
        ContractCommand::Tables(arguments) => deploy::tables(arguments),
        ContractCommand::Template(arguments) => deploy::template(arguments),
    }
}

impl FileArguments {
    /// Does something with the contract, or tells its mistakes.
    fn with_contract(&self, then: impl FnOnce(&Contract) -> Result<()>) -> Result<ExitCode> {
        match self.contract()? {
            Some(contract) => then(&contract).map(|()| ExitCode::SUCCESS),
            None => Ok(ExitCode::from(MISTAKES)),
        }
    }

    /// The contract; `None`: it has mistakes, which are told.
    fn contract(&self) -> Result<Option<Contract>> {
        let bytes = self.bytes()?;
        let contract = text_of(&bytes).map_err(|mistake| vec![mistake]).and_then(|text| read(text, &BTreeMap::new()));
        let mistakes = match contract {
            Ok(contract) => return Ok(Some(contract)),
            Err(mistakes) => mistakes,
        };
        for Mistake { line, column, message } in mistakes {
            print::remark(format_args!("{}:{line}:{column}: {message}", self.file.display()));
        }
        Ok(None)
    }

    /// Whether this is the built-in contract of the name.
    fn is_built_in(&self, name: &str) -> bool {
        self.file.as_os_str() == name && !self.file.exists()
    }

    /// A file of this name wins over a built-in contract.
    fn bytes(&self) -> Result<Vec<u8>> {
        match std::fs::read(&self.file) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let text = self.file.to_str().and_then(built_in).ok_or_else(|| {
                    let names = BUILT_IN_NAMES.join(" and ");
                    Error::configuration(format!(
                        "there is no file {}; the built-in contracts are {names}",
                        self.file.display()
                    ))
                })?;
                Ok(text.as_bytes().to_vec())
            }
            Err(error) => Err(file_error(&self.file, error)),
        }
    }
}

fn diff(arguments: &DiffArguments) -> Result<ExitCode> {
    // Both are read, so that the mistakes of both are told.
    let new = FileArguments { file: arguments.new.clone() };
    let (Some(old), Some(new)) = (arguments.old.contract()?, new.contract()?) else {
        return Ok(ExitCode::from(MISTAKES));
    };
    let differences = differences(&old, &new);
    if differences.is_empty() {
        print::line("nothing changes in the outputs")?;
        return Ok(ExitCode::SUCCESS);
    }
    print::line(differences.join("\n"))?;
    Ok(ExitCode::from(DIFFERENT))
}

fn lint_line(file: &FileArguments, contract: &Contract) -> String {
    let rows = &contract.rows;
    format!(
        "{}: {} {} has no mistakes (columns {}, derived {}, filters {}, tables of groups {})",
        file.file.display(),
        contract.id,
        contract.version,
        rows.columns.len(),
        rows.derived.len(),
        rows.filters.len(),
        contract.groups.len()
    )
}
