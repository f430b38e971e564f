//! The canonical text of an expression: it can be parsed again, and equal texts mean equal values.

use std::fmt::{self, Display, Formatter, Write};

use spark_cast::date::write_date;

use super::node::{Arithmetic, Comparison, Function, Label, Node};
use super::{AggregateCall, AggregateFunction, Expr, Source};
use crate::contract::{ColumnType, Value};
use crate::rules::mask::Masking;

/// With all parentheses, all casts, and the values of parameters.
impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.node {
            Node::Source(source, name) => write_source(f, *source, name),
            Node::Literal(value, _) => write_literal(f, value, self.data_type),
            Node::Arithmetic(operation, operands) => {
                write!(f, "({} {} {})", operands[0], operation.sign(), operands[1])
            }
            Node::Compare(comparison, operands) => write!(f, "({} {} {})", operands[0], comparison.sign(), operands[1]),
            Node::Negate(operand) => write!(f, "(- {operand})"),
            Node::Not(operand) => write!(f, "(NOT {operand})"),
            Node::IsNull(operand) => write!(f, "({operand} IS NULL)"),
            Node::IsNotNull(operand) => write!(f, "({operand} IS NOT NULL)"),
            Node::And(operands) => write_list(f, operands, " AND "),
            Node::Or(operands) => write_list(f, operands, " OR "),
            Node::In(value, list) => {
                write!(f, "({value} IN ")?;
                write_list(f, list, ", ")?;
                f.write_char(')')
            }
            Node::Case(branches, otherwise) => {
                f.write_str("CASE")?;
                for (condition, value) in branches {
                    write!(f, " WHEN {condition} THEN {value}")?;
                }
                write!(f, " ELSE {otherwise} END")
            }
            Node::Choice { conditions, texts, .. } => write_choice(f, conditions, texts),
            Node::Coalesce(operands) => {
                f.write_str("COALESCE")?;
                write_list(f, operands, ", ")
            }
            Node::Cast(operand) => write!(f, "CAST({operand} AS {})", self.data_type),
            Node::Call(function, operands) => write_call(f, *function, operands),
        }
    }
}

/// As an expression is shown.
impl Display for AggregateCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.function {
            AggregateFunction::Count => "COUNT",
            AggregateFunction::Sum => "SUM",
            AggregateFunction::Avg => "AVG",
            AggregateFunction::Min => "MIN",
            AggregateFunction::Max => "MAX",
        })?;
        match &self.argument {
            Some(argument) => write!(f, "({argument})"),
            None => f.write_str("(*)"),
        }
    }
}

impl Arithmetic {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}

impl Comparison {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::NullSafeEqual => "<=>",
        }
    }
}

fn write_list(f: &mut Formatter<'_>, operands: &[Expr], between: &str) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        f.write_str(if index == 0 { "(" } else { between })?;
        Display::fmt(operand, f)?;
    }
    f.write_char(')')
}

fn write_source(f: &mut Formatter<'_>, source: Source, name: &Label) -> fmt::Result {
    match source {
        Source::Column(_) | Source::Derived(_) => write!(f, "`{}`", name.0.replace('`', "``")),
        Source::WrittenDate(_) => write!(f, "DATE(`{}`)", name.0.replace('`', "``")),
    }
}

fn write_choice(f: &mut Formatter<'_>, conditions: &[Expr], texts: &[Option<String>]) -> fmt::Result {
    f.write_str("CASE")?;
    let mut texts = texts.iter();
    for (condition, text) in conditions.iter().zip(texts.by_ref()) {
        write!(f, " WHEN {condition} THEN ")?;
        write_text(f, text.as_deref())?;
    }
    f.write_str(" ELSE ")?;
    write_text(f, texts.next().and_then(Option::as_deref))?;
    f.write_str(" END")
}

fn write_text(f: &mut Formatter<'_>, text: Option<&str>) -> fmt::Result {
    match text {
        Some(text) => write!(f, "'{}'", text.replace('\'', "''")),
        None => f.write_str("CAST(NULL AS string)"),
    }
}

fn write_literal(f: &mut Formatter<'_>, value: &Value, data_type: ColumnType) -> fmt::Result {
    match value {
        Value::Null => write!(f, "CAST(NULL AS {data_type})"),
        Value::Boolean(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
        Value::Int(value) => write!(f, "{value}"),
        Value::BigInt(value) => write!(f, "{value}L"),
        Value::Decimal { unscaled, scale, .. } => write!(f, "CAST('{unscaled}E-{scale}' AS {data_type})"),
        Value::Double(value) if value.is_finite() => write!(f, "{value:e}"),
        Value::Double(value) => write!(f, "CAST('{value}' AS double)"),
        Value::Date(days) => {
            f.write_str("DATE '")?;
            write_date_text(f, *days)?;
            f.write_char('\'')
        }
        Value::Timestamp(micros) => {
            const MICROS_PER_DAY: i64 = 86_400_000_000;
            let (days, rest) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY));
            let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
            f.write_str("TIMESTAMP '")?;
            write_date_text(f, days as i32)?;
            write!(f, " {:02}:{:02}:{:02}.{fraction:06}'", seconds / 3600, seconds / 60 % 60, seconds % 60)
        }
        Value::String(text) => write_text(f, Some(text)),
    }
}

fn write_date_text(f: &mut Formatter<'_>, days: i32) -> fmt::Result {
    let mut text = Vec::new();
    write_date(days, &mut text);
    f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

fn write_call(f: &mut Formatter<'_>, function: Function, operands: &[Expr]) -> fmt::Result {
    let (name, constants) = match function {
        Function::Concat => return write_list(f, operands, " || "),
        Function::Year => ("YEAR", String::new()),
        Function::Month => ("MONTH", String::new()),
        Function::Day => ("DAY", String::new()),
        Function::Lower => ("LOWER", String::new()),
        Function::Upper => ("UPPER", String::new()),
        Function::Trim => ("TRIM", String::new()),
        Function::Length => ("LENGTH", String::new()),
        Function::Substring => ("SUBSTR", String::new()),
        Function::Abs => ("ABS", String::new()),
        Function::Round(digits) => ("ROUND", format!(", {digits}")),
        Function::MaskEmail(Masking::Standard) => ("MASK_EMAIL", ", 'standard'".to_owned()),
        Function::MaskEmail(Masking::Glue) => ("MASK_EMAIL", ", 'glue'".to_owned()),
        Function::Mask { first, last } => ("MASK", format!(", {first}, {last}")),
    };
    f.write_str(name)?;
    for (index, operand) in operands.iter().enumerate() {
        f.write_str(if index == 0 { "(" } else { ", " })?;
        Display::fmt(operand, f)?;
    }
    write!(f, "{constants})")
}
