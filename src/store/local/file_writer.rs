//! Writes a file front to back. What is behind its beginning goes to the disk around the page cache, by a thread of its
//! own: ever new pages of the cache cost a run more than anything else the kernel does for it, everybody else keeps
//! what they have there, and at the end there is little left to wait for.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

/// Bytes that are written at once.
const BLOCK_BYTES: usize = 1 << 20;

/// Around the page cache, what is written must have an address, a place in the file and a length that are multiples of
/// this; for some disks less would do.
const ALIGNMENT: usize = 4096;

/// So many bytes stay in the page cache: a file that is no longer is most likely read soon.
const CACHED_BYTES: usize = 32 << 20;

/// Blocks that are being filled or written.
const BLOCKS_MAX: usize = 4;

/// A file being written.
#[derive(Debug)]
pub(super) struct FileWriter {
    block: Block,
    full_blocks: usize,
    output: Output,
}

/// Where full blocks go.
#[derive(Debug)]
enum Output {
    Cached(File),
    Direct(DirectWriter),
}

impl FileWriter {
    /// Writes into `file`, which is empty.
    pub(super) fn new(file: File) -> Self {
        Self { block: Block::new(), full_blocks: 0, output: Output::Cached(file) }
    }

    /// Appends.
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        loop {
            bytes = self.block.fill(bytes);
            if bytes.is_empty() {
                return Ok(());
            }
            self.end_block()?;
        }
    }

    fn end_block(&mut self) -> io::Result<()> {
        match &mut self.output {
            Output::Cached(file) => {
                file.write_all(self.block.content())?;
                self.block.length = 0;
            }
            Output::Direct(writer) => writer.write(&mut self.block)?,
        }
        self.full_blocks += 1;
        if let Output::Cached(file) = &self.output
            && self.full_blocks * BLOCK_BYTES == CACHED_BYTES
        {
            self.output = Output::Direct(DirectWriter::start(file.try_clone()?)?);
        }
        Ok(())
    }

    /// Returns once all bytes are on the disk.
    pub(super) fn finish(self) -> io::Result<()> {
        let mut file = match self.output {
            Output::Cached(file) => file,
            Output::Direct(writer) => writer.finish()?,
        };
        file.write_all(self.block.content())?;
        file.sync_all()
    }
}

/// Bytes to be written at once.
#[derive(Debug)]
struct Block {
    memory: Vec<u8>,
    /// Where the first aligned byte is.
    start: usize,
    length: usize,
}

impl Block {
    fn new() -> Self {
        let memory = vec![0; BLOCK_BYTES + ALIGNMENT];
        let start = memory.as_ptr().align_offset(ALIGNMENT);
        Self { memory, start, length: 0 }
    }

    fn content(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.length]
    }

    /// Takes in what there is room for, and returns the rest.
    fn fill<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let (now, rest) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.length));
        let end = self.start + self.length;
        self.memory[end..end + now.len()].copy_from_slice(now);
        self.length += now.len();
        rest
    }
}

/// The thread that writes full blocks, and its channels.
#[derive(Debug)]
struct DirectWriter {
    full: Sender<Block>,
    written: Receiver<io::Result<Block>>,
    blocks: usize,
    thread: JoinHandle<File>,
}

impl DirectWriter {
    fn start(mut file: File) -> io::Result<Self> {
        let (full, to_write) = channel::<Block>();
        let (to_fill, written) = channel();
        let write = move || {
            // Where that cannot be had, the run is as right and less fast.
            let mut is_direct = set_direct(&file, true).is_ok();
            for block in to_write {
                let result = write_block(&mut file, &block, &mut is_direct);
                let failed = result.is_err();
                if to_fill.send(result.map(|()| block)).is_err() || failed {
                    break;
                }
            }
            file
        };
        let thread = thread::Builder::new().name("file-writer".to_owned()).spawn(write)?;
        Ok(Self { full, written, blocks: 1, thread })
    }

    /// Hands over a full block and leaves an empty one in its place.
    fn write(&mut self, block: &mut Block) -> io::Result<()> {
        let empty = match self.blocks {
            BLOCKS_MAX => self.written.recv().map_err(|_| panicked())??,
            _ => {
                self.blocks += 1;
                Block::new()
            }
        };
        let full = std::mem::replace(block, Block { length: 0, ..empty });
        // A thread that has ended has sent why.
        let _ = self.full.send(full);
        Ok(())
    }

    /// Waits until all blocks are written and returns the file.
    fn finish(self) -> io::Result<File> {
        let Self { full, written, thread, .. } = self;
        drop(full);
        for result in written {
            result?;
        }
        let file = thread.join().map_err(|_| panicked())?;
        set_direct(&file, false)?;
        Ok(file)
    }
}

fn panicked() -> io::Error {
    io::Error::other("the thread that writes a file has panicked")
}

/// Writes a block, by way of the page cache if there is no way around it.
fn write_block(file: &mut File, block: &Block, is_direct: &mut bool) -> io::Result<()> {
    let mut rest = block.content();
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidInput && *is_direct => {
                set_direct(file, false)?;
                *is_direct = false;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Lets what is written go around the page cache, or no longer.
#[cfg(target_os = "linux")]
fn set_direct(file: &File, is_direct: bool) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, is_direct);
    Ok(fcntl_setfl(file, flags)?)
}

#[cfg(not(target_os = "linux"))]
fn set_direct(_: &File, _: bool) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// Bytes that are different at every place.
    fn content(length: usize) -> Vec<u8> {
        (0..length.div_ceil(8) as u64).flat_map(u64::to_le_bytes).take(length).collect()
    }

    #[test]
    fn a_file_of_any_length_holds_what_was_written() {
        for length in
            [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1, CACHED_BYTES, CACHED_BYTES + 1, CACHED_BYTES + 7 * BLOCK_BYTES + 1]
        {
            let content = content(length);
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("file");
            let mut writer = FileWriter::new(File::create(&path).expect("a file"));
            for (piece, size) in content.chunks(3 * BLOCK_BYTES / 2).zip([1, 4096, 99_999, BLOCK_BYTES].iter().cycle())
            {
                piece.chunks(*size.max(&(piece.len() / 1000))).for_each(|bytes| writer.write(bytes).expect("written"));
            }
            writer.finish().expect("on the disk");
            assert!(std::fs::read(&path).expect("a file") == content, "{length} bytes");
        }
    }

    #[test]
    fn what_cannot_go_around_the_page_cache_goes_by_way_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let mut file = File::create(&path).expect("a file");
        let mut block = Block::new();
        block.start += 1;
        let content = content(BLOCK_BYTES - 1);
        assert!(block.fill(&content).is_empty());
        let mut is_direct = set_direct(&file, true).is_ok();
        write_block(&mut file, &block, &mut is_direct).expect("written");
        assert!(std::fs::read(&path).expect("a file") == content);
    }

    #[test]
    fn a_failure_of_the_thread_comes_out() {
        let (mut reader, pipe) = io::pipe().expect("a pipe");
        let mut writer = FileWriter::new(File::from(std::os::fd::OwnedFd::from(pipe)));
        let reader = thread::spawn(move || reader.read_exact(&mut vec![0; CACHED_BYTES]).expect("the beginning"));
        let block = content(BLOCK_BYTES);
        for _ in 0..=CACHED_BYTES / BLOCK_BYTES {
            writer.write(&block).expect("the beginning is read");
        }
        reader.join().expect("it is read");
        let failed = (0..=BLOCKS_MAX).find_map(|_| writer.write(&block).err());
        let failed = failed.unwrap_or_else(|| writer.finish().expect_err("a failure"));
        assert_eq!(failed.kind(), io::ErrorKind::BrokenPipe);
    }
}
