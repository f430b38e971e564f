//! How active a session was, by its duration. The thresholds come from the settings; only their defaults are here.

/// The value of the derived column `activity_level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActivityLevel {
    /// Longer than [`ActivityThresholds::active_above`].
    Active,
    /// From [`ActivityThresholds::moderate_from`] to [`ActivityThresholds::active_above`], both inclusive.
    Moderate,
    /// Shorter, or of unknown duration.
    LessActive,
}

impl ActivityLevel {
    /// The text stored in the column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Moderate => "moderate",
            Self::LessActive => "less_active",
        }
    }
}

/// Where one level ends and the next begins, in the unit of `session_duration`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityThresholds {
    /// A session is active above this duration, exclusive.
    pub active_above: i32,
    /// A session that is not active is moderate from this duration on, inclusive.
    pub moderate_from: i32,
}

impl Default for ActivityThresholds {
    fn default() -> Self {
        Self { active_above: 120, moderate_from: 30 }
    }
}

impl ActivityThresholds {
    /// The level of a session; an unknown duration is [`ActivityLevel::LessActive`], as in Spark's `otherwise`.
    pub fn classify(self, session_duration: Option<i32>) -> ActivityLevel {
        match session_duration {
            Some(duration) if duration > self.active_above => ActivityLevel::Active,
            Some(duration) if duration >= self.moderate_from => ActivityLevel::Moderate,
            _ => ActivityLevel::LessActive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_begins_exactly_at_its_threshold() {
        let cases = [
            (Some(i32::MAX), "active"),
            (Some(121), "active"),
            (Some(120), "moderate"),
            (Some(30), "moderate"),
            (Some(29), "less_active"),
            (Some(0), "less_active"),
            (Some(i32::MIN), "less_active"),
            (None, "less_active"),
        ];
        for (duration, expected) in cases {
            assert_eq!(ActivityThresholds::default().classify(duration).as_str(), expected, "{duration:?}");
        }
    }

    #[test]
    fn the_thresholds_are_settings() {
        let thresholds = ActivityThresholds { active_above: 10, moderate_from: -5 };
        assert_eq!(thresholds.classify(Some(11)), ActivityLevel::Active);
        assert_eq!(thresholds.classify(Some(10)), ActivityLevel::Moderate);
        assert_eq!(thresholds.classify(Some(-5)), ActivityLevel::Moderate);
        assert_eq!(thresholds.classify(Some(-6)), ActivityLevel::LessActive);
    }
}
