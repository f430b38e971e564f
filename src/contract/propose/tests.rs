//! Samples and what is proposed for them.

mod columns;
mod random;
mod refused;
mod whole;

use std::collections::BTreeMap;

use super::super::{Contract, read};
use super::*;

/// The proposal for a whole file.
fn proposed(path: &str, bytes: impl AsRef<[u8]>) -> Proposal {
    let sample = Sample { bytes: bytes.as_ref(), is_whole: true, path };
    propose(sample, None).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the program reads of a proposal.
fn contract(proposal: &Proposal) -> Contract {
    let text = proposal.to_string();
    read(&text, &BTreeMap::new()).unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"))
}

/// Why a file gets no proposal.
fn refused(bytes: &[u8]) -> String {
    let sample = Sample { bytes, is_whole: true, path: "feed.csv" };
    propose(sample, None).expect_err("no proposal").to_string()
}
