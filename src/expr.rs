//! Expressions of a contract: a subset of SQL with the meaning it has in Spark SQL (ANSI mode off), parsed, typed, and
//! evaluated over the columns of a chunk.
//!
//! Where Spark 3.5 guesses, an expression is refused: a text is a number only by a CAST, as is a number a text, and a
//! text that is compared with a date must be a constant. `DATE(column)` of a column of the files is the date that its
//! cell shows. `''` in a text is a quote, as in the standard and in Spark 4; Spark 3.5 drops it.

mod aggregate;
mod bind;
mod evaluate;
mod fold;
mod node;
mod parse;
mod show;
#[cfg(test)]
mod tests;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{ArrayRef, BooleanArray};

use self::node::Node;
use crate::contract::{ColumnType, Value};
use crate::error::Result;

pub use self::evaluate::Choices;

/// What an expression reads of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The value of the column of the files with this index.
    Column(usize),
    /// The date in the text of that column's cell, as Spark's `to_date` reads it: `DATE(column)`.
    WrittenDate(usize),
    /// The derived column with this index.
    Derived(usize),
}

/// What names an expression may use.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The columns of the files, by index: name and type.
    pub columns: Vec<(String, ColumnType)>,
    /// The derived columns that stand before, by index.
    pub derived: Vec<(String, ColumnType)>,
    /// The parameters by name.
    pub parameters: BTreeMap<String, Value>,
}

/// What is wrong with an expression, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlMistake {
    /// Line of the text, from 1.
    pub line: usize,
    /// Column of the text, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A typed expression without parameters: their values stand in it, and what is constant is computed.
///
/// Two expressions are equal if they compute the same in the same way; what columns and parameters are called is no matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    data_type: ColumnType,
    node: Node,
}

/// A function over the rows of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateFunction {
    /// `COUNT(*)`, or `COUNT(x)`: rows where `x` is not null.
    Count,
    /// The sum; null without a value.
    Sum,
    /// The average; null without a value.
    Avg,
    /// The least value; null without one.
    Min,
    /// The greatest value; null without one.
    Max,
}

/// An aggregate with its argument.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    /// Which.
    pub function: AggregateFunction,
    /// Of what; `None`: of rows, `COUNT(*)`.
    pub argument: Option<Expr>,
    /// The type of the result, as Spark has it.
    pub data_type: ColumnType,
}

/// Gives an expression what it reads: arrays of one length, of the [Arrow types](ColumnType::arrow) of their sources.
pub trait Columns {
    /// How many rows there are.
    fn row_count(&self) -> usize;
    /// The values of a source in every row.
    fn array(&self, source: Source) -> ArrayRef;
}

impl Expr {
    /// Reads an expression: all names are of `scope`, all types fit, and constant parts are computed.
    ///
    /// # Errors
    /// All mistakes of the text, in its order.
    pub fn parse(sql: &str, scope: &Scope) -> Result<Self, Vec<SqlMistake>> {
        let syntax = parse::parse(sql)?;
        bind::bind(&syntax, scope).map(Self::fold)
    }

    /// The column itself.
    pub fn column(source: Source, data_type: ColumnType) -> Self {
        Self::new(data_type, Node::Source(source, node::Label::of(source)))
    }

    /// Its type.
    pub fn data_type(&self) -> ColumnType {
        self.data_type
    }

    /// What it reads.
    pub fn sources(&self) -> BTreeSet<Source> {
        let mut sources = BTreeSet::new();
        self.visit(&mut |expr| {
            if let Node::Source(source, _) = &expr.node {
                sources.insert(*source);
            }
        });
        sources
    }

    /// The source, if it is one and nothing else.
    pub fn as_column(&self) -> Option<Source> {
        match &self.node {
            Node::Source(source, _) => Some(*source),
            _ => None,
        }
    }

    /// The value, if it is the same in every row.
    pub fn constant(&self) -> Option<&Value> {
        match &self.node {
            Node::Literal(value, _) => Some(value),
            _ => None,
        }
    }

    /// The parameters whose values it uses, each once.
    pub fn parameters(&self) -> Vec<(String, Value)> {
        let mut parameters = Vec::new();
        self.visit(&mut |expr| {
            for (label, value) in expr.node.parameters() {
                if parameters.iter().all(|(name, _)| *name != label.0) {
                    parameters.push((label.0.clone(), value));
                }
            }
        });
        parameters
    }

    /// The conditions that all must hold for it to be true: the parts of a top-level AND, in order.
    pub fn conjuncts(self) -> Vec<Self> {
        match self.node {
            Node::And(parts) => parts,
            _ => vec![self],
        }
    }

    /// Its value in every row, as an array of the [Arrow type](ColumnType::arrow) of its type.
    ///
    /// # Errors
    /// A bug of ours: the columns are not what they were said to be. Texts that together exceed 2 GiB.
    pub fn evaluate(&self, columns: &dyn Columns) -> Result<ArrayRef> {
        evaluate::array(self, columns)
    }

    /// Whether it holds in every row; null, if that is unknown, counts as false.
    ///
    /// # Errors
    /// As of [`Expr::evaluate`], and if its type is not boolean.
    pub fn evaluate_filter(&self, columns: &dyn Columns) -> Result<BooleanArray> {
        evaluate::filter(self, columns)
    }

    /// Which of a few texts it is in every row; `None` if it is no choice between constant texts (CASE).
    ///
    /// # Errors
    /// As of [`Expr::evaluate`].
    pub fn evaluate_choices(&self, columns: &dyn Columns) -> Result<Option<Choices>> {
        evaluate::choices(self, columns)
    }
}
