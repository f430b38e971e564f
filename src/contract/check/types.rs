//! Which type a property declares: `logicalType`, narrowed by `physicalType`.

use super::super::mistake::{Mistakes, shown};
use super::super::written::{PropertyFile, Text};
use crate::contract::{ColumnType, DECIMAL_PRECISION_MAX};

/// What a property says of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    /// Nothing.
    Nothing,
    /// This.
    Type(ColumnType),
    /// Something wrong, which is told.
    Wrong,
}

const PHYSICAL_TYPES: &str = "string, int, bigint, double, decimal(p,s), boolean, date and timestamp";

/// The declared type of a property.
pub(super) fn declared(property: &PropertyFile<'_>, mistakes: &mut Mistakes) -> Declared {
    let physical = property.physical_type.map(|text| physical(text, mistakes));
    match (property.logical_type, physical) {
        (None, None) => Declared::Nothing,
        (_, Some(None)) => Declared::Wrong,
        (None, Some(Some(physical))) => Declared::Type(physical),
        (Some(logical), None) => by_logical(logical.text).map_or(Declared::Wrong, Declared::Type),
        (Some(logical), Some(Some(physical))) => {
            if by_logical(logical.text).is_none() {
                return Declared::Wrong;
            }
            if physical.logical() == logical.text {
                return Declared::Type(physical);
            }
            let place = property.physical_type.map_or(property.place, |text| text.place);
            let message = format!(
                "physicalType `{physical}` belongs to logicalType `{}`, and the property says `{}`",
                physical.logical(),
                logical.text
            );
            mistakes.add(place, message);
            Declared::Wrong
        }
    }
}

fn by_logical(logical: &str) -> Option<ColumnType> {
    Some(match logical {
        "string" => ColumnType::String,
        "integer" => ColumnType::BigInt,
        "number" => ColumnType::Double,
        "boolean" => ColumnType::Boolean,
        "date" => ColumnType::Date,
        "timestamp" => ColumnType::Timestamp,
        // The standard's form tells it.
        _ => return None,
    })
}

fn physical(text: Text<'_>, mistakes: &mut Mistakes) -> Option<ColumnType> {
    let name = text.text.trim().to_ascii_lowercase();
    let simple = match name.as_str() {
        "string" | "varchar" | "text" => Some(ColumnType::String),
        "int" | "integer" => Some(ColumnType::Int),
        "bigint" | "long" => Some(ColumnType::BigInt),
        "double" => Some(ColumnType::Double),
        "boolean" => Some(ColumnType::Boolean),
        "date" => Some(ColumnType::Date),
        "timestamp" => Some(ColumnType::Timestamp),
        _ => None,
    };
    let found = simple.or_else(|| decimal(&name));
    match found {
        Some(ColumnType::Decimal { precision, scale })
            if !(1..=DECIMAL_PRECISION_MAX).contains(&precision) || scale > precision =>
        {
            let message = format!(
                "{} must have 1 to {DECIMAL_PRECISION_MAX} digits, and at most as many after the point",
                shown(text.text)
            );
            mistakes.add(text.place, message);
            None
        }
        Some(found) => Some(found),
        None => {
            mistakes.add(text.place, format!("unknown physicalType {}; there are {PHYSICAL_TYPES}", shown(text.text)));
            None
        }
    }
}

fn decimal(name: &str) -> Option<ColumnType> {
    let digits = name.strip_prefix("decimal").or_else(|| name.strip_prefix("numeric"))?.trim_start();
    let (precision, scale) = digits.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    Some(ColumnType::Decimal { precision: precision.trim().parse().ok()?, scale: scale.trim().parse().ok()? })
}
