//! How batches are called, by the name of one file.

use chrono::NaiveDate;

use super::Guess;
use crate::trigger::window::ObjectPattern;

const COMPRESSED: [&str; 2] = [".gz", ".zst"];

/// How a date stands in a name: digits as letters, and what stands for it in a pattern.
const DATES: [(&str, &str, &str); 6] = [
    ("0000-00-00", "%Y-%m-%d", "{date}"),
    ("0000_00_00", "%Y_%m_%d", "{yyyy}_{MM}_{dd}"),
    ("0000.00.00", "%Y.%m.%d", "{yyyy}.{MM}.{dd}"),
    ("00-00-0000", "%d-%m-%Y", "{dd}-{MM}-{yyyy}"),
    ("00.00.0000", "%d.%m.%Y", "{dd}.{MM}.{yyyy}"),
    ("00000000", "%Y%m%d", "{yyyyMMdd}"),
];

/// A name around the date in it.
struct Dated<'n> {
    before: &'n str,
    placeholder: &'static str,
    after: &'n str,
}

/// A pattern that this file matches, or the usual one if its name has no date.
pub(super) fn objects(path: &str) -> Guess<String> {
    let (folder, name) = split(path);
    let found = dated(name).map(|dated| pattern(&dated)).or_else(|| {
        let folder = dated(folder)?;
        let ending = name.rfind('.').map_or("", |at| &name[at..]);
        Some(format!("{}{}{}/*{}", plain(folder.before), folder.placeholder, plain(folder.after), plain(ending)))
    });
    match found.filter(|pattern| pattern.parse::<ObjectPattern>().is_ok()) {
        Some(value) => {
            let why = "the file's name has a date, which is taken for the day of the batch; check that every file is called so";
            Guess { value, why: why.to_owned() }
        }
        None => {
            let why = "the file's name has no date, and every batch needs one: call files like this, or say here how they are called";
            Guess { value: ObjectPattern::default().to_string(), why: why.to_owned() }
        }
    }
}

/// What a contract for the file may be called.
pub(super) fn name_of(path: &str) -> String {
    let (folder, name) = split(path);
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
    let whole = match dated(name) {
        Some(Dated { before, .. }) if before.contains(char::is_alphanumeric) => before.to_owned(),
        Some(Dated { after, .. }) => stem(after),
        None if dated(folder).is_some() => stem(name),
        None => stem(name),
    };
    let words: Vec<&str> = whole.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "feed".to_owned() } else { words.join("-") }
}

/// The last folder and the name without the ending of a compressed file.
fn split(path: &str) -> (&str, &str) {
    let (folders, name) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    let folder = folders.rsplit_once(['/', '\\']).map_or(folders, |(_, folder)| folder);
    let plain = COMPRESSED.iter().find_map(|ending| name.strip_suffix(ending)).filter(|plain| plain.ends_with(".csv"));
    (folder, plain.unwrap_or(name))
}

fn dated(name: &str) -> Option<Dated<'_>> {
    DATES.iter().find_map(|&(shape, format, placeholder)| {
        name.char_indices().find_map(|(at, _)| {
            let (text, after) = name[at..].split_at_checked(shape.len())?;
            let is_like =
                |(letter, shape): (u8, u8)| if shape == b'0' { letter.is_ascii_digit() } else { letter == shape };
            let before = &name[..at];
            let fits = text.bytes().zip(shape.bytes()).all(is_like)
                && !before.ends_with(|c: char| c.is_ascii_digit())
                && !after.starts_with(|c: char| c.is_ascii_digit())
                && NaiveDate::parse_from_str(text, format).is_ok();
            fits.then_some(Dated { before, placeholder, after })
        })
    })
}

/// Numbers of parts may stand behind the date.
fn pattern(dated: &Dated<'_>) -> String {
    let (stem, ending) = dated.after.rsplit_once('.').unwrap_or((dated.after, ""));
    let is_part = stem.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '-' | '.' | '(' | ')' | ' '));
    let stem = if is_part { String::new() } else { plain(stem) };
    let ending = if ending.is_empty() { String::new() } else { format!(".{}", plain(ending)) };
    format!("{}{}{stem}*{ending}", plain(dated.before), dated.placeholder)
}

/// Text of a name in a pattern, where some characters mean something.
fn plain(text: &str) -> String {
    text.replace(['*', '{', '}'], "*").replace("**", "*")
}
