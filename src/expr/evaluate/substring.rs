//! SUBSTR: positions count characters from 1, negative ones from the end, and 0 is taken for 1.

use std::sync::Arc;

use arrow_array::Array;
use arrow_array::types::Int32Type;
use arrow_buffer::NullBuffer;

use super::operand::Operand;
use super::text::Texts;
use crate::error::Result;

pub(super) fn substring(text: &Operand, position: &Operand, length: &Operand, rows: usize) -> Result<Operand> {
    let operands = [text, position, length];
    let is_single = operands.iter().all(|operand| matches!(operand, Operand::Scalar(_)));
    let rows = if is_single { 1 } else { rows };
    let mut nulls: Option<NullBuffer> = None;
    for operand in operands {
        nulls = match operand {
            Operand::Scalar(array) if array.is_null(0) => Some(NullBuffer::new_null(rows)),
            Operand::Scalar(_) => nulls,
            Operand::Array(array) => NullBuffer::union(nulls.as_ref(), array.nulls()),
        };
    }
    let at = |operand: &Operand, row: usize| if matches!(operand, Operand::Scalar(_)) { 0 } else { row };
    let (strings, positions, lengths) =
        (text.texts()?, position.primitive::<Int32Type>()?, length.primitive::<Int32Type>()?);
    let mut texts = Texts::with_capacity(rows, strings.value_data().len());
    for row in 0..rows {
        let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        texts.push(|out| {
            if !is_null {
                let string = strings.value(at(text, row));
                let part = part(string, positions.value(at(position, row)), lengths.value(at(length, row)));
                out.extend_from_slice(part.as_bytes());
            }
        })?;
    }
    let result = Arc::new(texts.finish(nulls)?);
    Ok(if is_single { Operand::Scalar(result) } else { Operand::Array(result) })
}

/// A negative position before the first character takes its share of the length, as in Spark.
fn part(text: &str, position: i32, length: i32) -> &str {
    let start = match position {
        1.. => i64::from(position) - 1,
        0 => 0,
        ..0 => i64::from(position) + text.chars().count() as i64,
    };
    let end = start + i64::from(length);
    if end <= start.max(0) {
        return "";
    }
    let byte = |chars: i64| {
        let chars = usize::try_from(chars).unwrap_or(0);
        text.char_indices().nth(chars).map_or(text.len(), |(byte, _)| byte)
    };
    &text[byte(start)..byte(end)]
}
