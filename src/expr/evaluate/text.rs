//! Kernels that make texts.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{Array, PrimitiveArray, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use super::operand::Operand;
use crate::error::{Error, ErrorKind, Result};
use crate::rules::mask::{self, Masking};

/// Texts of a column, one after the other. A null is an empty text here.
pub(super) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<i32>,
}

impl Texts {
    pub(super) fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { bytes: Vec::with_capacity(bytes), ends }
    }

    /// Appends what `write` writes, which must be UTF-8.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        write(&mut self.bytes);
        let end = i32::try_from(self.bytes.len()).map_err(|_| {
            Error::new(ErrorKind::TooLarge, "the texts that an expression makes of one chunk exceed 2 GiB")
        })?;
        self.ends.push(end);
        Ok(())
    }

    pub(super) fn finish(self, nulls: Option<NullBuffer>) -> Result<StringArray> {
        let ends = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        Ok(StringArray::try_new(ends, Buffer::from_vec(self.bytes), nulls)?)
    }
}

/// Makes a text of every text.
pub(super) fn map(operand: &Operand, kernel: impl Fn(&str, &mut Vec<u8>)) -> Result<Operand> {
    let from = operand.texts()?;
    let mut texts = Texts::with_capacity(from.len(), from.value_data().len());
    for text in from {
        texts.push(|out| kernel(text.unwrap_or_default(), out))?;
    }
    let result = texts.finish(from.nulls().cloned())?;
    operand.try_map(|_| Ok(Arc::new(result)))
}

pub(super) fn mask_email(operand: &Operand, masking: Masking) -> Result<Operand> {
    map(operand, |text, out| mask::mask_email(text.as_bytes(), masking, out))
}

/// The texts of the operands one after the other; null if one is.
pub(super) fn concat(parts: &[Operand], rows: usize) -> Result<Operand> {
    let is_single = parts.iter().all(|part| matches!(part, Operand::Scalar(_)));
    let rows = if is_single { 1 } else { rows };
    let mut nulls: Option<NullBuffer> = None;
    let mut arrays = Vec::with_capacity(parts.len());
    for part in parts {
        let array = part.texts()?;
        nulls = match part {
            Operand::Scalar(_) if array.is_null(0) => Some(NullBuffer::new_null(rows)),
            Operand::Scalar(_) => nulls,
            Operand::Array(_) => NullBuffer::union(nulls.as_ref(), array.nulls()),
        };
        arrays.push((array, matches!(part, Operand::Scalar(_))));
    }
    let mut texts = Texts::with_capacity(rows, 0);
    for row in 0..rows {
        let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        texts.push(|out| {
            for (array, is_scalar) in arrays.iter().filter(|_| !is_null) {
                out.extend_from_slice(array.value(if *is_scalar { 0 } else { row }).as_bytes());
            }
        })?;
    }
    let result = Arc::new(texts.finish(nulls)?);
    Ok(if is_single { Operand::Scalar(result) } else { Operand::Array(result) })
}

/// The number of characters.
pub(super) fn length(operand: &Operand) -> Result<Operand> {
    let from = operand.texts()?;
    let lengths = from.iter().map(|text| text.unwrap_or_default().chars().count() as i32);
    let lengths = PrimitiveArray::<Int32Type>::new(lengths.collect(), from.nulls().cloned());
    operand.try_map(|_| Ok(Arc::new(lengths)))
}

pub(super) fn push_lower(text: &str, out: &mut Vec<u8>) {
    match text.is_ascii() {
        true => out.extend(text.bytes().map(|byte| byte.to_ascii_lowercase())),
        false => out.extend_from_slice(text.to_lowercase().as_bytes()),
    }
}

pub(super) fn push_upper(text: &str, out: &mut Vec<u8>) {
    match text.is_ascii() {
        true => out.extend(text.bytes().map(|byte| byte.to_ascii_uppercase())),
        false => out.extend_from_slice(text.to_uppercase().as_bytes()),
    }
}

/// Keeps the `first` and the `last` characters; all are hidden if that would be all of them.
pub(super) fn mask(text: &str, first: u32, last: u32, out: &mut Vec<u8>) {
    let length = text.chars().count();
    let (first, last) = (first as usize, last as usize);
    let shows = first.saturating_add(last) < length;
    for (index, char) in text.chars().enumerate() {
        let is_shown = shows && (index < first || index >= length - last);
        let char = if is_shown { char } else { '*' };
        out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    }
}
