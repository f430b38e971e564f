//! The rows of a window, from the inputs to the sinks: a reader thread cuts chunks, workers parse them and look up their
//! keys, one thread at a time drops duplicates in order, the sinks take in what stays: they sum groups and encode the
//! outputs. Blocking; knows no clock but the watch's.
//!
//! Work goes in waves of a few chunks. While one wave is finished, the next is read and parsed, so two waves are
//! all that is ever in memory, whatever the size of the input.

mod balance;
mod figure;
mod keys;
mod reader;
mod repeats;
mod room;
mod select;
mod tally;
mod watch;

pub use balance::{Balance, FilteredRows};
pub use figure::NumberFigure;
pub use reader::Input;
pub use repeats::BatchRepeats;
pub use tally::{CastCells, InputTally, Tally};
pub use watch::{Progress, Watch};

use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::contract::KeepDuplicate;
use crate::error::{Error, Result};
use crate::read::cutter::{ClosedAmidText, RECORD_BYTES_MAX};
use crate::rows::{RowChunk, Rules};
use crate::rules::Reason;
use crate::schema::{Layout, OutputColumns};
use crate::seed::Seed;
use crate::sinks::format::FormatOptions;
use crate::sinks::{RowSource, Sink, Written, parquet};
use keys::Keys;
use reader::{ChunkReader, TextForm};
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
    /// A larger `rejected.csv` fails the run.
    pub rejected_bytes_max: u64,
    /// What the formats of the outputs are told.
    pub format: FormatOptions,
    /// Where keys stand in the run's tables; no output depends on it.
    pub seed: Seed,
    /// Bytes of input that one worker parses at a time.
    pub chunk_bytes: usize,
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
    waves + workers + parquet::memory_bytes_max(columns, plan.format.parquet) + layouts as u64 + PROGRAM_BYTES
}

/// Bytes of input in a wave.
fn wave_bytes(plan: &Plan, workers: usize) -> usize {
    plan.chunk_bytes * CHUNKS_PER_WORKER * workers
}

/// What the engine found out about the rows itself.
#[derive(Debug)]
pub struct Selected {
    /// The figures.
    pub tally: Tally,
    /// Bytes of memory that the set of identities occupied.
    pub identities_bytes: u64,
}

/// The memory that depends on how much there is to read, in bytes.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct GrowingMemory {
    /// The set of identities.
    pub identities: u64,
    /// The groups.
    pub groups: u64,
}

/// What a run has made of its inputs.
#[derive(Debug)]
pub struct Finished {
    /// The outputs, all of them complete.
    pub written: Vec<Written>,
    /// The figures.
    pub tally: Tally,
    /// Bytes of memory that the set of identities and the groups occupy.
    pub growing_memory_bytes: GrowingMemory,
}

/// Runs the inputs, oldest first, through the plan into the sinks.
pub fn run(
    plan: &Plan,
    inputs: Vec<Input>,
    sinks: &mut [Box<dyn Sink + '_>],
    workers: &ThreadPool,
    watch: &Arc<Watch>,
) -> Result<Finished> {
    let Selected { tally, identities_bytes } = feed(plan, inputs, sinks, workers, watch)?;
    let groups = sinks.iter().map(|sink| sink.group_bytes()).sum();
    let written = workers.install(|| {
        let finished = sinks.par_iter_mut().map(|sink| sink.finish(&tally));
        finished.collect::<Result<Vec<_>>>()
    })?;
    let growing_memory_bytes = GrowingMemory { identities: identities_bytes, groups };
    Ok(Finished { written: written.concat(), tally, growing_memory_bytes })
}

/// Feeds the rows of the inputs, oldest first, that stay by the plan's rules to the sinks.
pub fn feed(
    plan: &Plan,
    inputs: Vec<Input>,
    sinks: &mut [Box<dyn Sink + '_>],
    workers: &ThreadPool,
    watch: &Arc<Watch>,
) -> Result<Selected> {
    let table = &plan.rules.contract.rows;
    if table.duplicates == KeepDuplicate::First || table.identity.is_empty() {
        let keys = if table.identity.is_empty() { Keys::none(&plan.seed) } else { Keys::first(&plan.seed) };
        return Ok(pass(plan, keys, inputs, sinks, workers, watch)?.0);
    }
    let of_keys = Plan { rules: plan.rules.of_keys()?, ..plan.clone() };
    let counting = Keys::counting(&plan.seed);
    let (counted, keys) = pass(&of_keys, counting, inputs.clone(), &mut [], workers, watch)?;
    let (mut selected, _) = pass(plan, keys.into_last(), inputs, sinks, workers, watch)?;
    selected.tally.repeats = counted.tally.repeats;
    Ok(selected)
}

/// More partitions would take memory, a mebibyte each, and make nothing faster: by then the reader is the slowest.
const PARTITIONS_MAX: usize = 32;

/// Among how many tables keys are split for so many workers. Two are busy enough with parsing and writing while one looks
/// up keys; splitting rows would only cost them time.
pub fn partitions(workers: usize) -> usize {
    if workers > 2 { workers.min(PARTITIONS_MAX) } else { 1 }
}

/// How often the inputs of a plan are read.
pub fn passes(plan: &Plan) -> u64 {
    let table = &plan.rules.contract.rows;
    if table.duplicates == KeepDuplicate::Last && !table.identity.is_empty() { 2 } else { 1 }
}

/// Reads the inputs once.
fn pass(
    plan: &Plan,
    keys: Keys,
    inputs: Vec<Input>,
    sinks: &mut [Box<dyn Sink + '_>],
    workers: &ThreadPool,
    watch: &Arc<Watch>,
) -> Result<(Selected, Keys)> {
    watch.check_memory(0)?;
    let mut selector = Selector::new(plan, keys, inputs.iter().map(|input| input.batch_date));
    let keys: Vec<String> = inputs.iter().map(|input| input.key.clone()).collect();
    let wave_chunks = CHUNKS_PER_WORKER * workers.current_num_threads();
    let input = &plan.rules.contract.input;
    let form = TextForm {
        dialect: input.dialect,
        encoding: input.encoding,
        comment: input.comment.as_deref().map(Arc::from),
        closed_amid_text: match plan.rules.rejects_odd_quotes() {
            true => ClosedAmidText::Broken,
            false => ClosedAmidText::Field,
        },
    };
    let mut reader = ChunkReader::start(inputs, plan.chunk_bytes, form, wave_chunks, Arc::clone(watch))?;
    workers.install(|| {
        let (mut current, mut next) = (Vec::new(), Vec::new());
        loop {
            next.resize_with(wave_chunks, RowChunk::default);
            let (parsed, finished) = rayon::join(
                || read_and_parse(plan, &mut reader, &mut next, watch),
                || finish_wave(&mut selector, sinks, &mut current, &keys, watch),
            );
            finished?;
            parsed?;
            std::mem::swap(&mut current, &mut next);
            if current.is_empty() {
                break;
            }
        }
        let identities_bytes = selector.identities_bytes();
        let (tally, keys) = selector.finish();
        tally.balance.check()?;
        Ok((Selected { tally, identities_bytes }, keys))
    })
}

/// Drops duplicates and what the filters drop, and hands on the rest.
fn finish_wave(
    selector: &mut Selector<'_>,
    sinks: &mut [Box<dyn Sink + '_>],
    wave: &mut [RowChunk],
    keys: &[String],
    watch: &Watch,
) -> Result<()> {
    let plan = selector.plan;
    if let Some(failure) = wave.iter_mut().find_map(|chunk| chunk.failure.take()) {
        return Err(failure);
    }
    let wave = &*wave;
    wave.iter().try_for_each(|chunk| check_header(chunk, keys))?;
    let source = RowSource { wave, layouts: &plan.layouts, rules: &plan.rules };
    let kept = selector.select(wave);
    sinks.par_iter_mut().try_for_each(|sink| sink.append(source, kept))?;
    let of_sinks: u64 = sinks.iter().map(|sink| sink.memory_bytes()).sum();
    watch.check_memory(selector.memory_bytes() + of_sinks + beyond_usual(plan, wave))?;
    watch.check_process()
}

/// Fails if the columns change in the middle of an object: the rows after that would be taken for what they are not.
fn check_header(chunk: &RowChunk, keys: &[String]) -> Result<()> {
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
fn beyond_usual(plan: &Plan, wave: &[RowChunk]) -> u64 {
    let usual = 4 * plan.chunk_bytes.max(RECORD_BYTES_MAX / 8) as u64;
    wave.iter().map(|parsed| 2 * parsed.memory_bytes().saturating_sub(usual)).sum()
}

/// The memory of a chunk is used again unless it has come to more than so many times the bytes of a usual one.
const KEPT_FACTOR: u64 = 16;

/// Fills the wave with the next chunks and parses each as soon as it is there. At the end of the inputs, and where chunks
/// are longer than usual because their records are, the wave is cut to what there was.
fn read_and_parse(plan: &Plan, reader: &mut ChunkReader, wave: &mut Vec<RowChunk>, watch: &Watch) -> Result<()> {
    let filled = rayon::in_place_scope(|scope| {
        let (mut filled, mut bytes) = (0, 0);
        let bytes_max = plan.chunk_bytes * wave.len();
        for parsed in wave.iter_mut() {
            reader.give_back(std::mem::take(&mut parsed.chunk.bytes));
            if parsed.memory_bytes() > KEPT_FACTOR * plan.chunk_bytes as u64 {
                *parsed = RowChunk::default();
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
