//! Text in other encodings as UTF-8, while it is read.
//!
//! What cannot be decoded becomes the byte 0xFF, which no UTF-8 has: the row is rejected as invalid and not changed in
//! silence, as a replacement character would do.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, ISO_8859_2, UTF_16LE, WINDOWS_1250, WINDOWS_1252};

use crate::read::Encoding;

/// Stands for what cannot be decoded.
const UNDECODABLE: u8 = 0xff;

/// How much is read at a time, in bytes.
const BLOCK_BYTES: usize = 64 * 1024;

/// A reader of the same text in UTF-8. UTF-8 itself passes through as it is.
///
/// A byte order mark of UTF-16 decides the byte order and is no part of the text; without one, it is little-endian. Lone
/// surrogates, half a code unit where the text ends, and bytes that the encoding does not define become the byte 0xFF.
pub fn to_utf8<'a>(reader: Box<dyn Read + Send + 'a>, encoding: Encoding) -> Box<dyn Read + Send + 'a> {
    // Web browsers take the bytes that the Windows encodings leave out for control characters, and so does the library.
    let is_windows_gap = |character: char| ('\u{80}'..='\u{9f}').contains(&character);
    let character_of = |byte: u8, encoding: &'static encoding_rs::Encoding| {
        encoding.decode_without_bom_handling_and_without_replacement(&[byte]).and_then(|text| text.chars().next())
    };
    let windows = |encoding| Characters::new(|byte| character_of(byte, encoding).filter(|&c| !is_windows_gap(c)));
    let scheme = match encoding {
        Encoding::Utf8 => return reader,
        Encoding::Utf16 => Scheme::Utf16(Box::new(UTF_16LE.new_decoder())),
        Encoding::Windows1250 => Scheme::OneByte(windows(WINDOWS_1250)),
        Encoding::Windows1252 => Scheme::OneByte(windows(WINDOWS_1252)),
        Encoding::Iso8859_1 => Scheme::OneByte(Characters::new(|byte| Some(char::from(byte)))),
        Encoding::Iso8859_2 => Scheme::OneByte(Characters::new(|byte| character_of(byte, ISO_8859_2))),
    };
    Box::new(Decoded { input: reader, scheme, block: vec![0; BLOCK_BYTES], text: Vec::new(), given: 0, is_over: false })
}

/// A stream of text in UTF-8.
struct Decoded<'a> {
    input: Box<dyn Read + Send + 'a>,
    scheme: Scheme,
    block: Vec<u8>,
    /// The decoded block; what stands before `given` was handed out.
    text: Vec<u8>,
    given: usize,
    is_over: bool,
}

/// How bytes become characters.
enum Scheme {
    Utf16(Box<Decoder>),
    OneByte(Characters),
}

impl Read for Decoded<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.is_over {
            let bytes = self.input.read(&mut self.block)?;
            self.is_over = bytes == 0;
            self.text.clear();
            self.given = 0;
            let block = &self.block[..bytes];
            match &mut self.scheme {
                Scheme::Utf16(decoder) => decode(decoder, block, self.is_over, &mut self.text),
                Scheme::OneByte(characters) => characters.decode(block, &mut self.text),
            }
        }
        let bytes = out.len().min(self.text.len() - self.given);
        out[..bytes].copy_from_slice(&self.text[self.given..self.given + bytes]);
        self.given += bytes;
        Ok(bytes)
    }
}

/// Appends the text of a block of UTF-16. What a block ends with half done the decoder keeps for the next one.
fn decode(decoder: &mut Decoder, mut block: &[u8], is_last: bool, text: &mut Vec<u8>) {
    loop {
        let begin = text.len();
        // A unit of two bytes has three at most in UTF-8; the rest is for what the decoder kept.
        text.resize(begin + 2 * block.len() + 16, 0);
        let (outcome, read, written) = decoder.decode_to_utf8_without_replacement(block, &mut text[begin..], is_last);
        text.truncate(begin + written);
        block = &block[read..];
        match outcome {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => text.push(UNDECODABLE),
        }
    }
}

/// What each byte of an encoding with one byte a character is in UTF-8.
struct Characters(Box<[(u8, [u8; 3])]>);

impl Characters {
    /// The table of a function from a byte to its character; `None`: there is none.
    fn new(character: impl Fn(u8) -> Option<char>) -> Self {
        let utf8 = |byte| {
            let mut utf8 = [UNDECODABLE, 0, 0];
            let length = character(byte).map_or(1, |character| character.encode_utf8(&mut utf8).len());
            (length as u8, utf8)
        };
        Self((0..=u8::MAX).map(utf8).collect())
    }

    /// Appends the text of a block.
    fn decode(&self, mut block: &[u8], text: &mut Vec<u8>) {
        while !block.is_empty() {
            let (plain, rest) = block.split_at(encoding_rs::Encoding::ascii_valid_up_to(block));
            text.extend_from_slice(plain);
            block = rest;
            while let [byte @ 0x80..=0xff, rest @ ..] = block {
                let (length, utf8) = self.0[usize::from(*byte)];
                text.extend_from_slice(&utf8[..usize::from(length)]);
                block = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Encoding; 6] = [
        Encoding::Utf8,
        Encoding::Utf16,
        Encoding::Windows1250,
        Encoding::Windows1252,
        Encoding::Iso8859_1,
        Encoding::Iso8859_2,
    ];

    /// Gives its bytes in these pieces.
    struct Pieces(Vec<Vec<u8>>);

    impl Read for Pieces {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let Some(piece) = self.0.first_mut() else { return Ok(0) };
            let bytes = piece.len().min(out.len());
            out[..bytes].copy_from_slice(&piece[..bytes]);
            piece.drain(..bytes);
            self.0.retain(|piece| !piece.is_empty());
            Ok(bytes)
        }
    }

    fn decoded(pieces: &[&[u8]], encoding: Encoding) -> Vec<u8> {
        let pieces = pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| piece.to_vec()).collect();
        let mut text = Vec::new();
        to_utf8(Box::new(Pieces(pieces)), encoding).read_to_end(&mut text).expect("memory does not fail");
        text
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn letters_of_every_encoding_are_read() {
        let cases: [(Encoding, &[u8], &str); 5] = [
            (Encoding::Utf8, "ș,€\n".as_bytes(), "ș,€\n"),
            (Encoding::Windows1250, b"\xaa\xba,\x80,\xe3\n", "Şş,€,ă\n"),
            (Encoding::Windows1252, b"caf\xe9,\x80,\x93\x94\n", "café,€,\u{201c}\u{201d}\n"),
            (Encoding::Iso8859_1, b"caf\xe9,\x80,\xa4\n", "café,\u{80},¤\n"),
            (Encoding::Iso8859_2, b"\xaa\xba,\x80,\xe3\n", "Şş,\u{80},ă\n"),
        ];
        for (encoding, bytes, text) in cases {
            assert_eq!(decoded(&[bytes], encoding), text.as_bytes(), "{encoding:?}");
        }
    }

    #[test]
    fn utf_16_is_read_in_the_byte_order_of_its_mark_or_else_little_endian() {
        let text = "a,ș,€,😀\r\n";
        assert_eq!(decoded(&[&utf16(text, u16::to_le_bytes)], Encoding::Utf16), text.as_bytes());
        let marked = format!("\u{feff}{text}");
        assert_eq!(decoded(&[&utf16(&marked, u16::to_le_bytes)], Encoding::Utf16), text.as_bytes());
        assert_eq!(decoded(&[&utf16(&marked, u16::to_be_bytes)], Encoding::Utf16), text.as_bytes());
    }

    #[test]
    fn what_cannot_be_decoded_is_no_utf_8_and_what_follows_is_read() {
        let high = [0x3d, 0xd8];
        let low = [0x00, 0xde];
        type Case<'a> = (Encoding, &'a [&'a [u8]], &'a [u8]);
        let cases: [Case<'_>; 8] = [
            (Encoding::Utf16, &[&high, b"a\0"], b"\xffa"),
            (Encoding::Utf16, &[&low, b"a\0"], b"\xffa"),
            (Encoding::Utf16, &[&high, &high, &low], "\u{1f600}".as_bytes()),
            (Encoding::Utf16, &[b"a\0", &high], b"a\xff"),
            (Encoding::Utf16, &[b"a\0b"], b"a\xff"),
            (Encoding::Windows1252, &[b"a\x81\x8d\x8f\x90\x9db"], b"a\xff\xff\xff\xff\xffb"),
            (Encoding::Windows1250, &[b"a\x81\x83\x88\x90\x98b"], b"a\xff\xff\xff\xff\xffb"),
            (Encoding::Utf8, &[b"a\xe9"], b"a\xe9"),
        ];
        for (encoding, pieces, expected) in cases {
            let text = decoded(pieces, encoding);
            assert!(text.ends_with(expected), "{encoding:?} {pieces:?}: {text:?}");
            assert!(std::str::from_utf8(&text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_the_bytes_that_an_encoding_leaves_out_cannot_be_decoded() {
        let undecodable = |encoding| (0..=u8::MAX).filter(|byte| decoded(&[&[*byte]], encoding) == [0xff]).count();
        assert_eq!(ALL[2..].iter().map(|encoding| undecodable(*encoding)).collect::<Vec<_>>(), [5, 5, 0, 0]);
        for encoding in ALL {
            let ascii: Vec<u8> = (0..0x80).collect();
            let stored = if encoding == Encoding::Utf16 {
                ascii.iter().flat_map(|byte| [*byte, 0]).collect()
            } else {
                ascii.clone()
            };
            assert_eq!(decoded(&[&stored], encoding), ascii, "{encoding:?}");
        }
    }

    #[test]
    fn a_stream_that_fails_is_not_one_that_ends() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("cut off"))
            }
        }
        for encoding in ALL {
            let mut text = Vec::new();
            let mut reader = to_utf8(Box::new((&b"a\0"[..]).chain(Failing)), encoding);
            assert!(reader.read_to_end(&mut text).is_err(), "{encoding:?}");
            assert!(text.starts_with(b"a"));
        }
    }

    #[test]
    fn more_than_a_block_is_read() {
        let text = "ș€😀".repeat(BLOCK_BYTES);
        assert!(decoded(&[&utf16(&text, u16::to_le_bytes)], Encoding::Utf16) == text.as_bytes());
        let letters = vec![0xe9; 3 * BLOCK_BYTES + 1];
        assert!(decoded(&[&letters], Encoding::Iso8859_1) == "é".repeat(letters.len()).as_bytes());
    }

    proptest! {
        #[test]
        fn a_stream_is_the_same_text_wherever_it_is_cut(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0), 0xd8..=0xdf_u8, Just(0xfe), Just(0xff)], 0..40),
            encoding in prop::sample::select(&ALL[..]),
        ) {
            let whole = decoded(&[&bytes], encoding);
            for cut in 0..=bytes.len() {
                prop_assert_eq!(&decoded(&[&bytes[..cut], &bytes[cut..]], encoding), &whole, "cut at {}", cut);
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(decoded(&single, encoding), whole);
        }

        #[test]
        fn text_in_utf_16_is_read_as_it_was_written(text in "\\PC{0,60}") {
            prop_assert_eq!(decoded(&[&utf16(&text, u16::to_le_bytes)], Encoding::Utf16), text.as_bytes());
        }
    }
}
