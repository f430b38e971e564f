//! Cuts a stream of CSV bytes into chunks that hold whole records, whatever the pieces it is read in.
//!
//! Only quotes and line feeds matter here; fields are found later, on worker threads, by [`super::scan`]. Both
//! follow the same rule: a quote opens a quoted field only as the first byte of a field, anywhere else it is text.
//! A record whose quotes never close, or that does not end within [`RECORD_BYTES_MAX`], cannot be parsed. Then the
//! stream is taken up again behind the record's first line, so that one stray quote costs one line and not the rest
//! of the file.

use std::io::Read;
use std::ops::Range;

use memchr::{memchr, memrchr};

use crate::error::Result;
use crate::rules::Reason;

/// The longest record that is parsed, in bytes, its line end included.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// A piece of a CSV stream.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where they begin in the (decompressed) object.
    pub offset: u64,
    /// What they are.
    pub content: Content,
}

/// What a chunk holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Whole records.
    #[default]
    Records,
    /// The line, or the first piece of it, of one record that cannot be parsed.
    Broken(Reason),
    /// The next piece of the broken record that the chunk before began.
    MoreOfBroken,
}

/// What a quoted field is that runs over a line end and closes amid text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClosedAmidText {
    /// Most likely never meant to run on: its quote is a stray one, and the one that seems to close it opens a field
    /// of a later record. Its first line is broken.
    #[default]
    Broken,
    /// A field whose value holds the quotes, as in Spark.
    Field,
}

/// The cutter over a stream that begins with a record.
#[derive(Debug)]
pub struct Cutter<R> {
    input: R,
    chunk_bytes: usize,
    closed_amid_text: ClosedAmidText,
    /// Bytes read but not handed out, and where they begin in the stream.
    carried: Vec<u8>,
    offset: u64,
    at_end: bool,
    within_broken: bool,
    /// Memory of [`last_boundary`].
    stretches: Vec<Range<usize>>,
}

impl<R: Read> Cutter<R> {
    /// Cuts `input`, whose first byte is byte `offset` of the object, into chunks of about `chunk_bytes`.
    pub fn new(input: R, offset: u64, chunk_bytes: usize) -> Self {
        let chunk_bytes = chunk_bytes.clamp(1, RECORD_BYTES_MAX);
        Self {
            input,
            chunk_bytes,
            closed_amid_text: ClosedAmidText::default(),
            carried: Vec::new(),
            offset,
            at_end: false,
            within_broken: false,
            stretches: Vec::new(),
        }
    }

    /// Takes quoted fields that run over a line end and close amid text for what is said here.
    pub fn taking(mut self, closed_amid_text: ClosedAmidText) -> Self {
        self.closed_amid_text = closed_amid_text;
        self
    }

    /// The next chunk, in `buffer`'s memory; `None` after the last.
    pub fn next_chunk(&mut self, mut buffer: Vec<u8>) -> Result<Option<Chunk>> {
        buffer.clear();
        buffer.append(&mut self.carried);
        let mut bytes_wanted = self.chunk_bytes;
        loop {
            self.fill(&mut buffer, bytes_wanted)?;
            if buffer.is_empty() {
                return Ok(None);
            }
            if self.within_broken {
                let line_end = memchr(b'\n', &buffer).map(|at| at + 1);
                self.within_broken = line_end.is_none() && !self.at_end;
                let end = line_end.unwrap_or(buffer.len());
                return Ok(Some(self.hand_out(buffer, end, Content::MoreOfBroken)));
            }
            if buffer.len() > RECORD_BYTES_MAX {
                return Ok(Some(self.hand_out_broken(buffer, Reason::RecordTooLong)));
            }
            let cut = last_boundary(&buffer, self.at_end, self.closed_amid_text, &mut self.stretches);
            if cut.end > 0 {
                return Ok(Some(self.hand_out(buffer, cut.end, Content::Records)));
            }
            if cut.is_broken || self.at_end {
                return Ok(Some(self.hand_out_broken(buffer, Reason::UnterminatedQuote)));
            }
            // One byte more than the limit, at last, shows whether the stream goes on.
            let limit = if bytes_wanted < RECORD_BYTES_MAX { RECORD_BYTES_MAX } else { RECORD_BYTES_MAX + 1 };
            bytes_wanted = (bytes_wanted * 2).min(limit);
        }
    }

    /// Reads until the buffer holds `bytes_wanted` or the stream ends.
    fn fill(&mut self, buffer: &mut Vec<u8>, bytes_wanted: usize) -> Result<()> {
        let missing = bytes_wanted.saturating_sub(buffer.len());
        if missing > 0 && !self.at_end {
            buffer.reserve(missing);
            let read = self.input.by_ref().take(missing as u64).read_to_end(buffer)?;
            self.at_end = read < missing;
        }
        Ok(())
    }

    /// The buffer begins with a record that never ends: gives out its first line only.
    fn hand_out_broken(&mut self, buffer: Vec<u8>, reason: Reason) -> Chunk {
        let line_end = memchr(b'\n', &buffer).map(|at| at + 1);
        self.within_broken = line_end.is_none() && !self.at_end;
        let end = line_end.unwrap_or(buffer.len());
        self.hand_out(buffer, end, Content::Broken(reason))
    }

    fn hand_out(&mut self, mut bytes: Vec<u8>, end: usize, content: Content) -> Chunk {
        self.carried.extend_from_slice(&bytes[end..]);
        bytes.truncate(end);
        let offset = self.offset;
        self.offset += end as u64;
        Chunk { bytes, offset, content }
    }
}

/// Where a buffer can be cut.
struct Cut {
    /// The end of the last whole record before which nothing is broken; 0 when there is none.
    end: usize,
    /// Whether the record that begins there cannot end as it should.
    is_broken: bool,
}

/// Finds where to cut `bytes`, which begin with a record. `stretches` is memory for it.
fn last_boundary(
    bytes: &[u8],
    at_end: bool,
    closed_amid_text: ClosedAmidText,
    stretches: &mut Vec<Range<usize>>,
) -> Cut {
    // The stretches outside quotes are looked through for line feeds at the end, and only the last ones.
    stretches.clear();
    // `outside` is where the current stretch outside quotes begins, `from` where to look for the next quote.
    let (mut outside, mut from) = (0, 0);
    while let Some(quote) = memchr(b'"', &bytes[from..]).map(|at| from + at) {
        from = quote + 1;
        let opens = quote == 0 || matches!(bytes[quote - 1], b',' | b'\n');
        if !opens {
            continue;
        }
        stretches.push(outside..quote);
        let Some(closing) = closing_quote(bytes, from, at_end) else {
            return Cut { end: last_line_end(bytes, stretches), is_broken: false };
        };
        if closed_amid_text == ClosedAmidText::Broken
            && !ends_field(&bytes[closing + 1..])
            && memchr(b'\n', &bytes[quote..closing]).is_some()
        {
            return Cut { end: last_line_end(bytes, stretches), is_broken: true };
        }
        outside = closing + 1;
        from = outside;
    }
    stretches.push(outside..bytes.len());
    let end = if at_end { bytes.len() } else { last_line_end(bytes, stretches) };
    Cut { end, is_broken: false }
}

/// The end of the last line that ends within one of the stretches; 0 without any.
fn last_line_end(bytes: &[u8], stretches: &[Range<usize>]) -> usize {
    let line_end = |stretch: &Range<usize>| Some(stretch.start + memrchr(b'\n', &bytes[stretch.clone()])? + 1);
    stretches.iter().rev().find_map(line_end).unwrap_or(0)
}

/// Whether what stands behind a closing quote is what should; `rest` may be cut off.
pub(super) fn ends_field(rest: &[u8]) -> bool {
    matches!(rest, [] | [b',' | b'\n', ..] | [b'\r'] | [b'\r', b'\n', ..])
}

/// The quote that closes a field whose content begins at `from`; a doubled quote is content.
///
/// Without the byte behind it, a quote may be the first of a doubled one, unless the stream ends there.
pub(super) fn closing_quote(bytes: &[u8], mut from: usize, at_end: bool) -> Option<usize> {
    loop {
        let quote = from + memchr(b'"', &bytes[from..])?;
        match bytes.get(quote + 1) {
            Some(b'"') => from = quote + 2,
            Some(_) => return Some(quote),
            None => return at_end.then_some(quote),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All chunks of `input`, read `read_bytes` at a time.
    fn cut(input: &[u8], read_bytes: usize, chunk_bytes: usize) -> Vec<Chunk> {
        struct Trickle<'a>(&'a [u8], usize);
        impl Read for Trickle<'_> {
            fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
                let n = self.1.min(out.len()).min(self.0.len());
                out[..n].copy_from_slice(&self.0[..n]);
                self.0 = &self.0[n..];
                Ok(n)
            }
        }
        let mut cutter = Cutter::new(Trickle(input, read_bytes), 0, chunk_bytes);
        std::iter::from_fn(|| cutter.next_chunk(Vec::new()).expect("memory does not fail")).collect()
    }

    fn texts(chunks: &[Chunk]) -> Vec<(&str, Content)> {
        chunks.iter().map(|chunk| (std::str::from_utf8(&chunk.bytes).expect("text"), chunk.content)).collect()
    }

    #[test]
    fn every_chunk_ends_with_a_record_whatever_its_size() {
        let input = b"a,\"x\ny\",b\nc,\"\"\"\n\"\"\",d\r\n5\" disk,\"z\"\n\nlast,\"q\"";
        let ends = [0, 10, 23, 35, 36, input.len()];
        for chunk_bytes in 1..=input.len() + 1 {
            for read_bytes in [1, 2, 3, 7, 64] {
                let chunks = cut(input, read_bytes, chunk_bytes);
                let mut at = 0;
                for chunk in &chunks {
                    assert_eq!(chunk.content, Content::Records);
                    assert_eq!(chunk.offset, at as u64);
                    at += chunk.bytes.len();
                    assert!(ends.contains(&at), "chunks of {chunk_bytes} end at {at}");
                }
                assert_eq!(chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect::<Vec<_>>(), input);
            }
        }
    }

    #[test]
    fn an_unterminated_quote_costs_one_line_whether_or_not_a_later_line_has_quotes() {
        for later in ["e,f\ng,h\n", "e,\"f\"\ng,\"h,\"\"\n\"\n", "e,f\n\"g\",h"] {
            let input = format!("a,b\nc,\"d\n{later}");
            for chunk_bytes in [1, 6, 7, 8, 100] {
                let chunks = cut(input.as_bytes(), 5, chunk_bytes);
                let broken: Vec<_> =
                    texts(&chunks).into_iter().filter(|(_, content)| *content != Content::Records).collect();
                assert_eq!(
                    broken,
                    [("c,\"d\n", Content::Broken(Reason::UnterminatedQuote))],
                    "{input:?} {chunk_bytes}"
                );
                assert_eq!(chunks.iter().map(|chunk| chunk.bytes.len()).sum::<usize>(), input.len());
            }
        }
    }

    #[test]
    fn a_record_without_end_is_given_out_in_pieces_and_the_next_line_is_whole() {
        let long = "x".repeat(3 * RECORD_BYTES_MAX);
        let input = format!("a,b\n{long}\nc,d\n");
        for chunk_bytes in [100, 1000, RECORD_BYTES_MAX] {
            let chunks = cut(input.as_bytes(), 1 << 20, chunk_bytes);
            let kinds: Vec<_> = chunks.iter().map(|chunk| chunk.content).collect();
            assert_eq!(kinds[..2], [Content::Records, Content::Broken(Reason::RecordTooLong)]);
            assert_eq!(kinds[2..kinds.len() - 1], vec![Content::MoreOfBroken; kinds.len() - 3]);
            assert_eq!(chunks.last().map(|chunk| &chunk.bytes[..]), Some(&b"c,d\n"[..]));
            assert!(chunks.iter().all(|chunk| chunk.bytes.len() <= RECORD_BYTES_MAX + 1));
        }
    }

    #[test]
    fn a_record_of_exactly_the_greatest_length_is_whole_and_a_longer_one_is_not() {
        for (beyond, content) in [(0, Content::Records), (1, Content::Broken(Reason::RecordTooLong))] {
            for (line_end, next) in [("\n", "a,b\n"), ("\r\n", "a,b"), ("", "")] {
                let length = RECORD_BYTES_MAX - line_end.len() + beyond;
                let input = format!("{}{line_end}{next}", "x".repeat(length));
                for chunk_bytes in [1, 4096, RECORD_BYTES_MAX] {
                    let chunks = cut(input.as_bytes(), 1 << 16, chunk_bytes);
                    assert_eq!(chunks[0].content, content, "{beyond} {line_end:?} {chunk_bytes}");
                }
            }
        }
    }

    #[test]
    fn a_quoted_field_that_closes_amid_text_is_broken_or_a_field_as_asked() {
        let input = b"a,\"b\nc\"d\ne,\"f\"g\n";
        let cut = |taken| Cutter::new(&input[..], 0, 1).taking(taken).next_chunk(Vec::new()).expect("memory");
        let first = |taken| cut(taken).map(|chunk| (chunk.content, chunk.bytes.len()));
        assert_eq!(first(ClosedAmidText::Broken), Some((Content::Broken(Reason::UnterminatedQuote), 5)));
        assert_eq!(first(ClosedAmidText::Field), Some((Content::Records, input.len())));
    }

    #[test]
    fn an_empty_stream_has_no_chunk() {
        assert!(cut(b"", 1, 8).is_empty());
    }
}
