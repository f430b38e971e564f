//! A contract in plain words, and its columns as tables.

use comfy_table::Table;
use drivendata_transform::contract::{
    Column, Contract, CsvText, DateRange, DecimalSign, ExtraColumns, GroupTable, GroupValue, IfMissing, IfUnreadable,
    KeepDuplicate, MissingCells, ShortAndLong, TextAfterQuote, Value,
};
use drivendata_transform::visible::visible;
use spark_cast::date::write_date;
use spark_cast::decimal::write_decimal;

use crate::report;

/// The whole contract.
pub(super) fn in_words(contract: &Contract) -> String {
    let rows = &contract.rows;
    let mut lines =
        vec![format!("{} ({} {})", visible(&contract.name), visible(&contract.id), visible(&contract.version))];
    lines.extend(input(contract));
    lines.extend(records(contract));
    lines.push(match contract.extra_columns {
        ExtraColumns::Carry => "Columns that the contract does not name are published as texts.".to_owned(),
        ExtraColumns::Drop => "Columns that the contract does not name are not published.".to_owned(),
        ExtraColumns::Reject => "A file with a column that the contract does not name cannot be used.".to_owned(),
    });
    lines.push(identity(contract));
    for (number, filter) in (1..).zip(&rows.filters) {
        lines.push(format!("Filter {number}, {}: keep rows where {}", filter.name, visible(&filter.sql)));
    }
    if !contract.parameters.is_empty() {
        lines.push(format!("\nParameters\n{}", parameters(contract)));
    }
    lines.push(format!("\nColumns of {}\n{}", rows.name, columns(&rows.columns)));
    if !rows.derived.is_empty() {
        lines.push(format!("\nDerived columns of {}\n{}", rows.name, derived(contract)));
    }
    for group in &contract.groups {
        lines.push(format!("\nColumns of {}, made of {}\n{}", group.name, rows.name, group_columns(group)));
    }
    lines.join("\n")
}

fn input(contract: &Contract) -> Vec<String> {
    let input = &contract.input;
    let mut lines = vec![
        format!("Batches are {} in {}.", visible(&input.objects.to_string()), input.encoding),
        format!(
            "Cells are separated by {:?} and quoted by {:?}; the header is line {}.",
            char::from(input.dialect.delimiter),
            char::from(input.dialect.quote),
            input.header_line
        ),
    ];
    if let Some(comment) = &input.comment {
        lines.push(format!("Records that begin with {} are no data.", visible(comment)));
    }
    lines.push(match input.window_days {
        1 => "A run reads the batch of its own date.".to_owned(),
        days => format!("A run reads the batches of {days} days, ending at its own date."),
    });
    lines
}

fn records(contract: &Contract) -> [String; 4] {
    let records = contract.records;
    [
        match records.short_and_long {
            ShortAndLong::Reject => "Records with fewer or more fields than the header are rejected.",
            ShortAndLong::Pad => "Records with fewer fields than the header are padded, and those with more are cut.",
        },
        match records.text_after_quote {
            TextAfterQuote::Reject => "Records with text after a closing quote are rejected.",
            TextAfterQuote::Keep => "Text after a closing quote makes the quotes a part of the cell.",
        },
        match records.missing {
            MissingCells::Blank => "Cells that are empty or hold white space alone are missing.",
            MissingCells::Empty => "Cells that are empty are missing.",
        },
        match records.dates {
            DateRange::Calendar => "Dates are those of the years 1 to 9999.",
            DateRange::Spark => "Dates are all that Spark reads.",
        },
    ]
    .map(str::to_owned)
}

fn identity(contract: &Contract) -> String {
    let rows = &contract.rows;
    if rows.identity.is_empty() {
        return "No row is a duplicate of another.".to_owned();
    }
    let keys: Vec<&str> = rows.identity.iter().map(|&index| rows.columns[index].name.as_str()).collect();
    let which = match rows.duplicates {
        KeepDuplicate::First => "first",
        KeepDuplicate::Last => "last",
    };
    format!("Of rows with the same {}, the {which} is kept.", visible(&keys.join(", ")))
}

fn parameters(contract: &Contract) -> Table {
    let mut table = report::table(&["parameter", "value", "variable"]);
    for parameter in &contract.parameters {
        table.add_row([&*parameter.name, &visible(&value(&parameter.value)), &parameter.variable]);
    }
    table
}

fn value(value: &Value) -> String {
    let written = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut text = Vec::new();
        write(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    match value {
        Value::Null => "open".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::BigInt(value) => value.to_string(),
        Value::Decimal { unscaled, scale, .. } => written(&|text| write_decimal(*unscaled, *scale, text)),
        Value::Double(value) => format!("{value:?}"),
        Value::Date(days) => written(&|text| write_date(*days, text)),
        Value::Timestamp(micros) => format!("{micros} µs"),
        Value::String(text) => text.clone(),
    }
}

fn columns(columns: &[Column]) -> Table {
    let mut table = report::table(&["column", "type", "in the file", "missing", "unreadable", "in CSV"]);
    for column in columns {
        let missing = match &column.if_missing {
            IfMissing::Null => "null".to_owned(),
            IfMissing::Reject => "row rejected".to_owned(),
            IfMissing::Fill(text) => format!("becomes {}", visible(text)),
        };
        let unreadable = match column.if_unreadable {
            IfUnreadable::Null => "null",
            IfUnreadable::Reject => "row rejected",
        };
        let csv_text = match column.csv_text {
            CsvText::Source => "as it came",
            CsvText::Canonical => "as the type",
        };
        let data_type = column.data_type.to_string();
        table.add_row([&*visible(&column.name), &data_type, &in_file(column), &missing, unreadable, csv_text]);
    }
    table
}

/// What is not as usual in the files.
fn in_file(column: &Column) -> String {
    let mut words = Vec::new();
    if column.source_name != column.name {
        words.push(format!("called {}", column.source_name));
    }
    if !column.form.formats.is_empty() {
        words.push(format!("as {}", column.form.formats.join(" or ")));
    }
    if column.form.decimal == DecimalSign::Comma {
        words.push("decimal comma".to_owned());
    }
    if !column.nulls.is_empty() {
        words.push(format!("{} mean nothing", column.nulls.join(" ")));
    }
    if column.is_optional {
        words.push("may be absent".to_owned());
    }
    visible(&words.join(", ")).into_owned()
}

fn derived(contract: &Contract) -> Table {
    let mut table = report::table(&["column", "type", "is"]);
    for derived in &contract.rows.derived {
        table.add_row([&*visible(&derived.name), &derived.value.data_type().to_string(), &visible(&derived.sql)]);
    }
    table
}

fn group_columns(group: &GroupTable) -> Table {
    let mut table = report::table(&["column", "type", "is", "key"]);
    for column in &group.columns {
        let key = match column.value {
            GroupValue::Key(_) => "key",
            GroupValue::Aggregate(_) => "",
        };
        table.add_row([&*visible(&column.name), &column.data_type().to_string(), &visible(&column.sql), key]);
    }
    table
}
