//! Computes once what is the same in every row, so that no row pays for it.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::{ArrayRef, NullArray};

use super::evaluate::{array, order, value_of};
use super::node::{Comparison, Node};
use super::{Columns, Expr, Source};
use crate::contract::{ColumnType, Value};

/// What constants read: nothing, for one row.
struct Nothing;

impl Columns for Nothing {
    fn row_count(&self) -> usize {
        1
    }

    fn array(&self, _: Source) -> ArrayRef {
        Arc::new(NullArray::new(1))
    }
}

impl Expr {
    /// The same with all that reads nothing computed, and conditions that decide nothing removed.
    pub(super) fn fold(self) -> Self {
        let Self { data_type, node } = self;
        match node.map_children(&Self::fold) {
            Node::And(parts) => connected(parts, true),
            Node::Or(parts) => connected(parts, false),
            Node::Case(branches, otherwise) => case(data_type, branches, *otherwise),
            Node::Coalesce(parts) => coalesce(data_type, parts),
            Node::In(value, list) => Self { data_type, node: Node::In(value, sorted(list)) }.computed(),
            Node::Cast(operand) if operand.data_type == data_type => *operand,
            node => Self { data_type, node }.computed(),
        }
    }

    /// The value, if all operands are constant; null, if one is and decides it.
    fn computed(self) -> Self {
        let mut has_operands = false;
        let mut is_constant = true;
        let mut has_null = false;
        self.node.for_each_child(&mut |operand| {
            has_operands = true;
            is_constant &= operand.constant().is_some();
            has_null |= operand.constant() == Some(&Value::Null);
        });
        if !has_operands {
            return self;
        }
        if has_null && is_strict(&self.node) {
            return Self::literal(self.data_type, Value::Null, self.label());
        }
        if !is_constant {
            return match self.node {
                Node::Not(operand) => not(*operand),
                node => Self { data_type: self.data_type, node },
            };
        }
        let value = array(&self, &Nothing).ok().and_then(|array| value_of(&array, self.data_type));
        match value {
            Some(value) => Self::literal(self.data_type, value, self.label()),
            // It cannot be; if it is, the rows show it.
            None => self,
        }
    }

    /// The parameter that it is the value of, as another type perhaps.
    fn label(&self) -> Option<super::node::Label> {
        match &self.node {
            Node::Literal(_, label) => label.clone(),
            Node::Cast(operand) => operand.label(),
            _ => None,
        }
    }

    fn is(&self, value: bool) -> bool {
        self.constant() == Some(&Value::Boolean(value))
    }
}

/// Whether a null operand makes it null.
fn is_strict(node: &Node) -> bool {
    match node {
        Node::Arithmetic(..) | Node::Negate(_) | Node::Not(_) | Node::Cast(_) | Node::Call(..) => true,
        Node::Compare(comparison, _) => *comparison != Comparison::NullSafeEqual,
        Node::Source(..)
        | Node::Literal(..)
        | Node::And(_)
        | Node::Or(_)
        | Node::IsNull(_)
        | Node::IsNotNull(_)
        | Node::In(..)
        | Node::Case(..)
        | Node::Choice { .. }
        | Node::Coalesce(_) => false,
    }
}

fn boolean(node: Node) -> Expr {
    Expr::new(ColumnType::Boolean, node)
}

fn not(operand: Expr) -> Expr {
    match operand.node {
        Node::Not(inner) => *inner,
        Node::IsNull(inner) => boolean(Node::IsNotNull(inner)),
        Node::IsNotNull(inner) => boolean(Node::IsNull(inner)),
        node => boolean(Node::Not(Box::new(boolean(node)))),
    }
}

/// AND, to which TRUE adds nothing and FALSE decides; OR is the same with the two exchanged.
fn connected(parts: Vec<Expr>, is_and: bool) -> Expr {
    let constant = |value| Expr::literal(ColumnType::Boolean, Value::Boolean(value), None);
    if parts.iter().any(|part| part.is(!is_and)) {
        return constant(!is_and);
    }
    let mut kept: Vec<Expr> = Vec::with_capacity(parts.len());
    for part in parts.into_iter().filter(|part| !part.is(is_and)) {
        match part.node {
            Node::And(inner) if is_and => kept.extend(inner),
            Node::Or(inner) if !is_and => kept.extend(inner),
            _ => kept.push(part),
        }
    }
    // Of constants, only NULL is left; more than one says no more than one.
    let mut has_null = false;
    kept.retain(|part| part.constant().is_none() || !std::mem::replace(&mut has_null, true));
    match (kept.len(), kept.pop()) {
        (1, Some(only)) => only,
        (_, None) => constant(is_and),
        (_, Some(last)) => {
            kept.push(last);
            boolean(if is_and { Node::And(kept) } else { Node::Or(kept) })
        }
    }
}

/// Constants sorted, each once, so that one can be searched for.
fn sorted(mut list: Vec<Expr>) -> Vec<Expr> {
    let order = |left: &Expr, right: &Expr| match (left.constant(), right.constant()) {
        (Some(left), Some(right)) => order(left, right),
        _ => Ordering::Equal,
    };
    if list.iter().all(|item| item.constant().is_some()) {
        list.sort_by(order);
        list.dedup_by(|right, left| order(left, right) == Ordering::Equal);
    }
    list
}

fn case(data_type: ColumnType, branches: Vec<(Expr, Expr)>, otherwise: Expr) -> Expr {
    let mut kept = Vec::with_capacity(branches.len());
    let mut last = otherwise;
    for (condition, value) in branches {
        match condition.constant() {
            Some(Value::Boolean(true)) => {
                last = value;
                break;
            }
            Some(_) => {}
            None => kept.push((condition, value)),
        }
    }
    if kept.is_empty() {
        return last;
    }
    choice(data_type, &kept, &last).unwrap_or_else(|| Expr::new(data_type, Node::Case(kept, Box::new(last))))
}

/// The most texts that a byte can number.
const CHOICES_MAX: usize = 256;

fn choice(data_type: ColumnType, branches: &[(Expr, Expr)], otherwise: &Expr) -> Option<Expr> {
    if data_type != ColumnType::String || branches.len() >= CHOICES_MAX {
        return None;
    }
    let conditions = branches.iter().map(|(condition, _)| condition.clone()).collect();
    let mut texts = Vec::with_capacity(branches.len() + 1);
    let mut labels = Vec::with_capacity(branches.len() + 1);
    for value in branches.iter().map(|(_, value)| value).chain([otherwise]) {
        texts.push(match value.constant()? {
            Value::String(text) => Some(text.clone()),
            _ => None,
        });
        labels.push(value.label());
    }
    Some(Expr::new(data_type, Node::Choice { conditions, texts: texts.into(), labels }))
}

fn coalesce(data_type: ColumnType, parts: Vec<Expr>) -> Expr {
    let mut kept: Vec<Expr> = Vec::with_capacity(parts.len());
    for part in parts {
        match part.constant() {
            Some(Value::Null) => {}
            Some(_) => {
                kept.push(part);
                break;
            }
            None => kept.push(part),
        }
    }
    match (kept.len(), kept.pop()) {
        (1, Some(only)) => only,
        (_, None) => Expr::literal(data_type, Value::Null, None),
        (_, Some(last)) => {
            kept.push(last);
            Expr::new(data_type, Node::Coalesce(kept))
        }
    }
}
