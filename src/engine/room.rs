//! Where a run fits that does not fit where it is: a function with more memory, or a larger machine.

use super::watch::MIB;

/// The most memory that an AWS Lambda function can have.
pub(super) const FUNCTION_BYTES_MAX: u64 = 10_240 * MIB;

/// The memory of the largest task of `container/template.yaml`, which is the most that Fargate has.
const TASK_BYTES_MAX: u64 = 122_880 * MIB;

/// What to do for a run that needs so many bytes of memory.
pub(super) fn room_for(whole_bytes: u64) -> &'static str {
    match whole_bytes {
        bytes if bytes <= FUNCTION_BYTES_MAX => "raise MEMORY_LIMIT_MB, on AWS the function's memory",
        bytes if bytes <= TASK_BYTES_MAX => {
            "no AWS function has as much, 10,240 MiB at most: run the command line on a larger machine \
             (docs/scale-out.md), or raise MEMORY_LIMIT_MB where it runs now"
        }
        _ => {
            "no AWS function and no task on Fargate has as much, 122,880 MiB at most: run the command line on a machine \
             with more memory, or let WINDOW_DAYS be smaller (docs/scale-out.md)"
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
        assert!(room_for(TASK_BYTES_MAX).contains("a larger machine"));
        assert!(room_for(TASK_BYTES_MAX + 1).contains("let WINDOW_DAYS be smaller"));
    }

    #[test]
    fn the_largest_task_is_that_of_the_template() {
        let template = concat!(env!("CARGO_MANIFEST_DIR"), "/container/template.yaml");
        let template = std::fs::read_to_string(template).expect("the template");
        let sizes =
            template.lines().filter_map(|line| line.split_once("MemoryMb: \"")?.1.split('"').next()?.parse().ok());
        assert_eq!(sizes.max(), Some(TASK_BYTES_MAX / MIB));
    }
}
