//! Integers in groups of seven bits, as Parquet's pages and Snappy hold them.

/// The longest form of 64 bits.
pub(crate) const VARINT_BYTES_MAX: usize = 10;

/// Appends a number, its lowest bits first.
pub(crate) fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a number of either sign so that those next to zero are short.
pub(crate) fn write_zigzag(number: i64, out: &mut Vec<u8>) {
    write_varint((number << 1 ^ number >> 63) as u64, out);
}

/// How many bytes [`write_varint`] appends.
pub(crate) fn varint_bytes(number: u64) -> usize {
    (u64::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}
