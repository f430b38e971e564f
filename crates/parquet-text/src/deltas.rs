//! Numbers as DELTA_BINARY_PACKED stores them: differences, packed in as few bits as the largest of 32 needs.

use crate::varint::{write_varint, write_zigzag};

/// Numbers whose least difference is stored once.
const BLOCK: usize = 128;

/// Numbers that are packed in the same width.
const MINIBLOCK: usize = 32;

/// Appends the numbers, each below 2³¹.
pub(crate) fn write(numbers: &[u32], out: &mut Vec<u8>) {
    let (first, rest) = numbers.split_first().map_or((0, numbers), |(first, rest)| (*first, rest));
    write_varint(BLOCK as u64, out);
    write_varint((BLOCK / MINIBLOCK) as u64, out);
    write_varint(numbers.len() as u64, out);
    write_zigzag(first.into(), out);
    let mut previous = first;
    for block in rest.chunks(BLOCK) {
        let mut deltas = [0_i32; BLOCK];
        for (delta, &number) in deltas.iter_mut().zip(block) {
            *delta = number as i32 - previous as i32;
            previous = number;
        }
        let least = deltas[..block.len()].iter().fold(i32::MAX, |least, &delta| least.min(delta));
        write_zigzag(least.into(), out);
        // What a miniblock lacks in numbers is stored as zeros; behind the last number there are no more miniblocks.
        let mut above_least = [0_u32; BLOCK];
        for (above, delta) in above_least.iter_mut().zip(&deltas[..block.len()]) {
            *above = delta.wrapping_sub(least) as u32;
        }
        let (miniblocks, _) = above_least.as_chunks::<MINIBLOCK>();
        let widths =
            miniblocks.iter().map(|numbers| u32::BITS - numbers.iter().fold(0, |bits, n| bits | n).leading_zeros());
        out.extend(widths.clone().map(|width| width as u8));
        for (numbers, width) in miniblocks.iter().zip(widths) {
            pack(numbers, width, out);
        }
    }
}

/// Appends so many zeros, at least one, as [`write`] does.
pub(crate) fn write_zeros(count: usize, out: &mut Vec<u8>) {
    write_varint(BLOCK as u64, out);
    write_varint((BLOCK / MINIBLOCK) as u64, out);
    write_varint(count as u64, out);
    write_zigzag(0, out);
    // The least difference and the widths of each block; numbers without width take no room.
    let blocks = (count - 1).div_ceil(BLOCK);
    out.resize(out.len() + blocks * (1 + BLOCK / MINIBLOCK), 0);
}

/// Appends the lowest `width` bits of each number, the first number's first. There are a multiple of eight.
pub(crate) fn pack(numbers: &[u32], width: u32, out: &mut Vec<u8>) {
    let (mut bits, mut filled) = (0_u64, 0);
    for &number in numbers.iter().take(if width == 0 { 0 } else { numbers.len() }) {
        bits |= u64::from(number) << filled;
        filled += width;
        if filled >= u32::BITS {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= u32::BITS;
            filled -= u32::BITS;
        }
    }
    out.extend_from_slice(&(bits as u32).to_le_bytes()[..filled as usize / 8]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::varint::VARINT_BYTES_MAX;

    /// The longest form of so many numbers: the header; for each block its least difference, the widths and 32 bits a number.
    const fn bytes_max(numbers: usize) -> usize {
        VARINT_BYTES_MAX * 4 + numbers.div_ceil(BLOCK) * (VARINT_BYTES_MAX + BLOCK / MINIBLOCK + 4 * BLOCK)
    }

    #[test]
    fn numbers_are_packed_as_the_format_s_own_example() {
        let mut bytes = Vec::new();
        write(&[7, 5, 3, 1, 2, 3, 4, 5], &mut bytes);
        // Blocks of 128 in 4, 8 numbers, the first 7; least difference -2, widths; 0, 0, 0, 3 and 3, 3, 3 in two bits each.
        let (head, packed) = (&[0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0], &[0xc0, 0x3f, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes, [&head[..], packed].concat());
    }

    #[test]
    fn no_numbers_and_equal_ones_take_next_to_nothing() {
        let mut bytes = Vec::new();
        write(&[], &mut bytes);
        assert_eq!(bytes, [0x80, 1, 4, 0, 0]);
        bytes.clear();
        write(&[36; 8192], &mut bytes);
        assert_eq!(bytes.len(), 6 + 64 * 5);
    }

    #[test]
    fn zeros_are_written_as_any_other_numbers() {
        for count in [1, 2, 128, 129, 130, 8192] {
            let (mut zeros, mut numbers) = (Vec::new(), Vec::new());
            write_zeros(count, &mut zeros);
            write(&vec![0; count], &mut numbers);
            assert_eq!(zeros, numbers, "{count}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_form_is_longer_than_the_longest(numbers in proptest::collection::vec(0..1_u32 << 31, 0..600)) {
            let mut bytes = Vec::new();
            write(&numbers, &mut bytes);
            proptest::prop_assert!(bytes.len() <= bytes_max(numbers.len()));
        }
    }
}
