//! Plain, gzip or zstd: told by the first bytes of the object, never by its name.

use std::io::{self, BufReader, Cursor, Read};

use crate::error::{Error, Result};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The largest zstd window that is granted, as a power of two: 8 MiB, what `zstd -19` uses at most.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

const BUFFER_BYTES: usize = 256 * 1024;

/// A reader of the plain text of `stored`, the bytes of `object`. Several compressed members in a row are one text.
///
/// A damaged or cut-off stream is an `InvalidInput` error; a failure of `stored` itself passes unchanged.
pub fn plain_text<'a>(mut stored: impl Read + Send + 'a, object: &str) -> Result<Box<dyn Read + Send + 'a>> {
    let mut magic = Vec::with_capacity(ZSTD_MAGIC.len());
    stored.by_ref().take(ZSTD_MAGIC.len() as u64).read_to_end(&mut magic)?;
    let format = match &magic[..] {
        magic if magic.starts_with(GZIP_MAGIC) => "gzip",
        magic if magic.starts_with(ZSTD_MAGIC) => "zstd",
        _ => return Ok(Box::new(Cursor::new(magic).chain(stored))),
    };
    let stored = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(magic).chain(stored));
    let object = object.to_owned();
    if format == "gzip" {
        return Ok(Box::new(Decoder { text: flate2::bufread::MultiGzDecoder::new(stored), format, object }));
    }
    let mut text = zstd::stream::read::Decoder::with_buffer(stored)?;
    text.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(Box::new(Decoder { text, format, object }))
}

/// Tells a stream that cannot be decompressed from a storage that cannot be read.
struct Decoder<R> {
    text: R,
    format: &'static str,
    object: String,
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.text.read(out).map_err(|error| match error.downcast::<Error>() {
            Ok(ours) => ours.into(),
            Err(error) => {
                let message = format!("the {} stream is damaged or cut off", self.format);
                Error::invalid_input(message).at(&self.object).caused_by(error).into()
            }
        })
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
