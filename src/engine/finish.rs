//! The outputs of a run: groups in the order of the rows and the encoders, in parallel, and the rejected records.

use super::{LOOKAHEAD_ROWS, Outputs, Pair, Plan, RowSink, Selected, Tally};
use crate::config::{CsvFormulas, ParquetCompression};
use crate::error::{Error, Result};
use crate::group::{Groups, Guess};
use crate::parse::{ParsedChunk, text_value};
use crate::schema::KnownColumn;
use crate::store::{StagedUpload, Upload};
use crate::write::csv::{self, FilteredCsv};
use crate::write::parquet::FilteredParquet;
use crate::write::rejected::{self, RejectedWriter};
use crate::write::{KeptRow, RowSource, UploadWriter, parquet};

/// A run's outputs, stored but not published, and its figures.
#[derive(Debug)]
pub struct Staged {
    /// Filtered rows and groups as Parquet, if wanted.
    pub parquet: Option<StagedPair>,
    /// Filtered rows and groups as CSV, if wanted.
    pub csv: Option<StagedPair>,
    /// The rejected records.
    pub rejected: StagedUpload,
    /// The figures.
    pub tally: Tally,
    /// How many groups there are.
    pub group_count: u64,
    /// Bytes of memory that the set of identities and the groups occupy.
    pub growing_memory_bytes: GrowingMemory,
}

/// The two outputs of one format.
#[derive(Debug)]
pub struct StagedPair {
    /// The filtered rows.
    pub filtered: StagedUpload,
    /// The groups.
    pub grouped: StagedUpload,
}

/// The memory that depends on how much there is to read, in bytes.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct GrowingMemory {
    /// The set of identities.
    pub identities: u64,
    /// The groups.
    pub groups: u64,
}

/// The outputs of a run under way.
pub(super) struct Finisher {
    keys: Vec<String>,
    groups: Groups,
    parquet_compression: ParquetCompression,
    csv_formulas: CsvFormulas,
    parquet: Option<(FilteredParquet<UploadWriter>, Box<dyn Upload>)>,
    csv: Option<(FilteredCsv<UploadWriter>, Box<dyn Upload>)>,
    rejected: (RejectedWriter, Box<dyn Upload>),
    rejected_bytes: u64,
    rejected_bytes_max: u64,
}

impl Finisher {
    /// Begins the outputs of a run over inputs with these keys.
    pub(super) fn new(plan: &Plan, keys: Vec<String>, outputs: Outputs) -> Result<Self> {
        let Outputs { parquet, csv, mut rejected } = outputs;
        rejected.write(rejected::HEADER)?;
        let parquet = parquet.map(|Pair { filtered, grouped }| {
            let filtered = UploadWriter(filtered);
            (FilteredParquet::new(&plan.columns, plan.parquet, plan.seed.clone(), filtered), grouped)
        });
        let csv = match csv {
            Some(Pair { filtered, grouped }) => {
                Some((FilteredCsv::new(&plan.columns, plan.rules.csv_formulas, UploadWriter(filtered))?, grouped))
            }
            None => None,
        };
        let rejected = (RejectedWriter::new(plan.rules.csv_formulas), rejected);
        let (parquet_compression, csv_formulas) = (plan.parquet.compression, plan.rules.csv_formulas);
        let (groups, rejected_bytes_max) = (Groups::new(plan.seed.clone()), plan.rejected_bytes_max);
        Ok(Self {
            keys,
            groups,
            parquet_compression,
            csv_formulas,
            parquet,
            csv,
            rejected,
            rejected_bytes: 0,
            rejected_bytes_max,
        })
    }

    fn write_rejected(&mut self, wave: &[ParsedChunk]) -> Result<()> {
        let (writer, upload) = &mut self.rejected;
        let mut bytes = Vec::new();
        for chunk in wave {
            writer.write(chunk, &self.keys[chunk.object], &mut bytes);
            // Chunk by chunk: short records take many times their own size here.
            self.rejected_bytes += bytes.len() as u64;
            if self.rejected_bytes > self.rejected_bytes_max {
                return Err(too_many_rejected(self.rejected_bytes_max).at(&self.keys[chunk.object]));
            }
            if !bytes.is_empty() {
                upload.write(&bytes)?;
                bytes.clear();
            }
        }
        Ok(())
    }

    /// Ends all outputs.
    pub(super) fn finish(self, Selected { tally, identities_bytes }: Selected) -> Result<Staged> {
        let (mut writer, mut rejected) = self.rejected;
        let mut bytes = Vec::new();
        writer.finish(&mut bytes);
        rejected.write(&bytes)?;

        let Self { groups, parquet_compression, csv_formulas, parquet, csv, .. } = self;
        let in_order = groups.in_order();
        let end_parquet = |(filtered, grouped): (FilteredParquet<UploadWriter>, _)| {
            let filtered = filtered.finish(tally.balance.written)?.0.finish()?;
            Ok(StagedPair { filtered, grouped: parquet::grouped(&in_order, parquet_compression, grouped)? })
        };
        let end_csv = |(filtered, mut grouped): (FilteredCsv<UploadWriter>, Box<dyn Upload>)| {
            csv::grouped(&in_order, csv_formulas, |bytes| grouped.write(bytes))?;
            Ok(StagedPair { filtered: filtered.into_inner().0.finish()?, grouped: grouped.finish()? })
        };
        let (parquet, csv): (Result<_>, Result<_>) =
            rayon::join(|| parquet.map(end_parquet).transpose(), || csv.map(end_csv).transpose());
        let (parquet, csv) = (parquet?, csv?);
        let growing_memory_bytes = GrowingMemory { identities: identities_bytes, groups: groups.memory_bytes() };
        let group_count = groups.len() as u64;
        Ok(Staged { parquet, csv, rejected: rejected.finish()?, tally, group_count, growing_memory_bytes })
    }
}

impl RowSink for Finisher {
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        self.write_rejected(source.wave)?;
        let Self { groups, parquet, csv, .. } = self;
        let ((), (csv_done, parquet_done)) = rayon::join(
            || add_to_groups(groups, source, kept),
            || {
                rayon::join(
                    || csv.as_mut().map_or(Ok(()), |(csv, _)| csv.append(source, kept)),
                    || parquet.as_mut().map_or(Ok(()), |(parquet, _)| parquet.append(source, kept)),
                )
            },
        );
        csv_done.and(parquet_done)
    }

    fn memory_bytes(&self) -> u64 {
        let parquet = self.parquet.as_ref().map_or(0, |(filtered, _)| filtered.memory_bytes());
        self.groups.memory_bytes_to_grow() + parquet
    }
}

fn too_many_rejected(bytes_max: u64) -> Error {
    Error::invalid_input(format!(
        "the rejected records fill more than MAX_REJECTED_MB ({} MiB) up to this object; nothing was published: the sender must repair the file",
        bytes_max >> 20
    ))
}

// Out of line, so that profiles show it; it is called once per wave.
#[inline(never)]
fn add_to_groups(groups: &mut Groups, source: RowSource<'_>, kept: &[KeptRow]) {
    let mut scratch = Vec::new();
    let mut guesses = [Guess::default(); LOOKAHEAD_ROWS];
    for block in kept.chunks(LOOKAHEAD_ROWS) {
        for (guess, kept) in guesses.iter_mut().zip(block) {
            let hash = kept.of(source.wave).1.name_hash;
            *guess = hash.map(|hash| groups.guess(hash)).unwrap_or_default();
        }
        std::hint::black_box(guesses.iter().fold(0, |sum, &guess| sum ^ groups.touch(guess)));
        for ((chunk, row), &guess) in block.iter().map(|kept| kept.of(source.wave)).zip(&guesses) {
            let field = source.layouts[chunk.object].known(KnownColumn::PersonName);
            let name = text_value(chunk.field(row, field), &mut scratch).zip(row.name_hash);
            // A row that passed the filter has a duration.
            groups.add(name, guess, row.session_duration.unwrap_or_default(), row.consumed_traffic);
        }
    }
}
