//! Where a run fits that does not fit where it is: a function with more memory, or a larger machine.

use super::watch::MIB;

/// The most memory that an AWS Lambda function can have.
pub(super) const FUNCTION_BYTES_MAX: u64 = 10_240 * MIB;

/// What to do for a run that needs so many bytes of memory.
pub(super) fn room_for(whole_bytes: u64) -> &'static str {
    match whole_bytes <= FUNCTION_BYTES_MAX {
        true => "raise MEMORY_LIMIT_MB, on AWS the function's memory",
        false => {
            "no AWS function has as much, 10,240 MiB at most: run the command line on a larger machine \
             (docs/scale-out.md), or raise MEMORY_LIMIT_MB where it runs now"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_function_can_hold_needs_a_larger_machine() {
        assert!(room_for(FUNCTION_BYTES_MAX).starts_with("raise MEMORY_LIMIT_MB"));
        assert!(room_for(FUNCTION_BYTES_MAX + 1).contains("a larger machine"));
    }
}
