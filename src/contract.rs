//! The contract: one file of the Open Data Contract Standard says what the program does with a feed.
//!
//! As written (YAML with places) → checked ([`Contract`]) → compiled rules (`rows`). This module knows no store and no
//! settings.

mod built_in;
mod canonical;
mod check;
mod checked;
mod column_type;
mod diff;
mod headers;
mod mistake;
pub mod propose;
mod text;
mod value;
mod written;
mod yaml;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use crate::read::header::ExtraColumns;
pub use crate::read::{Dialect, Encoding};
pub use built_in::{BUILT_IN_NAMES, built_in};
pub use checked::*;
pub use column_type::ColumnType;
pub use diff::differences;
pub use mistake::Mistake;
use mistake::Mistakes;
pub use spark_cast::DecimalSign;
pub use spark_cast::decimal::DECIMAL_PRECISION_MAX;
pub use text::text_of;
pub use value::Value;

/// Reads a contract. `overrides` has the texts of variables by their names, `ACCESSED_FROM` or `PARAM_X`; they replace
/// the values of parameters before expressions are typed.
///
/// # Errors
///
/// All mistakes of the file, sorted by place. Those of variables come first and have line 0.
pub fn read(text: &str, overrides: &BTreeMap<String, String>) -> Result<Contract, Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let contract = yaml::parse(text, &mut mistakes).and_then(|root| {
        let file = written::read(&root, &mut mistakes)?;
        check::check(text, &file, overrides, &mut mistakes)
    });
    match contract {
        Some(contract) if mistakes.is_empty() => Ok(contract),
        _ => Err(mistakes.into_vec()),
    }
}

/// The built-in contract `drivendata` as it is.
pub fn drivendata() -> Arc<Contract> {
    let text = built_in("drivendata").unwrap_or_default();
    Arc::new(read(text, &BTreeMap::new()).expect("the built-in contracts have no mistakes"))
}
