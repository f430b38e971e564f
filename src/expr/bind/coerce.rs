//! Types of operands: what Spark casts unasked is cast, and what it would guess is refused.

use spark_cast::date::parse_date;
use spark_cast::timestamp::parse_timestamp;

use super::{Arithmetic, Binder, Comparison, Label, Node, ast, limit};
use crate::contract::{ColumnType, Value};
use crate::expr::{Expr, types};

/// A part whose names and types are known.
pub(in crate::expr) enum Bound {
    Typed(Expr),
    /// A NULL, which has every type, and the parameter that it is the value of.
    Null(Option<Label>),
}

impl From<Expr> for Bound {
    fn from(expr: Expr) -> Self {
        Self::Typed(expr)
    }
}

impl Bound {
    /// `None`: every type.
    pub(in crate::expr) fn data_type(&self) -> Option<ColumnType> {
        match self {
            Self::Typed(expr) => Some(expr.data_type),
            Self::Null(_) => None,
        }
    }

    /// As this type.
    pub(in crate::expr) fn into_type(self, data_type: ColumnType) -> Expr {
        match self {
            Self::Typed(expr) => expr.cast(data_type),
            Self::Null(label) => Expr::literal(data_type, Value::Null, label),
        }
    }

    /// As its type; a NULL as any.
    pub(super) fn into_known_type(self) -> Expr {
        let data_type = self.data_type().unwrap_or(ColumnType::Boolean);
        self.into_type(data_type)
    }

    /// The decimal type that holds it, where it meets a decimal: a literal takes no more digits than it has.
    fn exact(&self) -> Option<(u8, u8)> {
        let Self::Typed(expr) = self else { return None };
        let digits = |value: u64| value.checked_ilog10().map_or(1, |digits| digits as u8 + 1);
        match expr.constant() {
            Some(Value::Int(value)) => Some((digits(u64::from(value.unsigned_abs())), 0)),
            Some(Value::BigInt(value)) => Some((digits(value.unsigned_abs()), 0)),
            _ => types::exact(expr.data_type),
        }
    }
}

fn is_decimal(data_type: ColumnType) -> bool {
    matches!(data_type, ColumnType::Decimal { .. })
}

/// Operations that may come of what is written once and read several times.
const COPIED_MAX: usize = 10_000;

impl Binder<'_> {
    /// The same once more. Copies in copies double what there is, so that it needs a limit.
    pub(super) fn duplicate(&mut self, bound: &Bound) -> Option<Bound> {
        match bound {
            Bound::Null(label) => Some(Bound::Null(label.clone())),
            Bound::Typed(expr) => {
                expr.visit(&mut |_| self.copied += 1);
                if self.copied > COPIED_MAX {
                    return self
                        .refuse("what is compared several times here is too large; use a derived column for it");
                }
                Some(Bound::Typed(expr.clone()))
            }
        }
    }

    pub(super) fn arithmetic(&mut self, operation: Arithmetic, left: &ast::Expr, right: &ast::Expr) -> Option<Bound> {
        let (left, right) = (self.bind(left), self.bind(right));
        let (left, right) = (left?, right?);
        let not_number = [&left, &right].into_iter().filter_map(Bound::data_type).find(|kind| !types::is_number(*kind));
        if let Some(other) = not_number {
            let sign = operation.sign();
            return self.refuse(format!("{sign} needs numbers, and one side is {other}; write CAST(… AS decimal(10,2)), or another type of number"));
        }
        let (left_type, right_type) = match (left.data_type(), right.data_type()) {
            (Some(left), Some(right)) => (left, right),
            // Spark has it so for a NULL that is divided, and not for one that divides.
            (None, _) if operation == Arithmetic::Divide => (ColumnType::Double, ColumnType::Double),
            (Some(kind), None) | (None, Some(kind)) => (kind, kind),
            (None, None) => (ColumnType::Double, ColumnType::Double),
        };
        if (is_decimal(left_type) || is_decimal(right_type))
            && let (Some(left_exact), Some(right_exact)) =
                (left.exact().or(types::exact(left_type)), right.exact().or(types::exact(right_type)))
        {
            let result = types::arithmetic(operation, left_exact, right_exact);
            let operands = [(left, left_exact), (right, right_exact)]
                .map(|(operand, (precision, scale))| operand.into_type(ColumnType::Decimal { precision, scale }));
            return Some(Expr::new(result, Node::Arithmetic(operation, Box::new(operands))).into());
        }
        let result = match operation {
            Arithmetic::Divide => ColumnType::Double,
            Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply => types::common(left_type, right_type)?,
        };
        let operands = [left, right].map(|operand| operand.into_type(result));
        Some(Expr::new(result, Node::Arithmetic(operation, Box::new(operands))).into())
    }

    pub(super) fn compare(&mut self, comparison: Comparison, left: Bound, right: Bound) -> Option<Expr> {
        let (left, right) = (self.as_moment(left, &right)?, right);
        let (right, left) = (self.as_moment(right, &left)?, left);
        if let (Bound::Typed(left), Bound::Typed(right)) = (&left, &right)
            && let Some(rewritten) = limit::rewritten(comparison, left, right)
        {
            return Some(rewritten);
        }
        let common = match (left.data_type(), right.data_type()) {
            (Some(left_type), Some(right_type)) => {
                let exact = (is_decimal(left_type) || is_decimal(right_type))
                    .then(|| left.exact().zip(right.exact()))
                    .flatten()
                    .and_then(|(left, right)| types::common_decimal(left, right));
                let Some(common) = exact.or_else(|| types::common(left_type, right_type)) else {
                    return self.refuse(format!(
                        "{} cannot compare {left_type} with {right_type}; write CAST(… AS {})",
                        comparison.sign(),
                        if left_type == ColumnType::String { right_type } else { left_type }
                    ));
                };
                common
            }
            (Some(kind), None) | (None, Some(kind)) => kind,
            (None, None) => ColumnType::Boolean,
        };
        let operands = [left, right].map(|operand| operand.into_type(common));
        Some(Expr::new(ColumnType::Boolean, Node::Compare(comparison, Box::new(operands))))
    }

    /// A constant text that is compared with a date or a timestamp is one.
    fn as_moment(&mut self, bound: Bound, other: &Bound) -> Option<Bound> {
        let Bound::Typed(Expr { node: Node::Literal(Value::String(text), label), .. }) = &bound else {
            return Some(bound);
        };
        let value = match other.data_type() {
            Some(ColumnType::Date) => parse_date(text.as_bytes()).map(Value::Date),
            Some(ColumnType::Timestamp) => {
                parse_timestamp(text.as_bytes()).map(|moment| Value::Timestamp(moment.micros))
            }
            _ => return Some(bound),
        };
        let (Some(value), Some(kind)) = (value, other.data_type()) else {
            return self.refuse(format!(
                "'{text}' is compared with a {}, but is none",
                if other.data_type() == Some(ColumnType::Date) { "date" } else { "timestamp" }
            ));
        };
        Some(Expr::literal(kind, value, label.clone()).into())
    }

    /// The type that all the values have, or can be cast to unasked; `Some(None)`: all are NULL.
    pub(super) fn common(&mut self, what: &str, values: &[Bound]) -> Option<Option<ColumnType>> {
        let mut common: Option<ColumnType> = None;
        for kind in values.iter().filter_map(Bound::data_type) {
            common = match common {
                None => Some(kind),
                Some(before) => match types::common(before, kind) {
                    Some(both) => Some(both),
                    None => {
                        return self
                            .refuse(format!("{what} has {before} and {kind}; write CAST so that all have one type"));
                    }
                },
            };
        }
        Some(common)
    }
}
