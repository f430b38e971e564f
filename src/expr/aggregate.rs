//! Functions over the rows of a group.

use sqlparser::ast;

use super::bind::{Binder, plain_arguments};
use super::parse::{self, mistake};
use super::{AggregateCall, AggregateFunction, Expr, Scope, SqlMistake, types};
use crate::contract::ColumnType;

const FORM: &str = "a column of a table of groups is one of AVG(x), SUM(x), COUNT(x), COUNT(*), MIN(x), MAX(x)";

impl AggregateCall {
    /// Reads a call of exactly one aggregate; its argument is an expression of a row.
    ///
    /// # Errors
    /// All mistakes of the text, in its order.
    pub fn parse(sql: &str, scope: &Scope) -> Result<Self, Vec<SqlMistake>> {
        let syntax = parse::parse(sql)?;
        let mut binder = Binder::new(scope);
        binder.enter(&syntax);
        let call = binder.aggregate(&syntax);
        match call {
            Some((function, argument)) => typed(binder, function, argument),
            None => Err(binder.into_mistakes()),
        }
    }
}

fn typed(
    binder: Binder<'_>,
    function: AggregateFunction,
    argument: Option<&ast::Expr>,
) -> Result<AggregateCall, Vec<SqlMistake>> {
    let place = binder.place();
    let argument = match argument {
        Some(argument) => Some(binder.only(argument)?.fold()),
        None => None,
    };
    let data_type = match (function, argument.as_ref().map(Expr::data_type)) {
        (AggregateFunction::Count, _) | (_, None) => Some(ColumnType::BigInt),
        (AggregateFunction::Sum, Some(kind)) => types::sum(kind),
        (AggregateFunction::Avg, Some(kind)) => types::average(kind),
        (AggregateFunction::Min | AggregateFunction::Max, Some(kind)) => Some(kind),
    };
    match (data_type, argument) {
        (Some(data_type), argument) => Ok(AggregateCall { function, argument, data_type }),
        (None, argument) => {
            let kind = argument.map_or(ColumnType::BigInt, |argument| argument.data_type());
            let message = format!(
                "AVG and SUM need a number, and this is {kind}; write CAST(… AS double), or another type of number"
            );
            Err(vec![mistake(place, message)])
        }
    }
}

impl Binder<'_> {
    /// Which function, and of what; `None` as argument: of rows.
    fn aggregate<'s>(&mut self, syntax: &'s ast::Expr) -> Option<(AggregateFunction, Option<&'s ast::Expr>)> {
        let ast::Expr::Function(call) = syntax else { return self.refuse(FORM) };
        let function = match call.name.to_string().to_uppercase().as_str() {
            "AVG" => AggregateFunction::Avg,
            "SUM" => AggregateFunction::Sum,
            "COUNT" => AggregateFunction::Count,
            "MIN" => AggregateFunction::Min,
            "MAX" => AggregateFunction::Max,
            _ => return self.refuse(FORM),
        };
        if let Some(what) = addition(call) {
            return self.refuse(format!("{what} is not a part of aggregates; {FORM}"));
        }
        match plain_arguments(call).as_deref() {
            Some(&[argument]) => Some((function, Some(argument))),
            None if function == AggregateFunction::Count && is_star(call) => Some((function, None)),
            _ => self.refuse(FORM),
        }
    }
}

/// What SQL knows and contracts do not.
fn addition(call: &ast::Function) -> Option<&'static str> {
    let has_distinct = matches!(
        &call.args,
        ast::FunctionArguments::List(ast::FunctionArgumentList {
            duplicate_treatment: Some(ast::DuplicateTreatment::Distinct),
            ..
        })
    );
    if has_distinct {
        Some("DISTINCT")
    } else if call.filter.is_some() {
        Some("FILTER")
    } else if call.over.is_some() {
        Some("OVER")
    } else {
        None
    }
}

fn is_star(call: &ast::Function) -> bool {
    let ast::FunctionArguments::List(list) = &call.args else { return false };
    matches!(list.args.as_slice(), [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Wildcard)])
}
