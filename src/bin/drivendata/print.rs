//! What the command line says: answers on standard output, failures on standard error.
//!
//! A reader that has seen enough (`| head -1`) closes the pipe. That neither stops a run nor makes it fail, so no
//! command uses `println!`, which panics then.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use drivendata_transform::error::{Error, Result};

/// A line, or several, of the answer.
pub(crate) fn line(text: impl Display) -> Result<()> {
    // In one piece, so that a pipe never ends in the middle of a table that would have fitted.
    let text = format!("{text}\n");
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::configuration("standard output cannot be written").caused_by(error))
        }
        _ => Ok(()),
    }
}

/// A remark that is no part of the answer. Where nobody can read it, there is nobody to tell.
pub(crate) fn remark(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
