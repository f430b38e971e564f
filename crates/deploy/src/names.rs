//! Names of AWS made from names of contracts, and which names of places can stand in a template.

/// Names of rules and schedules are made from a stack's name and may have 64 characters, so it may have these.
const STACK_CHARACTERS_MAX: usize = 49;

/// An `id` in the letters that names of stacks, and folders, may have: small letters and digits, with single hyphens.
pub(super) fn slug(id: &str) -> String {
    let letters = id.to_lowercase();
    let words = letters.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    let slug = if slug.starts_with(|first: char| first.is_ascii_lowercase()) { slug } else { format!("feed-{slug}") };
    let end = slug.len().min(STACK_CHARACTERS_MAX);
    slug[..end].trim_end_matches('-').to_owned()
}

/// Whether a bucket may be called so.
pub(super) fn is_bucket(name: &str) -> bool {
    let is_outer = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=63).contains(&name.len())
        && bytes.iter().all(|byte| is_outer(byte) || matches!(byte, b'.' | b'-'))
        && bytes.first().is_some_and(is_outer)
        && bytes.last().is_some_and(is_outer)
}

/// Whether this is a folder of a bucket that means the same in a policy, in a rule and in a template.
pub(super) fn is_folder(name: &str) -> bool {
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!_.()=-".contains(&byte))
    };
    name.strip_suffix('/').is_some_and(|parts| parts.split('/').all(is_part))
}
