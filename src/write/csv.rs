//! The CSV outputs: RFC 4180 with a header line and LF, UTF-8, null as an empty cell.
//!
//! Cells that are not cast keep the source's text, quotes included. A record in which nothing changes is copied
//! whole, which is several times faster than writing it anew and gives the same bytes.
//!
//! With [`CsvFormulas::Defuse`] no cell but a number, a date or a moment begins like a formula.

use std::io::Write;

use memchr::memchr3;
use rayon::prelude::*;

use crate::config::{CsvFormulas, Rules};
use crate::error::{Error, Result};
use crate::group::NamedGroup;
use crate::parse::{ParsedChunk, Row};
use crate::read::scan::{is_well_quoted, unquote};
use crate::rules::date::write_date;
use crate::rules::number::{write_double, write_int};
use crate::schema::{KnownColumn, Layout, OutputColumn, OutputColumns, grouped_schema};
use crate::write::formulas::{defused, is_formula};
use crate::write::{KeptRow, RowSource, filled_in};

/// The filtered output under way.
pub struct FilteredCsv<W> {
    columns: OutputColumns,
    output: W,
    /// The text of each chunk of the wave; kept for its memory.
    texts: Vec<Vec<u8>>,
}

impl<W: Write> FilteredCsv<W> {
    /// A writer into `output`, which gets the header line at once.
    pub fn new(columns: &OutputColumns, formulas: CsvFormulas, mut output: W) -> Result<Self> {
        let mut header = Vec::new();
        header_line(columns.iter().map(|column| columns.name(column)), formulas, &mut header);
        output.write_all(&header)?;
        Ok(Self { columns: columns.clone(), output, texts: Vec::new() })
    }

    /// Writes the wave's kept rows: each chunk's text on any worker, then all of them in order.
    pub fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        let by_chunk: Vec<&[KeptRow]> = kept.chunk_by(|a, b| a.chunk == b.chunk).collect();
        if self.texts.len() < by_chunk.len() {
            self.texts.resize_with(by_chunk.len(), Vec::new);
        }
        let columns = &self.columns;
        self.texts.par_iter_mut().zip(&by_chunk).for_each(|(text, kept)| {
            text.clear();
            filtered_rows(source, kept, columns, text);
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

/// Writes rows of a wave.
// Out of line, so that profiles show it; it is called once per chunk.
#[inline(never)]
fn filtered_rows(source: RowSource<'_>, kept: &[KeptRow], columns: &OutputColumns, out: &mut Vec<u8>) {
    for kept in kept {
        let (chunk, row) = kept.of(source.wave);
        let writer = RowWriter { chunk, row, layout: &source.layouts[chunk.object], rules: source.rules };
        writer.write(columns, out);
    }
}

struct RowWriter<'a> {
    chunk: &'a ParsedChunk,
    row: &'a Row,
    layout: &'a Layout,
    rules: &'a Rules,
}

impl RowWriter<'_> {
    fn write(&self, columns: &OutputColumns, out: &mut Vec<u8>) {
        if self.row.is_verbatim && !self.has_formula(columns) {
            out.extend_from_slice(self.chunk.row_bytes(self.row));
        } else {
            let from_source = KnownColumn::ALL.len() + columns.extras.len();
            for (index, column) in columns.iter().take(from_source).enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                self.write_source_cell(column, out);
            }
        }
        for &column in columns.derived {
            out.push(b',');
            self.write_derived_cell(column, out);
        }
        out.push(b'\n');
    }

    /// A cell that comes from the input, filled in or cast.
    fn write_source_cell(&self, column: OutputColumn, out: &mut Vec<u8>) {
        if let Some(text) = filled_in(column, self.row) {
            return out.extend_from_slice(text);
        }
        match column {
            OutputColumn::Known(KnownColumn::BirthDate) => {
                if let Some(date) = self.row.birth_date {
                    write_date(date, out);
                }
            }
            OutputColumn::Known(KnownColumn::SessionDuration) => {
                if let Some(duration) = self.row.session_duration {
                    write_int(duration.into(), out);
                }
            }
            OutputColumn::Known(_) | OutputColumn::Extra(_) => self.write_raw(column, out),
            derived => self.write_derived_cell(derived, out),
        }
    }

    fn write_derived_cell(&self, column: OutputColumn, out: &mut Vec<u8>) {
        match column {
            OutputColumn::TotalBandwidth => {
                if let Some(total) = self.row.total_bandwidth() {
                    write_double(total, out);
                }
            }
            OutputColumn::BirthYear => {
                if let Some(year) = self.row.birth_year() {
                    write_int(year.into(), out);
                }
            }
            OutputColumn::ActivityLevel => {
                let level = self.rules.activity.classify(self.row.session_duration);
                out.extend_from_slice(level.as_str().as_bytes());
            }
            // What is masked out of a cell without quotes needs none.
            OutputColumn::MaskedEmail
                if self.row.is_verbatim
                    && self.rules.csv_formulas == CsvFormulas::Keep
                    && !self.raw(KnownColumn::Email).starts_with(b"\"") =>
            {
                out.extend_from_slice(self.chunk.masked_email(self.row));
            }
            OutputColumn::MaskedEmail => {
                write_value(self.chunk.masked_email(self.row), self.rules.csv_formulas, out);
            }
            OutputColumn::Known(_) | OutputColumn::Extra(_) => {}
        }
    }

    fn raw(&self, column: KnownColumn) -> &[u8] {
        self.chunk.field(self.row, self.layout.known(column))
    }

    /// A cell as the source has it, quoted if it must be.
    fn write_raw(&self, column: OutputColumn, out: &mut Vec<u8>) {
        let Some(raw) = self.source(column) else { return };
        match raw {
            _ if self.row.has_null_marker && self.rules.null_markers.contain(unquote(raw, &mut Vec::new())) => {}
            b"\"\"" => {}
            _ if self.is_formula(column, raw) => write_text(&defused(unquote(raw, &mut Vec::new())), out),
            _ if is_well_quoted(raw) => out.extend_from_slice(raw),
            _ => write_text(unquote(raw, &mut Vec::new()), out),
        }
    }

    /// The cell of the source that a column shows; `None`: it is derived.
    fn source(&self, column: OutputColumn) -> Option<&[u8]> {
        let field = match column {
            OutputColumn::Known(known) => self.layout.known(known),
            OutputColumn::Extra(index) => self.layout.extra(index),
            _ => return None,
        };
        Some(self.chunk.field(self.row, field))
    }

    /// Whether a row that could be copied has a cell that must be defused.
    fn has_formula(&self, columns: &OutputColumns) -> bool {
        let is_formula = |column| self.source(column).is_some_and(|raw| self.is_formula(column, raw));
        self.rules.csv_formulas == CsvFormulas::Defuse && columns.iter().any(is_formula)
    }

    /// Whether a cell of the source must be defused. What is no number or moment, though its column has them, is text.
    fn is_formula(&self, column: OutputColumn, raw: &[u8]) -> bool {
        if self.rules.csv_formulas == CsvFormulas::Keep || !is_formula(raw.strip_prefix(b"\"").unwrap_or(raw)) {
            return false;
        }
        match column {
            OutputColumn::Known(KnownColumn::BirthDate) => self.row.birth_date.is_none(),
            OutputColumn::Known(KnownColumn::AccessedAt) => self.row.accessed_at.is_none(),
            OutputColumn::Known(KnownColumn::SessionDuration) => self.row.session_duration.is_none(),
            OutputColumn::Known(KnownColumn::DownloadSpeed) => self.row.download_speed.is_none(),
            OutputColumn::Known(KnownColumn::UploadSpeed) => self.row.upload_speed.is_none(),
            OutputColumn::Known(KnownColumn::ConsumedTraffic) => self.row.consumed_traffic.is_none(),
            _ => true,
        }
    }
}

/// The grouped output is handed on in pieces of about so many bytes.
const PIECE_BYTES: usize = 1 << 20;

/// Hands on the whole grouped output, piece by piece.
pub fn grouped(
    groups: &[NamedGroup<'_>],
    formulas: CsvFormulas,
    mut hand_on: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let schema = grouped_schema();
    let mut out = Vec::new();
    header_line(schema.fields().iter().map(|field| field.name().as_str()), formulas, &mut out);
    for (name, group) in groups {
        if out.len() >= PIECE_BYTES {
            hand_on(&out)?;
            out.clear();
        }
        let out = &mut out;
        write_value(name.unwrap_or_default(), formulas, out);
        out.push(b',');
        write_double(group.avg_session_duration(), out);
        out.push(b',');
        if let Some(traffic) = group.consumed_traffic {
            write_double(traffic, out);
        }
        out.push(b',');
        write_int(group.sessions, out);
        out.push(b'\n');
    }
    hand_on(&out)
}

/// A text as a cell, defused if that is wanted.
fn write_value(text: &[u8], formulas: CsvFormulas, out: &mut Vec<u8>) {
    match formulas {
        CsvFormulas::Keep => write_text(text, out),
        CsvFormulas::Defuse => write_text(&defused(text), out),
    }
}

/// A value as a cell, quoted only where RFC 4180 demands it.
pub(super) fn write_text(text: &[u8], out: &mut Vec<u8>) {
    let must_quote = memchr3(b',', b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some();
    if must_quote {
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
