//! What an expression is made of once names are resolved and types are known.

use std::sync::Arc;

use super::{Expr, Source};
use crate::contract::{ColumnType, Value};
use crate::rules::mask::Masking;

/// A node of the tree. Operands have the types that the operation wants: what SQL casts unasked is a [`Node::Cast`].
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// What is read of a row.
    Source(Source, Label),
    /// A value, and the parameter that it is the value of.
    Literal(Value, Option<Label>),
    /// Two numbers. Both are of the result's type, but decimals, which keep theirs.
    Arithmetic(Arithmetic, Box<[Expr; 2]>),
    /// The number with the other sign.
    Negate(Box<Expr>),
    /// Two values of one type.
    Compare(Comparison, Box<[Expr; 2]>),
    /// True if all are, false if one is.
    And(Vec<Expr>),
    /// True if one is, false if all are.
    Or(Vec<Expr>),
    /// The contrary.
    Not(Box<Expr>),
    /// Whether there is no value.
    IsNull(Box<Expr>),
    /// Whether there is a value.
    IsNotNull(Box<Expr>),
    /// Whether the value is one of these, all of one type.
    In(Box<Expr>, Vec<Expr>),
    /// The value of the first branch whose condition is true, or else the last.
    Case(Vec<(Expr, Expr)>, Box<Expr>),
    /// [`Node::Case`] of constant texts: one text more than conditions, and the parameters that texts are the values of.
    Choice { conditions: Vec<Expr>, texts: Arc<[Option<String>]>, labels: Vec<Option<Label>> },
    /// The first that is not null.
    Coalesce(Vec<Expr>),
    /// The value as the expression's type.
    Cast(Box<Expr>),
    /// A function.
    Call(Function, Vec<Expr>),
}

/// A name, kept for messages. It is not a part of what an expression does.
#[derive(Clone, Debug)]
pub(super) struct Label(pub(super) String);

impl PartialEq for Label {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Label {
    /// Of a source whose name is not known.
    pub(super) fn of(source: Source) -> Self {
        Self(match source {
            Source::Column(index) | Source::WrittenDate(index) => format!("column {index}"),
            Source::Derived(index) => format!("derived {index}"),
        })
    }
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `<=>`: two nulls are equal, and a null is different from a value.
    NullSafeEqual,
}

/// A function of a row. What must be constant is a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Concat,
    Year,
    Month,
    Day,
    Lower,
    Upper,
    Trim,
    Length,
    /// Text, position, length.
    Substring,
    Abs,
    /// Digits after the point; negative: zeros before it.
    Round(i32),
    MaskEmail(Masking),
    Mask {
        first: u32,
        last: u32,
    },
}

impl Expr {
    pub(super) fn new(data_type: ColumnType, node: Node) -> Self {
        Self { data_type, node }
    }

    /// A constant of this type.
    pub(super) fn literal(data_type: ColumnType, value: Value, label: Option<Label>) -> Self {
        Self::new(data_type, Node::Literal(value, label))
    }

    /// The expression as this type; itself if it has it.
    pub(super) fn cast(self, data_type: ColumnType) -> Self {
        if self.data_type == data_type { self } else { Self::new(data_type, Node::Cast(Box::new(self))) }
    }

    /// Shows the expression and all its parts, itself first.
    pub(super) fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        self.node.for_each_child(&mut |child| child.visit(see));
    }
}

impl Node {
    /// The parts, in the order of the text.
    pub(super) fn for_each_child<'a>(&'a self, see: &mut dyn FnMut(&'a Expr)) {
        match self {
            Self::Source(..) | Self::Literal(..) => {}
            Self::Arithmetic(_, operands) | Self::Compare(_, operands) => operands.iter().for_each(see),
            Self::Negate(operand)
            | Self::Not(operand)
            | Self::IsNull(operand)
            | Self::IsNotNull(operand)
            | Self::Cast(operand) => see(operand),
            Self::And(operands)
            | Self::Or(operands)
            | Self::Coalesce(operands)
            | Self::Call(_, operands)
            | Self::Choice { conditions: operands, .. } => operands.iter().for_each(see),
            Self::In(value, list) => {
                see(value);
                list.iter().for_each(see);
            }
            Self::Case(branches, otherwise) => {
                for (condition, value) in branches {
                    see(condition);
                    see(value);
                }
                see(otherwise);
            }
        }
    }

    /// The same with every part changed.
    pub(super) fn map_children(self, change: &dyn Fn(Expr) -> Expr) -> Self {
        let all = |operands: Vec<Expr>| operands.into_iter().map(change).collect();
        let boxed = |operand: Box<Expr>| Box::new(change(*operand));
        match self {
            Self::Source(..) | Self::Literal(..) => self,
            Self::Arithmetic(operation, operands) => Self::Arithmetic(operation, Box::new(operands.map(change))),
            Self::Compare(comparison, operands) => Self::Compare(comparison, Box::new(operands.map(change))),
            Self::Negate(operand) => Self::Negate(boxed(operand)),
            Self::Not(operand) => Self::Not(boxed(operand)),
            Self::IsNull(operand) => Self::IsNull(boxed(operand)),
            Self::IsNotNull(operand) => Self::IsNotNull(boxed(operand)),
            Self::Cast(operand) => Self::Cast(boxed(operand)),
            Self::And(operands) => Self::And(all(operands)),
            Self::Or(operands) => Self::Or(all(operands)),
            Self::Coalesce(operands) => Self::Coalesce(all(operands)),
            Self::Call(function, operands) => Self::Call(function, all(operands)),
            Self::In(value, list) => Self::In(boxed(value), all(list)),
            Self::Case(branches, otherwise) => {
                let branches = branches.into_iter().map(|(condition, value)| (change(condition), change(value)));
                Self::Case(branches.collect(), boxed(otherwise))
            }
            Self::Choice { conditions, texts, labels } => Self::Choice { conditions: all(conditions), texts, labels },
        }
    }

    /// The parameters whose values stand in this node itself.
    pub(super) fn parameters(&self) -> Vec<(&Label, Value)> {
        match self {
            Self::Literal(value, Some(label)) => vec![(label, value.clone())],
            Self::Choice { texts, labels, .. } => {
                let values = texts.iter().map(|text| text.clone().map_or(Value::Null, Value::String));
                labels.iter().zip(values).filter_map(|(label, value)| Some((label.as_ref()?, value))).collect()
            }
            _ => Vec::new(),
        }
    }
}
