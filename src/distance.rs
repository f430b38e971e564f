//! How far a name is from the one that was meant, for hints on typing mistakes.

/// The least number of letters to insert, remove, replace or swap with the next one that makes one name the other.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut last_but_one: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (row, letter) in a.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in b.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let mut least = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *letter == b[column - 1] && a[row - 1] == *other {
                least = least.min(last_but_one[column - 1] + 1);
            }
            current.push(least);
        }
        last_but_one = std::mem::replace(&mut last, current);
    }
    last[b.len()]
}
