//! The kept rows of a wave as the columns take them in: texts gathered row by row, as they lie in memory, one behind the
//! other. A page then takes over hundreds of texts with one copy.

use std::ops::Range;

use rayon::prelude::*;

use arrow_array::cast::AsArray;
use arrow_array::{Array, StringArray};
use parquet_text::GatheredTexts;

use crate::expr::Choices;
use crate::rows::{DerivedColumn, RowChunk};
use crate::schema::OutputColumn;
use crate::sinks::{KeptRow, RowSource};

/// Rows of one chunk.
#[derive(Debug, Default)]
struct Block {
    /// Which of the kept rows they are.
    rows: Range<usize>,
    /// A member for each column of texts.
    texts: Vec<GatheredTexts>,
}

/// The memory that is gathered into, wave after wave.
#[derive(Debug, Default)]
pub(super) struct Gatherer {
    blocks: Vec<Block>,
}

/// Cells that are gathered at once. Those that are null, too, have an entry each.
const CELLS_MAX: usize = 1 << 20;

/// Rows of so many columns that are gathered at once.
pub(super) fn rows_at_once(text_columns: usize) -> usize {
    (CELLS_MAX / text_columns.max(1)).max(1)
}

/// The kept rows of a wave, with their texts.
#[derive(Clone, Copy)]
pub(super) struct GatheredRows<'a> {
    source: RowSource<'a>,
    kept: &'a [KeptRow],
    blocks: &'a [Block],
}

impl Gatherer {
    /// Lets go of memory that long texts have left behind, once it is beyond `bytes_max`.
    pub(super) fn release_beyond(&mut self, bytes_max: usize) {
        let of_block = |block: &Block| block.texts.iter().map(GatheredTexts::memory_bytes).sum::<usize>();
        if self.blocks.iter().map(of_block).sum::<usize>() > bytes_max {
            self.blocks = Vec::new();
        }
    }

    /// Gathers the texts that rows hold in these columns, in parallel by chunk.
    pub(super) fn gather<'a>(
        &'a mut self,
        columns: &[OutputColumn],
        source: RowSource<'a>,
        kept: &'a [KeptRow],
    ) -> GatheredRows<'a> {
        let chunks: Vec<(&RowChunk, &[KeptRow])> = source.by_chunk(kept).collect();
        self.blocks.resize_with(chunks.len().max(self.blocks.len()), Block::default);
        let blocks = &mut self.blocks[..chunks.len()];
        let mut end = 0;
        for (block, (_, kept)) in blocks.iter_mut().zip(&chunks) {
            block.rows = end..end + kept.len();
            end += kept.len();
        }
        blocks
            .par_iter_mut()
            .zip(&chunks)
            .for_each(|(block, &(chunk, kept))| block.gather(columns, source, chunk, kept));
        GatheredRows { source, kept, blocks }
    }
}

/// Where the texts of a column come from in one chunk.
enum TextSource<'a> {
    /// From this field of the records.
    Field(usize, OutputColumn),
    /// From an array.
    Values(&'a StringArray),
    /// From a few texts.
    Choices(&'a Choices),
}

impl Block {
    // Out of line, so that profiles show it; it is called once per chunk.
    #[inline(never)]
    fn gather(&mut self, columns: &[OutputColumn], source: RowSource<'_>, chunk: &RowChunk, kept: &[KeptRow]) {
        self.texts.resize_with(columns.len(), GatheredTexts::default);
        self.texts.iter_mut().for_each(GatheredTexts::clear);
        let layout = &source.layouts[chunk.object];
        let mut fields = Vec::with_capacity(columns.len());
        for (texts, &column) in self.texts.iter_mut().zip(columns) {
            let rows = kept.iter().map(|kept| kept.row as usize);
            match text_source(column, layout.field(column), chunk) {
                None => rows.for_each(|_| texts.push(None)),
                Some(TextSource::Field(field, column)) => fields.push((texts, field, column)),
                Some(TextSource::Choices(choices)) => {
                    rows.for_each(|row| texts.push(choices.text(row).map(str::as_bytes)));
                }
                Some(TextSource::Values(values)) => {
                    rows.for_each(|row| texts.push(values.is_valid(row).then(|| values.value(row).as_bytes())));
                }
            }
        }
        // Row by row, so that the places of a record's fields are looked up once.
        let mut scratch = Vec::new();
        for row in kept.iter().map(|kept| kept.row as usize) {
            let places = chunk.fields(row);
            let is_plain = chunk.flags[row].has_plain_texts();
            for (texts, field, column) in &mut fields {
                match Some(*field).filter(|_| is_plain).and_then(|field| chunk.text_place(places, field)) {
                    Some(place) => texts.push_from(&chunk.chunk.bytes, place),
                    None => texts.push(source.text(*column, chunk, row, &mut scratch)),
                }
            }
        }
    }
}

fn text_source(column: OutputColumn, field: Option<usize>, chunk: &RowChunk) -> Option<TextSource<'_>> {
    match column {
        OutputColumn::File(_) | OutputColumn::Extra(_) => Some(TextSource::Field(field?, column)),
        OutputColumn::Derived(index) => Some(match chunk.arrays.derived(index)? {
            DerivedColumn::Choices(choices) => TextSource::Choices(choices),
            DerivedColumn::Values(values) => TextSource::Values(values.as_string_opt()?),
        }),
    }
}

impl<'a> GatheredRows<'a> {
    /// These rows chunk by chunk, to read from them what is no text.
    pub(super) fn by_chunk(self, rows: Range<usize>) -> impl Iterator<Item = (&'a RowChunk, &'a [KeptRow])> {
        self.source.by_chunk(&self.kept[rows])
    }

    /// Where the first of `rows` end that weigh at least `weight_max`, or all, and what these weigh: the bytes of their
    /// texts and something for each. It depends on the rows alone, not on their chunks.
    pub(super) fn fitting(self, rows: Range<usize>, weight_max: usize) -> (usize, usize) {
        let mut weight = 0;
        for block in self.blocks {
            let (start, end) = (rows.start.max(block.rows.start), rows.end.min(block.rows.end));
            if start >= end {
                continue;
            }
            if (start..end) == block.rows {
                let whole: usize = block.texts.iter().map(GatheredTexts::whole_weight).sum();
                if weight + whole < weight_max {
                    weight += whole;
                    continue;
                }
            }
            for row in start..end {
                weight += block.texts.iter().map(|texts| texts.weight(row - block.rows.start)).sum::<usize>();
                if weight >= weight_max {
                    return (row + 1, weight);
                }
            }
        }
        (rows.end, weight)
    }

    /// The texts that these rows hold in column number `column` of those gathered, block by block.
    pub(super) fn texts(
        self,
        column: usize,
        rows: Range<usize>,
    ) -> impl Iterator<Item = (&'a GatheredTexts, Range<usize>)> {
        self.blocks.iter().filter_map(move |block| {
            let (start, end) = (rows.start.max(block.rows.start), rows.end.min(block.rows.end));
            (start < end).then(|| (&block.texts[column], start - block.rows.start..end - block.rows.start))
        })
    }
}
