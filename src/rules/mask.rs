//! Hides most of the local part of an e-mail address, so that the filtered data can be shared.

/// How an address is masked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Masking {
    /// Any text: of the n Unicode characters before the last `@` (of the whole text if there is none) the first
    /// `min(3, n - 1)` stay and `***` stands for the rest; the `@` and what follows it stay.
    /// `nicolaeardelean@email.ro` → `nic***@email.ro`, `bob@x.ro` → `bo***@x.ro`, `@x.ro` → `***@x.ro`.
    #[default]
    Standard,
    /// What Java's `replaceAll` makes of the pattern `(\w{3})\w+@(\w+)` and the replacement `$1***@$2`, where `\w`
    /// is an ASCII letter, a digit or `_`. The match may begin in the middle of the local part, and an address
    /// without a match stays readable: `john.doe@x.ro` → `john.doe@x.ro`, `john.smith@x.ro` → `john.smi***@x.ro`.
    Glue,
}

/// Appends the masked form of `email` (UTF-8) to `out`, which stays UTF-8.
pub fn mask_email(email: &[u8], masking: Masking, out: &mut Vec<u8>) {
    match masking {
        Masking::Standard => mask_standard(email, out),
        Masking::Glue => mask_like_glue(email, out),
    }
}

const MASK: &[u8] = b"***";

/// Characters that stay readable at most.
const KEPT_CHARS_MAX: usize = 3;

fn mask_standard(email: &[u8], out: &mut Vec<u8>) {
    let at = email.iter().rposition(|&byte| byte == b'@').unwrap_or(email.len());
    let (local, domain) = email.split_at(at);
    // The last character that begins within reach is the first one hidden: the fourth, or the last of fewer.
    let char_starts = (0..local.len()).filter(|&index| !is_continuation(local[index]));
    let kept_bytes = char_starts.take(KEPT_CHARS_MAX + 1).last().unwrap_or(0);
    out.extend_from_slice(&local[..kept_bytes]);
    out.extend_from_slice(MASK);
    out.extend_from_slice(domain);
}

/// Whether the byte is inside a UTF-8 sequence rather than its first.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

fn mask_like_glue(email: &[u8], out: &mut Vec<u8>) {
    // Everything before `copied` is dealt with, and no match may reach back into it.
    let mut copied = 0;
    let mut word_start = 0;
    for (at, &byte) in email.iter().enumerate() {
        if is_word(byte) {
            continue;
        }
        let word_bytes = at - word_start.max(copied);
        if byte == b'@' && word_bytes > KEPT_CHARS_MAX && email.get(at + 1).copied().is_some_and(is_word) {
            out.extend_from_slice(&email[copied..at - word_bytes + KEPT_CHARS_MAX]);
            out.extend_from_slice(MASK);
            let domain = &email[at + 1..];
            let domain_bytes = domain.iter().position(|&byte| !is_word(byte)).unwrap_or(domain.len());
            copied = at + 1 + domain_bytes;
            out.extend_from_slice(&email[at..copied]);
        }
        word_start = at + 1;
    }
    out.extend_from_slice(&email[copied..]);
}

/// Java's `\w` without flags.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask(email: &str, masking: Masking) -> String {
        let mut out = Vec::new();
        mask_email(email.as_bytes(), masking, &mut out);
        String::from_utf8(out).expect("masking keeps UTF-8")
    }

    /// Address, standard form, Spark's answer to the Glue script's pattern.
    const CASES: &[(&str, &str, &str)] = &[
        ("nicolaeardelean@email.ro", "nic***@email.ro", "nic***@email.ro"),
        ("bob@x.ro", "bo***@x.ro", "bob@x.ro"),
        ("abcd@x.ro", "abc***@x.ro", "abc***@x.ro"),
        ("ab@x.ro", "a***@x.ro", "ab@x.ro"),
        ("a@x.ro", "***@x.ro", "a@x.ro"),
        ("@x.ro", "***@x.ro", "@x.ro"),
        ("@", "***@", "@"),
        ("", "***", ""),
        ("nobody", "nob***", "nobody"),
        ("x", "***", "x"),
        ("ana.ioniță@x.ro", "ana***@x.ro", "ana.ioniță@x.ro"),
        ("ănița@x.ro", "ăni***@x.ro", "ănița@x.ro"),
        ("éabcd@x.ro", "éab***@x.ro", "éabc***@x.ro"),
        ("😀a😀b@x.ro", "😀a😀***@x.ro", "😀a😀b@x.ro"),
        ("日本@x.ro", "日***@x.ro", "日本@x.ro"),
        ("john.doe@x.ro", "joh***@x.ro", "john.doe@x.ro"),
        ("john.smith@x.ro", "joh***@x.ro", "john.smi***@x.ro"),
        ("user+name@x.ro", "use***@x.ro", "user+nam***@x.ro"),
        ("____@_", "___***@_", "___***@_"),
        ("abcde@", "abc***@", "abcde@"),
        ("abcde@.ro", "abc***@.ro", "abcde@.ro"),
        ("abcd@xé.ro", "abc***@xé.ro", "abc***@xé.ro"),
        ("abcd@éx.ro", "abc***@éx.ro", "abcd@éx.ro"),
        ("abcd@@x", "abc***@x", "abcd@@x"),
        ("abcd@efgh@ijkl", "abc***@ijkl", "abc***@efgh@ijkl"),
        ("a@efgh@ijkl", "a@e***@ijkl", "a@efg***@ijkl"),
        ("aaaa@bbbb,cccc@dddd", "aaa***@dddd", "aaa***@bbbb,ccc***@dddd"),
        ("abcd@x$1.ro", "abc***@x$1.ro", "abc***@x$1.ro"),
        ("abcd\\e@x.ro", "abc***@x.ro", "abcd\\e@x.ro"),
    ];

    #[test]
    fn both_forms_of_the_table() {
        for (email, standard, glue) in CASES {
            assert_eq!(mask(email, Masking::Standard), *standard, "{email}");
            assert_eq!(mask(email, Masking::Glue), *glue, "{email}");
        }
    }

    #[test]
    fn the_masked_form_is_appended() {
        let mut out = b"before,".to_vec();
        mask_email(b"bob@x.ro", Masking::default(), &mut out);
        assert_eq!(out, b"before,bo***@x.ro");
    }

    /// A literal, backtracking reading of the pattern, one start after the other.
    fn replace_all(email: &str) -> String {
        let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
        let chars: Vec<char> = email.chars().collect();
        let word_end = |from: usize| (from..).find(|&i| !is_word(chars.get(i))).expect("the text ends");
        let (mut out, mut start) = (String::new(), 0);
        while start < chars.len() {
            let at = word_end(start);
            if at >= start + 4 && chars.get(at) == Some(&'@') && is_word(chars.get(at + 1)) {
                out.extend(&chars[start..start + 3]);
                out.push_str("***");
                start = word_end(at + 1);
                out.extend(&chars[at..start]);
            } else {
                out.push(chars[start]);
                start += 1;
            }
        }
        out
    }

    proptest! {
        #[test]
        fn the_glue_form_is_what_the_pattern_says(email in "[ab_0@@.ă]{0,24}") {
            prop_assert_eq!(mask(&email, Masking::Glue), replace_all(&email));
        }

        #[test]
        fn the_standard_form_shows_at_most_three_characters_and_never_the_last(
            local in "\\PC{0,8}",
            domain in proptest::option::of("[^@\\pC]{0,6}"),
        ) {
            // Without a domain the text may still hold an `@`, which would make a part of it the domain.
            let local = if domain.is_none() { local.replace('@', "a") } else { local };
            let rest = domain.map(|domain| format!("@{domain}")).unwrap_or_default();
            let shown = 3.min(local.chars().count().saturating_sub(1));
            let expected: String = local.chars().take(shown).chain("***".chars()).chain(rest.chars()).collect();
            prop_assert_eq!(mask(&format!("{local}{rest}"), Masking::Standard), expected);
        }
    }
}
