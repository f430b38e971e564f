//! What each row of a batch is to be: a pure function of seed, date and row number.
//!
//! Nothing is remembered from one row to the next, so memory does not grow with the batch. The cells' text is
//! written by [`crate::row`].

use chrono::{Datelike, Days, NaiveDate};

use crate::GenerateError;
use crate::GenerateOptions;
use crate::random::{Day, Random};

/// How often a duplicate looks for a well-formed earlier row before it becomes a new row itself.
const TARGET_DRAWS: usize = 16;

/// The day number (days since 0000-12-31) of 1970-01-01: no row repeats a day before it, so every chain of repeats ends.
const FIRST_DAY_NUMBER: i32 = 719_163;

/// Where the row's id comes from, or why it has to be rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An id that no row of this batch or of an earlier day has.
    New,
    /// The id of an earlier well-formed row of this batch.
    Duplicate,
    /// The id of yesterday's row of the same number.
    Repeat,
    Malformed(Defect),
}

/// What is wrong with a malformed row. Its id, if any, is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    TooFewFields,
    TooManyFields,
    MissingId,
    UnreadableDuration,
    UnreadableTimestamp,
    InvalidUtf8,
}

const DEFECTS: [Defect; 6] = [
    Defect::TooFewFields,
    Defect::TooManyFields,
    Defect::MissingId,
    Defect::UnreadableDuration,
    Defect::UnreadableTimestamp,
    Defect::InvalidUtf8,
];

/// Which contact cells are blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blank {
    Neither,
    Email,
    Phone,
    Both,
}

const BLANKS: [Blank; 3] = [Blank::Email, Blank::Phone, Blank::Both];

/// Whether the birth date can be read as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BirthDate {
    Readable,
    Unreadable,
}

/// Everything about a row that is counted, and the draws for the rest of its text.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) id: u128,
    pub(super) blank: Blank,
    pub(super) birth_date: BirthDate,
    pub(super) accessed_on: NaiveDate,
    pub(super) session_duration: u64,
    pub(super) random: Random,
}

/// What a row's first draw says; [`Plan::row`] decides whether it can be had.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lot {
    New,
    Duplicate,
    Repeat,
    Malformed,
}

/// The checked options, ready to answer for any row.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    options: &'a GenerateOptions,
    day_number: i32,
    today: Day,
    year: i32,
    other_years_from: [NaiveDate; 2],
}

impl<'a> Plan<'a> {
    pub(super) fn new(options: &'a GenerateOptions) -> Result<Self, GenerateError> {
        options.check()?;
        let out_of_range =
            || GenerateError::Options("the batch date and its spread must lie in the years 1000 to 9998".to_owned());
        let oldest = options.date.checked_sub_days(Days::new(options.spread_days.into())).ok_or_else(out_of_range)?;
        if oldest.year() <= 1000 || options.date.year() >= 9998 {
            return Err(out_of_range());
        }
        let year = (options.date - Days::new(1)).year();
        let january = |year| NaiveDate::from_yo_opt(year, 1).ok_or_else(out_of_range);
        let day_number = options.date.num_days_from_ce();
        Ok(Self {
            options,
            day_number,
            today: Day::new(options.seed, day_number),
            year,
            other_years_from: [january(year - 1)?, january(year + 1)?],
        })
    }

    /// Whether a day lies outside the year of the day before the batch date.
    pub(super) fn is_out_of_year(&self, day: NaiveDate) -> bool {
        day.year() != self.year
    }

    /// The row with this number; the first is 0.
    pub(super) fn row(&self, index: u64) -> Row {
        let mut random = self.today.row(index);
        let (kind, id) = match self.lot(&mut random) {
            Lot::Malformed => (Kind::Malformed(*random.pick(&DEFECTS)), self.today.id(index)),
            Lot::New => (Kind::New, self.today.id(index)),
            Lot::Repeat => self.repeat(index),
            Lot::Duplicate => match self.target(index, &mut random) {
                Some(target) => (Kind::Duplicate, self.id(target)),
                None => (Kind::New, self.today.id(index)),
            },
        };
        let mut row = Row {
            kind,
            id,
            blank: Blank::Neither,
            birth_date: BirthDate::Readable,
            accessed_on: self.options.date - Days::new(1 + random.below(self.options.spread_days.into())),
            session_duration: session_duration(&mut random),
            random,
        };
        // A malformed row has one defect and nothing else to be counted.
        if !matches!(kind, Kind::Malformed(_)) {
            self.vary(&mut row);
        }
        row
    }

    fn vary(&self, row: &mut Row) {
        let random = &mut row.random;
        if random.chance(self.options.missing_share) {
            row.blank = *random.pick(&BLANKS);
        }
        if random.chance(self.options.unreadable_birth_date_share) {
            row.birth_date = BirthDate::Unreadable;
        }
        if random.chance(self.options.out_of_year_share) {
            row.accessed_on = *random.pick(&self.other_years_from) + Days::new(random.below(365));
        }
    }

    fn lot(&self, random: &mut Random) -> Lot {
        let GenerateOptions { malformed_share, duplicate_share, repeat_yesterday_share, .. } = *self.options;
        let drawn = random.fraction();
        if drawn < malformed_share {
            Lot::Malformed
        } else if drawn < malformed_share + duplicate_share {
            Lot::Duplicate
        } else if drawn < malformed_share + duplicate_share + repeat_yesterday_share {
            Lot::Repeat
        } else {
            Lot::New
        }
    }

    /// Same number, so that no two rows of today repeat the same one. Yesterday's row may itself be a repeat of the
    /// day before: the id is the one of the day where the chain began. A malformed row or a duplicate is not repeated.
    fn repeat(&self, index: u64) -> (Kind, u128) {
        let mut origin = self.today;
        for day_number in (FIRST_DAY_NUMBER..self.day_number).rev() {
            let earlier = Day::new(self.options.seed, day_number);
            let lot = self.lot(&mut earlier.row(index));
            if matches!(lot, Lot::New | Lot::Repeat) {
                origin = earlier;
            }
            if lot != Lot::Repeat {
                break;
            }
        }
        let id = origin.id(index);
        (if id == self.today.id(index) { Kind::New } else { Kind::Repeat }, id)
    }

    /// An earlier row that is not malformed, for the duplicate with this number.
    fn target(&self, index: u64, random: &mut Random) -> Option<u64> {
        if index == 0 {
            return None;
        }
        (0..TARGET_DRAWS)
            .map(|_| random.below(index))
            .find(|&target| self.lot(&mut self.today.row(target)) != Lot::Malformed)
    }

    /// The id of a row that is not malformed, following duplicates to the row they repeat.
    fn id(&self, mut index: u64) -> u128 {
        loop {
            let mut random = self.today.row(index);
            match self.lot(&mut random) {
                Lot::Repeat => return self.repeat(index).1,
                Lot::New | Lot::Malformed => return self.today.id(index),
                Lot::Duplicate => match self.target(index, &mut random) {
                    Some(target) => index = target,
                    None => return self.today.id(index),
                },
            }
        }
    }
}

/// Seconds up to ten hours; one row in eight is a visit of minutes, so that every activity level occurs.
fn session_duration(random: &mut Random) -> u64 {
    let longest = if random.below(8) == 0 { 150 } else { 36_000 };
    random.below(longest + 1)
}
