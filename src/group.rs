//! The groups of a run: sessions, durations and traffic per person, summed in the order of the rows.

use hashbrown::HashTable;
use rayon::slice::ParallelSliceMut;

use crate::dedup::growth_bytes;
use crate::seed::Seed;

/// The groups, in the order their first rows came.
#[derive(Debug)]
pub struct Groups {
    seed: Seed,
    groups: Vec<Group>,
    /// Index of each named group, found by its name's hash.
    by_name: HashTable<u32>,
    /// Index of the group without name.
    nameless: Option<u32>,
    long_names: Vec<u8>,
    /// Names compared.
    #[cfg(test)]
    steps: usize,
}

/// One person's sums.
///
/// A line of the cache: groups come up in any order, and the next line that is needed is most of what a row costs here.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Group {
    name: Name,
    /// Rows.
    pub sessions: i64,
    /// Sum of `session_duration`, in the data's own unit.
    session_duration: i64,
    /// Sum of `consumed_traffic` in kB; `None` while every row's is null.
    pub consumed_traffic: Option<f64>,
}

/// The longest name that is kept in its group.
const SHORT_BYTES_MAX: usize = 22;

/// The name of a group.
#[derive(Clone, Copy, Debug)]
enum Name {
    /// Most names.
    Short { bytes: [u8; SHORT_BYTES_MAX], length: u8 },
    /// Among the long ones.
    Long { start: usize, length: usize },
}

impl Name {
    fn new(name: &[u8], long_names: &mut Vec<u8>) -> Self {
        let length = name.len();
        if length <= SHORT_BYTES_MAX {
            let mut bytes = [0; SHORT_BYTES_MAX];
            bytes[..length].copy_from_slice(name);
            return Self::Short { bytes, length: length as u8 };
        }
        let start = long_names.len();
        long_names.extend_from_slice(name);
        Self::Long { start, length }
    }

    #[inline]
    fn get<'n>(&'n self, long_names: &'n [u8]) -> &'n [u8] {
        match self {
            Self::Short { bytes, length } => &bytes[..usize::from(*length)],
            Self::Long { start, length } => &long_names[*start..start + length],
        }
    }
}

/// Which group a name probably has; any guess is right, some are found out to be wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guess(Option<u32>);

/// A name, `None`: null, and its group.
pub type NamedGroup<'g> = (Option<&'g [u8]>, &'g Group);

impl Group {
    /// The average `session_duration`, in the data's own unit.
    pub fn avg_session_duration(&self) -> f64 {
        self.session_duration as f64 / self.sessions as f64
    }
}

impl Groups {
    /// No groups. Where a name stands depends on `seed`.
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            groups: Vec::new(),
            by_name: HashTable::new(),
            nameless: None,
            long_names: Vec::new(),
            #[cfg(test)]
            steps: 0,
        }
    }

    /// Adds a row to the group of `name`, whose hash by the seed is with it, computed where there was time for that;
    /// `None` is a group of its own.
    #[inline]
    pub fn add(
        &mut self,
        name: Option<(&[u8], u64)>,
        guess: Guess,
        session_duration: i32,
        consumed_traffic: Option<f64>,
    ) {
        let index = match name {
            Some((name, hash)) => self.named(name, hash, guess),
            None => match self.nameless {
                Some(index) => index,
                None => *self.nameless.insert(push_group(&mut self.groups, &mut self.long_names, b"")),
            },
        };
        let group = &mut self.groups[index as usize];
        group.sessions += 1;
        group.session_duration += i64::from(session_duration);
        if let Some(traffic) = consumed_traffic {
            // From a positive zero on, as in Spark: a negative zero alone sums to a positive one.
            group.consumed_traffic = Some(group.consumed_traffic.unwrap_or(0.0) + traffic);
        }
    }

    /// The group that a name with this hash probably has. Asked for several rows in a row, it makes their waits for
    /// memory overlap instead of following one another.
    #[inline]
    pub fn guess(&self, hash: u64) -> Guess {
        Guess(self.by_name.find(hash, |_| true).copied())
    }

    /// Asks memory for a guessed group, for the same reason.
    ///
    /// Returns something that depends on the bytes there, for the caller to use up.
    #[inline]
    pub fn touch(&self, Guess(guess): Guess) -> i64 {
        guess.map(|index| self.groups[index as usize].sessions).unwrap_or_default()
    }

    #[inline]
    fn named(&mut self, name: &[u8], hash: u64, Guess(guess): Guess) -> u32 {
        let (groups, long_names, seed) = (&mut self.groups, &mut self.long_names, &self.seed);
        if let Some(index) = guess
            && groups[index as usize].name.get(long_names) == name
        {
            return index;
        }
        #[cfg(test)]
        let steps = std::cell::Cell::from_mut(&mut self.steps);
        let is_name = |&index: &u32| {
            #[cfg(test)]
            steps.set(steps.get() + 1);
            groups[index as usize].name.get(long_names) == name
        };
        if let Some(&index) = self.by_name.find(hash, is_name) {
            return index;
        }
        let index = push_group(groups, long_names, name);
        self.by_name.insert_unique(hash, index, |&index| seed.of_text(groups[index as usize].name.get(long_names)));
        index
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Bytes of memory the groups occupy.
    pub fn memory_bytes(&self) -> u64 {
        let groups = self.groups.capacity() * size_of::<Group>();
        (groups + self.by_name.allocation_size() + self.long_names.capacity()) as u64
    }

    /// The same while the table grows next, if that is soon, or while they are put in order at the end.
    pub fn memory_bytes_to_grow(&self) -> u64 {
        let ordered = (self.len() * size_of::<NamedGroup<'_>>()) as u64;
        self.memory_bytes() + growth_bytes(&self.by_name).max(ordered)
    }

    /// The groups in the order of their names (UTF-8 bytes), the one without name first.
    pub fn in_order(&self) -> Vec<NamedGroup<'_>> {
        let mut ordered: Vec<_> = (0_u32..)
            .zip(&self.groups)
            .map(|(index, group)| {
                (Some(group.name.get(&self.long_names)).filter(|_| self.nameless != Some(index)), group)
            })
            .collect();
        ordered.par_sort_unstable_by_key(|(name, _)| *name);
        ordered
    }
}

fn push_group(groups: &mut Vec<Group>, long_names: &mut Vec<u8>, name: &[u8]) -> u32 {
    let index = groups.len() as u32;
    let name = Name::new(name, long_names);
    groups.push(Group { name, sessions: 0, session_duration: 0, consumed_traffic: None });
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(groups: &mut Groups, name: Option<&str>, duration: i32, traffic: Option<f64>) {
        let name = name.map(|name| (name.as_bytes(), groups.seed.of_text(name.as_bytes())));
        groups.add(name, Guess::default(), duration, traffic);
    }

    #[test]
    fn groups_come_in_the_order_of_their_names_with_the_nameless_first() {
        let mut groups = Groups::new(Seed::random());
        for name in [Some("Șerban"), Some("ana"), None, Some("Zoe"), Some(""), Some("ana")] {
            add(&mut groups, name, 31, None);
        }
        let names: Vec<_> = groups.in_order().iter().map(|(name, _)| name.map(|name| name.to_vec())).collect();
        let expected = [None, Some(""), Some("Zoe"), Some("ana"), Some("Șerban")];
        assert_eq!(names, expected.map(|name| name.map(|name| name.as_bytes().to_vec())));
    }

    /// Names compared when so many are added twice that collide where the seed is the known one.
    fn steps(names: u64, seed: Seed) -> usize {
        let mut groups = Groups::new(seed);
        for number in (0..names).chain(0..names) {
            // A text of this length whose ninth to sixteenth bytes are these makes a factor of its hash zero.
            let name = format!("abcdefgh\u{c}gW\u{1ce}r]q{:-<15}{number:08}", "");
            groups.add(Some((name.as_bytes(), groups.seed.of_text(name.as_bytes()))), Guess::default(), 31, None);
        }
        assert_eq!(groups.len() as u64, names);
        groups.steps
    }

    #[test]
    fn names_made_to_collide_take_twice_the_steps_when_there_are_twice_as_many() {
        assert!(steps(2_000, Seed::fixed(0)) > 3 * steps(1_000, Seed::fixed(0)), "they do collide");
        for _ in 0..5 {
            let seed = Seed::random();
            let (once, twice) = (steps(20_000, seed.clone()), steps(40_000, seed));
            assert!(10 * twice <= 22 * once, "{once} steps, {twice} for twice the names");
        }
    }

    #[test]
    fn averages_and_sums_ignore_null_traffic_and_stay_null_without_any() {
        let mut groups = Groups::new(Seed::random());
        add(&mut groups, Some("a"), 31, Some(0.1));
        add(&mut groups, Some("a"), 32, None);
        add(&mut groups, Some("a"), 34, Some(0.2));
        add(&mut groups, Some("b"), i32::MAX, None);
        add(&mut groups, Some("b"), i32::MAX, None);
        add(&mut groups, Some("c"), 31, Some(-0.0));
        let ordered = groups.in_order();
        let sums: Vec<_> = ordered
            .iter()
            .map(|(_, group)| (group.sessions, group.avg_session_duration(), group.consumed_traffic))
            .collect();
        assert_eq!(sums, [(3, 97.0 / 3.0, Some(0.1 + 0.2)), (2, f64::from(i32::MAX), None), (1, 31.0, Some(0.0))]);
        assert!(ordered[2].1.consumed_traffic.is_some_and(f64::is_sign_positive), "a sum begins with a positive zero");
    }
}
