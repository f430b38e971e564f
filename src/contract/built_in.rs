//! The contracts that the program brings along.

/// The names of the built-in contracts.
pub const BUILT_IN_NAMES: [&str; 2] = ["drivendata", "glue"];

/// The text of a built-in contract.
pub fn built_in(name: &str) -> Option<&'static str> {
    match name {
        "drivendata" => Some(include_str!("../../contracts/drivendata.odcs.yaml")),
        "glue" => Some(include_str!("../../contracts/glue.odcs.yaml")),
        _ => None,
    }
}
