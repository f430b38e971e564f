//! What decides what a row becomes: as typed, checked, and as the preset fills it in.

use super::RawSettings;
use crate::error::{Error, Result};
use crate::rules::activity::ActivityThresholds;
use crate::rules::date::parse_date;
use crate::rules::mask::Masking;
use crate::rules::missing::NullMarkers;

/// Whose habits a run follows where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Ours: rows that cannot be used are rejected with a reason.
    Default,
    /// The Glue script's, as Spark executes it: odd rows are padded, cut or filtered out.
    Glue,
}

/// Which of the rows that are no duplicates stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Those that pass the filter of dates and durations: what a run publishes.
    Filtered,
    /// All of them: what an analysis looks at.
    All,
}

/// Everything that decides what a row becomes. Same inputs and same rules give the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Whose habits to follow.
    pub preset: Preset,
    /// First access date kept, in days since 1970-01-01; `None`: open.
    pub accessed_from: Option<i32>,
    /// Last access date kept, in days since 1970-01-01; `None`: open.
    pub accessed_to: Option<i32>,
    /// Rows must last longer than this, in the data's own unit.
    pub min_session_duration: i32,
    /// Which rows stay after all.
    pub selection: Selection,
    /// Limits of the activity levels.
    pub activity: ActivityThresholds,
    /// How e-mail addresses are masked.
    pub masking: Masking,
    /// Texts that stand for a missing value.
    pub null_markers: NullMarkers,
    /// What becomes of texts in CSV outputs that a spreadsheet would take for formulas.
    pub csv_formulas: CsvFormulas,
}

/// What becomes of texts in CSV outputs that a spreadsheet would take for formulas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CsvFormulas {
    /// They stay as they are.
    #[default]
    Keep,
    /// An apostrophe before them makes them texts for spreadsheets, too.
    Defuse,
}

impl Rules {
    pub(super) fn from_raw(raw: &RawSettings) -> Result<Self> {
        let preset = match raw.text("PRESET") {
            "default" => Preset::Default,
            "glue" => Preset::Glue,
            _ => return Err(raw.unusable("PRESET")),
        };
        let mut rules = Self {
            preset,
            accessed_from: raw.date("ACCESSED_FROM")?,
            accessed_to: raw.date("ACCESSED_TO")?,
            min_session_duration: raw.number("MIN_SESSION_DURATION")?,
            selection: Selection::Filtered,
            activity: ActivityThresholds {
                active_above: raw.number("ACTIVE_ABOVE")?,
                moderate_from: raw.number("MODERATE_FROM")?,
            },
            masking: match raw.text("MASKING") {
                "standard" => Masking::Standard,
                "glue" => Masking::Glue,
                _ => return Err(raw.unusable("MASKING")),
            },
            null_markers: null_markers(raw),
            csv_formulas: match raw.text("CSV_FORMULAS") {
                "keep" => CsvFormulas::Keep,
                "defuse" => CsvFormulas::Defuse,
                _ => return Err(raw.unusable("CSV_FORMULAS")),
            },
        };
        if rules.activity.moderate_from > rules.activity.active_above {
            let ActivityThresholds { active_above, moderate_from } = rules.activity;
            let message = format!("setting MODERATE_FROM ({moderate_from}) is above ACTIVE_ABOVE ({active_above})");
            return Err(Error::configuration(message));
        }
        if preset == Preset::Glue {
            rules.fill_in_glue_script(raw);
        }
        if let (Some(from), Some(to)) = (rules.accessed_from, rules.accessed_to)
            && from > to
        {
            let (from, to) = (raw.text("ACCESSED_FROM"), raw.text("ACCESSED_TO"));
            let message = format!("setting ACCESSED_FROM ({from}) is after ACCESSED_TO ({to})");
            return Err(Error::configuration(message));
        }
        Ok(rules)
    }

    /// The script keeps dates after 2024-01-01 and knows no end; what the operator typed stands.
    fn fill_in_glue_script(&mut self, raw: &RawSettings) {
        if raw.typed("ACCESSED_FROM").is_none() {
            self.accessed_from = parse_date(b"2024-01-02");
        }
        if raw.typed("ACCESSED_TO").is_none() {
            self.accessed_to = None;
        }
        if raw.typed("MASKING").is_none() {
            self.masking = Masking::Glue;
        }
    }
}

fn null_markers(raw: &RawSettings) -> NullMarkers {
    let markers = raw.text("NULL_MARKERS").split(',').map(str::trim).filter(|marker| !marker.is_empty());
    NullMarkers::new(markers.map(str::to_owned))
}
