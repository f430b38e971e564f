//! The rows of a window, from the inputs to a sink: a reader thread cuts chunks, workers parse them, one thread at a
//! time drops duplicates in order, the sink takes in what stays. A run's sink sums groups and encodes its outputs
//! into staged uploads. Blocking; knows no clock but the watch's.
//!
//! Work goes in waves of a few chunks. While one wave is finished, the next is read and parsed, so two waves are
//! all that is ever in memory, whatever the size of the input.

mod finish;
mod reader;
mod repeats;
mod select;
mod tally;
mod watch;

pub use finish::{GrowingMemory, Staged, StagedPair};
pub use reader::Input;
pub use repeats::BatchRepeats;
pub use tally::{Balance, CastCells, InputTally, Tally};
pub use watch::{Progress, Watch};

use std::sync::Arc;

use rayon::ThreadPool;

use crate::config::{ParquetOptions, Preset, Rules};
use crate::error::{Error, Result};
use crate::parse::ParsedChunk;
use crate::read::cutter::{ClosedAmidText, RECORD_BYTES_MAX};
use crate::rules::Reason;
use crate::schema::{Layout, OutputColumns};
use crate::seed::Seed;
use crate::store::Upload;
use crate::write::{KeptRow, RowSource, parquet};
use finish::Finisher;
use reader::ChunkReader;
use select::Selector;

/// Chunks in a wave per worker thread: enough to share out evenly, few enough to stay in the caches.
const CHUNKS_PER_WORKER: usize = 2;

/// Rows whose places in the set of identities, or among the groups, are asked for at once.
const LOOKAHEAD_ROWS: usize = 32;

/// What a run does to its rows.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The rules.
    pub rules: Rules,
    /// The columns of the filtered output.
    pub columns: OutputColumns,
    /// The layout of each input, in order.
    pub layouts: Vec<Layout>,
    /// How Parquet files are laid out.
    pub parquet: ParquetOptions,
    /// A larger `rejected.csv` fails the run.
    pub rejected_bytes_max: u64,
    /// Where keys stand in the run's tables; no output depends on it.
    pub seed: Seed,
    /// Bytes of input that one worker parses at a time.
    pub chunk_bytes: usize,
}

/// Where a run's outputs go.
pub struct Outputs {
    /// Filtered rows and groups as Parquet, if wanted.
    pub parquet: Option<Pair>,
    /// Filtered rows and groups as CSV, if wanted.
    pub csv: Option<Pair>,
    /// The rejected records.
    pub rejected: Box<dyn Upload>,
}

/// The two outputs of one format.
pub struct Pair {
    /// The filtered rows.
    pub filtered: Box<dyn Upload>,
    /// The groups.
    pub grouped: Box<dyn Upload>,
}

/// Bytes of memory of the program itself, of decoders and of what a folder's outputs are collected in.
const PROGRAM_BYTES: u64 = 32 * 1024 * 1024;

/// Bytes of memory that a run needs where records are as long as they may be: each wave, and what is read ahead of it, may
/// be so much longer than usual.
const LONG_RECORDS_BYTES: u64 = 4 * RECORD_BYTES_MAX as u64;

/// Bytes of memory for each byte of a wave: input, positions and rows, CSV text of two; the texts of one, gathered.
const WAVE_FACTOR: u64 = 2 * 4 + 1;

/// Bytes of memory that a worker compresses pages with.
const WORKER_BYTES: u64 = 1024 * 1024;

/// The bytes of memory that the engine needs beside what grows with its input.
pub fn memory_bytes(plan: &Plan, workers: usize) -> u64 {
    let waves = WAVE_FACTOR * wave_bytes(plan, workers) as u64 + LONG_RECORDS_BYTES;
    let columns = plan.columns.iter().count();
    let layouts = plan.layouts.len() * (size_of::<Layout>() + plan.columns.extras.len() * size_of::<usize>());
    let workers = workers as u64 * WORKER_BYTES;
    waves + workers + parquet::memory_bytes_max(columns, plan.parquet) + layouts as u64 + PROGRAM_BYTES
}

/// Bytes of input in a wave.
fn wave_bytes(plan: &Plan, workers: usize) -> usize {
    plan.chunk_bytes * CHUNKS_PER_WORKER * workers
}

/// What takes in the rows that stay, wave by wave and in order.
pub trait RowSink: Send {
    /// Takes in the next wave, of whose rows `kept` stay. Runs on the workers, next to the parsing of the wave behind.
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()>;

    /// Bytes of memory that grow with the rows taken in.
    fn memory_bytes(&self) -> u64;
}

/// What the engine found out about the rows itself.
#[derive(Debug)]
pub struct Selected {
    /// The figures.
    pub tally: Tally,
    /// Bytes of memory that the set of identities occupied.
    pub identities_bytes: u64,
}

/// Runs the inputs, oldest first, through the plan. What is staged is complete, but not published.
pub fn run(
    plan: &Plan,
    inputs: Vec<Input>,
    outputs: Outputs,
    workers: &ThreadPool,
    watch: &Arc<Watch>,
) -> Result<Staged> {
    watch.check_memory(0)?;
    let keys = inputs.iter().map(|input| input.key.clone()).collect();
    let mut finisher = Finisher::new(plan, keys, outputs)?;
    let selected = feed(plan, inputs, &mut finisher, workers, watch)?;
    workers.install(|| finisher.finish(selected))
}

/// Feeds the rows of the inputs, oldest first, that stay by the plan's rules to `sink`.
pub fn feed(
    plan: &Plan,
    inputs: Vec<Input>,
    sink: &mut dyn RowSink,
    workers: &ThreadPool,
    watch: &Arc<Watch>,
) -> Result<Selected> {
    watch.check_memory(0)?;
    let mut selector = Selector::new(plan, inputs.iter().map(|input| input.batch_date));
    let keys: Vec<String> = inputs.iter().map(|input| input.key.clone()).collect();
    let wave_chunks = CHUNKS_PER_WORKER * workers.current_num_threads();
    let closed_amid_text = match plan.rules.preset {
        Preset::Default => ClosedAmidText::Broken,
        Preset::Glue => ClosedAmidText::Field,
    };
    let mut reader = ChunkReader::start(inputs, plan.chunk_bytes, closed_amid_text, wave_chunks, Arc::clone(watch))?;
    workers.install(|| {
        let (mut current, mut next) = (Vec::new(), Vec::new());
        loop {
            next.resize_with(wave_chunks, ParsedChunk::default);
            let (parsed, finished) = rayon::join(
                || read_and_parse(plan, &mut reader, &mut next, watch),
                || finish_wave(&mut selector, sink, &current, &keys, watch),
            );
            finished?;
            parsed?;
            std::mem::swap(&mut current, &mut next);
            if current.is_empty() {
                break;
            }
        }
        let identities_bytes = selector.identities_bytes();
        let tally = selector.into_tally();
        tally.balance.check()?;
        Ok(Selected { tally, identities_bytes })
    })
}

/// Drops duplicates and what the filter drops, and hands on the rest.
fn finish_wave(
    selector: &mut Selector<'_>,
    sink: &mut dyn RowSink,
    wave: &[ParsedChunk],
    keys: &[String],
    watch: &Watch,
) -> Result<()> {
    let plan = selector.plan;
    wave.iter().try_for_each(|chunk| check_header(chunk, keys))?;
    sink.append(RowSource { wave, layouts: &plan.layouts, rules: &plan.rules }, selector.select(wave))?;
    watch.check_memory(selector.memory_bytes() + sink.memory_bytes() + beyond_usual(plan, wave))?;
    watch.check_process()
}

/// Fails if the columns change in the middle of an object: the rows after that would be taken for what they are not.
fn check_header(chunk: &ParsedChunk, keys: &[String]) -> Result<()> {
    match chunk.rejected.iter().find(|rejected| rejected.reason == Reason::ChangedHeader) {
        None => Ok(()),
        Some(rejected) => {
            let offset = chunk.chunk.offset + chunk.rejected_bytes(rejected).1;
            Err(Error::invalid_input(format!(
                "another header, or the same in another order, stands at byte {offset} of the text; the sender must not \
                 join files whose columns differ"
            ))
            .at(&keys[chunk.object]))
        }
    }
}

/// The bytes of memory by which two waves like this one are larger than those of usual rows: fields and rows of next to
/// nothing take many times their bytes.
fn beyond_usual(plan: &Plan, wave: &[ParsedChunk]) -> u64 {
    let usual = 4 * plan.chunk_bytes.max(RECORD_BYTES_MAX / 8) as u64;
    wave.iter().map(|parsed| 2 * parsed.memory_bytes().saturating_sub(usual)).sum()
}

/// The memory of a chunk is used again unless it has come to more than so many times the bytes of a usual one.
const KEPT_FACTOR: u64 = 16;

/// Fills the wave with the next chunks and parses each as soon as it is there. At the end of the inputs, and where chunks
/// are longer than usual because their records are, the wave is cut to what there was.
fn read_and_parse(plan: &Plan, reader: &mut ChunkReader, wave: &mut Vec<ParsedChunk>, watch: &Watch) -> Result<()> {
    let filled = rayon::in_place_scope(|scope| {
        let (mut filled, mut bytes) = (0, 0);
        let bytes_max = plan.chunk_bytes * wave.len();
        for parsed in wave.iter_mut() {
            reader.give_back(std::mem::take(&mut parsed.chunk.bytes));
            if parsed.memory_bytes() > KEPT_FACTOR * plan.chunk_bytes as u64 {
                *parsed = ParsedChunk::default();
            }
            if bytes >= bytes_max {
                break;
            }
            let Some((object, chunk)) = reader.next(watch)? else {
                break;
            };
            bytes += chunk.bytes.len();
            scope.spawn(move |_| parsed.parse(object, chunk, &plan.layouts[object], &plan.rules, &plan.seed));
            filled += 1;
        }
        Ok::<_, Error>(filled)
    })?;
    wave.truncate(filled);
    Ok(())
}
