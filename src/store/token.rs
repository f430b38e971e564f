//! Names that nobody else uses: for staging files, and for recognising an upload of ours on the other side.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// 128 bits as 32 hexadecimal digits, different on every call in every process.
///
/// `RandomState` takes its keys from the operating system's randomness; the process id and a counter keep calls
/// apart where a process was duplicated after the keys had been drawn.
pub(super) fn unique_token() -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = (std::process::id(), CALLS.fetch_add(1, Ordering::Relaxed));
    let half = || RandomState::new().hash_one(call);
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_tokens_are_alike() {
        let tokens: HashSet<String> = (0..1000).map(|_| unique_token()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(tokens.iter().all(|token| token.len() == 32));
    }
}
