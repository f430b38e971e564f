//! The processed rows as one file of this machine, written under another name until it is whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::engine::Plan;
use crate::error::{Error, Result};
use crate::store::{StagedUpload, Upload, UploadId};
use crate::write::format::{FORMATS, Format, RowWriter};
use crate::write::{KeptRow, RowSource};

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
pub(super) struct Export(Box<dyn RowWriter>);

impl Export {
    pub(super) fn begin(target: &ExportTarget, plan: &Plan) -> Result<Self> {
        let file = ExportFile::create(&target.path)?;
        Ok(Self((target.format.rows)(&plan.columns, &plan.format, Box::new(file))?))
    }

    pub(super) fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        self.0.append(source, kept)
    }

    /// Bytes of memory that grow with the rows.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.0.memory_bytes()
    }

    /// Ends the file, which holds so many rows, and gives it its name, which is returned.
    pub(super) fn finish(self, rows: u64) -> Result<String> {
        Ok(self.0.finish(rows)?.id.key)
    }
}

/// The file; removed when it is dropped before it is whole.
pub(super) struct ExportFile {
    path: PathBuf,
    unfinished: PathBuf,
    writer: BufWriter<File>,
    bytes: u64,
}

impl ExportFile {
    fn create(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = path.with_file_name(format!(".{name}.{}.unfinished", std::process::id()));
        let file = File::create(&unfinished).map_err(|error| failed(path, error))?;
        Ok(Self { path: path.to_owned(), unfinished, writer: BufWriter::with_capacity(1 << 20, file), bytes: 0 })
    }
}

/// A file of this machine needs no publishing: it gets its name when it is whole.
impl Upload for ExportFile {
    fn id(&self) -> UploadId {
        UploadId { key: self.path.display().to_string(), id: self.unfinished.display().to_string() }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() as u64;
        self.writer.write_all(bytes).map_err(|error| failed(&self.path, error))
    }

    fn finish(mut self: Box<Self>) -> Result<StagedUpload> {
        let published = self
            .writer
            .flush()
            .and_then(|()| self.writer.get_ref().sync_all())
            .and_then(|()| fs::rename(&self.unfinished, &self.path));
        published.map_err(|error| failed(&self.path, error))?;
        Ok(StagedUpload {
            id: self.id(),
            token: String::new(),
            bytes: self.bytes,
            checksum_crc64nvme: String::new(),
            parts: BTreeMap::new(),
        })
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
