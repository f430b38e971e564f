//! What the command line says: answers on standard output, failures on standard error.
//!
//! A reader that has seen enough (`| head -1`) closes the pipe. That neither stops a run nor makes it fail, so no
//! command uses `println!`, which panics then.
//!
//! Nothing that a terminal obeys gets there, whatever names and cells hold: see [`drivendata_transform::visible`]. Line
//! feeds of answers are ours, so whoever puts a name or a cell into an answer makes it visible there.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use drivendata_transform::error::{Error, Result};
use drivendata_transform::visible::{visible, visible_lines};

/// A line, or several, of the answer.
pub(crate) fn line(text: impl Display) -> Result<()> {
    // In one piece, so that a pipe never ends in the middle of a table that would have fitted.
    let text = format!("{text}\n");
    let text = visible_lines(&text);
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::configuration("standard output cannot be written").caused_by(error))
        }
        _ => Ok(()),
    }
}

/// A remark that is no part of the answer, on one line. Where nobody can read it, there is nobody to tell.
pub(crate) fn remark(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", visible(&text.to_string()));
}

/// An answer that is too long to be printed in one piece.
pub(crate) struct Visible<W>(pub(crate) W);

impl<W: Write> Write for Visible<W> {
    /// Takes whole texts only, which is what formatting and JSON write.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_all(visible_lines(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
