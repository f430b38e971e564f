//! Primary keys: which properties are parts of one, and in which order.

use super::super::mistake::{Mistakes, shown};
use super::super::written::{Number, PropertyFile};

/// What the standard writes for "no position".
const NO_POSITION: i64 = -1;

/// The properties that are parts of the key, by their position in it: those of `parts`, each with an index of its own.
pub(super) fn in_order<'f, 'n>(
    parts: impl IntoIterator<Item = (usize, &'f PropertyFile<'n>)>,
    mistakes: &mut Mistakes,
) -> Vec<usize>
where
    'n: 'f,
{
    let mut keys: Vec<(i64, usize, &PropertyFile<'_>)> = Vec::new();
    for (index, property) in parts {
        let position = property.primary_key_position.filter(|position| position.value != NO_POSITION);
        if !is_key(property) {
            if let Some(Number { place, .. }) = position {
                mistakes.add(place, "`primaryKeyPosition` needs `primaryKey: true`");
            }
            continue;
        }
        match position {
            Some(Number { value, place }) if value < 1 => {
                mistakes.add(place, format!("`primaryKeyPosition` counts from 1, and it is {value}"));
                keys.push((i64::MAX, index, property));
            }
            Some(Number { value, place }) => {
                if keys.iter().any(|(other, _, _)| *other == value) {
                    mistakes.add(place, format!("another column has the `primaryKeyPosition` {value}, too"));
                }
                keys.push((value, index, property));
            }
            None => keys.push((i64::MAX, index, property)),
        }
    }
    if keys.len() > 1 {
        for (_, _, property) in keys.iter().filter(|(_, _, property)| property.primary_key_position.is_none()) {
            let name = property.name.map_or("", |name| name.text);
            let message =
                format!("the key has {} columns, so {} needs its `primaryKeyPosition`", keys.len(), shown(name));
            mistakes.add(property.place, message);
        }
    }
    keys.sort_by_key(|(position, index, _)| (*position, *index));
    keys.into_iter().map(|(_, index, _)| index).collect()
}

/// Whether a property is a part of its table's key.
pub(super) fn is_key(property: &PropertyFile<'_>) -> bool {
    property.primary_key.is_some_and(|key| key.value)
}
