//! What makes two rows the same: the text of `unique_id`, packed into 16 bytes where that is possible exactly.

/// The identity of a row. Two rows are duplicates exactly when their identities are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The whole text, packed.
    Packed(Form, u128),
    /// A text that does not fit; it has to be compared itself.
    Text,
}

/// What a packed identity was written as. Different forms are different texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A UUID in the canonical form, `8-4-4-4-12` lower-case hexadecimal digits.
    Uuid,
    /// The same with upper-case digits.
    UpperCaseUuid,
    /// Up to 15 bytes of any text: the bytes, then their number.
    Short,
}

impl Form {
    /// How many forms there are.
    pub const COUNT: usize = 3;
}

const UUID_TEXT_BYTES: usize = 36;
const SHORT_BYTES_MAX: usize = 15;

/// The identity that `text`, an unquoted cell, stands for.
#[inline]
pub fn identity(text: &[u8]) -> Identity {
    if let Ok(uuid) = <&[u8; UUID_TEXT_BYTES]>::try_from(text) {
        return pack_uuid(uuid);
    }
    if text.len() <= SHORT_BYTES_MAX {
        let mut packed = [0; 16];
        packed[..text.len()].copy_from_slice(text);
        packed[SHORT_BYTES_MAX] = text.len() as u8;
        return Identity::Packed(Form::Short, u128::from_le_bytes(packed));
    }
    Identity::Text
}

fn pack_uuid(text: &[u8; UUID_TEXT_BYTES]) -> Identity {
    let [hyphens @ .., _] = [text[8], text[13], text[18], text[23], b'-'];
    if hyphens != [b'-'; 4] {
        return Identity::Text;
    }
    let (mut bits, mut classes) = (0_u128, 0_u8);
    for group in [&text[..8], &text[9..13], &text[14..18], &text[19..23], &text[24..]] {
        let mut word = 0_u64;
        for &byte in group {
            let digit = HEX_DIGITS[byte as usize];
            word = word << 4 | u64::from(digit & 0x0f);
            classes |= digit;
        }
        bits = bits << (4 * group.len()) | u128::from(word);
    }
    match classes & (LOWER | UPPER | NO_DIGIT) {
        0 | LOWER => Identity::Packed(Form::Uuid, bits),
        UPPER => Identity::Packed(Form::UpperCaseUuid, bits),
        _ => Identity::Text,
    }
}

const LOWER: u8 = 0x10;
const UPPER: u8 = 0x20;
const NO_DIGIT: u8 = 0x40;

/// Value and class of each byte as a hexadecimal digit.
const HEX_DIGITS: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        if value < 10 {
            table[b'0' as usize + value] = value as u8;
        } else {
            table[b'a' as usize + value - 10] = value as u8 | LOWER;
            table[b'A' as usize + value - 10] = value as u8 | UPPER;
        }
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_uuids_are_packed_and_other_texts_keep_what_sets_them_apart() {
        let packed = |text: &str| match identity(text.as_bytes()) {
            Identity::Packed(form, bits) => Some((form, bits)),
            Identity::Text => None,
        };
        let bits = 0x0123_4567_89ab_4cde_8f01_2345_6789_abcd;
        assert_eq!(packed("01234567-89ab-4cde-8f01-23456789abcd"), Some((Form::Uuid, bits)));
        assert_eq!(packed("01234567-89AB-4CDE-8F01-23456789ABCD"), Some((Form::UpperCaseUuid, bits)));
        assert_eq!(packed("00000000-0000-0000-0000-000000000000"), Some((Form::Uuid, 0)));
        for text in [
            "01234567-89aB-4cde-8f01-23456789abcd",
            "01234567-89ag-4cde-8f01-23456789abcd",
            "01234567-89ab-4cde-8f01 23456789abcd",
            "0123456789ab4cde8f0123456789abcd",
            "a text of 16 byte",
        ] {
            assert_eq!(packed(text), None, "{text}");
        }
        assert_ne!(packed("a"), packed("a\0"));
        assert!(matches!(packed("fifteen bytes!!"), Some((Form::Short, _))));
    }

    proptest::proptest! {
        #[test]
        fn two_packed_texts_are_equal_exactly_when_their_identities_are(
            a in "[0-9a-fA-F-]{0,3}|[0-9a-b]{8}-[0-9]{4}-4[0-9]{3}-8[0-9]{3}-[0-9A]{12}", b in "[0-9a-f-]{0,3}"
        ) {
            for (x, y) in [(&a, &b), (&a, &a.to_lowercase()), (&a, &a.to_uppercase())] {
                if let (Identity::Packed(..), Identity::Packed(..)) = (identity(x.as_bytes()), identity(y.as_bytes())) {
                    proptest::prop_assert_eq!(x == y, identity(x.as_bytes()) == identity(y.as_bytes()));
                }
            }
        }
    }
}
