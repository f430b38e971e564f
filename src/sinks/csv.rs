//! The CSV outputs: RFC 4180 with a header line and LF, UTF-8, null as an empty cell.
//!
//! Cells that are not cast keep the source's text, quotes included. A record in which nothing changes is copied
//! whole, which is several times faster than writing it anew and gives the same bytes.
//!
//! With [`CsvFormulas::Defuse`] no cell but a number, a date or a moment begins like a formula.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use memchr::memchr3;
use rayon::prelude::*;

use super::format::{FormatOptions, GroupWriter, RowWriter};
use super::formulas::{defused, is_formula};
use super::print::Printer;
use super::{KeptRow, Out, RowSource};
use crate::contract::{ColumnType, Dialect};
use crate::error::{Error, Result};
use crate::expr::Choices;
use crate::read::scan::{is_well_quoted, unquote};
use crate::rows::{DerivedColumn, RowChunk, Rules};
use crate::schema::{Layout, OutputColumn, OutputColumns};
use crate::sinks::formulas::CsvFormulas;

/// Begins a file of rows.
pub(super) fn begin<'o>(
    columns: &OutputColumns,
    options: &FormatOptions,
    out: Out<'o>,
) -> Result<Box<dyn RowWriter + 'o>> {
    Ok(Box::new(CsvRows::new(columns, options.csv_formulas, out)?))
}

impl RowWriter for CsvRows<Out<'_>> {
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        CsvRows::append(self, source, kept)
    }

    fn memory_bytes(&self) -> u64 {
        0
    }

    fn finish(self: Box<Self>, _: u64) -> Result<()> {
        Ok(self.into_inner().flush()?)
    }
}

/// A file of rows under way.
pub struct CsvRows<W> {
    columns: OutputColumns,
    formulas: CsvFormulas,
    output: W,
    /// The text of each chunk of the wave; kept for its memory.
    texts: Vec<Vec<u8>>,
}

impl<W: Write> CsvRows<W> {
    /// A writer into `output`, which gets the header line at once.
    pub fn new(columns: &OutputColumns, formulas: CsvFormulas, mut output: W) -> Result<Self> {
        let mut header = Vec::new();
        header_line(columns.iter().map(|column| columns.name(column)), formulas, &mut header);
        output.write_all(&header)?;
        Ok(Self { columns: columns.clone(), formulas, output, texts: Vec::new() })
    }

    /// Writes the wave's kept rows: each chunk's text on any worker, then all of them in order.
    pub fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        let by_chunk: Vec<_> = source.by_chunk(kept).collect();
        if self.texts.len() < by_chunk.len() {
            self.texts.resize_with(by_chunk.len(), Vec::new);
        }
        let (columns, formulas) = (&self.columns, self.formulas);
        self.texts.par_iter_mut().zip(&by_chunk).for_each(|(text, &(chunk, kept))| {
            text.clear();
            rows_of_chunk(source, chunk, kept, (columns, formulas), text);
        });
        self.texts.iter().take(by_chunk.len()).try_for_each(|text| Ok::<_, Error>(self.output.write_all(text)?))?;
        // What far longer rows than usual have left behind is not kept.
        let wave_bytes: usize = source.wave.iter().map(|chunk| chunk.chunk.bytes.len()).sum();
        if self.texts.iter().map(Vec::capacity).sum::<usize>() > 4 * wave_bytes + PIECE_BYTES {
            self.texts = Vec::new();
        }
        Ok(())
    }

    /// What was written into.
    pub fn into_inner(self) -> W {
        self.output
    }
}

fn header_line<'n>(names: impl Iterator<Item = &'n str>, formulas: CsvFormulas, out: &mut Vec<u8>) {
    for (index, name) in names.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_value(name.as_bytes(), formulas, out);
    }
    out.push(b'\n');
}

/// Writes rows of a wave, all of one chunk.
// Out of line, so that profiles show it; it is called once per chunk.
#[inline(never)]
fn rows_of_chunk(
    source: RowSource<'_>,
    chunk: &RowChunk,
    kept: &[KeptRow],
    (columns, formulas): (&OutputColumns, CsvFormulas),
    out: &mut Vec<u8>,
) {
    let writer = ChunkWriter::new(source, chunk, columns, formulas);
    for kept in kept {
        writer.write(kept.row as usize, out);
    }
}

/// Writes rows of one chunk.
struct ChunkWriter<'a> {
    chunk: &'a RowChunk,
    rules: &'a Rules,
    formulas: CsvFormulas,
    dialect: Dialect,
    source: Vec<SourceCell<'a>>,
    derived: Vec<DerivedCell<'a>>,
}

/// A column that comes from the files.
struct SourceCell<'a> {
    column: OutputColumn,
    /// Which field holds it.
    field: usize,
    /// Its values, if it has a type.
    values: Option<Printer<'a>>,
    /// Whether the values are shown rather than the cells.
    is_canonical: bool,
}

/// A derived column.
enum DerivedCell<'a> {
    Values(Printer<'a>),
    /// One of these cells.
    Choices(&'a Choices, Vec<Vec<u8>>),
}

impl<'a> ChunkWriter<'a> {
    fn new(source: RowSource<'a>, chunk: &'a RowChunk, columns: &OutputColumns, formulas: CsvFormulas) -> Self {
        let (rules, layout): (&Rules, &Layout) = (source.rules, &source.layouts[chunk.object]);
        let source_cell = |column| {
            let field = layout.field(column)?;
            let (values, is_canonical) = match column {
                OutputColumn::File(index) if !rules.columns[index].cast.is_text() => {
                    let values = chunk.arrays.column(index)?;
                    (Some(Printer::of(columns.data_type(column), values)), rules.columns[index].is_canonical)
                }
                OutputColumn::File(_) | OutputColumn::Extra(_) | OutputColumn::Derived(_) => (None, false),
            };
            Some(SourceCell { column, field, values, is_canonical })
        };
        let derived_cell = |index| {
            let data_type = columns.data_type(OutputColumn::Derived(index));
            Some(match chunk.arrays.derived(index)? {
                DerivedColumn::Values(values) => DerivedCell::Values(Printer::of(data_type, values)),
                DerivedColumn::Choices(choices) => {
                    let cell = |text: &Option<String>| {
                        let mut cell = Vec::new();
                        text.iter().for_each(|text| write_value(text.as_bytes(), formulas, &mut cell));
                        cell
                    };
                    DerivedCell::Choices(choices, choices.texts.iter().map(cell).collect())
                }
            })
        };
        let derived = 0..rules.contract.rows.derived.len();
        Self {
            chunk,
            rules,
            formulas,
            dialect: rules.contract.input.dialect,
            source: columns.of_source().filter_map(source_cell).collect(),
            derived: derived.filter_map(derived_cell).collect(),
        }
    }

    fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.chunk.flags[row].is_verbatim() && !self.has_formula(row) {
            out.extend_from_slice(self.chunk.row_bytes(row));
        } else {
            for (index, cell) in self.source.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                self.write_source_cell(cell, row, out);
            }
        }
        for cell in &self.derived {
            out.push(b',');
            match cell {
                DerivedCell::Values(values) => values.print(row, self.formulas, out),
                DerivedCell::Choices(choices, cells) => {
                    out.extend_from_slice(&cells[usize::from(choices.numbers[row])]);
                }
            }
        }
        out.push(b'\n');
    }

    /// A cell that comes from the input, filled in or cast.
    fn write_source_cell(&self, cell: &SourceCell<'_>, row: usize, out: &mut Vec<u8>) {
        if let OutputColumn::File(index) = cell.column
            && self.chunk.is_filled(row, index)
            && !cell.is_canonical
        {
            let fill = self.rules.columns[index].fill.as_deref().unwrap_or_default();
            return write_value(fill, self.formulas, out);
        }
        match &cell.values {
            Some(values) if cell.is_canonical => values.print(row, self.formulas, out),
            Some(_) | None => self.write_raw(cell, row, out),
        }
    }

    /// A cell as the source has it, quoted if it must be.
    fn write_raw(&self, cell: &SourceCell<'_>, row: usize, out: &mut Vec<u8>) {
        match self.chunk.field(row, cell.field) {
            raw if self.is_marker(cell, row, raw) => {}
            raw if self.dialect != Dialect::default() => {
                write_value_of(unquote(raw, &mut Vec::new(), self.dialect.quote), self.is_formula(cell, row, raw), out);
            }
            b"\"\"" => {}
            raw if self.is_formula(cell, row, raw) => {
                write_value_of(unquote(raw, &mut Vec::new(), self.dialect.quote), true, out)
            }
            raw if is_well_quoted(raw, b'"') => out.extend_from_slice(raw),
            raw => write_text(unquote(raw, &mut Vec::new(), self.dialect.quote), out),
        }
    }

    fn is_marker(&self, cell: &SourceCell<'_>, row: usize, raw: &[u8]) -> bool {
        if !self.chunk.flags[row].has_markers() {
            return false;
        }
        let mut scratch = Vec::new();
        let text = unquote(raw, &mut scratch, self.dialect.quote);
        match cell.column {
            OutputColumn::File(index) => self.rules.is_marker(index, text),
            OutputColumn::Extra(_) | OutputColumn::Derived(_) => self.rules.null_markers.contain(text),
        }
    }

    /// Whether a row that could be copied has a cell that must be defused.
    fn has_formula(&self, row: usize) -> bool {
        self.formulas == CsvFormulas::Defuse
            && self.source.iter().any(|cell| self.is_formula(cell, row, self.chunk.field(row, cell.field)))
    }

    /// Whether a cell of the source must be defused. What is no value of its column's type is text.
    fn is_formula(&self, cell: &SourceCell<'_>, row: usize, raw: &[u8]) -> bool {
        self.formulas == CsvFormulas::Defuse
            && is_formula(raw.strip_prefix(&[self.dialect.quote]).unwrap_or(raw))
            && cell.values.as_ref().is_none_or(|values| values.is_null(row))
    }
}

/// A file of groups is handed on in pieces of about so many bytes.
const PIECE_BYTES: usize = 1 << 20;

/// Begins a file of groups.
pub(super) fn begin_groups<'o>(
    schema: &SchemaRef,
    options: &FormatOptions,
    out: Out<'o>,
) -> Result<Box<dyn GroupWriter + 'o>> {
    let formulas = options.csv_formulas;
    let mut text = Vec::new();
    header_line(schema.fields().iter().map(|field| field.name().as_str()), formulas, &mut text);
    Ok(Box::new(CsvGroups { formulas, text, out }))
}

/// A file of groups under way.
struct CsvGroups<'o> {
    formulas: CsvFormulas,
    text: Vec<u8>,
    out: Out<'o>,
}

impl GroupWriter for CsvGroups<'_> {
    fn append(&mut self, types: &[ColumnType], groups: &RecordBatch) -> Result<()> {
        let columns = types.iter().zip(groups.columns());
        let printers: Vec<Printer<'_>> = columns.map(|(data_type, array)| Printer::of(*data_type, array)).collect();
        for row in 0..groups.num_rows() {
            for (index, printer) in printers.iter().enumerate() {
                if index > 0 {
                    self.text.push(b',');
                }
                printer.print(row, self.formulas, &mut self.text);
            }
            self.text.push(b'\n');
            if self.text.len() >= PIECE_BYTES {
                self.out.write_all(&self.text)?;
                self.text.clear();
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.out.write_all(&self.text)?;
        Ok(self.out.flush()?)
    }
}

fn write_value_of(text: &[u8], is_formula: bool, out: &mut Vec<u8>) {
    if is_formula { write_text(&defused(text), out) } else { write_text(text, out) }
}

/// A text as a cell, defused if that is wanted.
pub(super) fn write_value(text: &[u8], formulas: CsvFormulas, out: &mut Vec<u8>) {
    match formulas {
        CsvFormulas::Keep => write_text(text, out),
        CsvFormulas::Defuse => write_text(&defused(text), out),
    }
}

/// Whether RFC 4180 demands quotes around a cell with this text.
pub(super) fn needs_quotes(text: &[u8]) -> bool {
    memchr3(b',', b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some()
}

/// A value as a cell, quoted only where RFC 4180 demands it.
pub(super) fn write_text(text: &[u8], out: &mut Vec<u8>) {
    if needs_quotes(text) {
        out.push(b'"');
        write_quoted(text, out);
        out.push(b'"');
    } else {
        out.extend_from_slice(text);
    }
}

/// A piece of the inside of a quoted cell.
pub(super) fn write_quoted(text: &[u8], out: &mut Vec<u8>) {
    for piece in text.split_inclusive(|&byte| byte == b'"') {
        out.extend_from_slice(piece);
        if piece.ends_with(b"\"") {
            out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_and_of_groups_are_defused_only_if_that_is_wanted() {
        for (formulas, header) in [(CsvFormulas::Keep, "a,+b,\"=c,d\"\n"), (CsvFormulas::Defuse, "a,'+b,\"'=c,d\"\n")] {
            let mut out = Vec::new();
            header_line(["a", "+b", "=c,d"].into_iter(), formulas, &mut out);
            assert_eq!(String::from_utf8(out).expect("UTF-8"), header);
        }
    }
}
