//! From syntax to meaning: names are resolved, types are checked, and what SQL casts unasked becomes a cast.
//!
//! It goes on after a mistake, so that an author sees all of them at once.

mod call;
mod coerce;
mod condition;
mod limit;
mod literal;
mod name;

use sqlparser::ast::{self, BinaryOperator, Spanned, UnaryOperator};
use sqlparser::tokenizer::Location;

pub(super) use self::call::plain_arguments;
use self::coerce::Bound;
use super::node::{Arithmetic, Comparison, Function, Label, Node};
use super::parse::mistake;
use super::{Expr, Scope, SqlMistake};
use crate::contract::{ColumnType, Value};

/// Levels of a tree. Each takes some stack wherever an expression is walked through.
const DEPTH_MAX: usize = 100;

/// What there is, for who asked for something else.
const SUBSET: &str = "there are columns, literals, :parameters, + - * / ||, = <> < <= > >= <=>, AND, OR, NOT, BETWEEN, IN, \
                      IS NULL, CASE, CAST, DATE '…', TIMESTAMP '…' and the functions";

/// The meaning of an expression of a row.
pub(super) fn bind(syntax: &ast::Expr, scope: &Scope) -> Result<Expr, Vec<SqlMistake>> {
    Binder::new(scope).only(syntax)
}

/// A walk through the syntax.
pub(super) struct Binder<'a> {
    scope: &'a Scope,
    mistakes: Vec<SqlMistake>,
    /// Where the part that is looked at begins.
    place: Location,
    depth: usize,
    /// Operations copied so far.
    copied: usize,
}

impl<'a> Binder<'a> {
    pub(super) fn new(scope: &'a Scope) -> Self {
        Self { scope, mistakes: Vec::new(), place: Location::new(1, 1), depth: 0, copied: 0 }
    }

    /// The expression, if there is no mistake.
    pub(super) fn only(mut self, syntax: &ast::Expr) -> Result<Expr, Vec<SqlMistake>> {
        let bound = self.bind(syntax);
        self.enter(syntax);
        if let Some(Bound::Null(_)) = bound {
            self.refuse::<()>("the value is NULL in every row and has no type; write CAST(NULL AS type)");
        }
        match bound {
            Some(Bound::Typed(expr)) if self.mistakes.is_empty() => Ok(expr),
            _ => Err(self.mistakes),
        }
    }

    pub(super) fn into_mistakes(self) -> Vec<SqlMistake> {
        self.mistakes
    }

    /// Where the part that is looked at begins.
    pub(super) fn place(&self) -> Location {
        self.place
    }

    /// Notes a mistake at the part that is looked at.
    pub(super) fn refuse<T>(&mut self, message: impl Into<String>) -> Option<T> {
        self.mistakes.push(mistake(self.place, message));
        None
    }

    /// `None`: there was a mistake, which is noted.
    pub(super) fn bind(&mut self, syntax: &ast::Expr) -> Option<Bound> {
        let outer = self.enter(syntax);
        self.depth += 1;
        let bound = if self.depth > DEPTH_MAX {
            self.refuse(format!("more than {DEPTH_MAX} operations in one another; use a derived column for a part"))
        } else {
            self.bind_here(syntax)
        };
        self.depth -= 1;
        self.place = outer;
        bound
    }

    /// Looks at a part; the place before it.
    pub(super) fn enter(&mut self, syntax: &ast::Expr) -> Location {
        let start = syntax.span().start;
        // Some parts have no place of their own.
        let place = if start.line == 0 { self.place } else { start };
        std::mem::replace(&mut self.place, place)
    }

    fn bind_here(&mut self, syntax: &ast::Expr) -> Option<Bound> {
        match syntax {
            ast::Expr::Nested(inner) => self.bind(inner),
            ast::Expr::Identifier(name) => self.column(name),
            ast::Expr::Value(value) => self.literal(&value.value),
            ast::Expr::TypedString(text) => self.typed_literal(text),
            ast::Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            ast::Expr::BinaryOp { left, op, right } => self.binary(syntax, left, op, right),
            ast::Expr::IsNull(operand) => self.is_null(operand, true),
            ast::Expr::IsNotNull(operand) => self.is_null(operand, false),
            ast::Expr::Between { expr, negated, low, high } => self.between(expr, *negated, low, high),
            ast::Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            ast::Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            ast::Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None } => {
                self.cast(expr, data_type)
            }
            ast::Expr::Substring { expr, substring_from, substring_for, .. } => {
                self.substring(expr, substring_from.as_deref(), substring_for.as_deref())
            }
            ast::Expr::Trim { expr, trim_where: None, trim_what: None, trim_characters: None } => self.trim(expr),
            ast::Expr::Trim { .. } => self.refuse("TRIM removes spaces on both sides: TRIM(text)"),
            ast::Expr::Function(call) => self.call(call),
            other => self.refuse(format!("{} is not a part of expressions; {}", shown(other), subset())),
        }
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &ast::Expr) -> Option<Bound> {
        match operator {
            UnaryOperator::Not => {
                let operand = self.condition(operand)?;
                Some(Expr::new(ColumnType::Boolean, Node::Not(Box::new(operand))).into())
            }
            UnaryOperator::Minus => {
                if let ast::Expr::Value(ast::ValueWithSpan { value: ast::Value::Number(digits, is_long), .. }) = operand
                {
                    return self.number(&format!("-{digits}"), *is_long);
                }
                let operand = self.number_of(operand, "-")?;
                Some(Expr::new(operand.data_type, Node::Negate(Box::new(operand))).into())
            }
            UnaryOperator::Plus => self.bind(operand),
            _ => self.refuse(format!("the operator {operator} is not a part of expressions; {}", subset())),
        }
    }

    fn binary(
        &mut self,
        syntax: &ast::Expr,
        left: &ast::Expr,
        operator: &BinaryOperator,
        right: &ast::Expr,
    ) -> Option<Bound> {
        let comparison = match operator {
            BinaryOperator::Plus => return self.arithmetic(Arithmetic::Add, left, right),
            BinaryOperator::Minus => return self.arithmetic(Arithmetic::Subtract, left, right),
            BinaryOperator::Multiply => return self.arithmetic(Arithmetic::Multiply, left, right),
            BinaryOperator::Divide => return self.arithmetic(Arithmetic::Divide, left, right),
            BinaryOperator::And | BinaryOperator::Or => return self.connected(syntax, operator),
            BinaryOperator::StringConcat => return self.concatenation(syntax),
            BinaryOperator::Eq => Comparison::Equal,
            BinaryOperator::NotEq => Comparison::NotEqual,
            BinaryOperator::Lt => Comparison::Less,
            BinaryOperator::LtEq => Comparison::LessOrEqual,
            BinaryOperator::Gt => Comparison::Greater,
            BinaryOperator::GtEq => Comparison::GreaterOrEqual,
            BinaryOperator::Spaceship => Comparison::NullSafeEqual,
            other => return self.refuse(format!("the operator {other} is not a part of expressions; {}", subset())),
        };
        let unclear = [left, right].into_iter().find(|operand| is_predicate(operand));
        if let Some(operand) = unclear {
            self.enter(operand);
            return self.refuse("put what is compared into parentheses: without them, this can be read in two ways");
        }
        let (left, right) = (self.bind(left), self.bind(right));
        let compared = self.compare(comparison, left?, right?)?;
        Some(compared.into())
    }

    fn concatenation(&mut self, syntax: &ast::Expr) -> Option<Bound> {
        let parts = chain(syntax, &BinaryOperator::StringConcat);
        let parts: Vec<_> = parts.into_iter().map(|part| self.text(part, "||")).collect();
        let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Expr::new(ColumnType::String, Node::Call(Function::Concat, parts)).into())
    }

    /// A text, for what needs one.
    fn text(&mut self, syntax: &ast::Expr, what: &str) -> Option<Expr> {
        self.of_type(syntax, ColumnType::String, what)
    }

    /// A value of this type, for what needs one.
    fn of_type(&mut self, syntax: &ast::Expr, data_type: ColumnType, what: &str) -> Option<Expr> {
        let bound = self.bind(syntax)?;
        match bound.data_type() {
            Some(other) if other != data_type => {
                let outer = self.enter(syntax);
                self.refuse::<()>(format!(
                    "{what} needs {data_type}, and this is {other}; write CAST(… AS {data_type})"
                ));
                self.place = outer;
                None
            }
            _ => Some(bound.into_type(data_type)),
        }
    }
}

/// The operands of a chain of one operator, from left to right. The tree of a chain is as deep as it is long.
fn chain<'s>(mut syntax: &'s ast::Expr, operator: &BinaryOperator) -> Vec<&'s ast::Expr> {
    let mut operands = Vec::new();
    while let ast::Expr::BinaryOp { left, op, right } = syntax
        && op == operator
    {
        operands.push(&**right);
        syntax = left;
    }
    operands.push(syntax);
    operands.reverse();
    operands
}

/// Whether Spark and the parser would bind a comparison with it differently.
fn is_predicate(syntax: &ast::Expr) -> bool {
    matches!(
        syntax,
        ast::Expr::Between { .. }
            | ast::Expr::InList { .. }
            | ast::Expr::IsNull(_)
            | ast::Expr::IsNotNull(_)
            | ast::Expr::UnaryOp { op: UnaryOperator::Not, .. }
    )
}

/// The beginning of a part, for messages.
fn shown(syntax: &ast::Expr) -> String {
    const CHARS_MAX: usize = 40;
    let text = syntax.to_string();
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The list of what there is.
pub(super) fn subset() -> String {
    format!("{SUBSET} {}", call::NAMES.join(", "))
}

/// A constant of a type.
fn constant(data_type: ColumnType, value: Value, label: Option<Label>) -> Bound {
    Bound::Typed(Expr::literal(data_type, value, label))
}
