//! The processed rows as one file of this machine, written under another name until it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use drivendata_transform::engine::Plan;
use drivendata_transform::error::{Error, Result};
use drivendata_transform::sinks::format::{FORMATS, Format, RowWriter};
use drivendata_transform::sinks::{KeptRow, RowSource};

/// Where an export goes, and in which format.
#[derive(Clone, Debug)]
pub struct ExportTarget {
    path: PathBuf,
    format: &'static Format,
}

impl ExportTarget {
    /// A file whose name ends like those of a format.
    pub fn new(path: PathBuf) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match FORMATS.iter().find(|format| Some(format.extension) == ending) {
            Some(format) => Ok(Self { path, format }),
            None => {
                let message = format!("{} cannot be exported to: a name in .csv or .parquet expected", path.display());
                Err(Error::configuration(message))
            }
        }
    }
}

/// An export under way.
pub(super) struct Export {
    writer: Box<dyn RowWriter>,
    file: ExportFile,
}

impl Export {
    pub(super) fn begin(target: &ExportTarget, plan: &Plan) -> Result<Self> {
        let file = ExportFile::create(&target.path)?;
        let out = file.file.try_clone().map_err(|error| failed(&target.path, error))?;
        let out = Box::new(BufWriter::with_capacity(1 << 20, out));
        Ok(Self { writer: (target.format.rows)(&plan.columns, &plan.format, out)?, file })
    }

    pub(super) fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        self.writer.append(source, kept).map_err(|error| error.at(self.file.path.display().to_string()))
    }

    /// Bytes of memory that grow with the rows.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.writer.memory_bytes()
    }

    /// Ends the file, which holds so many rows, and gives it its name, which is returned.
    pub(super) fn finish(self, rows: u64) -> Result<String> {
        self.writer.finish(rows).map_err(|error| error.at(self.file.path.display().to_string()))?;
        self.file.finish()
    }
}

/// The file; removed when it is dropped before it is whole.
struct ExportFile {
    path: PathBuf,
    unfinished: PathBuf,
    file: File,
}

impl ExportFile {
    fn create(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = path.with_file_name(format!(".{name}.{}.unfinished", std::process::id()));
        let file = File::create(&unfinished).map_err(|error| failed(path, error))?;
        Ok(Self { path: path.to_owned(), unfinished, file })
    }

    /// Gives the file its name.
    fn finish(self) -> Result<String> {
        let named = self.file.sync_all().and_then(|()| fs::rename(&self.unfinished, &self.path));
        named.map_err(|error| failed(&self.path, error))?;
        Ok(self.path.display().to_string())
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
