//! The names of columns: what they are, and which of them the readers of the outputs could not live with.

use std::collections::HashMap;

use super::{ExtraColumns, HeaderRules, Record, Records, unquote};

/// The partition column of the outputs. No other column may have its name.
pub(crate) const PARTITION: &str = "run_date";

/// The longest name that the Glue Data Catalog holds, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 255;

/// Characters that Hive or Athena do not take in a column's name.
const NOT_IN_NAMES: [char; 7] = ['.', ',', ':', ';', '`', '"', '\\'];

/// The names in a header's record, without surrounding white space.
pub(super) fn of(line: &[u8], records: &Records, record: &Record) -> Vec<String> {
    let mut scratch = Vec::new();
    let mut name = |index| {
        let name = unquote(records.field(line, record, index), &mut scratch, records.dialect.quote);
        String::from_utf8_lossy(name).trim().to_owned()
    };
    (0..record.fields as usize).map(&mut name).collect()
}

/// A column without a name gets the one Spark gives it, its position from 0: `_c16`.
pub(super) fn or_default(name: &str, index: usize) -> String {
    if name.is_empty() { format!("_c{index}") } else { name.to_owned() }
}

/// Refuses names with characters that do not show, which hide a file's damage, and names that some reader of the outputs
/// cannot hold. Columns of the contract have names of its choice in the outputs, and columns that are dropped have none.
pub(super) fn check_characters(names: &[String], rules: &HeaderRules) -> Result<(), String> {
    for (number, name) in (1..).zip(names) {
        if let Some(odd) = name.chars().find(|&odd| odd.is_control() || is_invisible(odd)) {
            let what = if odd.is_control() { "a control character" } else { "an invisible character" };
            return Err(format!(
                "the name of column {number} holds {what} (U+{:04X}); the sender must take it out of the header",
                u32::from(odd)
            ));
        }
        if let Some(odd) = name.chars().find(|odd| NOT_IN_NAMES.contains(odd) && is_carried(name, rules)) {
            return Err(format!(
                "the name of column {number} holds {odd:?}, which Hive and Athena do not allow; the sender must rename it"
            ));
        }
    }
    Ok(())
}

/// Whether a column comes into the outputs under the name that the file gives it.
fn is_carried(name: &str, rules: &HeaderRules) -> bool {
    rules.extra_columns != ExtraColumns::Drop && rules.known(name).is_none()
}

/// Refuses names that some reader of the outputs cannot hold, or takes for another column's.
pub(super) fn check(names: &[String], rules: &HeaderRules) -> Result<(), String> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let number = index + 1;
        let is_carried = is_carried(name, rules);
        if is_carried && name.len() > NAME_BYTES_MAX {
            return Err(format!(
                "the name of column {number} is longer than {NAME_BYTES_MAX} bytes, the most that Athena's catalog holds"
            ));
        }
        let folded = or_default(name, index).to_lowercase();
        if is_carried {
            check_free(&folded, number, rules)?;
        }
        if let Some(first) = seen.insert(folded, index) {
            return Err(twins(names, first, index, rules));
        }
    }
    // The outputs have every known column, so a name that differs only in case would stand beside it.
    for column in rules.known.iter() {
        if let Some(&index) = seen.get(&column.name.to_lowercase()).filter(|&&index| names[index] != column.name) {
            return Err(format!("the name of column {} must be written {}", index + 1, column.name));
        }
    }
    Ok(())
}

/// Refuses names that columns of the outputs have which do not come from a column of that name.
fn check_free(folded: &str, number: usize, rules: &HeaderRules) -> Result<(), String> {
    let find = |taken: &[String]| taken.iter().find(|taken| taken.to_lowercase() == folded).cloned();
    if folded == PARTITION {
        return Err(format!("column {number} is called {PARTITION}, which is the name of the outputs' partition"));
    }
    if let Some(derived) = find(&rules.derived) {
        return Err(format!("column {number} is called {derived}, which this program derives"));
    }
    if let Some(renamed) = find(&rules.renamed) {
        return Err(format!("column {number} is called {renamed}, which is the outputs' name of another column"));
    }
    Ok(())
}

/// Refuses columns that the contract does not name, if it says so. They are counted and not quoted.
pub(super) fn check_others(names: &[String], rules: &HeaderRules) -> Result<(), String> {
    if rules.extra_columns != ExtraColumns::Reject {
        return Ok(());
    }
    let others: Vec<usize> =
        (1..).zip(names).filter(|(_, name)| rules.known(name).is_none()).map(|(number, _)| number).collect();
    match others[..] {
        [] => Ok(()),
        [only] => Err(format!("column {only} is not in the contract, which allows no others")),
        [first, ..] => Err(format!(
            "{} columns are not in the contract, which allows no others; the first is column {first}",
            others.len()
        )),
    }
}

/// Two columns of one name, or of names that many readers take for one. Only known names are quoted.
fn twins(names: &[String], first: usize, second: usize, rules: &HeaderRules) -> String {
    let called = |index: usize| match rules.known(&names[index]) {
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

/// Why readers of the outputs could not live with a column of this name, after "the column …"; `None`: they could.
pub(crate) fn unfit(name: &str) -> Option<String> {
    if name.is_empty() || name.trim() != name {
        return Some("must have a name without white space around it".to_owned());
    }
    if name.len() > NAME_BYTES_MAX {
        return Some(format!("is longer than {NAME_BYTES_MAX} bytes, the most that Athena's catalog holds"));
    }
    if let Some(odd) = name.chars().find(|&odd| odd.is_control() || is_invisible(odd)) {
        return Some(format!("holds a character that does not show (U+{:04X}); take it out", u32::from(odd)));
    }
    let odd = name.chars().find(|odd| NOT_IN_NAMES.contains(odd))?;
    Some(format!("holds {odd:?}, which Hive and Athena do not allow"))
}

/// Why no column of a file can have this name, after "the column …"; `None`: it can.
pub(crate) fn unfit_in_files(name: &str) -> Option<String> {
    if name.is_empty() || name.trim() != name {
        return Some("must have a name without white space around it".to_owned());
    }
    let odd = name.chars().find(|&odd| odd.is_control() || is_invisible(odd))?;
    Some(format!("holds a character that does not show (U+{:04X}); take it out", u32::from(odd)))
}
