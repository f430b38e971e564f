//! Names: columns, derived columns, parameters.

use sqlparser::ast::Ident;

use super::{Binder, Bound, Label, Node, constant};
use crate::distance::distance;
use crate::expr::{Expr, Source};

/// Names shown to who wrote one that there is not.
const NAMES_SHOWN_MAX: usize = 20;

impl Binder<'_> {
    /// A column, in any letter case, as Spark resolves names.
    pub(super) fn column(&mut self, ident: &Ident) -> Option<Bound> {
        let name = &ident.value;
        let scope = self.scope;
        let columns = scope.columns.iter().enumerate().map(|(index, column)| (Source::Column(index), column));
        let derived = scope.derived.iter().enumerate().map(|(index, column)| (Source::Derived(index), column));
        let mut candidates = columns.chain(derived).filter(|(_, (other, _))| is_same(other, name));
        match candidates.next() {
            Some((source, (name, kind))) => Some(Expr::new(*kind, Node::Source(source, Label(name.clone()))).into()),
            None => {
                let names = scope.columns.iter().chain(&scope.derived).map(|(name, _)| name.as_str());
                let hint = hint(name, names.collect(), "columns");
                self.refuse(format!("there is no column {name} here; {hint}"))
            }
        }
    }

    /// The value of a parameter.
    pub(super) fn parameter(&mut self, name: &str) -> Option<Bound> {
        match self.scope.parameters.get(name) {
            Some(value) => {
                let label = Some(Label(name.to_owned()));
                Some(match value.data_type() {
                    Some(kind) => constant(kind, value.clone(), label),
                    None => Bound::Null(label),
                })
            }
            None => {
                let names = self.scope.parameters.keys().map(String::as_str).collect();
                let hint = hint(name, names, "parameters");
                self.refuse(format!("there is no parameter {name}; {hint}"))
            }
        }
    }
}

fn is_same(left: &str, right: &str) -> bool {
    left == right || left.to_lowercase() == right.to_lowercase()
}

/// What may have been meant.
pub(super) fn hint(name: &str, names: Vec<&str>, what: &str) -> String {
    let typed = name.to_lowercase();
    let nearest = names.iter().map(|other| (distance(&other.to_lowercase(), &typed), *other)).min();
    match nearest {
        None => format!("there are no {what} at all"),
        // A third of the letters may be wrong.
        Some((mistakes, nearest)) if mistakes <= 1 + typed.chars().count() / 3 => format!("did you mean {nearest}?"),
        Some(_) if names.len() > NAMES_SHOWN_MAX => {
            format!("the first of {} {what} are {}", names.len(), names[..NAMES_SHOWN_MAX].join(", "))
        }
        Some(_) => format!("the {what} are {}", names.join(", ")),
    }
}
