//! What would change in the outputs from one contract to another, in plain words.

use std::fmt::Display;

use super::{
    Column, Contract, CsvText, DateRange, DecimalSign, Derived, Dialect, ExtraColumns, FigureRules, Filter, GroupTable,
    GroupValue, IfMissing, IfUnreadable, InputFormat, KeepDuplicate, MissingCells, Parameter, RecordRules, RowTable,
    ShortAndLong, TextAfterQuote,
};
use crate::expr::Source;

/// The differences, one a line and without an order of weight; none: the same inputs give the same outputs.
///
/// Names, versions and descriptions are for people and change no output.
pub fn differences(old: &Contract, new: &Contract) -> Vec<String> {
    let mut found = Found::default();
    input(&old.input, &new.input, &mut found);
    records(old.records, new.records, &mut found);
    found.changed("other columns of the files", extra(old.extra_columns), extra(new.extra_columns));
    parameters(&old.parameters, &new.parameters, &mut found);
    rows(&old.rows, &new.rows, &mut found);
    groups(old, new, &mut found);
    if found.0.is_empty() && old.canonical() != new.canonical() {
        found.0.push("the rules differ in a way that this command has no words for".to_owned());
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    fn changed(&mut self, what: &str, old: impl Display, new: impl Display) {
        let (old, new) = (old.to_string(), new.to_string());
        if old != new {
            self.0.push(format!("{what}: {old} → {new}"));
        }
    }

    /// Tells what was added and removed; gives what is in both.
    fn pairs<'t, T>(
        &mut self,
        what: &str,
        old: &'t [T],
        new: &'t [T],
        name: impl Fn(&T) -> &str,
    ) -> Vec<(&'t T, &'t T)> {
        let find = |list: &'t [T], wanted: &str| list.iter().find(|other| name(other) == wanted);
        for gone in old.iter().filter(|item| find(new, name(item)).is_none()) {
            self.0.push(format!("{what} {}: removed", name(gone)));
        }
        for added in new.iter().filter(|item| find(old, name(item)).is_none()) {
            self.0.push(format!("{what} {}: added", name(added)));
        }
        old.iter().filter_map(|old| Some((old, find(new, name(old))?))).collect()
    }

    /// Tells if what is in both comes in another order.
    fn order<T>(&mut self, what: &str, old: &[T], new: &[T], name: impl Fn(&T) -> &str) {
        let in_both = |list: &[T], other: &[T]| -> Vec<String> {
            let names = list.iter().map(&name).filter(|wanted| other.iter().any(|other| name(other) == *wanted));
            names.map(str::to_owned).collect()
        };
        self.changed(&format!("order of {what}"), in_both(old, new).join(", "), in_both(new, old).join(", "));
    }
}

fn input(old: &InputFormat, new: &InputFormat, found: &mut Found) {
    let InputFormat { objects, dialect: Dialect { delimiter, quote }, encoding, header_line, comment, window_days } =
        old;
    let shown = |byte: u8| format!("{:?}", char::from(byte));
    let begin = |comment: &Option<String>| comment.clone().unwrap_or_else(|| "none".to_owned());
    found.changed("batches", objects, &new.objects);
    found.changed("separator", shown(*delimiter), shown(new.dialect.delimiter));
    found.changed("quote", shown(*quote), shown(new.dialect.quote));
    found.changed("encoding", format!("{encoding:?}"), format!("{:?}", new.encoding));
    found.changed("header line", header_line, new.header_line);
    found.changed("comments begin with", begin(comment), begin(&new.comment));
    found.changed("days of the window", window_days, new.window_days);
}

fn records(old: RecordRules, new: RecordRules, found: &mut Found) {
    let RecordRules { short_and_long, text_after_quote, missing, dates } = old;
    let form = |rule| match rule {
        ShortAndLong::Reject => "rejected",
        ShortAndLong::Pad => "padded or cut",
    };
    let after = |rule| match rule {
        TextAfterQuote::Reject => "rejected",
        TextAfterQuote::Keep => "kept with their quotes",
    };
    let blank = |rule| match rule {
        MissingCells::Blank => "empty or blank",
        MissingCells::Empty => "empty",
    };
    let range = |rule| match rule {
        DateRange::Calendar => "of the years 1 to 9999",
        DateRange::Spark => "all that Spark reads",
    };
    found.changed("records with fewer or more fields", form(short_and_long), form(new.short_and_long));
    found.changed("cells with text after a quote", after(text_after_quote), after(new.text_after_quote));
    found.changed("missing cells", blank(missing), blank(new.missing));
    found.changed("readable dates", range(dates), range(new.dates));
}

fn extra(rule: ExtraColumns) -> &'static str {
    match rule {
        ExtraColumns::Carry => "published as texts",
        ExtraColumns::Drop => "not published",
        ExtraColumns::Reject => "make a file unusable",
    }
}

fn parameters(old: &[Parameter], new: &[Parameter], found: &mut Found) {
    for (old, new) in found.pairs("parameter", old, new, |parameter| &parameter.name) {
        found.changed(&format!("parameter {}", old.name), &old.value, &new.value);
    }
}

fn rows(old: &RowTable, new: &RowTable, found: &mut Found) {
    let RowTable { name, columns, derived, identity: _, duplicates, filters, figures: _ } = old;
    found.changed("name of the table of rows", name, &new.name);
    for (old, new) in found.pairs("column", columns, &new.columns, |column| &column.name) {
        column(old, new, found);
    }
    found.order("columns", columns, &new.columns, |column| &column.name);
    for (old, new) in found.pairs("derived column", derived, &new.derived, |derived| &derived.name) {
        let Derived { name, value, sql, description: _ } = old;
        let what = format!("derived column {name}");
        found.changed(&format!("{what}, type"), value.data_type(), new.value.data_type());
        expression(&what, (sql, &value.to_string()), (&new.sql, &new.value.to_string()), found);
    }
    found.order("derived columns", derived, &new.derived, |derived| &derived.name);
    found.changed("key", key(old), key(new));
    found.changed("of rows with the same key stays", kept(*duplicates), kept(new.duplicates));
    for (old, new) in found.pairs("filter", filters, &new.filters, |filter| &filter.name) {
        let Filter { name, keep, sql } = old;
        let (was, is) = (keep.to_string(), new.keep.to_string());
        expression(&format!("filter {name}"), (sql, &was), (&new.sql, &is), found);
    }
    found.order("filters", filters, &new.filters, |filter| &filter.name);
    found.changed("figures of the manifest", figures(old), figures(new));
}

/// The text of an expression, where its meaning has changed; the meaning alone, where other values of parameters are why.
fn expression(what: &str, old: (&str, &str), new: (&str, &str), found: &mut Found) {
    if old.1 == new.1 {
        return;
    }
    match old.0 == new.0 {
        true => found.changed(&format!("{what}, with its parameters"), old.1, new.1),
        false => found.changed(what, old.0, new.0),
    }
}

fn kept(rule: KeepDuplicate) -> &'static str {
    match rule {
        KeepDuplicate::First => "the first",
        KeepDuplicate::Last => "the last",
    }
}

fn key(rows: &RowTable) -> String {
    let names: Vec<&str> = rows.identity.iter().map(|&index| rows.columns[index].name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn figures(rows: &RowTable) -> String {
    let FigureRules { rows_per_date, averages } = &rows.figures;
    let name = |index: &usize| rows.columns[*index].name.as_str();
    let averages: Vec<&str> = averages.iter().map(name).collect();
    format!("rows per {}, averages of {}", rows_per_date.as_ref().map_or("no date", name), listed(&averages))
}

fn listed(texts: &[impl AsRef<str>]) -> String {
    if texts.is_empty() { "none".to_owned() } else { texts.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ") }
}

fn column(old: &Column, new: &Column, found: &mut Found) {
    let Column {
        name,
        source_name,
        data_type,
        form,
        nulls,
        is_optional,
        if_missing,
        if_unreadable,
        csv_text,
        classification: _,
        description: _,
    } = old;
    let mut changed =
        |aspect: &str, old: String, new: String| found.changed(&format!("column {name}, {aspect}"), old, new);
    let decimal = |sign| match sign {
        DecimalSign::Point => "point",
        DecimalSign::Comma => "comma",
    };
    let missing = |rule: &IfMissing| match rule {
        IfMissing::Null => "null".to_owned(),
        IfMissing::Reject => "row rejected".to_owned(),
        IfMissing::Fill(text) => format!("becomes {text}"),
    };
    let unreadable = |rule| match rule {
        IfUnreadable::Null => "null",
        IfUnreadable::Reject => "row rejected",
    };
    let csv = |rule| match rule {
        CsvText::Source => "as it came",
        CsvText::Canonical => "as the type prints it",
    };
    changed("name in the files", source_name.clone(), new.source_name.clone());
    changed("type", data_type.to_string(), new.data_type.to_string());
    changed("formats", listed(&form.formats), listed(&new.form.formats));
    changed("decimal sign", decimal(form.decimal).to_owned(), decimal(new.form.decimal).to_owned());
    changed("texts that mean nothing", listed(nulls), listed(&new.nulls));
    changed("may be absent", is_optional.to_string(), new.is_optional.to_string());
    changed("a missing cell", missing(if_missing), missing(&new.if_missing));
    changed("an unreadable cell", unreadable(*if_unreadable).to_owned(), unreadable(new.if_unreadable).to_owned());
    changed("in CSV", csv(*csv_text).to_owned(), csv(new.csv_text).to_owned());
}

fn groups(old: &Contract, new: &Contract, found: &mut Found) {
    let (old_rows, new_rows) = (&old.rows, &new.rows);
    let (old, new) = (&old.groups[..], &new.groups[..]);
    for (old, new) in found.pairs("table of groups", old, new, |table| &table.name) {
        let of = |table: &GroupTable| {
            let keys: Vec<&str> = table.keys.iter().map(|&key| table.columns[key].name.as_str()).collect();
            keys.join(", ")
        };
        found.changed(&format!("key of {}", old.name), of(old), of(new));
        let what = format!("column of {}", old.name);
        for (old, new) in found.pairs(&what, &old.columns, &new.columns, |column| &column.name) {
            let what = format!("{what} {}", old.name);
            found.changed(&format!("{what}, type"), old.data_type(), new.data_type());
            found.changed(&format!("{what}, may be null"), old.is_nullable, new.is_nullable);
            let (was, is) = (meaning(&old.value, old_rows), meaning(&new.value, new_rows));
            expression(&what, (&old.sql, &was), (&new.sql, &is), found);
        }
        found.order(&format!("columns of {}", old.name), &old.columns, &new.columns, |column| &column.name);
    }
    found.order("tables of groups", old, new, |table| &table.name);
}

fn meaning(value: &GroupValue, rows: &RowTable) -> String {
    match value {
        // By its name, because columns may come in another order.
        GroupValue::Key(key) => match key.as_column() {
            Some(Source::Column(index)) => format!("key {}", rows.columns[index].name),
            Some(Source::WrittenDate(index)) => format!("key date of {}", rows.columns[index].name),
            Some(Source::Derived(index)) => format!("key {}", rows.derived[index].name),
            None => format!("key {key}"),
        },
        GroupValue::Aggregate(call) => match &call.argument {
            Some(argument) => format!("{:?} of {argument}", call.function),
            None => format!("{:?} of rows", call.function),
        },
    }
}
