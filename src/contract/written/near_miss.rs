//! The name that was meant by a misspelt one.

use crate::distance::distance;

/// Longer names are no slip of the pen.
const NAME_BYTES_MAX: usize = 64;

/// The nearest of some names, if it is near enough: one slip for each three letters, at most two.
pub(in crate::contract) fn nearest<'n>(typed: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if typed.len() > NAME_BYTES_MAX {
        return None;
    }
    let typed = folded(typed);
    let slips = |name: &'n str| (distance(&folded(name), &typed), name);
    let (slips, name) = names.into_iter().map(slips).min()?;
    (slips <= (typed.chars().count() / 3).min(2)).then_some(name)
}

/// `header_line` and `headerline` are slips of `headerLine`, too.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_known_and_another_word_is_not() {
        let names = ["fill", "optional", "headerLine", "from"];
        for (typed, meant) in [
            ("fil", Some("fill")),
            ("optionnal", Some("optional")),
            ("header_line", Some("headerLine")),
            ("HeaderLines", Some("headerLine")),
            ("form", Some("from")),
            ("fillWith", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, names), meant, "{typed}");
        }
        assert_eq!(nearest(&"optional".repeat(20), names), None);
    }
}
