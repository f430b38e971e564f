//! Computes expressions over the columns of a chunk: one kernel per node, most of them Arrow's.
//!
//! A constant stays a single value: no kernel meets an array of equal values.

mod arithmetic;
mod cast;
mod compare;
mod decimal;
mod either;
mod in_list;
mod number_text;
mod operand;
mod round;
mod substring;
mod text;

use std::sync::Arc;

use arrow_arith::boolean::{and_kleene, is_not_null, is_null, not, or_kleene};
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::ArrowError;
use spark_cast::date::civil_from_days;

use self::either::either;
pub(super) use self::in_list::order;
use self::operand::Operand;
pub(super) use self::operand::value_of;
use super::node::{Comparison, Function, Node};
use super::{Columns, Expr};
use crate::contract::ColumnType;
use crate::error::{Error, Result};

/// Which of a few texts an expression is, row by row.
#[derive(Clone, Debug)]
pub struct Choices {
    /// An index in `texts` for every row.
    pub numbers: Vec<u8>,
    /// The texts; `None`: null.
    pub texts: Arc<[Option<String>]>,
}

impl Choices {
    /// The text of a row; `None`: null.
    #[inline]
    pub fn text(&self, row: usize) -> Option<&str> {
        self.texts[usize::from(self.numbers[row])].as_deref()
    }

    /// The text of every row.
    pub fn to_array(&self) -> ArrayRef {
        choice_texts(&self.numbers, &self.texts)
    }
}

/// What no contract can cause.
fn bug(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("an expression met columns of other types than it was made for: {error}"))
}

/// Kernels fail on arrays of other types or lengths than they were given here, and on nothing else.
impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        Self::internal("a kernel of Arrow refused its arrays").caused_by(error)
    }
}

pub(super) fn array(expr: &Expr, columns: &dyn Columns) -> Result<ArrayRef> {
    let array = evaluate(expr, columns)?.into_array(columns.row_count())?;
    if *array.data_type() != expr.data_type.arrow() {
        return Err(bug(format!("{} is not {}", array.data_type(), expr.data_type)));
    }
    Ok(array)
}

pub(super) fn filter(expr: &Expr, columns: &dyn Columns) -> Result<BooleanArray> {
    evaluate(expr, columns)?.into_booleans(columns.row_count())
}

pub(super) fn choices(expr: &Expr, columns: &dyn Columns) -> Result<Option<Choices>> {
    let Node::Choice { conditions, texts, .. } = &expr.node else { return Ok(None) };
    let numbers = choose(conditions, columns)?;
    Ok(Some(Choices { numbers, texts: Arc::clone(texts) }))
}

/// The number of the first condition that is true, or else that of the text after the last.
fn choose(conditions: &[Expr], columns: &dyn Columns) -> Result<Vec<u8>> {
    // There are at most 255 conditions.
    let mut numbers = vec![conditions.len() as u8; columns.row_count()];
    for (number, condition) in conditions.iter().enumerate().rev() {
        for row in truth(&filter(condition, columns)?).set_indices() {
            numbers[row] = number as u8;
        }
    }
    Ok(numbers)
}

/// Where a condition is true, neither false nor null.
fn truth(condition: &BooleanArray) -> BooleanBuffer {
    match condition.nulls() {
        Some(valid) => condition.values() & valid.inner(),
        None => condition.values().clone(),
    }
}

fn evaluate(expr: &Expr, columns: &dyn Columns) -> Result<Operand> {
    let rows = columns.row_count();
    match &expr.node {
        Node::Source(source, _) => Ok(Operand::Array(columns.array(*source))),
        Node::Literal(value, _) => Operand::literal(value, expr.data_type),
        Node::Arithmetic(operation, operands) => {
            let [left, right] = &**operands;
            let operands = [evaluate(left, columns)?, evaluate(right, columns)?];
            arithmetic::arithmetic(*operation, &operands, [left.data_type, right.data_type], expr.data_type)
        }
        Node::Negate(operand) => arithmetic::negate(&evaluate(operand, columns)?, expr.data_type),
        Node::Compare(comparison, operands) => {
            let [left, right] = &**operands;
            compare::compare(*comparison, &evaluate(left, columns)?, &evaluate(right, columns)?, left.data_type)
        }
        Node::And(parts) => connect(parts, columns, and_kleene),
        Node::Or(parts) => connect(parts, columns, or_kleene),
        Node::Not(operand) => evaluate(operand, columns)?.try_map(|array| Ok(Arc::new(not(booleans(array)?)?))),
        Node::IsNull(operand) => evaluate(operand, columns)?.try_map(|array| Ok(Arc::new(is_null(array)?))),
        Node::IsNotNull(operand) => evaluate(operand, columns)?.try_map(|array| Ok(Arc::new(is_not_null(array)?))),
        Node::In(value, list) => is_in(value, list, columns),
        Node::Case(branches, otherwise) => {
            let mut result = evaluate(otherwise, columns)?;
            for (condition, value) in branches.iter().rev() {
                let condition = filter(condition, columns)?;
                result = either(&truth(&condition), &evaluate(value, columns)?, &result, expr.data_type)?;
            }
            Ok(result)
        }
        Node::Choice { conditions, texts, .. } => {
            Ok(Operand::Array(choice_texts(&choose(conditions, columns)?, texts)))
        }
        Node::Coalesce(parts) => coalesce(parts, columns, expr.data_type),
        Node::Cast(operand) => cast::cast(&evaluate(operand, columns)?, operand.data_type, expr.data_type),
        Node::Call(function, operands) => {
            let evaluated = operands.iter().map(|operand| evaluate(operand, columns)).collect::<Result<Vec<_>>>()?;
            call(*function, &evaluated, operands, expr, rows)
        }
    }
}

fn booleans(array: &dyn Array) -> Result<&BooleanArray> {
    array.as_boolean_opt().ok_or_else(|| bug(array.data_type()))
}

type Connect = fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, ArrowError>;

fn connect(parts: &[Expr], columns: &dyn Columns, connect: Connect) -> Result<Operand> {
    let mut result: Option<BooleanArray> = None;
    for part in parts {
        let part = filter(part, columns)?;
        result = Some(match result {
            Some(before) => connect(&before, &part)?,
            None => part,
        });
    }
    result.map(|result| Operand::Array(Arc::new(result))).ok_or_else(|| bug("AND or OR of nothing"))
}

fn is_in(value: &Expr, list: &[Expr], columns: &dyn Columns) -> Result<Operand> {
    let operand = evaluate(value, columns)?;
    if let Some(constants) = list.iter().map(Expr::constant).collect::<Option<Vec<_>>>()
        && constants.is_sorted_by(|left, right| order(left, right).is_lt())
        && let Some(found) = in_list::is_in(&operand, &constants, value.data_type)?
    {
        return Ok(found);
    }
    let mut result: Option<BooleanArray> = None;
    for item in list {
        let item = evaluate(item, columns)?;
        let is_equal = compare::compare(Comparison::Equal, &operand, &item, value.data_type)?;
        let is_equal = is_equal.into_booleans(columns.row_count())?;
        result = Some(match result {
            Some(before) => or_kleene(&before, &is_equal)?,
            None => is_equal,
        });
    }
    result.map(|result| Operand::Array(Arc::new(result))).ok_or_else(|| bug("IN of nothing"))
}

fn coalesce(parts: &[Expr], columns: &dyn Columns, data_type: ColumnType) -> Result<Operand> {
    let mut result: Option<Operand> = None;
    for part in parts.iter().rev() {
        let part = evaluate(part, columns)?;
        result = Some(match result {
            Some(after) => {
                let is_there = is_not_null(&part.clone().into_array(columns.row_count())?)?;
                either(is_there.values(), &part, &after, data_type)?
            }
            None => part,
        });
    }
    result.ok_or_else(|| bug("COALESCE of nothing"))
}

fn choice_texts(numbers: &[u8], texts: &[Option<String>]) -> ArrayRef {
    let longest = texts.iter().flatten().map(String::len).max().unwrap_or(0);
    let mut builder = StringBuilder::with_capacity(numbers.len(), numbers.len() * longest);
    for &number in numbers {
        builder.append_option(texts[usize::from(number)].as_deref());
    }
    Arc::new(builder.finish())
}

fn call(function: Function, operands: &[Operand], syntax: &[Expr], expr: &Expr, rows: usize) -> Result<Operand> {
    match (function, operands) {
        (Function::Concat, parts) => text::concat(parts, rows),
        (Function::Substring, [text, position, length]) => substring::substring(text, position, length, rows),
        (Function::Year, [date]) => part_of_date(date, |(year, _, _)| year),
        (Function::Month, [date]) => part_of_date(date, |(_, month, _)| month as i32),
        (Function::Day, [date]) => part_of_date(date, |(_, _, day)| day as i32),
        (Function::Lower, [text]) => text::map(text, text::push_lower),
        (Function::Upper, [text]) => text::map(text, text::push_upper),
        (Function::Trim, [text]) => {
            text::map(text, |text, out| out.extend_from_slice(text.trim_matches(' ').as_bytes()))
        }
        (Function::Length, [text]) => text::length(text),
        (Function::MaskEmail(masking), [text]) => text::mask_email(text, masking),
        (Function::Mask { first, last }, [text]) => text::map(text, |text, out| text::mask(text, first, last, out)),
        (Function::Abs, [value]) => arithmetic::absolute(value, expr.data_type),
        (Function::Round(digits), [value]) => round::round(value, digits, syntax[0].data_type, expr.data_type),
        _ => Err(bug(format!("{function:?} of {} operands", operands.len()))),
    }
}

fn part_of_date(date: &Operand, part: fn((i32, u32, u32)) -> i32) -> Result<Operand> {
    date.map_primitive::<Date32Type, Int32Type>(|days| part(civil_from_days(days)))
}
