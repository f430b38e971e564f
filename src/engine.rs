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
use crate::read::cutter::ClosedAmidText;
use crate::schema::{Layout, OutputColumns};
use crate::store::Upload;
use crate::write::{KeptRow, RowSource};
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

/// The bytes of memory that the engine needs beside the set of identities and the groups.
pub fn memory_bytes(plan: &Plan, workers: usize) -> u64 {
    let wave = plan.chunk_bytes * CHUNKS_PER_WORKER * workers;
    // Input, positions and rows, CSV text of two; the texts of one, gathered; then an encoded row group and its pages.
    let waves = (2 * 4 + 1) * wave as u64;
    let row_group = 400 * plan.parquet.row_group_rows as u64;
    waves + row_group + 32 * 1024 * 1024
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
    let mut selector = Selector::new(plan, inputs.iter().map(|input| input.batch_date));
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
                || finish_wave(&mut selector, sink, &current, watch),
            );
            finished?;
            parsed?;
            std::mem::swap(&mut current, &mut next);
            if current.is_empty() {
                break;
            }
        }
        let identities_bytes = selector.memory_bytes();
        let tally = selector.into_tally();
        tally.balance.check()?;
        Ok(Selected { tally, identities_bytes })
    })
}

/// Drops duplicates and what the filter drops, and hands on the rest.
fn finish_wave(selector: &mut Selector<'_>, sink: &mut dyn RowSink, wave: &[ParsedChunk], watch: &Watch) -> Result<()> {
    let plan = selector.plan;
    sink.append(RowSource { wave, layouts: &plan.layouts, rules: &plan.rules }, selector.select(wave))?;
    watch.check_memory(selector.memory_bytes() + sink.memory_bytes())
}

/// Fills the wave with the next chunks and parses each as soon as it is there. At the end of the inputs the wave
/// is cut to what there was.
fn read_and_parse(plan: &Plan, reader: &mut ChunkReader, wave: &mut Vec<ParsedChunk>, watch: &Watch) -> Result<()> {
    let filled = rayon::in_place_scope(|scope| {
        let mut filled = 0;
        for parsed in wave.iter_mut() {
            reader.give_back(std::mem::take(&mut parsed.chunk.bytes));
            let Some((object, chunk)) = reader.next(watch)? else {
                break;
            };
            scope.spawn(move |_| parsed.parse(object, chunk, &plan.layouts[object], &plan.rules));
            filled += 1;
        }
        Ok::<_, Error>(filled)
    })?;
    wave.truncate(filled);
    Ok(())
}
