//! How the characters of a sample are stored.

use std::io::Read;

use super::super::Encoding;
use super::{Guess, Sample};
use crate::read::encoding::to_utf8;
use crate::read::header::guess::not_csv;

/// Bytes that one encoding has letters for, and the other one signs or rare letters.
const CENTRAL: &[u8] =
    &[0xa3, 0xa5, 0xaa, 0xaf, 0xb3, 0xb9, 0xba, 0xbc, 0xbe, 0xbf, 0xd0, 0xde, 0xe3, 0xf0, 0xfb, 0xfe, 0xf5, 0x9c, 0x9f];
const WESTERN: &[u8] = &[0xc0, 0xc5, 0xe0, 0xe5, 0xf2, 0xf8];

/// Bytes that one encoding leaves out and the other one has.
const NOT_WESTERN: &[u8] = &[0x8d, 0x8f, 0x9d];
const NOT_CENTRAL: &[u8] = &[0x83, 0x88, 0x98];

/// Bytes that neither has.
const IN_NEITHER: &[u8] = &[0x81, 0x90];

/// How many bytes a comment names.
const BYTES_SHOWN: usize = 6;

/// The sample as UTF-8, without a byte order mark, up to the end of a record's line.
pub(super) fn text(sample: Sample<'_>) -> Result<(Vec<u8>, Guess<Encoding>), String> {
    let encoding = encoding(sample)?;
    let mut text = Vec::new();
    // Memory does not fail, so neither does this.
    let _ = to_utf8(Box::new(sample.bytes), encoding.value).read_to_end(&mut text);
    if text.starts_with(b"\xef\xbb\xbf") {
        text.drain(..3);
    }
    if !sample.is_whole {
        text.truncate(memchr::memrchr(b'\n', &text).map_or(0, |at| at + 1));
        if text.is_empty() {
            return Err(format!("no header: the first line is longer than {} bytes", sample.bytes.len()));
        }
    }
    Ok((text, encoding))
}

fn encoding(sample: Sample<'_>) -> Result<Guess<Encoding>, String> {
    let bytes = sample.bytes;
    let guess = |value, why: &str| Ok(Guess { value, why: why.to_owned() });
    if bytes.starts_with(b"\xff\xfe\0\0") || bytes.starts_with(b"\0\0\xfe\xff") {
        return Err(not_csv("UTF-32 text"));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return guess(Encoding::Utf16, "the file begins with a byte order mark of UTF-16");
    }
    if bytes.contains(&0) {
        // Letters of the Latin script have a zero there.
        let high: Vec<bool> = bytes.iter().skip(1).step_by(2).take(256).map(|&byte| byte == 0).collect();
        if bytes.len() > 3 && high.iter().filter(|&&is_zero| is_zero).count() * 4 >= high.len() * 3 {
            return guess(Encoding::Utf16, "nearly every second byte is zero, as in UTF-16 without a byte order mark");
        }
        return Err(not_csv("binary data"));
    }
    if bytes.is_ascii() {
        return guess(Encoding::Utf8, "all bytes are ASCII; check it with a file that has other letters");
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => return guess(Encoding::Utf8, "all letters are stored as in UTF-8"),
        Err(error) if error.error_len().is_none() && !sample.is_whole => {
            return guess(Encoding::Utf8, "all letters are stored as in UTF-8");
        }
        Err(_) => {}
    }
    windows(bytes)
}

/// One of the two encodings that programs on Windows use in Europe, by the letters that tell them apart.
fn windows(bytes: &[u8]) -> Result<Guess<Encoding>, String> {
    let count = |set: &[u8]| bytes.iter().filter(|byte| set.contains(byte)).count();
    if count(IN_NEITHER) > 0 {
        return Err(
            "its characters are not UTF-8, and neither those of Windows-1250 nor Windows-1252; the sender must \
                    save the file as UTF-8"
                .to_owned(),
        );
    }
    // Signs beside letters are letters.
    let beside_letters = |set: &[u8]| {
        let is_letter = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphabetic());
        let places = bytes.iter().enumerate().filter(|(_, byte)| set.contains(byte));
        places.filter(|&(at, _)| is_letter(at + 1) || at.checked_sub(1).is_some_and(is_letter)).count()
    };
    let is_central = match (count(NOT_WESTERN), count(NOT_CENTRAL)) {
        (0, 0) => beside_letters(CENTRAL) > beside_letters(WESTERN),
        (central, western) => central > western,
    };
    let mut telling: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii()).collect();
    telling.sort_unstable();
    telling.dedup();
    let led_by = if is_central { [CENTRAL, NOT_WESTERN] } else { [WESTERN, NOT_CENTRAL] }.concat();
    telling.sort_by_key(|byte| !led_by.contains(byte));
    let shown: Vec<String> = telling.iter().take(BYTES_SHOWN).map(|byte| format!("0x{byte:02X}")).collect();
    let (value, other) = match is_central {
        true => (Encoding::Windows1250, "windows-1252 or iso-8859-2"),
        false => (Encoding::Windows1252, "windows-1250 or iso-8859-1"),
    };
    let why = format!(
        "the file is no UTF-8; bytes such as {} led here. Look at words with accents in the output: if they are wrong, \
         try {other}",
        shown.join(", ")
    );
    Ok(Guess { value, why })
}
