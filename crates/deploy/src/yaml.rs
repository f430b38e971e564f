//! Texts as YAML writes them.

/// A text, in quotes if it would mean something else without.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// A text in quotes. JSON's texts are YAML's, too.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether the text stands for itself everywhere, also between braces.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte);
    text.trim_start_matches('.').starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(is_inner)
        && !WORDS.contains(&text.to_lowercase().as_str())
}
