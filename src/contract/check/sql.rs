//! Expressions of a contract: what names they may use, and where their mistakes are in the file.

use std::collections::{BTreeSet, HashMap};

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::super::column_type::ColumnType;
use super::super::mistake::{Mistakes, shown};
use super::super::written::Text;
use super::file_text::FileText;
use crate::expr::{AggregateCall, Expr, Scope, Source, SqlMistake};

/// The names that expressions of a contract may use.
pub(super) struct Names<'t> {
    /// The file that the expressions stand in.
    pub(super) file: FileText<'t>,
    /// What can be used.
    pub(super) scope: Scope,
    /// Columns and derived columns by their names in small letters.
    pub(super) by_name: HashMap<String, (Source, ColumnType)>,
    /// Small-letter names of columns whose types are unknown, because of mistakes that are told.
    pub(super) unknown: BTreeSet<String>,
    /// Small-letter names of derived columns that stand after the one in question, or are it.
    pub(super) later: BTreeSet<String>,
}

impl Names<'_> {
    /// The column or derived column of a name, in any letter case: what reads it, and its type.
    pub(super) fn find(&self, name: &str) -> Option<(Source, ColumnType)> {
        self.by_name.get(&name.to_lowercase()).copied()
    }

    /// A column of the files can be used from here on.
    pub(super) fn add_column(&mut self, name: &str, data_type: ColumnType) {
        let source = Source::Column(self.scope.columns.len());
        self.scope.columns.push((name.to_owned(), data_type));
        self.by_name.entry(name.to_lowercase()).or_insert((source, data_type));
    }

    /// A derived column can be used from here on.
    pub(super) fn add_derived(&mut self, name: &str, data_type: ColumnType) {
        let source = Source::Derived(self.scope.derived.len());
        self.scope.derived.push((name.to_owned(), data_type));
        self.by_name.entry(name.to_lowercase()).or_insert((source, data_type));
    }

    /// An expression; `None`: it has mistakes, which are told.
    pub(super) fn expression(&self, sql: Text<'_>, mistakes: &mut Mistakes) -> Option<Expr> {
        self.checked(sql, mistakes, |scope| Expr::parse(sql.text, scope))
    }

    /// An aggregate; `None`: it has mistakes, which are told.
    pub(super) fn aggregate(&self, sql: Text<'_>, mistakes: &mut Mistakes) -> Option<AggregateCall> {
        self.checked(sql, mistakes, |scope| AggregateCall::parse(sql.text, scope))
    }

    fn checked<T>(
        &self,
        sql: Text<'_>,
        mistakes: &mut Mistakes,
        parse: impl FnOnce(&Scope) -> Result<T, Vec<SqlMistake>>,
    ) -> Option<T> {
        let mut can_be_typed = true;
        for (name, line, column) in names_in(sql.text) {
            let folded = name.to_lowercase();
            if self.later.contains(&folded) {
                let message = format!(
                    "{} is derived here or further down; a derived column uses columns of the file and derived ones before it",
                    shown(&name)
                );
                mistakes.add(self.file.place_in(sql, line, column), message);
                can_be_typed = false;
            }
            can_be_typed &= !self.unknown.contains(&folded);
        }
        if !can_be_typed {
            return None;
        }
        match parse(&self.scope) {
            Ok(parsed) => Some(parsed),
            Err(problems) => {
                for SqlMistake { line, column, message } in problems {
                    mistakes.add(self.file.place_in(sql, line, column), message);
                }
                None
            }
        }
    }
}

/// The names in an SQL text that may be columns, with line and column. A text that is no SQL has none.
fn names_in(sql: &str) -> Vec<(String, usize, usize)> {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location() else { return Vec::new() };
    let mut names = Vec::new();
    let mut is_parameter = false;
    for token in tokens {
        if let Token::Word(word) = &token.token
            && !is_parameter
        {
            let start = token.span.start;
            names.push((word.value.clone(), start.line as usize, start.column as usize));
        }
        is_parameter = token.token == Token::Colon;
    }
    names
}

/// Tells where an expression has another type than its column declares.
pub(super) fn check_type(declared: ColumnType, of_expression: ColumnType, sql: Text<'_>, mistakes: &mut Mistakes) {
    if declared == of_expression {
        return;
    }
    let message = format!(
        "the expression is {of_expression}, and the column is declared {declared}; \
         declare logicalType `{}` with physicalType `{of_expression}`, or write CAST(… AS {declared})",
        of_expression.logical()
    );
    mistakes.add(sql.place, message);
}
