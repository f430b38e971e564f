//! Numbers, dates and ids as text, appended to a byte buffer without `format!`: a batch has sixteen cells a row.

use chrono::{Datelike, NaiveDate};

/// `00`, `01` … `99`.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `value` with exactly `DIGITS` digits, leading zeros included; digits that do not fit are lost.
pub(super) fn push_padded<const DIGITS: usize>(out: &mut Vec<u8>, mut value: u64) {
    let mut text = [b'0'; DIGITS];
    let mut at = DIGITS;
    while at >= 2 {
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if at == 1 {
        text[0] = b'0' + (value % 10) as u8;
    }
    out.extend_from_slice(&text);
}

/// `value` without leading zeros.
pub(super) fn push_integer(out: &mut Vec<u8>, mut value: u64) {
    let mut text = [0; 20];
    let mut at = text.len();
    while value >= 10 {
        at -= 2;
        text[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    // What is left is one digit, or nothing after an even number of digits.
    if value > 0 || at == text.len() {
        at -= 1;
        text[at] = b'0' + value as u8;
    }
    out.extend_from_slice(&text[at..]);
}

/// `scaled` / 10^`DECIMALS`, without trailing zeros but with at least one decimal: `12.5`, `7.0`.
pub(super) fn push_decimal<const DECIMALS: usize>(out: &mut Vec<u8>, scaled: u64) {
    let one = 10_u64.pow(DECIMALS as u32);
    push_integer(out, scaled / one);
    out.push(b'.');
    let decimals_from = out.len();
    push_padded::<DECIMALS>(out, scaled % one);
    while out.len() > decimals_from + 1 && out.last() == Some(&b'0') {
        out.pop();
    }
}

/// One byte as two lower-case hexadecimal digits.
pub(super) fn push_hex(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
}

/// `YYYY-MM-DD`, for the years 0 to 9999.
pub(super) fn push_date(out: &mut Vec<u8>, date: NaiveDate) {
    push_padded::<4>(out, date.year() as u64);
    out.push(b'-');
    push_padded::<2>(out, u64::from(date.month()));
    out.push(b'-');
    push_padded::<2>(out, u64::from(date.day()));
}

/// `HH:MM:SS.ffffff`.
pub(super) fn push_time(out: &mut Vec<u8>, microsecond_of_day: u64) {
    let second = microsecond_of_day / 1_000_000;
    push_padded::<2>(out, second / 3600);
    out.push(b':');
    push_padded::<2>(out, second / 60 % 60);
    out.push(b':');
    push_padded::<2>(out, second % 60);
    out.push(b'.');
    push_padded::<6>(out, microsecond_of_day % 1_000_000);
}

/// The canonical form of a UUID: 36 characters, lower case.
pub(super) fn push_uuid(out: &mut Vec<u8>, id: u128) {
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (position, byte) in id.to_be_bytes().into_iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 15)];
        at += 2;
    }
    out.extend_from_slice(&text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("text is UTF-8")
    }

    #[test]
    fn integers_read_as_the_standard_library_writes_them() {
        for value in [0, 7, 10, 99, 100, 101, 999, 1000, 36_000, 2_000_000, u64::MAX] {
            assert_eq!(text(|out| push_integer(out, value)), value.to_string());
        }
    }

    #[test]
    fn padding_keeps_leading_zeros_of_odd_and_even_widths() {
        assert_eq!(text(|out| push_padded::<3>(out, 7)), "007");
        assert_eq!(text(|out| push_padded::<6>(out, 1234)), "001234");
        assert_eq!(text(|out| push_padded::<1>(out, 9)), "9");
    }

    #[test]
    fn decimals_lose_trailing_zeros_but_keep_one_digit() {
        assert_eq!(text(|out| push_decimal::<2>(out, 1250)), "12.5");
        assert_eq!(text(|out| push_decimal::<3>(out, 1005)), "1.005");
        assert_eq!(text(|out| push_decimal::<4>(out, 70_000)), "7.0");
        assert_eq!(text(|out| push_decimal::<2>(out, 0)), "0.0");
    }

    #[test]
    fn dates_times_and_ids_have_their_usual_form() {
        let date = NaiveDate::from_ymd_opt(2024, 2, 9).expect("a date");
        assert_eq!(text(|out| push_date(out, date)), "2024-02-09");
        assert_eq!(text(|out| push_time(out, 0)), "00:00:00.000000");
        assert_eq!(text(|out| push_time(out, 86_399_000_042)), "23:59:59.000042");
        let id = 0x0123_4567_89ab_4def_8123_4567_89ab_cdef;
        assert_eq!(text(|out| push_uuid(out, id)), "01234567-89ab-4def-8123-456789abcdef");
        assert_eq!(text(|out| push_hex(out, 0x0f)), "0f");
    }
}
