//! How a number is written: stricter than the casts, which take `5d` and `0x1p3` for numbers, too.

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Digits before the decimal sign.
    pub(super) whole: usize,
    /// Digits after it.
    pub(super) decimals: usize,
    /// Whether it has a power of ten.
    pub(super) has_exponent: bool,
}

/// The number in a text whose decimals stand after `sign`.
pub(super) fn number(text: &str, sign: u8) -> Option<Number> {
    let rest = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let (whole, rest) = digits(rest);
    let (decimals, rest) = match rest {
        [first, rest @ ..] if *first == sign => match digits(rest) {
            (0, _) => return None,
            found => found,
        },
        _ => (0, rest),
    };
    let has_exponent = match rest {
        [] => false,
        [b'e' | b'E', exponent @ ..] => {
            let exponent = match exponent {
                [b'+' | b'-', digits @ ..] => digits,
                _ => exponent,
            };
            if !(1..=3).contains(&exponent.len()) || !exponent.iter().all(u8::is_ascii_digit) {
                return None;
            }
            true
        }
        _ => return None,
    };
    (whole > 0).then_some(Number { whole, decimals, has_exponent })
}

/// What is written between groups of three digits.
const GROUP_SIGNS: [char; 7] = ['.', ',', '\'', '’', ' ', '\u{a0}', '\u{202f}'];

/// Whether a number stands in a text with signs between its thousands, such as `1.234,50`.
pub(super) fn has_grouped_thousands(text: &str) -> bool {
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    let (first, _) = digits(rest.as_bytes());
    if !(1..=3).contains(&first) {
        return false;
    }
    rest = &rest[first..];
    let Some(sign) = rest.chars().next().filter(|sign| GROUP_SIGNS.contains(sign)) else { return false };
    while let Some(group) = rest.strip_prefix(sign) {
        let (3, _) = digits(group.as_bytes()) else { return false };
        rest = &group[3..];
    }
    let decimals = rest.strip_prefix(['.', ',']);
    rest.is_empty() || decimals.is_some_and(|text| !text.is_empty() && digits(text.as_bytes()).0 == text.len())
}

/// Whether a whole number stands in a text.
pub(super) fn is_integer(text: &str) -> bool {
    number(text, b'.').is_some_and(|number| number.decimals == 0 && !number.has_exponent)
}

/// Whether a text of digits is a name rather than a number: zeros lead it, or a plus as of phone numbers.
pub(super) fn is_identifier(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let leads = text.starts_with('+') || (digits.len() > 1 && digits.starts_with('0'));
    leads && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn digits(text: &[u8]) -> (usize, &[u8]) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count, &text[count..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_seen_by_groups_of_three() {
        for text in ["1.234,50", "1,234.5", "-12'345", "1 234 567,8", "1\u{a0}234", "999.999"] {
            assert!(has_grouped_thousands(text), "{text}");
        }
        for text in ["1234", "1234,50", "1.23", "1.2345", "1.234,", "1,234.5x", "1.234 56", ".123", "", "-", "10.0.0.1"]
        {
            assert!(!has_grouped_thousands(text), "{text}");
        }
    }
}
