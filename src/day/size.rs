//! Whether a run fits where it runs, told by the sizes that were listed and by what an earlier day needed: a day that needs
//! several times the memory granted fails before it is read.
//!
//! This only saves time and money. A day that seems to fit, or about which nothing is known, is run, and the engine stops
//! it when it comes to its limits.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::Runner;
use crate::day::manifest::{InputEntry, Manifest, RuleSettings};
use crate::engine::{Plan, Progress};
use crate::error::Result;
use crate::sinks::output::manifest_key;
use crate::store::ObjectVersion;
use crate::trigger::window::BatchDate;

/// Identities and groups never need more memory than this for each byte as stored; a day that fits even then is not
/// looked into further.
const GROWTH_BYTES_MAX: u64 = 64;

/// How many times less a day may need than the earlier one makes expect: its rows may be longer, and the tables of
/// identities and groups double when they grow.
const TOLERANCE: u64 = 4;

/// How many times larger the day may be than the one it is compared with.
const LARGER_MAX: u64 = 16;

/// An earlier day with less input says nothing: the smallest tables have the size they have.
const EARLIER_BYTES_MIN: u64 = 1024 * 1024;

/// How many dates before the run's are looked at for a day to compare with.
const DAYS: i64 = 14;

impl Runner {
    /// Fails if the run over these objects needs several times the memory granted.
    pub(super) async fn check_size(
        &self,
        run_date: BatchDate,
        objects: &[ObjectVersion],
        plan: &Plan,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
    ) -> Result<()> {
        let bytes = stored_bytes(objects);
        let watch = self.watch(plan, deadline, progress);
        if watch.check_memory(bytes.saturating_mul(GROWTH_BYTES_MAX)).is_ok() {
            return Ok(());
        }
        let of_rules = RuleSettings::of(&self.config).fingerprint();
        for days in 1..=DAYS {
            let date = run_date.plus_days(-days);
            if date >= run_date {
                break;
            }
            // Only the error depends on it, which the run would come to by itself.
            let Ok(Some((_, body))) = self.store.get(&manifest_key(&self.config.output_prefix, date)).await else {
                continue;
            };
            let earlier = serde_json::from_slice::<Manifest>(&body).ok();
            let earlier = earlier.filter(|earlier| earlier.rules_fingerprint == of_rules);
            if let Some(growing) = earlier.and_then(|earlier| expected_growth(&earlier, objects)) {
                return watch.check_expected(growing, growing / TOLERANCE, &date.to_string());
            }
        }
        Ok(())
    }
}

/// The bytes of memory for identities and groups that the objects need if they are like those of an earlier day; `None` if
/// the two are not to be compared.
fn expected_growth(earlier: &Manifest, objects: &[ObjectVersion]) -> Option<u64> {
    let versions = || earlier.inputs.iter().map(|InputEntry { version, .. }| version);
    let (bytes, earlier_bytes) = (stored_bytes(objects), stored_bytes(versions()));
    let is_alike = endings(objects) == endings(versions())
        && earlier_bytes >= EARLIER_BYTES_MIN
        && bytes / LARGER_MAX <= earlier_bytes;
    let earlier_growth = earlier.memory.identities_bytes + earlier.memory.groups_bytes;
    let growth = u128::from(earlier_growth) * u128::from(bytes) / u128::from(earlier_bytes.max(1));
    is_alike.then(|| u64::try_from(growth).unwrap_or(u64::MAX))
}

fn stored_bytes<'o>(objects: impl IntoIterator<Item = &'o ObjectVersion>) -> u64 {
    objects.into_iter().fold(0, |sum, object| sum.saturating_add(object.bytes))
}

/// How the names of the objects end: a compressed byte holds more rows than a plain one.
fn endings<'o>(objects: impl IntoIterator<Item = &'o ObjectVersion>) -> BTreeSet<&'o str> {
    objects.into_iter().map(|object| object.key.rsplit('.').next().unwrap_or_default()).collect()
}
