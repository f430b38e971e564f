//! The processed rows as one file of this machine, written under another name until it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::config::OutputFormat;
use crate::engine::Plan;
use crate::error::{Error, Result};
use crate::write::csv::FilteredCsv;
use crate::write::parquet::FilteredParquet;
use crate::write::{KeptRow, RowSource};

/// Where an export goes, and in which format.
#[derive(Clone, Debug)]
pub struct ExportTarget {
    path: PathBuf,
    format: OutputFormat,
}

impl ExportTarget {
    /// A file whose name ends in `.csv` or `.parquet`.
    pub fn new(path: PathBuf) -> Result<Self> {
        let format = match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => OutputFormat::Csv,
            Some("parquet") => OutputFormat::Parquet,
            _ => {
                let message = format!("{} cannot be exported to: a name in .csv or .parquet expected", path.display());
                return Err(Error::configuration(message));
            }
        };
        Ok(Self { path, format })
    }
}

/// An export under way.
pub(super) enum Export {
    Csv(FilteredCsv<ExportFile>),
    Parquet(Box<FilteredParquet<ExportFile>>),
}

impl Export {
    pub(super) fn begin(target: &ExportTarget, plan: &Plan) -> Result<Self> {
        let Plan { columns, parquet, rules, seed, .. } = plan;
        let file = ExportFile::create(&target.path)?;
        Ok(match target.format {
            OutputFormat::Csv => Self::Csv(FilteredCsv::new(columns, rules.csv_formulas, file)?),
            OutputFormat::Parquet => {
                Self::Parquet(Box::new(FilteredParquet::new(columns, *parquet, seed.clone(), file)))
            }
        })
    }

    pub(super) fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        match self {
            Self::Csv(csv) => csv.append(source, kept),
            Self::Parquet(parquet) => parquet.append(source, kept),
        }
    }

    /// Bytes of memory that grow with the rows.
    pub(super) fn memory_bytes(&self) -> u64 {
        match self {
            Self::Csv(_) => 0,
            Self::Parquet(parquet) => parquet.memory_bytes(),
        }
    }

    /// Ends the file, which holds so many rows, and gives it its name, which is returned.
    pub(super) fn finish(self, rows: u64) -> Result<String> {
        match self {
            Self::Csv(csv) => csv.into_inner(),
            Self::Parquet(parquet) => parquet.finish(rows)?,
        }
        .publish()
    }
}

/// The file; removed when it is dropped before it is whole.
pub(super) struct ExportFile {
    path: PathBuf,
    unfinished: PathBuf,
    writer: BufWriter<File>,
}

impl ExportFile {
    fn create(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = path.with_file_name(format!(".{name}.{}.unfinished", std::process::id()));
        let file = File::create(&unfinished).map_err(|error| failed(path, error))?;
        Ok(Self { path: path.to_owned(), unfinished, writer: BufWriter::with_capacity(1 << 20, file) })
    }

    fn publish(mut self) -> Result<String> {
        let published = self
            .writer
            .flush()
            .and_then(|()| self.writer.get_ref().sync_all())
            .and_then(|()| fs::rename(&self.unfinished, &self.path));
        published.map_err(|error| failed(&self.path, error))?;
        Ok(self.path.display().to_string())
    }
}

impl Write for ExportFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes).map_err(|error| failed(&self.path, error).into())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush().map_err(|error| failed(&self.path, error).into())
    }
}

impl Drop for ExportFile {
    fn drop(&mut self) {
        // After it got its name there is nothing to remove; otherwise the failure that led here is what counts.
        let _ = fs::remove_file(&self.unfinished);
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::configuration(format!("{} cannot be written", path.display())).caused_by(error)
}
