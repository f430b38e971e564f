//! Makes a staged day visible: output by output in a fixed order, each only if nobody else published meanwhile.
//!
//! Invariants (ARCHITECTURE.md has them all):
//! SEEN-FIRST: what is published is looked at *before* the inputs are listed. A run that was overtaken by one with
//! newer inputs therefore finds its conditions broken.
//! LISTED-LAST: the inputs are listed once more after the manifest was written. A run with newer inputs that found
//! nothing to do broke no condition; it was before the manifest, so its inputs are seen now.
//! MANIFEST-LAST: a manifest is written when all outputs are, and only stays valid while they are the ones it names.

use crate::day::failed_run::FailedRun;
use crate::day::manifest::{Manifest, OutputEntry};
use crate::error::{Error, ErrorKind, Result};
use crate::sinks::output::{Output, failed_key, manifest_key};
use crate::store::{ObjectVersion, Precondition, Published, StagedUpload, Store};
use crate::trigger::window::BatchDate;

/// A finished upload of one output.
#[derive(Clone, Debug)]
pub(crate) struct Staged {
    /// What it is.
    pub(crate) output: Output,
    /// The upload.
    pub(crate) upload: StagedUpload,
    /// Rows in it.
    pub(crate) rows: u64,
}

/// What is published of a day.
#[derive(Clone, Debug)]
pub(crate) struct PublishedDay {
    outputs: Vec<(Output, Option<ObjectVersion>)>,
    manifest_version: Option<ObjectVersion>,
    /// The manifest, if there is one and it can be read.
    pub(crate) manifest: Option<Manifest>,
    /// Whether an earlier run has noted that it failed for good, and what, if that can be read.
    pub(crate) failed: Option<Option<FailedRun>>,
}

impl PublishedDay {
    /// Looks at the outputs of `run_date` that are wanted, its manifest, and the note of a failure.
    pub(crate) async fn look(store: &dyn Store, prefix: &str, run_date: BatchDate, wanted: &[Output]) -> Result<Self> {
        let manifest_key = manifest_key(prefix, run_date);
        let heads = wanted.iter().map(|output| head(store, output, prefix, run_date));
        let failed_key = failed_key(prefix, run_date);
        let (manifest, failed, outputs) = futures_util::try_join!(
            store.get(&manifest_key),
            store.get(&failed_key),
            futures_util::future::try_join_all(heads)
        )?;
        let (manifest_version, manifest) = match manifest {
            // A manifest that cannot be read vouches for nothing; the run replaces it.
            Some((version, body)) => (Some(version), serde_json::from_slice(&body).ok()),
            None => (None, None),
        };
        // A note that cannot be read keeps nothing from being tried.
        let failed = failed.map(|(_, body)| serde_json::from_slice(&body).ok());
        Ok(Self { outputs, manifest_version, manifest, failed })
    }

    /// The outputs' versions, in order.
    pub(crate) fn versions(&self) -> Vec<Option<ObjectVersion>> {
        self.outputs.iter().map(|(_, version)| version.clone()).collect()
    }

    fn precondition(&self, output: &Output) -> Precondition {
        let seen = self.outputs.iter().find(|(other, _)| other == output).and_then(|(_, version)| version.as_ref());
        Precondition::as_seen(seen)
    }
}

async fn head(
    store: &dyn Store,
    output: &Output,
    prefix: &str,
    run_date: BatchDate,
) -> Result<(Output, Option<ObjectVersion>)> {
    Ok((output.clone(), store.head(&output.key(prefix, run_date)).await?))
}

/// Publishes the outputs, in order, over those that were `seen`.
///
/// A [`ErrorKind::Conflict`] means that another run came first; uploads that were not published are still staged.
pub(crate) async fn publish_outputs(
    store: &dyn Store,
    seen: &PublishedDay,
    staged: &[Staged],
) -> Result<Vec<OutputEntry>> {
    let mut entries = Vec::with_capacity(staged.len());
    for (output, _) in &seen.outputs {
        let of_output = staged.iter().find(|staged| staged.output == *output);
        let Staged { upload, rows, .. } = of_output.ok_or_else(|| Error::internal("an output was not staged"))?;
        let version = match store.publish(upload, &seen.precondition(output)).await? {
            Published::Done(version) => version,
            Published::Lost => return Err(overtaken(&upload.id.key)),
        };
        let checksum_crc64nvme = upload.checksum_crc64nvme.clone();
        entries.push(OutputEntry { version, rows: *rows, checksum_crc64nvme });
    }
    Ok(entries)
}

/// Writes the manifest over the one that was `seen`, then makes sure that it still tells the truth.
pub(crate) async fn publish_manifest(
    store: &dyn Store,
    prefix: &str,
    seen: &PublishedDay,
    manifest: &Manifest,
) -> Result<()> {
    let key = manifest_key(prefix, manifest.run_date);
    let body = serde_json::to_vec_pretty(manifest)
        .map_err(|error| Error::internal("the manifest has no JSON form").caused_by(error))?;
    let precondition = Precondition::as_seen(seen.manifest_version.as_ref());
    match store.put(&key, "application/json", body.into(), &precondition).await? {
        Published::Done(_) => {}
        Published::Lost => return Err(overtaken(&key)),
    }
    // Between two of our conditional steps another run may have replaced an output behind us.
    for entry in &manifest.outputs {
        if store.head(&entry.version.key).await?.as_ref() != Some(&entry.version) {
            return Err(overtaken(&entry.version.key));
        }
    }
    Ok(())
}

fn overtaken(key: &str) -> Error {
    Error::new(ErrorKind::Conflict, "another run published meanwhile").at(key)
}
