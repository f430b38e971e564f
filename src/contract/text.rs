//! The text in the bytes of a contract's file.

use super::mistake::Mistake;
use super::yaml::TEXT_BYTES_MAX;

/// The text of a file.
///
/// # Errors
///
/// The file is too long for a contract, or it is no UTF-8; the mistake says where.
pub fn text_of(bytes: &[u8]) -> Result<&str, Mistake> {
    if bytes.len() > TEXT_BYTES_MAX {
        let message = format!("the file has {} bytes, and a contract has at most {TEXT_BYTES_MAX}", bytes.len());
        return Err(Mistake { line: 1, column: 1, message });
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Mistake {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            message: "the file is no UTF-8 here; save it as UTF-8".to_owned(),
        }
    })
}
