//! Contracts read as a whole.

mod differences;
mod limits;
mod mistakes;
mod overrides;
mod right;

use std::collections::BTreeMap;

use super::*;

fn none() -> BTreeMap<String, String> {
    BTreeMap::new()
}

/// The mistakes of a text as they are shown; none: it is right.
fn told(text: &str) -> Vec<String> {
    match read(text, &none()) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

/// A small contract without mistakes, to be spoiled.
const SMALL: &str = r#"apiVersion: v3.1.0
kind: DataContract
id: small
version: 1.0.0
status: active
customProperties:
  - {property: input, value: {objects: "day_{date}*.csv"}}
  - {property: parameters, value: {least: 30, since: 2024-01-01}}
schema:
  - name: rows
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true}
      - {name: length, logicalType: integer, physicalType: int}
      - {name: amount, logicalType: number}
      - {name: born, logicalType: date}
      - {name: twice, logicalType: integer, physicalType: int, transformLogic: length * 2}
    customProperties:
      - {property: filters, value: [{name: long, keep: "length > :least"}]}
  - name: groups
    properties:
      - {name: born, logicalType: date, primaryKey: true}
      - {name: rows, logicalType: integer, transformLogic: COUNT(*)}
    customProperties: [{property: from, value: rows}]
"#;
