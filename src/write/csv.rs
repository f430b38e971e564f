//! The CSV outputs: RFC 4180 with a header line and LF, UTF-8, null as an empty cell.
//!
//! Cells that are not cast keep the source's text, quotes included. A record in which nothing changes is copied
//! whole, which is several times faster than writing it anew and gives the same bytes.

use std::io::Write;

use memchr::memchr3;
use rayon::prelude::*;

use crate::config::Rules;
use crate::error::Result;
use crate::group::NamedGroup;
use crate::parse::{ParsedChunk, Row};
use crate::read::scan::{is_well_quoted, unquote};
use crate::rules::date::write_date;
use crate::rules::number::{write_double, write_int};
use crate::schema::{KnownColumn, Layout, OutputColumn, OutputColumns, grouped_schema};
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
    pub fn new(columns: &OutputColumns, mut output: W) -> Result<Self> {
        let mut header = Vec::new();
        header_line(columns.iter().map(|column| columns.name(column)), &mut header);
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
        self.texts.iter().take(by_chunk.len()).try_for_each(|text| Ok(self.output.write_all(text)?))
    }

    /// What was written into.
    pub fn into_inner(self) -> W {
        self.output
    }
}

fn header_line<'n>(names: impl Iterator<Item = &'n str>, out: &mut Vec<u8>) {
    for (index, name) in names.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(name.as_bytes(), out);
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
        if self.row.is_verbatim {
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
            OutputColumn::Known(known) => self.write_raw(self.layout.known(known), out),
            OutputColumn::Extra(index) => self.write_raw(self.layout.extra(index), out),
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
            OutputColumn::MaskedEmail if self.row.is_verbatim && !self.raw(KnownColumn::Email).starts_with(b"\"") => {
                out.extend_from_slice(self.chunk.masked_email(self.row));
            }
            OutputColumn::MaskedEmail => write_text(self.chunk.masked_email(self.row), out),
            OutputColumn::Known(_) | OutputColumn::Extra(_) => {}
        }
    }

    fn raw(&self, column: KnownColumn) -> &[u8] {
        self.chunk.field(self.row, self.layout.known(column))
    }

    /// A cell as the source has it, quoted if it must be.
    fn write_raw(&self, field: usize, out: &mut Vec<u8>) {
        match self.chunk.field(self.row, field) {
            raw if self.row.has_null_marker && self.rules.null_markers.contain(unquote(raw, &mut Vec::new())) => {}
            b"\"\"" => {}
            raw if is_well_quoted(raw) => out.extend_from_slice(raw),
            raw => write_text(unquote(raw, &mut Vec::new()), out),
        }
    }
}

/// The whole grouped output.
pub fn grouped(groups: &[NamedGroup<'_>], out: &mut Vec<u8>) {
    let schema = grouped_schema();
    header_line(schema.fields().iter().map(|field| field.name().as_str()), out);
    for (name, group) in groups {
        write_text(name.unwrap_or_default(), out);
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
