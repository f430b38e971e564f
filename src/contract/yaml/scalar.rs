//! What a single value means: YAML 1.2's core schema, where quotes make a text of anything.

use super::super::mistake::shown;

/// A single value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::contract) struct Scalar {
    /// Its text, without quotes and escapes.
    pub(in crate::contract) text: String,
    /// Whether it stands without quotes and is no block.
    pub(in crate::contract) is_plain: bool,
}

/// What a single value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::contract) enum Kind {
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer,
    /// Another number.
    Float,
    /// Anything else.
    Text,
}

impl Scalar {
    /// What it means.
    pub(in crate::contract) fn kind(&self) -> Kind {
        if !self.is_plain {
            return Kind::Text;
        }
        match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
            "true" | "True" | "TRUE" => Kind::Boolean(true),
            "false" | "False" | "FALSE" => Kind::Boolean(false),
            text if is_integer(text) => Kind::Integer,
            text if is_float(text) => Kind::Float,
            _ => Kind::Text,
        }
    }

    /// The value of a whole number; `None`: it does not fit, or it is none.
    pub(in crate::contract) fn integer(&self) -> Option<i64> {
        let digits_of = |prefix| self.text.strip_prefix(prefix);
        match (digits_of("0o"), digits_of("0x")) {
            (Some(octal), _) => i64::from_str_radix(octal, 8).ok(),
            (_, Some(hexadecimal)) => i64::from_str_radix(hexadecimal, 16).ok(),
            (None, None) => self.text.parse().ok(),
        }
    }

    /// As a message tells it: `"30"` is a text, `30` a whole number.
    pub(in crate::contract) fn described(&self) -> String {
        match self.kind() {
            Kind::Null => "nothing".to_owned(),
            Kind::Boolean(value) => format!("`{value}`"),
            Kind::Integer | Kind::Float => format!("the number {}", shown(&self.text)),
            Kind::Text => format!("the text {}", shown(&self.text)),
        }
    }
}

fn without_sign(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_integer(text: &str) -> bool {
    let octal = text.strip_prefix("0o").is_some_and(|digits| i64::from_str_radix(digits, 8).is_ok());
    let hexadecimal = text.strip_prefix("0x").is_some_and(|digits| i64::from_str_radix(digits, 16).is_ok());
    is_digits(without_sign(text)) || octal || hexadecimal
}

fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let text = without_sign(text);
    if matches!(text, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let are_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    has_digits
        && are_digits(whole)
        && are_digits(fraction)
        && exponent.is_none_or(|exponent| is_digits(without_sign(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_mean_what_the_core_schema_says() {
        let cases = [
            ("", Kind::Null),
            ("~", Kind::Null),
            ("null", Kind::Null),
            ("nULL", Kind::Text),
            ("true", Kind::Boolean(true)),
            ("FALSE", Kind::Boolean(false)),
            ("yes", Kind::Text),
            ("on", Kind::Text),
            ("30", Kind::Integer),
            ("-030", Kind::Integer),
            ("0o17", Kind::Integer),
            ("0xff", Kind::Integer),
            ("0x", Kind::Text),
            ("1_000", Kind::Text),
            ("1.5", Kind::Float),
            ("1.", Kind::Float),
            (".5", Kind::Float),
            (".", Kind::Text),
            ("-", Kind::Text),
            ("1e0", Kind::Float),
            ("1e", Kind::Text),
            ("e1", Kind::Text),
            ("-.inf", Kind::Float),
            (".nan", Kind::Float),
            ("1.0.0", Kind::Text),
            ("2024-01-01", Kind::Text),
        ];
        for (text, kind) in cases {
            assert_eq!(Scalar { text: text.to_owned(), is_plain: true }.kind(), kind, "{text:?}");
            assert_eq!(Scalar { text: text.to_owned(), is_plain: false }.kind(), Kind::Text, "{text:?} in quotes");
        }
    }
}
