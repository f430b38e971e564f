//! Functions, each with its arguments checked.

use sqlparser::ast;

use super::name::hint;
use super::{Binder, Bound, Function, Node, constant};
use crate::contract::{ColumnType, Value};
use crate::expr::{Expr, Source, types};
use crate::rules::mask::Masking;

/// The functions of a row, for messages.
pub(super) const NAMES: &[&str] = &[
    "ABS",
    "CAST",
    "COALESCE",
    "DATE",
    "DAY",
    "LENGTH",
    "LOWER",
    "MASK",
    "MASK_EMAIL",
    "MONTH",
    "ROUND",
    "SUBSTR",
    "TRIM",
    "UPPER",
    "YEAR",
];

/// Functions of groups.
const AGGREGATES: &[&str] = &["AVG", "SUM", "COUNT", "MIN", "MAX"];

/// The form of each call, for messages.
fn form(name: &str) -> &'static str {
    match name {
        "ABS" => "ABS(number)",
        "COALESCE" => "COALESCE(value, value, …)",
        "DATE" => "DATE(text, date or timestamp)",
        "DAY" => "DAY(date)",
        "LENGTH" => "LENGTH(text)",
        "LOWER" => "LOWER(text)",
        "MASK" => "MASK(text, first, last)",
        "MASK_EMAIL" => "MASK_EMAIL(text) or MASK_EMAIL(text, 'standard' or 'glue')",
        "MONTH" => "MONTH(date)",
        "ROUND" => "ROUND(number) or ROUND(number, digits)",
        "UPPER" => "UPPER(text)",
        _ => "YEAR(date)",
    }
}

impl Binder<'_> {
    pub(super) fn call(&mut self, call: &ast::Function) -> Option<Bound> {
        let written = call.name.to_string();
        let name = written.to_uppercase();
        let name = name.as_str();
        if AGGREGATES.contains(&name) {
            return self.refuse(format!(
                "{name} is a function of groups, and here is one row; it stands alone in a column of a table of groups"
            ));
        }
        if name == "CAST" || !NAMES.contains(&name) {
            let hint = hint(&written, NAMES.to_vec(), "functions");
            return self.refuse(format!("there is no function {written}; {hint}"));
        }
        let arguments = plain_arguments(call);
        match (name, arguments.as_deref()) {
            ("COALESCE", Some(arguments @ [_, ..])) => self.coalesce(arguments),
            ("DATE", Some(&[value])) => self.date(value),
            ("YEAR", Some(&[value])) => self.part_of_date(Function::Year, value, name),
            ("MONTH", Some(&[value])) => self.part_of_date(Function::Month, value, name),
            ("DAY", Some(&[value])) => self.part_of_date(Function::Day, value, name),
            ("LOWER", Some(&[text])) => self.text_function(Function::Lower, ColumnType::String, text, name),
            ("UPPER", Some(&[text])) => self.text_function(Function::Upper, ColumnType::String, text, name),
            ("LENGTH", Some(&[text])) => self.text_function(Function::Length, ColumnType::Int, text, name),
            ("ABS", Some(&[value])) => self.absolute(value),
            ("ROUND", Some(&[value])) => self.round(value, 0),
            ("ROUND", Some(&[value, digits])) => {
                let digits = self.whole_number(digits, "the second argument of ROUND", -38..=38);
                self.round(value, digits? as i32)
            }
            ("MASK_EMAIL", Some(&[text])) => {
                self.text_function(Function::MaskEmail(Masking::Standard), ColumnType::String, text, name)
            }
            ("MASK_EMAIL", Some(&[text, masking])) => {
                let masking = self.masking(masking);
                self.text_function(Function::MaskEmail(masking?), ColumnType::String, text, name)
            }
            ("MASK", Some(&[text, first, last])) => {
                let max = i64::from(u32::MAX);
                let first = self.whole_number(first, "the second argument of MASK", 0..=max);
                let last = self.whole_number(last, "the third argument of MASK", 0..=max);
                let (first, last) = (first? as u32, last? as u32);
                self.text_function(Function::Mask { first, last }, ColumnType::String, text, name)
            }
            _ => self.refuse(format!("{name} is called as {}", form(name))),
        }
    }

    pub(super) fn cast(&mut self, value: &ast::Expr, data_type: &ast::DataType) -> Option<Bound> {
        let (value, to) = (self.bind(value), self.column_type(data_type));
        let (value, to) = (value?, to?);
        match value.data_type().and_then(|from| refused_cast(from, to)) {
            Some(reason) => self.refuse(reason),
            // A literal that is cast is none any more, and takes all the digits of its type.
            None if value.data_type() == Some(to) && types::exact(to).is_some() => {
                Some(Expr::new(to, Node::Cast(Box::new(value.into_type(to)))).into())
            }
            None => Some(value.into_type(to).into()),
        }
    }

    pub(super) fn trim(&mut self, text: &ast::Expr) -> Option<Bound> {
        self.text_function(Function::Trim, ColumnType::String, text, "TRIM")
    }

    pub(super) fn substring(
        &mut self,
        text: &ast::Expr,
        from: Option<&ast::Expr>,
        length: Option<&ast::Expr>,
    ) -> Option<Bound> {
        let text = self.text(text, "SUBSTR");
        let Some(from) = from else {
            return self.refuse("SUBSTR is called as SUBSTR(text, position) or SUBSTR(text, position, length)");
        };
        let from = self.of_type(from, ColumnType::Int, "the position of SUBSTR");
        let length = match length {
            Some(length) => self.of_type(length, ColumnType::Int, "the length of SUBSTR"),
            None => Some(Expr::literal(ColumnType::Int, Value::Int(i32::MAX), None)),
        };
        let operands = vec![text?, from?, length?];
        Some(Expr::new(ColumnType::String, Node::Call(Function::Substring, operands)).into())
    }

    fn text_function(&mut self, function: Function, result: ColumnType, text: &ast::Expr, name: &str) -> Option<Bound> {
        let text = self.text(text, name)?;
        Some(Expr::new(result, Node::Call(function, vec![text])).into())
    }

    fn coalesce(&mut self, arguments: &[&ast::Expr]) -> Option<Bound> {
        let values: Vec<_> = arguments.iter().map(|value| self.bind(value)).collect();
        let values = values.into_iter().collect::<Option<Vec<_>>>()?;
        let Some(common) = self.common("COALESCE", &values)? else { return Some(Bound::Null(None)) };
        let values = values.into_iter().map(|value| value.into_type(common)).collect();
        Some(Expr::new(common, Node::Coalesce(values)).into())
    }

    /// Of a column of the files it is the date that its cells show; of anything else it is a cast.
    fn date(&mut self, value: &ast::Expr) -> Option<Bound> {
        let value = match self.bind(value)? {
            Bound::Null(label) => return Some(constant(ColumnType::Date, Value::Null, label)),
            Bound::Typed(value) => value,
        };
        match (&value.node, value.data_type) {
            (Node::Source(Source::Column(index), label), ColumnType::String | ColumnType::Timestamp) => {
                let node = Node::Source(Source::WrittenDate(*index), label.clone());
                Some(Expr::new(ColumnType::Date, node).into())
            }
            (_, ColumnType::String | ColumnType::Timestamp | ColumnType::Date) => {
                Some(value.cast(ColumnType::Date).into())
            }
            (_, other) => self.refuse(format!("DATE needs a text, a date or a timestamp, and this is {other}")),
        }
    }

    fn part_of_date(&mut self, function: Function, value: &ast::Expr, name: &str) -> Option<Bound> {
        let value = self.bind(value)?;
        match value.data_type() {
            None | Some(ColumnType::Date | ColumnType::Timestamp) => {
                let date = value.into_type(ColumnType::Date);
                Some(Expr::new(ColumnType::Int, Node::Call(function, vec![date])).into())
            }
            Some(other) => {
                self.refuse(format!("{name} needs a date or a timestamp, and this is {other}; write {name}(DATE(…))"))
            }
        }
    }

    /// A number; a NULL is a double, as in Spark.
    pub(super) fn number_of(&mut self, value: &ast::Expr, name: &str) -> Option<Expr> {
        let value = self.bind(value)?;
        match value.data_type() {
            Some(other) if !types::is_number(other) => self.refuse(format!(
                "{name} needs a number, and this is {other}; write CAST(… AS decimal(10,2)), or another type of number"
            )),
            Some(kind) => Some(value.into_type(kind)),
            None => Some(value.into_type(ColumnType::Double)),
        }
    }

    fn absolute(&mut self, value: &ast::Expr) -> Option<Bound> {
        let value = self.number_of(value, "ABS")?;
        Some(Expr::new(value.data_type, Node::Call(Function::Abs, vec![value])).into())
    }

    fn round(&mut self, value: &ast::Expr, digits: i32) -> Option<Bound> {
        let value = self.number_of(value, "ROUND")?;
        let kind = types::rounded(value.data_type, digits);
        Some(Expr::new(kind, Node::Call(Function::Round(digits), vec![value])).into())
    }

    /// A whole number that is the same in every row.
    fn whole_number(&mut self, syntax: &ast::Expr, what: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let value = self.bind(syntax)?.into_known_type().fold();
        let number = match value.constant() {
            Some(Value::Int(number)) => Some(i64::from(*number)),
            Some(Value::BigInt(number)) => Some(*number),
            _ => None,
        };
        number.filter(|number| range.contains(number)).or_else(|| {
            self.refuse(format!("{what} must be a constant whole number from {} to {}", range.start(), range.end()))
        })
    }

    fn masking(&mut self, syntax: &ast::Expr) -> Option<Masking> {
        let value = self.bind(syntax)?.into_known_type().fold();
        match value.constant() {
            Some(Value::String(name)) if name == "standard" => Some(Masking::Standard),
            Some(Value::String(name)) if name == "glue" => Some(Masking::Glue),
            _ => self.refuse(
                "the second argument of MASK_EMAIL must be 'standard' or 'glue', or a parameter with such a value",
            ),
        }
    }
}

/// The arguments, if there is nothing but expressions between the parentheses and nothing behind them.
pub(in crate::expr) fn plain_arguments(call: &ast::Function) -> Option<Vec<&ast::Expr>> {
    let ast::Function { parameters: ast::FunctionArguments::None, args: ast::FunctionArguments::List(list), .. } = call
    else {
        return None;
    };
    let is_plain = list.duplicate_treatment.is_none()
        && list.clauses.is_empty()
        && call.filter.is_none()
        && call.null_treatment.is_none()
        && call.over.is_none()
        && call.within_group.is_empty()
        && !call.uses_odbc_syntax;
    let arguments = list.args.iter().map(|argument| match argument {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(value)) => Some(value),
        _ => None,
    });
    arguments.collect::<Option<Vec<_>>>().filter(|_| is_plain)
}

/// Why there is no such cast.
fn refused_cast(from: ColumnType, to: ColumnType) -> Option<String> {
    use ColumnType::{Boolean, Date, Double, String, Timestamp};
    let is_moment = |kind| matches!(kind, Date | Timestamp);
    let is_number = |kind| types::is_number(kind) || kind == Boolean;
    match (from, to) {
        (Double, String) => Some(
            "a double has no text that all programs agree on; write CAST(CAST(… AS decimal(18,2)) AS string)"
                .to_owned(),
        ),
        _ if is_moment(from) && is_number(to) || is_number(from) && is_moment(to) => {
            Some(format!("{from} cannot be cast to {to}"))
        }
        _ => None,
    }
}
