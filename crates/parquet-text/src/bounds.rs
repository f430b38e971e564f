//! The least and the greatest text of a page, and what readers are told of them.

use std::cmp::Ordering;
use std::ops::Range;

use crate::STATISTICS_BYTES_MAX;

/// The least and the greatest of some texts, by their bytes, as places in the page that holds them.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// How they begin: what begins between these is neither, and that are most texts.
    beginnings: (u64, u64),
    least: Option<Place>,
    greatest: Option<Place>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { beginnings: (u64::MAX, u64::MIN), least: None, greatest: None }
    }
}

/// Where a text is, and how it begins: most comparisons need no more.
#[derive(Clone, Copy, Debug)]
struct Place {
    beginning: u64,
    start: usize,
    end: usize,
}

impl Bounds {
    /// Takes the text at this place of the page into account.
    #[inline]
    pub(crate) fn add(&mut self, page: &[u8], place: Range<usize>) {
        let beginning = beginning(&page[place.clone()]);
        if beginning <= self.beginnings.0 || beginning >= self.beginnings.1 {
            self.compare(page, Place { beginning, start: place.start, end: place.end });
        }
    }

    fn compare(&mut self, page: &[u8], place: Place) {
        if self.least.is_none_or(|least| place.compare(&least, page) == Ordering::Less) {
            self.least = Some(place);
            self.beginnings.0 = place.beginning;
        }
        if self.greatest.is_none_or(|greatest| place.compare(&greatest, page) == Ordering::Greater) {
            self.greatest = Some(place);
            self.beginnings.1 = place.beginning;
        }
    }

    /// The least and the greatest text; `None` without any.
    pub(crate) fn texts<'p>(&self, page: &'p [u8]) -> Option<(&'p [u8], &'p [u8])> {
        let text = |place: Place| &page[place.start..place.end];
        Some((text(self.least?), text(self.greatest?)))
    }
}

impl Place {
    #[inline]
    fn compare(&self, other: &Self, page: &[u8]) -> Ordering {
        let by_beginning = self.beginning.cmp(&other.beginning);
        by_beginning.then_with(|| page[self.start..self.end].cmp(&page[other.start..other.end]))
    }
}

/// The first eight bytes as a number, as if zeros followed: where the numbers differ, they are ordered as the texts.
#[inline]
fn beginning(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => {
            let mut first = [0; 8];
            first[..text.len()].copy_from_slice(text);
            u64::from_be_bytes(first)
        }
    }
}

/// A bound as it is written, and whether it is the text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_exact: bool,
}

/// A text that is no greater than `least`, and not long.
pub(crate) fn lower(least: &[u8]) -> Bound {
    if least.len() <= STATISTICS_BYTES_MAX {
        return Bound { bytes: least.to_vec(), is_exact: true };
    }
    Bound { bytes: least[..char_start(least, STATISTICS_BYTES_MAX)].to_vec(), is_exact: false }
}

/// A text that is no less than `greatest`, and not long where there is such a one.
pub(crate) fn upper(greatest: &[u8]) -> Bound {
    if greatest.len() > STATISTICS_BYTES_MAX
        && let Ok(kept) = std::str::from_utf8(&greatest[..char_start(greatest, STATISTICS_BYTES_MAX)])
    {
        for (start, last) in kept.char_indices().rev() {
            // The next character, of the same length so that it is the next in the order of bytes, too.
            let next = char::from_u32(last as u32 + 1).filter(|next| next.len_utf8() == last.len_utf8());
            if let Some(next) = next {
                let mut bytes = kept.as_bytes()[..start].to_vec();
                bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
                return Bound { bytes, is_exact: false };
            }
        }
    }
    Bound { bytes: greatest.to_vec(), is_exact: true }
}

/// The last place not behind `index` where a character of `text` (UTF-8) begins.
fn char_start(text: &[u8], index: usize) -> usize {
    let is_inside = |&at: &usize| text[at] & 0b1100_0000 == 0b1000_0000;
    (0..=index).rev().find(|at| !is_inside(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_least_and_the_greatest_are_found(texts in prop::collection::vec("[a-cș\u{0}]{0,12}", 0..20)) {
            let (mut page, mut bounds) = (Vec::new(), Bounds::default());
            for text in &texts {
                let start = page.len();
                page.extend_from_slice(text.as_bytes());
                bounds.add(&page, start..page.len());
            }
            let least = texts.iter().map(String::as_bytes).min();
            let greatest = texts.iter().map(String::as_bytes).max();
            prop_assert_eq!(bounds.texts(&page), least.zip(greatest));
        }

        #[test]
        fn a_cut_bound_is_still_a_bound_and_utf_8(text in "[a-zș\u{7f}\u{7ff}\u{ffff}\u{10ffff}]{0,100}") {
            let (lower, upper) = (lower(text.as_bytes()), upper(text.as_bytes()));
            prop_assert!(lower.bytes.as_slice() <= text.as_bytes() && text.as_bytes() <= upper.bytes.as_slice());
            prop_assert!(std::str::from_utf8(&lower.bytes).is_ok() && std::str::from_utf8(&upper.bytes).is_ok());
            prop_assert_eq!(lower.is_exact, lower.bytes == text.as_bytes());
            prop_assert_eq!(upper.is_exact, upper.bytes == text.as_bytes());
            prop_assert!(lower.bytes.len() <= STATISTICS_BYTES_MAX);
        }
    }

    #[test]
    fn a_long_upper_bound_ends_in_the_next_character_that_can_be_had() {
        let long = |start: &str, last: char| format!("{start}{}", last.to_string().repeat(100));
        assert_eq!(upper(long("", 'a').as_bytes()).bytes, format!("{}b", "a".repeat(63)).as_bytes());
        // Behind DEL there is no character of one byte.
        assert_eq!(upper(long("a", '\u{7f}').as_bytes()).bytes, b"b");
        let greatest = long("", '\u{10ffff}');
        assert_eq!(upper(greatest.as_bytes()), Bound { bytes: greatest.into_bytes(), is_exact: true });
    }
}
