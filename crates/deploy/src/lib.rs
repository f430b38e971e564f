//! The deployment of a feed, printed from its contract: the CloudFormation template and the tables for Athena.
//!
//! Everything here makes text of a [`Feed`]. Nothing asks AWS.

mod athena;
mod cloudformation;
mod ddl;
mod names;
mod parameters;
mod template;
mod yaml;

pub use cloudformation::tables as cloudformation_tables;
pub use ddl::tables as ddl_tables;
pub use template::template;

use drivendata_transform::contract::Contract;
use drivendata_transform::error::{Error, Result};

/// A contract, and the places and names of its deployment.
#[derive(Clone, Debug)]
pub struct Feed<'c> {
    /// The contract.
    pub contract: &'c Contract,
    /// Whether the contract is a file of its own, which the function has to be told. Otherwise it is the program's.
    pub is_file: bool,
    /// What the stack is called unless it is told otherwise.
    pub stack: String,
    /// Default name of the bucket.
    pub bucket: String,
    /// Default name of the Glue database.
    pub database: String,
    /// Folder of the bucket in which batches land, with `/` at its end.
    pub input_prefix: String,
    /// Folder of the bucket to which outputs go, with `/` at its end.
    pub output_prefix: String,
}

/// Places and names that an operator chooses.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Of [`Feed::bucket`].
    pub bucket: Option<String>,
    /// Of [`Feed::input_prefix`].
    pub input_prefix: Option<String>,
    /// Of [`Feed::output_prefix`].
    pub output_prefix: Option<String>,
}

impl<'c> Feed<'c> {
    /// The feed of the built-in contract.
    pub fn built_in(contract: &'c Contract) -> Self {
        Self {
            contract,
            is_file: false,
            stack: "drivendata-transform".to_owned(),
            bucket: "driven-data-bucket".to_owned(),
            database: "driven_data".to_owned(),
            input_prefix: "raw_data/".to_owned(),
            output_prefix: "transformed_data/".to_owned(),
        }
    }

    /// The feed of a contract's file: its stack, database and folders are called as the contract's `id`, so that it can
    /// share an account and a bucket with others.
    pub fn of_file(contract: &'c Contract) -> Self {
        let name = names::slug(&contract.id);
        Self {
            contract,
            is_file: true,
            database: name.replace('-', "_"),
            input_prefix: format!("{name}/raw_data/"),
            output_prefix: format!("{name}/transformed_data/"),
            stack: name,
            ..Self::built_in(contract)
        }
    }

    /// The same in other places.
    ///
    /// # Errors
    ///
    /// A place cannot be called so.
    pub fn at(mut self, places: Places) -> Result<Self> {
        if let Some(bucket) = places.bucket {
            if !names::is_bucket(&bucket) {
                let expected = "3 to 63 small letters, digits, dots and hyphens are expected";
                return Err(Error::configuration(format!("a bucket cannot be called {bucket:?}; {expected}")));
            }
            self.bucket = bucket;
        }
        self.input_prefix = folder(places.input_prefix, self.input_prefix)?;
        self.output_prefix = folder(places.output_prefix, self.output_prefix)?;
        let (input, output) = (&self.input_prefix, &self.output_prefix);
        if input.starts_with(output) || output.starts_with(input) {
            return Err(Error::configuration(format!("{input} and {output} must not lie within one another")));
        }
        Ok(self)
    }
}

fn folder(chosen: Option<String>, otherwise: String) -> Result<String> {
    match chosen {
        None => Ok(otherwise),
        Some(folder) if names::is_folder(&folder) => Ok(folder),
        Some(folder) => Err(Error::configuration(format!(
            "a folder of the bucket cannot be called {folder:?}; letters, digits and !_.()=- are expected, and a / after \
             each part"
        ))),
    }
}
