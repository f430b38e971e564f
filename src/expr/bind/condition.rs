//! Conditions: connected, negated, of ranges and lists; and CASE, which chooses by them.

use sqlparser::ast::{self, BinaryOperator, CaseWhen};

use super::{Binder, Bound, Comparison, Node, chain};
use crate::contract::ColumnType;
use crate::expr::Expr;

fn boolean(node: Node) -> Expr {
    Expr::new(ColumnType::Boolean, node)
}

fn negated_if(is_negated: bool, condition: Expr) -> Bound {
    if is_negated { boolean(Node::Not(Box::new(condition))).into() } else { condition.into() }
}

impl Binder<'_> {
    /// What is true, false or unknown.
    pub(super) fn condition(&mut self, syntax: &ast::Expr) -> Option<Expr> {
        let bound = self.bind(syntax)?;
        match bound.data_type() {
            None | Some(ColumnType::Boolean) => Some(bound.into_type(ColumnType::Boolean)),
            Some(other) => {
                let outer = self.enter(syntax);
                self.refuse::<()>(format!("a condition is needed, and this is {other}; compare it with something"));
                self.place = outer;
                None
            }
        }
    }

    pub(super) fn connected(&mut self, syntax: &ast::Expr, operator: &BinaryOperator) -> Option<Bound> {
        let parts: Vec<_> = chain(syntax, operator).into_iter().map(|part| self.condition(part)).collect();
        let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
        Some(boolean(if *operator == BinaryOperator::And { Node::And(parts) } else { Node::Or(parts) }).into())
    }

    pub(super) fn is_null(&mut self, operand: &ast::Expr, is_wanted: bool) -> Option<Bound> {
        let operand = Box::new(self.bind(operand)?.into_known_type());
        Some(boolean(if is_wanted { Node::IsNull(operand) } else { Node::IsNotNull(operand) }).into())
    }

    /// As Spark has it: two comparisons.
    pub(super) fn between(
        &mut self,
        value: &ast::Expr,
        is_negated: bool,
        low: &ast::Expr,
        high: &ast::Expr,
    ) -> Option<Bound> {
        let (value, low, high) = (self.bind(value), self.bind(low), self.bind(high));
        let (value, low, high) = (value?, low?, high?);
        let again = self.duplicate(&value)?;
        let from = self.compare(Comparison::GreaterOrEqual, again, low);
        let to = self.compare(Comparison::LessOrEqual, value, high);
        Some(negated_if(is_negated, boolean(Node::And(vec![from?, to?]))))
    }

    pub(super) fn in_list(&mut self, value: &ast::Expr, list: &[ast::Expr], is_negated: bool) -> Option<Bound> {
        let values: Vec<_> = std::iter::once(value).chain(list).map(|value| self.bind(value)).collect();
        let values = values.into_iter().collect::<Option<Vec<_>>>()?;
        let common = self.common("IN", &values)?.unwrap_or(ColumnType::Boolean);
        let mut values = values.into_iter().map(|value| value.into_type(common));
        let value = values.next()?;
        Some(negated_if(is_negated, boolean(Node::In(Box::new(value), values.collect()))))
    }

    pub(super) fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        branches: &[CaseWhen],
        otherwise: Option<&ast::Expr>,
    ) -> Option<Bound> {
        let operand = match operand {
            Some(operand) => Some(self.bind(operand)?),
            None => None,
        };
        let mut conditions = Vec::with_capacity(branches.len());
        let mut values = Vec::with_capacity(branches.len() + 1);
        for branch in branches {
            conditions.push(match &operand {
                None => self.condition(&branch.condition),
                Some(operand) => {
                    let again = self.duplicate(operand)?;
                    self.is_equal(again, &branch.condition)
                }
            });
            values.push(self.bind(&branch.result));
        }
        values.push(match otherwise {
            Some(otherwise) => self.bind(otherwise),
            None => Some(Bound::Null(None)),
        });
        let conditions = conditions.into_iter().collect::<Option<Vec<_>>>()?;
        let values = values.into_iter().collect::<Option<Vec<_>>>()?;
        let Some(common) = self.common("CASE", &values)? else { return Some(Bound::Null(None)) };
        let mut values = values.into_iter().map(|value| value.into_type(common));
        let branches: Vec<_> = conditions.into_iter().zip(values.by_ref()).collect();
        let otherwise = Box::new(values.next()?);
        Some(Expr::new(common, Node::Case(branches, otherwise)).into())
    }

    fn is_equal(&mut self, operand: Bound, syntax: &ast::Expr) -> Option<Expr> {
        let value = self.bind(syntax)?;
        let outer = self.enter(syntax);
        let compared = self.compare(Comparison::Equal, operand, value);
        self.place = outer;
        compared
    }
}
