//! The names of columns: what they are, and which of them the readers of the outputs could not live with.

use std::collections::HashMap;

use super::{Record, Records, known, unquote};
use crate::schema::{KnownColumn, PARTITION};

/// The longest name that the Glue Data Catalog holds, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// Characters that Hive or Athena do not take in a column's name.
const NOT_IN_NAMES: [char; 7] = ['.', ',', ':', ';', '`', '"', '\\'];

/// The names in a header's record, without surrounding white space.
pub(super) fn of(line: &[u8], records: &Records, record: &Record) -> Vec<String> {
    let mut scratch = Vec::new();
    let mut name =
        |index| String::from_utf8_lossy(unquote(records.field(line, record, index), &mut scratch)).trim().to_owned();
    (0..record.fields as usize).map(&mut name).collect()
}

/// A column without a name gets the one Spark gives it, its position from 0: `_c16`.
pub(super) fn or_default(name: &str, index: usize) -> String {
    if name.is_empty() { format!("_c{index}") } else { name.to_owned() }
}

/// Refuses names with characters that do not show, or that some reader of the outputs cannot hold.
pub(super) fn check_characters(names: &[String]) -> Result<(), String> {
    for (number, name) in (1..).zip(names) {
        if let Some(odd) = name.chars().find(|&odd| odd.is_control() || is_invisible(odd)) {
            let what = if odd.is_control() { "a control character" } else { "an invisible character" };
            return Err(format!(
                "the name of column {number} holds {what} (U+{:04X}); the sender must take it out of the header",
                u32::from(odd)
            ));
        }
        if let Some(odd) = name.chars().find(|odd| NOT_IN_NAMES.contains(odd)) {
            return Err(format!(
                "the name of column {number} holds {odd:?}, which Hive and Athena do not allow; the sender must rename it"
            ));
        }
    }
    Ok(())
}

/// Refuses names that some reader of the outputs cannot hold, or takes for another column's.
pub(super) fn check(names: &[String]) -> Result<(), String> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let number = index + 1;
        if name.len() > NAME_BYTES_MAX {
            return Err(format!(
                "the name of column {number} is longer than {NAME_BYTES_MAX} bytes, the most that Athena's catalog holds"
            ));
        }
        let folded = or_default(name, index).to_lowercase();
        if folded == PARTITION {
            return Err(format!("column {number} is called {PARTITION}, which is the name of the outputs' partition"));
        }
        if let Some(derived) = KnownColumn::DERIVED.into_iter().find(|derived| *derived == folded) {
            return Err(format!("column {number} is called {derived}, which this program derives"));
        }
        if let Some(first) = seen.insert(folded, index) {
            return Err(twins(names, first, index));
        }
    }
    // The outputs have every known column, so a name that differs only in case would stand beside it.
    for column in KnownColumn::ALL {
        if let Some(&index) = seen.get(column.name()).filter(|&&index| names[index] != column.name()) {
            return Err(format!("the name of column {} must be written {}", index + 1, column.name()));
        }
    }
    Ok(())
}

/// Two columns of one name, or of names that many readers take for one. Only known names are quoted.
fn twins(names: &[String], first: usize, second: usize) -> String {
    let called = |index: usize| match known(&names[index]) {
        Some(_) => format!("column {} ({})", index + 1, names[index]),
        None => format!("column {}", index + 1),
    };
    let how = if names[first] == names[second] { "the same name" } else { "names that differ only in case" };
    format!("{} and {} have {how}; Athena and Spark take them for one column", called(first), called(second))
}

/// Whether a character shows nothing, so that two names which look the same are not.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}
