//! The bytes that structure CSV, found 64 at a time.
//!
//! Written so that the compiler turns it into the vector instructions of any target; no intrinsics, no `unsafe`.

use crate::read::Dialect;

/// How many bytes one mask tells of.
pub(super) const BLOCK_BYTES: usize = 64;

/// Bit `i` is set where byte `i` of `bytes` is a delimiter, a quote or a line feed.
#[inline]
pub(super) fn structural_mask(bytes: &[u8], dialect: Dialect) -> u64 {
    match bytes.first_chunk::<BLOCK_BYTES>() {
        Some(block) => block_mask(block, dialect),
        None => {
            let mut block = [0; BLOCK_BYTES];
            block[..bytes.len()].copy_from_slice(bytes);
            block_mask(&block, dialect)
        }
    }
}

#[inline]
fn block_mask(block: &[u8; BLOCK_BYTES], Dialect { delimiter, quote }: Dialect) -> u64 {
    let mut hits = [0; BLOCK_BYTES];
    // Not `block.map`: that is one call a byte where the compiler does not see through it.
    for (hit, &byte) in hits.iter_mut().zip(block) {
        *hit = u8::from((byte == delimiter) | (byte == quote) | (byte == b'\n'));
    }
    let (words, _) = hits.as_chunks::<8>();
    (0..).zip(words).fold(0, |mask, (word, hits)| mask | low_bits(u64::from_le_bytes(*hits)) << (8 * word))
}

/// Gathers the lowest bit of each byte: the product moves bit `8 i` to bit `56 + i`, and no two sums meet.
#[inline]
fn low_bits(bytes: u64) -> u64 {
    bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_mask_marks_exactly_the_structural_bytes(bytes in proptest::collection::vec(
            proptest::prop_oneof![proptest::arbitrary::any::<u8>(), proptest::sample::select(&b",;'\"\n\r"[..])], 0..=64), is_default: bool
        ) {
            let (delimiter, quote) = if is_default { (b',', b'"') } else { (b';', b'\'') };
            let mask = structural_mask(&bytes, Dialect { delimiter, quote });
            for (at, byte) in bytes.iter().enumerate() {
                proptest::prop_assert_eq!(mask >> at & 1 == 1, [delimiter, quote, b'\n'].contains(byte), "byte {}", at);
            }
            proptest::prop_assert_eq!(mask.checked_shr(bytes.len() as u32).unwrap_or(0), 0);
        }
    }
}
