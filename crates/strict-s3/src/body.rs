//! Bodies between the network and files, piece by piece; files and digests are worked on off the async threads.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;

use bytes::Bytes;
use futures::{StreamExt, stream};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::checksum::{Digests, Found};
use crate::storage::{StagedFile, disk_failed};

/// Large enough that switching threads costs little.
const PIECE_BYTES: usize = 512 * 1024;

/// Writes a request's body to a staged file. If the client goes away, so does the file.
pub(crate) async fn receive(
    body: Option<StreamingBlob>,
    staged: (StagedFile, File),
    digests: Digests,
) -> S3Result<(StagedFile, Found)> {
    let (staged, file) = staged;
    let mut sink = Sink { file, digests };
    let mut pieces = Vec::new();
    let mut pieces_bytes = 0;
    if let Some(mut body) = body {
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| S3Error::with_source(S3ErrorCode::IncompleteBody, error))?;
            pieces_bytes += piece.len();
            pieces.push(piece);
            if pieces_bytes >= PIECE_BYTES {
                sink = off_thread(move || sink.absorb(pieces)).await?;
                pieces = Vec::new();
                pieces_bytes = 0;
            }
        }
    }
    let sink = off_thread(move || sink.absorb(pieces)).await?;
    Ok((staged, sink.digests.finish()))
}

struct Sink {
    file: File,
    digests: Digests,
}

impl Sink {
    fn absorb(mut self, pieces: Vec<Bytes>) -> io::Result<Self> {
        for piece in pieces {
            self.digests.update(&piece);
            self.file.write_all(&piece)?;
        }
        Ok(self)
    }
}

/// Runs what blocks where it may; it fails as the disk does.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> S3Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(disk_failed),
        Err(error) => Err(s3_error!(error, InternalError)),
    }
}

/// The bytes of `range` from an open file, read only as fast as the client takes them.
///
/// The handle keeps serving this version after the object is replaced; a file cut by others ends in an error.
pub(crate) fn send(file: File, range: Range<u64>) -> StreamingBlob {
    let Range { start, end } = range;
    let pieces = stream::try_unfold((file, start), move |(file, position)| async move {
        if position == end {
            return Ok(None);
        }
        let piece_bytes = (end - position).min(PIECE_BYTES as u64);
        let read = tokio::task::spawn_blocking(move || read_piece(file, position, piece_bytes)).await;
        let (file, piece) = read.map_err(io::Error::other)??;
        Ok::<_, io::Error>(Some((piece, (file, position + piece_bytes))))
    });
    StreamingBlob::wrap(pieces)
}

fn read_piece(mut file: File, position: u64, piece_bytes: u64) -> io::Result<(File, Bytes)> {
    use std::io::{Seek, SeekFrom};

    let mut piece = Vec::with_capacity(PIECE_BYTES.min(piece_bytes as usize));
    file.seek(SeekFrom::Start(position))?;
    Read::by_ref(&mut file).take(piece_bytes).read_to_end(&mut piece)?;
    if piece.len() as u64 != piece_bytes {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok((file, Bytes::from(piece)))
}
