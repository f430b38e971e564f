//! Names that Athena holds without quotes: small letters, digits and `_`.

use std::collections::HashSet;

use crate::read::header::names::PARTITION;

/// Names that tables of outputs cannot have.
const KEPT: [&str; 6] = ["rejected", "runs", "state", "reports", "quality", "runs_table"];

/// The longest name of a table; the outputs' keys hold it several times.
const TABLE_BYTES_MAX: usize = 60;

/// Letters with accents, and what is written without.
const PLAIN: [(&str, &str); 22] = [
    ("àáâãäåăą", "a"),
    ("çćč", "c"),
    ("ďđ", "d"),
    ("èéêëęě", "e"),
    ("ğ", "g"),
    ("ìíîï", "i"),
    ("łľĺ", "l"),
    ("ñńň", "n"),
    ("òóôõöøő", "o"),
    ("ŕř", "r"),
    ("śšşș", "s"),
    ("ťţț", "t"),
    ("ùúûüůű", "u"),
    ("ýÿ", "y"),
    ("źżž", "z"),
    ("ß", "ss"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("þ", "th"),
    ("ð", "d"),
    ("€", "eur"),
    ("%", "percent"),
];

/// The words of a name in small letters: `CustomerNo` is customer and no.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            words.push(String::new());
        }
        before = letter;
        for small in letter.to_lowercase() {
            let plain = PLAIN.iter().find(|(accented, _)| accented.contains(small)).map(|(_, plain)| *plain);
            match (plain, words.last_mut()) {
                (Some(plain), Some(word)) => word.push_str(plain),
                (None, Some(word)) if small.is_ascii_alphanumeric() => word.push(small),
                _ => words.push(String::new()),
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A name in small letters, digits and `_`; empty: nothing of it can stay.
fn plain(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.bytes().all(is_plain) && name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return name.to_owned();
    }
    words(name).join("_")
}

/// The names that these columns have in the outputs, no two the same.
pub(super) fn all(names: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::from([PARTITION.to_owned()]);
    let named = (1..).zip(names).map(|(number, name): (usize, &String)| {
        let plain = plain(name);
        let mut wanted = match plain.chars().next() {
            None => format!("column_{number}"),
            Some(first) if first.is_ascii_digit() => format!("column_{plain}"),
            Some(_) => plain,
        };
        wanted.truncate(200);
        let mut free = wanted.clone();
        let mut more = 2;
        while !taken.insert(free.clone()) {
            free = format!("{wanted}_{more}");
            more += 1;
        }
        free
    });
    named.collect()
}

/// The name of the table of rows for a contract of this name.
pub(super) fn table(name: &str) -> String {
    let mut table = plain(name);
    if !table.starts_with(|first: char| first.is_ascii_lowercase()) || KEPT.contains(&table.as_str()) {
        table = format!("rows_{table}");
    }
    table.truncate(TABLE_BYTES_MAX);
    table.trim_end_matches('_').to_owned()
}
