//! Digits with a point among them, all looked at at once: how many there are, and where the point is, differs from cell to
//! cell, and a processor that guesses such things wrong pays more than for the digits.

/// Bytes that are looked at.
const BYTES: usize = 16;

const ZEROS: u128 = u128::from_le_bytes([b'0'; BYTES]);
const POINTS: u128 = u128::from_le_bytes([b'.'; BYTES]);
const ONES: u128 = u128::from_le_bytes([1; BYTES]);
const HIGH_BITS: u128 = u128::from_le_bytes([0x80; BYTES]);

/// The number that the digits of `text` are without their point, and how many stand behind that. `None` for anything
/// but digits and at most one point, and for texts of less than 4 or more than 16 bytes.
#[inline]
pub(super) fn parse(text: &[u8]) -> Option<(u64, usize)> {
    let text_bits = 8 * text.len() as u32;
    // Both ends, which overlap, because what is beyond the text is not ours to read.
    let word = match (text.first_chunk(), text.last_chunk(), text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last), ..) if text.len() <= BYTES => {
            u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (text_bits - u64::BITS)
        }
        (None, None, Some(first), Some(last)) => {
            u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (text_bits - u32::BITS)
        }
        _ => return None,
    };
    let points = zero_bytes(word ^ POINTS);
    let (digits, digits_bits, decimals) = if points == 0 {
        (word, text_bits, 0)
    } else {
        let before = points.trailing_zeros() & !7;
        let mask = (1 << before) - 1;
        let digits_bits = text_bits - 8;
        ((word & mask) | ((word >> 8) & !mask), digits_bits, (digits_bits - before) / 8)
    };
    // Zeros in front, so that the last digit is the last byte. A second point is no digit.
    let free_bits = u128::BITS - digits_bits;
    let values = ((digits << free_bits) | (ZEROS & !(u128::MAX << free_bits))) ^ ZEROS;
    let beyond_nine = ((values & !HIGH_BITS) + (HIGH_BITS - 10 * ONES)) | values;
    if beyond_nine & HIGH_BITS != 0 {
        return None;
    }
    Some((eight_digits(values as u64) * 100_000_000 + eight_digits((values >> u64::BITS) as u64), decimals as usize))
}

/// The highest bit of each byte that is zero.
#[inline]
fn zero_bytes(bytes: u128) -> u128 {
    !(((bytes & !HIGH_BITS) + !HIGH_BITS) | bytes) & HIGH_BITS
}

/// The number whose digits' values are these bytes, the first one the lowest.
#[inline]
fn eight_digits(values: u64) -> u64 {
    // Neighbours are joined: two bytes each to a number up to 99, two of those up to 9999, two of those.
    let pairs = (values.wrapping_mul(1 + (10 << 8)) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(1 + (100 << 16)) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(1 + (10_000 << 32)) >> 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_digits_with_one_point_at_most_are_taken() {
        let none = [
            "",
            "123",
            "1.2.",
            "1..2",
            "12a4",
            "-123",
            "1e10",
            " 123",
            "123:",
            "12/4",
            "12345678901234567",
            "1234\u{b1}",
        ];
        assert_eq!(none.map(|text| parse(text.as_bytes())), none.map(|_| None));
    }

    proptest! {
        #[test]
        fn digits_are_read_as_the_standard_library_reads_them(digits in "[0-9]{3,15}", point in 0_usize..17) {
            let point = point.min(digits.len());
            let text = format!("{}.{}", &digits[..point], &digits[point..]);
            prop_assert_eq!(parse(text.as_bytes()), Some((digits.parse().expect("digits"), digits.len() - point)));
            let expected = (digits.len() > 3).then(|| (digits.parse().expect("digits"), 0));
            prop_assert_eq!(parse(digits.as_bytes()), expected);
        }
    }
}
