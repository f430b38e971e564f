//! Names and texts of others as they may be shown: on one line, and without what a terminal obeys.
//!
//! Keys of objects, names of columns and cells come from whoever can write to the lake. A line feed in a key would
//! forge a line of output, an escape sequence would repaint the terminal, and a mark that turns the direction of text
//! would make one name look like another. They are shown as escapes that JSON has too, so that one function serves both:
//! invariant VISIBLE.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// The text with each such character as `\n`, `\r`, `\t` or `\u` and four hexadecimal digits.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// The same for text of ours in which line feeds are meant, or for JSON, which has them only between its values.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_hidden(c))
}

/// A formatter's output made [`visible`].
#[derive(Debug)]
pub struct Visible<W>(pub W);

impl<W: Write> Write for Visible<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(&visible(text))
    }
}

fn escaped(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !is_hidden(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            // As JSON has it: a character beyond the first 65,536 in two halves.
            c => shown.extend(c.encode_utf16(&mut [0; 2]).iter().map(|half| format!("\\u{half:04x}"))),
        }
    }
    Cow::Owned(shown)
}

/// Control characters, ends of lines, marks of direction, and what has no width and joins nothing.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown_and_the_rest_stays() {
        for (text, shown) in [
            ("raw_data/batch_2024-09-15.csv", "raw_data/batch_2024-09-15.csv"),
            ("Ana Ioniță 👩‍💻 'a b' \"c\\d\"", "Ana Ioniță 👩‍💻 'a b' \"c\\d\""),
            ("a\nerror: b\r\n\t", r"a\nerror: b\r\n\t"),
            ("\u{1b}[2J\u{7f}\u{9b}31m\0", r"\u001b[2J\u007f\u009b31m\u0000"),
            ("\u{202e}vsc.\u{2066}\u{2069}\u{200e}\u{200f}\u{feff}", r"\u202evsc.\u2066\u2069\u200e\u200f\ufeff"),
            ("\u{2028}\u{2029}\u{85}", r"\u2028\u2029\u0085"),
            ("\u{e0041}", r"\udb40\udc41"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_lines("a\n\tb\n"), "a\n\\tb\n");
        let mut formatted = String::new();
        let name = "\u{202e}";
        write!(Visible(&mut formatted), "a\nb{name}").expect("a text");
        assert_eq!(formatted, r"a\nb\u202e");
    }

    #[test]
    fn json_whose_strings_are_made_visible_says_the_same() {
        let text = "a\u{1b}\u{9b}\u{202e}\u{e0041}\n\u{7f}é👩‍💻";
        let json = serde_json::to_string_pretty(&[text]).expect("JSON");
        let shown = visible_lines(&json);
        assert_ne!(shown, json);
        assert_eq!(serde_json::from_str::<[String; 1]>(&shown).expect("JSON"), [text]);
    }
}
