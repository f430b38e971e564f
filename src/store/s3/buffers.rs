//! The large buffers of transfers, used again and again.
//!
//! Ranges and parts are megabytes, made on one thread and let go of on another. Left to the heap, such blocks pile up in
//! the arenas of many threads and memory grows well beyond what is in use.

use std::sync::{Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

/// Smaller buffers are left to the heap.
const POOLED_BYTES_MIN: usize = 1 << 20;

/// Buffers at rest; there are never more of them than once were in use together.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Vec<BytesMut>>);

impl Buffers {
    /// An empty buffer with room for at least `bytes`.
    pub(super) fn take(&self, bytes: usize) -> BytesMut {
        let mut resting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = resting.iter().position(|buffer| bytes >= POOLED_BYTES_MIN && buffer.capacity() >= bytes);
        fitting.map_or_else(|| BytesMut::with_capacity(bytes), |index| resting.swap_remove(index))
    }

    /// Takes back a buffer, if nobody else holds a part of it any more.
    pub(super) fn give_back(&self, content: Bytes) {
        if let Ok(mut buffer) = content.try_into_mut()
            && buffer.capacity() >= POOLED_BYTES_MIN
        {
            buffer.clear();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_once_nobody_holds_it() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take(POOLED_BYTES_MIN);
        buffer.extend_from_slice(b"abc");
        let place = buffer.as_ptr();
        let content = buffer.freeze();
        let held = content.clone();
        buffers.give_back(content);
        assert_ne!(buffers.take(POOLED_BYTES_MIN).as_ptr(), place, "it is still held");
        buffers.give_back(held);
        let again = buffers.take(POOLED_BYTES_MIN);
        assert_eq!((again.as_ptr(), again.len()), (place, 0));
        assert!(again.capacity() >= POOLED_BYTES_MIN);
    }
}
