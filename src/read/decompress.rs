//! Plain, gzip or zstd: told by the first bytes of the object, never by its name. Other compression is refused by name.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::GzDecoder;

use crate::error::{Error, Result};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// How other compressed files begin, and what to call them.
const OTHER_MAGICS: [(&[u8], &str); 7] = [
    (b"\xfd7zXZ\0", "xz"),
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\0\0sNa", "framed Snappy"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"Rar!\x1a\x07", "a RAR archive"),
];

/// Bytes that tell every format.
const MAGIC_BYTES: usize = 7;

/// The largest zstd window that is granted, as a power of two: 8 MiB, what `zstd -19` uses at most.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// How the zstd library calls a window above the limit.
const ZSTD_WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

const BUFFER_BYTES: usize = 256 * 1024;

/// What the bytes that an object begins with tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Plain,
    Gzip,
    Zstd,
    Other(&'static str),
}

impl Format {
    fn of(beginning: &[u8]) -> Self {
        if beginning.starts_with(GZIP_MAGIC) {
            return Self::Gzip;
        }
        // A skippable frame, which holds no text, may come first.
        let is_skippable = matches!(beginning, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
        if beginning.starts_with(ZSTD_MAGIC) || is_skippable {
            return Self::Zstd;
        }
        // The first letters alone could be those of a column's name.
        if let [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..] = beginning {
            return Self::Other("bzip2");
        }
        let other = OTHER_MAGICS.iter().find(|(magic, _)| beginning.starts_with(magic));
        other.map_or(Self::Plain, |&(_, name)| Self::Other(name))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain text",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Other(name) => name,
        }
    }
}

/// A reader of the plain text of `stored`, the bytes of `object`. Several compressed members in a row are one text.
///
/// A stream that is damaged, cut off, or compressed in another way is an `InvalidInput` error; a failure of `stored`
/// itself passes unchanged.
pub fn plain_text<'a>(stored: impl Read + Send + 'a, object: &str) -> Result<Box<dyn Read + Send + 'a>> {
    let (beginning, stored) = peek(stored)?;
    let format = Format::of(&beginning);
    let stored = BufReader::with_capacity(BUFFER_BYTES, stored);
    let object = object.to_owned();
    let text: Box<dyn Read + Send + 'a> = match format {
        Format::Plain => return Ok(Box::new(stored.into_inner())),
        Format::Other(name) => {
            let message =
                format!("the object is not plain, gzip or zstd, but {name}; the sender must send one of these");
            return Err(Error::invalid_input(message).at(object));
        }
        Format::Gzip => Box::new(Decoder { text: GzipMembers::new(stored), format, object: object.clone() }),
        Format::Zstd => {
            let mut text = zstd::stream::read::Decoder::with_buffer(stored)?;
            text.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(Decoder { text, format, object: object.clone() })
        }
    };
    // What the text begins with cannot be read yet where the stream fails early; that is told when it is read.
    let (beginning, text) = peek_lazily(text);
    match Format::of(&beginning) {
        Format::Plain => Ok(text),
        inner => {
            let message = format!(
                "the {} stream holds another compressed file ({}); the sender must compress the text once",
                format.name(),
                inner.name()
            );
            Err(Error::invalid_input(message).at(object))
        }
    }
}

/// The first bytes, and a reader of all of them.
fn peek<'a>(mut input: impl Read + Send + 'a) -> io::Result<(Vec<u8>, impl Read + Send + 'a)> {
    let mut beginning = Vec::with_capacity(MAGIC_BYTES);
    input.by_ref().take(MAGIC_BYTES as u64).read_to_end(&mut beginning)?;
    Ok((beginning.clone(), Cursor::new(beginning).chain(input)))
}

/// The same; a failure comes when it is read.
fn peek_lazily<'a>(mut input: Box<dyn Read + Send + 'a>) -> (Vec<u8>, Box<dyn Read + Send + 'a>) {
    let mut beginning = Vec::with_capacity(MAGIC_BYTES);
    let failure = input.by_ref().take(MAGIC_BYTES as u64).read_to_end(&mut beginning).err();
    let rest: Box<dyn Read + Send + 'a> = match failure {
        None => input,
        Some(error) => Box::new(Failing(Some(error))),
    };
    (beginning.clone(), Box::new(Cursor::new(beginning).chain(rest)))
}

/// Fails with an error met earlier, once.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The text of gzip members that follow one another, perhaps padded with zeros to the size of a block.
enum GzipMembers<R> {
    Member(Box<GzDecoder<R>>),
    Padding(R),
    /// Between two states.
    Moving,
}

impl<R: BufRead> GzipMembers<R> {
    fn new(stored: R) -> Self {
        Self::Member(Box::new(GzDecoder::new(stored)))
    }

    /// What follows a member that has ended.
    fn after(mut stored: R) -> io::Result<Self> {
        Ok(match stored.fill_buf()? {
            [] | [0, ..] => Self::Padding(stored),
            _ => Self::new(stored),
        })
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self {
                Self::Member(member) => {
                    let bytes = member.read(out)?;
                    if bytes > 0 || out.is_empty() {
                        return Ok(bytes);
                    }
                    if let Self::Member(member) = std::mem::replace(self, Self::Moving) {
                        *self = Self::after(member.into_inner())?;
                    }
                }
                Self::Padding(stored) => {
                    let bytes = stored.fill_buf()?;
                    if bytes.is_empty() {
                        return Ok(0);
                    }
                    if bytes.iter().any(|&byte| byte != 0) {
                        return Err(io::Error::new(io::ErrorKind::InvalidData, "bytes follow the zeros after its end"));
                    }
                    let length = bytes.len();
                    stored.consume(length);
                }
                Self::Moving => return Err(io::Error::other("reading went on after a failure")),
            }
        }
    }
}

/// Tells a stream that cannot be decompressed from a storage that cannot be read.
struct Decoder<R> {
    text: R,
    format: Format,
    object: String,
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.text.read(out).map_err(|error| match error.downcast::<Error>() {
            Ok(ours) => ours.into(),
            Err(error) => self.unusable(error).at(&self.object).into(),
        })
    }
}

impl<R> Decoder<R> {
    fn unusable(&self, error: io::Error) -> Error {
        if self.format == Format::Zstd && error.to_string().contains(ZSTD_WINDOW_TOO_LARGE) {
            return Error::invalid_input(format!(
                "the zstd stream needs a window of more than {} MiB, the most that is granted; the sender must compress it \
                 without --long and --ultra",
                (1 << ZSTD_WINDOW_LOG_MAX) >> 20
            ));
        }
        Error::invalid_input(format!("the {} stream is damaged or cut off", self.format.name())).caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    fn refused(stored: &[u8]) -> String {
        let error = read(stored).expect_err("refused");
        assert_eq!((error.kind(), error.object()), (ErrorKind::InvalidInput, Some("batch.csv")));
        error.to_string()
    }

    #[test]
    fn zeros_after_gzip_are_padding_and_other_bytes_are_not() {
        let padded = |after: &[u8]| [&gzip(b"a,b\n")[..], after].concat();
        for length in [1, 511, 512, 1 << 20] {
            assert_eq!(read(&padded(&vec![0; length])).expect("padded"), b"a,b\n", "{length}");
        }
        for after in [&b"\0\0x"[..], b"x", b"more text", b"\0\x1f\x8b"] {
            assert!(refused(&padded(after)).contains("the gzip stream is damaged or cut off"), "{after:?}");
        }
    }

    #[test]
    fn skippable_zstd_frames_hold_no_text_wherever_they_stand() {
        let frame = zstd::encode_all(&b"a,b\n"[..], 1).expect("memory");
        for nibble in 0..16 {
            let skippable = [&[0x50 + nibble, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"odd"].concat();
            assert_eq!(read(&[&skippable[..], &frame, &skippable].concat()).expect("zstd"), b"a,b\n");
            assert_eq!(read(&skippable).expect("no text"), b"");
        }
    }

    #[test]
    fn a_zstd_window_above_the_limit_is_refused_with_the_limit() {
        let compressed = |window_log| {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("memory");
            encoder.window_log(window_log).expect("a window");
            encoder.write_all(&b"a,b\n".repeat(4 << 20)).expect("memory");
            encoder.finish().expect("memory")
        };
        assert_eq!(read(&compressed(23)).expect("8 MiB").len(), 16 << 20);
        let message = refused(&compressed(24));
        assert!(message.contains("needs a window of more than 8 MiB, the most that is granted"), "{message}");
    }

    #[test]
    fn what_is_compressed_twice_is_refused_by_that_name() {
        let zstd = |text: &[u8]| zstd::encode_all(text, 1).expect("memory");
        let cases = [
            (gzip(&gzip(b"a\n")), "the gzip stream holds another compressed file (gzip)"),
            (gzip(&zstd(b"a\n")), "the gzip stream holds another compressed file (zstd)"),
            (zstd(&gzip(b"a\n")), "the zstd stream holds another compressed file (gzip)"),
            (gzip(b"PK\x03\x04"), "the gzip stream holds another compressed file (a ZIP archive or an Excel workbook)"),
        ];
        for (stored, message) in cases {
            assert!(refused(&stored).contains(message), "{message}");
        }
    }

    #[test]
    fn other_compression_is_refused_by_its_name() {
        for (magic, name) in OTHER_MAGICS.into_iter().chain([(&b"BZh91AY&SY"[..], "bzip2")]) {
            let message = refused(&[magic, &b" and more bytes"[..]].concat());
            assert!(message.contains(&format!("not plain, gzip or zstd, but {name}; the sender must")), "{message}");
        }
        assert_eq!(read(b"BZhours,a\n").expect("a column's name"), b"BZhours,a\n");
    }

    fn read(stored: &[u8]) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        plain_text(stored, "batch.csv")?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn each_format_is_told_by_its_first_bytes() {
        let text = b"a,b\nc,d\n".repeat(10_000);
        assert_eq!(read(&text).expect("plain"), text);
        assert_eq!(read(&gzip(&text)).expect("gzip"), text);
        assert_eq!(read(&zstd::encode_all(&text[..], 1).expect("memory")).expect("zstd"), text);
        for short in [&b""[..], b"a", b"\x1f", b"\x28\xb5\x2f"] {
            assert_eq!(read(short).expect("too short to be compressed"), short);
        }
    }

    #[test]
    fn members_in_a_row_are_one_text() {
        assert_eq!(read(&[gzip(b"a,"), gzip(b"b\n")].concat()).expect("gzip"), b"a,b\n");
        let frames = [zstd::encode_all(&b"a,"[..], 1), zstd::encode_all(&b"b\n"[..], 1)];
        assert_eq!(read(&frames.map(|frame| frame.expect("memory")).concat()).expect("zstd"), b"a,b\n");
    }

    #[test]
    fn a_stream_cut_anywhere_is_the_senders_error_and_never_an_end_of_file() {
        let text = b"a,b\nc,d\n".repeat(100);
        for stored in [gzip(&text), zstd::encode_all(&text[..], 1).expect("memory")] {
            for end in ZSTD_MAGIC.len()..stored.len() {
                let error = read(&stored[..end]).expect_err("cut off");
                assert_eq!((error.kind(), error.object()), (ErrorKind::InvalidInput, Some("batch.csv")), "{end}");
            }
        }
    }

    #[test]
    fn a_failing_storage_is_not_taken_for_a_damaged_stream() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(Error::storage("connection reset").into())
            }
        }
        let stored = gzip(b"a,b\n");
        let mut text = plain_text(stored[..8].chain(Broken), "batch.csv").expect("the first bytes are there");
        let error = Error::from(text.read_to_end(&mut Vec::new()).expect_err("broken"));
        assert_eq!(error.kind(), ErrorKind::Storage);
    }
}
