//! The thread that reads the inputs one after the other, decompresses them and cuts them into chunks.
//!
//! It says when the inputs have ended. A thread that is gone without a word has panicked, which must not look like the
//! end of the inputs: what was read so far would be published as the whole day.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};

use super::Watch;
use crate::contract::{Dialect, Encoding};
use crate::error::{Error, ErrorKind, Result};
use crate::read::cutter::{Chunk, ClosedAmidText, Cutter, RowJudge};
use crate::read::decompress::plain_text;
use crate::read::encoding::to_utf8;
use crate::trigger::window::BatchDate;

/// One object to be read.
#[derive(Clone)]
pub struct Input {
    /// Its key below the lake's root.
    pub key: String,
    /// The batch it is a part of.
    pub batch_date: BatchDate,
    /// Bytes of plain text before the first record.
    pub header_bytes: usize,
    /// Tells the object's rows from text with line feeds, where quotes that swallow rows are to be found out.
    pub judge: Option<Arc<dyn RowJudge>>,
    /// Most bytes of its plain text.
    pub plain_bytes_max: u64,
    /// Begins to read the object as it is stored.
    pub open: Arc<dyn Fn() -> Box<dyn Read + Send> + Send + Sync>,
}

/// How the text of the inputs is written.
#[derive(Clone, Debug, Default)]
pub(super) struct TextForm {
    /// What separates and encloses the cells.
    pub(super) dialect: Dialect,
    /// How characters are stored.
    pub(super) encoding: Encoding,
    /// A record that begins with this text is no data.
    pub(super) comment: Option<Arc<str>>,
    /// What becomes of text after a closing quote.
    pub(super) closed_amid_text: ClosedAmidText,
}

/// The reader's end that the workers hold.
pub(super) struct ChunkReader {
    chunks: Receiver<Result<Message>>,
    buffers: Sender<Vec<u8>>,
    chunk_bytes: usize,
    ended: bool,
}

/// What the thread sends.
enum Message {
    /// The next chunk and the number of the input it is from.
    Chunk(usize, Chunk),
    /// Nothing: the chunk before it is so long that it takes more than one place.
    Room,
    /// There are no more.
    End,
}

impl ChunkReader {
    /// Starts to read, at most `chunks_ahead` chunks of usual length ahead. The thread ends when this value is dropped.
    pub(super) fn start(
        inputs: Vec<Input>,
        chunk_bytes: usize,
        form: TextForm,
        chunks_ahead: usize,
        watch: Arc<Watch>,
    ) -> Result<Self> {
        let (to_workers, chunks) = sync_channel(chunks_ahead);
        let (buffers, used) = channel();
        let thread = ReaderThread { chunk_bytes, chunks_ahead, form, to_workers, used, watch };
        std::thread::Builder::new()
            .name("reader".to_owned())
            .spawn(move || thread.run(inputs))
            .map_err(|error| Error::internal("the reader thread cannot be started").caused_by(error))?;
        Ok(Self { chunks, buffers, chunk_bytes, ended: false })
    }

    /// The next chunk and the number of the input it is from; `None` behind the last.
    pub(super) fn next(&mut self, watch: &Watch) -> Result<Option<(usize, Chunk)>> {
        while !self.ended {
            watch.check_time()?;
            match self.chunks.recv_timeout(watch.patience()) {
                Ok(Ok(Message::Chunk(input, chunk))) => return Ok(Some((input, chunk))),
                Ok(Ok(Message::Room)) => {}
                Ok(Ok(Message::End)) => self.ended = true,
                Ok(Err(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Error::internal("the reader panicked")),
            }
        }
        Ok(None)
    }

    /// Returns a chunk's memory for the next ones, unless it held a far longer record than they will.
    pub(super) fn give_back(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() > 0 && buffer.capacity() <= 4 * self.chunk_bytes {
            // The reader may have come to its end; then nobody needs the memory.
            let _ = self.buffers.send(buffer);
        }
    }
}

struct ReaderThread {
    chunk_bytes: usize,
    chunks_ahead: usize,
    form: TextForm,
    to_workers: SyncSender<Result<Message>>,
    used: Receiver<Vec<u8>>,
    watch: Arc<Watch>,
}

impl ReaderThread {
    fn run(&self, inputs: Vec<Input>) {
        for (number, input) in inputs.into_iter().enumerate() {
            match self.read(number, input) {
                Ok(Listening::Yes) => {}
                Ok(Listening::No) => return,
                Err(error) => {
                    // When nobody listens any more, the run has already failed for another reason.
                    let _ = self.to_workers.send(Err(error));
                    return;
                }
            }
        }
        // As above.
        let _ = self.to_workers.send(Ok(Message::End));
    }

    fn read(&self, number: usize, input: Input) -> Result<Listening> {
        let stored = Counted { stored: (input.open)(), watch: &self.watch };
        let text = plain_text(stored, &input.key)?;
        let text = to_utf8(text, self.form.encoding);
        let mut text = Limited { text, left: input.plain_bytes_max, bytes_max: input.plain_bytes_max };
        let header_bytes = input.header_bytes as u64;
        io::copy(&mut text.by_ref().take(header_bytes), &mut io::sink())
            .map_err(|error| Error::from(error).at(&input.key))?;
        let cutter = Cutter::new(text, header_bytes, self.chunk_bytes).taking(self.form.closed_amid_text);
        let cutter = cutter.in_dialect(self.form.dialect).with_comments(self.form.comment.clone());
        let mut cutter = cutter.judged_by(input.judge);
        loop {
            let buffer = self.used.try_recv().unwrap_or_default();
            let Some(chunk) = cutter.next_chunk(buffer).map_err(|error| error.at(&input.key))? else {
                return Ok(Listening::Yes);
            };
            let places = chunk.bytes.len().div_ceil(self.chunk_bytes).min(self.chunks_ahead);
            let room = std::iter::repeat_with(|| Message::Room).take(places.saturating_sub(1));
            for message in std::iter::once(Message::Chunk(number, chunk)).chain(room) {
                if self.to_workers.send(Ok(message)).is_err() {
                    return Ok(Listening::No);
                }
            }
        }
    }
}

/// Whether the workers still want chunks.
enum Listening {
    Yes,
    No,
}

/// Counts what is read towards the run's progress.
struct Counted<'w> {
    stored: Box<dyn Read + Send>,
    watch: &'w Watch,
}

impl Read for Counted<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.stored.read(out)?;
        self.watch.progress.add(bytes as u64);
        Ok(bytes)
    }
}

/// Ends with an error where there is more plain text than granted: a few bytes can be made to unpack to terabytes.
struct Limited<R> {
    text: R,
    left: u64,
    bytes_max: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.text.read(out)?;
        match self.left.checked_sub(bytes as u64) {
            Some(left) => self.left = left,
            None => {
                let message = format!(
                    "holds more than {} MiB of plain text, the most that one object may have; if it is meant to, set \
                     PLAIN_LIMIT_MB to more",
                    self.bytes_max / (1024 * 1024)
                );
                return Err(Error::new(ErrorKind::TooLarge, message).of_object_alone().into());
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Progress;

    const KEY: &str = "raw_data/batch_2024-09-15.csv";

    fn input(open: impl Fn() -> Box<dyn Read + Send> + Send + Sync + 'static) -> Input {
        Input {
            key: KEY.to_owned(),
            batch_date: BatchDate::MIN,
            header_bytes: 0,
            judge: None,
            plain_bytes_max: u64::MAX,
            open: Arc::new(open),
        }
    }

    fn watch() -> Arc<Watch> {
        Arc::new(Watch::new(Arc::new(Progress::default()), None, None, 0, || None))
    }

    #[test]
    fn the_end_of_the_inputs_is_told_as_often_as_it_is_asked_for() {
        let watch = watch();
        let inputs = vec![input(|| Box::new(&b"a\nb\n"[..]))];
        let mut reader =
            ChunkReader::start(inputs, 1024, TextForm::default(), 1, Arc::clone(&watch)).expect("a reader");
        let (number, _) = reader.next(&watch).expect("no error").expect("a chunk");
        assert_eq!(number, 0);
        for _ in 0..2 {
            assert!(reader.next(&watch).expect("no error").is_none());
        }
    }

    #[test]
    fn a_reader_that_panics_midway_is_not_the_end_of_the_inputs() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                panic!("a bug")
            }
        }
        let watch = watch();
        let inputs = vec![input(|| Box::new((&b"a\nb\n"[..]).chain(Broken)))];
        let mut reader = ChunkReader::start(inputs, 1, TextForm::default(), 1, Arc::clone(&watch)).expect("a reader");
        let error = loop {
            match reader.next(&watch) {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a panic was taken for the end"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
